"""The rounds of the distributed election: on any signatures and any edges they end in the standings of the static walk.

An oracle stands in for Jaccard: the dice say whether a pair is an edge, so that what a walk takes for sure by the
signatures is often none.  That is the worst case for a guess.
"""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from etl.decide import rounds
from etl.decide.rounds import Rows, Rules

BANDS, ROWS, SMALL = 8, 2, 3
RULES = Rules(least=5, cover=9, threshold=0.7, bands=BANDS, rows=ROWS)
CASES = 10_000


def corpus(dice):
    """(minima, edges) of some 30 texts in few families."""
    n, alphabet = int(dice.integers(2, 32)), int(dice.integers(2, 5))
    bases = dice.integers(0, alphabet, (int(dice.integers(1, 4)), BANDS * ROWS))
    minima = bases[dice.integers(0, len(bases), n)]
    noise = dice.random(minima.shape) < dice.choice([0.05, 0.2, 0.5])
    minima = np.where(noise, dice.integers(0, alphabet, minima.shape), minima).astype(np.uint32)
    agreed = (minima[:, None] == minima[None]).sum(2)
    shared = (minima.reshape(n, 1, BANDS, ROWS) == minima.reshape(1, n, BANDS, ROWS)).all(3).any(2)
    coin = dice.random((n, n)) < dice.choice([0.2, 0.6, 0.95])
    edges = np.tril(shared & (agreed >= RULES.least) & coin, -1)
    return minima, edges | edges.T


def by_definition(edges):
    """Of each text the earliest canonical one with an edge to it, or itself."""
    found: list[int] = []
    for v in range(len(edges)):
        found.append(next((u for u in range(v) if found[u] == u and edges[v, u]), v))
    return found


class Loop:
    """The loop around the walks, in one process."""

    def __init__(self, minima, edges, dice):
        self.minima, self.edges, self.n = minima, edges, len(minima)
        self.small, self.large = np.zeros(self.n, np.int64), np.zeros(self.n, np.int64)
        self.agreed = (minima[:, None] == minima[None]).sum(2)
        self.tested: set[tuple[int, int, int]] = set()
        buckets = defaultdict(list)
        for v in range(self.n):
            for band in range(BANDS):
                buckets[band, tuple(minima[v, band * ROWS : band * ROWS + ROWS])].append(v)
        rows = []
        keys = dice.permutation(len(buckets)).tolist()
        for key, ((band, _), texts) in zip(keys, buckets.items(), strict=True):
            if len(texts) > SMALL:
                self.large[texts] |= 1 << band
                rows += [(key, v, band) for v in texts]
            elif len(texts) > 1:
                self.small[texts] |= 1 << band
                pairs = rounds.pairs_within(np.full(len(texts), key), np.array(texts))
                self.tested |= set(zip(*(column.tolist() for column in pairs), strict=True))
        columns = np.array(sorted(rows), np.int64).reshape(-1, 3)
        self.key, self.rank, self.band = columns[:, 0], columns[:, 1], columns[:, 2]
        self.cuts = [0, *sorted(dice.integers(0, len(rows) + 1, 2).tolist()), len(rows)]  # batches that cut buckets

    def guess(self):
        edges = sorted({(v, u) for _, u, v in self.tested if self.edges[u, v]})
        later, earlier = np.array(edges, np.int64).reshape(-1, 2).T.copy()
        out = rounds.excluded(later, earlier, self.n)
        bound = np.arange(self.n)
        for v, u in reversed(edges):
            if out[v] and not out[u]:
                bound[v] = u
        return bound

    def walk(self, bound, budget):
        forced = np.zeros(self.n, np.bool_)
        known = defaultdict(list)
        for bucket, u, v in sorted(self.tested):
            known[bucket, v].append(u)
            forced[v] |= not self.edges[u, v] and self.agreed[u, v] >= RULES.cover
        told: list[tuple[int, ...]] = []
        leaders, open_key = rounds.no_leaders(BANDS * ROWS), -1
        for a, b in zip(self.cuts, self.cuts[1:], strict=False):
            key, at = self.key[a:b].copy(), self.rank[a:b].copy()
            tested = [known[row] for row in zip(key.tolist(), at.tolist(), strict=True)]
            ends = np.cumsum([len(each) for each in tested], dtype=np.int64)
            rows = Rows(
                key, self.band[a:b].astype(np.int16), at, bound[at], self.small[at], self.large[at], forced[at],
                np.ones(len(at), np.int32), ends, self.minima[at],
            )  # fmt: skip
            flat = np.array([u for each in tested for u in each], np.int64)
            found, leaders = rounds.walk(rows, flat, leaders, open_key, budget, RULES)
            open_key = int(key[-1]) if len(key) else open_key
            told += map(tuple, found.tolist())
        return told

    def run(self):
        """The standings, and how many rounds they took."""
        for number in range(1, 1000):
            bound = self.guess()
            told = self.walk(bound, budget=4 ** (number - 1))
            assert self.tested.isdisjoint(told), "a tested pair is told of again"
            if not told:
                return bound.tolist(), number
            self.tested |= set(told)
        raise AssertionError("no end")


def test_any_signatures_and_any_edges_end_in_the_standings_of_the_definition():
    took = []
    for seed in range(CASES):
        dice = np.random.default_rng(seed)
        minima, edges = corpus(dice)
        found, number = Loop(minima, edges, dice).run()
        assert found == by_definition(edges), seed
        took.append(number)
    assert max(took) > 4, "no case was hard"
