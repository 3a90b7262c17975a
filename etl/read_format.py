"""Read: which format a file is in, from how it begins; its name only decides where the content does not.  Pure."""

from __future__ import annotations

import json
import re

from etl.decode import BYTE_ORDER_MARKS, wide_charset
from etl.errors import Rejected

HEAD_BYTES = 65_536  # what formats are told by
UNSUPPORTED = (
    (b"%PDF-", "PDF"), (b"\x89PNG", "PNG image"), (b"\xff\xd8\xff", "JPEG image"), (b"GIF8", "GIF image"),
    (b"{\\rtf", "RTF"), (b"\xd0\xcf\x11\xe0", "Microsoft Office file"), (b"II*\x00", "TIFF image"),
    (b"MM\x00*", "TIFF image"), (b"RIFF", "RIFF media"), (b"OggS", "Ogg media"), (b"ID3", "MP3 audio"),
    (b"\x7fELF", "executable"), (b"MZ\x90", "executable"), (b"SQLite format 3", "SQLite database"),
    (b"7z\xbc\xaf\x27\x1c", "7z archive"), (b"Rar!", "RAR archive"), (b"%!PS", "PostScript"),
    (b"\x00\x00\x00\x18ftyp", "MP4 media"), (b"\x00\x00\x00\x20ftyp", "MP4 media"), (b"wOFF", "font"),
)  # fmt: skip
PACKED = ((b"\x1f\x8b", "gzip"), (b"BZh", "bzip2"), (b"\xfd7zXZ\x00", "xz"), (b"\x28\xb5\x2f\xfd", "zstd"))
CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
BINARY_SHARE = 0.02  # of control bytes; random bytes have 0.1, damaged text far less
LEADING = re.compile(r"\s*(?:<\?xml[^>]*>\s*|<!--.*?-->\s*)*", re.DOTALL)
HTML_START = re.compile(
    r"<!doctype\s+html|<(?:html|head|body|meta|title|link|script|style|div|p|h[1-6]|article|main|section|header|table"
    r"|span|center|font|ul|ol|br|a|b|i)[\s>/]",
    re.IGNORECASE,
)
JSON_OBJECT = re.compile(r"\s*\{\s*(?:\"|\}|$)")
HTML_NAMES = (".html", ".htm", ".xhtml", ".shtml", ".asp", ".aspx", ".php", ".jsp")
JSONL_NAMES = (".jsonl", ".ndjson", ".jsonlines", ".json")


def format_of(head: bytes, name: str) -> str:
    """Name of the format, a key of etl.read.READERS.

    head  the first HEAD_BYTES of the file, or all of it
    name  the file's name in lower case, without the suffix of a compression it came in

    Raises Rejected: "empty", "binary", "unsupported: PDF" and the like.
    """
    if not head.strip(b" \t\r\n\x0c\x00\xef\xbb\xbf"):
        raise Rejected("read", "empty")
    for magic, packed in PACKED:
        if head.startswith(magic):
            return packed
    for magic, kind in UNSUPPORTED:
        if head.startswith(magic):
            raise Rejected("read", f"unsupported: {kind}")
    charset = next((charset for mark, charset in BYTE_ORDER_MARKS if head.startswith(mark)), wide_charset(head[:400]))
    if charset is None and len(CONTROL.findall(head)) > BINARY_SHARE * len(head) + 8:
        raise Rejected("read", "binary: too many control bytes for text")
    text = head.decode(charset or "utf-8", "replace")
    start = LEADING.match(text)
    if HTML_START.match(text, start.end() if start else 0):
        return "html"
    if JSON_OBJECT.match(text) and (name.endswith(JSONL_NAMES) or _first_line_is_object(text)):
        return "jsonl"
    return "html" if name.endswith(HTML_NAMES) else "jsonl" if name.endswith(JSONL_NAMES) else "text"


def _first_line_is_object(text: str) -> bool:
    line, newline, _ = text.partition("\n")
    if not newline and len(text) >= HEAD_BYTES:  # a record longer than the head: what it begins with must do
        return True
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False
