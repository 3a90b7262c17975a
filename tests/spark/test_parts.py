"""Parts of views: what a build did not change has the files of the build before."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from etl.spark import lease, parts
from etl.spark.plan import Plan
from etl.spark.session import frame_of_rows
from etl.spark.steps import Steps
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
            parted = parts.Parts(steps, last if number > 1 else None, "views", {"view": frame}, {"view": parts.BY_DAY})
            written = parted.keep(parted.changed(frame, "view"), "view")
            assert sorted(map(repr, written.drop(*parts.BY_DAY).collect())) == sorted(map(repr, frame.collect()))
    linked = [path for path in tmp_path.glob("2/views/view/*/*/*.parquet") if path.stat().st_nlink == 2]
    assert {"/".join(path.parts[-3:-1]) for path in linked} == {
        "in_source=a%2Fb/on_day=2026-03-14",
        "in_source=c/on_day=none",
    }
