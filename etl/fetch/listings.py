"""Listings: each is requested when it is due, read when it has changed, and done when its pages are.  I/O.

Every listing has a schedule of its own.  An index of sitemaps says which there are; a stamp of it can hasten the next
poll of one, and no more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from etl.errors import Rejected, Retryable
from etl.fetch import segments
from etl.fetch.asker import Disallowed
from etl.fetch.listing_formats import MAX_LISTING_BYTES, Entry, read_listing
from etl.fetch.politeness import Left
from etl.fetch.polling import conditions, interval_s, is_due, is_resting, is_unmodified, max_age_s
from etl.fetch.session import AskedListing, Trip, unforeseen
from etl.store import database, visits
from etl.web.client import Answer
from schemas.fetched import Visit

MAX_PAUSE_S = 86_400  # seconds that a listing may ask to be left alone
GONE_STATUS = 410  # final: a listing that answers so is not asked again
MAX_BROKEN_POLLS = 3  # that a declared listing may answer with something else before the fetch fails for it


async def ask_listing(
    trip: Trip, known: Mapping[str, Visit], index: AskedListing | None, entry: Entry
) -> AskedListing | None:
    """The pages and listings that a listing names, if it is due and has changed.  index: the one that named it."""
    now, visit = trip.began, known.get(entry.url)
    if visit is not None and index is not None:
        trip.done.append(replace(visit, listing=index.visit.url, listed_at=now))
        visit = trip.done[-1]
    if visit is not None and visit.status == GONE_STATUS:
        trip.broken[entry.url] = "gone for good: status 410"
        return None
    changed = visit is not None and entry.stamp is not None and entry.stamp != visit.stamp  # as its index says
    if not (changed or (is_due(visit, now) and not is_resting(entry, visit, now))) or not trip.asker.is_new(entry.url):
        return None
    trip.counts["listings"] += 1
    before = replace(visit or Visit(entry.url, "listing", now), asked_at=now)
    if index is not None:
        before = replace(before, listing=index.visit.url, listed_at=now)
    may_pass = False
    try:
        answer = await trip.asker.ask(entry.url, conditions(visit), MAX_LISTING_BYTES)
        before = replace(before, status=answer.status)
        if answer.url != entry.url and not trip.asker.is_new(answer.url):
            raise Rejected("fetch", "redirected to another listing")
        return _listing(trip, entry, before, visit, answer)
    except Left:
        if index is not None:
            index.is_done = False
        return None
    except Disallowed:
        reason = "disallowed by robots.txt"
    except Rejected as error:
        reason = error.reason
    except Retryable as error:
        reason, may_pass = str(error), True
        trip.troubles.append(f"{entry.url}: {reason}")
    except Exception as error:  # a fence: an unforeseen error costs one listing
        reason = unforeseen(entry.url, error)
    trip.counts["broken"] += 1
    trip.rejected[entry.url] = reason
    before = replace(before, failures=before.failures + 1)
    if index is None and not may_pass and (before.failures >= MAX_BROKEN_POLLS or before.status in (0, GONE_STATUS)):
        trip.broken[entry.url] = reason
    # What may pass is due at once: the task's next try must ask again, not end well for want of something due.
    trip.done.append(
        replace(before, next_at=None) if may_pass else _due_again(trip, before, visit, changed=False, least_s=0)
    )
    return None


def _listing(trip: Trip, entry: Entry, before: Visit, visit: Visit | None, answer: Answer) -> AskedListing | None:
    """A listing's answer, read if it has changed.  Raises Rejected for any other document.

    before, visit  the listing as it is to be remembered, but for this answer; as it was remembered
    """
    unmodified = is_unmodified(answer.status, visit)
    if answer.status != 200 and not unmodified:
        raise Rejected("fetch", f"no listing: status {answer.status}")
    body = segments.digest(answer.body)
    same = visit is not None and (unmodified or visit.digest == body)
    trip.segments.note(answer, visit if same else None)
    trip.fetched.add(entry.url)
    least_s = max_age_s(answer.header("cache-control"))
    if same and visit is not None:
        visit = replace(before, asked_at=answer.asked_at, failures=0, stamp=entry.stamp)
        trip.done.append(_due_again(trip, visit, visit, changed=False, least_s=least_s))
        return None
    charset = answer.header("content-type").lower().partition("charset=")[2].strip("\"' ;") or None
    named = read_listing(trip.source.kind, answer.decoded(), answer.url, charset)
    etag, modified = answer.header("etag") or None, answer.header("last-modified") or None
    after = Visit(entry.url, "listing", answer.asked_at, answer.status, etag, modified, body, entry.stamp)
    after = replace(after, landed_at=answer.asked_at, listing=before.listing, listed_at=before.listed_at)
    return AskedListing(
        _due_again(trip, after, visit, changed=True, least_s=max(least_s, min(named.least_s, MAX_PAUSE_S))),
        named,
    )


def _due_again(trip: Trip, visit: Visit, before: Visit | None, changed: bool, least_s: int) -> Visit:
    """A visit with the time at which its listing is due again."""
    if not trip.settings.poll_least_s:
        return replace(visit, next_at=None)
    passed = before.interval_s if before is not None else None
    again = interval_s(passed, changed, max(least_s, trip.settings.poll_least_s))
    return replace(visit, interval_s=again, next_at=visit.asked_at + timedelta(seconds=again))


def conclude(trip: Trip, found: AskedListing) -> None:
    """Store a listing's visit; while pages of it are not done, as if never read, so that it is read again."""
    visit = found.visit
    if found.is_done:
        with database.writing(trip.engine) as connection:
            visits.forget_children(connection, trip.source.name, visit.url, trip.began)
            if found.named.whole:
                trip.counts["vanished"] += visits.unlisted(connection, trip.source.name, visit.url, trip.began)
    else:
        visit = replace(visit, etag=None, last_modified=None, digest=None, next_at=None)
    trip.done.append(visit)
