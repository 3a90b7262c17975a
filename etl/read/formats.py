"""Read: which format a file is in, from how it begins; its name only decides where the content does not.  Pure."""

from __future__ import annotations

import json
import re

from etl.errors import Rejected
from etl.read.mail import is_mbox, is_message
from etl.read.tables import begins_like_csv
from etl.read.text_exports import export_of
from etl.read.wire_messages import BEGINS

HEAD_BYTES = 65_536  # what formats are told by
UNSUPPORTED = (
    (b"%PDF-", "PDF"), (b"\x89PNG", "PNG image"), (b"\xff\xd8\xff", "JPEG image"), (b"GIF8", "GIF image"),
    (b"{\\rtf", "RTF"), (b"\xd0\xcf\x11\xe0", "Microsoft Office file"), (b"II*\x00", "TIFF image"),
    (b"MM\x00*", "TIFF image"), (b"RIFF", "RIFF media"), (b"OggS", "Ogg media"), (b"ID3", "MP3 audio"),
    (b"\x7fELF", "executable"), (b"MZ\x90", "executable"), (b"SQLite format 3", "SQLite database"),
    (b"7z\xbc\xaf\x27\x1c", "7z archive"), (b"Rar!", "RAR archive"), (b"%!PS", "PostScript"),
    (b"\x00\x00\x00\x18ftyp", "MP4 media"), (b"\x00\x00\x00\x20ftyp", "MP4 media"), (b"wOFF", "font"),
    (b"\x1f\x9d", "compress file"), (b"\x04\x22\x4d\x18", "lz4 file"), (b"Obj\x01", "Avro file"), (b"ORC", "ORC file"),
)  # fmt: skip
BINARY = (
    (b"\x1f\x8b", "gzip"), (b"BZh", "bzip2"), (b"\xfd7zXZ\x00", "xz"), (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"PK\x03\x04", "zip"), (b"PK\x05\x06", "zip"), (b"PAR1", "parquet"), (b"WARC/", "warc"), (b"filedesc:", "arc"),
    *((bytes([kind]) + b"\x2a\x4d\x18", "zstd") for kind in range(0x50, 0x60)),  # skippable frames (RFC 8878, 3.1.2)
)  # fmt: skip
OFFICE = re.compile(rb"(?:\[Content_Types\]\.xml|_rels/|word/|xl/|ppt/|mimetypeapplication/)")
TAR_MAGIC, TAR_MAGIC_AT = b"ustar", 257
CONTROL = bytes([*range(0x00, 0x09), *range(0x0E, 0x1B), *range(0x1C, 0x20)])
BINARY_SHARE = 0.02  # of control bytes; random bytes have 0.1, damaged text far less
LEADING = re.compile(
    r"\s*+(?:(?:<\?[^>]*+>|(?><!--.*?-->)|<!doctype(?!\s+(?:html|lewis))[^>\[]*+(?>\[.*?\]\s*+)?>)\s*+)*+",
    re.DOTALL | re.IGNORECASE,
)
HTML_START = re.compile(
    r"<!doctype\s+html|<(?:html|head|body|meta|title|link|script|style|div|p|h[1-6]|article|main|section|header|table"
    r"|span|center|font|ul|ol|br|a|b|i)[\s>/]",
    re.IGNORECASE,
)
XML_ROOT = re.compile(r"<!doctype\s+(?=lewis)|<(?:[\w.-]+:)?(?=[A-Za-z])", re.IGNORECASE)
XML_NAME = re.compile(r"[\w.-]+")
XML_FORMATS = {
    "rss": "feed", "RDF": "feed", "feed": "feed", "nitf": "nitf", "newsItem": "newsml", "newsMessage": "newsml",
    "NewsML": "newsml1", "newsitem": "rcv1", "lewis": "reuters", "REUTERS": "reuters",
    "DOC": "trec", "doc": "trec", "DOCS": "trec",
}  # fmt: skip
# What programs that fail print before their feed does not make it a page.
LATE_FEED = re.compile(r"<\?xml[^<>]{0,200}\?>\s{0,100}<(?:rss|feed|rdf:RDF)[\s>]")
LATE_WITHIN = 8_192  # characters
END_TAG = re.compile(r"</[A-Za-z][\w.:-]{0,60}>")
SAVED_PAGE = re.compile(r"^(?:Snapshot-)?Content-Location:", re.IGNORECASE | re.MULTILINE)
MIME = re.compile(r"(?:[\w-]+:[^\n]*\n(?:[ \t][^\n]*\n)*)*?MIME-Version:", re.IGNORECASE)
JSON_OBJECT = re.compile(r"\s*\{\s*(?:\"|\}|$)")
TEXT_SEQUENCE = re.compile(r"\ufeff?\x1e\s*\{")  # RFC 7464
JSON_ARRAY = re.compile(r"\s*\[\s*(?:[\[{\"\]]|$)")
# What a name decides, where the content could be this or plain text.
BY_SUFFIX = {
    ".html": "html", ".htm": "html", ".xhtml": "html", ".shtml": "html", ".asp": "html", ".aspx": "html",
    ".php": "html", ".jsonl": "jsonl", ".ndjson": "jsonl", ".jsonlines": "jsonl", ".json": "json", ".ninjs": "json",
    ".csv": "csv", ".tsv": "csv", ".tab": "csv", ".md": "markdown", ".markdown": "markdown", ".mdown": "markdown",
}  # fmt: skip


def format_of(head: bytes, name: str) -> str:
    """Name of the format, a key of etl.read.files.READERS.

    head  the first HEAD_BYTES of the file, or all of it; not in UTF-16
    name  the file's name in lower case, without the suffix of a compression it came in

    Raises Rejected: "empty", "binary", "unsupported: PDF" and the like.
    """
    if not head.strip(b" \t\r\n\x0c\x00\xef\xbb\xbf"):
        raise Rejected("read", "empty")
    for magic, kind in BINARY:
        if head.startswith(magic):
            if kind == "zip" and OFFICE.match(head, 30):
                raise Rejected("read", "unsupported: office document")
            return kind
    for magic, kind in UNSUPPORTED:
        if head.startswith(magic):
            raise Rejected("read", f"unsupported: {kind}")
    if head.startswith(TAR_MAGIC, TAR_MAGIC_AT):
        return "tar"
    if BEGINS.match(head):
        return "wire"
    if len(head) - len(head.translate(None, CONTROL)) > BINARY_SHARE * len(head) + 8:
        raise Rejected("read", "binary: too many control bytes for text")
    return _text_format(head.decode("utf-8-sig", "replace"), name)


def _text_format(text: str, name: str) -> str:
    suffix = BY_SUFFIX.get(name[name.rfind(".") :]) if "." in name else None
    first = text.lstrip("\ufeff \t\r\n")[:1]
    if first and first in "<{[":
        found = _marked_format(text, suffix)
        if found:
            return found
    if TEXT_SEQUENCE.match(text):
        return "jsonl" if isinstance(_first_line(text), dict) else "json"
    if is_mbox(text):
        return "mbox"
    if MIME.match(text[:4096]):
        return "mhtml" if SAVED_PAGE.search(text[:4096]) else "mail"
    if is_message(text):
        return "mail"
    if suffix is None and (export := export_of(text)):
        return export
    if suffix is None and begins_like_csv(text[:4096].lstrip("\ufeff")):
        return "csv"
    return suffix or "text"


def _marked_format(text: str, suffix: str | None) -> str | None:
    """Format of a text that begins with "<", "{" or "["; None where that is only how its prose begins."""
    leading = LEADING.match(text)
    start = leading.end() if leading else 0
    if HTML_START.match(text, start):
        return "feed" if LATE_FEED.search(text[:LATE_WITHIN]) else "html"
    if 0 < start == len(text) < HEAD_BYTES:
        raise Rejected("read", "empty: XML without an element")
    root = XML_ROOT.match(text, start)
    if root and (found := XML_NAME.match(text, root.end())):
        if found[0] in XML_FORMATS:
            return XML_FORMATS[found[0]]
        # Prose may begin with something in brackets; with the tags of a document it is XML without a declaration.
        if text.lstrip("\ufeff \t\r\n").startswith("<?xml") or len(END_TAG.findall(text[:LATE_WITHIN])) > 1:
            raise Rejected("read", f"unsupported: XML with root <{found[0][:40]}>")
    if JSON_OBJECT.match(text):
        return suffix if suffix == "jsonl" else _json_format(text, suffix)
    if JSON_ARRAY.match(text) and suffix in ("json", "jsonl"):
        return "jsonl" if suffix == "jsonl" and _first_line(text) is not None else "json"
    return None


def _json_format(text: str, suffix: str | None) -> str:
    """How a text that opens like a JSON object goes on: a record a line, one value after the other, or not JSON."""
    line = _first_line(text)
    if isinstance(line, dict) or (line is None and "\n" not in text and len(text) >= HEAD_BYTES):
        return "jsonl" if "\n" in text.strip() else "json"
    if suffix:
        return suffix
    try:
        json.loads(text, strict=False)
    except RecursionError:
        return "json"
    except ValueError as error:
        # Broken at its very end it is cut off by the head; broken before, it is prose that opens with a brace.
        at_end = isinstance(error, json.JSONDecodeError) and error.pos >= min(len(text), HEAD_BYTES) - 1024
        return "json" if at_end and len(text) >= HEAD_BYTES else "text"
    return "json"


def _first_line(text: str) -> object:
    try:
        found: object = json.loads(text.lstrip("\ufeff \t\r\n\x1e").partition("\n")[0])
    except (ValueError, RecursionError):
        return None
    return found
