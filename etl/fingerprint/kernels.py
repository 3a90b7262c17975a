"""The compiled loops: characters to tokens, shingles and minima, sets to Jaccard.  Pure.

Texts come in batches, as one array of code points with offsets: text i is points[offsets[i]:offsets[i+1]].
Measured on one core of a 2.6 GHz machine, texts of 2.8 kB and 480 shingles, in µs a text: see docs/performance.md.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from etl.compiled import HASH_BASE, SPACE, Hashes, Offsets, Points, compiled, is_compiled
from etl.text.tokens import CODE_POINT, COMPLEX, IGNORED, MARK, PAIR, SOLO

INVERSE = np.uint64(pow(int(HASH_BASE), -1, 1 << 64))
POWERS = np.array([pow(int(HASH_BASE), n, 1 << 64) for n in range(1025)], dtype=np.uint64)
"""Powers of HASH_BASE for shingles of up to 1,024 characters; a longer one multiplies on."""
APART, CLOSED, JOINED = 0, 1, 2  # between tokens; after a letter that is a token by itself; inside a token
LOW, BITS = np.uint32(127), np.uint32(7)  # of a PAIR
LANES = np.uint64(32)  # hashes that the innermost loop of minima takes at a time: four AVX2 registers
HYPHEN, SOFT, AMPERSAND, LINE_END = np.uint32(0x2D), np.uint32(0x2010), np.uint32(0x26), np.uint32(0x0A)


@compiled
def fmix64(h: np.uint64) -> np.uint64:
    """MurmurHash3's 64-bit finaliser."""
    h ^= h >> np.uint64(33)
    h *= np.uint64(0xFF51AFD7ED558CCD)
    h ^= h >> np.uint64(33)
    h *= np.uint64(0xC4CEB9FE1A85EC53)
    return h ^ (h >> np.uint64(33))


@compiled
def fmix32(h: np.uint32) -> np.uint32:
    """MurmurHash3's 32-bit finaliser, with which "affine32" mixes each hash before it permutes."""
    h = np.uint32(h ^ (h >> np.uint32(16)))
    h = np.uint32(h * np.uint32(0x85EBCA6B))
    h = np.uint32(h ^ (h >> np.uint32(13)))
    h = np.uint32(h * np.uint32(0xC2B2AE35))
    return np.uint32(h ^ (h >> np.uint32(16)))


@compiled
def torn(points: Points, offsets: Offsets) -> NDArray[np.bool_]:
    """(texts,) whether tokens.mended() may change each text: it has an ampersand, or a line ends with a hyphen."""
    found = np.zeros(len(offsets) - 1, dtype=np.bool_)
    for i in range(len(found)):
        own, seen = points[offsets[i] : offsets[i + 1]], np.uint32(0)
        for j in range(np.uint64(max(1, len(own)) - 1)):
            hyphen = (own[j] == HYPHEN) | (own[j] == SOFT)
            seen |= np.uint32((own[j] == AMPERSAND) | (hyphen & (own[j + np.uint64(1)] == LINE_END)))
        found[i] = seen > 0
    return found


@compiled
def tokenise(points: Points, offsets: Offsets, roles: Points, folded: bool) -> tuple[Points, Offsets]:
    """Comparison texts: the tokens of each text apart by one space.

    points   (m,) uint32 code points; folded: they have been through tokens.composed() already
    returns  (out, ends): text i is out[ends[i]:ends[i+1]]; a text that must be composed first (or has no token)
             comes back empty
    """
    texts = len(offsets) - 1
    out = np.empty(3 * len(points) + 2, dtype=np.uint32)  # at worst each character is a token of two letters
    ends = np.zeros(texts + 1, dtype=np.int64)
    o = np.uint64(0)
    for i in range(texts):
        begin = o
        first, last = np.uint64(offsets[i]), np.uint64(offsets[i + 1])
        special = np.uint32(0)
        apart = np.uint64(1)
        for j in range(first, last):
            role = roles[points[j]]
            special |= role
            out[o] = role if role else SPACE
            o += np.uint64(1) - (np.uint64(role == 0) & apart)  # no branch: where tokens end cannot be predicted
            apart = np.uint64(role == 0)
        if special > CODE_POINT:
            o = _tokenise_special(points[first:last], roles, folded, out, begin)
        elif o > begin and apart:
            o -= np.uint64(1)  # the space behind the last token
        ends[i + 1] = np.int64(o)
    return out[:o], ends


@compiled
def _tokenise_special(points: Points, roles: Points, folded: bool, out: Points, begin: np.uint64) -> np.uint64:
    """One text, with characters that are more than letters, written to out from begin; returns where it ends."""
    o = begin
    state = APART
    for point in points:
        role = roles[point]
        if role == 0:
            state = APART
        elif role & IGNORED:
            continue
        elif role & COMPLEX and not folded:
            return begin
        elif role & MARK:
            if state != APART:
                out[o] = role & CODE_POINT
                o += np.uint64(1)
        else:
            if (role & SOLO or state != JOINED) and o > begin:
                out[o] = SPACE
                o += np.uint64(1)
            if role & PAIR:
                out[o] = role & LOW
                o += np.uint64(1)
                role = (role >> BITS) & LOW
            out[o] = role & CODE_POINT
            o += np.uint64(1)
            state = CLOSED if role & SOLO else JOINED
    return o


@compiled
def _powers(count: int) -> tuple[Hashes, Hashes]:
    """The first powers of HASH_BASE, and of its inverse modulo 2^64, from the noughth on."""
    powers, inverse = np.ones(count, dtype=np.uint64), np.ones(count, dtype=np.uint64)
    for n in range(1, count):
        powers[n] = powers[n - 1] * HASH_BASE
        inverse[n] = inverse[n - 1] * INVERSE
    return powers, inverse


@compiled
def _spell(text: Points, k: int, powers: tuple[Hashes, Hashes], sums: Hashes, ends: Hashes, out: Hashes) -> int:
    """Write the hash of each shingle of a comparison text to out, in their order; how many there are.

    The hash of a shingle is that of its string s (k tokens apart by single spaces): fmix64 of the polynomial
    sum s[i] * HASH_BASE^(len-1-i) modulo 2^64 (Rabin-Karp); a hash of 0 becomes 1.  With powers of the inverse every
    shingle follows from one running sum of text[i] * HASH_BASE^-i: one multiplication a character that waits for no
    other, however many shingles it stands in; and no branch depends on where tokens end.

    text        not empty
    powers      _powers(), as many as the text has characters or more
    sums, ends  room for a number more than the text has tokens: the sum before the end of each, and where that is
    """
    one = np.uint64(1)
    power, inverse = powers
    length = np.uint64(len(text))
    total = np.uint64(0)
    t = np.uint64(0)
    for j in range(length):
        point = text[j]
        sums[t] = total
        ends[t] = j
        t += np.uint64(point == SPACE)
        total += np.uint64(point) * inverse[j]
    sums[t] = total
    ends[t] = length
    last = min(np.uint64(k) - one, t)  # tokens of a shingle, less one
    before = np.uint64(0)
    for n in range(t + one - last):
        x = fmix64((sums[n + last] - before) * power[ends[n + last] - one])
        out[n] = x + np.uint64(x == 0)  # 0 is a free slot
        before = sums[n] + np.uint64(SPACE) * inverse[min(ends[n], length - one)]
    return int(t + one - last)


@compiled
def spelled(points: Points, offsets: Offsets, k: int) -> tuple[Hashes, Offsets]:
    """All shingles of comparison texts, each as often as it occurs, as hashes in their order.

    returns  (hashes, ends): shingle n of text i, of the tokens from n on, is hashes[ends[i] + n]; none of an empty text
    """
    texts = len(offsets) - 1
    longest = 0
    for i in range(texts):
        longest = max(longest, offsets[i + 1] - offsets[i])
    powers = _powers(longest)
    sums = np.empty(longest + 1, dtype=np.uint64)
    tokens = np.empty(longest + 1, dtype=np.uint64)
    hashes = np.empty(len(points) // 2 + texts + 1, dtype=np.uint64)
    ends = np.zeros(texts + 1, dtype=np.int64)
    for i in range(texts):
        ends[i + 1] = ends[i]
        if offsets[i + 1] > offsets[i]:
            ends[i + 1] += _spell(points[offsets[i] : offsets[i + 1]], k, powers, sums, tokens, hashes[ends[i] :])
    return hashes[: ends[texts]], ends


@compiled
def shingle(points: Points, offsets: Offsets, k: int) -> tuple[Hashes, Offsets]:
    """Sets of shingles of comparison texts, each a 64-bit hash, in the order in which they first occur.

    returns  (hashes, ends): the set of text i is hashes[ends[i]:ends[i+1]]; empty only for an empty text
    """
    every, starts = spelled(points, offsets, k)
    texts = len(offsets) - 1
    most = 0
    for i in range(texts):
        most = max(most, starts[i + 1] - starts[i])
    room = 16
    while room < 4 * most:
        room *= 2
    slots = np.empty(room, dtype=np.uint64)
    ends = np.zeros(texts + 1, dtype=np.int64)
    w = np.uint64(0)
    one = np.uint64(1)
    for i in range(texts):
        size = np.uint64(16)
        while size < np.uint64(4 * (starts[i + 1] - starts[i])):  # so full a table seldom has a slot taken by another
            size *= np.uint64(2)
        mask = size - one
        slots[:size] = np.uint64(0)
        for n in range(np.uint64(starts[i]), np.uint64(starts[i + 1])):
            x = every[n]
            slot = x & mask
            while slots[slot] != 0 and slots[slot] != x:
                slot = (slot + one) & mask
            every[w] = x  # behind what was read
            w += np.uint64(slots[slot] == 0)
            slots[slot] = x
        ends[i + 1] = np.int64(w)
    return every[:w], ends


@compiled
def minima(hashes: Hashes, ends: Offsets, affine: Points) -> Points:
    """MinHash signatures of sets of shingles; the low 32 bits of a hash are what datasketch is given.

    affine   (2, n) of Recipe.affine()
    returns  (texts, n) uint32; all ones for an empty set
    """
    texts, n = len(ends) - 1, np.uint64(affine.shape[1])
    out = np.full((texts, affine.shape[1]), np.uint32(0xFFFFFFFF), dtype=np.uint32)
    longest = 0
    for i in range(texts):
        longest = max(longest, ends[i + 1] - ends[i])
    mixed = np.empty(longest + LANES, dtype=np.uint32)
    for i in range(texts):
        own = hashes[ends[i] : ends[i + 1]]
        size = np.uint64(len(own))
        for j in range(size):
            mixed[j] = fmix32(np.uint32(own[j] & np.uint64(0xFFFFFFFF)))
        # One of the set again, to whole vectors: what does not fill one goes number by number, and is half the time.
        whole = (size + LANES - np.uint64(1)) // LANES * LANES
        mixed[size:whole] = mixed[0]
        for p in range(n):
            a, b, least = affine[0, p], affine[1, p], np.uint32(0xFFFFFFFF)
            for j in range(whole):
                # wraps modulo 2**32 on purpose: with odd a that is a bijection, so no two shingles collide
                least = min(least, np.uint32(np.uint32(a * mixed[j]) + b))
            out[i, p] = least
    return out


@compiled
def band_keys(signatures: Points, bands: int, rows: int) -> Offsets:
    """Band keys: (texts, bands) int64, fmix64 chained over the band's number and its rows."""
    texts = len(signatures)
    keys = np.empty((texts, bands), dtype=np.int64)
    for i in range(texts):
        for band in range(bands):
            key = fmix64(np.uint64(band + 1))
            for row in range(rows):
                key = fmix64(key ^ np.uint64(signatures[i, band * rows + row]))
            keys[i, band] = np.int64(key)
    return keys


@compiled
def common(left: Hashes, right: Hashes) -> int:
    """How many elements two sets of hashes share; each array holds every hash once."""
    size = 16
    while size < 2 * len(left):
        size *= 2
    mask = size - 1
    slots = np.zeros(size, dtype=np.int32)  # 1 + position in left
    for i in range(len(left)):
        slot = np.int64(left[i]) & mask
        while slots[slot]:
            slot = (slot + 1) & mask
        slots[slot] = i + 1
    shared = 0
    for x in right:
        slot = np.int64(x) & mask
        while slots[slot]:
            if left[slots[slot] - 1] == x:
                shared += 1
                break
            slot = (slot + 1) & mask
    return shared


@compiled
def agreement(left: Points, right: Points) -> int:
    """In how many positions two signatures agree."""
    count = 0
    for i in range(len(left)):
        count += left[i] == right[i]
    return count


def ready() -> bool:
    """Whether the loops are compiled already, in this process or in numba's cache on disk."""
    loops: tuple[Any, ...] = (torn, tokenise, shingle, minima, band_keys, common)
    return all(is_compiled(loop) for loop in loops)
