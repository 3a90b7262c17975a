"""Forgetting: erased articles leave the landing zone.  I/O.

A segment is written anew, whole: in the place of each record of an erased page stands one that only says so, all others
are the same bytes, and keep their numbers.  What was asked beside pages (feeds, sitemaps) is evidence that nothing
reads: each that names an erased page gives way as a whole, since it may hold its headline, or its text.
"""

from __future__ import annotations

import gzip
import html
import io
import re
import zlib
from collections.abc import Collection, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from warcio.archiveiterator import ArchiveIterator
from warcio.recordloader import ArcWarcRecord

from etl.fetch.segments import SUFFIX, segments_of, visits_of
from etl.sources import locations
from etl.web.urls import canonical_url

MAX_LISTING_BYTES = 100_000_000  # of a packed one
GZIP = b"\x1f\x8b"
URL = re.compile(r"https?:[\\/]{2,4}[^\s\"'<>\])]+")
PLACEHOLDER = (
    "WARC/1.1\r\nWARC-Type: metadata\r\nWARC-Record-ID: {id}\r\nWARC-Date: {date}\r\n"
    "Content-Type: text/plain\r\nContent-Length: 6\r\n\r\nerased\r\n\r\n"
)


@dataclass(frozen=True, slots=True)
class _Member:
    """A record of a segment as it stands there, packed."""

    packed: bytes
    record: ArcWarcRecord
    content: bytes

    @property
    def url(self) -> str | None:
        return canonical_url(self.record.rec_headers.get_header("WARC-Target-URI"))

    def placeholder(self) -> bytes:
        header = self.record.rec_headers.get_header
        text = PLACEHOLDER.format(id=header("WARC-Record-ID"), date=header("WARC-Date"))
        return gzip.compress(text.encode(), mtime=0)


def forget_pages(
    landing: str, source: str, seen: AbstractSet[tuple[str, int | None]], urls: AbstractSet[str]
) -> set[str]:
    """Take pages out of a source's segments; the canonical URLs by which they were asked.

    seen  (path, record) of the pages, paths relative to the folder of the source
    urls  canonical URLs of them

    It may be repeated, and ended at any moment: a segment is the old one or the new one.
    """
    root = locations.join(landing, source)
    files = {path for path, _ in seen}
    asked = set(urls)
    days = sorted(locations.last_written(root, 1))
    for folder in days:
        day = folder.rstrip("/").rpartition("/")[2]
        for name in segments_of(folder):
            path = f"{day}/{name}"
            if path in files or any(canonical_url(visit.url) in urls for visit in visits_of(folder, name)):
                numbers = {record for each, record in seen if each == path}
                asked |= _rewrite_pages(locations.join(folder, name), numbers, urls)
    for folder in days if asked else []:
        polls = locations.join(folder, ".polls")
        for name in locations.names(polls):
            if name.endswith(SUFFIX) and not name.startswith("."):
                _rewrite_polls(locations.join(polls, name), asked)
    return asked


def _rewrite_pages(location: str, numbers: Collection[int | None], urls: AbstractSet[str]) -> set[str]:
    """Take records of these numbers, or of these URLs, out of a segment; the URLs of all that went."""
    members = list(_members(locations.read(location) or b""))
    gone = {url for n, each in enumerate(members) if (url := each.url) and (n in numbers or url in urls)}
    _replace(location, members, [each.url in gone for each in members])
    return gone


def _rewrite_polls(location: str, urls: AbstractSet[str]) -> None:
    """Take listings that name one of these URLs out of a segment."""
    members = list(_members(locations.read(location) or b""))
    _replace(location, members, [each.url in urls or not urls.isdisjoint(_named(each.content)) for each in members])


def _replace(location: str, members: list[_Member], gone: list[bool]) -> None:
    if any(gone):
        packed = (each.placeholder() if goes else each.packed for each, goes in zip(members, gone, strict=True))
        locations.write(location, b"".join(packed))


def _members(content: bytes) -> Iterator[_Member]:
    """The records of a segment, each in a gzip member of its own, in their order."""
    while content:
        unpacking = zlib.decompressobj(zlib.MAX_WBITS | 16)
        plain = unpacking.decompress(content)
        packed = content[: len(content) - len(unpacking.unused_data)]
        content = unpacking.unused_data
        for record in ArchiveIterator(io.BytesIO(plain)):
            yield _Member(packed, record, record.content_stream().read())


def _named(body: bytes) -> set[str]:
    """The canonical URLs that stand in a listing, packed or not."""
    if body.startswith(GZIP):
        body = zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(body, MAX_LISTING_BYTES)
    text = html.unescape(body.decode("utf-8", "replace"))
    return {url for found in URL.findall(text) if (url := canonical_url(found.replace("\\", "").rstrip(".,;:")))}
