"""Fetch: the pages that a source's feeds, sitemaps or lists name, into the landing zone.  Shell.

    listings    requested when they are due, conditionally; changed ones name pages, or further listings
    pages       requested if they never landed, or if their listing gives another date; the answers are landed
    remember    the store remembers URLs once their segment is complete, and a listing once its pages are done

A past day is never fetched: its pages are those that landed.  A page that landed is requested again only if its listing
gives another date.  This holds after a kill, too: a file beside each segment has the visits that the store lacks.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from datetime import UTC, date, datetime
from functools import partial

import sqlalchemy as sa

from etl.errors import Fatal, Retryable, Usage
from etl.fetch import segments
from etl.fetch.asker import Asker
from etl.fetch.listing_formats import Entry, read_lines
from etl.fetch.listings import ask_listing, conclude
from etl.fetch.pages import read_pages
from etl.fetch.politeness import RequestBudget
from etl.fetch.session import (
    PAGES_A_BATCH,
    AskedListing,
    Trip,
    batched,
    children,
    each_by_host,
    find,
    recover,
    reject_entries,
    remember,
)
from etl.settings import Settings
from etl.sources import locations
from etl.sources.source import Source
from etl.store import database, schema, visits
from etl.web import client
from etl.web.addresses import hosts
from schemas.fetched import FetchReport, Visit

LISTINGS_AT_ONCE = {"feed": 100, "sitemap": 1, "urls": 1}  # read at a time: a sitemap names 50,000 pages
MAX_DEPTH = {"feed": 10, "sitemap": 3, "urls": 1}  # pages of one feed; sitemaps that name sitemaps
log = logging.getLogger(__name__)


def fetch(source: Source, day: date, settings: Settings, now: datetime | None = None) -> FetchReport:
    """Fetch new and changed pages of a source into its landing zone.  now: the present; tests pass another time.

    Raises Usage for a day in the future and for a missing User-Agent, Retryable where no listing answered.
    """
    now = now or datetime.now(UTC)
    settings = source.limits.over(settings)
    if not source.fetched:
        raise Usage(f"source {source.name} lies where it is read; kinds feed, sitemap and urls are fetched")
    if day > now.date():
        raise Usage(f"{day} is in the future: source {source.name} cannot be fetched for it yet")
    try:
        # With this folder, a day without one counts as empty.
        locations.make_folder(locations.join(settings.landing, source.name))
        if day < now.date():
            return _what_landed(source, day, settings)
        client.require_user_agent(settings.user_agent)
        with database.opened(settings.store) as engine:
            schema.upgrade(engine)
            report = asyncio.run(_fetch(source, day, settings, engine, now))
    except OSError as error:
        raise Fatal(f"{settings.landing} cannot be written: {error.strerror or error}") from error
    log.info(report.line())
    return report


def _what_landed(source: Source, day: date, settings: Settings) -> FetchReport:
    """The report of a past day, from its segments: no request is made."""
    count = len(segments.segments_of(segments.day_folder(settings.landing, source.name, day)))
    note = f"landed already, {count} segments" if count else "nothing landed that day, and the past cannot be asked"
    return FetchReport(source.name, day.isoformat(), note=f"{note}; no request was made")


def fetch_day(source: Source, day: str) -> dict[str, object]:
    """fetch() as an orchestrator calls it: plain values in and out, settings from the environment."""
    return fetch(source, date.fromisoformat(day), Settings.from_env()).as_json()


async def _fetch(source: Source, day: date, settings: Settings, engine: sa.Engine, now: datetime) -> FetchReport:
    started = time.monotonic()
    budget = RequestBudget(settings.max_requests, settings.max_fetch_bytes, started + settings.max_fetch_s)
    folder = segments.day_folder(settings.landing, source.name, day)

    def remembered(url: str) -> Visit | None:
        return find(trip, [url]).get(url)

    async with client.opened(settings.user_agent, hosts(settings.allow_hosts)) as the_web:
        at_once = asyncio.Semaphore(settings.connections)
        asker = Asker(
            the_web,
            settings.user_agent,
            now,
            budget,
            settings.host_connections,
            settings.host_delay_s,
            remembered,
            at_once,
            backoff_s=2 * settings.host_delay_s,
        )
        trip = Trip(source, day, now, settings, engine, asker, segments.Segments(folder, now), folder)
        try:
            recover(trip)
            with database.reading(engine) as connection:
                trip.bodies = visits.shared(connection, source.name)
            try:
                await _read_source(trip)
            except BaseException:  # interrupted: answers that are here have landed
                remember(trip)
                raise
            report = FetchReport(
                source.name,
                day.isoformat(),
                **trip.counts,  # type: ignore[arg-type]  # its keys are names of counts
                requests=settings.max_requests - budget.requests,
                bytes=settings.max_fetch_bytes - budget.bytes,
                seconds=round(time.monotonic() - started, 3),
            )
            remember(trip, report)
        finally:
            trip.segments.discard()
    if trip.troubles and len(trip.troubles) == trip.counts["listings"]:
        raise Retryable(f"none of the listings of {source.name} answered: {trip.troubles[0]}")
    for url, reason in trip.broken.items():
        log.warning("%s: %s is no listing any more: %s; correct its location in sources.toml", source.name, url, reason)
    if trip.broken and len(trip.broken) == len(source.locations):
        url, reason = next(iter(trip.broken.items()))
        raise Fatal(f"source {source.name} lists nothing: {url}: {reason}; correct its location in sources.toml")
    return report


async def _read_source(trip: Trip) -> None:
    for location in trip.source.places(trip.day):
        if "://" not in location:
            await _read_list(trip, location)
    await _read_listings(trip, [Entry(place) for place in trip.source.places(trip.day) if "://" in place], None, 1)


async def _read_list(trip: Trip, path: str) -> None:
    """The pages of a list on this machine, of any length."""
    trip.counts["listings"] += 1
    try:
        lines = open(path, encoding="utf-8", errors="replace")  # noqa: SIM115  # closed below
    except OSError as error:
        raise Usage(f"{path}: {error.strerror}") from None
    with lines:
        for batch in batched(read_lines(lines), PAGES_A_BATCH):
            rejected = [each for each in batch if isinstance(each, tuple)]
            reject_entries(trip, path, rejected)
            await read_pages(trip, [(each, None) for each in batch if isinstance(each, Entry)])


async def _read_listings(trip: Trip, listings: Sequence[Entry], index: AskedListing | None, depth: int) -> None:
    """The pages of listings, and of the listings that these name.  index: the one that named them, if it was read."""
    deeper = depth < MAX_DEPTH[trip.source.kind]
    for group in batched(listings, LISTINGS_AT_ONCE[trip.source.kind]):
        known = find(trip, [entry.url for entry in group])
        asked = await each_by_host(trip, group, partial(ask_listing, trip, known, index), lambda entry: entry.url)
        for entry in [entry for entry, each in zip(group, asked, strict=True) if each is None and deeper]:
            await _read_listings(trip, children(trip, entry.url), None, depth + 1)
        found = [each for each in asked if each is not None]
        pages = ((entry, each) for each in found for entry in each.named.entries)
        for batch in batched(pages, PAGES_A_BATCH):
            await read_pages(trip, batch)
        for each in found:
            reject_entries(trip, each.visit.url, each.named.rejected)
            if deeper:
                await _read_listings(trip, each.named.listings, each, depth + 1)
            conclude(trip, each)
        remember(trip)
