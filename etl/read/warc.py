"""Read: WARC and WET files, a document a response or conversion record.  Pure; memory is that of one record."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.message import Message

from etl.read.file import File, ReadResults, Returnable
from etl.read.http_answer import HEADERS, page_of
from etl.text.dates import in_utc, parse_date
from schemas.records import Quarantined, RawDocument

NEXT_RECORD = re.compile(rb"\r?\n\r?\n(?=WARC/[01]\.\d+\r?\n)")
MAX_HEADER = 65_536  # bytes of one record's header
SKIP = 1 << 20  # bytes thrown away at a time
DOCUMENTS = ("response", "conversion", "resource")  # types that hold documents; others describe them


@dataclass(frozen=True, slots=True)
class Record:
    """Header and content of one record; `cut` is how many bytes of the content were too many to keep."""

    header: Message
    content: bytes
    cut: int


def read_warc(file: File) -> ReadResults:
    """Documents in their order, numbered among all records; a wrong length does not take other records along."""
    stream = Returnable(file.from_start())
    record = 0
    while True:
        found = _next(stream, file.max_bytes)
        if found is None:
            return
        if isinstance(found, str):
            yield file.quarantined(record, found, b"")
        elif str(found.header.get("WARC-Type", "")).lower() in DOCUMENTS:
            yield _document(file, record, found)
        record += 1


def _next(stream: Returnable, max_bytes: int) -> Record | str | None:
    """The next record, or what is wrong with it; None at the end.  The stream is left where the one after it begins."""
    line = b"\n"
    while line in (b"\r\n", b"\n"):
        line = stream.readline(MAX_HEADER)
    if not line:
        return None
    if not line.startswith(b"WARC/"):
        _go_to_next(stream, max_bytes)
        return "broken WARC: no record where one should begin"
    head, size = b"", 0
    while (line := stream.readline(MAX_HEADER)) not in (b"\r\n", b"\n", b"") and len(head) < MAX_HEADER:
        head += line
    header = HEADERS.parsebytes(head)
    length = str(header.get("Content-Length", "")).strip()
    if not (length.isascii() and length.isdigit() and len(length) < 16):
        _go_to_next(stream, max_bytes)
        return "broken WARC: a record without a length"
    size = int(length)
    content = stream.read(min(size, max_bytes))
    cut = size - len(content)
    skipped = 0
    while skipped < cut and (piece := stream.read(min(SKIP, cut - skipped))):
        skipped += len(piece)
    after = stream.readline(MAX_HEADER)
    if after.startswith(b"WARC/") and cut == 0:  # records that no line parts
        stream.give_back(after)
        return Record(header, content, 0)
    early = NEXT_RECORD.search(content)
    if after in (b"\r\n", b"\n", b"") and not (early and (cut > skipped or after == b"")):
        return Record(header, content, skipped) if cut == skipped else "broken WARC: it ends early"
    # The length is wrong.  Too long: the next record begins inside what was read; too short: somewhere after it.
    if early:
        stream.give_back(content[early.end() :] + after)
        return Record(header, content[: early.start()], 0)
    _go_to_next(stream, max_bytes)
    return "broken WARC: a record longer than it says"


def _go_to_next(stream: Returnable, max_bytes: int) -> None:
    """Read on to the next line that begins a record, or to the end."""
    while line := stream.readline(max_bytes):
        if line.startswith(b"WARC/") and line.strip() in (b"WARC/1.0", b"WARC/1.1", b"WARC/0.18"):
            stream.give_back(line)
            return


def _document(file: File, record: int, found: Record) -> RawDocument | Quarantined:
    header = found.header
    if found.cut:
        reason = f"too large: more than {file.max_bytes} bytes for one document"
        return file.quarantined(record, reason, found.content)
    fetched_at = parse_date(str(header.get("WARC-Date", "")))
    return page_of(
        file,
        record,
        found.content,
        str(header.get("Content-Type", "")),
        str(header.get("WARC-Target-URI", "")).strip("<>") or None,
        in_utc(fetched_at) if fetched_at else file.fetched_at,
    )
