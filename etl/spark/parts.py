"""Parts: views whose files lie apart by source and day are written only as far as a build changed them.

Parts that are the same as in the build before have the same files: hard links on a disk, copies that the server makes
elsewhere.  So every folder of a build is whole, for readers who know of no other and when that before is removed.

A view is computed narrow, with the content hash of each body in its place, and told apart by the digests of its parts;
bodies are read from their records for the parts that are written, and no join moves them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import reduce
from typing import TYPE_CHECKING
from urllib.parse import unquote

from etl.sources import locations
from etl.spark.session import for_hadoop, frame_of_rows

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

BY = {"in_source": "source", "on_day": "coalesce(cast(partition_date AS string), 'none')"}
"""The columns by which files lie apart."""
SEEDS = (1, 2)  # of two digests of 64 bits
Part = tuple[str, str, str]
"""A view, a source and a day."""


def digests(views: Mapping[str, DataFrame]) -> DataFrame:
    """view, the columns of BY, rows, and the digests of these in any order, of each part of narrow views."""
    return reduce(lambda all, one: all.union(one), (_digests(name, frame) for name, frame in views.items()))


def _digests(name: str, frame: DataFrame) -> DataFrame:
    from pyspark.sql import functions as F

    # A null leaves a hash as it is, so that it would not matter in which of two columns a value is.
    values = [value for column in frame.columns for value in (F.isnull(column), F.col(column))]
    sums = (F.bit_xor(F.xxhash64(F.lit(seed), *values)).alias(f"digest_{seed}") for seed in SEEDS)
    apart = frame.groupBy(*(F.expr(value).alias(key) for key, value in BY.items()))
    return apart.agg(F.count("*").alias("rows"), *sums).select(F.lit(name).alias("view"), "*")


def unchanged(told: DataFrame, before: str | None) -> set[Part]:
    """The parts that are as in the build before, given digests and where those of that are; None: there is none."""
    if before is None or not locations.exists(locations.join(before, "_SUCCESS")):
        return set()
    same = told.intersect(told.sparkSession.read.schema(told.schema).parquet(for_hadoop(before)))
    return {(row[0], row[1], row[2]) for row in same.collect()}


def without(frame: DataFrame, same: Collection[Part], view: str) -> DataFrame:
    """The rows of a narrow view that are of no such part."""
    from pyspark.sql import functions as F

    stay = [(source, day) for name, source, day in same if name == view]
    if not stay:
        return frame
    names = [f"same_{key}" for key in BY]
    here = F.broadcast(frame_of_rows(frame.sparkSession, stay, ", ".join(f"{name} string" for name in names)))
    met = " AND ".join(f"{value} = {name}" for value, name in zip(BY.values(), names, strict=True))
    return frame.join(here, F.expr(met), "left_anti")


def link(before: str, folder: str, same: Collection[Part], view: str) -> None:
    """Give a view's folder the files of the parts that stayed, from that of the build before; again is the same."""
    stay = {(source, day) for name, source, day in same if name == view}

    def stays(path: str) -> bool:
        return tuple(unquote(name.partition("=")[2]) for name in path.split("/")[:-1]) in stay

    if stay:
        locations.link(before, folder, stays)
