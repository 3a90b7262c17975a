"""Parts of views: what a build did not change has the files of the build before."""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from etl.sources import locations
from etl.spark import lease, parts
from etl.spark.plan import Plan
from etl.spark.session import frame_of_rows
from etl.spark.steps import Steps
from tests.support import objects
from tests.support.stores import Quiet

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

SCHEMA = "source string, partition_date date, url string, title string"
FIRST, SECOND = date(2026, 3, 14), date(2026, 3, 15)


def test_a_part_is_written_where_a_row_of_it_is_another_and_else_linked(spark: SparkSession, tmp_path: Path) -> None:
    """Whatever the order of the rows, and though a value has only gone to the column beside it."""
    stay = [("a/b", FIRST, "one", None), ("a/b", FIRST, "two", "2"), ("c", None, None, None)]
    before = [*stay, ("c", SECOND, "three", None), ("gone", SECOND, "four", "4")]
    after = [*reversed(stay), ("c", SECOND, None, "three"), ("new", FIRST, "five", "5")]
    with lease.held(str(tmp_path)) as held:
        for number, rows in enumerate((before, after), 1):
            listed = Plan(str(tmp_path), number, "name", datetime(2026, 11, 27, tzinfo=UTC), (), 0)
            steps, last = Steps(spark, listed, Quiet(), held), f"{tmp_path}/{number - 1}"
            frame = frame_of_rows(spark, rows, SCHEMA)
            told = steps.keep_at("parts", parts.digests({"view": frame}))
            same = parts.unchanged(told, f"{last}/parts")
            link = partial(parts.link, f"{last}/view", same=same, view="view")
            written = steps.keep_at("view", parts.without(frame, same, "view"), parts.BY, link)
            assert sorted(map(repr, written.drop(*parts.BY).collect())) == sorted(map(repr, frame.collect()))
    assert same == {("view", "a/b", "2026-03-14"), ("view", "c", "none")}
    linked = {path.name for path in tmp_path.glob("2/view/*/*/*.parquet") if path.stat().st_nlink == 2}
    assert linked == {path.name for path in tmp_path.glob("1/view/*/*/*.parquet") if path.stat().st_nlink == 2}
    assert len(linked) == 2


def test_files_of_an_object_store_are_copied_by_it(monkeypatch: pytest.MonkeyPatch) -> None:
    with objects.running("lakes") as port:
        for name, value in objects.environment(port).items():
            monkeypatch.setenv(name, value)
        for name in ("a=1/x", "a=2/y"):
            locations.write(f"s3://lakes/1/{name}", name.encode())
        locations.link("s3://lakes/1", "s3://lakes/2", lambda path: path.startswith("a=1"))
        assert locations.read("s3://lakes/2/a=1/x") == b"a=1/x"
        assert locations.read("s3://lakes/2/a=2/y") is None
