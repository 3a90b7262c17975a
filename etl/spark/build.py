"""Build: a whole archive on Spark, from the files of its sources to the tables of a store as Parquet.

Each step is a folder below LAKE/work, whole when Spark's _SUCCESS is in it; a build that stopped goes on from there.

    shards       prepared records                                    etl.spark.plan, etl.spark.staged
    revisions    (article, content): when seen, whether current
    ranks        a text: its first article and its rank, a number that ascends in the order of election
    tested-0 …   the rounds of the election                          etl.spark.election
    standings    the texts that another stands for
    states       an article: what stands for it, and how
    guard        limits to the whole build; nothing is visible before it
    tables/…     the tables of schemas.tables, column for column     etl.spark.tables
    views/…      the contract's views, for readers                   etl.spark.views
    run.json     last of all: who finds it finds everything

Numbers of records and ranks are read back from what was written, never computed twice: a task that is tried again
cannot number anew.  Nothing but counts, names and judgements passes through the driver.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from etl.commit.batches import TEXT_COLLISION
from etl.decide.guard import MAX_EXAMPLES, Limits, exceeded_by_build
from etl.decide.keep import NO_FAULTS
from etl.decide.revisions import RECORD_VERDICTS, Precedence
from etl.errors import Refused, Usage
from etl.fingerprint.recipe import Recipe
from etl.pipeline.local import Progress
from etl.pipeline.steps import declared_sources
from etl.read.file import MAX_QUARANTINE_HEAD
from etl.settings import Settings
from etl.sources import locations
from etl.sources.source import Source
from etl.spark import staged, views
from etl.spark.election import Election, Thresholds
from etl.spark.plan import Plan, name_of, plan, precedences_of, source_row
from etl.spark.session import for_hadoop, named_errors
from etl.spark.tables import Tables
from schemas.records import RunReport
from schemas.relations import relation_sql

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

RUN = "run.json"


@dataclass(frozen=True, slots=True)
class Built:
    """A finished build: its report, and how much work its election was."""

    report: RunReport
    recipe: str
    rounds: int
    comparisons: int

    def line(self) -> str:
        return f"{self.report.line()}; {self.rounds} rounds, {self.comparisons} comparisons"

    def as_json(self) -> dict[str, object]:
        said = {"recipe": self.recipe, "rounds": self.rounds, "comparisons": self.comparisons}
        return {**self.report.as_json(), **said}


def build(
    spark: SparkSession,
    lake: str,
    sources: Sequence[Source],
    partitions: Sequence[date | None],
    label: str,
    settings: Settings,
    progress: Progress,
    limits: Limits | None,
    thresholds: Thresholds = Thresholds(),  # noqa: B008  frozen
    judgements: Sequence[tuple[str, str, str]] = (),
) -> Built:
    """Build a lake of these sources and days; what an earlier attempt has done is not done again.

    limits      of the guard; None: the build passes whatever it holds
    judgements  (article_id, other, word): as if people had always said so

    Raises Refused where the guard objects (the steps stay: with accept the build goes on), Usage where the lake holds
    another build.
    """
    recipe = Recipe.parse(settings.recipe)
    if recipe.characters:
        raise Usage(f"a build on Spark takes recipes of words, and {recipe.name} is of characters; use wirecopy run")
    name = name_of(sources, partitions, recipe)
    done = read_run(lake)
    if done is not None:
        if done["build"] != name:
            raise Usage(f"{lake} holds a build of other sources, days, recipe or version; name another folder")
        return _built(done)
    with named_errors():
        steps = _Steps(spark, locations.join(locations.join(lake, "work"), name), progress)
        progress.say("listing files")
        listed = plan(locations.join(steps.folder, "shards"), sources, partitions, recipe, settings)
        progress.note(f"{len(listed.places)} shards of {listed.size / 1e6:,.0f} MB")
        steps.prepare(listed, settings)
        declared = declared_sources(settings)
        precedences = precedences_of(listed, declared)
        rows = _Rows(steps, listed, recipe, thresholds, judgements, precedences)
        counts = rows.counts()
        if limits is not None:
            rows.guard(limits, counts)
        run = {
            "build": name, "label": label, "source": ", ".join(source.name for source in sources),
            "partition_date": partitions[0].isoformat() if len(partitions) == 1 and partitions[0] else None,
            "sources": [source_row(each, precedences) for each in declared],
            "recipe": recipe.name, "counts": counts,
            "rounds": rows.election.rounds,
            "comparisons": rows.election.comparisons, "started_at": listed.started.isoformat(),
        }  # fmt: skip
        rows.write(locations.join(lake, "tables"), run)
        run["finished_at"] = datetime.now(UTC).isoformat()
        rows.write_views(lake, run)
        locations.write(locations.join(lake, RUN), json.dumps(run, indent=1).encode())
        locations.remove(locations.join(lake, "work"))
    return _built(run)


def read_run(lake: str) -> dict[str, Any] | None:
    """The run of a finished build; None where there is none."""
    found = locations.read(locations.join(lake, RUN))
    return None if found is None else json.loads(found)


def _built(run: Mapping[str, Any]) -> Built:
    day = run["partition_date"]
    seconds = datetime.fromisoformat(run["finished_at"]) - datetime.fromisoformat(run["started_at"])
    report = RunReport(
        run["source"], day and date.fromisoformat(day), 1, **run["counts"], seconds=round(seconds.total_seconds(), 3)
    )
    return Built(report, run["recipe"], run["rounds"], run["comparisons"])


class _Steps:
    """Durable steps below a folder."""

    def __init__(self, spark: SparkSession, folder: str, progress: Progress) -> None:
        self.spark, self.folder, self._progress = spark, folder, progress

    def keep(self, frame: DataFrame, name: str) -> DataFrame:
        """The frame as written: what an earlier attempt has finished is not done again."""
        return self.keep_in(self.folder, frame, name)

    def keep_in(self, folder: str, frame: DataFrame, name: str) -> DataFrame:
        path = locations.join(folder, name)
        if not locations.exists(locations.join(path, "_SUCCESS")):
            self._progress.say(name)
            frame.write.mode("overwrite").parquet(for_hadoop(path))
        return self.spark.read.schema(frame.schema).parquet(for_hadoop(path))

    def prepare(self, listed: Plan, settings: Settings) -> None:
        """Prepare all shards, a task each."""
        self._progress.say("preparing")
        tasks = listed.tasks(settings)
        self.spark.sparkContext.parallelize(tasks, len(tasks)).foreachPartition(staged.prepare)


class _Rows:
    """The frames of a build, each from the ones before."""

    def __init__(
        self, steps: _Steps, listed: Plan, recipe: Recipe, thresholds: Thresholds,
        judgements: Sequence[tuple[str, str, str]], precedences: Mapping[str, Precedence],
    ) -> None:  # fmt: skip
        self.steps, self.listed, self.recipe = steps, listed, recipe
        shuffled = int(steps.spark.conf.get("spark.sql.shuffle.partitions") or 200)
        self.tasks = max(1, min(len(listed.places), shuffled))
        everything = staged.facts(steps.spark, listed.folder)
        self.collided = self._collided(everything)
        records = everything if self.collided is None else everything.join(self.collided, "row", "left_anti")
        self.revisions = steps.keep(staged.revisions(records, precedences), "revisions")
        self.current = self.revisions.where("current")
        self.standing = self.current.where("withdrawn IS NULL")
        self.ranks = self._ranks()
        words = self._words(judgements)
        self.election = Election(
            self.ranks.select("row", "rank", "shingles"),
            words,
            listed.folder,
            recipe,
            steps.keep,
            self.tasks,
            thresholds,
        )
        self.standings = steps.keep(self.election.standings(), "standings")
        self.placed = self._placed()
        self.states = self._states()
        self.quarantined = self._quarantined()

    def _collided(self, records: DataFrame) -> DataFrame | None:
        """row of the records whose text_id is that of another, earlier text; None: there are none, as ever."""
        from pyspark.sql import Window
        from pyspark.sql import functions as F

        digests = records.groupBy("text_id").agg(F.min("digest").alias("a"), F.max("digest").alias("b"))
        shared = self.steps.keep(digests.where("a <> b").select("text_id"), "shared-ids")
        ids = [row[0] for row in shared.collect()]
        if not ids:
            return None
        first = F.first("digest").over(Window.partitionBy("text_id").orderBy("row"))
        found = records.where(F.col("text_id").isin(ids)).withColumn("first", first)
        return self.steps.keep(found.where("digest <> first").select("row"), "collided")

    def _ranks(self) -> DataFrame:
        """One row a text, of its first article; rank ascends in the order of election, not densely."""
        from pyspark.sql import functions as F

        order = ["day", "shorter", "article_id"]
        facts = self.standing.withColumn("shorter", -F.col("length"))
        first = facts.groupBy("text_id").agg(F.min(F.struct(*order, "row", "shingles")).alias("first"))
        ordered = first.select("text_id", "first.*").repartitionByRange(*order).sortWithinPartitions(*order)
        ranked = ordered.withColumn("rank", F.monotonically_increasing_id())
        return self.steps.keep(ranked.withColumn("length", -F.col("shorter")).drop("shorter"), "ranks")

    def _words(self, judgements: Sequence[tuple[str, str, str]]) -> DataFrame:
        """u, v, word of judged pairs of texts; "different" goes before "same"."""
        from pyspark.sql import functions as F

        spark = self.steps.spark
        if not judgements:
            return spark.createDataFrame([], "u long, v long, word string")
        given = spark.createDataFrame(list(judgements), "one string, other string, word string")
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
        heads = self.ranks.selectExpr("rank AS canonical", "text_id AS canonical_id", "article_id AS canonical_article")
        led = self.standings.join(heads, "canonical").drop("canonical")
        return self.ranks.join(led, "rank", "left").selectExpr(
            "row", "text_id", "coalesce(canonical_id, text_id) AS canonical_id", "coalesce(jaccard, 1D) AS jaccard",
            f"coalesce(bands, {self.recipe.bands}) AS bands", "day", "length", "article_id", "shingles",
            "coalesce(judged, false) AS judged", "coalesce(canonical_article, article_id) AS canonical_article",
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

        spark = self.steps.spark
        shards = spark.createDataFrame(self.listed.days(), "shard long, source string, partition_date date")
        found = staged.quarantined(spark, self.listed.folder).join(F.broadcast(shards), "shard").drop("shard")
        if self.collided is not None:
            facts = staged.facts(spark, self.listed.folder).join(self.collided, "row")
            texts = staged.with_columns(facts, self.listed.folder, {"body": "body"}, self.tasks)
            head = F.substring(F.encode("body", "UTF-8"), 1, MAX_QUARANTINE_HEAD).alias("head")
            said = [F.lit("commit").alias("stage"), F.lit(TEXT_COLLISION).alias("reason"), head]
            found = found.unionByName(texts.select("source", "path", "record", "partition_date", "row", *said))
        record, reason = F.coalesce("record", F.lit(-1)), F.replace("reason", F.lit("\0"), F.lit(""))
        return found.withColumn("record", record).withColumn("reason", reason)

    def counts(self) -> dict[str, int]:
        """Records and articles by what they are, as in a run."""
        from pyspark.sql import functions as F

        sums = self.revisions.agg(
            *(F.sum(verdict).alias(verdict) for verdict in RECORD_VERDICTS), F.count("withdrawn").alias("retracted")
        ).first()
        found = {name: int(value or 0) for name, value in (sums.asDict() if sums else {}).items()}
        found["quarantined"] = self.quarantined.count()
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

    def write(self, folder: str, run: Mapping[str, Any]) -> None:
        """The tables of a store."""

        def put(frame: DataFrame, name: str) -> DataFrame:
            return self.steps.keep_in(folder, frame, name)

        tables = Tables(put, self.steps.keep, self.listed.folder, self.tasks)
        tables.articles(self.current, self.revisions)
        tables.texts(self.ranks, self.placed, self.recipe)
        tables.history(self.states, self.current, self.quarantined, self.listed.started, str(run["label"]))

    def write_views(self, lake: str, run: Mapping[str, Any]) -> None:
        """The contract's views over the tables."""
        folder = locations.join(lake, "views")
        tables = locations.join(lake, "tables")
        views.write(self.steps.spark, tables, run, lambda frame, name: self.steps.keep_in(folder, frame, name))
