"""Passages: a sample of a text's shingles by which shared passages are found, and what two texts share.  Pure.

The sample is winnowed (Schleimer, Wilkerson and Aiken 2003): of each window of consecutive shingles the one of the
least hash.  Two texts with a common run of GUARANTEED tokens have a window in common, and so a sampled hash.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from etl.compiled import HASH_BASE, Hashes, Offsets, compiled
from etl.fingerprint.kernels import fmix64, spelled
from etl.fingerprint.recipe import Recipe
from etl.fingerprint.signatures import batches, pack

GUARANTEED = 50
"""Tokens of a common run from which two texts surely share a sampled hash."""
SHORT_PASSAGE = 20
"""Tokens of the passages that are told of a pair without a longer one."""
MAX_PASSAGES = 16
"""Passages that are told of a pair: the longest."""

Passage = tuple[int, int, int]
"""Where it begins in the one text and in the other, in tokens from 0, and its length in tokens."""


class Overlap(NamedTuple):
    """What two texts share.

    shared    shingles that both have, each counted once
    longest   tokens of the longest of the passages; 0 without one
    passages  runs of tokens that both have, at most MAX_PASSAGES, in the order of the smaller text, apart in it: those
              of GUARANTEED tokens or more; where there is none, those of SHORT_PASSAGE or more
    """

    shared: int
    longest: int
    passages: tuple[Passage, ...]

    def turned(self) -> Overlap:
        """The same with the place in the other text first, in the order of that."""
        return self._replace(passages=tuple(sorted((there, here, length) for here, there, length in self.passages)))


def spell(comparison: Sequence[str], recipe: Recipe) -> list[Hashes]:
    """The shingles of comparison texts, as 64-bit hashes in their order, each as often as it occurs; a copy of each."""
    found: list[Hashes] = []
    for batch in batches(comparison):
        hashes, ends = spelled(*pack(batch), recipe.shingle)
        found += [hashes[ends[i] : ends[i + 1]].copy() for i in range(len(batch))]
    return found


def sample(texts: Sequence[Hashes], recipe: Recipe) -> list[NDArray[np.int64]]:
    """The sample of each text, from its shingles in their order: signed 64-bit hashes, each once, in their order.

    One hash of about 23 shingles, and one at least of any text that is not empty.
    """
    ends = np.cumsum([0, *map(len, texts)], dtype=np.int64)
    joined = np.concatenate([*texts, np.empty(0, np.uint64)])
    picked, cuts = winnow(joined, ends, _width(GUARANTEED, recipe))
    return [np.unique(picked[cuts[i] : cuts[i + 1]].view(np.int64)) for i in range(len(texts))]


def overlaps(large: Hashes, small: Sequence[Hashes], recipe: Recipe) -> list[Overlap]:
    """What a text shares with each of others, from their shingles in their order.

    The place of a passage is that in the small text, then in the large one: the first there of the run that begins it.
    It takes as long as all these texts are, however they repeat themselves.
    """
    ends = np.cumsum([0, *map(len, small)], dtype=np.int64)
    joined = np.concatenate([*small, np.empty(0, np.uint64)])
    widths = _width(GUARANTEED, recipe), _width(SHORT_PASSAGE, recipe)
    shared, runs = measure(large, joined, ends, *widths, recipe.shingle)
    found: list[list[Passage]] = [[] for _ in small]
    for pair, here, there, shingles in runs.tolist():
        found[pair].append((here, there, shingles + recipe.shingle - 1))
    told = [sorted(sorted(each, key=lambda p: (-p[2], p[0]))[:MAX_PASSAGES]) for each in found]
    return [
        Overlap(count, max((length for *_, length in passages), default=0), tuple(passages))
        for count, passages in zip(shared.tolist(), told, strict=True)
    ]


def _width(tokens: int, recipe: Recipe) -> int:
    """Shingles of a run of so many tokens."""
    return max(1, tokens - recipe.shingle + 1)


@compiled
def winnow(hashes: Hashes, ends: Offsets, width: int) -> tuple[Hashes, Offsets]:
    """Of each window of `width` hashes the least, the last where several are; a shorter text is one window.

    returns  (picked, cuts): those of text i are picked[cuts[i]:cuts[i+1]], in their order, one place once
    """
    texts = len(ends) - 1
    picked = np.empty(len(hashes), dtype=np.uint64)
    cuts = np.zeros(texts + 1, dtype=np.int64)
    w = 0
    for i in range(texts):
        at = -1  # of the least of the window
        for last in range(min(ends[i] + width, ends[i + 1]) - 1, ends[i + 1]):
            first = max(ends[i], last - width + 1)
            before = at
            if at < first:
                at = first
                for j in range(first + 1, last + 1):
                    if hashes[j] <= hashes[at]:
                        at = j
            elif hashes[last] <= hashes[at]:
                at = last
            if at != before:
                picked[w] = hashes[at]
                w += 1
        cuts[i + 1] = w
    return picked[:w], cuts


@compiled
def _rolled(hashes: Hashes, width: int) -> Hashes:
    """A hash of each window of that width."""
    count = max(0, len(hashes) - width + 1)
    out = np.empty(count, dtype=np.uint64)
    power = np.uint64(1)
    for _ in range(width):
        power *= HASH_BASE
    h = np.uint64(0)
    for j in range(len(hashes)):
        h = h * HASH_BASE + hashes[j]
        if j >= width:
            h -= hashes[j - width] * power
        if j >= width - 1:
            out[j - width + 1] = fmix64(h)
    return out


@compiled
def _table(hashes: Hashes) -> Offsets:
    """1 + the first place of each hash, by open addressing; 0 is a free slot."""
    size = 16
    while size < 2 * len(hashes):
        size *= 2
    slots = np.zeros(size, dtype=np.int64)
    mask = size - 1
    for n in range(len(hashes)):
        slot = np.int64(hashes[n]) & mask
        while slots[slot] and hashes[slots[slot] - 1] != hashes[n]:
            slot = (slot + 1) & mask
        if not slots[slot]:
            slots[slot] = n + 1
    return slots


@compiled
def _place(hashes: Hashes, slots: Offsets, wanted: np.uint64) -> int:
    """The first place of a hash; -1 where it is not."""
    mask = len(slots) - 1
    slot = np.int64(wanted) & mask
    while slots[slot]:
        if hashes[slots[slot] - 1] == wanted:
            return int(slots[slot]) - 1
        slot = (slot + 1) & mask
    return -1


@compiled
def measure(
    large: Hashes, small: Hashes, ends: Offsets, width: int, less: int, k: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Shared shingles, and runs of them, of one text and others; all are given as their shingles in their order.

    width, less  shingles of a run at least; `less` where a text has no run of `width`
    k            tokens of a shingle: runs of a text are apart in it by tokens
    returns      (texts,) counts; (runs, 4) of text, place in it, place in the large one, shingles
    """
    texts = len(ends) - 1
    slots = _table(large)
    counted = np.zeros(len(large), dtype=np.int64)  # 1 + the last text that has the shingle of this place
    wide, narrow = _rolled(large, width), _rolled(large, less)
    wide_slots, narrow_slots = _table(wide), _table(narrow)
    shared = np.zeros(texts, dtype=np.int64)
    runs = np.empty((len(small) // (less + k - 1) + texts, 4), dtype=np.int64)
    w = 0
    for i in range(texts):
        text = small[ends[i] : ends[i + 1]]
        for x in text:
            at = _place(large, slots, x)
            if at >= 0 and counted[at] != i + 1:
                counted[at] = i + 1
                shared[i] += 1
        if shared[i] == 0:
            continue
        begin = w
        for either in range(2):
            if either == 1 and w > begin:
                break
            least = less if either else width
            windows = _rolled(text, least)
            n = 0
            while n < len(windows):
                at = _place(narrow, narrow_slots, windows[n]) if either else _place(wide, wide_slots, windows[n])
                if at < 0:
                    n += 1
                    continue
                length = least
                while n + length < len(text) and at + length < len(large) and text[n + length] == large[at + length]:
                    length += 1
                runs[w, 0], runs[w, 1], runs[w, 2], runs[w, 3] = i, n, at, length
                w += 1
                n += length + k - 1
    return shared, runs[:w]
