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
SHARED = f"{BAND_ROWS}, size long, place long"
"""Band rows of keys that several texts have: how many, and the how manieth this one is."""
TEXT = ("title", "body", "signature")
"""Columns of a record from which two texts are compared."""
PAIRS = "key long, u long, v long"
BEST = "v long, u long"
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


def shared(batches: Batches) -> Iterator[pa.RecordBatch]:
    """SHARED of band rows in the order of key and rank.  Not by Spark: each key is a window, and most are alone."""
    names, held = ("key", "rank", "band"), list[list[NDArray[Any]]]()  # held: of the last key, which may go on

    def of(columns: list[NDArray[Any]]) -> Iterator[pa.RecordBatch]:
        first = np.flatnonzero(np.diff(columns[0], prepend=columns[0][:1] - 1))
        sizes = np.diff(first, append=len(columns[0]))
        size, place = np.repeat(sizes, sizes), np.arange(len(columns[0])) - np.repeat(first, sizes)
        several = size > 1
        yield from _batches((*names, "size", "place"), (each[several] for each in (*columns, size, place)))

    for batch in batches:
        columns = [batch[name].to_numpy() for name in names]
        if held and len(batch) and columns[0][0] == columns[0][-1] == held[0][0][-1]:
            held.append(columns)
        elif len(batch):
            columns = [np.concatenate(each) for each in zip(*held, columns, strict=True)]
            whole = int(np.searchsorted(columns[0], columns[0][-1]))
            yield from of([each[:whole] for each in columns])
            held = [[each[whole:] for each in columns]]
    if held:
        yield from of([np.concatenate(each) for each in zip(*held, strict=True)])


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


def walked(batches: Batches, recipe: Recipe, unsure: int) -> Iterator[pa.RecordBatch]:
    """PAIRS that a walk through large buckets tells of; and each leader of a bucket that is cut, paired with itself.

    batches  rows in the order of key, part, chunk, role, rank; part: -1 where the bucket is not cut
    unsure   leaders of a bucket, or a part, that may tell of pairs
    """
    rules, leaders, at_last = rules_of(recipe), rounds.no_leaders(recipe.permutations), (0, -1, 0)
    for batch in batches:
        if not len(batch):
            continue
        numbers = {n: batch[n].to_numpy(zero_copy_only=False) for n in rounds.Rows._fields if n in batch.schema.names}
        places = np.stack([batch[name].to_numpy() for name in ("key", "part", "chunk")])
        before = np.column_stack([np.array(at_last), places[:, :-1]])
        at_last = tuple(places[:, -1].tolist())
        tested = batch["tested"]
        ends = tested.offsets.to_numpy()[1:].astype(np.int64) - tested.offsets[0].as_py()
        rows = rounds.Rows(
            **{name: np.ascontiguousarray(column) for name, column in numbers.items()},
            begins=(places != before).any(axis=0),
            ends=ends,
            minima=minima_of(batch["signature"], recipe),
        )
        found, led, leaders = rounds.walk(rows, tested.flatten().to_numpy(), leaders, unsure, rules)
        yield from _batches(("key", "u", "v"), found.T)
        leading = led & (rows.role == rounds.ALONE) & (places[1] >= 0)
        yield from _batches(("key", "u", "v"), (rows.key[leading], rows.rank[leading], rows.rank[leading]))


def compared(batches: Batches, recipe: Recipe, eager: bool) -> Iterator[pa.RecordBatch]:
    """TESTED pairs, from blocks: the texts of a block come first (kind 0, with TEXT), then its pairs (kind 1) by v, u.

    In each block the pairs take turns (etl.decide.rounds.take_turns): those that are left out are not tested.
    """
    at_hand = _Block(recipe, eager)
    for batch in batches:
        columns = {name: batch[name].to_pylist() for name in ("block", "salt", "kind", "key", "u", "v", "word")}
        texts = [i for i, kind in enumerate(columns["kind"]) if kind == 0]
        here = batch.take(pa.array(texts, pa.int64()))
        stored = list(zip(here["title"].to_pylist(), here["body"].to_pylist(), strict=True))
        sets = signatures.shingle_sets(compared_by(stored), recipe)
        minima = minima_of(here["signature"], recipe)
        come = dict(zip(texts, zip(sets, minima, strict=True), strict=True))
        for i, (block, salt, kind, key, u, v, word) in enumerate(zip(*columns.values(), strict=True)):
            if (block, salt) != at_hand.name:
                at_hand.begin((block, salt))
            if kind == 0:
                at_hand.texts[u] = come[i]
            else:
                at_hand.add(key, u, v, word)
        yield at_hand.tested()
    at_hand.begin((0, 0))
    yield at_hand.tested()


class _Block:
    """The block of pairs that is being compared."""

    def __init__(self, recipe: Recipe, eager: bool) -> None:
        self.name = (0, 0)
        self.texts: dict[int, _Printed] = {}
        self._recipe, self._rules, self._eager = recipe, rules_of(recipe), eager
        self._out = set[int]()
        self._text, self._pairs = -1, dict[int, tuple[int, str | None]]()  # of the text whose pairs are coming
        self._tested: list[tuple[Any, ...]] = []

    def begin(self, name: tuple[int, int]) -> None:
        self._take_turns()
        self.name, self.texts, self._out = name, {}, set()

    def add(self, key: int, u: int, v: int, word: str | None) -> None:
        if v != self._text:
            self._take_turns()
            self._text = v
        self._pairs[u] = key, word

    def tested(self) -> pa.RecordBatch:
        """TESTED pairs since the last call."""
        rows, self._tested = self._tested, []
        columns = [pa.array([row[n] for row in rows], kind) for n, kind in enumerate(_TESTED_TYPES)]
        return pa.RecordBatch.from_arrays(columns, names=_TESTED_NAMES)

    def _take_turns(self) -> None:
        if not self._pairs:
            return
        v, pairs, self._pairs = self._text, self._pairs, {}
        own = self.texts[v]

        def is_edge(u: int) -> bool:
            key, word = pairs[u]
            found = _compare(self.texts[u], own, word, self._recipe, self._rules)
            self._tested.append((key, u, v, *found))
            return found[2]

        candidates = [(u, agreement(self.texts[u][1], own[1]) >= self._rules.cover) for u in pairs]
        if rounds.take_turns(candidates, self._out, self._eager, is_edge):
            self._out.add(v)


_Printed = tuple[NDArray[np.uint64], NDArray[np.uint32]]
"""A text, as its set of shingles and its signature."""
_TESTED_NAMES = [column.split()[0] for column in TESTED.split(", ")]
_TESTED_TYPES = [pa.int64(), pa.int64(), pa.int64(), pa.float64(), pa.int32(), pa.bool_(), pa.bool_()]


def _compare(
    left: _Printed, right: _Printed, word: str | None, recipe: Recipe, rules: rounds.Rules
) -> tuple[float | None, int, bool, bool]:
    """(jaccard, shared bands, edge, near) of two texts.

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
    """BEST: a text that the election over these edges (u, v) leaves out, and its earliest neighbour that stays.

    One task has all edges.
    """
    whole = pa.Table.from_batches(list(batches), pa.schema([("u", pa.int64()), ("v", pa.int64())]))
    earlier, later = whole.column("u").to_numpy(), whole.column("v").to_numpy()
    nodes, at = np.unique(np.concatenate([earlier, later]), return_inverse=True)
    order = np.argsort(later, kind="stable")
    out = rounds.excluded(at[len(earlier) :][order], at[: len(earlier)][order], len(nodes))
    stands = ~out[at[: len(earlier)]]
    earlier, later = earlier[stands], later[stands]
    order = np.lexsort((earlier, later))
    first = order[np.diff(later[order], prepend=-1) != 0]
    yield from _batches(("v", "u"), (later[first], earlier[first]))


def _batches(names: Sequence[str], columns: Iterable[NDArray[Any]]) -> Iterator[pa.RecordBatch]:
    """Columns as batches of a size that Arrow takes."""
    arrays = [np.ascontiguousarray(column) for column in columns]
    for at in range(0, len(arrays[0]), ROWS_A_BATCH):
        yield pa.RecordBatch.from_arrays([pa.array(a[at : at + ROWS_A_BATCH]) for a in arrays], names=list(names))
