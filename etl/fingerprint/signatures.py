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
from etl.fingerprint import kernels, scanned, token_kernels
from etl.fingerprint.recipe import Recipe
from etl.text import tokens

if TYPE_CHECKING:
    from datasketch import MinHash

TEXTS_A_CALL = 64  # of the loops, which take 30 µs to be called
_MASK = (1 << 64) - 1
STEPS = ((token_kernels.MENDED, tokens.mended), (token_kernels.COMPOSED, tokens.composed))
"""What the compiled loop asks for, by leaving a text empty, one after the other."""


def comparison_texts(texts: Sequence[str]) -> list[str]:
    """The comparison text of each text: its tokens (etl.text.tokens), one space apart; "" only for a blank text."""
    found: list[str] = []
    for batch in batches(texts):
        sources, comparison = list(batch), _tokenised(batch, token_kernels.AS_IS)
        for step, ready in STEPS:
            left = [n for n, text in enumerate(comparison) if not text]
            if not left:
                break
            for n in left:
                sources[n] = ready(sources[n])
            for n, text in zip(left, _tokenised([sources[n] for n in left], step), strict=True):
                comparison[n] = text
        else:
            comparison = [text or " ".join(tokens.tokens(s)) for text, s in zip(comparison, batch, strict=True)]
        found += comparison
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
    return sign(comparison_texts(texts), recipe)


def sign(comparison: Sequence[str], recipe: Recipe) -> Fingerprints:
    """Fingerprints from comparison texts."""
    signatures = np.empty((len(comparison), recipe.permutations), dtype=np.uint32)
    sizes = np.empty(len(comparison), dtype=np.int64)
    affine, at = recipe.affine(), 0
    for batch in batches(comparison):
        done = slice(at, at + len(batch))
        signatures[done], sizes[done] = _signed(batch, recipe, affine)
        at += len(batch)
    return Fingerprints(list(comparison), signatures, sizes)


def shingle_sets(comparison: Sequence[str], recipe: Recipe) -> list[NDArray[np.uint64]]:
    """The set of shingles of each comparison text, as 64-bit hashes, each once.

    Two different shingles share a hash with probability 2^-64: on sets of 1,000 shingles the Jaccard similarity is
    exact but for odds of one in 10^13.
    """
    sets: list[NDArray[np.uint64]] = []
    for batch in batches(comparison):
        hashes, ends = _shingled(batch, recipe)
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
    power, inverse = kernels.powers([comparison])[:, : len(points)]
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


def _signed(
    comparison: Sequence[str], recipe: Recipe, affine: NDArray[np.uint32]
) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """Signatures of comparison texts, and the sizes of their sets."""
    if not recipe.characters:
        return kernels.sign(*joined(comparison), recipe.shingle, kernels.powers(comparison), affine)
    hashes, ends = _shingled(comparison, recipe)
    return kernels.minima(hashes, ends, affine), np.diff(ends)


def _shingled(comparison: Sequence[str], recipe: Recipe) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """Sets of shingles of comparison texts, by the recipe's shingler."""
    if not recipe.characters:
        return kernels.shingle(*joined(comparison), recipe.shingle, kernels.powers(comparison))
    return scanned.shingle(*joined(comparison), recipe.shingle)


def batches(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    return (texts[i : i + TEXTS_A_CALL] for i in range(0, len(texts), TEXTS_A_CALL))


def joined(texts: Sequence[str]) -> tuple[str, NDArray[np.int64]]:
    """Texts as the compiled loops take them: text i is joined[offsets[i]:offsets[i+1]]."""
    return "".join(texts), np.cumsum([0, *map(len, texts)], dtype=np.int64)


def _tokenised(texts: Sequence[str], step: int) -> list[str]:
    out, ends = token_kernels.tokenise(*joined(texts), tokens.roles(), step)
    letters = out.data
    return [str(letters[begin:end], "utf-8") for begin, end in itertools.pairwise(ends.tolist())]
