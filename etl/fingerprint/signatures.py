"""Fingerprints: comparison texts, their shingles, and signatures from which Jaccard similarity is estimated.  Pure.

The hash of a shingle and the signature are functions that anyone can compute again:

    MinHash(num_perm=128, seed=1, scheme="affine32", hashfunc=shingle_hash) of datasketch 2,
    updated with every shingle of the comparison text (UTF-8), has the stored signature as its hashvalues.
"""

from __future__ import annotations

import itertools
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from etl.compiled import HASH_BASE
from etl.fingerprint import kernels, scanned
from etl.fingerprint.recipe import Recipe
from etl.text import tokens

if TYPE_CHECKING:
    from datasketch import MinHash

TEXTS_A_CALL = 32  # of the loops: the arrays stay in a core's second-level cache; 16 to 64 are equally fast
_MASK = (1 << 64) - 1


def comparison_texts(texts: Sequence[str]) -> list[str]:
    """The comparison text of each text: its tokens (etl.text.tokens), one space apart; "" only for a blank text."""
    found = []
    for batch in batches(texts):
        out, ends = _tokenise(batch)
        found += _unpack(out, ends)
    return found


class Fingerprints(NamedTuple):
    """Of n texts: comparison texts (n), signatures (n, permutations), and the sizes of their sets of shingles (n,).

    Position p of two signatures agrees with probability J, the Jaccard similarity of their sets; a blank text has
    all ones, and a set of size 0.
    """

    comparison: list[str]
    signatures: NDArray[np.uint32]
    sizes: NDArray[np.int64]


def fingerprint(texts: Sequence[str], recipe: Recipe) -> Fingerprints:
    """One pass from texts to their fingerprints."""
    comparison: list[str] = []
    signatures = np.empty((len(texts), recipe.permutations), dtype=np.uint32)
    sizes = np.empty(len(texts), dtype=np.int64)
    affine = recipe.affine()
    for batch in batches(texts):
        out, ends = _tokenise(batch)
        hashes, sets = _shingled(out, ends, recipe)
        done = slice(len(comparison), len(comparison) + len(batch))
        signatures[done] = kernels.minima(hashes, sets, affine)
        sizes[done] = np.diff(sets)
        comparison += _unpack(out, ends)
    return Fingerprints(comparison, signatures, sizes)


def sign(comparison: Sequence[str], recipe: Recipe) -> Fingerprints:
    """Fingerprints from comparison texts."""
    signatures = np.empty((len(comparison), recipe.permutations), dtype=np.uint32)
    sizes = np.empty(len(comparison), dtype=np.int64)
    affine, at = recipe.affine(), 0
    for batch in batches(comparison):
        hashes, sets = _shingled(*pack(batch), recipe)
        signatures[at : at + len(batch)] = kernels.minima(hashes, sets, affine)
        sizes[at : at + len(batch)] = np.diff(sets)
        at += len(batch)
    return Fingerprints(list(comparison), signatures, sizes)


def shingle_sets(comparison: Sequence[str], recipe: Recipe) -> list[NDArray[np.uint64]]:
    """The set of shingles of each comparison text, as 64-bit hashes, each once.

    Two different shingles share a hash with probability 2^-64: on sets of 1,000 shingles the Jaccard similarity is
    exact but for odds of one in 10^13.
    """
    sets: list[NDArray[np.uint64]] = []
    for batch in batches(comparison):
        hashes, ends = _shingled(*pack(batch), recipe)
        sets += [hashes[ends[i] : ends[i + 1]].copy() for i in range(len(batch))]
    return sets


def windows(comparison: str, k: int) -> NDArray[np.uint64]:
    """The hash of the shingle at each token of a comparison text, one after the other, as shingle_sets() has them.

    With powers of the inverse of HASH_BASE, which is odd, the hash of any window follows from one running sum.
    """
    if not comparison:
        return np.empty(0, dtype=np.uint64)
    points = np.frombuffer(comparison.encode("utf-32-le", "surrogatepass"), dtype=np.uint32).astype(np.uint64)
    spaces = np.flatnonzero(points == ord(" "))
    starts, ends = np.concatenate(([0], spaces + 1)), np.concatenate((spaces, [len(points)]))
    count = max(1, len(starts) - k + 1)
    starts, ends = starts[:count], ends[min(k, len(ends)) - 1 :]
    power, inverse = (_powers(base, len(points)) for base in (int(HASH_BASE), pow(int(HASH_BASE), -1, 1 << 64)))
    sums = np.zeros(len(points) + 1, dtype=np.uint64)
    np.cumsum(points * inverse, out=sums[1:])
    h: NDArray[np.uint64] = (sums[ends] - sums[starts]) * power[ends - 1]
    h ^= h >> np.uint64(33)
    h *= np.uint64(0xFF51AFD7ED558CCD)
    h ^= h >> np.uint64(33)
    h *= np.uint64(0xC4CEB9FE1A85EC53)
    h ^= h >> np.uint64(33)
    h[h == 0] = 1
    return h


def _powers(base: int, count: int) -> NDArray[np.uint64]:
    """1, base, base squared …, modulo 2^64."""
    factors = np.full(count, base, dtype=np.uint64)
    factors[:1] = 1
    powers: NDArray[np.uint64] = np.multiply.accumulate(factors)
    return powers


def similarity(left: NDArray[np.uint64], right: NDArray[np.uint64], recipe: Recipe) -> float:
    """How alike two texts are by a recipe, from their sets of shingle_sets(): what its threshold is of.

    Of words: their Jaccard similarity.  Of characters: the share of a text that runs side by side with the other, of
    the text with the greater share: a copy cut to half is all of it in the whole one.  Of a text that is shorter than
    a passage, the lesser share: a line may stand in many stories.
    """
    if not recipe.characters:
        return jaccard(left, right)
    shares = shares_in(left, right)
    return max(shares) if min(len(left), len(right)) >= scanned.PASSAGE else min(shares)


def shares_in(left: NDArray[np.uint64], right: NDArray[np.uint64]) -> tuple[float, float]:
    """The shares of two texts, from sets of shingles of characters, that run side by side with the other one."""
    if len(left) == 0 or len(right) == 0:
        return 0.0, 0.0
    if (len(left), left.tobytes()) > (len(right), right.tobytes()):  # whichever comes first, the same
        return shares_in(right, left)[::-1]
    mine, theirs = scanned.side_by_side(left, right)
    return mine / len(left), theirs / len(right)


def jaccard(left: NDArray[np.uint64], right: NDArray[np.uint64]) -> float:
    """Jaccard similarity of two sets from shingle_sets(): shared over all; 0.0 where a set is empty."""
    if len(left) == 0 or len(right) == 0:
        return 0.0
    shared = kernels.common(left, right)
    return shared / (len(left) + len(right) - shared)


def band_keys(signatures: NDArray[np.uint32], recipe: Recipe) -> NDArray[np.int64]:
    """(n, recipe.bands) band keys; two texts with one in common are a candidate pair."""
    return kernels.band_keys(np.ascontiguousarray(signatures), recipe.bands, recipe.rows)


def shingle_hash(shingle: bytes) -> int:
    """The 32-bit hash of a shingle (UTF-8) that goes into a signature, for use as datasketch's `hashfunc`."""
    return long_hash(shingle.decode()) & 0xFFFF_FFFF


def long_hash(shingle: str) -> int:
    """The 64-bit hash of a shingle, as etl.fingerprint.kernels has it."""
    value = 0
    for point in shingle:
        value = (value * int(HASH_BASE) + ord(point)) & _MASK
    value ^= value >> 33
    value = value * 0xFF51AFD7ED558CCD & _MASK
    value ^= value >> 33
    value = value * 0xC4CEB9FE1A85EC53 & _MASK
    return (value ^ (value >> 33)) or 1


def shingles(comparison: str, k: int) -> set[str]:
    """The set of shingles of a comparison text, spelled out: k tokens each, or all of them as one if they are fewer."""
    words = comparison.split(" ") if comparison else []
    return {" ".join(words[i : i + k]) for i in range(max(1, len(words) - k + 1))} if words else set()


def spelled(comparison: str, recipe: Recipe) -> set[str]:
    """The set of shingles of a comparison text by a recipe, spelled out.

    Of n characters: from the beginning of each word on, and on to the end of a word of more than n.
    """
    if not recipe.characters:
        return shingles(comparison, recipe.shingle)
    n, words, found = recipe.shingle, comparison.split(" ") if comparison else [], set()
    joined, begins = "".join(words), list(itertools.accumulate(map(len, words), initial=0))
    for begin in begins[:-1]:
        end = min(begin + n, len(joined))
        last = bisect_left(begins, end) - 1
        if begins[last + 1] - begins[last] > n:
            end = begins[last + 1]
        if end - begin >= n or begin == 0:
            found.add(joined[begin:end])
    return found


def to_datasketch(signature: NDArray[np.uint32], recipe: Recipe) -> MinHash:
    """The stored signature as a datasketch MinHash, ready to be compared, merged or indexed there."""
    from datasketch import MinHash  # imports scipy: half a second that only its users should pay

    return MinHash(
        num_perm=recipe.permutations, seed=recipe.seed, scheme="affine32", hashfunc=shingle_hash, hashvalues=signature
    )


def warm(recipe: Recipe) -> None:
    """Compile every loop, or load it from numba's cache, before the clock of a run starts."""
    _, signatures, _ = fingerprint(["warm the loops, à la carte"], recipe)
    band_keys(signatures, recipe)
    left, right = shingle_sets(["one", "two"], recipe)
    similarity(left, right, recipe)
    kernels.agreement(signatures[0], signatures[0])


def _shingled(
    points: NDArray[np.uint32], offsets: NDArray[np.int64], recipe: Recipe
) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """Sets of shingles of packed comparison texts, by the recipe's shingler."""
    shingle = scanned.shingle if recipe.characters else kernels.shingle
    return shingle(points, offsets, recipe.shingle)


def batches(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    return (texts[i : i + TEXTS_A_CALL] for i in range(0, len(texts), TEXTS_A_CALL))


def pack(texts: Sequence[str]) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    joined = "".join(texts)
    points: NDArray[np.uint32]
    if joined.isascii():  # bytes are copied, and widened many at a time
        points = np.frombuffer(joined.encode(), dtype=np.uint8).astype(np.uint32)
        points.flags.writeable = False  # as in the other case: numba compiles for each
    else:
        points = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    return points, np.cumsum([0, *map(len, texts)], dtype=np.int64)


def _unpack(points: NDArray[np.uint32], ends: NDArray[np.int64]) -> list[str]:
    if points.max(initial=0) < 256:  # most texts: 0.3 instead of 3 µs each
        joined = points.astype(np.uint8).tobytes().decode("latin-1")
    else:
        joined = points.tobytes().decode("utf-32-le")
    return [joined[begin:end] for begin, end in itertools.pairwise(ends.tolist())]


def _tokenise(texts: Sequence[str]) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """Packed comparison texts.  Texts that the quick pass leaves empty are composed by Python, then passed again."""
    points, offsets = pack(texts)
    torn = kernels.torn(points, offsets)
    if torn.any():
        texts = [tokens.mended(text) if may else text for text, may in zip(texts, torn.tolist(), strict=True)]
        points, offsets = pack(texts)
    out, ends = kernels.tokenise(points, offsets, tokens.roles(), False)
    if np.all(ends[1:] > ends[:-1]):
        return out, ends
    again = [
        text if end > begin else tokens.composed(text)
        for text, begin, end in zip(texts, ends[:-1], ends[1:], strict=True)
    ]
    out, ends = kernels.tokenise(*pack(again), tokens.roles(), True)
    if np.all(ends[1:] > ends[:-1]):
        return out, ends
    found = _unpack(out, ends)
    return pack([text or " ".join(tokens.tokens(source)) for text, source in zip(found, texts, strict=True)])
