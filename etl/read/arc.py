"""Read: ARC files, the archives of the web before WARC, versions 1 and 2.  Pure; memory is that of one record."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

from etl.read.file import SKIP, File, ReadResults, Window, too_large
from etl.read.http_answer import page_of

# URL, address, time, type, in version 2 also status, checksum, location, offset and file name, then the length.
HEADER = re.compile(
    rb"(?P<url>[a-z][a-z0-9+.-]{1,20}:[^\s]{1,4000}) [\d.:a-fA-F]{1,45} (?P<time>\d{8,17}) (?P<kind>\S{1,200})"
    rb"(?: [^\r\n]{1,2000})? (?P<length>\d{1,15})\r?\n"
)
_UNNAMED = re.sub(rb"\?P<\w+>", b"?:", HEADER.pattern)
NEXT_RECORD = re.compile(rb"\n(?=" + _UNNAMED + rb")")
RECORD = re.compile(rb"\r?\n?" + _UNNAMED)  # behind the content
LINE_END = re.compile(rb"\n")
MAX_HEADER = 8_192  # bytes of one, and of the line's end before it
GARBAGE = "broken ARC: no record where one should begin"
MAX_LINE = 65_536  # bytes


def read_arc(file: File) -> ReadResults:
    """Pages in their order, numbered among all records; a wrong length does not take other records along."""
    for record, (header, content), lost in file.each(_records(file)):
        if lost or header is None:
            yield file.quarantined(record, lost or GARBAGE, content)
        elif len(content) > file.max_bytes:
            yield file.quarantined(record, too_large(file.max_bytes), content)
        else:
            url, kind = header["url"].decode("utf-8", "replace"), header["kind"].decode("latin-1")
            fetched_at = _time(header["time"].decode()) or file.fetched_at
            yield page_of(file, record, content, kind, url, fetched_at)


def _records(file: File) -> Iterator[tuple[tuple[re.Match[bytes] | None, bytes], int]]:
    """((header, content) of each record, where the next begins); without a header what stands between records."""
    at = file.first[1]
    window, garbage = Window(file.from_byte(at), at), b""
    while line := _line(window):
        header = HEADER.fullmatch(line)
        if header is None:
            garbage = garbage or line.strip()
            window.go(len(line))
            continue
        if garbage and not header["url"].startswith(b"filedesc:"):
            yield (None, garbage), window.at
            garbage = b""
        window.go(len(line))
        content, more = _content(window, int(header["length"]), file.max_bytes)
        if header["url"].startswith(b"filedesc:"):  # it describes the file
            garbage = garbage or more.strip()
        else:
            yield (header, content + more), window.at
    if garbage:
        yield (None, garbage), window.at


def _line(window: Window) -> bytes:
    """The line where the window is, MAX_LINE bytes of it at most."""
    end = window.find(LINE_END, MAX_LINE)
    return window.view(end[1] if end else MAX_LINE)


def _content(window: Window, length: int, max_bytes: int) -> tuple[bytes, bytes]:
    """(content of a record, what else there is before the next one); the window is at that one then.

    A length that is too long ends where the next record begins.  Of content that is too large, too much is kept.
    """
    size = min(length, max_bytes + 1)
    there = window.fill(size)
    if size < length or there < size or not window.matches(RECORD, size, MAX_HEADER):
        early = window.find(NEXT_RECORD, size + MAX_HEADER)
        if early and early[0] <= there:
            content = window.view(early[0])
            window.go(early[1])
            return content, b""
    content = window.view(there)
    window.go(there)
    return content, _rest(window, max_bytes - there)


def _rest(window: Window, room: int) -> bytes:
    """What stands before the next record, so many bytes of it at most; the window is at the record then."""
    kept: list[bytes] = []
    while there := window.fill(SKIP + MAX_HEADER):
        if window.matches(HEADER, 0, MAX_HEADER):
            break
        early = window.find(NEXT_RECORD, there)
        # A record may begin at the end of what is there.
        size = early[1] if early else there - MAX_HEADER if there == SKIP + MAX_HEADER else there
        kept.append(window.view(min(size, max(room, 0))))
        room -= size
        window.go(size)
    return b"".join(kept)


def _time(digits: str) -> datetime | None:
    try:
        return datetime.strptime(digits[:14].ljust(14, "0"), "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None
