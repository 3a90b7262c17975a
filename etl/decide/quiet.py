"""Quiet: whether a source brings too little, judged by what it brought before.  Pure.

A source that comes on weekdays, or once a week, is no emergency on a Sunday: the gaps between its own days say how long
it may be silent, and a Sunday is compared with Sundays where there are enough of them.
"""

from __future__ import annotations

import math
import re
import statistics
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

LOOK_BACK_DAYS = 120  # 17 weeks: four issues of a monthly
USUAL_DAYS = 28  # with any article, the latest: their median is what is usual, as in the view corpus_source
MIN_DAYS = 14  # with any, before a day is compared with them
MIN_WEEKDAYS = 2  # of one day of the week, before it is compared with its own
MIN_USUAL = 10  # articles: half of fewer says little
MIN_GAPS = 4  # between days, before they say how long a source may be silent
UNKNOWN_GAP = 7  # days, until then
EXCEPTIONS = 0.1  # of the gaps, the longest: holidays, and silences of the past
LATE = timedelta(days=1)  # a day's files may come until the next is over
A_DAY = timedelta(days=1)
_SPAN = re.compile(r"(\d{1,5}(?:\.\d{1,3})?) ?(h|d|hours?|days?)", re.ASCII)


@dataclass(frozen=True, slots=True)
class QuietLimits:
    """When a source brings too little.

    after      silence that is too long; None: by the gaps that are usual to it
    min_share  of its usual articles, which a day has to bring; 0: any number will do
    """

    after: timedelta | None = None
    min_share: float = 0.2


def span(text: str) -> timedelta | None:
    """The silence that `quiet_after` names: "36h", "3 days"; None for "".  Raises ValueError for anything else."""
    if not text:
        return None
    match = _SPAN.fullmatch(text.strip())
    found = match and timedelta(**{"hours" if match[2][0] == "h" else "days": float(match[1])})
    if not found:
        raise ValueError(f"{text!r} is no time; write it as 36h or 3d")
    return found


def usual_gap(days: Mapping[date, int]) -> int:
    """Days from one day of a source to its next, the longest that is usual.

    The longest tenth of the gaps is left out, so that a holiday or a silence of the past does not hide the next.
    """
    ordered = sorted(days)
    gaps = sorted((later - day).days for day, later in pairwise(ordered))
    if len(gaps) < MIN_GAPS:
        return max([UNKNOWN_GAP, *gaps])
    return gaps[math.ceil((1 - EXCEPTIONS) * len(gaps)) - 1]


def usual_articles(days: Mapping[date, int], day: date) -> float | None:
    """The articles that a day usually has, by the days before it; None where these are too few to say.

    The median of the USUAL_DAYS before it, or of the same days of the week if that is less.
    """
    before = sorted(each for each in days if each < day)
    if len(before) < MIN_DAYS:
        return None
    usual = statistics.median(days[each] for each in before[-USUAL_DAYS:])
    alike = [days[each] for each in before if each.weekday() == day.weekday()]
    return min(usual, statistics.median(alike)) if len(alike) >= MIN_WEEKDAYS else usual


def end_of(day: date) -> datetime:
    return datetime.combine(day + A_DAY, time(), UTC)


def silence(
    days: Mapping[date, int], since: datetime | None, at: datetime, limits: QuietLimits, late: timedelta = LATE
) -> str:
    """What is wrong with a source that has brought nothing since then; "" if that is no wonder.

    days   articles by day, of those that have any, LOOK_BACK_DAYS at most
    since  the end of its last day, or when it last brought something; None: never
    late   how long a day's files may take
    """
    if since is None:
        return "it has brought nothing yet"
    if limits.after is not None:
        allowed, why = limits.after, f"quiet_after is {shown(limits.after)}"
    else:
        gap = usual_gap(days)
        allowed, why = gap * A_DAY + late, f"its days are {gap} apart at most" if gap > 1 else "it comes every day"
        if len(days) <= MIN_GAPS and gap == UNKNOWN_GAP:
            why = f"{gap} days are waited where the last {LOOK_BACK_DAYS} have fewer than {MIN_GAPS + 1} of its days"
    if at - since < allowed:
        return ""
    return f"it has brought nothing since {since - timedelta(seconds=1):%Y-%m-%d}, for {shown(at - since)}: {why}"


def shortfall(days: Mapping[date, int], day: date, limits: QuietLimits) -> str:
    """What is wrong with a day that brought far less than usual; "" if it did not, or brought nothing at all."""
    usual, come = usual_articles(days, day), days.get(day, 0)
    if usual is None or usual < MIN_USUAL or not 0 < come < limits.min_share * usual:
        return ""
    return (
        f"{day} brought {come} articles, {100 * come / usual:.0f} % of the usual {usual:g}:"
        f" min_share_of_usual is {limits.min_share:g}"
    )


def shown(length: timedelta) -> str:
    """A time as "36 hours" or "3 days", rounded down."""
    if length < 2 * A_DAY and length % A_DAY:
        return f"{length // timedelta(hours=1)} hours"
    return f"{length // A_DAY} day" + ("" if length // A_DAY == 1 else "s")
