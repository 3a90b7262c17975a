"""The election on Spark: the standings of etl.decide.election, by the rounds of etl.decide.rounds.

    known       pairs that an earlier build of the lake has compared: they are not compared again
    shared      band keys that several texts have; a key of one text says nothing, and goes
    large       those that many have, with the signatures of their texts
    waiting     every pair within the small buckets, and pairs that people judged
    best-1      the guess: who is left out by the edges so far, and the earliest canonical text with an edge to it
    walked-1    the walk through large buckets: pairs that the guess missed, and leaders of buckets that are cut
    met-1       pairs that it missed between the parts of these
    due-1       the same of waiting; none of both: the guess was right
    tested-1    these compared; then best-2, walked-2 …

A text is known by its rank, an int64 that ascends in the order of election, and by the row of its first article, by
which executors find it (etl.spark.staged).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING

from etl.decide import rounds
from etl.errors import Usage
from etl.fingerprint.recipe import Recipe
from etl.spark import pairs
from etl.spark.lake import Shards
from etl.spark.session import frame_of_rows
from etl.spark.staged import in_order, with_columns

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

MAX_BANDS = 63  # bits of a number
MAX_ROUNDS = 1_000
FIRST_UNSURE, UNSURE_GROWTH = 4, 4
"""Leaders of a bucket that tell of pairs, and so may be none, in the first walk; and how that grows by the walk."""
EAGER_PAIRS, EAGER_SHARE = 1.25, 0.1
"""A round is eager, and compares all pairs that it is told of, where they are at most so many times their later texts,
such a share of the pairs compared so far, or few at all: that spares rounds, and costs few comparisons."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Where the election changes its ways; tests set them small.

    small     texts of a bucket of which every pair is written down, and which is not walked
    block     pairs of one bucket that a task compares with their texts in memory
    gathered  edges that one task scans for a guess: some 3 GB
    part      texts of a bucket that one task walks: larger ones are cut.  What a task has meets part x part times at
              most, which is some 12 s
    eager     pairs that a round compares whatever their number of texts: so few cost less than one round more
    """

    small: int = 8
    block: int = 20_000
    gathered: int = 50_000_000
    part: int = 20_000
    eager: int = 10_000


class Election:
    """One election.

    texts    row, rank, shingles of each text
    words    u, v, word: judged pairs, by rank, the earlier first
    known    u, v, jaccard, bands, edge, near of pairs that were compared, and that nobody has judged; None: none
    shards   where they lie
    keep     makes a frame a durable step of that name, and reads it back
    tasks    into which the reading of texts is cut

    rounds, comparisons   when it is done: checks of a guess, and exact comparisons
    compared              when it is done: what a later election may take for `known`
    """

    def __init__(
        self,
        texts: DataFrame,
        words: DataFrame,
        known: DataFrame | None,
        shards: Shards,
        recipe: Recipe,
        keep: Callable[[DataFrame, str], DataFrame],
        tasks: int,
        thresholds: Thresholds,
    ) -> None:
        if recipe.bands > MAX_BANDS:
            raise Usage(f"a build on Spark takes recipes of at most {MAX_BANDS} bands, and {recipe.name} has more")
        self._texts, self._words, self._known, self._shards, self._recipe = texts, words, known, shards, recipe
        self._keep, self._tasks, self._thresholds = keep, tasks, thresholds
        self.rounds = self.comparisons = 0
        self.compared: DataFrame | None = None

    def standings(self) -> DataFrame:
        """rank, canonical (a rank), jaccard, bands, judged of the texts that are not canonical."""
        from pyspark.sql import functions as F

        shared = self._shared()
        large = self._large(shared)
        waiting = self._keep(self._waiting(shared), "waiting")
        none, parts = partial(frame_of_rows, waiting.sparkSession, []), (large.agg(F.max("part")).first() or [None])[0]
        tested, best, told = none(pairs.TESTED), none(pairs.BEST), none(pairs.PAIRS)
        edges, joined = none("u long, v long"), 0
        if self._known is not None:
            tested = self._keep(self._known_in(large, self._known), "known")
            edges = tested.where("edge AND key = 0").select("u", "v")
            joined = edges.count()
        for number in range(1, MAX_ROUNDS):
            if number > 1 or self._known is not None:
                best = self._guess(edges, joined, number)
            if parts is not None:
                told = self._told(large, best, tested, number, cut=parts > 0)
            due = self._keep(self._due(waiting, best, tested, told), f"due-{number}")
            self.rounds, asked = number, told.unionByName(due)
            count, texts = asked.agg(F.count("*"), F.count_distinct("v")).first() or (0, 0)
            if not count:
                break
            eager = count <= max(EAGER_PAIRS * texts, EAGER_SHARE * self.comparisons, self._thresholds.eager)
            more = self._keep(self._tested(asked, eager), f"tested-{number}")
            compared, new = more.agg(F.count("jaccard"), F.count_if("edge")).first() or (0, 0)
            self.comparisons, joined = self.comparisons + compared, joined + new
            tested, edges = tested.unionByName(more), edges.unionByName(more.where("edge").select("u", "v"))
        self.compared = tested.drop("key").dropDuplicates(["u", "v"]).join(self._words, ["u", "v"], "left_anti")
        found = best.join(tested, ["u", "v"]).dropDuplicates(["v"])  # a judged pair may be tested twice
        by_word = (F.col("jaccard") < self._recipe.threshold) | (F.col("bands") == 0)
        return found.selectExpr("v AS rank", "u AS canonical", "jaccard", "bands").withColumn("judged", by_word)

    @staticmethod
    def _known_in(large: DataFrame, known: DataFrame) -> DataFrame:
        """The known pairs (TESTED) in each large bucket that both texts are in, and once (0) wherever they are."""
        earlier, later = large.selectExpr("key", "rank AS u"), large.selectExpr("key", "rank AS v")
        together = known.join(earlier, "u").join(later, ["key", "v"])
        return together.unionByName(known.selectExpr("0L AS key", "*"))

    def _shared(self) -> DataFrame:
        """key, rank, band, size of the band keys that several texts have; place: of the text in the bucket."""
        ordered = in_order(self._texts.select("row", "rank"), self._tasks)
        rows = ordered.mapInArrow(partial(pairs.band_rows, shards=self._shards, recipe=self._recipe), pairs.BAND_ROWS)
        return self._keep(_sorted(rows, "key", "rank").mapInArrow(pairs.shared, pairs.SHARED), "shared")

    def _large(self, shared: DataFrame) -> DataFrame:
        """Rows of large buckets: key, part, band, rank, the masks of bands, size of the set, and signature.

        part  of a bucket that is cut; -1 of others
        """
        from pyspark.sql import functions as F

        bit, is_small = F.expr("shiftleft(1L, cast(band AS int))"), F.col("size") <= self._thresholds.small
        none = F.lit(0).cast("long")
        masks = shared.groupBy("rank").agg(
            F.coalesce(F.bit_or(F.when(is_small, bit)), none).alias("small"),
            F.coalesce(F.bit_or(F.when(~is_small, bit)), none).alias("large"),
        )
        texts = masks.where("large <> 0").join(self._texts, "rank").withColumnRenamed("shingles", "size")
        facts = with_columns(texts, self._shards, {"signature": "signature"}, self._tasks).drop("row")
        part = F.when(F.col("size") > self._thresholds.part, F.expr(f"place DIV {self._thresholds.part}"))
        parts = F.coalesce(part.cast("int"), F.lit(-1)).alias("part")
        rows = shared.where(~is_small).select("key", parts, "band", "rank").join(facts, "rank")
        return self._keep(rows, "large")

    def _told(self, large: DataFrame, best: DataFrame, tested: DataFrame, number: int, cut: bool) -> DataFrame:
        """PAIRS that a walk through the large buckets tells of.  cut: some are cut into parts."""
        from pyspark.sql import functions as F

        forced = tested.where("near AND NOT edge").selectExpr("v AS rank", "true AS forced").distinct()
        known = tested.groupBy("key", F.col("v").alias("rank")).agg(F.sort_array(F.collect_set("u")).alias("tested"))
        rows = large.join(best.selectExpr("v AS rank", "u AS bound"), "rank", "left").join(forced, "rank", "left")
        rows = rows.join(known, ["key", "rank"], "left").selectExpr(
            "key", "part", "0 AS chunk", f"cast({rounds.ALONE} AS tinyint) AS role", "band", "rank",
            "coalesce(bound, rank) AS bound", "small", "large", "coalesce(forced, false) AS forced", "size",
            "coalesce(tested, cast(array() AS array<long>)) AS tested", "signature",
        )  # fmt: skip
        unsure = FIRST_UNSURE * UNSURE_GROWTH ** min(number - 1, 20)
        walk = partial(pairs.walked, recipe=self._recipe, unsure=unsure)

        def told(rows: DataFrame, name: str) -> DataFrame:
            placed = rows.repartition("key", "part", "chunk").sortWithinPartitions(
                "key", "part", "chunk", "role", "rank"
            )
            return self._keep(placed.mapInArrow(walk, pairs.PAIRS), f"{name}-{number}")

        walked = told(rows, "walked")
        if not cut:
            return walked
        leaders = walked.where("u = v").select("key", F.col("u").alias("rank"))
        return walked.where("u < v").unionByName(told(self._meeting(rows.where("part >= 0"), leaders), "met"))

    def _meeting(self, rows: DataFrame, leaders: DataFrame) -> DataFrame:
        """Rows of buckets that are cut, beside the leaders of earlier parts, a chunk of them at a time."""
        from pyspark.sql import functions as F

        chunk = f"cast((row_number() OVER (PARTITION BY key ORDER BY rank) - 1) DIV {self._thresholds.part} AS int)"
        led = rows.drop("chunk").join(leaders.selectExpr("*", f"{chunk} AS chunk"), ["key", "rank"])
        chunks = led.groupBy("key", "chunk").agg({"part": "min", "rank": "min"}).toDF("key", "chunk", "from", "start")
        meet = rows.drop("chunk").join(chunks, "key").where("part > `from` AND start < bound")
        meet = meet.select(*rows.columns).withColumn("role", F.lit(rounds.MEETS).cast("tinyint"))
        tasks = meet.selectExpr("key", "chunk", "part AS of").distinct()
        given = led.join(tasks, ["key", "chunk"]).where("part < of").drop("part").withColumnRenamed("of", "part")
        given = given.withColumn("role", F.lit(rounds.GIVEN).cast("tinyint"))
        return meet.unionByName(given.withColumn("tested", F.expr("cast(array() AS array<long>)")))

    def _waiting(self, shared: DataFrame) -> DataFrame:
        """PAIRS within small buckets, and those that people judged, once each."""
        from pyspark.sql import functions as F

        small = shared.where(F.col("size") <= self._thresholds.small).select("key", "rank")
        found = _sorted(small, "key", "rank").mapInArrow(pairs.small_pairs, pairs.PAIRS)
        both = found.unionByName(self._words.selectExpr("0L AS key", "u", "v"))
        return both.groupBy("u", "v").agg(F.min("key").alias("key")).select("key", "u", "v")

    @staticmethod
    def _due(waiting: DataFrame, best: DataFrame, tested: DataFrame, told: DataFrame) -> DataFrame:
        """Pairs that wait no longer: the guess missed them, and the walk tells of no pair of theirs."""
        asked = told.select("v").distinct()
        missed = waiting.join(tested.select("u", "v"), ["u", "v"], "left_anti")
        for taken in (best.select("v"), asked):
            missed = missed.join(taken.withColumnRenamed("v", "u"), "u", "left_anti")
        bounds = missed.join(asked, "v", "left_anti").join(best.selectExpr("v", "u AS bound"), "v", "left")
        return bounds.where("bound IS NULL OR u < bound").select("key", "u", "v")

    def _tested(self, asked: DataFrame, eager: bool) -> DataFrame:
        """TESTED of pairs (PAIRS), as far as their turn comes.  Those of one later text are in one block."""
        from pyspark.sql import Window
        from pyspark.sql import functions as F

        salts = F.ceil(F.count("*").over(Window.partitionBy("block")) / self._thresholds.block)
        blocks = (
            asked.withColumn("block", F.min("key").over(Window.partitionBy("v")))
            .groupBy("u", "v").agg(F.min("key").alias("key"), F.min("block").alias("block"))
            .withColumn("salt", F.pmod(F.hash("v"), salts).cast("long"))
            .join(F.broadcast(self._words), ["u", "v"], "left")
        )  # fmt: skip
        ends = blocks.select("block", "salt", F.explode(F.array("u", "v")).alias("rank")).distinct()
        placed = ends.join(self._texts.select("rank", "row"), "rank")
        names = {name: name for name in pairs.TEXT}
        texts = with_columns(placed, self._shards, names, self._tasks)
        of_text = ("0 AS kind", "0L AS key", "rank AS u", "0L AS v", "'' AS word")
        rows = texts.selectExpr("block", "salt", *of_text, *names).unionByName(
            blocks.selectExpr(
                "block", "salt", "1 AS kind", "key", "u", "v", "word", *(f"NULL AS {name}" for name in names)
            )
        )
        compare = partial(pairs.compared, recipe=self._recipe, eager=eager)
        ordered = rows.repartition("block", "salt").sortWithinPartitions("block", "salt", "kind", "v", "u")
        return ordered.mapInArrow(compare, pairs.TESTED)

    def _guess(self, edges: DataFrame, count: int, number: int) -> DataFrame:
        """v, u: who is left out by the edges so far, and the earliest canonical text that it has an edge to."""
        from pyspark.sql import functions as F

        parts = max(1, math.ceil(count / self._thresholds.gathered))
        cuts = edges.approxQuantile("v", [n / parts for n in range(1, parts)], 0.1 / parts) if parts > 1 else []
        best: DataFrame | None = None
        for part, (after, upto) in enumerate(pairwise([-1, *sorted({int(c) for c in cuts}), 1 << 62])):
            here = edges.where(F.col("v").between(after + 1, upto))
            if best is not None:  # edges to texts that the scan so far has left out decide nothing
                here = here.join(best.select(F.col("v").alias("u")), "u", "left_anti").select("u", "v")
            # Not coalesce(1), which would drag the join before it into the one task.
            scanned = here.repartition(1).mapInArrow(pairs.first_set, pairs.BEST)
            found = self._keep(scanned, f"best-{number}-{part}")
            best = found if best is None else best.unionByName(found)
        if best is None:
            raise AssertionError("a scan has at least one part")
        return best


def _sorted(frame: DataFrame, key: str, *then: str) -> DataFrame:
    return frame.repartition(key).sortWithinPartitions(key, *then)
