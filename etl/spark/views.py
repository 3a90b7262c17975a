"""Views: the contract's views over a lake, for Parquet, made by running their very definitions as Spark SQL.

They are for readers without a database: DuckDB, Spark, pandas and polars read LAKE/N/views/NAME/*.parquet.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from etl.sources import locations
from etl.spark import lake as lakes
from etl.spark.parts import BY_DAY, BY_SHARD_OF_BODY, Parts
from etl.spark.session import for_hadoop, frame_of_rows
from etl.spark.staged import in_order, joined
from etl.spark.tables import RUN_ID, WRITTEN, Keep
from etl.store.source_days import COUNTED
from schemas import tables
from schemas.contract.views import CONTRACT
from schemas.views import VIEWS

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from etl.spark.frames import Frames

_TYPES = {
    sa.Boolean: "boolean", sa.BigInteger: "bigint", sa.Integer: "int", sa.Float: "double", sa.Date: "date",
    tables.UtcDateTime: "timestamp", sa.LargeBinary: "binary",
}  # fmt: skip
"""Types of columns in Spark SQL; any other is a string."""
PARTED = {
    **dict.fromkeys(("corpus_article", "corpus_duplicate", "corpus_member", "corpus_quarantine"), BY_DAY),
    "corpus_revision": BY_SHARD_OF_BODY,
}
"""Views with a row an article or a record, and the columns by which their files lie apart."""
NOT_IN_LAKES = ("corpus_relation", "corpus_relation_change")
"""Views of what `wirecopy load` makes, beside the tables of a build."""
_SPOKEN = {
    "double precision": "double",
    "AS text)": "AS string)",
    "r.evidence ->> 'body'": "get_json_object(r.evidence, '$.body')",
}
"""What Spark SQL says otherwise than the databases."""


def frames(
    spark: SparkSession, folder: str, run: Mapping[str, Any], bodies: DataFrame, keep: Keep
) -> dict[str, DataFrame]:
    """The views over the tables in a folder, by name; for a body they have the number of the first record that has it.

    run     as in run.json
    bodies  article_id, content_hash, body of each revision: such a number
    keep    makes a frame a durable step of that name, and reads it back
    """
    spark.conf.set("spark.sql.ansi.enabled", "true")
    spark.conf.set("spark.sql.ansi.doubleQuotedIdentifiers", "true")
    selects = {name: _as_spark_says(select) for name, select in VIEWS.items() if name not in NOT_IN_LAKES}
    words = set(re.findall(r"\w+", " ".join([COUNTED, *selects.values()])))
    for table in tables.metadata.sorted_tables:
        if table.name in words:
            frame_of(spark, folder, table, run).createOrReplaceTempView(table.name)
    keep(spark.sql(COUNTED), tables.source_day.name).createOrReplaceTempView(tables.source_day.name)
    revision = spark.table(tables.revision.name)
    numbered = revision.drop("body").join(bodies, ["article_id", "content_hash"])
    found = {name: spark.sql(select) for name, select in selects.items() if "body" not in CONTRACT[name]}
    numbered.createOrReplaceTempView(tables.revision.name)
    found |= {name: spark.sql(select) for name, select in selects.items() if "body" in CONTRACT[name]}
    return {name: found[name] for name in selects}


def write(build: Frames, run: Mapping[str, Any]) -> dict[str, DataFrame]:
    """Write the views over the tables of a build, as far as they changed (etl.spark.parts); read back, by name."""
    steps, bodies = build.steps, build.revisions.selectExpr("article_id", "content_hash", "body_row AS body")

    def kept_narrow(view: DataFrame, name: str) -> DataFrame:
        # In the order of the records, so that who reads a part of it has few shards to open.
        return steps.keep(in_order(view, build.tasks, "body") if "body" in view.columns else view, f"narrow-{name}")

    def with_bodies(view: DataFrame) -> DataFrame:
        if "body" not in view.columns:
            return view
        placed = view.withColumnRenamed("body", "row").sortWithinPartitions("row")
        return joined(placed, build.shards, {"body": "body"}).select(*view.columns)

    found = frames(steps.spark, lakes.tables_of(build.listed.lake, run), run, bodies, steps.keep)
    narrow = {name: kept_narrow(found[name], name) for name in PARTED}
    parted = Parts(steps, build.before, "views", narrow, PARTED)
    written: dict[str, DataFrame] = {}
    for name, frame in found.items():
        if name in PARTED:
            # Without the hint each task would write a file into each folder.  Bodies come after it: none is shuffled.
            changed = parted.changed(narrow[name], name).hint("rebalance", *PARTED[name])
            written[name] = parted.keep(with_bodies(changed), name)
        else:
            written[name] = steps.keep_at(f"views/{name}", frame)
    return written


def frame_of(spark: SparkSession, folder: str, table: sa.Table, run: Mapping[str, Any]) -> DataFrame:
    """A table of a build in a folder; those that no build writes are empty, but for its run and sources."""
    schema = ", ".join(f"`{column.name}` {_type(column)}" for column in table.c)
    if table in WRITTEN:
        return spark.read.schema(schema).parquet(for_hadoop(locations.join(folder, table.name)))
    known = {"run": [row_of(run)], "source": sources_of(run)}.get(table.name, [])
    return frame_of_rows(spark, ([row[column.name] for column in table.c] for row in known), schema)


def _as_spark_says(select: str) -> str:
    for ours, sparks in _SPOKEN.items():
        select = select.replace(ours, sparks)
    return select


def row_of(run: Mapping[str, Any]) -> dict[str, Any]:
    """The row of the table `run` that a build is, from its run.json."""
    times = {name: datetime.fromisoformat(run[name]) for name in ("started_at", "finished_at")}
    day = run["partition_date"] and date.fromisoformat(run["partition_date"])
    said = {"run_id": RUN_ID, "label": run["label"], "source": run["source"], "partition_date": day}
    none = dict.fromkeys(tables.run.c.keys())  # of what the guard and people say of a run
    return {**none, **said, **times, "version": version("wirecopy"), **run["counts"]}


def sources_of(run: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The rows of the table `source`, from the run.json of a build."""
    first = {"id_name": None}  # a lake of an earlier version knows no other names
    found = [{**first, **row} for row in run["sources"]]
    return [{**row, "earliest": row["earliest"] and date.fromisoformat(row["earliest"])} for row in found]


def _type(column: sa.Column[Any]) -> str:
    return next((name for kind, name in _TYPES.items() if isinstance(column.type, kind)), "string")
