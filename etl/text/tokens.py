"""The part that each Unicode character plays in a comparison text.  Pure.

A comparison text is what two articles are compared by: the tokens of
`fold(text)`, apart by single spaces.  A token is a letter or digit with the letters,
digits and combining marks that follow it; in scripts written without spaces each letter
begins a token of its own.  Punctuation, symbols and white space stand between
tokens; invisible format characters do not count at all.

`roles()` says the same as a table that a compiled loop can walk: one look-up a character.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from functools import cache

import numpy as np
from numpy.typing import NDArray

CODE_POINT = np.uint32(0x1F_FFFF)  # the folded character itself, in a role's low 21 bits; 0 stands between tokens
MARK = np.uint32(1 << 28)  # continues a token, never begins one
SOLO = np.uint32(1 << 29)  # begins a token and ends it: a letter of a script written without spaces
IGNORED = np.uint32(1 << 30)  # as if it were not there
COMPLEX = np.uint32(1 << 31)  # folds to several characters, or may combine with its neighbours: ask fold()

UNSPACED = (  # Unicode blocks of Han, Kana, Thai, Lao, Khmer and Burmese; digits and marks in them are excepted below
    (0x0E00, 0x0EFF), (0x1000, 0x109F), (0x1780, 0x17FF), (0x2E80, 0x2FDF), (0x3005, 0x3007), (0x3021, 0x303C),
    (0x3041, 0x30FF), (0x31F0, 0x31FF), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xA9E0, 0xA9FF), (0xAA60, 0xAA7F),
    (0xF900, 0xFAFF), (0x1AFF0, 0x1B16F), (0x20000, 0x323AF),
)  # fmt: skip
UNSPACED_FROM = chr(UNSPACED[0][0])
END = 0x110000
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


def fold(text: str) -> str:
    """Case and compatibility variants made one: NFKC, casefolded, NFKC again since folding can denormalise."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def is_mark(character: str) -> bool:
    return unicodedata.category(character)[0] == "M" and not is_ignored(character)


def is_ignored(character: str) -> bool:
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
    folded = [c for c in fold(text) if not is_ignored(c)]
    found: list[str] = []
    open_token = False
    for character in folded:
        if character.isalnum():
            solo = is_solo(character)
            if open_token and not solo:
                found[-1] += character
            else:
                found.append(character)
            open_token = not solo
            continues = True
        elif found and continues and is_mark(character):
            found[-1] += character
        else:
            open_token = continues = False
    return found or [c for c in folded if not c.isspace()]


@cache
def roles() -> NDArray[np.uint32]:
    """Role of every code point: (END,) of folded code point and flags; computed once a process, in 0.1 s."""
    table = np.zeros(END, dtype=np.uint32)
    for first, last in PLAIN:
        table[first : last + 1] = [c if chr(c).isalnum() else 0 for c in range(first, last + 1)]
        if is_solo(chr(first)):
            table[first : last + 1] |= np.where(table[first : last + 1] > 0, SOLO, np.uint32(0))
    letters = [chr(c) for first, last in ASSIGNED for c in range(first, last + 1)]
    letters = [c for c in letters if unicodedata.category(c) not in NO_PART and not table[ord(c)]]
    separator = "\x00"  # folds to itself, and nothing combines with it
    folded = fold(separator.join(letters)).split(separator)
    seconds = {ord(c) for c in _seconds(letters)}
    for character, form in zip(letters, folded, strict=True):
        point = ord(character)
        if is_ignored(character):
            table[point] = IGNORED
        elif len(form) != 1:
            table[point] = COMPLEX if any(c.isalnum() or is_mark(c) for c in form) else 0
        elif form.isalnum() or is_mark(form):
            flags = 0 if form.isalnum() else int(MARK)
            flags |= int(SOLO) if is_solo(form) else 0
            flags |= int(COMPLEX) if unicodedata.combining(character) or point in seconds else 0
            table[point] = ord(form) | flags
    table.flags.writeable = False
    return table


@cache
def letters() -> NDArray[np.bool_]:
    """Whether each code point is a letter, or a mark on one: (END,); digits are none, and what is invisible."""
    table = np.zeros(END, dtype=np.bool_)
    seen = np.flatnonzero((roles() != 0) & (roles() != IGNORED)).tolist()
    table[[c for c in seen if unicodedata.category(chr(c))[0] in "LM"]] = True
    table.flags.writeable = False
    return table


def _seconds(letters: list[str]) -> set[str]:
    """Characters that may join the one before them into one (Unicode's NFC_Quick_Check "Maybe")."""
    seconds = {chr(c) for first, last in JAMO for c in range(first, last + 1)}
    for character in letters:
        parts = unicodedata.decomposition(character).split()
        if len(parts) == 2 and not parts[0].startswith("<"):
            seconds.add(chr(int(parts[1], 16)))
    return seconds
