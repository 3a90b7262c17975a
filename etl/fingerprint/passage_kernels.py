"""Compiled loops over shingles: which are sampled, how many two texts share, and in which runs.  Pure."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from etl.compiled import HASH_BASE, Hashes, Offsets, compiled
from etl.fingerprint.kernels import fmix64

Numbers = NDArray[np.int64]


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
        for last in range(max(ends[i], min(ends[i] + width, ends[i + 1]) - 1), ends[i + 1]):
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
def _slots(count: int) -> int:
    """Slots of a table of so many hashes: a power of two, at most half of them taken."""
    size = 16
    while size < 2 * count:
        size *= 2
    return size


@compiled
def _room(counts: Numbers) -> int:
    """Slots of the largest table."""
    most = 0
    for count in counts:
        most = max(most, count)
    return _slots(most)


@compiled
def _table(hashes: Hashes) -> Offsets:
    """1 + the first place of each hash, by open addressing; 0 is a free slot."""
    slots = np.zeros(_slots(len(hashes)), dtype=np.int64)
    mask = len(slots) - 1
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
def each_once(hashes: Hashes, ends: Offsets) -> tuple[Hashes, Numbers]:
    """The hashes of each text, each once, those of text i from ends[i] on; how many they are."""
    texts = len(ends) - 1
    slots = np.empty(_room(ends[1:] - ends[:-1]), dtype=np.uint64)  # of one text, in a core's cache
    once = np.empty(len(hashes), dtype=np.uint64)
    counts = np.zeros(texts, dtype=np.int64)
    for i in range(texts):
        own = hashes[ends[i] : ends[i + 1]]
        counts[i] = _enter(own, slots[: _slots(len(own))], once[ends[i] :])
    return once, counts


@compiled
def shared_counts(
    once: Hashes, low: NDArray[np.uint16], ends: Offsets, sizes: Numbers, large: Numbers, small: Numbers, least: Numbers
) -> Numbers:
    """The loop of shared_shingles().  low: the low 16 bits of each hash.

    Most pairs share far too little.  How many of the small text's hashes have their low bits among the large one's is
    as much at least as they share, and takes a tenth of the time, since no branch depends on it.
    """
    slots = np.empty(_room(sizes), dtype=np.uint64)
    unused = np.empty(len(slots), dtype=np.uint64)
    marks = np.empty(1 << 16, dtype=np.uint8)
    shared = np.zeros(len(large), dtype=np.int64)
    marked = entered = -1
    for pair in range(len(large)):
        i, j = large[pair], small[pair]
        if i != marked:
            marks[:] = 0
            for x in low[ends[i] : ends[i] + sizes[i]]:
                marks[x] = 1
            marked = i
        most = 0
        for x in low[ends[j] : ends[j] + sizes[j]]:
            most += marks[x]
        if most < least[pair]:
            continue
        table = slots[: _slots(sizes[i])]
        if i != entered:
            _enter(once[ends[i] : ends[i] + sizes[i]], table, unused)
            entered = i
        mask = len(table) - 1
        count = 0
        for h in once[ends[j] : ends[j] + sizes[j]]:
            slot = np.int64(h) & mask
            while table[slot] and table[slot] != h:
                slot = (slot + 1) & mask
            count += table[slot] == h
        if count >= least[pair]:
            shared[pair] = count
    return shared


@compiled
def common_runs(
    hashes: Hashes, ends: Offsets, large: Numbers, small: Numbers, width: int, less: int, k: int
) -> Numbers:
    """Runs of shingles that the two texts of each pair share; large: sorted, so that each is one table.

    width, less  shingles of a run at least; `less` where a pair has no run of `width`
    k            tokens of a shingle: runs of a text are apart in it by tokens
    returns      (runs, 4) of pair, place in the small text, place in the large one, shingles
    """
    room = 0
    for j in small:
        room += (ends[j + 1] - ends[j]) // (less + k - 1) + 1
    runs = np.empty((room, 4), dtype=np.int64)
    w = 0
    for pair in range(len(large)):
        whole, text = (
            hashes[ends[large[pair]] : ends[large[pair] + 1]],
            hashes[ends[small[pair]] : ends[small[pair] + 1]],
        )
        if pair == 0 or large[pair] != large[pair - 1]:
            wide, narrow = _rolled(whole, width), _rolled(whole, less)
            wide_slots, narrow_slots = _table(wide), _table(narrow)
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
                while n + length < len(text) and at + length < len(whole) and text[n + length] == whole[at + length]:
                    length += 1
                runs[w, 0], runs[w, 1], runs[w, 2], runs[w, 3] = pair, n, at, length
                w += 1
                n += length + k - 1
    return runs[:w]
