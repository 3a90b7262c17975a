"""Overlaps: what candidate pairs of texts share, and how they are related.  I/O: it reads texts, each once.

Pairs come as numbers of texts in the order of time, later * n + earlier (etl.decide.candidates).  They are counted a
block of later texts at a time with a block of earlier ones: so many texts are in memory together, however many there
are in all.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

import numpy as np
import sqlalchemy as sa

from etl.decide.candidates import Numbers, once
from etl.decide.relations import Facts, Row, least_shared, related
from etl.fingerprint import passages
from etl.fingerprint.passages import InCommon, Lot
from etl.store import relations
from etl.store.held_shingles import HeldShingles

TEXTS_A_READ = 4_000  # some 25 MB with their words
TEXTS_A_BLOCK = 6_000  # twice so many are in memory together: some 70 MB with what is counted
MAX_FACTS = 20_000  # 1 kB each


class Overlaps:
    """Texts of one call of relate().  held: shingles of those that it has read."""

    def __init__(self, connection: sa.Connection, threshold: float, held: HeldShingles) -> None:
        self._connection, self._threshold, self._held = connection, threshold, held
        self._facts: dict[int, Facts] = {}

    def samples(self, text_ids: Collection[int]) -> Iterator[tuple[int, Numbers]]:
        """The samples of canonical texts that were not read before; their shingles are held from now on."""
        for at in range(0, len(listed := sorted(text_ids)), TEXTS_A_READ):
            yield from self._read(listed[at : at + TEXTS_A_READ])

    def _read(self, text_ids: Collection[int]) -> Iterator[tuple[int, Numbers]]:
        texts, comparison = relations.comparisons(self._connection, text_ids)
        hashes, ends = passages.spell(comparison)
        self._held.add(texts, hashes, ends)
        return zip(texts.tolist(), passages.sample(hashes, ends), strict=True)

    def related(self, texts: Numbers, pairs: Numbers) -> Iterator[Row]:
        """The rows of pairs.

        texts  ids, by number; of all that may be in a pair
        pairs  each once, in order; of later texts that are TEXTS_A_BLOCK at most
        """
        later, earlier = np.divmod(pairs, max(1, len(texts)))
        order = np.argsort(earlier, kind="stable")
        later, earlier = later[order], earlier[order]
        block = np.cumsum(np.append(False, earlier[1:] != earlier[:-1])[: len(earlier)]) // TEXTS_A_BLOCK
        for begin, end in _runs(block):
            yield from self._of_block(texts, later[begin:end], earlier[begin:end])

    def _of_block(self, texts: Numbers, later: Numbers, earlier: Numbers) -> Iterator[Row]:
        wanted = once(np.concatenate([later, earlier]))
        for _ in self.samples(self._held.missing(texts[wanted]).tolist()):
            pass
        lot = Lot.of(*self._held.of(texts[wanted]))
        later, earlier = np.searchsorted(wanted, later), np.searchsorted(wanted, earlier)
        lengths = np.diff(lot.ends)
        turned = lengths[later] > lengths[earlier]
        large, small = np.where(turned, later, earlier), np.where(turned, earlier, later)
        order = np.argsort(large, kind="stable")
        large, small = large[order], small[order]
        least = least_shared(np.minimum(lot.sizes[large], lot.sizes[small]), (lengths - lot.sizes)[small])
        shared = passages.shared_shingles(lot, large, small, least)
        likely = shared >= least
        large, small, shared = large[likely], small[likely], shared[likely]
        ids: list[int] = texts[wanted].tolist()
        self._learn({ids[n] for n in np.union1d(large, small).tolist()})
        numbers = (large, small, shared, lot.sizes[large], lot.sizes[small])
        columns: tuple[Any, ...] = (*(each.tolist() for each in numbers), passages.common_passages(lot, large, small))
        for one, other, count, size, other_size, told in zip(*columns, strict=True):
            overlap = InCommon.of(count, other_size, size, told)  # as the small one has it
            overlap = overlap.turned() if one > other else overlap
            facts, before = self._facts[ids[max(one, other)]], self._facts[ids[min(one, other)]]
            if row := related(facts, before, overlap, self._threshold):
                yield row

    def _learn(self, text_ids: set[int]) -> None:
        """Know the facts of these texts, beside those that were needed before, as long as there is room."""
        if len(self._facts) > MAX_FACTS:
            self._facts = {}
        found = relations.facts(self._connection, text_ids - self._facts.keys())
        self._facts |= {each.text_id: each for each in found}


def _runs(blocks: Numbers) -> Iterator[tuple[int, int]]:
    """Where each run of a number begins and ends."""
    cuts = np.flatnonzero(np.append(True, blocks[1:] != blocks[:-1])) if len(blocks) else blocks
    return zip(cuts.tolist(), [*cuts[1:].tolist(), len(blocks)], strict=True) if len(cuts) else iter(())
