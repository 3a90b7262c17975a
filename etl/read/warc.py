"""Read: WARC and WET files, a document a response or conversion record.  Pure; memory is that of one record."""

from __future__ import annotations

import io
import re
import zlib
from dataclasses import dataclass
from email.message import Message
from email.parser import BytesHeaderParser
from typing import BinaryIO

from etl.errors import Rejected
from etl.read.file import File, ReadResults, Rejoined
from etl.text.dates import in_utc, parse_date
from schemas.records import Media, Quarantined, RawDocument

NEXT_RECORD = re.compile(rb"\r?\n\r?\n(?=WARC/[01]\.\d+\r?\n)")
MAX_HEADER = 65_536  # bytes of one record's header
SKIP = 1 << 20  # bytes thrown away at a time
DOCUMENTS = ("response", "conversion", "resource")  # types that hold documents; others describe them
MEDIA: dict[str, Media] = {"text/html": "html", "application/xhtml+xml": "html", "text/plain": "text"}
HEADERS = BytesHeaderParser()
CHUNK_BEGINS = re.compile(rb"(?:^|\r?\n)([0-9a-fA-F]{1,8})[ \t]*(?:;[^\r\n]*)?\r?\n")  # after the end of the one before
PACKINGS = ("gzip", "x-gzip", "deflate")
PACKED = (b"\x1f\x8b", b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda")  # gzip, and zlib at its levels


@dataclass(frozen=True, slots=True)
class Record:
    """Header and content of one record; `cut` is how many bytes of the content were too many to keep."""

    header: Message
    content: bytes
    cut: int


def read_warc(file: File) -> ReadResults:
    """Documents in their order, numbered among all records; a wrong length does not take other records along."""
    stream: BinaryIO = file.from_start()
    record = 0
    while True:
        stream, found = _next(stream, file.max_bytes)
        if found is None:
            return
        if isinstance(found, str):
            yield file.quarantined(record, found, b"")
        elif str(found.header.get("WARC-Type", "")).lower() in DOCUMENTS:
            yield _document(file, record, found)
        record += 1


def _next(stream: BinaryIO, max_bytes: int) -> tuple[BinaryIO, Record | str | None]:
    """(stream after the record, the record or what is wrong with it); None at the end."""
    line = b"\n"
    while line in (b"\r\n", b"\n"):
        line = stream.readline(MAX_HEADER)
    if not line:
        return stream, None
    if not line.startswith(b"WARC/"):
        return _resumed(stream, max_bytes), "broken WARC: no record where one should begin"
    head, size = b"", 0
    while (line := stream.readline(MAX_HEADER)) not in (b"\r\n", b"\n", b"") and len(head) < MAX_HEADER:
        head += line
    header = HEADERS.parsebytes(head)
    length = str(header.get("Content-Length", "")).strip()
    if not (length.isascii() and length.isdigit() and len(length) < 16):
        return _resumed(stream, max_bytes), "broken WARC: a record without a length"
    size = int(length)
    content = stream.read(min(size, max_bytes))
    cut = size - len(content)
    skipped = 0
    while skipped < cut and (piece := stream.read(min(SKIP, cut - skipped))):
        skipped += len(piece)
    after = stream.readline(MAX_HEADER)
    early = NEXT_RECORD.search(content)
    if after in (b"\r\n", b"\n", b"") and not (early and (cut > skipped or after == b"")):
        return stream, Record(header, content, skipped) if cut == skipped else "broken WARC: it ends early"
    # The length is wrong.  Too long: the next record begins inside what was read; too short: somewhere after it.
    if early:
        rest = content[early.end() :] + after
        return io.BufferedReader(Rejoined(rest, stream), SKIP), Record(header, content[: early.start()], 0)
    return _resumed(stream, max_bytes), "broken WARC: a record longer than it says"


def _resumed(stream: BinaryIO, max_bytes: int) -> BinaryIO:
    """The stream at the next line that begins a record, or at its end."""
    while line := stream.readline(max_bytes):
        if line.startswith(b"WARC/") and line.strip() in (b"WARC/1.0", b"WARC/1.1", b"WARC/0.18"):
            return io.BufferedReader(Rejoined(line, stream), SKIP)
    return stream


def _document(file: File, record: int, found: Record) -> RawDocument | Quarantined:
    header, content = found.header, found.content
    if found.cut:
        return file.quarantined(record, f"too large: more than {file.max_bytes} bytes for one document", content)
    kind, charset = str(header.get("Content-Type", "")), None
    if kind.lower().startswith("application/http"):
        head, _, content = content.partition(b"\r\n\r\n")
        status, _, fields = head.partition(b"\r\n")
        answer = HEADERS.parsebytes(fields)
        if status.split()[1:2] != [b"200"]:
            return file.quarantined(record, f"no page: HTTP status {status[:60].decode('latin-1')}", head)
        try:
            content = _body(answer, content, file.max_bytes)
        except Rejected as error:
            return file.quarantined(record, error.reason, head)
        kind, charset = str(answer.get("Content-Type", "text/html")), answer.get_content_charset()
    media = MEDIA.get(kind.partition(";")[0].strip().lower())
    if media is None or not content.strip():
        return file.quarantined(record, f"unsupported: {kind[:80]}" if media is None else "empty", content)
    fetched_at = parse_date(str(header.get("WARC-Date", "")))
    url = str(header.get("WARC-Target-URI", "")).strip("<>") or None
    return RawDocument(
        file.path, record, media, content, in_utc(fetched_at) if fetched_at else file.fetched_at, url, charset
    )


def _body(answer: Message, content: bytes, max_bytes: int) -> bytes:
    """The body of an HTTP answer, chunks joined and compression undone.  Raises Rejected if it cannot be.

    What the header declares may be undone already: Common Crawl keeps bodies plain.  So the bytes must look like it.
    """
    if "chunked" in str(answer.get("Transfer-Encoding", "")).lower():
        content = _joined(content)
    if str(answer.get("Content-Encoding", "")).lower() in PACKINGS and content[:2] in PACKED:
        try:
            content = zlib.decompressobj(wbits=47).decompress(content, max_bytes + 1)  # 47: gzip or zlib by its header
        except zlib.error as error:
            raise Rejected("read", f"broken gzip: {error}") from error
        if len(content) > max_bytes:
            raise Rejected("read", f"too large: more than {max_bytes} bytes for one document")
    return content


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
