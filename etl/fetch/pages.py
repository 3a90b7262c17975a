"""Pages: wanted ones are requested, and their answers landed.  I/O."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from etl.errors import Rejected, Retryable
from etl.fetch import segments
from etl.fetch.asker import Disallowed, Landed
from etl.fetch.listing_formats import Entry
from etl.fetch.politeness import Left
from etl.fetch.polling import conditions, is_unmodified, is_wanted
from etl.fetch.session import AskedListing, Trip, each_by_host, find, note_listed, remember, unforeseen
from etl.web.client import Answer
from etl.web.urls import PAGE_HEAD_BYTES, canonical_url, variant_of
from schemas.fetched import Visit

MAX_FAILURES = 3  # then a page no longer keeps its listing from being done
SHARED_FROM = 3  # listed URLs that give the same bytes: a consent or login page, or the front page; no article


async def read_pages(trip: Trip, pages: Sequence[tuple[Entry, AskedListing | None]]) -> None:
    """Request the wanted ones of these pages, and count the outcomes of all."""
    trip.counts["listed"] += len(pages)
    if trip.asker.budget.is_spent:  # the rest of a list of millions then needs no look-up in the store
        trip.counts["left"] += len(pages)
        for _, found in pages:
            if found is not None:
                found.is_done = False
        return
    known = find(trip, {entry.page for entry, _ in pages})
    wanted = []
    for entry, found in pages:
        visit = known.get(entry.page)
        if is_wanted(entry, visit, trip.source.kind, trip.began) and trip.asker.is_new(entry.url):
            wanted.append((entry, visit, found))
        else:
            is_waiting = visit is not None and visit.failures > 0 and not visit.landed_at
            trip.counts["left" if is_waiting else "known"] += 1
            if found is not None and visit is not None and is_waiting and visit.failures < MAX_FAILURES:
                found.is_done = False
    outcomes = await each_by_host(trip, wanted, lambda page: _ask_page(trip, *page), lambda page: page[0].url)
    for (_, visit, found), outcome in zip(wanted, outcomes, strict=True):
        trip.counts[outcome] += 1
        is_open = outcome == "left" or (outcome == "failed" and (visit is None or visit.failures + 1 < MAX_FAILURES))
        if found is not None and is_open:
            found.is_done = False
    note_listed(trip, [(entry, found) for entry, found in pages if found and found.named.whole])
    remember(trip)


async def _ask_page(trip: Trip, entry: Entry, visit: Visit | None, found: AskedListing | None) -> str:
    """Request a page and land its answer; returns the outcome."""
    if entry.page in trip.variants:
        trip.done.append(replace(trip.variants[entry.page], stamp=entry.stamp))
        return "known"
    before = visit or Visit(entry.page, "page", trip.began)
    try:
        await trip.asker.terms(entry.url)  # before its pages, so that none lands without for want of requests
        answer = await trip.asker.ask(entry.url, conditions(visit), trip.settings.max_document_bytes)
        listing = found.visit.url if found is not None and found.named.whole else None
        before = replace(before, asked_at=answer.asked_at, status=answer.status, failures=0, stamp=entry.stamp)
        said = await trip.asker.terms(answer.url) if answer.status == 200 else []
        return _take(trip, replace(before, listing=listing, listed_at=trip.began if listing else None), answer, said)
    except Disallowed:
        return "disallowed"
    except Landed as same:
        before = replace(before, digest=same.digest, landed_at=trip.began, stamp=entry.stamp)
        return "rejected" if _is_shared(trip, before) else "known"
    except Left:
        return "left"
    except (Rejected, Retryable) as error:
        for_good = isinstance(error, Rejected)
        trip.rejected[entry.page] = error.reason if isinstance(error, Rejected) else str(error)
    except Exception as error:  # a fence: an unforeseen error costs one page
        for_good = True
        trip.rejected[entry.page] = unforeseen(entry.url, error)
    failures = max((visit.failures if visit else 0) + 1, MAX_FAILURES if for_good else 0)
    trip.done.append(replace(before, asked_at=trip.began, failures=failures, stamp=entry.stamp))
    return "rejected" if for_good else "failed"


def _take(trip: Trip, visit: Visit, answer: Answer, said: Sequence[tuple[str, str]]) -> str:
    """Land an answer, or note that it is unchanged.  Raises Rejected for an answer without a page.

    said  of it by its host, outside of the answer
    """
    body = segments.digest(answer.body)
    trip.fetched.add(visit.url)
    is_same = answer.status == 200 and visit.landed_at and visit.digest == body
    if is_same or is_unmodified(answer.status, visit):
        trip.segments.note(answer, visit)
        trip.done.append(replace(visit, gone=None, gone_at=None))
        return "unchanged"
    if answer.status in (404, 410):
        gone_at = visit.gone_at or answer.asked_at
        trip.done.append(replace(visit, gone_at=gone_at, gone=f"status {answer.status}"))
        return "gone"
    if answer.status != 200:
        raise Rejected("fetch", f"no page: status {answer.status}")
    etag, modified = answer.header("etag") or None, answer.header("last-modified") or None
    visit = replace(
        visit, etag=etag, last_modified=modified, digest=body, landed_at=answer.asked_at, gone=None, gone_at=None
    )
    if body in trip.bodies:
        return "rejected" if _is_shared(trip, visit) else "known"
    trip.bodies[body] = {visit.url: visit}
    trip.asker.landed[hash(canonical_url(answer.url))] = body
    trip.segments.land(answer, visit, said)
    itself = variant_of(answer.decoded(PAGE_HEAD_BYTES), answer.url)
    if itself:
        trip.variants[itself] = replace(visit, url=itself, etag=None, last_modified=None, stamp=None)
        if trip.asker.is_new(itself):
            trip.done.append(trip.variants[itself])
    trip.landed += trip.segments.landed()
    return "landed"


def _is_shared(trip: Trip, visit: Visit) -> bool:
    """Whether a page, whose body another listed URL gave before, is one that many give: none of them has landed then.

    One article under two URLs is common, and known by both.  From three on it is a wall or the front page.
    """
    alike = trip.bodies[visit.digest or ""]
    alike[visit.url] = visit
    if len(alike) < SHARED_FROM:
        trip.done.append(visit)
        return False
    for each in alike.values():
        trip.rejected[each.url] = f"consent: {len(alike)} listed URLs give this one page"
        trip.done.append(
            replace(each, etag=None, last_modified=None, digest=None, landed_at=None, failures=each.failures + 1)
        )
    return True
