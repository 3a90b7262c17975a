"""Samples: bring those of texts up to date, and find which pairs of texts are to be compared.  I/O.

Texts that none but this run has brought are found in memory, from rows of the index in its order, a part at a time as
they are written.  The others are looked up, hash by hash.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from etl.commit.overlaps import Overlaps
from etl.decide.candidates import NOWHERE, Numbers, Pairs, Places, candidates, is_among, once, ranges
from etl.decide.definition import Definition
from etl.store import relations
from etl.store.relations import Columns, Sample

TEXTS_AT_ONCE = 25_000  # whose samples are in memory as an array each: some 10 MB
ROWS_AT_ONCE = 200_000  # of the index that are sorted and written: some 30 MB
ONE_OF = 64  # rows tells where the index is cut into such parts
SPANS_AT_ONCE = 100_000  # that are looked up in the index; each leads to twenty texts at most

_NONE = np.empty(0, np.int64)
_NO_ROWS: Columns = (_NONE, np.empty(0, np.int32), _NONE)
_Rows = tuple[Numbers, NDArray[np.int32]]
"""Hashes, and the text that has each: by its number among those that are canonical now, in the order of ids."""


class Samples:
    """Samples of the texts of one call of relate().

    affected  ids of texts whose relations may change, in parts
    """

    def __init__(self, connection: sa.Connection, definition: Definition, overlaps: Overlaps) -> None:
        self.affected: list[Numbers] = []
        self._connection, self._definition, self._overlaps = connection, definition, overlaps
        self._is_filled = relations.has_samples(connection)  # before this call
        self._places = NOWHERE  # of the texts that are canonical now
        self._rows: list[_Rows] = []  # of these, each part in the order of its hashes
        self._moved = np.empty(0, np.bool_)  # of which of these the index has no such rows yet
        self._stored = _NONE  # hashes of these that the index had before, in order
        self._pairs = Pairs()  # of these by hashes that the index had not; by their order in time

    def renew(self, touched: Numbers) -> None:
        """Bring the samples of these texts, which are distinct and in order, up to date."""
        places, moved, stored, leaving, gone = [NOWHERE], [self._moved], [_NONE], [_NO_ROWS], [_NO_ROWS]
        for texts in _sliced(touched):
            old = relations.samples(self._connection, texts) if self._is_filled else {}
            here = relations.places(self._connection, texts)
            new = self._sampled(here, old)
            other = {i for i in old.keys() | new.keys() if i not in old or i not in new or old[i][0] != new[i][0]}
            was, now = ({i: each for i, each in both.items() if i in other} for both in (old, new))
            relations.write_samples(self._connection, was, now)
            self.affected.append(np.array(sorted(old.keys() | new.keys()), np.int64))
            leaving.append(relations.flat(old))
            gone.append(relations.flat(was))
            coming = relations.flat(new)
            stored.append(self._look_up(leaving[-1], coming))
            order = np.argsort(coming[0])
            number = sum(len(each.texts) for each in places) + np.searchsorted(here.texts, coming[2][order])
            self._rows.append((coming[0][order], number.astype(np.int32)))
            moved.append(np.array([i in other for i in here.texts.tolist()], np.bool_))
            places.append(here)
        self._places, self._moved, self._stored = (
            Places.joined(places),
            np.concatenate(moved),
            once(np.concatenate(stored)),
        )
        for rows in gone:
            relations.drop_hashes(self._connection, rows)
        self._write()
        # Who comes makes a hash common; only who goes lets one be common no more.
        for hashes, days, _ in leaving:
            self._affect(hashes, days)

    def _sampled(self, here: Places, old: Mapping[int, Sample]) -> dict[int, Sample]:
        """The samples of texts as they stand now."""
        hashes = {text_id: sampled for text_id, (_, sampled) in old.items()}
        hashes |= self._overlaps.samples(set(here.texts.tolist()) - hashes.keys())
        return {i: (day, hashes[i]) for i, day in zip(here.texts.tolist(), here.days.tolist(), strict=True)}

    def _look_up(self, leaving: Columns, coming: Columns) -> Numbers:
        """Which hashes the index has of those that come; find the texts that may be affected, as they are now."""
        if not self._is_filled:
            return _NONE
        stored = relations.stored_hashes(self._connection, once(coming[0]))
        those = is_among(coming[0], stored)
        self._affect(np.append(leaving[0], coming[0][those]), np.append(leaving[1], coming[1][those]))
        return stored

    def _affect(self, hashes: Numbers, days: NDArray[np.int32]) -> None:
        """Take note of the texts from these days on to which these hashes may lead."""
        for part in _spans(hashes, days, hashes):
            found = relations.postings(
                self._connection, part.hashes, part.firsts, self._definition.days, self._definition.common
            )
            self.affected.append(once(found.texts))

    def _write(self) -> None:
        """Write the rows of the index that come, and find the pairs of texts of this call by hashes that are new."""
        order = self._places.ordered()
        rank = np.empty(len(order), np.int32)
        rank[order] = np.arange(len(order), dtype=np.int32)
        days = self._places.days[order]
        for hashes, numbers in self._in_order(rank):
            came = self._moved[numbers]
            rows = hashes[came], self._places.days[numbers[came]], self._places.texts[numbers[came]]
            relations.add_hashes(self._connection, rows)
            new = ~is_among(hashes, self._stored)
            self._pairs.add(candidates(hashes[new], rank[numbers[new]], days, self._definition))

    def _in_order(self, rank: NDArray[np.int32]) -> Iterator[_Rows]:
        """All rows in the order of the index, some ROWS_AT_ONCE at a time; a hash is in one part.

        A sample has the least of some hashes, so most are near to zero: where to cut is told by the rows themselves.
        """
        slices = sum(len(hashes) for hashes, _ in self._rows) // ROWS_AT_ONCE + 1
        some = np.sort(np.concatenate([_NONE, *(hashes[::ONE_OF] for hashes, _ in self._rows)]))
        edges = some[np.arange(1, slices) * len(some) // slices]
        cuts = [[0, *np.searchsorted(hashes, edges).tolist(), len(hashes)] for hashes, _ in self._rows]
        for n in range(slices):
            parts = [
                [column[cut[n] : cut[n + 1]] for column in rows] for rows, cut in zip(self._rows, cuts, strict=True)
            ]
            hashes, numbers = (np.concatenate(columns) for columns in zip(_NO_ROWS[:2], *parts, strict=True))
            order = np.lexsort((rank[numbers], hashes))
            yield hashes[order], numbers[order]

    def pairs(self, affected: Numbers) -> tuple[Numbers, Numbers]:
        """The pairs by which affected texts are to be compared.

        returns  (texts, pairs): ids by number, the earliest first; each pair once, in order (etl.decide.candidates)
        """
        mine, others = (np.concatenate(ids) for ids in zip(*self._looked_up(affected), strict=True))
        beyond = np.setdiff1d(np.concatenate([mine, others]), self._places.texts)
        own, order = np.divmod(self._pairs.all(), max(1, len(self._places.texts))), self._places.ordered()
        places = Places.joined([self._places, relations.places(self._connection, beyond.tolist())])
        last = places.ordered()
        number = np.empty_like(last)
        number[last] = np.arange(len(last))
        by_id = np.argsort(places.texts)
        mine, others = (number[by_id[np.searchsorted(places.texts, ids, sorter=by_id)]] for ids in (mine, others))
        is_later = mine > others
        later, earlier = (
            np.concatenate([number[order[ranks]], ids[is_later]])
            for ranks, ids in zip(own, (mine, others), strict=True)
        )
        return places.texts[last], once(later * len(last) + earlier)

    def _looked_up(self, affected: Numbers) -> Iterator[tuple[Numbers, Numbers]]:
        """Pairs by hashes that the index had before, and the pairs of affected texts that are none of this call."""
        yield _NONE, _NONE
        for hashes, numbers in self._rows:
            old = is_among(hashes, self._stored)
            yield from self._with_postings(
                hashes[old], self._places.days[numbers[old]], self._places.texts[numbers[old]]
            )
        for texts in _sliced(np.setdiff1d(affected, self._places.texts)):
            yield from self._with_postings(*relations.flat(relations.samples(self._connection, texts)))

    def _with_postings(
        self, hashes: Numbers, days: NDArray[np.int32], texts: Numbers
    ) -> Iterator[tuple[Numbers, Numbers]]:
        """Texts with those that the index has one of their hashes in common with, unless it is common."""
        for part in _spans(hashes, days - np.int32(self._definition.days), texts):
            found = relations.postings(
                self._connection, part.hashes, part.firsts, self._definition.days, self._definition.common
            )
            spans, others = found.spans[found.is_all], found.texts[found.is_all]
            counts = np.diff(part.cuts)[spans]
            mine, others = part.texts[ranges(part.cuts[spans], counts)], np.repeat(others, counts)
            yield mine[mine != others], others[mine != others]


class _Spans(NamedTuple):
    """Hashes, and the first of the days that are asked for; each span once.

    texts, cuts  those of span i are texts[cuts[i]:cuts[i+1]]
    """

    hashes: Numbers
    firsts: NDArray[np.int32]
    texts: Numbers
    cuts: Numbers


def _spans(hashes: Numbers, firsts: NDArray[np.int32], texts: Numbers) -> Iterator[_Spans]:
    """Rows as spans, in the order of the index, of some SPANS_AT_ONCE rows at a time."""
    order = np.lexsort((firsts, hashes))
    hashes, firsts, texts = hashes[order], firsts[order], texts[order]
    first = np.flatnonzero(np.append(True, (hashes[1:] != hashes[:-1]) | (firsts[1:] != firsts[:-1]))[: len(hashes)])
    cuts = np.append(first, len(hashes))
    for at in range(0, len(first), SPANS_AT_ONCE):
        part = cuts[at : at + SPANS_AT_ONCE + 1]
        yield _Spans(hashes[part[:-1]], firsts[part[:-1]], texts[part[0] : part[-1]], part - part[0])


def _sliced(texts: Numbers) -> Iterator[Sequence[int]]:
    return (texts[at : at + TEXTS_AT_ONCE].tolist() for at in range(0, len(texts), TEXTS_AT_ONCE))
