"""Left out: articles that the rule of their source takes out, though it did not when they came (etl.commit.keep)."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from etl.commit.keep import RULE
from etl.sources import locations
from etl.spark import lake as lakes
from etl.spark import staged
from etl.spark.plan import Plan
from etl.spark.session import frame_of_rows
from etl.spark.steps import Steps

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


def left_out(
    steps: Steps, listed: Plan, facts: DataFrame, revisions: DataFrame, restored: Collection[str]
) -> DataFrame | None:
    """article_id, rule of the articles that a rule takes out; None: there can be none.

    The record that gave the current text was read again and is not wanted, and the text has not come since.

    facts     of all records of the lake (etl.spark.staged.facts)
    restored  ids of articles that a person brought back, who has the last word
    """
    from pyspark.sql import functions as F

    if not listed.reread:
        return None
    spark, place = steps.spark, ["article_id", "path", "record"]
    turns = F.broadcast(frame_of_rows(spark, listed.turns(), "shard long, turn long"))

    def last(frame: DataFrame, name: str, *by: str) -> DataFrame:
        numbered = frame.withColumn("shard", F.shiftright("row", staged.RECORD_BITS)).join(turns, "shard")
        return numbered.groupBy(*by).agg(F.max("turn").alias(name))

    def at_place(frame: DataFrame) -> DataFrame:
        return frame.withColumn("record", F.coalesce("record", F.lit(-1)))

    folders = [locations.join(lakes.folder(listed.lake, build), "records") for build in listed.builds]
    unwanted = staged.quarantined(spark, folders).where("stage = 'filter' AND article_id IS NOT NULL")
    current = at_place(revisions.where("current")).select(*place, "source", "content_hash")
    met = current.join(last(at_place(unwanted), "went", *place), place)
    kept = frame_of_rows(spark, ([each] for each in restored), "article_id string")
    met = met.join(kept, "article_id", "left_anti")
    texts = met.select("article_id", "content_hash")
    came = last(facts.join(texts, ["article_id", "content_hash"], "left_semi"), "came", "article_id")
    gone = met.join(came, "article_id").where("went >= came")
    return steps.keep(gone.select("article_id", F.concat(F.lit(RULE), "source").alias("rule")), "left-out")
