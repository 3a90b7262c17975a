"""Read: an HTTP answer as an archive of the web keeps it, to a page.  Pure."""

from __future__ import annotations

import re
import zlib
from datetime import datetime
from email.message import Message
from email.parser import BytesHeaderParser

from etl.errors import Rejected
from etl.read.file import File, too_large
from etl.text.unpack import unpack_whole
from schemas.records import Media, Quarantined, RawDocument
from schemas.rights import HEADERS as RIGHTS_HEADERS

MEDIA: dict[str, Media] = {"text/html": "html", "application/xhtml+xml": "html", "text/plain": "text"}
HEADERS = BytesHeaderParser()
HEADER_ENDS = re.compile(rb"\r?\n\r?\n")  # servers of the nineties sent \n alone
CHUNK_BEGINS = re.compile(rb"(?:^|\r?\n)([0-9a-fA-F]{1,8})[ \t]*(?:;[^\r\n]*)?\r?\n")  # after the end of the one before
GZIP, ZSTD = b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd"
ZLIB = (b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda")  # at its levels
MAX_PACKED = 3  # times that a body is packed
CONTROLS = bytes([*range(0x01, 0x09), *range(0x0E, 0x1B), *range(0x1C, 0x20)])
MAX_CONTROLS = 0.02  # of a text; of packed bytes one in ten is one


def page_of(
    file: File, record: int, content: bytes, kind: str, url: str | None, fetched_at: datetime | None
) -> RawDocument | Quarantined:
    """The page of an archived answer, or why it is none.

    content  header and body of the answer, or the body alone
    kind     the content type that the archive gives the record
    """
    charset, headers = None, tuple[tuple[str, str], ...]()
    if kind.lower().startswith("application/http") or content.startswith(b"HTTP/"):
        head, body = _parted(content)
        status, _, fields = head.partition(b"\n")
        if status.split()[1:2] != [b"200"]:
            shown = status.rstrip(b"\r")[:60].decode("latin-1")
            return file.quarantined(record, f"no page: HTTP status {shown}", head)
        answer = HEADERS.parsebytes(fields)
        try:
            content = body_of(answer, body, file.max_bytes)
        except Rejected as error:
            return file.quarantined(record, error.reason, head)
        headers = tuple((name, str(v)) for name, v in answer.raw_items() if name.lower() in RIGHTS_HEADERS)
        kind, charset = str(answer.get("Content-Type", "text/html")), answer.get_content_charset()
    media = MEDIA.get(kind.partition(";")[0].strip().lower())
    if media is None:
        return file.quarantined(record, f"unsupported: {kind[:80]}", content)
    if not content.strip():
        return file.quarantined(record, "empty", content)
    if len(content) - len(content.translate(None, CONTROLS)) > MAX_CONTROLS * len(content) + 8:
        return file.quarantined(record, "binary: too many control bytes for a page", content)
    return RawDocument(file.path, record, media, content, fetched_at, url, charset, headers)


def _parted(content: bytes) -> tuple[bytes, bytes]:
    end = HEADER_ENDS.search(content)
    return (content[: end.start()], content[end.end() :]) if end else (content, b"")


def body_of(answer: Message, content: bytes, max_bytes: int) -> bytes:
    """The body of an HTTP answer, chunks joined and compression undone.  Raises Rejected if it cannot be.

    The header is not believed alone: Common Crawl keeps bodies plain under the header of the packed ones, and servers
    pack bodies twice, or without a word.  So the bytes must look like it; but brotli looks like nothing.
    """
    if "chunked" in str(answer.get("Transfer-Encoding", "")).lower():
        content = _joined(content)
    codings = [coding.strip() for coding in str(answer.get("Content-Encoding", "")).lower().split(",")]
    for coding in reversed(codings[-MAX_PACKED:]):
        if coding == "br":
            content = _unpacked_brotli(content, max_bytes)
        elif coding == "deflate" or (coding in ("gzip", "x-gzip") and content.startswith(ZLIB)):
            content = _unpacked_deflate(content, max_bytes)
        else:
            content = _unpacked(content, max_bytes)
    for _ in range(MAX_PACKED):
        content = _unpacked(content, max_bytes)
    return content


def _unpacked(content: bytes, max_bytes: int) -> bytes:
    """The bytes inside gzip or zstd, told by their first bytes; others as they are."""
    kind = "gzip" if content.startswith(GZIP) else "zstd" if content.startswith(ZSTD) else None
    return _limited(unpack_whole(content, kind, max_bytes + 1), max_bytes) if kind else content


def _unpacked_deflate(content: bytes, max_bytes: int) -> bytes:
    """The bytes inside zlib, or inside its raw form, which some servers send; others as they are."""
    wrapped = content.startswith(ZLIB)
    decompressor = zlib.decompressobj(wbits=15 if wrapped else -15)
    try:
        inside = _limited(decompressor.decompress(content, max_bytes + 1), max_bytes)
    except zlib.error as error:
        if wrapped:
            raise Rejected("read", f"broken deflate: {error}") from error
        return content
    return inside if wrapped or decompressor.eof else content


def _unpacked_brotli(content: bytes, max_bytes: int) -> bytes:
    """The bytes inside brotli; others as they are: they may be plain already."""
    import brotli  # few archives have it

    decompressor = brotli.Decompressor()
    try:
        inside = _limited(decompressor.process(content, output_buffer_limit=max_bytes + 1), max_bytes)
    except brotli.error:
        return content
    return inside if decompressor.is_finished() else content


def _limited(inside: bytes, max_bytes: int) -> bytes:
    if len(inside) > max_bytes:
        raise Rejected("read", too_large(max_bytes))
    return inside


def _joined(content: bytes) -> bytes:
    """Chunks joined, where the content is a chain of them; the content itself where it only begins like one.

    "Add a …" begins like the length of a chunk.  The chain must go on to the chunk of length 0, or to the end of a
    content that was cut within a later chunk than the first.
    """
    pieces, at = [], 0
    while match := CHUNK_BEGINS.match(content, at):
        at = match.end() + int(match[1], 16)
        pieces.append(content[match.end() : at])
        if at == match.end():
            return b"".join(pieces)
        if at > len(content):
            return b"".join(pieces) if len(pieces) > 1 else content
    return b"".join(pieces) if len(pieces) > 1 and not content[at:].strip() else content
