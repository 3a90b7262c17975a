"""Read: ARC files, the archives of the web before WARC, versions 1 and 2.  Pure; memory is that of one record."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

from etl.read.file import File, ReadResults, Returnable, too_large
from etl.read.http_answer import page_of

# URL, address, time, type, in version 2 also status, checksum, location, offset and file name, then the length.
HEADER = re.compile(
    rb"(?P<url>[a-z][a-z0-9+.-]{1,20}:[^\s]{1,4000}) [\d.:a-fA-F]{1,45} (?P<time>\d{8,17}) (?P<kind>\S{1,200})"
    rb"(?: [^\r\n]{1,2000})? (?P<length>\d{1,15})\r?\n"
)
NEXT_RECORD = re.compile(
    rb"\n(?="
    + HEADER.pattern.replace(b"?P<url>", b"?:")
    .replace(b"?P<time>", b"?:")
    .replace(b"?P<kind>", b"?:")
    .replace(b"?P<length>", b"?:")
    + b")"
)
GARBAGE = "broken ARC: no record where one should begin"
MAX_LINE = 65_536  # bytes
STEP = 1 << 20  # bytes thrown away at a time


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
    stream, garbage = Returnable(file.from_byte(at), at), b""
    while line := stream.readline(MAX_LINE):
        header = HEADER.fullmatch(line)
        if header is None:
            garbage = garbage or line.strip()
            continue
        if garbage and not header["url"].startswith(b"filedesc:"):
            yield (None, garbage), stream.at - len(line)
            garbage = b""
        content, more = _content(stream, int(header["length"]), file.max_bytes)
        if header["url"].startswith(b"filedesc:"):  # it describes the file
            garbage = garbage or more.strip()
        else:
            yield (header, content + more), stream.at
    if garbage:
        yield (None, garbage), stream.at


def _content(stream: Returnable, length: int, max_bytes: int) -> tuple[bytes, bytes]:
    """(content of a record, what else there is before the next one).

    A length that is too long ends where the next record begins.  Of content that is too large, too much is kept.
    """
    content = stream.read(min(length, max_bytes + 1))
    left = length - len(content)
    while left > 0 and (piece := stream.read(min(STEP, left))):
        left -= len(piece)
    line = stream.readline(MAX_LINE)
    if not HEADER.fullmatch(line) and (early := NEXT_RECORD.search(content + line)):
        stream.give_back((content + line)[early.end() :])
        return content[: early.start()], b""
    more: list[bytes] = []
    size = len(content)
    while line and not HEADER.fullmatch(line):
        if size <= max_bytes:
            more.append(line)
            size += len(line)
        line = stream.readline(MAX_LINE)
    stream.give_back(line)
    return content, b"".join(more)


def _time(digits: str) -> datetime | None:
    try:
        return datetime.strptime(digits[:14].ljust(14, "0"), "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None
