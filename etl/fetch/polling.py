"""Polling: which URLs are requested, with which conditions, and when again.  Pure: visits and the time come in."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from email.utils import parsedate_to_datetime

from etl.fetch.listing_formats import STAMP_DIGEST, Entry
from schemas.fetched import ERASED, Visit

FIRST_INTERVAL_S = 900  # of a listing that was never seen to change, or not to
MAX_INTERVAL_S = 21_600  # between two polls of a listing, unless it asks for more
ROBOTS_TTL_S = 86_400  # how long a robots.txt holds (RFC 9309)
OLD_SITEMAP_S = 86_400  # between two polls of a sitemap that its index calls old
MAX_BACKOFF_DAYS = 7  # before a page that failed is tried again


def is_wanted(entry: Entry, visit: Visit | None, kind: str, now: datetime) -> bool:
    """Whether to request a listed page: it is new, its listing dates it anew, or it is on a plain list for today.

    Never one whose article was erased.
    """
    if visit is None:
        return True
    if visit.gone == ERASED:
        return False
    if visit.failures:
        return now >= visit.asked_at + min(
            timedelta(hours=2 ** min(visit.failures, 8) / 2), timedelta(MAX_BACKOFF_DAYS)
        )
    if entry.stamp is not None and _differs(entry.stamp, visit.stamp):
        return True
    return kind == "urls" and visit.asked_at.date() < now.date()


def _differs(stamp: str, before: str | None) -> bool:
    """Whether a stamp says of a page something else than before.  A stamp without a digest says nothing of content."""
    day, _, digest = stamp.partition(STAMP_DIGEST)
    day_before, _, digest_before = (before or "").partition(STAMP_DIGEST)
    return day != day_before or bool(digest_before and digest != digest_before)


def is_resting(entry: Entry, visit: Visit | None, now: datetime) -> bool:
    """Whether a listing is left alone for a day after an answer: its index gives it a stamp older than two days.

    An archive has thousands of such sitemaps.
    """
    if visit is None or not visit.digest or not entry.stamp or now >= visit.asked_at + timedelta(seconds=OLD_SITEMAP_S):
        return False
    try:
        return date.fromisoformat(entry.stamp[:10]) < visit.asked_at.date() - timedelta(days=2)
    except ValueError:
        return False


def conditions(visit: Visit | None) -> dict[str, str]:
    """Headers of a conditional request: the server answers 304 if nothing changed since a visit."""
    headers = {}
    if visit is not None and visit.etag:
        headers["If-None-Match"] = visit.etag
    if visit is not None and visit.last_modified:
        headers["If-Modified-Since"] = visit.last_modified
    return headers


def is_unmodified(status: int, visit: Visit | None) -> bool:
    """Whether a status says that nothing changed since a visit: 304, to a request that was conditional."""
    return status == 304 and bool(conditions(visit))


def interval_s(before: int | None, changed: bool, least_s: int) -> int:
    """Seconds until a listing is asked again: half as long where it had changed, half as long again where not.

    before   the interval that has passed; None: it is the first poll
    least_s  what the settings, the listing or its headers ask for
    """
    wished = FIRST_INTERVAL_S if before is None else before // 2 if changed else before * 3 // 2
    return max(least_s, min(wished, MAX_INTERVAL_S))


def is_due(visit: Visit | None, now: datetime) -> bool:
    """Whether a listing is due.  Some slack: a run that comes a little early must not skip a whole period."""
    return (
        visit is None or visit.next_at is None or now >= visit.next_at - timedelta(seconds=(visit.interval_s or 0) / 10)
    )


def max_age_s(cache_control: str) -> int:
    """Seconds that an answer may be cached, by its Cache-Control: a day at most, 0 without one."""
    for part in cache_control.lower().split(","):
        name, _, value = part.strip().partition("=")
        if name == "max-age" and value.isascii() and value.isdigit():
            return min(int(value[:9]), ROBOTS_TTL_S)
    return 0


def retry_after_s(value: str, now: datetime) -> float | None:
    """Seconds of a Retry-After, which is a number or a date; None if it is neither."""
    value = value.strip()
    if value.isascii() and value.isdigit():
        return float(value[:9])
    try:
        return max(0.0, (parsedate_to_datetime(value) - now).total_seconds())
    except (ValueError, TypeError, OverflowError):
        return None


def robot_name(user_agent: str) -> str:
    """The name of a User-Agent in a robots.txt: "gazette-archive" of "gazette-archive/1.0 (+https://…)"."""
    return user_agent.split("/")[0].strip()
