"""Which day a run is for, whatever kind of run it is."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from etl.errors import Usage
from etl.sources import cron
from etl.sources.partitions import (
    RunDates,
    note_on_days,
    parse,
    parse_run,
    partition_of_run,
    partitions_of_run,
    shown,
    shown_run,
)
from etl.sources.source import Source

GAZETTE = Source("gazette", ("/data/{date:%Y/%m/%d}",), "0 6 * * *", date(2026, 1, 1))
SEEDS = Source("seeds", ("seeds",))
NOW = datetime(2026, 3, 10, 14, 30, tzinfo=UTC)


def at(day: int, hour: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "wished", "run", "day"),
    [
        ("scheduled", None, RunDates(at(10, 6), at(9, 6)), 9),
        ("catch-up", None, RunDates(at(5, 6), at(4, 6)), 4),
        ("backfill", None, RunDates(at(2, 6), at(2, 6)), 2),
        ("by hand, with a date", "2026-03-03", RunDates(NOW, logical_date=NOW), 3),
        ("by hand, with a date and a key", "2026-03-03", RunDates(NOW, at(4)), 3),
        ("by hand, with a key", None, RunDates(NOW, at(4), logical_date=NOW), 4),
        ("by hand, the form as it is", None, RunDates(NOW, None, NOW, NOW, NOW), 9),
        ("by hand, with a logical date", None, RunDates(NOW, None, at(7), at(7), at(7)), 7),
        ("by hand, with a logical date and time", None, RunDates(NOW, None, at(7, 23), at(7, 23), at(7, 23)), 7),
        ("by hand, with a data interval", None, RunDates(NOW, None, at(5), at(6), NOW), 5),
        ("by hand, with nothing", None, RunDates(NOW), 9),
        ("by hand, at midnight", None, RunDates(at(10)), 9),
        ("by asset", None, RunDates(NOW), 9),
        ("dags test with a date", None, RunDates(NOW, None, at(6), at(6), at(6)), 6),
        ("by hand, an empty date", "", RunDates(NOW), 9),
        ("by hand, today", "2026-03-10", RunDates(NOW), 10),
        ("by hand, where it is tomorrow already", "2026-03-11", RunDates(NOW), 11),
    ],
)
def test_a_run_is_for_the_day_it_was_asked_for(kind: str, wished: str | None, run: RunDates, day: int) -> None:
    assert partition_of_run(GAZETTE, wished, run) == date(2026, 3, day), kind


TICKER = Source("ticker", ("/data/{date:%Y/%m/%d/%H}",), "5 * * * *", date(2026, 1, 1))


@pytest.mark.parametrize(
    ("kind", "wished", "run", "partition"),
    [
        ("scheduled", None, RunDates(at(10, 6), at(10, 5)), at(10, 5)),
        ("by hand, with an hour", "2026-03-03T07", RunDates(NOW, logical_date=NOW), at(3, 7)),
        ("by hand, with a day", "2026-03-03", RunDates(NOW), date(2026, 3, 3)),
        ("by hand, with a key", None, RunDates(NOW, at(4, 23), logical_date=NOW), at(4, 23)),
        ("by hand, the form as it is", None, RunDates(NOW, None, NOW, NOW, NOW), at(10, 13)),
        ("by hand, with a logical date", None, RunDates(NOW, None, at(7, 9), at(7, 9), at(7, 9)), at(7, 9)),
        ("by hand, with a data interval", None, RunDates(NOW, None, at(5), at(6), NOW), at(5)),
        ("by hand, with nothing, past midnight", None, RunDates(at(10)), at(9, 23)),
    ],
)
def test_a_run_of_a_source_with_hours_is_for_the_hour_it_was_asked_for(kind, wished, run, partition) -> None:
    assert partition_of_run(TICKER, wished, run) == partition, kind


@pytest.mark.parametrize("partition", [None, date(2026, 3, 14), at(14, 5), at(14)])
def test_a_partition_is_read_as_it_is_shown(partition: date | None) -> None:
    text = shown(partition)
    assert (parse(text) if text else None) == partition


def test_days_are_those_of_utc() -> None:
    late_in_kiritimati = datetime(2026, 3, 10, 9, tzinfo=timezone(timedelta(hours=14)))
    assert partition_of_run(GAZETTE, None, RunDates(NOW, late_in_kiritimati)) == date(2026, 3, 9)


def test_a_source_without_dates_has_one_partition() -> None:
    assert partition_of_run(SEEDS, None, RunDates(NOW, at(4), at(5), at(6), at(7))) is None


@pytest.mark.parametrize(
    ("source", "wished", "said"),
    [
        (SEEDS, "2026-03-03", "seeds has no dates"),
        (GAZETTE, "yesterday", "'yesterday' is no day; write it as 2026-03-14"),
        (GAZETTE, "2026-02-30", "is no day"),
        (GAZETTE, "2025-12-31", "starts on 2026-01-01"),
        (GAZETTE, "2026-03-12", "2026-03-12 is in the future"),
        (GAZETTE, "2026-03-02T05", "gazette has one folder a day, not an hour"),
        (TICKER, "2025-12-31T23", "starts on 2026-01-01; there is nothing for 2025-12-31T23"),
        (TICKER, "2026-03-12T00", "2026-03-12T00 is in the future"),
        (TICKER, "2026-03-02T24", "'2026-03-02T24' is no day"),
    ],
)
def test_a_wish_that_cannot_be_met_is_refused(source: Source, wished: str, said: str) -> None:
    with pytest.raises(Usage, match=said):
        partition_of_run(source, wished, RunDates(NOW))


WEEKDAYS = replace(GAZETTE, schedule="0 6 * * 1-5")  # in March 2026 the 1st, 8th and 15th are Sundays
MONTHLY = replace(GAZETTE, schedule="0 6 1 * *")
FEED = Source("herald", ("https://herald.example/rss",), "0 6 * * 1-5", kind="feed")


@pytest.mark.parametrize(
    ("source", "wished", "run", "text"),
    [
        (GAZETTE, None, RunDates(at(10, 6), at(9, 6), kind="scheduled"), "2026-03-09"),
        (WEEKDAYS, None, RunDates(at(9, 6), at(6, 6), kind="scheduled"), "2026-03-06/2026-03-08"),
        (WEEKDAYS, None, RunDates(at(10, 6), at(9, 6), kind="scheduled"), "2026-03-09"),
        (WEEKDAYS, None, RunDates(at(6, 6), at(6, 6), kind="backfill"), "2026-03-06/2026-03-08"),
        (WEEKDAYS, None, RunDates(at(5, 6), at(5, 6), kind="backfill"), "2026-03-05"),
        (WEEKDAYS, "2026-03-06", RunDates(at(9, 6), at(6, 6), kind="scheduled"), "2026-03-06"),
        (WEEKDAYS, None, RunDates(NOW, at(6), kind="manual"), "2026-03-06"),
        (WEEKDAYS, None, RunDates(at(9, 7), kind="manual"), "2026-03-08"),
        (
            MONTHLY,
            None,
            RunDates(at(1, 6), datetime(2026, 2, 1, 6, tzinfo=UTC), kind="scheduled"),
            "2026-02-01/2026-02-28",
        ),
        (replace(WEEKDAYS, start=date(2026, 3, 8)), None, RunDates(at(9, 6), at(6, 6), kind="scheduled"), "2026-03-08"),
        (
            replace(WEEKDAYS, schedule="0 6,18 * * 1-5"),
            None,
            RunDates(at(6, 18), at(6, 6), kind="scheduled"),
            "2026-03-06",
        ),
        (FEED, None, RunDates(at(9, 6), at(9, 6), kind="scheduled"), "2026-03-09"),
        (SEEDS, None, RunDates(at(9, 6), at(6, 6), kind="scheduled"), ""),
        (TICKER, None, RunDates(at(9, 6), at(9, 5), kind="scheduled"), "2026-03-09T05"),
    ],
)
def test_a_run_takes_in_all_days_up_to_the_next_tick(
    source: Source, wished: str | None, run: RunDates, text: str
) -> None:
    partitions = partitions_of_run(source, wished, run)
    assert shown_run(partitions) == text
    assert tuple(parse_run(text)) == partitions


def test_the_first_tick_of_a_source_with_a_start_has_no_day_and_a_backfill_before_it_is_refused() -> None:
    assert (
        partitions_of_run(GAZETTE, None, RunDates(at(1, 6), datetime(2025, 12, 31, 6, tzinfo=UTC), kind="scheduled"))
        == ()
    )
    with pytest.raises(Usage, match="starts on 2026-01-01"):
        partitions_of_run(GAZETTE, None, RunDates(at(1, 6), datetime(2025, 12, 31, 6, tzinfo=UTC), kind="backfill"))


@pytest.mark.parametrize("text", ["2026-03-14/", "/", "2026-03-14/2026-03-13", "2026-03-14/2099-01-01", "a/b", "1/2/3"])
def test_a_text_that_names_no_days_in_a_row_is_refused(text: str) -> None:
    with pytest.raises(Usage):
        parse_run(text)


def test_a_schedule_that_leaves_out_days_is_noted() -> None:
    assert "leaves out days" in note_on_days(WEEKDAYS)
    assert not note_on_days(GAZETTE)
    assert not note_on_days(TICKER)
    assert not note_on_days(FEED)


@pytest.mark.parametrize(
    "schedule", ["0 6 */3 * 2", "0 6 1-10/3 */2 *", "0 6 1,15 * 5", "0 6 29 2 *", "0 6 * 11/1 1-5/2"]
)
def test_the_days_of_a_schedule_are_those_of_airflow(schedule: str) -> None:
    croniter = pytest.importorskip("croniter")
    day, days = date(2026, 1, 1), cron.parse(schedule)
    ticks = croniter.croniter(schedule, datetime(2026, 1, 1, 7, tzinfo=UTC))
    for _ in range(20):
        following = cron.next_day(days, day)
        assert following == ticks.get_next(datetime).date()
        day = following


@pytest.mark.parametrize(
    "schedule", ["0 6 * * 5-5", "0 6 1-31 * 1", "0 6 * * 0-6", "0 6 * * */1", "0 6 0 * *", "6 * * *"]
)
def test_a_schedule_that_airflow_reads_otherwise_than_people_is_refused(schedule: str) -> None:
    with pytest.raises(ValueError, match=r"write|is not within|is no cron"):
        cron.parse(schedule)
