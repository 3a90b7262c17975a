"""Comparison tokens: the words of a text, in the one spelling by which texts are compared.  Pure.

A token is a letter or digit with the letters, digits and combining marks that follow it; in scripts written without
spaces each letter is a token of its own.  Punctuation, symbols and white space stand between tokens; invisible format
characters and the marks that a reader supplies (harakat, niqqud, tatweel) do not count at all.

Spellings that readers take for the same are made one before: case, Unicode compatibility forms, and those in SAME;
docs/comparing.md lists them.  `tokens()` is the definition; `roles()` says the same as a table that a compiled loop can
walk, one look-up a character.  NORMALISER in etl.fingerprint.recipe is the version of all this: a change here is a new
one.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable
from functools import cache

import numpy as np
from numpy.typing import NDArray

from etl.compiled import kept, stamp
from etl.text.han import SIMPLIFIED, TRADITIONAL
from etl.text.stored import unescaped

CODE_POINT = np.uint32(0x1F_FFFF)  # the folded character itself, in a role's low 21 bits; 0 stands between tokens
PAIR = np.uint32(1 << 27)  # folds to two ASCII letters or digits: the first in the low 7 bits, the second in the next 7
MARK = np.uint32(1 << 28)  # continues a token, never begins one
SOLO = np.uint32(1 << 29)  # begins a token and ends it: a letter of a script written without spaces
IGNORED = np.uint32(1 << 30)  # counts for nothing
COMPLEX = np.uint32(1 << 31)  # folds to several characters, or may combine with its neighbours: ask fold()

UNSPACED = (  # Unicode blocks of Han, Kana, Thai, Lao, Khmer and Burmese; digits and marks in them are excepted below
    (0x0E00, 0x0EFF), (0x1000, 0x109F), (0x1780, 0x17FF), (0x2E80, 0x2FDF), (0x3005, 0x3007), (0x3021, 0x303C),
    (0x3041, 0x30FF), (0x31F0, 0x31FF), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xA9E0, 0xA9FF), (0xAA60, 0xAA7F),
    (0xF900, 0xFAFF), (0x1AFF0, 0x1B16F), (0x20000, 0x323AF),
)  # fmt: skip
UNSPACED_FROM = chr(UNSPACED[0][0])
END = 0x110000
DIGITS_END = 0x20000  # in the planes above are Han and marks alone
PLAIN = ((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xAC00, 0xD7A3), (0x20000, 0x2F7FF), (0x30000, 0x323AF))
"""Blocks whose letters fold to themselves and combine with nothing before them: half of Unicode, done at once."""
ASSIGNED = (
    (0x0001, 0xD7FF),
    (0xF900, 0x1FBFF),
    (0x2F800, 0x2FA1F),
    (0xE0001, 0xE01EF),
)  # nothing outside is a letter, digit or mark
NO_PART = frozenset(
    {"Cn", "Cc", "Cs", "Co", "Zs", "Zl", "Zp", "Pd", "Ps", "Pe", "Pi", "Pf"}
)  # neither they nor what they fold to
JAMO = ((0x1161, 0x1175), (0x11A8, 0x11C2))  # vowels and finals join the syllable before them, by rule, not by table


# The hyphen first and what stands before it then: a quarter of the time of a pattern that looks behind everywhere.
LINE_END_HYPHEN = re.compile(r"[-\u2010](?<=[^\W\d_].)\n\n?(?=[^\W\d_])")


def _zeros() -> list[int]:
    """The zero of each script: Unicode keeps ten digits together, so that one of them is met in steps of ten."""
    met = [chr(point) for point in range(128, DIGITS_END, 10) if chr(point).isdecimal()]
    return [ord(digit) - unicodedata.decimal(digit) for digit in met]


APOSTROPHES = "\u02b9\u02bb\u02bc\u02bd\u02be\u02bf\u02c8\ua78c"
"""Letters by Unicode's class that print as apostrophes: so do ' and ’, which stand between tokens."""
SAME = {
    **dict.fromkeys(map(ord, APOSTROPHES), "'"),
    **{ord(a): b for a, b in zip(TRADITIONAL, SIMPLIFIED, strict=True)},
    **{zero + n: str(n) for zero in _zeros() for n in range(10)},
    ord("\u0649"): "\u064a", ord("\u06cc"): "\u064a",  # Arabic alef maksura, Persian yeh: Arabic yeh
    ord("\u06a9"): "\u0643", ord("\u06aa"): "\u0643",  # Persian and swash kaf: Arabic kaf
    ord("\u0671"): "\u0627",  # alef wasla: alef
    ord("\u0219"): "\u015f", ord("\u021b"): "\u0163",  # Romanian s and t with comma: with cedilla
    ord("\u0131"): "i",  # Turkish dotless i: capitals of Turkish are folded as all others are
}  # fmt: skip
"""Folded character -> the one that counts for it."""
SUPPLIED = (
    (0x0591, 0x05BD), (0x05BF, 0x05BF), (0x05C1, 0x05C2), (0x05C4, 0x05C5), (0x05C7, 0x05C7),  # Hebrew points, accents
    (0x0640, 0x0640), (0x064B, 0x0652), (0x0656, 0x065E), (0x0670, 0x0670), (0x06D6, 0x06DC), (0x06DF, 0x06E4),
    (0x06E7, 0x06E8), (0x06EA, 0x06ED), (0x08D3, 0x08E1), (0x08E3, 0x08FF),  # Arabic tatweel, harakat, Koranic marks
)  # fmt: skip
"""Blocks of marks that most texts leave to the reader."""
SUPPLIED_POINTS = frozenset(c for first, last in SUPPLIED for c in range(first, last + 1))


def mended(text: str) -> str:
    """The text without what its way to us did: entities of HTML become characters, words cut at a line's end whole.

    A hyphen at a line's end goes where a small letter begins the next line: "anno-\\nunced", but not "Anglo-\\nSaxon".
    Two line ends count as one: records often have each line as a paragraph.
    """
    for _ in range(2):  # some were escaped twice
        text = unescaped(text)
    if "-\n" in text or "\u2010\n" in text:
        text = LINE_END_HYPHEN.sub(lambda cut: "" if text[cut.end()].islower() else cut[0], text)
    return text


def composed(text: str) -> str:
    """The text in NFKC, casefolded, with what folds to two letters or takes two for one; SAME is not yet applied."""
    # NFKC again since folding can denormalise.
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    # œ and æ as systems without them write them; the Turkish capital İ is an i with a dot of its own.
    return folded.replace("œ", "oe").replace("æ", "ae").replace("i\u0307", "i")


def fold(text: str) -> str:
    """The text in the one spelling by which it is compared; applied to one that is so it changes no character."""
    return composed(text).translate(SAME)


def is_mark(character: str) -> bool:
    return unicodedata.category(character)[0] == "M" and not is_ignored(character)


def is_ignored(character: str) -> bool:
    """Whether a character counts for nothing: it is invisible, or a mark that most texts leave to the reader."""
    return ord(character) in SUPPLIED_POINTS or is_invisible(character)


def is_invisible(character: str) -> bool:
    """Format characters (soft hyphen, joiners, direction) and variation selectors: no reader sees them."""
    return (
        unicodedata.category(character) == "Cf"
        or "\ufe00" <= character <= "\ufe0f"
        or "\U000e0100" <= character <= "\U000e01ef"
    )


def is_solo(character: str) -> bool:
    if character < UNSPACED_FROM or not character.isalpha():
        return False
    _, last = UNSPACED[bisect_right(UNSPACED, (ord(character), END)) - 1]
    return ord(character) <= last


def tokens(text: str) -> list[str]:
    """The tokens of a text, by definition: the reference that the compiled loop is tested against.

    A text without any letter or digit (only emoji, only dashes) has its visible characters as tokens.
    """
    if text.isascii() and text.replace(" ", "").isalnum():  # as the words of the lists that modules spell at start
        return text.lower().split()
    folded = [c for c in fold(mended(text)) if not is_ignored(c)]
    found: list[list[str]] = []  # characters: text that grows by one at a time would be copied each time
    open_token = False
    for character in folded:
        if character.isalnum():
            solo = is_solo(character)
            if open_token and not solo:
                found[-1].append(character)
            else:
                found.append([character])
            open_token = not solo
            continues = True
        elif found and continues and is_mark(character):
            found[-1].append(character)
        else:
            open_token = continues = False
    return list(map("".join, found)) or [c for c in folded if not c.isspace()]


@cache
def roles() -> NDArray[np.uint32]:
    """Role of every code point: (END,) of folded code point and flags; computed once a machine, in 0.2 s."""
    return kept("roles", _MADE_BY, lambda: {"table": _roles()})["table"]


def _roles() -> NDArray[np.uint32]:
    table = np.zeros(END, dtype=np.uint32)
    for first, last in PLAIN:
        table[first : last + 1] = [c if chr(c).isalnum() else 0 for c in range(first, last + 1)]
        if is_solo(chr(first)):
            table[first : last + 1] |= np.where(table[first : last + 1] > 0, SOLO, np.uint32(0))
    for traditional, simplified in zip(TRADITIONAL, SIMPLIFIED, strict=True):
        table[ord(traditional)] = ord(simplified) | SOLO
    letters = [chr(c) for first, last in ASSIGNED for c in range(first, last + 1)]
    letters = [c for c in letters if unicodedata.category(c) not in NO_PART and not table[ord(c)]]
    separator = "\x00"  # folds to itself, and nothing combines with it
    folded = fold(separator.join(letters)).split(separator)
    joining = {ord(c) for c in seconds(letters)}
    for character, form in zip(letters, folded, strict=True):
        point = ord(character)
        if is_ignored(character):
            table[point] = IGNORED
        elif len(form) == 2 and form.isascii() and form.isalnum():
            table[point] = ord(form[0]) | ord(form[1]) << 7 | int(PAIR)
        elif len(form) != 1:
            table[point] = COMPLEX if any(c.isalnum() or is_mark(c) for c in form) else 0
        elif form.isalnum() or is_mark(form):
            flags = 0 if form.isalnum() else int(MARK)
            flags |= int(SOLO) if is_solo(form) else 0
            joins = unicodedata.combining(character) or unicodedata.combining(form)
            flags |= int(COMPLEX) if joins or not joining.isdisjoint((point, ord(form))) else 0
            table[point] = ord(form) | flags
    return table


@cache
def letters() -> NDArray[np.bool_]:
    """Whether each code point is a letter, or a mark on one: (END,); digits are none, and what is invisible."""
    return kept("letters", _MADE_BY, lambda: {"table": _letters()})["table"]


def _letters() -> NDArray[np.bool_]:
    table = np.zeros(END, dtype=np.bool_)
    points = [c for first, last in (*ASSIGNED, *PLAIN) for c in range(first, last + 1)]
    table[[c for c in points if unicodedata.category(chr(c))[0] in "LM" and not is_invisible(chr(c))]] = True
    return table


_MADE_BY = tuple(map(stamp, (__name__, "etl.text.han", "etl.text.stored")))


def seconds(characters: Iterable[str]) -> set[str]:
    """Characters that may join the one before them into one (Unicode's NFC_Quick_Check "Maybe")."""
    found = {chr(c) for first, last in JAMO for c in range(first, last + 1)}
    for character in characters:
        parts = unicodedata.decomposition(character).split()
        if len(parts) == 2 and not parts[0].startswith("<"):
            found.add(chr(int(parts[1], 16)))
    return found
