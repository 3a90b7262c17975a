"""Band runs: the band index of a store that has none, until the run that fills it ends.  I/O: a file without a name.

Band keys have no order.  Rows of each election would go to pages all over an index that soon exceeds any cache, and
look-ups would read them again: half of what a run of 100,000 articles spends on its elections.  So each election's rows
wait as a sorted run in a file, and the index is written at the end, from its first page to its last.  A look-up
searches every run, so that many become one: of a million articles there are twelve at most instead of forty.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from etl.decide.band_index import KeyFilter
from etl.decide.candidates import ranges
from etl.decide.standings import BucketRows
from etl.store.bulk_numbers import insert_numbers
from etl.store.nameless_file import NamelessFile
from schemas.tables import bucket

NOT_OWN, OWN, GONE = 0, 1, 2
ROWS_AT_ONCE = 100_000  # when runs are merged, or the index is written: some 30 MB
MERGED = 8  # runs of a size


class _Rows(NamedTuple):
    """Rows of the band index: keys and canonicals (n,), and what became of each: NOT_OWN, OWN or GONE."""

    keys: NDArray[np.int64]
    canonicals: NDArray[np.int64]
    states: NDArray[np.int64]


class _Run(NamedTuple):
    """A sorted run: the columns of _Rows, one after the other in a file; of rows with a key, the later said last."""

    file: NamelessFile
    length: int
    merges: int

    @classmethod
    def of(cls, parts: Iterable[_Rows], length: int, merges: int = 0) -> _Run:
        """Write rows that come in the order of their keys."""
        file = NamelessFile()  # closed by BandRuns
        at = 0
        try:
            for part in parts:
                for n, column in enumerate(part):
                    file.write(column.data, 8 * (n * length + at))
                at += len(part.keys)
        except BaseException:
            file.close()
            raise
        return cls(file, length, merges)

    def rows(self) -> _Rows:
        """Its rows, mapped from the file."""
        flat = self.file.mapped(np.int64, (3, self.length))
        return _Rows(flat[0], flat[1], flat[2])


class BandRuns:
    """The rows that elections have added and dropped; it is to be closed, and takes 24 bytes a row of files."""

    def __init__(self) -> None:
        self._filter = KeyFilter()
        self._runs: list[_Run] = []

    def close(self) -> None:
        for run in self._runs:
            run.file.close()

    def add(self, added: BucketRows, dropped: Sequence[tuple[int, int]]) -> None:
        """Take note of what an election has dropped, and then added."""
        gone = np.array(dropped, dtype=np.int64).reshape(-1, 2)
        keys, canonicals, own = added.columns()
        rows = _Rows(
            np.concatenate([gone[:, 0], keys]),
            np.concatenate([gone[:, 1], canonicals]),
            np.concatenate([np.full(len(gone), GONE), own.astype(np.int64)]),
        )
        if not len(rows.keys):
            return
        self._filter.add(rows.keys)
        self._runs.append(_Run.of([_ordered([rows])], len(rows.keys)))
        while len(last := self._runs[-MERGED:]) == MERGED and len({run.merges for run in last}) == 1:
            length = sum(run.length for run in last)
            merged = _Run.of((_ordered(parts) for parts in _sliced(last)), length, last[0].merges + 1)
            self._runs[-MERGED:] = [merged]
            for run in last:
                run.file.close()

    def rows(self, keys: NDArray[np.int64]) -> Iterator[tuple[int, int, bool]]:
        """(key, canonical, own) of the rows that there are now of these keys, which are distinct and in order."""
        wanted = keys[self._filter.may_hold(keys)]
        found = _latest(_of(run.rows(), wanted) for run in self._runs) if len(wanted) else _NONE
        return zip(found.keys.tolist(), found.canonicals.tolist(), (found.states == OWN).tolist(), strict=True)

    def write(self, connection: sa.Connection) -> None:
        """Write the index, in its order."""
        for parts in _sliced(self._runs):
            found = _latest(parts)
            insert_numbers(connection, bucket, [found.keys, found.canonicals, found.states == OWN])


def has_no_keys(connection: sa.Connection) -> bool:
    """Whether the band index is empty."""
    return connection.scalar(sa.select(sa.exists().where(bucket.c.band_key.is_not(None)))) in (0, False)


_NONE = _Rows(*(np.empty(0, dtype=np.int64) for _ in range(3)))


def _of(run: _Rows, wanted: NDArray[np.int64]) -> _Rows:
    """The rows of a run that have one of these keys."""
    first = np.searchsorted(run.keys, wanted)
    there = run.keys[np.minimum(first, len(run.keys) - 1)] == wanted
    first, wanted = first[there], wanted[there]
    counts = np.searchsorted(run.keys, wanted, "right") - first
    at = ranges(first, counts)
    return _Rows(run.keys[at], run.canonicals[at], run.states[at])


def _sliced(runs: Sequence[_Run]) -> Iterator[list[_Rows]]:
    """Rows of all runs, some ROWS_AT_ONCE at a time, from the least keys to the greatest."""
    slices = sum(run.length for run in runs) // ROWS_AT_ONCE + 1
    # Keys are hashes, spread evenly over all 64-bit numbers.
    edges = [int(n * 2**64 / slices) - 2**63 for n in range(1, slices)]
    for low, high in zip([None, *edges], [*edges, None], strict=True):
        yield [_between(run.rows(), low, high) for run in runs]


def _between(run: _Rows, low: int | None, high: int | None) -> _Rows:
    """The rows of a run from one key on until before another."""
    begin = 0 if low is None else int(np.searchsorted(run.keys, low))
    end = len(run.keys) if high is None else int(np.searchsorted(run.keys, high))
    return _Rows(*(column[begin:end] for column in run))


def _ordered(parts: Sequence[_Rows]) -> _Rows:
    """The rows of several parts in the order of their keys; of those with the same, a later part's come later."""
    keys, canonicals, states = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    order = np.argsort(keys, kind="stable")
    return _Rows(keys[order], canonicals[order], states[order])


def _latest(parts: Iterable[_Rows]) -> _Rows:
    """The rows of several runs as the last says of each, in the order of the index, without those that are gone."""
    keys, canonicals, states = (np.concatenate(columns) for columns in zip(_NONE, *parts, strict=True))
    order = np.lexsort((canonicals, keys))  # stable: of the same row, what a later run says comes later
    keys, canonicals, states = keys[order], canonicals[order], states[order]
    is_last = np.ones(len(keys), dtype=np.bool_)
    is_last[:-1] = (keys[1:] != keys[:-1]) | (canonicals[1:] != canonicals[:-1])
    kept = is_last & (states != GONE)
    return _Rows(keys[kept], canonicals[kept], states[kept])
