"""The walk: the election of new texts that nothing stored and no judgement touches, as one compiled loop.  Pure.

Most texts of a run are so.  They share band keys with nobody, or with one another alone, and then what they are to each
other follows from them alone: etl.decide.election settles them here, and the others by what else it knows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from etl.compiled import Hashes, Offsets, Points, compiled, is_compiled
from etl.decide.band_index import Keys
from etl.decide.standings import Archive, BucketRows, Content, Standing, Text
from etl.fingerprint.kernels import agreement, common
from etl.fingerprint.recipe import Recipe

NONE = -1
Arrived = Sequence[tuple[Text, Content]]


class Walked(NamedTuple):
    """Texts with their standings, the bucket rows that they need, and how many exact comparisons were made."""

    texts: dict[int, Text]
    rows: BucketRows
    verified: int


def walk(
    chosen: NDArray[np.int64],
    arrived: Arrived,
    keys: Keys,
    archive: Archive,
    recipe: Recipe,
) -> Walked:
    """Elect texts among themselves.

    chosen   (texts,) positions of these texts among all that look again; none of them shares a key with another
    arrived  all that look again, and keys: theirs
    archive  gives their sets of shingles
    """
    shares = keys.have(keys.counts > 1)[chosen]
    alone = chosen[~shares]
    found = {}
    for n in alone.tolist():
        text_id, rank, size, _ = arrived[n][0]
        found[text_id] = Text(text_id, rank, size, Standing(text_id, 1.0, recipe.bands))
    at, ends = keys.of(alone)
    ids = np.fromiter(found, np.int64, len(found))
    rows = BucketRows([(keys.distinct[at], np.repeat(ids, np.diff(ends)), np.ones(len(at), np.bool_))])
    together = sorted(chosen[shares].tolist(), key=lambda n: arrived[n][0].rank)
    if not together:
        return Walked(found, rows, 0)
    ids = np.array([arrived[n][0].text_id for n in together], np.int64)
    archive.expect(ids.tolist())
    sets = [archive.shingle_set(i) for i in ids.tolist()]
    at, ends = keys.of(np.array(together))
    standings, alike, bands, kept, verified = _walk(
        ends,
        at,
        len(keys.distinct),
        np.array([arrived[n][1].signature for n in together]),
        np.concatenate(sets),
        np.cumsum([0, *map(len, sets)], dtype=np.int64),
        (float(recipe.least_ratio()), recipe.least_agreement(), float(recipe.threshold)),
    )
    bands[bands == NONE] = recipe.bands
    elected = zip(together, ids[standings].tolist(), alike.tolist(), bands.tolist(), strict=True)
    for n, canonical_id, jaccard, shared in elected:
        text_id, rank, size, _ = arrived[n][0]
        found[text_id] = Text(text_id, rank, size, Standing(canonical_id, jaccard, shared))
    own, canonicals = (
        np.repeat(column, np.diff(ends))[kept] for column in (standings == np.arange(len(ids)), standings)
    )
    rows.parts.append((keys.distinct[at[kept]], ids[canonicals], own))
    return Walked(found, rows, verified)


def apart_from(touched: NDArray[np.bool_], keys: Keys) -> NDArray[np.bool_]:
    """(texts,) which texts no shared key, and no chain of them, joins to one that is touched."""
    return _apart(touched, keys.at, keys.ends, len(keys.distinct))


def ready() -> bool:
    """Whether the loops are compiled already, in this process or in numba's cache on disk."""
    return is_compiled(_apart) and is_compiled(_walk)


def warm() -> None:
    """Compile the loops, or load them from numba's cache: seconds that a first run's transaction should not take."""
    keys = Keys([np.arange(2, dtype=np.int64)] * 2)
    apart_from(np.zeros(2, np.bool_), keys)
    signatures, sets = np.ones((2, 1), np.uint32), np.ones(2, np.uint64)
    _walk(keys.ends, keys.at, 2, signatures, sets, np.arange(3, dtype=np.int64), (1.0, 1, 1.0))


@compiled
def _apart(touched: NDArray[np.bool_], keys: Offsets, ends: Offsets, count: int) -> NDArray[np.bool_]:
    heads = np.arange(len(touched))
    first = np.full(count, NONE, dtype=np.int64)  # text that has the key
    for text in range(len(touched)):
        for n in range(ends[text], ends[text + 1]):
            other = first[keys[n]]
            if other == NONE:
                first[keys[n]] = text
                continue
            one = text
            while heads[one] != one:
                heads[one] = heads[heads[one]]
                one = heads[one]
            while heads[other] != other:
                heads[other] = heads[heads[other]]
                other = heads[other]
            heads[max(one, other)] = min(one, other)
    found = ~touched
    for text in range(len(touched)):  # a head stands before all that it heads
        heads[text] = heads[heads[text]]
        found[heads[text]] &= found[text]
    for text in range(len(touched)):
        found[text] = found[heads[text]]
    return found


@compiled
def _walk(
    ends: Offsets,
    keys: Offsets,
    count: int,
    signatures: Points,
    sets: Hashes,
    set_ends: Offsets,
    bounds: tuple[float, int, float],
) -> tuple[Any, ...]:
    """Standings of texts in the order of their ranks.

    ends, keys      text i has the keys keys[ends[i]:ends[i+1]], numbers below count, each once
    signatures      (texts, permutations)
    sets, set_ends  its set of shingles is sets[set_ends[i]:set_ends[i+1]]
    bounds          Recipe.least_ratio(), least_agreement(), threshold
    returns         canonical of each text, its similarity and the keys shared (-1 for itself), which keys are new rows
                    of the canonical's cluster, and how many pairs were compared exactly
    """
    texts = len(ends) - 1
    ratio, agreed, threshold = bounds
    standings, alike = np.arange(texts), np.ones(texts)
    bands, kept = np.full(texts, NONE, dtype=np.int64), np.ones(len(keys), dtype=np.bool_)
    # Key -> last of the entries of canonicals that have it, and of those whose members alone do.
    own, others = np.full(count, NONE, dtype=np.int64), np.full(count, NONE, dtype=np.int64)
    owner, before = np.empty(len(keys), dtype=np.int64), np.empty(len(keys), dtype=np.int64)
    shared, near = np.zeros(texts, dtype=np.int64), np.empty(texts, dtype=np.int64)
    verified = 0
    for text in range(texts):
        found = 0
        for n in range(ends[text], ends[text + 1]):
            entry = own[keys[n]]
            while entry != NONE:
                if shared[owner[entry]] == 0:
                    near[found] = owner[entry]
                    found += 1
                shared[owner[entry]] += 1
                entry = before[entry]
        near[:found].sort()
        mine = sets[set_ends[text] : set_ends[text + 1]]
        for canonical in near[:found]:
            if standings[text] == text:
                theirs = sets[set_ends[canonical] : set_ends[canonical + 1]]
                small, large = min(len(mine), len(theirs)), max(len(mine), len(theirs))
                if small >= ratio * large and agreement(signatures[text], signatures[canonical]) >= agreed:
                    verified += 1
                    both = common(mine, theirs)
                    jaccard = both / (len(mine) + len(theirs) - both) if small else 0.0
                    if jaccard >= threshold:
                        standings[text], alike[text], bands[text] = canonical, jaccard, shared[canonical]
            shared[canonical] = 0
        canonical = standings[text]
        for n in range(ends[text], ends[text + 1]):
            key = keys[n]
            heads = own if canonical == text else others
            if canonical != text:
                for listed in (own, others):
                    entry = listed[key]
                    while entry != NONE and owner[entry] != canonical:
                        entry = before[entry]
                    kept[n] &= entry == NONE
            if kept[n]:
                owner[n], before[n] = canonical, heads[key]
                heads[key] = n
    return standings, alike, bands, kept, verified
