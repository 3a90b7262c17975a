"""Partitions: which day a run is for.  Pure: what the run knows comes in, and its answer goes to every later task.

Airflow fills in other dates for every kind of run, and none of them is there always:

    scheduled, catch-up, backfill   partition_date: the day
    by hand, with a date            the param `date`; else a partition key, so partition_date
    by hand, with a logical date    logical_date, which the form has filled in with the present moment
    by hand, without, or by asset   run_after alone
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from etl.errors import Usage
from etl.sources import Source


@dataclass(frozen=True, slots=True)
class RunDates:
    """What a run knows about time; all but run_after may be missing."""

    run_after: datetime
    partition_date: datetime | None = None
    interval_start: datetime | None = None
    interval_end: datetime | None = None
    logical_date: datetime | None = None


def day_of_run(source: Source, wished: str | None, run: RunDates) -> date | None:
    """The day, UTC, whose articles a run takes in; None for a source without dates.

    wished  the param `date`, YYYY-MM-DD

    Raises Usage for a wish that is no day or names one where the source has none, and for a day before the
    source's start or in the future.
    """
    if not source.dated:
        if wished:
            raise Usage(f"source {source.name} has no dates: run it without one, not with {wished!r}")
        return None
    day = _wish(wished) if wished else _day(run)
    if source.start and day < source.start:
        raise Usage(f"source {source.name} starts on {source.start}; there is nothing for {day}")
    if day > _utc(run.run_after).date() + timedelta(days=1):  # somewhere it is tomorrow already
        raise Usage(f"{day} is in the future: source {source.name} cannot have it yet")
    return day


def _wish(wished: str) -> date:
    try:
        return date.fromisoformat(wished)
    except ValueError:
        raise Usage(f"{wished!r} is no day; write it as 2026-01-31") from None


def _day(run: RunDates) -> date:
    if run.partition_date:
        return _utc(run.partition_date).date()
    if run.interval_start and run.interval_end and run.interval_start < run.interval_end:
        return _utc(run.interval_start).date()
    # The form's logical date is the present moment unless somebody changed it: only another day is a wish.
    if run.logical_date and _utc(run.logical_date).date() != _utc(run.run_after).date():
        return _utc(run.logical_date).date()
    return _utc(run.run_after).date() - timedelta(days=1)


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)
