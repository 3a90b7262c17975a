"""The grammar of written dates, over the shape of a text: one letter a token, such as "W, d M y d:d +y".  Pure.

Regular expressions over the letters of etl.text.date_words say which rows of tokens are a day, a time of day and a
zone.  Every repeat in them is bounded, so that reading is linear in the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta, tzinfo
from functools import lru_cache
from typing import NamedTuple

from etl.text.date_words import NUMERIC, Tokens
from etl.text.date_zones import fixed_zone, named_zone, split_locale

MONTH_FIRST_COUNTRIES = frozenset({"US", "PH", "FM", "MH", "PW", "GU", "PR"})
UNDECIDED_COUNTRIES = frozenset({"CA", "KE"})  # both orders are in use
YEAR_FIRST_LANGUAGES = frozenset({"ja", "zh", "ko", "hu", "lt", "mn"})

D = "[od]"
HASH = f"[{NUMERIC}]"
WEEKDAY = r"(?:\(?[Wm](?:-c)?[.)]{0,2}[ ,\-c]{0,4})?"
YEAR = r"(?:y|'?d(?! ?[:hp]|\.d))"
DAY = re.compile(
    rf"{WEEKDAY}(?:"
    rf"(?P<dmy>{D}[ .q,/\-c]{{0,6}}[Mm][ .,/\-c]{{0,5}}{YEAR})"
    rf"|(?P<mdy>[Mm]\.?[ /\-]?{D}[.q]?(?:[ ,c]{{1,4}}y|[/\-]y|y|[ ,]{{0,2}}'d|,? d(?! ?[:hp]|\.d)|[/\-]d))"
    rf"|(?P<ymd>y[. ,\-/c]{{0,3}}[Mm][ .,\-/]{{0,2}}{D}[.q]?)"
    rf"|(?P<cjk>(?:y|E ?{D}) ?Y ?{D} ?O ?{D} ?J)"
    rf"|(?P<yearfirst>y ?(?P<s>[\-./:]) ?{D} ?(?P=s) ?{D}\.?)"
    rf"|(?P<numeric>{D} ?(?P<s2>[\-./]) ?{D} ?(?P=s2) ?(?:y|d))"
    r"|(?P<compact>e)"
    r")"
)
# A number may stand before "h" or "Uhr"; what may follow it as minutes is no day of a month.
MINUTES = r"d(?![ .cq]{0,3}[Mm])"
TIME = (
    rf"(?:p ?)?(?:(?P<clock>{D}(?P<s3>[:.])d(?:(?P=s3)d(?:[.,:]{HASH})?)?)(?: ?p| ?[hui]\.?)?"
    rf"|(?P<spoken>{D}(?:h{MINUTES}i?| h ?{MINUTES}| u ?{MINUTES}| ?[uH]|h)(?: ?[od] ?I)?(?: ?[od] ?S)?)\.?"
    rf"|(?P<half>{D} ?p)|(?P<named>N)|(?P<joined>(?<=t)[sy])|(?P<four>y(?= ?[zhu])(?: ?[hu]\.?)?))(?![.:/]?{HASH})"
)
OFFSET = r"[+\-](?:y|d(?::d)?)"
NAMED_OFFSET = re.compile(rf"[+\-](?:y|{D}(?::d)?)")
ZONE = (
    rf"(?: ?[(\[]?(?:z(?: ?{NAMED_OFFSET.pattern})?|r)[)\]]?| ?\(?{OFFSET}\)?)"
    rf"(?: ?[(\[]?(?:z(?:{NAMED_OFFSET.pattern})?|r)[)\]]?| \([^()]{{1,16}}\))?"
)
CLOCK = re.compile(rf"(?P<time>{TIME})(?P<zone>{ZONE})?")
GAP = re.compile(rf"[ ,.\-c:tg/]{{0,8}}{WEEKDAY}")
# asctime, Date.toString of Java, Twitter: the year after the time.
YEAR_LAST = re.compile(rf"{WEEKDAY}(?P<day>[Mm] {D},?) (?P<time>{TIME})(?P<zone>{ZONE})? (?P<year>y)")
BEFORE = re.compile(r"[Lc ,:.(\[\-]{0,10}")
AFTER = re.compile(r"[ .,;)\]hg]{0,5}$")
RANGE = re.compile(rf"(?:[Mm]\.?|(?<![:.h]){D}) ?-[ c]{{0,3}}$|{HASH}[\-./:+]?$")
LONGER = re.compile(rf"[./\-]{HASH}")
TIME_BEFORE_WITHIN = 20  # tokens from the start of a time to the day that follows it


class DateReading(NamedTuple):
    """A date found among tokens: the moment, whether it has a time of day, and its first token and the one after it."""

    moment: datetime
    timed: bool
    first: int
    after: int


def read_whole(found: Tokens, locale: str | None) -> DateReading | None:
    """The date that all of the tokens are; None if a part of them is not understood."""
    shape = found.shape
    first = BEFORE.match(shape)
    for start in dict.fromkeys((first.end() if first else 0, 0)):
        for reading in _readings(found, start, locale):
            if AFTER.match(shape, reading.after):
                return reading
    return None


def read_within(found: Tokens, locale: str | None) -> Iterator[DateReading]:
    """The dates among the tokens, in order; not those that are an end of a range, or part of a longer number."""
    shape, at = found.shape, 0
    while match := DAY.search(shape, at):
        start, at = match.start(), match.end()
        if match.lastgroup == "compact" or RANGE.search(shape, max(0, start - 6), start):
            continue
        if shape[at - 1] == "d" and not _short_year(shape, match):
            continue
        readings = list(_readings(found, start, locale))
        before = _time_before(found, start, locale)
        best = max([*readings, *before], key=lambda reading: (reading.timed, reading.after), default=None)
        if best is None or LONGER.match(shape, best.after):
            continue
        at = max(at, best.after)
        yield best


def _short_year(shape: str, match: re.Match[str]) -> bool:
    """Whether a year of two digits is plainly one: behind a point, slash, hyphen or apostrophe."""
    return shape[match.end() - 2] in "./-'"


def _readings(found: Tokens, start: int, locale: str | None) -> Iterator[DateReading]:
    """Dates that begin at a token: with a time of day behind it or before it, then without one."""
    shape = found.shape
    if (last := YEAR_LAST.match(shape, start)) and (number := _numbers(found, *last.span("day"))):
        year, month = found.values[last.start("year")], _value(found, *last.span("day"), "Mm") or 0
        day = _calendar_day(year, month, found.values[number[0]])
        yield from _reading(found, day, start, last.end(), last, locale)
    if match := DAY.match(shape, start):
        day = _day(found, match, locale)
        gap = GAP.match(shape, match.end())
        clock = CLOCK.match(shape, gap.end()) if gap else None
        if clock:
            yield from _reading(found, day, start, clock.end(), clock, locale)
        yield from _reading(found, day, start, match.end(), None, locale)
    if (clock := CLOCK.match(shape, start)) and (gap := GAP.match(shape, clock.end())):
        for at in (gap.end(), clock.end()):  # the gap may have eaten the weekday
            if match := DAY.match(shape, at):
                yield from _reading(found, _day(found, match, locale), start, match.end(), clock, locale)


def _time_before(found: Tokens, start: int, locale: str | None) -> Iterator[DateReading]:
    """The day that begins at a token with the time of day that stands before it."""
    shape = found.shape
    for at in range(max(0, start - TIME_BEFORE_WITHIN), start):
        if shape[at - 1 : at] in (*".:/+-", "o", "d") or shape[at] not in "odypN":
            continue
        clock = CLOCK.match(shape, at)
        if clock and GAP.fullmatch(shape, clock.end(), start) and (match := DAY.match(shape, start)):
            yield from _reading(found, _day(found, match, locale), at, match.end(), clock, locale)
            return


def _reading(
    found: Tokens, day: datetime | None, first: int, after: int, clock: re.Match[str] | None, locale: str | None
) -> Iterator[DateReading]:
    """The reading of a day and a match that has groups `time` and `zone`; none if one of them does not exist."""
    if day is None:
        return
    if clock is None:
        yield DateReading(day, False, first, after)
        return
    time = _time_of_day(found, *clock.span("time"))
    if time is None:
        return
    try:
        moment = day + time
        if clock["zone"]:
            zone = slice(*clock.span("zone"))
            moment = moment.replace(
                tzinfo=_zone(found.shape[zone], found.values[zone], tuple(found.pieces[zone]), locale)
            )
    except (ValueError, OverflowError):
        return
    yield DateReading(moment, True, first, after)


def _numbers(found: Tokens, start: int, end: int) -> list[int]:
    """Places of the numbers among some tokens."""
    return [at for at in range(start, end) if found.shape[at] in NUMERIC]


def _value(found: Tokens, start: int, end: int, letters: str) -> int | None:
    """The number of the last token of some kinds, as the month stands behind a weekday; None without one."""
    for at in range(end - 1, start - 1, -1):
        if found.shape[at] in letters:
            return found.values[at]
    return None


def _day(found: Tokens, match: re.Match[str], locale: str | None) -> datetime | None:
    """Midnight, without a zone, of the day that DAY matched; None for one that does not exist or is ambiguous."""
    kind = match.lastgroup or ""
    start, end = match.span(kind)
    numbers = [found.values[at] for at in _numbers(found, start, end)]
    month = _value(found, start, end, "Mm") or 0
    last = found.shape[end - 1]
    if kind in ("dmy", "mdy"):
        return _calendar_day(_year(numbers[1], last), month, numbers[0])
    if kind == "ymd":
        return _calendar_day(numbers[0], month, numbers[1])
    if kind == "compact":
        return _calendar_day(numbers[0] // 10_000, numbers[0] // 100 % 100, numbers[0] % 100)
    if kind in ("cjk", "yearfirst"):
        era = found.values[start] if found.shape[start] == "E" else 0
        return _calendar_day(era + numbers[0], numbers[1], numbers[2])
    return _numeric_day(numbers, last == "d", match["s2"], _value(found, match.start(), start, "W"), locale)


def _numeric_day(
    numbers: list[int], short: bool, separator: str, weekday: int | None, locale: str | None
) -> datetime | None:
    """The day of three numbers of which the year is not plainly the first.

    With points the day stands first.  With slashes and hyphens the order is that of the locale; without one a date is
    read only if one order alone gives a day that exists, or the weekday printed with it.
    """
    one, two, three = numbers
    days = {
        "dmy": _calendar_day(_year(three, "d" if short else "y"), two, one),
        "mdy": _calendar_day(_year(three, "d" if short else "y"), one, two),
        "ymd": _calendar_day(_year(one, "d"), two, three) if short else None,
    }
    order = day_order(locale)
    if separator == "." and order != "ymd":
        return days["dmy"] or days["mdy"]
    possible = {day for day in days.values() if day}
    if len(possible) > 1 and weekday is not None:
        possible = {day for day in possible if day.weekday() == weekday} or possible
    if len(possible) == 1:
        return possible.pop()
    return (days[order] or (days["dmy"] if order == "ymd" and not short else None)) if order else None


def day_order(locale: str | None) -> str | None:
    """Order of day, month and year in numeric dates of a locale ("en-GB", "de"): "dmy", "mdy", "ymd"; None if open.

    English of no country is open: it is written in both orders.
    """
    language, country = split_locale(locale)
    if not language or country in UNDECIDED_COUNTRIES:
        return None
    if country in MONTH_FIRST_COUNTRIES:
        return "mdy"
    if language in YEAR_FIRST_LANGUAGES:
        return "ymd"
    return None if language == "en" and not country else "dmy"


def _year(number: int, letter: str) -> int:
    """A year; one of two digits is of 1950 to 2049, as RFC 5322 says (4.3)."""
    return number if letter != "d" else number + (2000 if number < 50 else 1900)


def _calendar_day(year: int, month: int, day: int) -> datetime | None:
    try:
        return datetime(year, month, day)  # noqa: DTZ001 naive is what the text says
    except ValueError:
        return None


def _time_of_day(found: Tokens, start: int, end: int) -> timedelta | None:
    """Time since midnight; None for an hour that does not exist.  24:00 is the end of the day."""
    shape = found.shape[start:end]
    if shape == "N":
        return timedelta(hours=found.values[start])
    numbers = _numbers(found, start, end)
    hour, minute, second = [*(found.values[at] for at in numbers[:3]), 0, 0][:3]
    if found.shape[numbers[0]] in "sy":
        digits = found.pieces[numbers[0]]
        hour, minute, second = int(digits[:2]), int(digits[2:4]), int(digits[4:] or 0)
    fraction = found.pieces[numbers[3]] if len(numbers) > 3 else ""
    return time_of_day(hour, minute, second, fraction, _value(found, start, end, "p") if "p" in shape else None)


def time_of_day(hour: int, minute: int, second: int, fraction: str = "", half: int | None = None) -> timedelta | None:
    """Time since midnight; None for one that no clock shows.

    fraction  digits behind the point of the second
    half      0 for AM, 1 for PM, None on a clock of 24 hours; "15:40 PM" is understood, "15:40 AM" is not
    """
    if half is not None and hour <= 12:
        hour = hour % 12 + 12 * half
    elif half == 0:
        return None
    if minute > 59 or second > 60 or hour > 24 or (hour == 24 and (minute or second)):
        return None
    micros = int(fraction[:6].ljust(6, "0")) if fraction else 0
    return timedelta(0, second, micros, 0, minute, hour)


@lru_cache(1000)  # a source has few zones
def _zone(shape: str, values: tuple[int, ...], pieces: tuple[str, ...], locale: str | None) -> tzinfo:
    """The zone that some tokens name: an offset before a name.  Raises ValueError for an offset that no place has."""
    if signed := NAMED_OFFSET.search(shape):
        numbers = [values[at] for at in range(*signed.span()) if shape[at] in NUMERIC]
        hours, minutes = divmod(numbers[0], 100) if "y" in signed[0] else (numbers[0], sum(numbers[1:]))
        return fixed_zone(signed[0][0], hours, minutes)
    at = next(at for at in range(len(shape)) if shape[at] in "zr")
    return named_zone(pieces[at], locale)
