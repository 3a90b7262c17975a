"""Frames: what a build works out, each frame from the ones before; durable where it says so.

A build of days that a lake does not have yet works out anew what takes numbers alone: ranks, buckets, standings.  It
reads no file again, revises only articles that come again, and compares only pairs that no build has compared.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from etl.commit.batches import TEXT_COLLISION
from etl.commit.keep import LEFT_OUT
from etl.decide.guard import MAX_EXAMPLES, Limits, exceeded_by_build
from etl.decide.keep import NO_FAULTS
from etl.decide.revisions import RECORD_VERDICTS, Precedence
from etl.errors import Refused
from etl.fingerprint.recipe import Recipe
from etl.read.file import MAX_QUARANTINE_HEAD
from etl.sources import locations
from etl.spark import lake as lakes
from etl.spark import staged
from etl.spark.decisions import Decisions
from etl.spark.election import Election, Thresholds
from etl.spark.left_out import left_out
from etl.spark.parts import BY_SHARD, Parts
from etl.spark.plan import Plan
from etl.spark.session import for_hadoop, frame_of_rows
from etl.spark.steps import Steps
from etl.spark.tables import Tables, clusters
from schemas import tables
from schemas.relations import relation_sql

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


class Frames:
    """The frames of a build, each from the ones before.

    done  the run of the build on which this one goes on; None: the first of its lake
    anew  its revisions hold no more, since what all depend on has changed

    held  after counts(): rows of the quarantine, in which a record is once
    """

    def __init__(
        self, steps: Steps, listed: Plan, done: Mapping[str, Any] | None, recipe: Recipe, thresholds: Thresholds,
        decisions: Decisions, precedences: Mapping[str, Precedence], anew: bool,
    ) -> None:  # fmt: skip
        self.steps, self.listed, self.recipe, self.shards = steps, listed, recipe, listed.shards
        shuffled = int(steps.spark.conf.get("spark.sql.shuffle.partitions") or 200)
        self.tasks = max(1, min(len(listed.places), shuffled))
        self.before = None if done is None else lakes.folder(listed.lake, done["number"])
        self.decisions, everything = decisions, staged.placed(self._facts(), listed.order())
        self.erased: DataFrame | None = None
        if decisions.erased:
            ids = frame_of_rows(steps.spark, ([each] for each in decisions.erased), "article_id string")
            self.erased = everything.join(ids, "article_id", "left_semi")
            everything = everything.join(ids, "article_id", "left_anti")
        self.collided = self._collided(everything)
        records = everything if self.collided is None else everything.join(self.collided, "row", "left_anti")
        revisions = self._revisions(records, precedences, anew or self.collided is not None)
        self.revisions = self._as_decided(revisions)
        self.current = self.revisions.where("current")
        self.standing = self.current.where("withdrawn IS NULL")
        self.ranks = self._ranks()
        self.words = self._words()
        self.election = Election(
            self.ranks.select("row", "rank", "shingles"),
            self.words,
            self._known(),
            self.shards,
            recipe,
            steps.keep,
            self.tasks,
            thresholds,
        )
        self.standings = steps.keep(self.election.standings(), "standings")
        self._keep_compared()
        self.placed = self._placed()
        self.states = self._states()
        self.quarantined = self._quarantined()
        self.held = 0

    def _facts(self) -> DataFrame:
        """Facts of all records of the lake; those of earlier builds as these have kept them."""
        spark, lake, builds = self.steps.spark, self.listed.lake, self.listed.builds
        if self.listed.new():
            here = locations.join(self.listed.folder, "records")
            new = self.steps.keep_at("facts", staged.facts(spark, here))
            schema = new.schema
        else:
            schema = spark.read.parquet(for_hadoop(locations.join(lakes.folder(lake, builds[0]), "facts"))).schema
        folders = [for_hadoop(locations.join(lakes.folder(lake, build), "facts")) for build in builds]
        return spark.read.schema(schema).parquet(*folders)

    def _collided(self, records: DataFrame) -> DataFrame | None:
        """row of the records whose text_id is that of another, earlier text; None: there are none, as ever."""
        from pyspark.sql import Window
        from pyspark.sql import functions as F

        digests = records.groupBy("text_id").agg(F.min("digest").alias("a"), F.max("digest").alias("b"))
        shared = self.steps.keep(digests.where("a <> b").select("text_id"), "shared-ids")
        ids = [row[0] for row in shared.collect()]
        if not ids:
            return None
        first = F.first("digest").over(Window.partitionBy("text_id").orderBy("at"))
        found = records.where(F.col("text_id").isin(ids)).withColumn("first", first)
        return self.steps.keep(found.where("digest <> first").select("row"), "collided")

    def _revisions(self, records: DataFrame, precedences: Mapping[str, Precedence], anew: bool) -> DataFrame:
        """Revisions of all articles; of those that no new record is of, as the build before has left them.

        anew  nothing of that build holds
        """
        from pyspark.sql import functions as F

        if self.before is None or anew:
            return self.steps.keep_at("kept/revisions", staged.revisions(records, precedences))
        new = [number << staged.RECORD_BITS for number in self.listed.new()]
        come = records.where(F.col("row") >= min(new, default=1 << 62)).select("article_id").distinct()
        again = staged.revisions(records.join(come, "article_id", "left_semi"), precedences)
        before = self.steps.spark.read.schema(again.schema).parquet(for_hadoop(f"{self.before}/kept/revisions"))
        stay = before.join(come, "article_id", "left_anti").select(*again.columns)
        return self.steps.keep_at("kept/revisions", stay.unionByName(again))

    def _known(self) -> DataFrame | None:
        """Pairs that the build before knew, by their ranks now (etl.spark.election.Election)."""
        if self.before is None:
            return None
        pairs = self.steps.spark.read.parquet(for_hadoop(f"{self.before}/kept/compared"))
        ranks = self.ranks.select("text_id", "rank")
        for end in ("one", "other"):
            pairs = pairs.join(ranks.toDF(end, f"{end}_rank"), end)
        pairs = pairs.selectExpr(
            "least(one_rank, other_rank) AS u", "greatest(one_rank, other_rank) AS v",
            "jaccard", "bands", "edge", "near",
        )  # fmt: skip
        return pairs.join(self.words, ["u", "v"], "left_anti")

    def _keep_compared(self) -> None:
        """Keep the pairs for the next build, by their texts: ranks are others then."""
        if (pairs := self.election.compared) is None:
            raise AssertionError("the election is done")
        texts = self.ranks.select("rank", "text_id")
        for end, name in (("u", "one"), ("v", "other")):
            pairs = pairs.join(texts.toDF(end, name), end)
        self.steps.keep_at("kept/compared", pairs.drop("u", "v"))

    def _ranks(self) -> DataFrame:
        """One row a text, of its first article; rank ascends in the order of election, not densely."""
        from pyspark.sql import functions as F

        order = ["day", "shorter", "article_id"]
        facts = self.standing.withColumn("shorter", -F.col("length"))
        first = facts.groupBy("text_id").agg(F.min(F.struct(*order, "row", "shingles")).alias("first"))
        ordered = first.select("text_id", "first.*").repartitionByRange(*order).sortWithinPartitions(*order)
        ranked = ordered.withColumn("rank", F.monotonically_increasing_id())
        return self.steps.keep(ranked.withColumn("length", -F.col("shorter")).drop("shorter"), "ranks")

    def _as_decided(self, revisions: DataFrame) -> DataFrame:
        """Revisions, as people and rules decided: `who` withdrew the current ones, and where people did it, `said_at`.

        A notice of a source counts once: who restored the article after it has the last word.
        """
        from pyspark.sql import functions as F

        gone = self.decisions.frame(self.steps.spark, tables.retraction)
        told = self.decisions.frame(self.steps.spark, tables.decision).where("word = 'retract'")
        gone = gone.selectExpr("article_id", "reason AS said", "at AS said_at")
        heard = told.selectExpr("article_id", "who", "reason AS withdrawn", "true AS heard").distinct()
        by = F.concat(F.lit("notice of "), "source")
        joined = revisions.withColumn("who", by).join(F.broadcast(gone), "article_id", "left")
        joined = joined.join(F.broadcast(heard), ["article_id", "who", "withdrawn"], "left")
        why = "coalesce(said, CASE WHEN heard THEN NULL ELSE withdrawn END)"
        unwanted = left_out(self.steps, self.listed, self._facts(), revisions, self.decisions.restored)
        if unwanted is not None:
            joined = joined.join(unwanted, "article_id", "left")
            joined = joined.withColumn("who", F.expr(f"CASE WHEN {why} IS NULL THEN coalesce(rule, who) ELSE who END"))
            why = f"coalesce({why}, CASE WHEN rule IS NOT NULL THEN '{LEFT_OUT}' END)"
        decided = joined.withColumn("withdrawn", F.expr(f"CASE WHEN current THEN {why} END")).withColumn(
            "said_at", F.expr("CASE WHEN current THEN said_at END")
        )
        return decided.drop("said", "heard", "rule")

    def _words(self) -> DataFrame:
        """u, v, word of judged pairs of texts; "different" goes before "same"."""
        from pyspark.sql import functions as F

        spark = self.steps.spark
        if not self.decisions.rows["judgement"]:
            return frame_of_rows(spark, [], "u long, v long, word string")
        given = self.decisions.frame(spark, tables.judgement).selectExpr(
            "article_id AS one", "other_id AS other", "word"
        )
        ranks = self.standing.select("article_id", "text_id").join(self.ranks.select("text_id", "rank"), "text_id")
        one, other = (
            ranks.selectExpr("article_id AS one", "rank AS a"),
            ranks.selectExpr("article_id AS other", "rank AS b"),
        )
        pairs = given.join(one, "one").join(other, "other").where("a <> b")
        by_pair = pairs.groupBy(F.least("a", "b").alias("u"), F.greatest("a", "b").alias("v"))
        return self.steps.keep(by_pair.agg(F.min("word").alias("word")), "words")

    def _placed(self) -> DataFrame:
        """Each text with its standing: the table cluster_member, and the article of its canonical."""
        heads = self.ranks.selectExpr(
            "rank AS canonical", "text_id AS canonical_id", "article_id AS canonical_article", "row AS canonical_row"
        )
        led = self.standings.join(heads, "canonical").drop("canonical")
        return self.ranks.join(led, "rank", "left").selectExpr(
            "row", "text_id", "coalesce(canonical_id, text_id) AS canonical_id", "coalesce(jaccard, 1D) AS jaccard",
            f"coalesce(bands, {self.recipe.bands}) AS bands", "day", "length", "article_id", "shingles",
            "coalesce(judged, false) AS judged", "coalesce(canonical_article, article_id) AS canonical_article",
            "coalesce(canonical_row, row) AS canonical_row",
        )  # fmt: skip

    def _states(self) -> DataFrame:
        """article_id, canonical_id (an article), relation of each article that stands."""
        member = self.placed.select("text_id", "canonical_id", "judged", "canonical_article").alias("m")
        joined = self.standing.select("article_id", "text_id").join(member, "text_id")
        said = joined.selectExpr("article_id", "canonical_article AS canonical_id", f"{relation_sql('m')} AS relation")
        return self.steps.keep(said, "states")

    def _quarantined(self) -> DataFrame:
        """source, path, record, partition_date, stage, reason, head of each record that is no article."""
        from pyspark.sql import functions as F

        folders = [locations.join(lakes.folder(self.listed.lake, b), "records") for b in self.listed.builds]
        rows = staged.placed(staged.quarantined(self.steps.spark, folders), self.listed.order())
        rows = rows.withColumnsRenamed({"of_source": "source", "of_day": "partition_date"})
        found = staged.without_reread(rows, self.listed.reread).drop("shard", "row", "article_id")
        if self.collided is not None:
            facts = staged.placed(self._facts().join(self.collided, "row"), self.listed.order())
            texts = staged.with_columns(facts, self.shards, {"body": "body"}, self.tasks)
            head = F.substring(F.encode("body", "UTF-8"), 1, MAX_QUARANTINE_HEAD).alias("head")
            said = [F.lit("commit").alias("stage"), F.lit(TEXT_COLLISION).alias("reason"), head]
            found = found.unionByName(texts.select("source", "path", "record", "partition_date", "at", *said))
        if self.erased is not None:
            why = self.decisions.frame(self.steps.spark, tables.tombstone).select("article_id", "reason")
            stage, head = F.lit("erased").alias("stage"), F.lit(b"").alias("head")
            rows = self.erased.join(why, "article_id")
            found = found.unionByName(
                rows.select("source", "path", "record", "partition_date", "at", stage, "reason", head)
            )
        record, reason = F.coalesce("record", F.lit(-1)), F.replace("reason", F.lit("\0"), F.lit(""))
        return found.withColumn("record", record).withColumn("reason", reason)

    def counts(self) -> dict[str, int]:
        """Records and articles by what they are, as in a run."""
        from pyspark.sql import functions as F

        sums = self.revisions.agg(
            *(F.sum(verdict).alias(verdict) for verdict in RECORD_VERDICTS), F.count("withdrawn").alias("retracted")
        ).first()
        found = {name: int(value or 0) for name, value in (sums.asDict() if sums else {}).items()}
        held = self.quarantined.agg(F.count("*"), F.count_distinct("source", "path", "record")).first()
        found["quarantined"], self.held = held or (0, 0)
        found["read"] = sum(found[name] for name in (*RECORD_VERDICTS, "quarantined"))
        kind = (
            "CASE WHEN article_id = canonical_id THEN 'canonical' WHEN relation = 'exact' THEN 'exact' ELSE 'near' END"
        )
        kinds = {
            row["kind"]: int(row["count"]) for row in self.states.groupBy(F.expr(kind).alias("kind")).count().collect()
        }
        found |= {name: kinds.get(name, 0) for name in ("canonical", "exact", "near")}
        return {**found, "articles": sum(kinds.values())}

    def guard(self, limits: Limits, counts: Mapping[str, int]) -> None:
        """Raises Refused where the build goes beyond the limits."""
        from pyspark.sql import functions as F

        duplicates = self.states.where("article_id <> canonical_id")
        examples = [row[0] for row in duplicates.select("article_id").limit(MAX_EXAMPLES).collect()]
        faults = self.quarantined.where(~F.col("stage").isin(*NO_FAULTS))
        unread = [f"{row[0]}: {row[1]}" for row in faults.select("path", "reason").limit(MAX_EXAMPLES).collect()]
        bad = faults.count()
        counts = {**counts, "quarantined": bad, "read": counts["read"] - counts["quarantined"] + bad}
        largest = duplicates.groupBy("canonical_id").agg(F.count("*").alias("joined"), F.min("article_id").alias("one"))
        top = largest.orderBy(F.desc("joined"), "canonical_id").first()
        reasons = exceeded_by_build(limits, counts, examples, unread, tuple(top) if top else None)
        if reasons:
            raise Refused(
                f"the build was stopped: {'; '.join(reasons)}.  Look at it, and if it is right run it again with"
                " --accept: it goes on where it was"
            )

    def write(self, run: Mapping[str, Any]) -> None:
        """The tables of a store."""
        long = {
            tables.revision: self.revisions,
            tables.signature: self.ranks.select("row", "text_id"),
            tables.bucket: clusters(self.placed),
        }
        # With the names of its columns: where a later version has others, no part is as before.
        narrow = {t.name: frame.selectExpr("*", f"'{' '.join(t.c.keys())}' AS columns") for t, frame in long.items()}
        parted = Parts(self.steps, self.before, "tables", narrow, dict.fromkeys(narrow, BY_SHARD))

        def put(frame: DataFrame, name: str) -> DataFrame:
            return self.steps.keep_at(f"tables/{name}", frame)

        written = Tables(put, self.steps.keep, self.shards, self.tasks, parted)
        written.articles(self.current, self.revisions)
        written.texts(self.ranks, self.placed, self.recipe)
        written.history(self.states, self.quarantined, self.listed.started)
        written.decisions(self.current, self.decisions, self.listed.started)

    def forget(self, known: Collection[str]) -> None:
        """Blank what the shards hold of erased articles, but for those that an earlier build has blanked there.

        known  ids of the articles that had been erased when that was made
        """
        if self.erased is None:
            return
        here = self.erased.select("shard", "article_id", "path", "record")
        gone: dict[int, list[tuple[str, str, int | None]]] = {}
        for shard, *place in here.where(
            ~here["article_id"].isin(list(known)) | here["shard"].isin(self.listed.new())
        ).collect():
            gone.setdefault(shard, []).append(tuple(place))
        tasks = [(self.shards.path(shard), places) for shard, places in gone.items()]
        if tasks:
            self.steps.spark.sparkContext.parallelize(tasks, len(tasks)).foreachPartition(staged.forget)


def said(precedences: Mapping[str, Precedence]) -> dict[str, list[Any]]:
    """Precedences as JSON has them."""
    return {name: [each.rank, each.earliest.isoformat()] for name, each in sorted(precedences.items())}
