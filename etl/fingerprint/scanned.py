"""The compiled loops for texts that a scanner read: shingles of characters, and the passages two texts share.  Pure.

Every tenth letter may be wrong, words run together or fall apart at a line's end, a copy lacks its end, and the next
column stands behind it.  So a shingle is short, and spaces do not count; and two texts are measured by how much of
them runs side by side, whatever is misread on the way.
"""

from __future__ import annotations

import numpy as np

from etl.compiled import HASH_BASE, SPACE, Hashes, Offsets, compiled
from etl.fingerprint.kernels import POWERS, fmix64
from etl.fingerprint.token_kernels import points_of, room_for

FIGURE = np.uint64(1 << 63)
"""In a shingle's hash: its first token is a number.  The low 32 bits, which signatures are made of, do not have it."""
REACH = 24  # shingles between two that both texts have, at most, within a passage: some four lines of a column
DRIFT = 6  # by which these distances may differ: words that were joined, split or dropped
AHEAD = 8  # shared shingles in which the next of a passage is looked for
PASSAGE = 20  # shingles of a passage at least: stories on one matter share names and turns of phrase, not this much
FIGURES = 12  # shingles that begin with a number, in the passages of both texts, from which they are evidence
FIGURES_AGREE = 0.4  # as often as other shingles, at least: the next day's prices stand in the same words


@compiled
def shingle(comparison: str, offsets: Offsets, n: int) -> tuple[Hashes, Offsets]:
    """Sets of shingles of comparison texts, each a 64-bit hash, in the order in which they first occur.

    A shingle is n characters from the beginning of a token on, without spaces; a token of more than n characters is
    never cut (what counts as a whole, such as a stub, stays one), and a text of fewer than n is one shingle.  Hashes
    are those of etl.fingerprint.kernels.shingle, but for the highest bit, which says FIGURE.

    returns  (hashes, ends): the set of text i is hashes[ends[i]:ends[i+1]]; empty only for an empty text
    """
    texts = len(offsets) - 1
    characters = room_for(offsets)
    longest = len(characters)
    prefix = np.empty(longest + 1, dtype=np.uint64)  # hash of the first j characters
    starts = np.empty(longest + 2, dtype=np.int64)  # of the tokens, and the end of the last
    figure = np.empty(longest + 1, dtype=np.bool_)
    room = 16
    while room < longest + 2:  # a token and its space are two characters, so the table is at most half full
        room *= 2
    slots = np.empty(room, dtype=np.uint64)
    hashes = np.empty(offsets[texts] // 2 + texts + 1, dtype=np.uint64)
    ends = np.zeros(texts + 1, dtype=np.int64)
    w = 0
    for i in range(texts):
        h, length, tokens, inside = np.uint64(0), 0, 0, False
        for point in points_of(comparison, offsets, i, characters):
            if point == SPACE:
                inside = False
                continue
            if not inside:
                starts[tokens], figure[tokens], inside = length, True, True
                tokens += 1
            figure[tokens - 1] &= np.uint32(48) <= point <= np.uint32(57)
            prefix[length] = h
            h = h * HASH_BASE + np.uint64(point)
            length += 1
        prefix[length] = h
        starts[tokens] = length
        size = 16
        while size < 2 * tokens:
            size *= 2
        mask = size - 1
        slots[:size] = np.uint64(0)
        last = 0  # the token in which the shingle ends
        for t in range(tokens):
            end = min(starts[t] + n, length)
            if end - starts[t] < n and t > 0:
                break
            while starts[last + 1] < end:
                last += 1
            if starts[last + 1] - starts[last] > n:
                end = starts[last + 1]
            power = POWERS[min(end - starts[t], 1024)]
            for _ in range(1024, end - starts[t]):
                power *= HASH_BASE
            x = fmix64(prefix[end] - prefix[starts[t]] * power)
            x += np.uint64(x == 0)  # 0 is the free slot
            x = x | FIGURE if figure[t] else x & ~FIGURE
            slot = np.int64(x) & mask
            while slots[slot] != 0 and slots[slot] != x:
                slot = (slot + 1) & mask
            if slots[slot] == 0:
                slots[slot] = x
                hashes[w] = x
                w += 1
        ends[i + 1] = w
    return hashes[:w], ends


@compiled
def shared(left: Hashes, right: Hashes) -> tuple[Offsets, Offsets]:
    """Where the shingles that both texts have stand in each, in the order of the left one."""
    size = 16
    while size < 2 * len(right):
        size *= 2
    mask = size - 1
    slots = np.zeros(size, dtype=np.int32)  # 1 + position in right
    for i in range(len(right)):
        slot = np.int64(right[i]) & mask
        while slots[slot]:
            slot = (slot + 1) & mask
        slots[slot] = i + 1
    here = np.empty(min(len(left), len(right)), dtype=np.int64)
    there = np.empty(len(here), dtype=np.int64)
    count = 0
    for i in range(len(left)):
        slot = np.int64(left[i]) & mask
        while slots[slot]:
            if right[slots[slot] - 1] == left[i]:
                here[count], there[count] = i, slots[slot] - 1
                count += 1
                break
            slot = (slot + 1) & mask
    return here[:count], there[:count]


@compiled
def side_by_side(left: Hashes, right: Hashes) -> tuple[int, int]:
    """How many shingles of each text lie in passages that both have; none where the numbers in these differ.

    left, right  from shingle(), not empty, the shorter one first

    A passage goes from a shared shingle to the next within REACH in both texts, their distances DRIFT apart at most,
    and counts whole, with what is misread between them, from PASSAGE shingles on (half of a text that is shorter).
    """
    here, there = shared(left, right)
    after = np.full(len(here), -1, dtype=np.int64)
    begins = np.ones(len(here), dtype=np.bool_)
    for i in range(len(here)):
        for j in range(i + 1, min(i + 1 + AHEAD, len(here))):
            step, across = here[j] - here[i], there[j] - there[i]
            if step > REACH:
                break
            if begins[j] and 0 < across <= REACH and abs(step - across) <= DRIFT:
                after[i], begins[j] = j, False
                break
    least = min(PASSAGE, (len(left) + 1) // 2)
    mine, theirs = np.zeros(len(left), dtype=np.bool_), np.zeros(len(right), dtype=np.bool_)  # passages may overlap
    held, agreed = np.zeros(2, dtype=np.int64), np.zeros(2, dtype=np.int64)  # of words, of figures
    for i in range(len(here)):
        if not begins[i]:
            continue
        end = i
        while after[end] >= 0:
            end = after[end]
        if min(here[end] - here[i], there[end] - there[i]) + 1 < least:
            continue
        mine[here[i] : here[end] + 1] = True
        theirs[there[i] : there[end] + 1] = True
        j = i
        while j >= 0:
            agreed[np.int64(left[here[j]] >= FIGURE)] += 2
            j = after[j]
    for j in range(len(left)):
        if mine[j]:
            held[np.int64(left[j] >= FIGURE)] += 1
    for j in range(len(right)):
        if theirs[j]:
            held[np.int64(right[j] >= FIGURE)] += 1
    if held[1] >= FIGURES and agreed[1] * held[0] < FIGURES_AGREE * (agreed[0] * held[1]):
        return 0, 0
    return int(np.count_nonzero(mine)), int(np.count_nonzero(theirs))
