"""Partitions: the day or hour of a run.  Pure: the run's dates come in, the answer goes to all later tasks.

A partition is a day (date) or an hour (datetime, UTC) of a source; None is all of a source without dates.  The hour
selects the files of a run; the store keeps the day alone.

Airflow fills in other dates for each kind of run, and none of them is always there:

    scheduled, catch-up, backfill   partition_date: the day or hour
    by hand, with a date            the param `date`; else a partition key, so partition_date
    by hand, with a logical date    logical_date, which the form has filled in with the present moment
    by hand, without, or by asset   run_after alone

A web source can be fetched for today only: a run without a day is for today.

A schedule may leave out days, as "0 6 * * 1-5" does Saturdays and Sundays.  A run of the scheduler or of a backfill
then takes in the day of its tick and those up to the next one: Monday's run takes Friday, Saturday and Sunday.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from etl.errors import Usage
from etl.sources import cron
from etl.sources.source import Source

MAX_DAYS = 3_000  # of one run: "0 0 29 2 *" leaves out eight years around 1900


@dataclass(frozen=True, slots=True)
class RunDates:
    """The dates of an Airflow run; all but run_after may be missing.

    kind  "scheduled", "backfill", "manual" …, as Airflow calls it
    """

    run_after: datetime
    partition_date: datetime | None = None
    interval_start: datetime | None = None
    interval_end: datetime | None = None
    logical_date: datetime | None = None
    kind: str = ""


def partitions_of_run(source: Source, wished: str | None, run: RunDates) -> tuple[date | None, ...]:
    """The partitions that a run takes in: one, or several days in a row.

    None where the scheduler's first run would have only days before the source's start: catch-up begins at midnight of
    that day, so that a run by hand may have it for its logical date.  Raises Usage as partition_of_run() does.
    """
    if wished or run.kind not in ("scheduled", "backfill") or not source.dated or not run.partition_date:
        return (partition_of_run(source, wished, run),)
    if source.hourly:
        found: list[date] = [_hour(run)]
    else:
        first = _day(run, source.fetched)
        after = first + timedelta(days=1)
        if source.schedule and not source.fetched:
            after = cron.next_day(cron.parse(source.schedule), first) or after
        if run.kind == "scheduled":  # a day that is not over is for the next run
            after = max(min(after, _utc(run.run_after).date()), first + timedelta(days=1))
        found = [first + timedelta(days=number) for number in range((after - first).days)]
    kept = tuple(each for each in found if not source.start or day_of(each) >= source.start)
    return kept if kept or run.kind == "scheduled" else (partition_of_run(source, wished, run),)


def partition_of_run(source: Source, wished: str | None, run: RunDates) -> date | None:
    """The day or hour, UTC, of a run; None for a source without dates.

    wished  the param `date`, YYYY-MM-DD or YYYY-MM-DDTHH; a day of a source with hours is all of its hours

    Raises Usage for a wish that is no day, for any wish of a source without dates, for an hour of a source with days,
    and for a day before the source's start or in the future.
    """
    if not source.dated:
        if wished:
            raise Usage(f"source {source.name} has no dates: run it without one, not with {wished!r}")
        return None
    partition = parse(wished) if wished else _hour(run) if source.hourly else _day(run, source.fetched)
    source.places(partition)  # refuses an hour of a source with days
    day = day_of(partition)
    if source.start and day < source.start:
        raise Usage(f"source {source.name} starts on {source.start}; there is nothing for {shown(partition)}")
    require_come(source.name, partition, run.run_after)
    return partition


def require_come(name: str, partition: date | None, now: datetime) -> None:
    """Raises Usage for a day of a source, or an hour of it, that is in the future."""
    if partition and day_of(partition) > _utc(now).date() + timedelta(days=1):  # somewhere it is tomorrow already
        raise Usage(f"{shown(partition)} is in the future: source {name} cannot have it yet")


def shown(partition: date | None) -> str:
    """A partition as params, folders and logs write it; "" for that of a source without dates."""
    if partition is None:
        return ""
    return f"{partition:%Y-%m-%dT%H}" if isinstance(partition, datetime) else partition.isoformat()


def parse(text: str) -> date:
    """The partition that shown() wrote.  Raises Usage for text that is no day and no hour."""
    try:
        if len(text) <= 10:
            return date.fromisoformat(text)
        return datetime.strptime(text, "%Y-%m-%dT%H").replace(tzinfo=UTC)
    except ValueError:
        raise Usage(f"{text!r} is no day; write it as 2026-03-14, an hour of it as 2026-03-14T05") from None


def shown_run(partitions: Sequence[date | None]) -> str:
    """The partitions of a run in words: one of them, or the first and last of several days."""
    first, last = shown(partitions[0]), shown(partitions[-1])
    return first if len(partitions) == 1 else f"{first}/{last}"


def parse_run(text: str) -> list[date | None]:
    """The partitions that shown_run() has shown.  Raises Usage for what are none."""
    if not text:
        return [None]
    if "/" not in text:
        return [parse(text)]
    first, last = (day_of(parse(each)) for each in text.split("/", 1))
    if not 0 < (last - first).days < MAX_DAYS:
        raise Usage(f"{text!r} are no days; write the first and the last of them as 2026-03-14/2026-03-16")
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def note_on_days(source: Source) -> str:
    """A line for people on a schedule that leaves out days; "" for others."""
    if source.schedule is None or source.fetched or source.hourly or not source.dated:
        return ""
    if not cron.leaves_out_days(cron.parse(source.schedule)):
        return ""
    return f"schedule {source.schedule!r} leaves out days: each run takes in all days since the tick before"


def day_of(partition: date) -> date:
    """The day that is stored: the partition date."""
    return partition.date() if isinstance(partition, datetime) else partition


def _day(run: RunDates, fetched: bool) -> date:
    named = _named(run)
    # The form's logical date is the present moment unless a person changed it: only another day is a wish.
    if named is None and run.logical_date and _utc(run.logical_date).date() != _utc(run.run_after).date():
        named = run.logical_date
    return _utc(named).date() if named else _utc(run.run_after).date() - timedelta(days=0 if fetched else 1)


def _hour(run: RunDates) -> datetime:
    named = _named(run)
    if named is None and run.logical_date and _full_hour(run.logical_date) != _full_hour(run.run_after):
        named = run.logical_date
    return _full_hour(named) if named else _full_hour(run.run_after) - timedelta(hours=1)


def _named(run: RunDates) -> datetime | None:
    """The moment that the run's timetable or its partition key names."""
    if run.partition_date:
        return run.partition_date
    interval = run.interval_start and run.interval_end and run.interval_start < run.interval_end
    return run.interval_start if interval else None


def _full_hour(moment: datetime) -> datetime:
    return _utc(moment).replace(minute=0, second=0, microsecond=0)


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)
