"""Buckets: which canonical texts have which band keys, as stored and as an election has made it since.  Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from etl.compiled import Hashes, Offsets, compiled
from etl.decide.standings import Content
from etl.fingerprint.recipe import Recipe
from etl.fingerprint.signatures import band_keys

FILTER_BITS = np.uint64(1 << 28)  # 32 MB: of a million texts' keys that no other text has, one in 60 is looked up
FILTER_HASHES = 4


class Buckets:
    """The buckets that the texts of one election look into.

    rows  stored rows of the keys that were looked up: key -> canonical -> whether the key is its own
    named the canonicals of these
    met   of texts whose keys were looked up: the keys that another text has too; most texts have none
    """

    def __init__(self) -> None:
        self.rows: dict[int, dict[int, bool]] = {}
        self.named: set[int] = set()
        self.met: dict[int, tuple[int, ...]] = {}
        # Band key -> the canonical that has it, or several: most keys have one.
        self._own: dict[int, int | tuple[int, ...]] = {}

    def load(self, stored: Iterable[tuple[int, int, bool]]) -> tuple[set[int], set[int]]:
        """Take in stored rows (standings.Archive.buckets); their keys, and canonicals that are new."""
        keys: set[int] = set()
        named: set[int] = set()
        for key, canonical_id, own in stored:
            keys.add(key)
            known = self.rows.setdefault(key, {})
            if canonical_id in known:
                continue
            known[canonical_id] = own
            named.add(canonical_id)
            if own:
                self._add(key, canonical_id)
        self.named |= named
        return keys, named

    def meet(self, text_ids: Iterable[int], keys: Iterable[tuple[int, ...]]) -> None:
        """Say which keys of each of these texts others have too, when the stored rows of all are loaded."""
        self.met.update(zip(text_ids, keys, strict=True))

    def shared(self, text_id: int) -> dict[int, int]:
        """Texts that were canonical when they took these keys -> how many of them they have in common with a text."""
        found: dict[int, int] = {}
        for owner, keys in Counter(map(self._own.get, self.met[text_id])).items():
            for other in owner if isinstance(owner, tuple) else () if owner is None else (owner,):
                found[other] = found.get(other, 0) + keys
        return found

    def clusters(self, text_id: int) -> set[int]:
        """Canonicals of the stored rows that have a key of a text whose keys were looked up."""
        found: set[int] = set()
        if self.rows:
            for rows in filter(None, map(self.rows.get, self.met[text_id])):
                found.update(rows)
        return found

    def take(self, canonical_id: int) -> None:
        """A text is canonical now: its keys are its own."""
        keys = self.met[canonical_id]
        if self._own.keys().isdisjoint(keys):
            self._own.update(dict.fromkeys(keys, canonical_id))
            return
        for key in keys:
            self._add(key, canonical_id)

    def is_stored(self, key: int, canonical_id: int, dropped: Collection[tuple[int, int]]) -> bool:
        return canonical_id in self.rows.get(key, ()) and (key, canonical_id) not in dropped

    def _add(self, key: int, canonical_id: int) -> None:
        found = self._own.get(key)
        if found is None:
            self._own[key] = canonical_id
        elif isinstance(found, tuple):
            if canonical_id not in found:
                self._own[key] = (*found, canonical_id)
        elif found != canonical_id:
            self._own[key] = (found, canonical_id)


def contents(minima: NDArray[np.uint32], recipe: Recipe) -> list[Content]:
    """Signatures with their band keys; a key of two bands of one text counts once."""
    if not len(minima):
        return []
    keys = band_keys(minima, recipe)
    ordered = np.sort(keys, axis=1)
    once = (ordered[:, 1:] != ordered[:, :-1]).all(axis=1).tolist()
    return [Content(row, k if o else np.unique(k)) for row, k, o in zip(minima, keys, once, strict=True)]


class Keys:
    """Band keys of several texts.

    distinct  (m,) each key once, in order; counts (m,) how many texts have it
    at, ends  text n has the keys distinct[at[ends[n]:ends[n+1]]]
    """

    def __init__(self, each: Sequence[NDArray[np.int64]]) -> None:
        flat = np.concatenate(each)
        self.ends = np.cumsum([0, *map(len, each)], dtype=np.int64)
        self.distinct, self.at, self.counts = np.unique(flat, return_inverse=True, return_counts=True)

    def among(self, some: Collection[int]) -> NDArray[np.bool_]:
        """(m,) which of the distinct keys are among some of them."""
        found = np.zeros(len(self.distinct), dtype=np.bool_)
        found[np.searchsorted(self.distinct, np.fromiter(some, np.int64, len(some)))] = True
        return found

    def have(self, chosen: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """(texts,) which texts have one of the chosen of the distinct keys."""
        sums = np.concatenate(([0], np.cumsum(chosen[self.at])))[self.ends]
        return np.asarray(sums[1:] > sums[:-1])

    def of(self, texts: NDArray[np.int64]) -> tuple[Offsets, Offsets]:
        """(at, ends) of some texts, in their order."""
        first, lengths = self.ends[:-1][texts], np.diff(self.ends)[texts]
        ends = np.concatenate(([0], np.cumsum(lengths)))
        return self.at[np.arange(ends[-1]) + np.repeat(first - ends[:-1], lengths)], ends

    def picked(self, chosen: NDArray[np.bool_], texts: NDArray[np.int64]) -> list[tuple[int, ...]]:
        """The keys of each of some texts that are among the chosen of the distinct ones."""
        at, ends = self.of(texts)
        picked: list[tuple[int, ...]] = [()] * len(texts)
        places = np.flatnonzero(chosen[at])
        text = np.searchsorted(ends, places, side="right") - 1
        bounds = [*np.flatnonzero(np.diff(text, prepend=-1)).tolist(), len(places)]
        found = self.distinct[at[places]].tolist()
        for start, end in pairwise(bounds):
            picked[text[start]] = tuple(found[start:end])
        return picked


class KeyFilter:
    """Which band keys a store may hold (a Bloom filter): one that was added is never denied.

    It spares looking up the keys of new texts, nine in ten of which no other text has, in an index that grows beyond
    any cache: 4 µs each, 30 a text.
    """

    def __init__(self) -> None:
        self._bits = np.zeros(int(FILTER_BITS) // 64, dtype=np.uint64)

    def add(self, keys: Offsets) -> None:
        _add(keys.view(np.uint64), self._bits)

    def may_hold(self, keys: Offsets) -> NDArray[np.bool_]:
        return _may_hold(keys.view(np.uint64), self._bits)


@compiled
def _add(keys: Hashes, bits: Hashes) -> None:
    for key in keys:
        for n in range(FILTER_HASHES):  # a key is a hash already: its halves are two
            bit = ((key & np.uint64(0xFFFFFFFF)) + np.uint64(n) * (key >> np.uint64(32))) & (FILTER_BITS - np.uint64(1))
            bits[bit >> np.uint64(6)] |= np.uint64(1) << (bit & np.uint64(63))


@compiled
def _may_hold(keys: Hashes, bits: Hashes) -> NDArray[np.bool_]:
    found = np.ones(len(keys), dtype=np.bool_)
    for i in range(len(keys)):
        key = keys[i]
        for n in range(FILTER_HASHES):
            bit = ((key & np.uint64(0xFFFFFFFF)) + np.uint64(n) * (key >> np.uint64(32))) & (FILTER_BITS - np.uint64(1))
            if not (bits[bit >> np.uint64(6)] >> (bit & np.uint64(63))) & np.uint64(1):
                found[i] = False
                break
    return found
