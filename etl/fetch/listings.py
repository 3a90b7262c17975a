"""Fetch: a listing: asked when it is due, read when it has changed, and done when its pages are.  I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from etl.errors import Rejected, Retryable
from etl.fetch import segments
from etl.fetch.asker import Again, Disallowed
from etl.fetch.listing_formats import MAX_LISTING, Entry, read_listing
from etl.fetch.politeness import Left
from etl.fetch.polling import conditions, interval_s, is_due, max_age_s
from etl.fetch.session import Found, Trip
from etl.store import database, visits
from etl.web.client import Answer
from schemas.fetched import Visit

LONGEST = 86_400  # seconds that a listing may ask to be left alone


async def ask_listing(trip: Trip, known: Mapping[str, Visit], entry: Entry) -> Found | None:
    """What a listing names, if it is due and has changed."""
    now, visit = trip.began, known.get(entry.url)
    same = visit is not None and visit.digest and entry.stamp and entry.stamp == visit.stamp  # as its index says
    if same or not is_due(visit, now) or not trip.asker.is_new(entry.url):
        return None
    trip.counts["listings"] += 1
    failures, may_pass = (visit.failures if visit else 0) + 1, False
    try:
        answer = await trip.asker.ask(entry.url, conditions(visit), MAX_LISTING)
        return _listing(trip, entry, visit, answer)
    except Left:
        return None
    except (Again, Disallowed) as error:
        reason = "disallowed by robots.txt" if isinstance(error, Disallowed) else "redirected to another listing"
    except Rejected as error:
        reason = error.reason
    except Retryable as error:
        reason, may_pass = str(error), True
        trip.troubles.append(f"{entry.url}: {reason}")
    trip.counts["broken"] += 1
    trip.rejected[entry.url] = reason
    before = replace(visit or Visit(entry.url, "listing", now), asked_at=now, failures=failures)
    # What may pass is due at once: the task's next try must ask again, not end well for want of something due.
    trip.done.append(
        replace(before, next_at=None) if may_pass else _due_again(trip, before, visit, changed=False, least_s=0)
    )
    return None


def _listing(trip: Trip, entry: Entry, visit: Visit | None, answer: Answer) -> Found | None:
    """A listing's answer, read if it has changed.  Raises Rejected for what is no listing."""
    if answer.status not in (200, 304):
        raise Rejected("fetch", f"no listing: status {answer.status}")
    body = segments.digest(answer.body)
    same = visit is not None and (answer.status == 304 or visit.digest == body)
    trip.segments.note(answer, visit if same else None)
    trip.fetched.add(entry.url)
    least_s = max_age_s(answer.header("cache-control"))
    if same and visit is not None:
        visit = replace(visit, asked_at=answer.asked_at, failures=0, stamp=entry.stamp)
        trip.done.append(_due_again(trip, visit, visit, changed=False, least_s=least_s))
        return None
    charset = answer.header("content-type").lower().partition("charset=")[2].strip("\"' ;") or None
    named = read_listing(trip.source.kind, answer.decoded(), answer.url, charset)
    etag, modified = answer.header("etag") or None, answer.header("last-modified") or None
    after = Visit(entry.url, "listing", answer.asked_at, answer.status, etag, modified, body, entry.stamp)
    after = replace(after, landed_at=answer.asked_at)
    return Found(_due_again(trip, after, visit, changed=True, least_s=max(least_s, min(named.least_s, LONGEST))), named)


def _due_again(trip: Trip, visit: Visit, before: Visit | None, changed: bool, least_s: int) -> Visit:
    """A visit that knows when its listing is due again."""
    if not trip.settings.poll_least_s:
        return replace(visit, next_at=None)
    passed = before.interval_s if before is not None else None
    again = interval_s(passed, changed, max(least_s, trip.settings.poll_least_s))
    return replace(visit, interval_s=again, next_at=visit.asked_at + timedelta(seconds=again))


def conclude(trip: Trip, found: Found) -> None:
    """Remember a listing; one whose pages are not all done as if it had never been read, so that it is read again."""
    visit = found.visit
    if found.is_done:
        if found.named.whole:
            with database.writing(trip.engine) as connection:
                trip.counts["vanished"] += visits.unlisted(connection, trip.source.name, visit.url, trip.began)
    else:
        visit = replace(visit, etag=None, last_modified=None, digest=None, next_at=None)
    trip.done.append(visit)
