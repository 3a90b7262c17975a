"""A run of fetching: its tools, the outcomes of its requests, and the visits for the store.  I/O."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import islice
from typing import TypeVar

import sqlalchemy as sa

from etl.errors import WirecopyError, is_of_machine
from etl.fetch import segments
from etl.fetch.asker import Asker
from etl.fetch.listing_formats import Entry, Listing
from etl.settings import Settings
from etl.sources import locations
from etl.sources.source import Source
from etl.store import database, quarantine, visits
from etl.web.urls import host
from schemas.fetched import FetchReport, Visit

MAX_REJECTED = 1_000  # entries of one listing that are quarantined; more are only counted
PAGES_A_BATCH = 500  # between two look-ups in the store; as many wait in memory
MAX_REASON_CHARACTERS = 200  # of an unforeseen error
RECOVER_DAYS = 7
ABANDONED_AFTER_S = 86_400.0  # without a write, an unfinished segment
log = logging.getLogger(__name__)
T = TypeVar("T")
R = TypeVar("R")


@dataclass(slots=True)
class Trip:
    """One run of fetching: its tools, and the outcomes of its requests."""

    source: Source
    day: date
    began: datetime
    settings: Settings
    engine: sa.Engine
    asker: Asker
    segments: segments.Segments
    folder: str
    counts: Counter[str] = field(default_factory=Counter)
    done: list[Visit] = field(default_factory=list)  # to be remembered
    landed: list[Visit] = field(default_factory=list)  # to be remembered, with their segments
    rejected: dict[str, str] = field(default_factory=dict)
    fetched: set[str] = field(default_factory=set)  # URLs that may stand in quarantine from before
    bodies: dict[str, dict[str, Visit]] = field(default_factory=dict)  # pages by digest and URL: of this run or shared
    variants: dict[str, Visit] = field(default_factory=dict)  # pages of which another form has landed
    troubles: list[str] = field(default_factory=list)  # of listings that did not answer
    broken: dict[str, str] = field(default_factory=dict)  # declared listings that answer with something else, by URL


@dataclass(slots=True)
class AskedListing:
    """A listing that was read: its visit, to be stored when its pages are done, and its entries."""

    visit: Visit
    named: Listing
    is_done: bool = True


def unforeseen(url: str, error: Exception) -> str:
    """The reason to reject a URL over an error that nobody foresaw.

    Raises the error again where no URL is to blame for it: the store's, or a full disk's.
    """
    if isinstance(error, WirecopyError) or is_of_machine(error):
        raise error
    log.error("%s: unforeseen", url, exc_info=error)
    return f"unforeseen: {type(error).__name__}: {error}"[:MAX_REASON_CHARACTERS]


def find(trip: Trip, urls: Iterable[str]) -> dict[str, Visit]:
    with database.reading(trip.engine) as connection:
        return visits.find(connection, trip.source.name, set(urls))


def children(trip: Trip, index: str) -> list[Entry]:
    """The listings that an index named when it was last read, with the stamps that it gave them."""
    with database.reading(trip.engine) as connection:
        return [Entry(visit.url, visit.stamp) for visit in visits.children(connection, trip.source.name, index)]


def remember(trip: Trip, report: FetchReport | None = None) -> None:
    """Close the segments, and store the visits of this run."""
    for _, answer in trip.asker.noted:
        trip.segments.note(answer)
    trip.landed += trip.segments.landed(all_of_them=True)
    robots = [visit for visit, _ in trip.asker.noted]
    if trip.landed or trip.done or robots or trip.rejected or trip.fetched:
        with database.writing(trip.engine) as connection:
            visits.save(connection, trip.source.name, [*robots, *trip.landed, *trip.done])
            quarantine.release_urls(connection, trip.source.name, trip.fetched - trip.rejected.keys())
            quarantine.reject_urls(connection, trip.source.name, trip.day, trip.rejected)
    if trip.landed or report:
        manifest = segments.read_manifest(trip.folder)
        manifest.remembered = sorted({*manifest.remembered, *trip.segments.finished})
        if report:
            manifest.runs.append({"began": trip.began.isoformat(), **report.as_json()})
        segments.write_manifest(trip.folder, manifest)
    for pending in (trip.landed, trip.done, trip.asker.noted, trip.rejected, trip.fetched):
        pending.clear()


def recover(trip: Trip) -> None:
    """Store the visits of pages that landed in runs which were killed before storing them."""
    for days in range(RECOVER_DAYS):
        folder = segments.day_folder(trip.settings.landing, trip.source.name, trip.day - timedelta(days))
        locations.sweep(folder, ABANDONED_AFTER_S)
        names = segments.segments_of(folder)
        if not names:
            continue
        manifest = segments.read_manifest(folder)
        for name in sorted(set(names) - set(manifest.remembered)):
            for batch in batched(segments.visits_of(folder, name), PAGES_A_BATCH):
                known = find(trip, [visit.url for visit in batch])
                new = [v for v in batch if v.url not in known or known[v.url].asked_at < v.asked_at]
                with database.writing(trip.engine) as connection:
                    visits.save(connection, trip.source.name, new)
            manifest.remembered.append(name)
            segments.write_manifest(folder, manifest)


def note_listed(trip: Trip, pages: Iterable[tuple[Entry, AskedListing]]) -> None:
    """Store which sitemap names which pages."""
    by_listing: dict[str, list[str]] = {}
    for entry, found in pages:
        by_listing.setdefault(found.visit.url, []).append(entry.page)
    if by_listing:
        with database.writing(trip.engine) as connection:
            for listing, urls in by_listing.items():
                visits.listed(connection, trip.source.name, listing, urls, trip.began)


def reject_entries(trip: Trip, listing: str, rejected: Sequence[tuple[str, str]]) -> None:
    trip.counts["listed"] += len(rejected)
    trip.counts["rejected"] += len(rejected)
    room = max(0, MAX_REJECTED - len(trip.rejected))
    trip.rejected |= {f"{listing} {text}".strip(): reason for text, reason in rejected[:room]}


async def each_by_host(
    trip: Trip, items: Sequence[T], work: Callable[[T], Awaitable[R]], url_of: Callable[[T], str]
) -> list[R]:
    """work() for each item, results in the order of the items; hosts run in parallel, each with its own connections."""
    queues: dict[str, list[int]] = {}
    for number, item in enumerate(items):
        queues.setdefault(host(url_of(item)), []).append(number)
    results: dict[int, R] = {}

    async def serve(numbers: Iterator[int]) -> None:
        for number in numbers:
            results[number] = await work(items[number])

    try:
        async with asyncio.TaskGroup() as group:
            for queue in queues.values():
                numbers = iter(queue)
                for _ in range(min(trip.settings.host_connections, len(queue))):
                    group.create_task(serve(numbers))
    except BaseExceptionGroup as errors:  # the first error is enough
        raise errors.exceptions[0] from None
    return [results[number] for number in range(len(items))]


def batched(items: Iterable[T], size: int) -> Iterator[list[T]]:
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch
