"""Passages: a sample of a text's shingles by which shared passages are found, and what two texts share.  Pure.

The sample is winnowed (Schleimer, Wilkerson and Aiken 2003): of each window of consecutive shingles the one of the
least hash.  Two texts with a common run of GUARANTEED tokens have a window in common, and so a sampled hash.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from etl.compiled import Hashes, Offsets, is_compiled
from etl.fingerprint.kernels import powers, spelled
from etl.fingerprint.passage_kernels import Numbers, common_runs, each_once, shared_counts, winnow
from etl.fingerprint.signatures import batches, joined

SHINGLE = 5
"""Tokens of the shingles that relations go by, whatever the recipe of the election."""
GUARANTEED = 50
"""Tokens of a common run from which two texts surely share a sampled hash."""
SHORT_PASSAGE = 20
"""Tokens of the passages that are told of a pair without a longer one."""
MAX_PASSAGES = 16
"""Passages that are told of a pair: the longest."""

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


def spell(comparison: Sequence[str]) -> tuple[Hashes, Offsets]:
    """The shingles of comparison texts, as 64-bit hashes in their order, each as often as it occurs.

    returns  (hashes, ends): those of text i are hashes[ends[i]:ends[i+1]]
    """
    found, lengths = [np.empty(0, np.uint64)], [np.zeros(1, np.int64)]
    for batch in batches(comparison):
        hashes, ends = spelled(*joined(batch), SHINGLE, powers(batch))
        found.append(hashes[: ends[-1]].copy())
        lengths.append(np.diff(ends))
    return np.concatenate(found), np.cumsum(np.concatenate(lengths))


def sample(hashes: Hashes, ends: Offsets) -> list[Numbers]:
    """The sample of each text that spell() gave: signed 64-bit hashes, each once, in their order.

    One hash of about 23 shingles, and one at least of any text that is not empty.
    """
    picked, cuts = winnow(hashes, ends, _width(GUARANTEED))
    signed, text = picked.view(np.int64), np.repeat(np.arange(len(cuts) - 1), np.diff(cuts))
    order = np.lexsort((signed, text))
    signed, text = signed[order], text[order]
    new = np.append(True, (signed[1:] != signed[:-1]) | (text[1:] != text[:-1]))[: len(signed)]
    signed, at = signed[new], np.searchsorted(text[new], np.arange(len(ends))).tolist()
    return [signed[begin:end] for begin, end in itertools.pairwise(at)]


class Lot(NamedTuple):
    """The shingles of n texts: those of text i are hashes[ends[i]:ends[i+1]] in their order.

    once   the same, each once: from ends[i] on
    sizes  (n,) how many these are
    """

    hashes: Hashes
    ends: Offsets
    once: Hashes
    sizes: Numbers

    @classmethod
    def of(cls, hashes: Hashes, ends: Offsets) -> Lot:
        return cls(hashes, ends, *each_once(hashes, ends))


def shared_shingles(lot: Lot, large: Numbers, small: Numbers, least: Numbers) -> Numbers:
    """How many shingles the two texts of each pair share, each counted once; 0 where they are fewer than `least`.

    large, small  (pairs,) the two by their places in the lot, in the order of the large ones; it takes as long as the
                  small ones are
    least         (pairs,)
    """
    return shared_counts(lot.once, lot.once.astype(np.uint16), lot.ends, lot.sizes, large, small, least)


def common_passages(lot: Lot, large: Numbers, small: Numbers) -> list[tuple[Passage, ...]]:
    """Passages that the two texts of each pair share, as InCommon has them.

    large, small  (pairs,) as shared_shingles() takes them

    The place of a passage is that in the small text, then in the large one: the first there of the run that begins it.
    It takes as long as all these texts are, however they repeat themselves.
    """
    widths = _width(GUARANTEED), _width(SHORT_PASSAGE)
    found: list[list[Passage]] = [[] for _ in small]
    for pair, here, there, shingles in common_runs(lot.hashes, lot.ends, large, small, *widths, SHINGLE).tolist():
        found[pair].append((here, there, shingles + SHINGLE - 1))
    return [tuple(sorted(sorted(each, key=lambda p: (-p[2], p[0]))[:MAX_PASSAGES])) for each in found]


def ready() -> bool:
    """Whether the loops are compiled already, in this process or in numba's cache on disk."""
    return all(is_compiled(loop) for loop in (spelled, winnow, each_once, shared_counts, common_runs))


def warm() -> None:
    """Compile every loop, or load it from numba's cache: 4 s that the transaction of a first run should not take."""
    texts = spell(["warm the loops of passages before a run"] * 2)
    sample(*texts)
    lot, large, small = Lot.of(*texts), np.array([0]), np.array([1])
    shared_shingles(lot, large, small, np.array([1]))
    common_passages(lot, large, small)


def _width(tokens: int) -> int:
    """Shingles of a run of so many tokens."""
    return tokens - SHINGLE + 1
