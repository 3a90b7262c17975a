"""Candidates: pairs of texts that are compared for a relation, from rows of sampled hashes.  Pure.

Which they are: etl.decide.definition.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from etl.decide.definition import Definition
from schemas.records import UNDATED

PAIRS_AT_ONCE = 4_000_000  # that wait to be sorted: 32 MB

Numbers = NDArray[np.int64]


class Places(NamedTuple):
    """Canonical texts, and where each stands in time: its day, its length, the id of its first article; (n,) each."""

    texts: Numbers
    days: NDArray[np.int32]
    lengths: NDArray[np.int32]
    articles: NDArray[np.bytes_]

    def ordered(self) -> Numbers:
        """Positions of the texts, the earliest first: as etl.decide.relations.Facts.order has them."""
        order: Numbers = np.lexsort((self.articles, -self.lengths, self.days))
        return order

    @classmethod
    def joined(cls, parts: Sequence[Places]) -> Places:
        columns: Any = map(np.concatenate, zip(NOWHERE, *parts, strict=True))
        return cls(*columns)


NOWHERE = Places(np.empty(0, np.int64), np.empty(0, np.int32), np.empty(0, np.int32), np.empty(0, "S32"))


def candidates(hashes: Numbers, texts: NDArray[np.int32], days: NDArray[np.int32], definition: Definition) -> Numbers:
    """Pairs of texts that share a hash which is not common, as numbers: later * len(days) + earlier; some many times.

    hashes, texts  all rows of these hashes, in the order of hashes and then of texts; a text by its number, the
                   earliest is 0
    days           of each text, by its number

    A row leads to as many pairs as Definition.common at most.
    """
    number = np.cumsum(np.append(False, hashes[1:] != hashes[:-1])) if len(hashes) else hashes
    # One number of hash and day, in which the days of a hash stand together, apart from those of the next.
    key = number * (UNDATED + definition.days + 1) + days[texts]
    first = np.searchsorted(key, key - definition.days)
    before = np.arange(len(key)) - first
    usable = (before > 0) & (np.searchsorted(key, key, "right") - first <= definition.common)
    counts = before[usable]
    later, earlier = np.repeat(texts[usable], counts), texts[ranges(first[usable], counts)]
    pairs: Numbers = later * np.int64(len(days)) + earlier
    return pairs


def ranges(begins: Numbers, counts: Numbers) -> Numbers:
    """The numbers of several ranges, one behind the other: from each begin on, so many."""
    return np.repeat(begins - np.cumsum(counts) + counts, counts) + np.arange(counts.sum())


def once(numbers: Numbers) -> Numbers:
    """Each number once, in order; numpy.unique() takes eight times as long where few come twice."""
    ordered = np.sort(numbers)
    distinct: Numbers = ordered[np.append(True, ordered[1:] != ordered[:-1])] if len(ordered) else ordered
    return distinct


def is_among(numbers: Numbers, wanted: Numbers) -> NDArray[np.bool_]:
    """Which of the numbers are among those wanted, which are in order."""
    if not len(wanted):
        return np.zeros(len(numbers), np.bool_)
    found: NDArray[np.bool_] = wanted[np.minimum(np.searchsorted(wanted, numbers), len(wanted) - 1)] == numbers
    return found


class Pairs:
    """Pairs as numbers, each once, however often they come."""

    def __init__(self) -> None:
        self._sorted, self._came, self._waiting = np.empty(0, np.int64), list[Numbers](), 0

    def add(self, pairs: Numbers) -> None:
        self._came.append(pairs)
        self._waiting += len(pairs)
        if self._waiting > max(PAIRS_AT_ONCE, len(self._sorted) // 2):
            self.all()

    def all(self) -> Numbers:
        """Those that came, in order."""
        if self._came:
            self._sorted = once(np.concatenate([self._sorted, *self._came]))
            self._came, self._waiting = [], 0
        return self._sorted
