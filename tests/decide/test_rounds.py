"""The rounds of the distributed election: on any signatures and any edges they end in the standings of the static walk.

An oracle stands in for Jaccard: the dice say whether a pair is an edge, so that what a walk takes for sure by the
signatures is often none.  That is the worst case for a guess.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import compress, pairwise

import numpy as np

from etl.decide import rounds
from etl.decide.rounds import ALONE, GIVEN, MEETS, Rows, Rules

BANDS, ROWS, SMALL = 8, 2, 3
RULES = Rules(least=5, cover=9, threshold=0.7, bands=BANDS, rows=ROWS)
CASES = 10_000


def corpus(dice):
    """(minima, edges) of some 15 texts in few families."""
    n, alphabet = int(dice.integers(2, 26)), int(dice.integers(2, 5))
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
        self.minima, self.edges, self.n, self.dice = minima, edges.tolist(), len(minima), dice
        self.near = ((minima[:, None] == minima[None]).sum(2) >= RULES.cover).tolist()
        self.tested: set[tuple[int, int, int]] = set()
        buckets = defaultdict(list)
        for v, signature in enumerate(minima.tolist()):
            for band in range(BANDS):
                buckets[band, *signature[band * ROWS : band * ROWS + ROWS]].append(v)
        small, large = [0] * self.n, [0] * self.n
        self.part = int(dice.choice([SMALL, 3 * SMALL, 99]))
        rows, waiting = list[tuple[int, ...]](), list[tuple[int, int]]()
        keys = dice.permutation(len(buckets)).tolist()
        for key, ((band, *_), texts) in zip(keys, buckets.items(), strict=True):
            cut = len(texts) > self.part
            if len(texts) > SMALL:
                rows += [(key, place // self.part if cut else -1, 0, ALONE, v, band) for place, v in enumerate(texts)]
            elif len(texts) > 1:
                waiting += [(key, v) for v in texts]
            masks = large if len(texts) > SMALL else small if len(texts) > 1 else []
            for v in texts if masks else ():
                masks[v] |= 1 << band
        self.small, self.large = np.array(small), np.array(large)
        within = rounds.pairs_within(*np.array(waiting, np.int64).reshape(-1, 2).T.copy())
        self.waiting = {(u, v): key for key, u, v in zip(*(each.tolist() for each in within), strict=True)}
        self.rows = sorted(rows)

    def guess(self):
        edges = sorted({(v, u) for _, u, v in self.tested if self.edges[u][v]})
        later, earlier = np.array(edges, np.int64).reshape(-1, 2).T.copy()
        out = rounds.excluded(later, earlier, self.n)
        bound = np.arange(self.n)
        for v, u in reversed(edges):
            if out[v] and not out[u]:
                bound[v] = u
        return bound

    def walk(self, bound, unsure):
        """What a walk through the buckets tells of, in parts where they are cut."""
        forced = np.zeros(self.n, np.bool_)
        known = defaultdict(list)
        for bucket, u, v in sorted(self.tested):
            known[bucket, v].append(u)
            if self.near[u][v] and not self.edges[u][v]:
                forced[v] = True

        def walk(rows):
            """What a walk tells of, and the rows that lead."""
            told, leading, leaders = list[tuple[int, ...]](), list[tuple[int, ...]](), rounds.no_leaders(BANDS * ROWS)
            columns, begins = np.array(rows, np.int64), np.ones(len(rows), np.bool_)
            begins[1:] = (columns[1:, :3] != columns[:-1, :3]).any(1)
            cut = int(self.dice.integers(0, 2 * len(rows)))
            for a, b in pairwise([0, *([cut] if cut < len(rows) else []), len(rows)]):  # batches that cut buckets
                key, _, _, role, at, band = columns[a:b].T.copy()
                tested = [known.get((row[0], row[4]), ()) if row[3] != GIVEN else () for row in rows[a:b]]
                ends = np.cumsum([len(each) for each in tested], dtype=np.int64)
                part = Rows(
                    key, begins[a:b], role.astype(np.int8), band.astype(np.int16), at, bound[at], self.small[at],
                    self.large[at], forced[at], np.ones(len(at), np.int32), ends, self.minima[at],
                )  # fmt: skip
                flat = np.array([u for each in tested for u in each], np.int64)
                found, led, leaders = rounds.walk(part, flat, leaders, unsure, RULES)
                told += map(tuple, found.tolist())
                leading += compress(rows[a:b], led.tolist())
            return told, leading

        told, leading = walk(self.rows) if self.rows else ([], [])
        led = defaultdict(list)
        for row in leading:
            if row[1] >= 0:
                led[row[0]].append(row)
        meeting = list[tuple[int, ...]]()
        for key, part, _, _, v, band in self.rows if led else ():
            for chunk in range(0, len(led[key]), self.part) if part > 0 else ():
                meeting.append((key, part, chunk, MEETS, v, band))
        for key, part, chunk in {row[:3] for row in meeting}:
            given = led[key][chunk : chunk + self.part]
            meeting += [(key, part, chunk, GIVEN, u, band) for _, its, _, _, u, band in given if its < part]
        return told + walk(sorted(meeting))[0] if meeting else told

    def due(self, bound, told):
        """Pairs of small buckets that the guess missed, but for those of texts of which the walk has told."""
        tested, asked = {(u, v) for _, u, v in self.tested}, {v for _, _, v in told}
        return [
            (key, u, v)
            for (u, v), key in self.waiting.items()
            if bound[u] == u < bound[v] and (u, v) not in tested and asked.isdisjoint((u, v))
        ]

    def take_turns(self, asked):
        """Test some of the pairs, in blocks, each text's in one; some rounds are eager."""
        by_text = defaultdict[int, dict[int, int]](dict)
        for key, u, v in sorted(asked):
            by_text[v][u] = key
        out_of, eager = defaultdict[int, set[int]](set), self.dice.random() < 0.1
        for v, keys in sorted(by_text.items()):
            out = out_of[min(keys.values())]

            def is_edge(u, v=v, keys=keys):
                self.tested.add((keys[u], u, v))
                return self.edges[u][v]

            if rounds.take_turns([(u, self.near[u][v]) for u in sorted(keys)], out, eager, is_edge):
                out.add(v)

    def run(self):
        """The standings, and how many rounds they took."""
        for number in range(1, 1000):
            bound = self.guess()
            told = self.walk(bound, unsure=4 ** (number - 1))
            told += self.due(bound, told)
            assert self.tested.isdisjoint(told), "a tested pair is told of again"
            if not told:
                return bound.tolist(), number
            self.take_turns(told)
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
