"""The exact truth: every pair of texts whose Jaccard similarity reaches a threshold, and what election makes of it.

It shares no code with what it judges: tokens are runs of \\w in the casefolded text, shingles are sets of k of them.
No pair is passed over that could reach the threshold t: of two such sets, the first |s| - ceil(t |s|) + 1 elements in
any common order share one (Chaudhuri et al. 2006), and the smaller is at least t times as large.  Pure.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

TOKEN = re.compile(r"\w+")
Pairs = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]
"""(left, right, jaccard), left < right."""


class Sets(NamedTuple):
    """Sets of shingles, each as ranks by how few texts have them, ascending; text i is elements[ends[i]:ends[i+1]]."""

    elements: NDArray[np.int64]
    ends: NDArray[np.int64]


def pairs(sets: Sets, threshold: float) -> Pairs:
    """All pairs at or above the threshold."""
    order = np.argsort(np.diff(sets.ends), kind="stable")
    left, right, found = _join(sets.elements, sets.ends, order, threshold)
    return left, right, found


def jaccards(sets: Sets, left: Sequence[int], right: Sequence[int]) -> NDArray[np.float64]:
    """Exact similarity of the pairs named."""
    return _measure(sets.elements, sets.ends, np.array(left, dtype=np.int64), np.array(right, dtype=np.int64))


def order(texts: Sequence[str], ids: Sequence[str]) -> list[int]:
    """The order of election where no text has a date: the longest first, then by id."""
    return sorted(range(len(ids)), key=lambda n: (-len(texts[n]), ids[n]))


def election(found: Pairs, order: Sequence[int]) -> list[int]:
    """Who stands for each text: walked in that order, the earliest canonical one that it is near to, or itself."""
    near: dict[int, list[int]] = {}
    for left, right in zip(found[0].tolist(), found[1].tolist(), strict=True):
        near.setdefault(left, []).append(right)
        near.setdefault(right, []).append(left)
    place = {n: at for at, n in enumerate(order)}
    canonical = list(range(len(order)))
    for n in order:
        earlier = [m for m in near.get(n, ()) if place[m] < place[n] and canonical[m] == m]
        canonical[n] = min(earlier, key=place.__getitem__, default=n)
    return canonical


def sets_of(texts: Sequence[str], k: int) -> Sets:
    numbers: dict[str, int] = {}
    tokens: list[int] = []
    counts = [0]
    for text in texts:
        tokens += [numbers.setdefault(word, len(numbers)) for word in TOKEN.findall(text.casefold())]
        counts.append(len(tokens))
    hashes, ends = _shingles(np.array(tokens, dtype=np.uint64), np.array(counts), k)
    distinct, ranks, frequency = np.unique(hashes, return_inverse=True, return_counts=True)
    rank = np.empty(len(distinct), dtype=np.int64)
    rank[np.argsort(frequency, kind="stable")] = np.arange(len(distinct))
    elements = rank[ranks]
    for i in range(len(texts)):
        elements[ends[i] : ends[i + 1]].sort()
    return Sets(elements, ends)


@numba.njit(cache=True)
def _shingles(
    tokens: NDArray[np.uint64], counts: NDArray[np.int64], k: int
) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """64-bit hashes of k-grams, each once a text: two shingles of a corpus of 10^7 collide with odds of 10^-5."""
    texts = len(counts) - 1
    out = np.empty(len(tokens) + texts, dtype=np.uint64)
    ends = np.zeros(texts + 1, dtype=np.int64)
    w = 0
    for i in range(texts):
        size = counts[i + 1] - counts[i]
        own = np.empty(max(1, size - k + 1) if size else 0, dtype=np.uint64)
        for j in range(len(own)):
            h = np.uint64(0x2545F4914F6CDD1D)
            for n in range(counts[i] + j, min(counts[i] + j + k, counts[i + 1])):
                h = (h ^ (tokens[n] + np.uint64(1))) * np.uint64(0xD6E8FEB86659FD93)
                h ^= h >> np.uint64(32)
            own[j] = h
        own.sort()
        for j in range(len(own)):
            if j == 0 or own[j] != own[j - 1]:
                out[w] = own[j]
                w += 1
        ends[i + 1] = w
    return out[:w].copy(), ends


@numba.njit(cache=True)
def _jaccard(elements: NDArray[np.int64], a: int, a_end: int, b: int, b_end: int) -> float:
    size, shared = a_end - a + b_end - b, 0
    while a < a_end and b < b_end:
        if elements[a] == elements[b]:
            shared += 1
            a += 1
            b += 1
        elif elements[a] < elements[b]:
            a += 1
        else:
            b += 1
    return shared / (size - shared) if size else 0.0


@numba.njit(cache=True)
def _measure(
    elements: NDArray[np.int64], ends: NDArray[np.int64], left: NDArray[np.int64], right: NDArray[np.int64]
) -> NDArray[np.float64]:
    out = np.empty(len(left))
    for n in range(len(left)):
        i, j = left[n], right[n]
        out[n] = _jaccard(elements, ends[i], ends[i + 1], ends[j], ends[j + 1])
    return out


@numba.njit(cache=True)
def _join(
    elements: NDArray[np.int64], ends: NDArray[np.int64], order: NDArray[np.int64], threshold: float
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Texts by size; each meets the smaller ones that have one of its first elements among their first."""
    head = np.full(elements.max() + 1 if len(elements) else 0, -1, dtype=np.int64)
    before = np.empty(len(elements), dtype=np.int64)  # the entry before, with the same element
    owner = np.empty(len(elements), dtype=np.int64)
    entries = 0
    met = np.full(len(order), -1, dtype=np.int64)
    left, right, found = [np.int64(0) for _ in range(0)], [np.int64(0) for _ in range(0)], [0.0 for _ in range(0)]
    for i in order:
        size = ends[i + 1] - ends[i]
        if size == 0:
            continue
        first = size - np.int64(np.ceil(threshold * size - 1e-9)) + 1
        for at in range(ends[i], ends[i] + first):
            entry = head[elements[at]]
            while entry >= 0:
                j = owner[entry]
                entry = before[entry]
                if met[j] == i or ends[j + 1] - ends[j] < threshold * size - 1e-9:
                    continue
                met[j] = i
                similarity = _jaccard(elements, ends[i], ends[i + 1], ends[j], ends[j + 1])
                if similarity >= threshold:
                    left.append(min(i, j))
                    right.append(max(i, j))
                    found.append(similarity)
        for at in range(ends[i], ends[i] + first):
            before[entries] = head[elements[at]]
            owner[entries] = i
            head[elements[at]] = entries
            entries += 1
    return np.array(left), np.array(right), np.array(found)
