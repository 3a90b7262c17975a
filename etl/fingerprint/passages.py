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
from etl.fingerprint.signatures import batches, pack

SHINGLE = 5
"""Tokens of the shingles that relations go by, whatever the recipe of the election."""
GUARANTEED = 50
"""Tokens of a common run from which two texts surely share a sampled hash."""
SHORT_PASSAGE = 20
"""Tokens of the passages that are told of a pair without a longer one."""
MAX_PASSAGES = 16
"""Passages that are told of a pair: the longest."""

Numbers = NDArray[np.int64]
Passage = tuple[int, int, int]
"""Where it begins in the one text and in the other, in tokens from 0, and its length in tokens."""


class InCommon(NamedTuple):
    """What two texts share.

    shared    shingles that both have, each counted once; size, other_size: that each has
    longest   tokens of the longest of the passages; 0 without one
    passages  runs of tokens that both have, at most MAX_PASSAGES, in the order of the smaller text, apart in it: those
              of GUARANTEED tokens or more; where there is none, those of SHORT_PASSAGE or more
    """

    shared: int
    size: int
    other_size: int
    longest: int
    passages: tuple[Passage, ...]

    @classmethod
    def of(cls, shared: int, size: int, other_size: int, passages: tuple[Passage, ...]) -> InCommon:
        return cls(shared, size, other_size, max((length for *_, length in passages), default=0), passages)

    def turned(self) -> InCommon:
        """The same as the other text has it: its size and places first, the passages in its order."""
        passages = sorted((there, here, length) for here, there, length in self.passages)
        return self._replace(size=self.other_size, other_size=self.size, passages=tuple(passages))


def spell(comparison: Sequence[str]) -> list[Hashes]:
    """The shingles of comparison texts, as 64-bit hashes in their order, each as often as it occurs; a copy of each."""
    found: list[Hashes] = []
    for batch in batches(comparison):
        hashes, ends = spelled(*pack(batch), SHINGLE)
        found += [hashes[ends[i] : ends[i + 1]].copy() for i in range(len(batch))]
    return found


def sample(texts: Sequence[Hashes]) -> list[NDArray[np.int64]]:
    """The sample of each text, from its shingles in their order: signed 64-bit hashes, each once, in their order.

    One hash of about 23 shingles, and one at least of any text that is not empty.
    """
    ends = np.cumsum([0, *map(len, texts)], dtype=np.int64)
    joined = np.concatenate([*texts, np.empty(0, np.uint64)])
    picked, cuts = winnow(joined, ends, _width(GUARANTEED))
    return [np.unique(picked[cuts[i] : cuts[i + 1]].view(np.int64)) for i in range(len(texts))]


def shared_shingles(texts: Sequence[Hashes], large: Numbers, small: Numbers) -> tuple[Numbers, Numbers]:
    """How many shingles the two texts of each pair share, and how many each text has, each counted once.

    texts         the shingles of each in their order
    large, small  (pairs,) the two by their places in texts, in the order of the large ones; it takes as long as the
                  small ones are
    returns       (pairs,), (texts,)
    """
    return shared_counts(*_joined(texts), large, small)


def common_passages(large: Hashes, small: Sequence[Hashes]) -> list[tuple[Passage, ...]]:
    """Passages that a text shares with each of others, as InCommon has them, from their shingles in their order.

    The place of a passage is that in the small text, then in the large one: the first there of the run that begins it.
    It takes as long as all these texts are, however they repeat themselves.
    """
    widths = _width(GUARANTEED), _width(SHORT_PASSAGE)
    found: list[list[Passage]] = [[] for _ in small]
    for pair, here, there, shingles in common_runs(large, *_joined(small), *widths, SHINGLE).tolist():
        found[pair].append((here, there, shingles + SHINGLE - 1))
    return [tuple(sorted(sorted(each, key=lambda p: (-p[2], p[0]))[:MAX_PASSAGES])) for each in found]


def _joined(texts: Sequence[Hashes]) -> tuple[Hashes, Offsets]:
    return np.concatenate([*texts, np.empty(0, np.uint64)]), np.cumsum([0, *map(len, texts)], dtype=np.int64)


def _width(tokens: int) -> int:
    """Shingles of a run of so many tokens."""
    return tokens - SHINGLE + 1


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
def _enter(hashes: Hashes, slots: Hashes, new: Hashes) -> int:
    """Put hashes, each once, into a table that is emptied before; how many, written to `new` in their order."""
    mask = len(slots) - 1
    slots[:] = np.uint64(0)
    count = 0
    for x in hashes:
        slot = np.int64(x) & mask
        while slots[slot] and slots[slot] != x:
            slot = (slot + 1) & mask
        if not slots[slot]:
            slots[slot] = x
            new[count] = x
            count += 1
    return count


@compiled
def shared_counts(hashes: Hashes, ends: Offsets, large: Numbers, small: Numbers) -> tuple[Numbers, Numbers]:
    """The loop of shared_shingles(); text i is hashes[ends[i]:ends[i+1]].  large: sorted, so that each is one table."""
    texts = len(ends) - 1
    sizes = np.full(texts, 16, dtype=np.int64)
    for i in range(texts):
        while sizes[i] < 2 * (ends[i + 1] - ends[i]):
            sizes[i] *= 2
    slots = np.empty(max(16, sizes.max()) if texts else 16, dtype=np.uint64)  # of one text, in a core's cache
    distinct = np.empty(len(hashes), dtype=np.uint64)  # those of text i begin at ends[i]
    counts = np.zeros(texts, dtype=np.int64)
    for i in range(texts):
        counts[i] = _enter(hashes[ends[i] : ends[i + 1]], slots[: sizes[i]], distinct[ends[i] :])
    shared = np.zeros(len(large), dtype=np.int64)
    entered = -1
    unused = np.empty(len(slots), dtype=np.uint64)
    for pair in range(len(large)):
        i = large[pair]
        table = slots[: sizes[i]]
        if i != entered:
            _enter(distinct[ends[i] : ends[i] + counts[i]], table, unused)
            entered = i
        mask = sizes[i] - 1
        first = ends[small[pair]]
        for x in distinct[first : first + counts[small[pair]]]:
            slot = np.int64(x) & mask
            while table[slot] and table[slot] != x:
                slot = (slot + 1) & mask
            shared[pair] += table[slot] == x
    return shared, counts


@compiled
def common_runs(large: Hashes, small: Hashes, ends: Offsets, width: int, less: int, k: int) -> Numbers:
    """Runs of shingles that one text shares with others; all are given as their shingles in their order.

    width, less  shingles of a run at least; `less` where a text has no run of `width`
    k            tokens of a shingle: runs of a text are apart in it by tokens
    returns      (runs, 4) of text, place in it, place in the large one, shingles
    """
    texts = len(ends) - 1
    wide, narrow = _rolled(large, width), _rolled(large, less)
    wide_slots, narrow_slots = _table(wide), _table(narrow)
    runs = np.empty((len(small) // (less + k - 1) + texts, 4), dtype=np.int64)
    w = 0
    for i in range(texts):
        text = small[ends[i] : ends[i + 1]]
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
    return runs[:w]
