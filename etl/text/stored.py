"""Normalise: text as found to text as stored.  Pure.

The stored text keeps what a reader sees (quotes, dashes, accents, case, paragraphs) and drops what nobody sees.
The comparison text, from which shingles are made, is another matter and lives with the fingerprints.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

from etl.text.decode import with_windows_characters

# Controls without a glyph, the soft hyphen, zero-width space and joiner of words, direction marks, the byte order mark,
# interlinear marks and the two non-characters.  NUL is among them: PostgreSQL takes none.  The zero-width joiner and
# non-joiner (U+200C, U+200D) stay: Persian, Indic scripts and emoji are spelled with them.
INVISIBLE = re.compile(
    "[\x00-\x08\x0b\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f"
    "\ufeff\ufff9-\ufffb\ufffe\uffff]"
)
ASCII_LINE_END = re.compile(r"[\r\x0c]")
LINE_END = re.compile(r"\r\n?|[\x85\u2028]")
PARAGRAPH_END = re.compile(r"[\x0c\u2029]")
OTHER_SPACE = re.compile(r"[\t\xa0\u1680\u2000-\u200a\u202f\u205f\u3000]")
SPACES = re.compile("  +")
BLANK_LINES = re.compile(r"\n{3,}")
ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
SURROGATE = re.compile("[\ud800-\udfff]")
# UTF-8 read as Windows-1252 or Latin-1 shows a lead byte (Â-ô, as Ã, â, ð …) before a continuation byte; read as
# Windows-1251 it shows Р or С before one.  Text without such a pair is not worth ftfy's slower look.
MOJIBAKE = re.compile("[\xc2-\xf4\u0420\u0421][\x80-\xbf\u0152-\u0178\u0192\u02c6\u02dc\u2013-\u203a\u20ac\u2122]")
# The same by way of Mac Roman: the first byte of a letter, the first two of a quote.  Apart, for a pattern with both
# takes twice the time.
BY_MAC_ROMAN = ("\u221a", "\u201a\xc4")
# Most texts have nothing of all that, which one look tells: ASCII of these bytes alone, or none of these characters.
PLAIN = b"\n" + bytes(range(0x20, 0x7F))
# Bytes of UTF-8 -> those that are plain are spaces, those of a control one that is odd, others themselves.
BESIDE_PLAIN = bytes(0x20 if byte in PLAIN else 1 if byte < 0x80 else byte for byte in range(256))
ODD = re.compile(f"[\r\x0c\x85\u2028\u2029{INVISIBLE.pattern[1:-1]}{OTHER_SPACE.pattern[1:-1]}\ud800-\udfff]")

# A closing quote of which two bytes of three are left: Windows-1252 has no character for the third, 0x9D.
CUT_QUOTE = re.compile("\xe2\u20ac(?=[\\s.,;:!?)]|$)")

LATIN_OR_SIGN = re.compile(
    "[\x00-\u024f\u02b0-\u036f\u1e00-\u1eff\u2000-\u2bff\u3000-\u303f\ufe00-\ufeff\U0001f000-\U0001ffff]"
)
FOREIGN = 3
MAX_LAYERS = 8  # of mojibake upon mojibake; each is undone by a pass over the line, and real ones have three at most
MAX_MARKS = 30  # combining marks in a row, as Unicode's stream-safe format has it: sorting n of them takes n * n steps


def stored_text(text: str) -> str:
    """The form in which titles and bodies are kept; applying it again changes nothing.

    Unicode NFC; lines end in \\n, paragraphs are apart by one blank line, no line begins or ends with a space; runs
    of spaces (no-break and ideographic ones too) are one space; invisible characters, NUL and controls are gone; a lone
    surrogate, which no database takes, is U+FFFD; mojibake is repaired where that is certain (see repaired).
    """
    stored = _stored_once(text)
    # What a removed character kept apart, or a first repair laid bare, may be mojibake itself.
    for _ in range(MAX_LAYERS):
        if stored == text or stored.isascii() or not _may_be_mojibake(stored):
            break
        text, stored = stored, _stored_once(stored)
    return stored


def unescaped(text: str) -> str:
    """The text with its entities of HTML as characters; "&copy=1" in an address is none."""
    return ENTITY.sub(lambda entity: html.unescape(entity[0]), text) if "&" in text else text


def _may_be_mojibake(text: str) -> bool:
    return MOJIBAKE.search(text) is not None or BY_MAC_ROMAN[0] in text or BY_MAC_ROMAN[1] in text


def _stored_once(text: str) -> str:
    if text.isascii():
        odd = bool(text.encode().translate(None, PLAIN))
    else:
        # A few characters in a fifth of the time of all: a space stands for each piece of plain ASCII between them.
        few = b" ".join(text.encode("utf-8", "surrogatepass").translate(BESIDE_PLAIN).split())
        special = few.decode("utf-8", "surrogatepass")
        odd = ODD.search(special) is not None or _may_be_mojibake(special)
    return _spaced(_cleaned(text) if odd else composed(text))


def _cleaned(text: str) -> str:
    """The text in the characters in which it is stored; spaces and line ends may still be too many."""
    if not text.isascii():
        if SURROGATE.search(text):
            # Two halves that JSON escaped one by one are one character; a half alone is none.
            text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        if _may_be_mojibake(text):  # before the line ends: its bytes 0x85 and 0xa0 look like some
            text = CUT_QUOTE.sub("”", "\n".join(map(repaired, text.split("\n"))))
        text = with_windows_characters(text)
    if not text.isascii() or ASCII_LINE_END.search(text):
        text = PARAGRAPH_END.sub("\n\n", LINE_END.sub("\n", text))
    # Invisible characters go before composing: one may stand between a letter and its accent.
    return OTHER_SPACE.sub(" ", composed(INVISIBLE.sub("", text)))


def _spaced(text: str) -> str:
    """The text without a space too many, or a blank line."""
    if " \n" in text or "\n " in text:
        text = "\n".join([line.strip(" ") for line in text.split("\n")])
    if "  " in text:
        text = SPACES.sub(" ", text)
    if "\n\n\n" in text:
        text = BLANK_LINES.sub("\n\n", text)
    return text.strip(" \n")


def stored_line(text: str) -> str:
    """Stored text of a value that has no paragraphs: a title, a name.  Line ends are spaces."""
    return stored_text(text).replace("\n\n", " ").replace("\n", " ")


def repaired(line: str) -> str:
    """The line with mojibake undone ("â€™" to "’"), or the line itself where that is not certain.

    Certain is a reading without loss that gives Latin letters and signs, or at least FOREIGN letters of another script:
    "ß¢" could be one letter of N'Ko, but is not.  Nor is a line of more than MAX_LAYERS layers certain.
    """
    from ftfy import TextFixerConfig, _fix_encoding_one_step_and_explain  # 50 ms, which most processes can spare

    fixed, config = line, TextFixerConfig(explain=False)
    for _ in range(MAX_LAYERS + 1):
        # One step of ftfy.fix_encoding(), which goes on for as many layers as there are: hundreds in a hostile line.
        before, (fixed, _) = fixed, _fix_encoding_one_step_and_explain(fixed, config)
        if fixed == before:
            break
    else:
        return line
    if fixed == line or ("\ufffd" in fixed and "\ufffd" not in line):
        return line
    gained = sum(not LATIN_OR_SIGN.match(c) for c in fixed) - sum(not LATIN_OR_SIGN.match(c) for c in line)
    return line if 0 < gained < FOREIGN else fixed


def composed(text: str) -> str:
    """The text in Unicode NFC; of a run of combining marks the first MAX_MARKS stay."""
    if unicodedata.is_normalized("NFC", text):
        return text
    return unicodedata.normalize("NFC", "".join(_bounded(_mark_runs().split(text))))


def _bounded(pieces: list[str]) -> Iterator[str]:
    """Pieces between long runs of marks, and the runs, in turn; each run cut to MAX_MARKS."""
    for number, piece in enumerate(pieces):
        yield piece[:MAX_MARKS] if number % 2 else piece


@lru_cache(1)
def _mark_runs() -> re.Pattern[str]:
    """Runs of more than MAX_MARKS combining marks."""
    marks = "".join(chr(code) for code in range(0x300, 0x1F000) if unicodedata.combining(chr(code)))
    return re.compile(f"([{marks}]{{{MAX_MARKS + 1},}})")
