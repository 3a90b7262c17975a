"""Segments: WARC files of fetched pages, in a folder for each source and day; only complete ones are visible.  I/O.

    <landing>/<source>/<day>/061502481516-0001.warc.gz          pages: a response and its request, each
    <landing>/<source>/<day>/.061502481516-0001.warc.gz.jsonl   what the store is to remember of these
    <landing>/<source>/<day>/.polls/061502481516-0001.warc.gz   feeds, sitemaps, rules of hosts; what had not changed
    <landing>/<source>/<day>/.manifest.json                     the runs of that day, and the segments the store knows

A segment is named when it is whole, after its list: whoever is killed loses the one that is open.  Names that begin
with a dot are passed over by those who look for articles.
"""

from __future__ import annotations

import hashlib
import io
import json
import logging
import time
from base64 import b32encode
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import quote

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from etl.sources import locations
from etl.web.client import Answer
from schemas.fetched import Visit

MAX_SEGMENT_RECORDS = 200  # a kill loses no more
MAX_SEGMENT_BYTES = 32_000_000
MAX_SEGMENT_S = 60.0
SUFFIX = ".warc.gz"
NOT_MODIFIED = "http://netpreserve.org/warc/1.1/revisit/server-not-modified"
HOP_BY_HOP_HEADERS = ("transfer-encoding", "connection")  # no longer true of a stored answer: chunks were joined
PRINTABLE = "".join(map(chr, range(32, 127)))
log = logging.getLogger(__name__)
TIME_FIELDS = ("asked_at", "landed_at", "listed_at", "gone_at", "next_at")


def digest(body: bytes) -> str:
    """A body's digest, as WARC files write it."""
    return "sha1:" + b32encode(hashlib.sha1(body, usedforsecurity=False).digest()).decode()


@dataclass(slots=True)
class _Open:
    """A WARC file that is being written."""

    location: str
    path: Path
    stream: BinaryIO
    writer: Any
    since: float
    records: int = 0
    visits: list[Visit] = field(default_factory=list)


class Segments:
    """The segments of one run; discard() those that are open at its end."""

    def __init__(self, folder: str, began: datetime) -> None:
        self._folder, self._token = folder, f"{began:%H%M%S%f}"
        self._pages: _Open | None = None
        self._polls: _Open | None = None
        self._count = 0
        self.finished: list[str] = []  # names of segments of pages

    def land(self, answer: Answer, visit: Visit, said: Sequence[tuple[str, str]] = ()) -> None:
        """Add a page.  It has landed when a later `landed` names it.

        said  of it by its host, outside of the answer: fields of its record
        """
        if self._pages is None:
            self._pages = self._opened(self._folder)
        _write(self._pages, answer, "response", said=said)
        self._pages.visits.append(visit)

    def note(self, answer: Answer, before: Visit | None = None) -> None:
        """Add an answer that is no page: a listing; or one that had not changed since a visit."""
        if self._polls is None:
            self._polls = self._opened(locations.join(self._folder, ".polls"))
        _write(self._polls, answer, "response" if before is None or before.landed_at is None else "revisit", before)

    def landed(self, all_of_them: bool = False) -> list[Visit]:
        """Close full segments, or all; returns the visits whose answers have landed by this."""
        polls = self._polls
        if polls and (all_of_them or _is_full(polls)):
            self._polls = None
            self._finish(polls)
        pages = self._pages
        if not pages or not (all_of_them or _is_full(pages)):
            return []
        self._pages = None
        folder, _, name = pages.location.rpartition("/")
        lines = "".join(json.dumps(_plain(visit)) + "\n" for visit in pages.visits)
        locations.write(locations.join(folder, f".{name}.jsonl"), lines.encode())
        self._finish(pages)
        self.finished.append(name)
        return pages.visits

    def discard(self) -> None:
        """Remove unfinished segments: a failed run leaves no partial file."""
        for segment in (self._pages, self._polls):
            if segment is not None:
                with suppress(OSError):  # what the disk would not take
                    segment.stream.close()
                segment.path.unlink(missing_ok=True)

    def _opened(self, folder: str) -> _Open:
        name = ""
        while not name or locations.exists(locations.join(folder, name)):  # what has landed is never written again
            self._count += 1
            name = f"{self._token}-{self._count:04}{SUFFIX}"
        location = locations.join(folder, name)
        path = locations.begin(location)
        stream = open(path, "wb")  # noqa: SIM115  # closed by _finish
        writer = WARCWriter(stream, gzip=True, warc_version="1.1")
        writer.write_record(writer.create_warcinfo_record(name, {"software": "wirecopy", "format": "WARC/1.1"}))
        return _Open(location, path, stream, writer, time.monotonic())

    def _finish(self, segment: _Open) -> None:
        try:
            segment.stream.close()
            locations.finish(segment.path, segment.location)
        finally:
            segment.path.unlink(missing_ok=True)  # it has its name now, or the disk would not take it


def _is_full(segment: _Open) -> bool:
    return (
        segment.records >= MAX_SEGMENT_RECORDS
        or segment.stream.tell() >= MAX_SEGMENT_BYTES
        or time.monotonic() - segment.since >= MAX_SEGMENT_S
    )


def _write(
    segment: _Open, answer: Answer, kind: str, before: Visit | None = None, said: Sequence[tuple[str, str]] = ()
) -> None:
    """An answer as a response or revisit record, and its request as a request record."""
    at = answer.asked_at.isoformat(timespec="microseconds").replace("+00:00", "Z")
    headers = [
        (f"X-Archive-Orig-{k}" if k.lower() in HOP_BY_HOP_HEADERS else k, _ascii(v.encode("latin-1")))
        for k, v in answer.headers
    ]
    http = StatusAndHeaders(f"{answer.status} {_ascii(answer.reason)}".strip(), headers, protocol="HTTP/1.1")
    writer, about = segment.writer, {"WARC-Date": at}
    if kind == "revisit" and before is not None and before.landed_at is not None:
        refers = before.landed_at.isoformat(timespec="microseconds").replace("+00:00", "Z")
        record = writer.create_revisit_record(
            answer.url, before.digest or digest(b""), before.url, refers, http_headers=http, warc_headers_dict=about
        )
        if answer.status == 304:
            record.rec_headers.replace_header("WARC-Profile", NOT_MODIFIED)
    else:
        record = writer.create_warc_record(
            answer.url,
            "response",
            io.BytesIO(answer.body),
            len(answer.body),
            http_headers=http,
            warc_headers_dict={**about, **{name: _ascii(value) for name, value in said}},
        )
    sent = [(name, _ascii(value)) for name, value in answer.asked_with]
    asked = StatusAndHeaders(f"GET {_path(answer.url)} HTTP/1.1", sent, is_http_request=True)
    request = writer.create_warc_record(answer.url, "request", http_headers=asked, warc_headers_dict=about)
    writer.write_request_response_pair(request, record)
    segment.records += 1


def _path(url: str) -> str:
    return _ascii("/" + url.partition("://")[2].partition("/")[2])


def _ascii(text: str | bytes) -> str:
    """Foreign text as start lines and headers take it: percent-encoded, without line ends."""
    return quote(text.encode("utf-8", "replace") if isinstance(text, str) else text, safe=PRINTABLE)


def _plain(visit: Visit) -> dict[str, Any]:
    values = ((f.name, getattr(visit, f.name)) for f in fields(visit))
    return {k: v.isoformat() if isinstance(v, datetime) else v for k, v in values if v is not None}


def _visit(line: str) -> Visit:
    known: dict[str, Any] = json.loads(line)
    known |= {name: datetime.fromisoformat(known[name]) for name in TIME_FIELDS if name in known}
    return Visit(**known)


@dataclass(slots=True)
class Manifest:
    """The manifest of a day: reports of its runs, and segments whose visits the store has."""

    runs: list[dict[str, Any]]
    remembered: list[str]


def read_manifest(folder: str) -> Manifest:
    content = locations.read(locations.join(folder, ".manifest.json"))
    known = json.loads(content) if content else {"runs": [], "remembered": []}
    return Manifest(known["runs"], known["remembered"])


def write_manifest(folder: str, manifest: Manifest) -> None:
    text = json.dumps({"runs": manifest.runs, "remembered": manifest.remembered}, indent=1)
    locations.write(locations.join(folder, ".manifest.json"), text.encode())


def segments_of(folder: str) -> list[str]:
    """Names of the segments that hold a day's pages."""
    return [name for name in locations.names(folder) if name.endswith(SUFFIX) and not name.startswith(".")]


def visits_of(folder: str, segment: str) -> Iterator[Visit]:
    """Visits of a segment's pages, for the store to remember; a damaged line costs its page a second request."""
    content = locations.read(locations.join(folder, f".{segment}.jsonl"))
    for line in (content or b"").splitlines():
        try:
            yield _visit(line.decode())
        except (ValueError, TypeError, KeyError) as error:
            log.warning("%s/.%s.jsonl: a line that is no visit: %s", folder, segment, error)


def day_folder(landing: str, source: str, day: date) -> str:
    return locations.join(locations.join(landing, source), day.isoformat())
