"""Parts: views whose files lie apart by source and day, and long tables and views whose files do by shard.

A build writes the parts that it changed.  Those that are as in the build before get the files of that: hard links on a
disk, copies that the server makes elsewhere.  So every folder of a build is whole, for readers who know of no other and
when that before is removed.

A frame is given narrow: for the columns of its records it has their numbers.  Parts are told apart by digests of that,
and records are read for what is written alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from typing import TYPE_CHECKING
from urllib.parse import unquote

from etl.sources import locations
from etl.spark.session import for_hadoop, frame_of_rows
from etl.spark.staged import RECORD_BITS
from etl.spark.steps import Steps

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

BY_DAY = {"in_source": "source", "on_day": "coalesce(cast(partition_date AS string), 'none')"}
"""The columns by which files of views lie apart, in Spark SQL."""
BY_SHARD = {"in_shard": f"cast(shiftright(row, {RECORD_BITS}) AS string)"}
"""Those of tables."""
BY_SHARD_OF_BODY = {"in_shard": f"cast(shiftright(body, {RECORD_BITS}) AS string)"}
SEEDS = (1, 2)  # of two digests of 64 bits


class Parts:
    """The parts of the views of a build, or of its tables.

    before  the folder of the build before; None: there is none
    kind    the folder in which they are: "views" or "tables"
    narrow  their frames, by name
    by      the columns by which the files of each lie apart
    """

    def __init__(
        self,
        steps: Steps,
        before: str | None,
        kind: str,
        narrow: Mapping[str, DataFrame],
        by: Mapping[str, Mapping[str, str]],
    ) -> None:
        self._steps, self._kind, self._by = steps, kind, by
        self._before = None if before is None else locations.join(before, kind)
        told = steps.keep_at(f"kept/parts-of-{kind}", self._digests(narrow))
        self._same: set[tuple[str, ...]] = set()
        if before is not None and locations.exists(there := locations.join(before, f"kept/parts-of-{kind}")):
            same = told.intersect(steps.spark.read.schema(told.schema).parquet(for_hadoop(there)))
            self._same = {(row["name"], *row["part"]) for row in same.collect()}

    def changed(self, frame: DataFrame, name: str) -> DataFrame:
        """The rows of a narrow frame that are of parts to be written, with the columns by which these lie apart."""
        from pyspark.sql import functions as F

        by = self._by[name]
        frame = frame.withColumns({key: F.expr(value) for key, value in by.items()})
        if not (stay := self._stay(name)):
            return frame
        same = F.broadcast(frame_of_rows(frame.sparkSession, stay, ", ".join(f"{key} string" for key in by)))
        return frame.join(same, list(by), "left_anti").select(*frame.columns)

    def keep(self, frame: DataFrame, name: str) -> DataFrame:
        """Write what changed(), and read all back."""
        stay = set(self._stay(name))

        def stays(path: str) -> bool:
            return tuple(unquote(folder.partition("=")[2]) for folder in path.split("/")[:-1]) in stay

        def link(folder: str) -> None:
            if self._before is not None and stay:
                locations.link(locations.join(self._before, name), folder, stays)

        return self._steps.keep_at(f"{self._kind}/{name}", frame, list(self._by[name]), link)

    def _stay(self, name: str) -> list[tuple[str, ...]]:
        return [tuple(values) for of, *values in self._same if of == name]

    def _digests(self, frames: Mapping[str, DataFrame]) -> DataFrame:
        """name, part, rows, and digests of these in any order, of each part of narrow frames."""
        from pyspark.sql import functions as F

        def told(name: str, frame: DataFrame) -> DataFrame:
            # A null leaves a hash as it is, so that it would not matter in which of two columns a value is.
            values = ", ".join(f"isnull(`{column}`), `{column}`" for column in frame.columns)
            sums = (F.expr(f"bit_xor(xxhash64({seed}, {values}))").alias(f"digest_{seed}") for seed in SEEDS)
            apart = frame.groupBy(F.expr(f"array({', '.join(self._by[name].values())})").alias("part"))
            return apart.agg(F.count("*").alias("rows"), *sums).select(F.lit(name).alias("name"), "*")

        return reduce(lambda all, one: all.union(one), (told(*each) for each in frames.items()))
