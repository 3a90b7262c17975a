"""Decode: bytes to text, in the order of the evidence.  Pure.

Byte order mark, then valid UTF-8, then UTF-8 with few errors, then the declared charset, then a detector, then
Windows-1252.  Valid UTF-8 goes before the declaration because text in another charset is not valid UTF-8 by chance,
while declarations are often stale (a page saved or crawled anew keeps its old one).
"""

from __future__ import annotations

import codecs
import re

import webencodings

BYTE_ORDER_MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", "utf-32"),  # before utf-16: it begins like it
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
DECLARED = re.compile(
    rb"<meta[^>]{0,300}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_\-:.]+)"
    rb"|<\?xml[^>]{0,100}?encoding\s*=\s*[\"']([A-Za-z0-9_\-:.]+)",
    re.IGNORECASE,
)
DECLARED_WITHIN = 8192  # bytes; browsers look at 1024, real pages put scripts before it
# What is labelled with the small charset is written in the large one that contains it.
LARGER = {"gb2312": "gb18030", "gbk": "gb18030", "shift_jis": "cp932", "euc-kr": "cp949", "big5": "big5hkscs"}
# Bounded, so that tags that are never closed cost no more than a look each.
MARKUP = re.compile(rb"<script.{0,3000}?</script>|<style.{0,3000}?</style>|<[^<>]*>", re.DOTALL | re.IGNORECASE)
NON_ASCII = re.compile(rb"[\x80-\xff]")
# A text is UTF-8 that was cut or spliced if it has four characters outside ASCII for each wrong byte; text in any other
# charset has nearly all of them wrong.
VALID_PER_ERROR = 4
# Of the bytes above 0x7f at most 1 in 50, and one in any case, may have no meaning in a declared charset.
NEARLY = 50
UNDEFINED_IN_CP1252 = b"\x81\x8d\x8f\x90\x9d"
# Windows-1252 that was read as Latin-1 has controls for its quotes, dashes and some letters.  No text has such controls
# but U+0085, the line end of mainframes.
CONTROL_IN_UTF8 = re.compile(rb"\xc2[\x80-\x9f]")
CONTROL = re.compile("[\x80-\x84\x86-\x9f]")
WINDOWS = {code: bytes([code]).decode("cp1252", "ignore") or chr(code) for code in range(0x80, 0xA0)}
LINE_BEGUN = re.compile(r"\x85(?=\S)")
TOLERANT = "wirecopy-tolerant"
"""An error handler for decoding: bytes that are no UTF-8 are read as Windows-1252 where that is what they are."""
# Czech and Vietnamese have 1 letter in 4 outside ASCII; Greek, Russian or Japanese nearly all.  Told by that share, a
# few accents in an Italian sentence are not taken for Cyrillic.
LETTER = re.compile(rb"[A-Za-z\x80-\xff]")
LATIN_SHARE = 0.4
LATIN = ("cp1252", "cp1250", "cp1254", "cp1257", "cp1258", "iso8859-2", "iso8859-15", "mac-roman", "cp850", "cp437")
DETECT_LINE_FROM = 2_000  # bytes of a line, below which its accents are too few to tell Latin charsets apart
DETECT_FROM = 400_000  # bytes of markup
DETECT_WITH = 60_000  # bytes of text, enough for any detector and bounded in time


def decode(content: bytes, declared: str | None = None) -> str:
    """Text of a document.  Never fails: the last resort maps every byte to something.

    declared  a charset label that came with the bytes (an HTTP header, a container's field); what the bytes
              themselves declare in a <meta> or an XML declaration comes after it
    """
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return with_windows_characters(content.decode(charset_of(content, declared), TOLERANT))
    if "\x00" in text[:400] or text.startswith("\ufeff"):  # UTF-16 of ASCII is valid UTF-8 too
        text = content.decode(charset_of(content, declared), TOLERANT)
    return with_windows_characters(text) if CONTROL_IN_UTF8.search(content) else text


def with_windows_characters(text: str) -> str:
    """The text with the characters of Windows-1252 where controls stand for them.

    U+0085 is an ellipsis there.  It stays a line end in a text without another line end or control, in which one stands
    before the first letter of a line.
    """
    if CONTROL.search(text) or ("\x85" in text and ("\n" in text or "\r" in text or not LINE_BEGUN.search(text))):
        return text.translate(WINDOWS)
    return text


def decode_line(line: bytes, charset: str) -> str:
    """Text of a line from a file of lines, in UTF-8 if it is valid, else in the charset of the others that are not.

    Files of lines are appended to by several programs, so that one of them may have lines in two charsets.

    charset  by charset_of_lines
    """
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        if charset.startswith("utf-8"):
            charset = charset_of(line) if len(line) > DETECT_LINE_FROM or not _is_latin(line) else "cp1252"
        return line.decode(charset, TOLERANT)


def _read_tolerantly(error: UnicodeError) -> tuple[str, int]:
    """A wrong byte among UTF-8 as Windows-1252 has it; U+FFFD for the rest of a character that was cut."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    wrong, before = error.object[error.start : error.end], error.object[max(0, error.start - 4) : error.start]
    if not error.encoding.startswith("utf-8") or len(wrong) > 1:
        return "\ufffd", error.end
    # After a character outside ASCII it is more likely a piece of one, unless a letter of ASCII follows.
    if _ends_in_utf8(before) and not error.object[error.end : error.end + 1].isalpha():
        return "\ufffd", error.end
    return wrong.decode("cp1252", "replace"), error.end


def _ends_in_utf8(before: bytes) -> bool:
    """Whether the bytes end in a whole character outside ASCII."""
    for length in (2, 3, 4):
        try:
            return len(before[-length:].decode("utf-8")) == 1 and len(before) >= length
        except UnicodeDecodeError:
            continue
    return False


codecs.register_error(TOLERANT, _read_tolerantly)


def charset_of_lines(head: bytes) -> str:
    """The charset of the lines that are not in UTF-8, for decode_line; head: how a file of lines begins."""
    lines = head.split(b"\n")
    return charset_of(b"\n".join(line for line in lines[: max(1, len(lines) - 1)] if not _is_utf8(line)))


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def charset_of(content: bytes, declared: str | None = None) -> str:
    """Python's name of the charset that bytes are in, by the order of the evidence; for a stream, by how it begins."""
    for mark, charset in BYTE_ORDER_MARKS:
        if content.startswith(mark):
            return charset
    wide = wide_charset(content)
    if wide:
        return wide
    above_ascii = len(NON_ASCII.findall(content))
    text, _ = codecs.utf_8_decode(content, "replace", False)  # a stream's beginning may end within a character
    errors = text.count("\ufffd")
    valid = len(text) - len(text.encode("ascii", "ignore")) - errors
    if errors * NEARLY <= above_ascii or errors * VALID_PER_ERROR <= valid:
        return "utf-8"
    inside = DECLARED.search(content[:DECLARED_WITHIN])
    for label in (declared, (inside[1] or inside[2]).decode("ascii") if inside else None):
        named = python_charset(label) if label else None
        if named is None or named.startswith("utf"):  # UTF-8 it is not, whatever it says
            continue
        if (content.decode(named, "replace").count("\ufffd") - 1) * NEARLY <= above_ascii:
            return named
    return detected_charset(content) or "cp1252"


def python_charset(label: str) -> str | None:
    """Python's name for a charset label as browsers understand it (WHATWG); None if they know none."""
    encoding = webencodings.lookup(label.strip())
    if encoding is None:
        return None
    name: str = encoding.codec_info.name
    return LARGER.get(encoding.name) or LARGER.get(name) or name


def wide_charset(head: bytes) -> str | None:
    """UTF-16 or UTF-32, told by a byte order mark or by NULs in every other byte; None for anything else."""
    for mark, charset in BYTE_ORDER_MARKS:
        if head.startswith(mark):
            return None if charset == "utf-8-sig" else charset
    head = head[:400]
    pairs = len(head) // 2
    odd, even = head[1::2].count(0), head[0::2].count(0)
    if pairs < 4 or max(odd, even) < 0.4 * pairs or min(odd, even) > 0.05 * pairs:
        return None
    return "utf-16-le" if odd > even else "utf-16-be"


def detected_charset(content: bytes) -> str | None:
    """The charset chardet finds in the text between the tags; None if it finds none.

    chardet 7 was right on all of 25 short texts in 24 languages and charsets, charset-normalizer 3.5 on 20: it takes
    French, Swedish and Italian in Windows-1252 for Windows-1250, and Windows-1251 for Mac Cyrillic.
    """
    import chardet  # 26 modules, of which UTF-8 needs none

    text = MARKUP.sub(b" ", content[:DETECT_FROM])[:DETECT_WITH]
    latin = _is_latin(text)
    if latin:
        text = text.translate(None, UNDEFINED_IN_CP1252)  # one of them hides Windows-1252 from the detector
    name = chardet.detect(text, include_encodings=LATIN if latin else None)["encoding"]
    return (LARGER.get(name.lower()) or name) if name else None


def _is_latin(text: bytes) -> bool:
    return len(NON_ASCII.findall(text)) < LATIN_SHARE * len(LETTER.findall(text))
