"""Metadata: dates as pages and records write them.  Pure; None rather than a guess."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

from dateutil import parser as dateutil_parser

EPOCH = re.compile(r"\d{10}(?:\d{3})?(?:\.\d+)?$")
ISO = re.compile(
    r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})"
    r"(?:[T\s]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?\s*(Z|UTC|GMT|[+-]\d{2}:?\d{2}|[+-]\d{2})?)?",
    re.IGNORECASE,
)
DAY_FIRST = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})(?:\D+(\d{1,2}):(\d{2}))?")
COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})(?:T?(\d{2})(\d{2})(\d{2})?\s*(Z|[+-]\d{2}:?\d{2})?)?$")
URL_DAY = re.compile(r"/((?:19|20)\d{2})[/-]?(0[1-9]|1[0-2])[/-]?(0[1-9]|[12]\d|3[01])(?=[/_\-.]|$)")
# A number that begins like a time to the minute, as ids of Asian publishers do; one in 10,000 other numbers does.
URL_MINUTE = re.compile(
    r"/[A-Za-z]?((?:19|20)\d{2})(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(?:[01]\d|2[0-3])[0-5]\d\d*(?=\D|$)"
)
# Abbreviations of zones are ambiguous; these are the ones that publishers of English, German and Indian news use.
ZONES = {"EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7, "BST": 1, "CET": 1,
         "CEST": 2, "MEZ": 1, "MESZ": 2, "EET": 2, "EEST": 3, "MSK": 3, "IST": 5.5, "JST": 9, "KST": 9, "HKT": 8,
         "SGT": 8, "AEST": 10, "AEDT": 11}  # fmt: skip
ZONE_SECONDS = {name: int(hours * 3600) for name, hours in ZONES.items()}
WRITTEN_WITHIN = 60  # characters; longer texts are not a date


def parse_date(text: str | None) -> datetime | None:
    """The time a text names: ISO 8601 and its relatives, RFC 822, seconds or milliseconds since 1970, "3 May 2021".

    Naive where the text has no zone.  None for anything without a full year, month and day, and for a year that news
    cannot have (before 1600, after 2100).
    """
    text = (text or "").strip()
    if not text:
        return None
    dotted = DAY_FIRST.match(text)  # only with dots: with slashes the order depends on the country
    if dotted:
        day, month, year, hour, minute = dotted.groups("0")
        text = f"{year}-{month}-{day}T{hour}:{minute}"
    found = _epoch(text) if EPOCH.match(text) else _numeric(ISO.match(text) or COMPACT.match(text)) or _written(text)
    return found if found and 1600 <= found.year <= 2100 else None


def in_utc(moment: datetime) -> datetime:
    """The same moment in UTC; one without a zone is taken for UTC, at most 14 hours off."""
    try:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError:  # 0001-01-01 east of Greenwich
        return moment.replace(tzinfo=UTC)


def url_day(url: str) -> datetime | None:
    """The day in a URL's path (/2021/05/03/, /2021-05-03-, /20210503/, /A202105031215007), naive."""
    match = URL_DAY.search(url) or URL_MINUTE.search(url)
    return _numeric(ISO.match("-".join(match.groups()))) if match else None


def _epoch(text: str) -> datetime:
    seconds = float(text)
    return datetime.fromtimestamp(seconds / 1000 if seconds > 1e11 else seconds, UTC)


def _numeric(match: re.Match[str] | None) -> datetime | None:
    if match is None:
        return None
    *numbers, zone = match.groups()
    year, month, day, hour, minute, second = (int(number or 0) for number in numbers)
    try:
        found = datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 naive is what the text says
    except ValueError:
        return None
    return found.replace(tzinfo=_zone(zone)) if zone else found


def _zone(text: str) -> timezone | None:
    if text[0] not in "+-":
        return UTC
    digits = text[1:].replace(":", "").ljust(4, "0")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-offset if text[0] == "-" else offset) if offset < timedelta(hours=24) else None


def _offset(name: str | None, seconds: int | None) -> int | None:
    """Seconds east of Greenwich of a zone; None, and a naive time, for a name that is not known."""
    return seconds if seconds is not None else ZONE_SECONDS.get(name or "")


def _written(text: str) -> datetime | None:
    """A date in words; needs a month's name and a year, or dateutil would fill the gaps with what it likes."""
    if len(text) > WRITTEN_WITHIN or not re.search(r"[A-Za-z]{3}", text) or not re.search(r"\d{4}", text):
        return None
    try:
        return parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError):
        pass
    try:
        # Two defaults that differ in month and day tell whether the text had both.
        one, other = (
            dateutil_parser.parse(text, default=datetime(1, month, month), tzinfos=_offset)  # noqa: DTZ001
            for month in (1, 2)
        )
    except (ValueError, OverflowError, TypeError):
        return None
    return one if one == other else None
