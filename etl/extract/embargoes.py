"""Embargoes: the reason for which an article waits in quarantine, and when that is over.  Pure."""

from __future__ import annotations

from datetime import UTC, datetime

from etl.text.dates import in_utc, parse_date

FURTHER_NOTICE = datetime.max.replace(tzinfo=UTC)
UNTIL, NEVER = "embargoed until ", "further notice"


def held_until(moment: datetime) -> str:
    """The reason for which an article is quarantined whose embargo ends then."""
    return UNTIL + (NEVER if moment == FURTHER_NOTICE else f"{moment:%Y-%m-%dT%H:%M:%SZ}")


def has_ended(reason: str, now: datetime) -> bool:
    """Whether the time in a reason that held_until() wrote has come."""
    text = reason.removeprefix(UNTIL)
    return text != NEVER and (found := parse_date(text)) is not None and in_utc(found) <= now
