"""Read: WARC and WET files, a document a response or conversion record.  Pure; memory is that of one record."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.message import Message

from etl.read.file import MAX_QUARANTINE_HEAD, SKIP, File, ReadResults, Window, too_large
from etl.read.http_answer import HEADERS, page_of
from etl.text.dates import in_utc, parse_date
from schemas.records import Quarantined, RawDocument

NEXT_RECORD = re.compile(rb"\r?\n\r?\n(?=WARC/[01]\.\d{1,3}\r?\n)")
RECORD_LINE = re.compile(rb"\n(?=WARC/(?:1\.[01]|0\.18)\r?\n)")
MAX_RECORD_LINE = 16  # bytes that the two may span
NOT_BLANK = re.compile(rb"[^\r\n]")
HEADER_END = re.compile(rb"\n\r?\n")
MAX_HEADER = 65_536  # bytes of one record's header
DOCUMENTS = ("response", "conversion", "resource")  # types of records that hold documents
OF_HOST = ("TDM-Reservation", "TDM-Policy")  # fields of a record by which fetching says what the page's host says of it
DESCRIPTIONS = ("warcinfo", "request", "metadata", "revisit", "continuation")  # and of those that do not


@dataclass(frozen=True, slots=True)
class Record:
    """Header and content of one record; `cut` is how many bytes of the content were too many to keep."""

    header: Message
    content: bytes
    cut: int


def read_warc(file: File) -> ReadResults:
    """Documents in their order, numbered among all records; a wrong length does not take other records along."""
    record, at = file.first
    window = Window(file.from_byte(at), at)
    while _at_record(window):
        lost = file.begins(record, window.at)
        found = _next(window, file.max_bytes)
        if lost or isinstance(found, str):
            yield file.quarantined(record, lost or str(found), b"")
        elif (kind := str(found.header.get("WARC-Type", "")).strip().lower()) in DOCUMENTS:
            yield _document(file, record, found)
        elif kind not in DESCRIPTIONS:
            yield file.quarantined(record, f"broken WARC: a record of type {kind[:40]!r}", found.content)
        record += 1


def _at_record(window: Window) -> bool:
    """Go behind blank lines; False at the end."""
    while not (found := window.find(NOT_BLANK, SKIP)):
        if not (there := window.fill(SKIP)):
            return False
        window.go(there)
    window.go(found[0])
    return True


def _resume(window: Window) -> None:
    """Go to the next line that begins a record, or to the end."""
    window.go(min(1, window.fill(1)))
    while True:
        found = window.find(RECORD_LINE, SKIP)
        if found:
            window.go(found[1])
            return
        there = window.fill(SKIP)
        if there < SKIP:
            window.go(there)
            return
        window.go(there - MAX_RECORD_LINE)  # one may begin at the end of what is there


def _next(window: Window, max_bytes: int) -> Record | str:
    """The record where the window begins, or what is wrong with it; the window is behind it then."""
    if window.view(5) != b"WARC/":
        _resume(window)
        return "broken WARC: no record where one should begin"
    end = window.find(HEADER_END, MAX_HEADER)
    header = HEADERS.parsebytes(window.view(end[0]).partition(b"\n")[2] if end else b"")
    length = str(header.get("Content-Length", "")).strip()
    if end is None or not (length.isascii() and length.isdigit() and len(length) < 16):
        _resume(window)
        return "broken WARC: a record without a length"
    begin, size = end[1], int(length)
    kept = min(size, max_bytes)
    there = window.fill(begin + kept + 5) - begin
    after = window.view(begin + kept + 5, begin + kept) if there > kept else b""
    if size == kept and (after == b"WARC/" or after[:1] in (b"\r", b"\n")):
        record = Record(header, window.view(begin + kept, begin), 0)
        window.go(begin + kept)
        return record
    # Another record before the end: the length is too long.
    early = window.find(NEXT_RECORD, begin + kept, begin)
    if early:
        record = Record(header, window.view(early[0], begin), 0)
        window.go(early[1])
        return record
    if size > kept:
        content = window.view(begin + MAX_QUARANTINE_HEAD, begin)
        window.go(min(begin + kept, window.fill(begin + kept)))
        return Record(header, content, size - kept) if _skipped(window, size - kept) else "broken WARC: it ends early"
    if there < size:
        window.go(begin + there)
        return "broken WARC: it ends early"
    if not after:
        record = Record(header, window.view(begin + size, begin), 0)
        window.go(begin + size)
        return record
    window.go(begin + size)
    _resume(window)
    return "broken WARC: a record longer than it says"


def _skipped(window: Window, size: int) -> bool:
    """Go on by that much, or to the next record where one begins before; False at the end of the stream."""
    while size > 0:
        early = window.find(NEXT_RECORD, min(size, SKIP) + MAX_RECORD_LINE)
        there = min(size, SKIP, window.fill(SKIP))
        if early and early[0] < there:
            window.go(early[1])
            return True
        if not there:
            return False
        window.go(there)
        size -= there
    return True


def _document(file: File, record: int, found: Record) -> RawDocument | Quarantined:
    header = found.header
    if found.cut:
        reason = too_large(file.max_bytes)
        return file.quarantined(record, reason, found.content)
    fetched_at = parse_date(str(header.get("WARC-Date", "")))
    page = page_of(
        file,
        record,
        found.content,
        str(header.get("Content-Type", "")),
        str(header.get("WARC-Target-URI", "")).strip("<>") or None,
        in_utc(fetched_at) if fetched_at else file.fetched_at,
    )
    said = tuple((f"tdmrep.json {name}", str(header[name])) for name in OF_HOST if name in header)
    return page._replace(headers=(*page.headers, *said)) if said and isinstance(page, RawDocument) else page
