"""Verify the election of a lake, by the lemma of etl.decide.rounds, in other words than those that made it.  I/O.

Every bucket is walked with the canonical texts that are stored, and pairs are compared by their spelled-out shingles.
(a) No two canonical texts share an edge; (b) every other text has one to its canonical, which is earlier, and to no
canonical before that.  Pairs that sizes and signatures rule out are taken to have none, as in every election.

Tables are temporary views of Spark SQL, by their names.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from etl.fingerprint import signatures
from etl.fingerprint.comparison import compared_by
from etl.fingerprint.recipe import Recipe
from etl.spark.pairs import minima_of

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

NAMES = ("what", "place", "stored", "expected")
FOUND = ", ".join(f"{name} string" for name in NAMES)
"""A difference (etl.report.difference.Difference), as columns."""
PLACE = "concat(5000000000L + day, lpad(5000000000L - length, 10, '0'), article_id)"
"""A text's place in the order of election, as a string that sorts so."""
Batches = Iterable[pa.RecordBatch]


def found_of(rows: Iterable[tuple[object, ...]]) -> pa.RecordBatch:
    """Differences as a batch (FOUND)."""
    columns = list(zip(*rows, strict=True)) or [()] * len(NAMES)
    return pa.RecordBatch.from_arrays([pa.array(map(str, column), pa.string()) for column in columns], names=NAMES)


def band_index(spark: SparkSession, recipe: Recipe) -> DataFrame:
    """Differences of the rows of the band index: the keys of every text, each under its canonical."""
    _keys_of(spark, recipe)
    return spark.sql(_BUCKETS)


def _keys_of(spark: SparkSession, recipe: Recipe) -> None:
    signed = spark.table("signature").mapInArrow(partial(_keyed, recipe=recipe), "band_key long, text_id long")
    signed.createOrReplaceTempView("keyed")


def election(spark: SparkSession, recipe: Recipe) -> Iterator[DataFrame]:
    """Differences of the standings from the only ones for which the lemma holds."""
    _keys_of(spark, recipe)
    members = spark.sql(_STANDING)
    members.createOrReplaceTempView("standing")
    yield spark.sql(_LATER)
    shared = spark.sql("SELECT *, count(*) OVER (PARTITION BY band_key) AS size FROM keyed").where("size > 1")
    rows = shared.select("band_key", "text_id").join(members, "text_id").repartition("band_key")
    met = rows.sortWithinPartitions("band_key", "place").mapInArrow(partial(_met, recipe=recipe), "u long, v long")
    met.distinct().createOrReplaceTempView("met")
    spark.sql(_JUDGED).createOrReplaceTempView("judged")
    spark.sql(_PRINTED).createOrReplaceTempView("printed")
    pairs = spark.sql(_PAIRS)
    yield pairs.mapInArrow(partial(_compared, recipe=recipe), FOUND)


_STANDING = f"""
    SELECT m.text_id, m.canonical_id, m.place, c.place AS bound, m.shingles, s.minima
      FROM (SELECT *, {PLACE} AS place FROM cluster_member) AS m
      JOIN (SELECT text_id, {PLACE} AS place FROM cluster_member) AS c ON c.text_id = m.canonical_id
      JOIN signature AS s ON s.text_id = m.text_id"""  # noqa: S608  own columns
_BUCKETS = """
    SELECT 'bucket row' AS what, concat('band key ', coalesce(k.band_key, b.band_key)) AS place,
           concat_ws(' ', b.canonical_id, b.own) AS stored, concat_ws(' ', k.canonical_id, k.own) AS expected
      FROM (SELECT k.band_key, m.canonical_id, bool_or(m.text_id = m.canonical_id) AS own
              FROM keyed AS k JOIN cluster_member AS m ON m.text_id = k.text_id
             GROUP BY k.band_key, m.canonical_id) AS k
      FULL JOIN bucket AS b ON b.band_key = k.band_key AND b.canonical_id = k.canonical_id
     WHERE NOT (k.own <=> b.own)"""
_LATER = """
    SELECT 'standing' AS what, concat('text ', text_id) AS place, concat('after it, ', canonical_id) AS stored,
           'an earlier text' AS expected
      FROM standing WHERE text_id <> canonical_id AND bound >= place"""
_JUDGED = """
    SELECT least(a.text_id, b.text_id) AS one, greatest(a.text_id, b.text_id) AS other, min(j.word) AS word
      FROM judgement AS j
      JOIN article AS a ON a.article_id = j.article_id JOIN article AS b ON b.article_id = j.other_id
     WHERE a.text_id <> b.text_id GROUP BY 1, 2"""
# Pairs that were met, those that are called the same and may be joined, and each text with its canonical.
_PAIRS = """
    SELECT p.u, p.v, p.u = m.canonical_id AS stands, m.canonical_id, m.jaccard, m.bands, m.judged, j.word,
           a.title AS u_title, a.body AS u_body, b.title AS v_title, b.body AS v_body,
           s.minima AS u_minima, t.minima AS v_minima
      FROM (SELECT u, v FROM met
            UNION SELECT canonical_id, text_id FROM cluster_member WHERE text_id <> canonical_id
            UNION SELECT u.text_id, v.text_id
              FROM judged AS j JOIN standing AS u ON u.text_id IN (j.one, j.other)
              JOIN standing AS v ON v.text_id IN (j.one, j.other)
             WHERE j.word = 'same' AND u.text_id = u.canonical_id AND u.place < v.bound) AS p
      JOIN cluster_member AS m ON m.text_id = p.v
      LEFT JOIN judged AS j ON j.one = least(p.u, p.v) AND j.other = greatest(p.u, p.v)
      JOIN signature AS s ON s.text_id = p.u JOIN signature AS t ON t.text_id = p.v
      JOIN printed AS a ON a.text_id = p.u JOIN printed AS b ON b.text_id = p.v"""
_PRINTED = """
    SELECT m.text_id, r.title, r.body
      FROM cluster_member AS m JOIN article AS a ON a.article_id = m.article_id
      JOIN revision AS r ON r.article_id = a.article_id AND r.content_hash = a.content_hash"""


def _keyed(batches: Batches, recipe: Recipe) -> Iterator[pa.RecordBatch]:
    """band_key, text_id: each key of each text once."""
    for batch in batches:
        ids = batch["text_id"].to_pylist()
        keys = signatures.band_keys(minima_of(batch["minima"], recipe), recipe).tolist() if ids else []
        rows = [(key, text_id) for text_id, its in zip(ids, keys, strict=True) for key in set(its)]
        yield _numbers(rows, "band_key", "text_id")


def _numbers(rows: Sequence[tuple[int, int]], *names: str) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([pa.array([row[n] for row in rows], pa.int64()) for n in (0, 1)], names=names)


def _met(batches: Batches, recipe: Recipe) -> Iterator[pa.RecordBatch]:
    """u, v: in each bucket, a text and the canonical ones before its own that sizes and signatures do not rule out."""
    key, heads, places = None, list[int](), list[str]()
    sizes, signed = np.empty(64, np.int64), np.empty((64, recipe.permutations), np.uint32)  # of the heads
    for batch in batches:
        minima = minima_of(batch["minima"], recipe) if len(batch) else ()
        found = list[tuple[int, int]]()
        for row, own in zip(batch.drop_columns(["minima"]).to_pylist(), minima, strict=True):
            if row["band_key"] != key:
                key, heads, places = row["band_key"], [], []
            before, size = bisect_left(places, row["bound"]), row["shingles"]
            least, most = np.minimum(sizes[:before], size), np.maximum(sizes[:before], size)
            agreed = (signed[:before] == own).sum(axis=1)
            may = (least >= recipe.threshold * most) & (agreed >= recipe.least_agreement())
            found += [(heads[n], row["text_id"]) for n in np.flatnonzero(may)]
            if row["text_id"] == row["canonical_id"]:
                if len(heads) == len(sizes):
                    sizes, signed = np.concatenate([sizes, sizes]), np.concatenate([signed, signed])
                sizes[len(heads)], signed[len(heads)] = size, own
                heads.append(row["text_id"])
                places.append(row["place"])
        yield _numbers(found, "u", "v")


def _compared(batches: Batches, recipe: Recipe) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        found = list[tuple[object, ...]]()
        for row in batch.to_pylist():
            texts = compared_by([(row["u_title"], row["u_body"]), (row["v_title"], row["v_body"])])
            one, other = (signatures.spelled(text, recipe) for text in texts)
            jaccard = len(one & other) / len(one | other)
            both = b"".join([row["u_minima"], row["v_minima"]])
            keys = signatures.band_keys(np.frombuffer(both, dtype="<u4").reshape(2, -1), recipe)
            bands = len(np.intersect1d(*keys))
            alike = bands > 0 and jaccard >= recipe.threshold
            edge = row["word"] != "different" and (alike or row["word"] == "same")
            stored = (row["canonical_id"], row["jaccard"], row["bands"], row["judged"])
            expected = (row["u"], jaccard, bands, not alike)
            if edge and stored != expected:
                found.append(("standing", f"text {row['v']}", stored, expected))
            elif row["stands"] and not edge:
                found.append(("standing", f"text {row['v']}", stored, "no edge to it"))
        yield found_of(found)
