"""Cron: schedules in numbers, by the day.  Pure; Airflow computes the times of runs by itself, in the same way.

Five fields: minute, hour, day of the month, month, day of the week (0 and 7 are Sunday).  Where both days are
restricted, either of them is enough.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

RANGES = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
ITEM = re.compile(r"(?:\*|(\d{1,4})(?:-(\d{1,4}))?)(?:/(\d{1,4}))?", re.ASCII)
MAX_GAP = timedelta(days=9 * 366)  # from 1896-02-29 to 1904-02-29 there are eight years
A_LEAP_YEAR = date(2024, 1, 1)


@dataclass(frozen=True, slots=True)
class Days:
    """On which days a schedule ticks; either: whether one of the two days is enough."""

    of_month: frozenset[int]
    months: frozenset[int]
    of_week: frozenset[int]
    either: bool

    def has(self, day: date) -> bool:
        if day.month not in self.months:
            return False
        in_month, in_week = day.day in self.of_month, day.isoweekday() % 7 in self.of_week
        return in_month or in_week if self.either else in_month and in_week


def parse(text: str) -> Days:
    """The days of a cron expression.  Raises ValueError for what is none, or has names such as MON or @daily."""
    words = text.split()
    if len(words) != len(RANGES):
        raise ValueError(f"{text!r} is no cron expression of five fields")
    fields = [_numbers(word, low, high) for word, (low, high) in zip(words, RANGES, strict=True)]
    of_week = frozenset(day % 7 for day in fields[4])
    for word, found, all_days in ((words[2], fields[2], 31), (words[4], of_week, 7)):
        if word != "*" and len(found) == all_days:
            raise ValueError(f"write * for {word!r}")  # of which Airflow's croniter makes one thing or another
    return Days(fields[2], fields[3], of_week, words[2] != "*" and words[4] != "*")


def next_day(days: Days, day: date) -> date | None:
    """The next day on which a schedule ticks; None where there is none, as in "0 0 30 2 *"."""
    for number in range(1, MAX_GAP.days):
        if day.toordinal() + number > date.max.toordinal():
            return None
        if days.has(following := day + timedelta(days=number)):
            return following
    return None


def leaves_out_days(days: Days) -> bool:
    """Whether there are days without a tick."""
    return not all(days.has(A_LEAP_YEAR + timedelta(days=number)) for number in range(366))


def _numbers(word: str, low: int, high: int) -> frozenset[int]:
    found: set[int] = set()
    for item in word.split(","):
        match = ITEM.fullmatch(item)
        if not match:
            raise ValueError(f"{item!r} is no number, range or *")
        first, last, step = (int(number) if number else None for number in match.groups())
        begin = low if first is None else first
        end = last if last is not None else high if step or first is None else begin
        if high == 7 and last is None and step:
            end = 6  # Sunday is 0 there
        if last == first and last is not None:
            raise ValueError(f"write {first} for {item!r}")  # of which Airflow's croniter makes the whole range
        if not low <= begin <= end <= high or step == 0:
            raise ValueError(f"{item!r} is not within {low} to {high}")
        found.update(range(begin, end + 1, step or 1))
    return frozenset(found)
