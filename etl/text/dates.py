"""Dates as pages and records write them: one that a whole text is, and those within a visible text.  Pure.

A date is understood whole or is unknown: one whose time, zone or order of day and month is not understood is None,
rather than the part that was.  Abbreviations of zones that several countries use (IST, BST, CST, EST) are those of the
locale's country, else the commonest in news: India, Britain, the United States.
"""

from __future__ import annotations

import math
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import Literal, NamedTuple

from etl.text.date_grammar import read_whole, read_within, time_of_day
from etl.text.date_words import tokens_of
from etl.text.date_zones import fixed_zone

ISO = re.compile(
    r"(?P<year>\d{4})(?:-(?P<month>\d\d?)-(?P<day>\d\d?)|-?W(?P<week>\d\d)-?(?P<weekday>[1-7])|-(?P<ordinal>\d{3}))"
    r"(?:(?:[Tt]|\s{1,3})(?P<hour>\d\d?):(?P<minute>\d\d)(?::(?P<second>\d\d)(?::\d{3})?)?(?:[.,](?P<fraction>\d{1,18}))?)?"
    r"\s{0,3}(?:(?P<utc>[Zz]|UTC|GMT)|(?P<sign>[+\-])(?P<hours>\d\d):?(?P<minutes>\d\d)?)?$"
)
COMPACT = re.compile(
    r"(?P<year>\d{4})(?:(?P<month>\d\d)(?P<day>\d\d)|(?P<ordinal>\d{3})(?!\d))(?:[Tt ]?(?P<hour>\d\d)(?P<minute>\d\d)"
    r"(?P<second>\d\d)?(?:[.,](?P<fraction>\d{1,18}))?)?\s?"
    r"(?:(?P<utc>[Zz])|(?P<sign>[+\-])(?P<hours>\d\d):?(?P<minutes>\d\d)?)?$"
)
# RFC 822 and its successors in their usual form, which feeds have; date_grammar reads it too, in ten times the time.
RFC_5322 = re.compile(
    r"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), )?(?P<day>\d\d?) (?P<name>Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
    r" (?P<year>\d{4}) (?P<hour>\d\d):(?P<minute>\d\d)"
    r"(?::(?P<second>\d\d))? (?:(?P<utc>GMT|UTC|Z)|(?P<sign>[+\-])(?P<hours>\d\d)(?P<minutes>\d\d))$"
)
ENGLISH_MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec"
NUMBER = re.compile(r"-?\d{1,20}(?:\.\d{0,20})?(?:[eE]\+?\d{1,2})?$")
DOTNET = re.compile(r"\\?/Date\((-?\d{1,20})(?:[+\-]\d{4})?\)\\?/$")
# The desk codes that Reuters-21578 has after a time: "27-MAR-1987 03:48:23.00  V RM".
DESKS = re.compile(r"(\d{1,2}-[A-Z]{3}-\d{4}\s{1,4}\d\d:\d\d:\d\d\.\d{1,4})(?:\s{1,8}[A-Z]{1,2}){1,6}$")
JOINED = re.compile(r"^(\d{8})(\d{6})(?=\s?[A-Z])")  # before a zone's name; without one it is COMPACT
URL_DAY = re.compile(r"/((?:19|20)\d{2})[/-]?(0[1-9]|1[0-2])[/-]?(0[1-9]|[12]\d|3[01])(?=[/_\-.]|$)")
# Day, month, year, where the day can be no month.
URL_DAY_FIRST = re.compile(r"/(1[3-9]|2\d|3[01])-(0[1-9]|1[0-2])-((?:19|20)\d{2})(?=[/_\-.]|$)")
# A number that begins like a time to the minute, as ids of Asian publishers do; one in 10,000 other numbers does.
URL_MINUTE = re.compile(
    r"/[A-Za-z]?((?:19|20)\d{2})(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(?:[01]\d|2[0-3])[0-5]\d\d*(?=\D|$)"
)
WHOLE_WITHIN = 120  # characters; longer texts are not a date
FOUND_WITHIN = 20_000  # characters of a visible text that are looked at
HAS_DAY = re.compile(r"\d[./\-]\s?\d|(?<!\d)(?:1[6-9]|20)\d\d(?!\d)|['’]\d\d(?!\d)|[月월]|-\d\d(?!\d)")
LEAST_EPOCH = 100_000_000  # seconds: 3 March 1973; a smaller number is a year, an id or a count
EPOCH_UNITS = (1e11, 1e14, 1e17, 1e20)  # from here on milli-, micro- and nanoseconds, and numbers that are no time
NANOSECONDS = 3  # the last of the units
FIRST_YEAR, LAST_YEAR = 1600, 2100  # of news
EPOCH_ZERO = datetime(1970, 1, 1)  # noqa: DTZ001 in whatever zone
UNNAMED_ZONE = re.compile(r"\s?\(?(?!(?:[^\W\d_]|\d)*[a-z])[A-Z]{2,4}T\b")


class FoundDate(NamedTuple):
    """A date within a text: the moment (naive without a zone), how exact it is, and where it stands in the text."""

    moment: datetime
    precision: Literal["day", "instant"]
    start: int
    end: int


def parse_date(text: str | None, locale: str | None = None) -> datetime | None:
    """The time that the whole of a text names; naive where it has no zone, midnight where it has only a day.

    Read are ISO 8601 with weeks, ordinal days and compact forms; RFC 822, 850, 1123 and 5322; asctime and the forms of
    programming languages; days with a month's name in 25 languages; numeric days; seconds, milliseconds, micro- and
    nanoseconds since 1970.

    locale  a language tag of the document ("en-GB", "de"): it decides "03/04/2019" and zones as in the module's text

    None for a text that is not a date from end to end, a day without a full year, a year that news cannot have (before
    1600, after 2100), and 1970-01-01T00:00, which says that the time is not known.
    """
    text = (text or "").strip()
    if not text or len(text) > WHOLE_WITHIN:
        return None
    found = None
    if match := ISO.match(text) or RFC_5322.match(text) or COMPACT.match(text):
        found = _numbered(match)
    if found is None or not _of_news(found):
        found = _epoch(text) if NUMBER.match(text) or text[0] in "/\\" else _written(text, locale)
    return found if found and _of_news(found) else None


def find_dates(text: str, locale: str | None = None) -> Iterator[FoundDate]:
    """The dates in a visible text ("Published 4 Sep 2019 at 3.40pm BST | Updated …"), in its order.

    Years of two digits are read only behind a point, slash, hyphen or apostrophe.  Not found are ends of ranges ("4-6
    September 2019") and digits of longer numbers.  A time whose zone is not known is left away: precision is "day".
    """
    text = text[:FOUND_WITHIN]
    if not HAS_DAY.search(text):
        return
    found = tokens_of(text)
    ends = list(accumulate(map(len, found.pieces), initial=0))
    for reading in read_within(found, locale):
        moment, timed, end = reading.moment, reading.timed, ends[reading.after]
        if timed and moment.tzinfo is None and UNNAMED_ZONE.match(text, end):
            moment, timed = moment.replace(hour=0, minute=0, second=0, microsecond=0), False
        if _of_news(moment):
            yield FoundDate(moment, "instant" if timed else "day", ends[reading.first], end)


def in_utc(moment: datetime) -> datetime:
    """The same moment in UTC; one without a zone is taken for UTC, at most 14 hours off."""
    try:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError:  # 0001-01-01 east of Greenwich
        return moment.replace(tzinfo=UTC)


def url_day(url: str) -> datetime | None:
    """The day in a URL's path (/2021/05/03/, /2021-05-03-, /20210503/, /25-05-2021, /A202105031215007), naive."""
    if match := URL_DAY.search(url) or URL_MINUTE.search(url):
        return parse_date("-".join(match.groups()))
    match = URL_DAY_FIRST.search(url)
    return parse_date("-".join(reversed(match.groups()))) if match else None


def _of_news(moment: datetime) -> bool:
    """Whether news can be of this moment; the start of 1970, in UTC or as printed, says that none is known."""
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        return False
    if moment.year not in (1969, 1970):
        return True
    offset = moment.utcoffset()
    return moment.replace(tzinfo=None) != EPOCH_ZERO and (
        offset is None or moment.replace(tzinfo=None) - offset != EPOCH_ZERO
    )


def _numbered(match: re.Match[str]) -> datetime | None:
    """The moment of a match of ISO, RFC_5322 or COMPACT; None if it does not exist."""
    part = match.groupdict()
    year = int(part["year"])
    try:
        if part["day"]:
            month = ENGLISH_MONTHS.index(part["name"]) // 3 + 1 if "name" in part else int(part["month"])
            moment = datetime(year, month, int(part["day"]))  # noqa: DTZ001 naive is what the text says
        elif part["ordinal"]:
            moment = datetime.strptime(f"{year:04}{part['ordinal']}", "%Y%j")  # noqa: DTZ007
        else:
            moment = datetime.fromisocalendar(year, int(part["week"]), int(part["weekday"]))
        if not part["hour"]:
            return moment  # a day with a zone is that day, wherever
        time = _numbered_time(part)
        if time is None:
            return None
        moment += time
        if part["utc"]:
            return moment.replace(tzinfo=UTC)
        if part["sign"]:
            return moment.replace(tzinfo=fixed_zone(part["sign"], int(part["hours"]), int(part["minutes"] or 0)))
    except (ValueError, OverflowError):
        return None
    return moment


def _numbered_time(part: dict[str, str | None]) -> timedelta | None:
    """Time of day of such a match, to the second: stored times never had the fraction of these forms.

    Without seconds the fraction is of a minute.
    """
    second = int(part["second"] or 0)
    if part.get("fraction") and not part["second"]:
        second = int(60 * float(f"0.{part['fraction']}"))
    return time_of_day(int(part["hour"] or 0), int(part["minute"] or 0), second)


def _epoch(text: str) -> datetime | None:
    """The moment of a count since 1970, its unit told by its size; or of .NET's /Date(milliseconds)/."""
    if dotnet := DOTNET.match(text):
        seconds = int(dotnet[1]) / 1000
    else:
        seconds = float(text) if NUMBER.match(text) else math.nan
        if not abs(seconds) >= LEAST_EPOCH:
            return None
        unit = bisect_right(EPOCH_UNITS, abs(seconds))
        if unit > NANOSECONDS:
            return None  # an id; divided on, it would be a time like any other
        seconds /= 1000**unit
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _written(text: str, locale: str | None) -> datetime | None:
    """A date in words or with points and slashes."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    if desks := DESKS.match(text):
        text = desks[1]
    reading = read_whole(tokens_of(JOINED.sub(r"\1T\2", text)), locale)
    return reading.moment if reading else None
