"""Tables: what a build has decided, as the tables of a store (schemas.tables), column for column, in Parquet."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import sqlalchemy as sa

from etl.fingerprint import signatures
from etl.fingerprint.recipe import Recipe
from etl.spark.decisions import Decisions
from etl.spark.lake import Shards
from etl.spark.pairs import minima_of
from etl.spark.parts import BY_SHARD, Parts
from etl.spark.session import frame_of_rows
from etl.spark.staged import in_order, records, with_columns
from etl.store.quarantine import quarantine_id
from schemas import tables

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

WRITTEN = (
    tables.article, tables.revision, tables.text, tables.signature, tables.cluster_member, tables.bucket,
    tables.judgement, tables.retraction, tables.tombstone, tables.decision, tables.change, tables.quarantine,
)  # fmt: skip
"""What a build writes; its run and recipe are in run.json."""
RUN_ID = 1
PARTED = (tables.revision, tables.signature, tables.bucket)
"""Long ones: their files lie apart by the shard of a record, which of buckets is the canonical text's."""
Keep = Callable[["DataFrame", str], "DataFrame"]
_STAGED_AS = {"minima": "signature"}
_BUCKET_ROWS = "band_key long, canonical_id long, own boolean, in_shard string"


class Tables:
    """Writes tables.

    put    writes a frame as the table of that name
    keep   makes a frame a durable step of that name, and reads it back
    shards where they lie
    tasks  into which their reading is cut, at most
    parted writes those that are PARTED
    """

    def __init__(self, put: Keep, keep: Keep, shards: Shards, tasks: int, parted: Parts) -> None:
        self._written, self._keep, self._shards, self._tasks, self._parted = put, keep, shards, tasks, parted

    def articles(self, current: DataFrame, revisions: DataFrame) -> None:
        """article, revision.  current: the current ones of the revisions (etl.spark.staged.REVISIONS)."""
        from pyspark.sql import functions as F

        filed = current.withColumnRenamed("filed", "partition_date")
        text_id = "CASE WHEN withdrawn IS NULL THEN text_id END"
        self._put(
            tables.article,
            filed.selectExpr("*", f"{text_id} AS kept").drop("text_id").withColumnRenamed("kept", "text_id"),
        )
        self._put(tables.revision, revisions.withColumn("run_id", F.lit(RUN_ID).cast("long")))

    def texts(self, ranks: DataFrame, placed: DataFrame, recipe: Recipe) -> None:
        """text, signature, cluster_member, bucket.  placed: texts with their standing, which ranks are not."""
        self._put(tables.text, ranks)
        self._put(tables.signature, ranks)
        self._put(tables.cluster_member, placed)
        here = self._parted.changed(clusters(placed), tables.bucket.name)
        led = here.where("text_id <> canonical_id").select("canonical_id").distinct()
        alone, several = (here.join(led, "canonical_id", kind) for kind in ("left_anti", "left_semi"))
        keys = partial(_bucket_rows, shards=self._shards, recipe=recipe)
        rows = [
            in_order(frame.withColumn("row", frame["its_row"]), self._tasks).mapInArrow(keys, _BUCKET_ROWS)
            for frame in (alone, several)
        ]
        # Together by folder, else each task would write a file into each.
        again = rows[1].repartition(self._tasks, "in_shard").groupBy("band_key", "canonical_id", "in_shard")
        shared = again.agg({"own": "bool_or"}).withColumnRenamed("bool_or(own)", "own")
        self._parted.keep(rows[0].unionByName(shared), tables.bucket.name)

    def history(self, states: DataFrame, quarantined: DataFrame, at: datetime) -> None:
        """change, quarantine.  at: when the build was begun."""
        from pyspark.sql import functions as F

        stamps = [F.lit(at).alias("at"), F.lit(RUN_ID).cast("long").alias("run_id")]
        added = states.select("article_id", "canonical_id", F.lit("added").alias("change"), *stamps)
        self._put(tables.change, self._numbered(added, "feed"))
        last = quarantined.groupBy("source", "path", "record").agg(
            F.max_by(F.struct("partition_date", "stage", "reason", "head"), "at").alias("last")
        )
        rows = last.select("source", "path", "record", "last.*")
        schema = f"{', '.join(f'{f.name} {f.dataType.simpleString()}' for f in rows.schema)}, quarantine_id string"
        self._put(tables.quarantine, rows.mapInArrow(_with_quarantine_id, schema))

    def decisions(self, current: DataFrame, decided: Decisions, at: datetime) -> None:
        """judgement, tombstone, retraction, decision: what people and rules decided, and notices that are new.

        Of articles that the lake does not have, erased ones excepted, there is none.
        """
        from pyspark.sql import functions as F

        spark, run_id = current.sparkSession, F.lit(RUN_ID).cast("long")
        here = current.select("article_id")
        both = decided.frame(spark, tables.judgement).join(here, "article_id", "left_semi")
        self._put(tables.judgement, both.join(here.toDF("other_id"), "other_id", "left_semi"))
        self._put(tables.tombstone, decided.frame(spark, tables.tombstone).withColumn("run_id", run_id))
        gone = current.where("withdrawn IS NOT NULL").selectExpr("article_id", "withdrawn AS reason", "who", "said_at")
        gone = gone.withColumn("at", F.coalesce("said_at", F.lit(at)))
        self._put(tables.retraction, gone)
        new = gone.where("said_at IS NULL").select("article_id", "reason", "at", "who")
        new = new.select("*", F.lit("retract").alias("word"), F.lit(None).cast("string").alias("other_id"))
        known = here.union(frame_of_rows(spark, ([each] for each in decided.erased), "article_id string"))
        told = decided.frame(spark, tables.decision).join(known, "article_id", "left_semi").withColumn("run_id", run_id)
        told = told.join(known.toDF("other"), F.expr("other_id IS NULL OR other_id = other"), "left_semi")
        positions = [row[0] for row in decided.rows["decision"]]
        numbered = self._numbered(new.withColumn("run_id", run_id), "notices", max(positions, default=0) + 1)
        self._put(tables.decision, told.unionByName(numbered.select(*told.columns)))

    def _put(self, table: sa.Table, frame: DataFrame) -> None:
        """Write a table; columns that the frame has not are those of its records."""
        names = [column.name for column in table.c]
        if table in PARTED:
            frame = self._parted.changed(frame, table.name)
            names += BY_SHARD
        here = [name for name in names if name in frame.columns]
        staged = {_STAGED_AS.get(name, name): name for name in names if name not in here}
        if staged:
            frame = with_columns(frame.select("row", *here), self._shards, staged, self._tasks)
        write = self._parted.keep if table in PARTED else self._written
        write(frame.select(*names), table.name)

    def _numbered(self, frame: DataFrame, name: str, first: int = 1) -> DataFrame:
        """The frame in the order of article_id, with `position` from the first on."""
        from pyspark.sql import functions as F

        spark = frame.sparkSession
        ordered = frame.repartitionByRange("article_id").sortWithinPartitions("article_id")
        part, number = F.spark_partition_id().alias("part"), F.monotonically_increasing_id().alias("number")
        written = self._keep(ordered.select("*", part, number), name)
        shift, before = list[tuple[int, int]](), first
        for row in sorted(written.groupBy("part").count().collect()):
            shift.append((row[0], before - (row[0] << 33)))
            before += row[1]
        shifts = F.broadcast(frame_of_rows(spark, shift, "part int, shift long"))
        return written.join(shifts, "part").withColumn("position", F.expr("number + shift"))


def clusters(placed: DataFrame) -> DataFrame:
    """its_row, text_id, canonical_id of each text, and `row` of its canonical: from which the band index is made."""
    return placed.selectExpr("row AS its_row", "text_id", "canonical_id", "canonical_row AS row")


def _bucket_rows(batches: Iterable[pa.RecordBatch], shards: Shards, recipe: Recipe) -> Iterator[pa.RecordBatch]:
    """Rows of the band index of texts, given by row, text_id, canonical_id and in_shard."""
    for batch, (signature,) in records(batches, shards, ["signature"]):
        keys = signatures.band_keys(minima_of(signature, recipe), recipe)
        at = np.repeat(np.arange(len(keys)), keys.shape[1])
        canonical = batch["canonical_id"].to_numpy()
        own = batch["text_id"].to_numpy() == canonical
        yield pa.RecordBatch.from_arrays(
            [pa.array(keys.ravel()), pa.array(canonical[at]), pa.array(own[at]), batch["in_shard"].take(pa.array(at))],
            names=["band_key", "canonical_id", "own", "in_shard"],
        )


def _with_quarantine_id(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        keys = zip(*(batch[name].to_pylist() for name in ("source", "path", "record")), strict=True)
        ids = pa.array([quarantine_id(*key) for key in keys], pa.string())
        yield pa.RecordBatch.from_arrays([*batch.columns, ids], names=[*batch.schema.names, "quarantine_id"])
