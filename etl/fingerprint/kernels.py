"""The compiled loops: tokens to shingles and minima, sets to Jaccard.  Pure.

Texts come in batches, as etl.fingerprint.token_kernels has them.
Measured on one core of a 2.6 GHz machine, texts of 2.8 kB and 480 shingles, in µs a text: see docs/performance.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np

from etl.compiled import HASH_BASE, SPACE, Hashes, Offsets, Points, compiled, is_compiled
from etl.fingerprint.token_kernels import points_of, room_for, tokenise

INVERSE = np.uint64(pow(int(HASH_BASE), -1, 1 << 64))
POWERS = np.array([pow(int(HASH_BASE), n, 1 << 64) for n in range(1025)], dtype=np.uint64)
"""Powers of HASH_BASE for shingles of up to 1,024 characters; a longer one multiplies on."""
KEPT_POWERS = 1 << 15  # for texts of up to so many characters: half a megabyte
LANES = np.uint64(32)  # hashes that the innermost loop of minima takes at a time: four AVX2 registers


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


def powers(comparison: Sequence[str]) -> Hashes:
    """The powers of HASH_BASE (0), and of its inverse modulo 2^64 (1), from the noughth on: for any of these texts."""
    longest = max(map(len, comparison), default=0)
    return _kept_powers() if longest <= KEPT_POWERS else _powers(longest)


@cache
def _kept_powers() -> Hashes:
    return _powers(KEPT_POWERS)


def _powers(count: int) -> Hashes:
    found = np.empty((2, count), dtype=np.uint64)
    found[0], found[1] = HASH_BASE, INVERSE
    found[:, 0] = 1
    return np.multiply.accumulate(found, axis=1)


@compiled
def _spell(text: Points, k: int, powers: Hashes, sums: Hashes, ends: Hashes, out: Hashes) -> int:
    """Write the hash of each shingle of a comparison text to out, in their order; how many there are.

    The hash of a shingle is that of its string s (k tokens apart by single spaces): fmix64 of the polynomial
    sum s[i] * HASH_BASE^(len-1-i) modulo 2^64 (Rabin-Karp); a hash of 0 becomes 1.  With powers of the inverse every
    shingle follows from one running sum of text[i] * HASH_BASE^-i: one multiplication a character that waits for no
    other, however many shingles it stands in; and no branch depends on where tokens end.

    text        not empty
    powers      powers(), as many as the text has characters or more
    sums, ends  room for a number more than the text has tokens: the sum before the end of each, and where that is
    """
    one = np.uint64(1)
    power, inverse = powers[0], powers[1]
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
def spelled(comparison: str, offsets: Offsets, k: int, powers: Hashes) -> tuple[Hashes, Offsets]:
    """All shingles of comparison texts, each as often as it occurs, as hashes in their order.

    returns  (hashes, ends): shingle n of text i, of the tokens from n on, is hashes[ends[i] + n]; none of an empty text
    """
    texts = len(offsets) - 1
    room = room_for(offsets)
    sums = np.empty(len(room) + 1, dtype=np.uint64)
    tokens = np.empty(len(room) + 1, dtype=np.uint64)
    hashes = np.empty(offsets[texts] // 2 + texts + 1, dtype=np.uint64)
    ends = np.zeros(texts + 1, dtype=np.int64)
    for i in range(texts):
        ends[i + 1] = ends[i]
        if offsets[i + 1] > offsets[i]:
            ends[i + 1] += _spell(points_of(comparison, offsets, i, room), k, powers, sums, tokens, hashes[ends[i] :])
    return hashes[: ends[texts]], ends


@compiled
def shingle(comparison: str, offsets: Offsets, k: int, powers: Hashes) -> tuple[Hashes, Offsets]:
    """Sets of shingles of comparison texts, each a 64-bit hash, in the order in which they first occur.

    returns  (hashes, ends): the set of text i is hashes[ends[i]:ends[i+1]]; empty only for an empty text
    """
    texts = len(offsets) - 1
    room = room_for(offsets)
    notes = _notes(len(room), powers)
    hashes = np.empty(offsets[texts] // 2 + texts + 1, dtype=np.uint64)
    ends = np.zeros(texts + 1, dtype=np.int64)
    for i in range(texts):
        ends[i + 1] = ends[i]
        if offsets[i + 1] > offsets[i]:
            ends[i + 1] += _shingle(points_of(comparison, offsets, i, room), k, notes, hashes[ends[i] :])
    return hashes[: ends[texts]], ends


@compiled
def _notes(longest: int, powers: Hashes) -> tuple[Hashes, Hashes, Hashes, Hashes]:
    """For _shingle() of texts of so many characters at most: powers, sums, ends of tokens, slots of a table."""
    size = 16
    while size < 2 * longest + 2:
        size *= 2
    sums, tokens = np.empty(longest + 1, dtype=np.uint64), np.empty(longest + 1, dtype=np.uint64)
    return powers, sums, tokens, np.empty(size, dtype=np.uint64)


@compiled
def _shingle(text: Points, k: int, notes: tuple[Hashes, Hashes, Hashes, Hashes], out: Hashes) -> int:
    """The set of shingles of one comparison text that is not empty, written to out; how many there are."""
    powers, sums, tokens, slots = notes
    count = np.uint64(_spell(text, k, powers, sums, tokens, out))
    one = np.uint64(1)
    size = np.uint64(16)
    while size < np.uint64(4) * count:  # so full a table seldom has a slot taken by another
        size *= np.uint64(2)
    mask = size - one
    slots[:size] = np.uint64(0)
    w = np.uint64(0)
    for n in range(count):
        x = out[n]
        slot = x & mask
        while slots[slot] != 0 and slots[slot] != x:
            slot = (slot + one) & mask
        out[w] = x  # behind what was read
        w += np.uint64(slots[slot] == 0)
        slots[slot] = x
    return int(w)


@compiled
def sign(comparison: str, offsets: Offsets, k: int, powers: Hashes, affine: Points) -> tuple[Points, Offsets]:
    """minima() of what shingle() gives, and the sizes of the sets: text by text, whose numbers stay in the cache."""
    texts, n = len(offsets) - 1, affine.shape[1]
    room = room_for(offsets)
    notes = _notes(len(room), powers)
    hashes = np.empty(len(room) // 2 + 1, dtype=np.uint64)
    mixed = np.empty(len(hashes) + LANES, dtype=np.uint32)
    out = np.full((texts, n), np.uint32(0xFFFFFFFF), dtype=np.uint32)
    sizes = np.zeros(texts, dtype=np.int64)
    for i in range(texts):
        if offsets[i + 1] > offsets[i]:
            sizes[i] = _shingle(points_of(comparison, offsets, i, room), k, notes, hashes)
            _minima(hashes[: sizes[i]], affine, mixed, out[i])
    return out, sizes


@compiled
def minima(hashes: Hashes, ends: Offsets, affine: Points) -> Points:
    """MinHash signatures of sets of shingles; the low 32 bits of a hash are what datasketch is given.

    affine   (2, n) of Recipe.affine()
    returns  (texts, n) uint32; all ones for an empty set
    """
    texts = len(ends) - 1
    out = np.full((texts, affine.shape[1]), np.uint32(0xFFFFFFFF), dtype=np.uint32)
    longest = 0
    for i in range(texts):
        longest = max(longest, ends[i + 1] - ends[i])
    mixed = np.empty(longest + LANES, dtype=np.uint32)
    for i in range(texts):
        _minima(hashes[ends[i] : ends[i + 1]], affine, mixed, out[i])
    return out


@compiled
def _minima(hashes: Hashes, affine: Points, mixed: Points, out: Points) -> None:
    """Those of one set, written to out.  mixed: room for LANES more than it has."""
    size = np.uint64(len(hashes))
    for j in range(size):
        mixed[j] = fmix32(np.uint32(hashes[j] & np.uint64(0xFFFFFFFF)))
    # One of the set again, to whole vectors: what does not fill one goes number by number, and is half the time.
    whole = (size + LANES - np.uint64(1)) // LANES * LANES
    mixed[size:whole] = mixed[0]
    for p in range(np.uint64(len(out))):
        a, b, least = affine[0, p], affine[1, p], np.uint32(0xFFFFFFFF)
        for j in range(whole):
            # wraps modulo 2**32 on purpose: with odd a that is a bijection, so no two shingles collide
            least = min(least, np.uint32(np.uint32(a * mixed[j]) + b))
        out[p] = least


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
    loops: tuple[Any, ...] = (tokenise, shingle, sign, band_keys, common)
    return all(is_compiled(loop) for loop in loops)
