"""Pairs: what executors do in an election, on batches of Arrow.  The order is that of etl.spark.election."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from etl.decide import rounds
from etl.fingerprint import signatures
from etl.fingerprint.comparison import compared_by
from etl.fingerprint.kernels import agreement
from etl.fingerprint.recipe import Recipe
from etl.spark.lake import Shards
from etl.spark.staged import records

ROWS_A_BATCH = 100_000
BAND_ROWS = "key long, rank long, band short"
TEXT = ("title", "body", "signature")
"""Columns of a record from which two texts are compared."""
PAIRS = "key long, u long, v long"
TESTED = "key long, u long, v long, jaccard double, bands int, edge boolean, near boolean"
"""Pairs with their exact similarity; without one where sizes and signatures rule an edge out.

near: their signatures made an edge as good as sure.
"""

Batches = Iterable[pa.RecordBatch]


def rules_of(recipe: Recipe) -> rounds.Rules:
    cover = math.ceil(recipe.threshold * recipe.permutations)
    return rounds.Rules(recipe.least_agreement(), cover, recipe.threshold, recipe.bands, recipe.rows)


def minima_of(column: pa.Array, recipe: Recipe) -> NDArray[np.uint32]:
    """(n, permutations) of a column of signatures."""
    joined = b"".join(column.to_pylist())
    return np.frombuffer(joined, dtype="<u4").reshape(-1, recipe.permutations)


def band_rows(batches: Batches, shards: Shards, recipe: Recipe) -> Iterator[pa.RecordBatch]:
    """BAND_ROWS of texts, given by row and rank."""
    for batch, (signature,) in records(batches, shards, ["signature"]):
        keys = signatures.band_keys(minima_of(signature, recipe), recipe)
        count, bands = keys.shape
        ranks = np.repeat(batch["rank"].to_numpy(), bands)
        numbers = np.tile(np.arange(bands, dtype=np.int16), count)
        yield from _batches(("key", "rank", "band"), (keys.ravel(), ranks, numbers))


def small_pairs(batches: Batches) -> Iterator[pa.RecordBatch]:
    """PAIRS within buckets, of rows in the order of key and rank."""
    key, rank = np.empty(0, np.int64), np.empty(0, np.int64)
    for batch in batches:
        key = np.concatenate([key, batch["key"].to_numpy()])
        rank = np.concatenate([rank, batch["rank"].to_numpy()])
        whole = int(np.searchsorted(key == key[-1], True)) if len(key) else 0  # the last bucket may go on
        yield from _batches(("key", "u", "v"), rounds.pairs_within(key[:whole], rank[:whole]))
        key, rank = key[whole:], rank[whole:]
    yield from _batches(("key", "u", "v"), rounds.pairs_within(key, rank))


def walked(batches: Batches, recipe: Recipe, budget: int) -> Iterator[pa.RecordBatch]:
    """PAIRS that a walk through large buckets tells of."""
    rules, leaders, open_key = rules_of(recipe), rounds.no_leaders(recipe.permutations), 0
    for batch in batches:
        if not len(batch):
            continue
        numbers = {n: batch[n].to_numpy(zero_copy_only=False) for n in rounds.Rows._fields if n in batch.schema.names}
        tested = batch["tested"]
        ends = tested.offsets.to_numpy()[1:].astype(np.int64) - tested.offsets[0].as_py()
        rows = rounds.Rows(
            **{name: np.ascontiguousarray(column) for name, column in numbers.items()},
            ends=ends,
            minima=minima_of(batch["signature"], recipe),
        )
        found, leaders = rounds.walk(rows, tested.flatten().to_numpy(), leaders, open_key, budget, rules)
        open_key = int(rows.key[-1])
        yield from _batches(("key", "u", "v"), found.T)


def compared(batches: Batches, recipe: Recipe) -> Iterator[pa.RecordBatch]:
    """TESTED pairs, from blocks: the texts of a block come first (kind 0, with TEXT), then its pairs (kind 1)."""
    rules, block = rules_of(recipe), (0, 0)
    held: dict[int, tuple[NDArray[np.uint64], NDArray[np.uint32]]] = {}
    for batch in batches:
        columns = {name: batch[name].to_pylist() for name in ("key", "salt", "kind", "u", "v", "word")}
        texts = [i for i, kind in enumerate(columns["kind"]) if kind == 0]
        here = batch.take(pa.array(texts, pa.int64()))
        stored = list(zip(here["title"].to_pylist(), here["body"].to_pylist(), strict=True))
        sets = signatures.shingle_sets(compared_by(stored), recipe)
        minima = minima_of(here["signature"], recipe)
        come = dict(zip(texts, zip(sets, minima, strict=True), strict=True))
        found: list[tuple[Any, ...]] = []
        for i, (key, salt, kind, u, v, word) in enumerate(zip(*columns.values(), strict=True)):
            if (key, salt) != block:
                block, held = (key, salt), {}
            if kind == 0:
                held[u] = come[i]
                continue
            found.append((key, u, v, *_compare(held[u], held[v], word, recipe, rules)))
        yield pa.RecordBatch.from_arrays(
            [pa.array([row[n] for row in found], kind) for n, kind in enumerate(_TESTED_TYPES)], names=_TESTED_NAMES
        )


_TESTED_NAMES = [column.split()[0] for column in TESTED.split(", ")]
_TESTED_TYPES = [pa.int64(), pa.int64(), pa.int64(), pa.float64(), pa.int32(), pa.bool_(), pa.bool_()]


def _compare(
    left: tuple[NDArray[np.uint64], NDArray[np.uint32]],
    right: tuple[NDArray[np.uint64], NDArray[np.uint32]],
    word: str | None,
    recipe: Recipe,
    rules: rounds.Rules,
) -> tuple[float | None, int, bool, bool]:
    """(jaccard, shared bands, edge, near) of two texts, each as its set of shingles and its signature.

    No jaccard: sizes and signatures rule an edge out, and no person calls them the same.
    """
    small, large = sorted((len(left[0]), len(right[0])))
    agreed = agreement(left[1], right[1])
    if word != "same" and (small < rules.threshold * large or agreed < rules.least):
        return None, 0, False, False
    jaccard, bands = signatures.jaccard(left[0], right[0]), 0
    if word == "same" or jaccard >= recipe.threshold:
        bands = len(np.intersect1d(*signatures.band_keys(np.stack([left[1], right[1]]), recipe)))
    edge = word != "different" and (word == "same" or (bands > 0 and jaccard >= recipe.threshold))
    return jaccard, bands, edge, agreed >= rules.cover


def first_set(batches: Batches) -> Iterator[pa.RecordBatch]:
    """Texts (v) that the election over these edges (u, v) leaves out; one task has them all."""
    whole = pa.Table.from_batches(list(batches), pa.schema([("u", pa.int64()), ("v", pa.int64())]))
    earlier, later = whole.column("u").to_numpy(), whole.column("v").to_numpy()
    nodes, at = np.unique(np.concatenate([earlier, later]), return_inverse=True)
    order = np.argsort(later, kind="stable")
    out = rounds.excluded(at[len(earlier) :][order], at[: len(earlier)][order], len(nodes))
    yield from _batches(("v",), (nodes[out],))


def _batches(names: Sequence[str], columns: Iterable[NDArray[Any]]) -> Iterator[pa.RecordBatch]:
    """Columns as batches of a size that Arrow takes."""
    arrays = [np.ascontiguousarray(column) for column in columns]
    for at in range(0, len(arrays[0]), ROWS_A_BATCH):
        yield pa.RecordBatch.from_arrays([pa.array(a[at : at + ROWS_A_BATCH]) for a in arrays], names=list(names))
