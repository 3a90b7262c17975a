"""The plan of a build: what its sources are to the election, as days that come one by one would leave them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from hashlib import blake2b
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from etl.decide.revisions import EARLIEST, Precedence
from etl.errors import Usage
from etl.fingerprint.recipe import Recipe
from etl.settings import Settings
from etl.sources.source import Source
from etl.spark.lake import FORMAT
from etl.spark.pairs import TESTED
from etl.spark.plan import Place, Plan, Reread, plan, precedences_of, source_rows
from etl.spark.staged import FACTS
from etl.store.sources import Declared
from schemas.staging import ARTICLES, QUARANTINED


def test_a_site_is_believed_from_thirty_days_before_its_first_day_in_the_build() -> None:
    declared = [Declared("herald", "feed"), Declared("times", "files", rank=2), Declared("late", "sitemap")]
    herald, times = Source("herald", ("in/{date}",)), Source("times", ("in",), rank=2)
    archive = Source("archive", ("in",), earliest=date(1751, 9, 18))
    days = (date(2026, 6, 1), date(2026, 3, 14), date(2026, 4, 1))
    places = (
        *(Place("herald", f"{day}", "", 1) for day in days),
        Place("times", "", "", 1),
        Place("archive", "", "", 1),
    )
    sources = {each.name: each for each in (herald, times, archive)}
    planned = Plan("lake", 1, "name", datetime(2026, 7, 1, tzinfo=UTC), places, 1, (), sources)
    found = precedences_of(planned, declared, {})
    assert found == {
        "herald": Precedence(0, date(2026, 2, 12)),
        "times": Precedence(2, EARLIEST),
        "archive": Precedence(0, date(1751, 9, 18)),
        "late": Precedence(),
    }
    rows = source_rows({"sources": [{"name": "gone", "rank": 1, "earliest": None}, {"name": "late"}]}, declared, found)
    assert [(row["name"], row["rank"], row["earliest"]) for row in rows] == [
        ("gone", 1, None), ("late", 0, None), ("herald", 0, "2026-02-12"), ("times", 2, None),
    ]  # fmt: skip


def test_a_lake_reads_again_only_files_that_have_changed_or_whose_source_is_declared_otherwise(tmp_path) -> None:
    def listed(source: Source, *numbers: int, done: bool = True) -> Plan:
        days = [date(2026, 3, number) for number in numbers]
        before = {"number": 1, "sources": []} if done else None
        return plan(str(tmp_path / "lake"), before, [source], days, Recipe(), Settings())

    for number in (2, 3, 4):
        (tmp_path / f"2026-03-0{number}").mkdir()
        (tmp_path / f"2026-03-0{number}" / "a.jsonl").write_text("{}")
    source = Source("days", (f"{tmp_path}/{{date:%Y-%m-%d}}",))
    listed(source, 3, 4, done=False).write()
    assert listed(source, 3, 4).new() == []
    (tmp_path / "2026-03-04" / "a.jsonl").write_text('{"changed": 1}')
    found = listed(source, 2, 3, 4)
    assert [(found.places[n].partition, found.places[n].build) for n in found.new()] == [
        ("2026-03-02", 2),
        ("2026-03-04", 2),
    ]
    assert found.reread == (Reread("days", "2026-03-04/a.jsonl", 3),)
    assert [number for number, *_ in found.order()] == [2, 0, 1, 3], "the late day is read first"
    assert found.shards.path(1) == f"{tmp_path}/lake/1/records/shard-0001.json"
    assert found.shards.path(2) == f"{tmp_path}/lake/2/records/shard-0002.json"
    otherwise = listed(replace(source, ids_by_file=True), 3)
    assert [otherwise.places[n].partition for n in otherwise.new()] == ["2026-03-03"]
    write_quarantine(tmp_path / "lake/1/tables/quarantine", "2026-03-04/a.jsonl", "2026-03-03/a.jsonl")
    released = listed(source, 2)
    assert [released.places[n].partition for n in released.new()] == ["2026-03-02", "2026-03-04"]
    assert released.reread == (Reread("days", "2026-03-04/a.jsonl", 3),)
    assert [n for n, _ in released.turns()] == [0, 1, 2, 3]


def write_quarantine(folder: Path, ended: str, waits: str) -> None:
    """The quarantine of a build: an article whose embargo has ended, one that waits, and one that is none."""
    rows = [(ended, "embargo", "2020-01-01"), (waits, "embargo", "2999-01-01"), (waits, "filter", "2020-01-01")]
    folder.mkdir(parents=True)
    said = [
        {"source": "days", "partition_date": date.fromisoformat(path[:10]), "path": path, "stage": stage,
         "reason": f"embargoed until {day}T00:00:00Z"}
        for path, stage, day in rows
    ]  # fmt: skip
    pq.write_table(pa.Table.from_pylist(said), folder / "part.parquet")


@pytest.mark.parametrize(
    ("name", "by", "stays"),
    [("gazette", None, True), ("herald", "old", True), ("other", None, True), ("gazette", "old", False),
     ("herald", None, False), ("new", "old", False), ("new", "gazette", False)],
)  # fmt: skip
def test_a_lake_keeps_the_names_of_its_sources(tmp_path, name: str, by: str | None, stays: bool) -> None:
    (tmp_path / "a.jsonl").write_text("{}")
    first = [Source("gazette", (str(tmp_path / "a.jsonl"),)), Source("herald", (str(tmp_path / "a.jsonl"),))]
    lake, done = str(tmp_path / "lake"), {"number": 1, "sources": [{"name": "herald", "id_name": "old"}]}
    plan(lake, None, first, [None], Recipe(), Settings()).write()
    again = [Source(name, (str(tmp_path / "a.jsonl"),), id_name=by)]
    if stays:
        plan(lake, done, again, [None], Recipe(), Settings())
    else:
        with pytest.raises(Usage, match="a lake keeps its names"):
            plan(lake, done, again, [None], Recipe(), Settings())


def test_the_format_of_lakes_is_raised_with_what_later_builds_read() -> None:
    """It reads records, facts and comparisons: where these change, raise etl.spark.lake.FORMAT.

    Not for those of revisions: where a lake has others, its next build works them out anew.
    """
    said = [(each.name, str(each.type)) for schema in (ARTICLES, QUARANTINED) for each in schema]
    digest = blake2b(repr((said, FACTS, TESTED)).encode(), digest_size=4).hexdigest()
    assert (FORMAT, digest) == (2, "1e10dde8")
