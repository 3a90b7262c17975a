"""Partitions by hour: an hour says which files a run looks at; what is stored is the day."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from etl.cli.shared import days_named
from etl.errors import Usage
from etl.pipeline import retry, steps
from etl.sources.partitions import shown
from etl.sources.source import Source
from tests.support.stores import check, dump, ingest, rows

DAY = date(2026, 3, 14)
UNREADABLE = b"\x7fELF\x02\x01\x01\x00" + bytes(200)
TICKER = ("a", 4), ("b", 5), ("c", 23)


def at(hour: int, day: date = DAY) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


@pytest.fixture
def ticker(tmp_path):
    """A source with a folder an hour: in each a story of its own, one that all carry, and one that cannot be read."""
    root = tmp_path / "ticker"
    for name, hour in TICKER:
        folder = root / f"2026/03/14/{hour:02}"
        folder.mkdir(parents=True)
        for seed in (name, "serial"):
            body = " ".join(f"{seed} {number}" for number in range(80))
            (folder / f"{seed}.txt").write_text(f"TOWN: News of {seed}\n\nBy Ada Finch\n\n{body}.\n", encoding="utf-8")
        (folder / "noise.txt").write_bytes(UNREADABLE)
    return Source("ticker", (f"{root}/{{date:%Y/%m/%d/%H}}",))


def test_hours_in_any_order_end_as_their_day_in_one_run(settings, ticker, tmp_path):
    for _, hour in reversed(TICKER):
        report = ingest(settings, ticker, [at(hour)], label=f"hour {hour}")
        assert (report.read, report.new, report.quarantined, report.partition_date) == (3, 2, 1, DAY)
    alone = replace(settings, store=f"sqlite:///{tmp_path}/alone.db")
    assert ingest(alone, ticker, [DAY]).new == 6
    assert dump(settings.store) == dump(alone.store)
    assert rows(settings.store, "SELECT DISTINCT partition_date FROM corpus_article")[0][0] in (DAY, DAY.isoformat())
    check(settings.store)


def test_an_hour_leaves_the_quarantine_of_others_alone(settings, ticker):
    ingest(settings, ticker, [DAY])
    root = ticker.root
    with open(f"{root}/2026/03/14/05/noise.txt", "w", encoding="utf-8") as mended:
        mended.write("TOWN: News\n\nBy Ada Finch\n\n" + " ".join(f"mended {n}" for n in range(80)) + ".\n")
    ingest(settings, ticker, [at(5)])
    held = rows(settings.store, "SELECT path FROM corpus_quarantine ORDER BY path")
    assert held == [("2026/03/14/04/noise.txt",), ("2026/03/14/23/noise.txt",)]
    outcomes, _ = retry.retry(ticker, "retry", settings)
    assert [outcome.before.path for outcome in outcomes] == [path for (path,) in held]


def test_hours_of_one_run_are_staged_apart(settings, ticker):
    shards = [shard for _, hour in TICKER for shard in steps.discover(ticker, at(hour), "one run", settings)]
    assert len({str(shard) for shard in shards}) == len(TICKER)
    for (_, hour), shard in zip(TICKER, shards, strict=True):
        assert f"/{shown(at(hour))}/" in shard


def test_an_hour_without_a_folder_is_empty_and_a_source_of_days_has_none(settings, ticker, tmp_path):
    assert steps.discover(ticker, at(6), "run", settings) == []
    with pytest.raises(Usage, match="one folder a day, not an hour"):
        steps.discover(Source("days", (f"{tmp_path}/{{date}}",)), at(6), "run", settings)


def test_a_span_of_hours_crosses_midnight():
    first = at(22)
    assert days_named(None, first, first + timedelta(hours=3)) == [
        at(22),
        at(23),
        at(0, date(2026, 3, 15)),
        at(1, date(2026, 3, 15)),
    ]
    with pytest.raises(Usage, match="both days, or both hours"):
        days_named(None, first, DAY)
