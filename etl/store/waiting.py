"""Waiting rows: of a store without band keys, signatures and the band index wait for the end of a run.  I/O: files.

Ids of texts have no order.  As they come, signatures of half a kilobyte would go to a page each of a table that soon
exceeds any cache, and leave a third of it empty.  In the order of their ids they fill page after page.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import closing, contextmanager
from typing import NamedTuple

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from etl.store.band_runs import BandRuns, has_no_keys
from etl.store.bulk import as_columns, insert
from etl.store.nameless_file import NamelessFile
from schemas.tables import signature

SIGNATURES_AT_ONCE = 20_000  # when they are written: some 10 MB


class WaitingSignatures:
    """Signatures of texts in a file without a name, as they came; it is to be closed.

    In memory are 16 bytes of a text: its id, and its place in the file.
    """

    def __init__(self) -> None:
        self._file = NamelessFile()
        self._width = 0  # bytes of a signature: those of a store have one length
        self._came: list[int] = []  # ids since the last look, the last in the file
        self._ids, self._places = np.empty(0, np.int64), np.empty(0, np.int64)  # in the order of the ids
        self._length = 0

    def close(self) -> None:
        self._file.close()

    def add(self, text_ids: Sequence[int], minima: Sequence[bytes]) -> None:
        """Take the signatures of texts that are not there."""
        for each in minima[:1]:
            self._width = len(each)
        self._file.write(b"".join(minima), self._width * self._length)
        self._came += text_ids
        self._length += len(text_ids)

    def drop(self, text_ids: Collection[int]) -> None:
        """Forget the signatures of texts."""
        if text_ids:
            gone = self._find(text_ids)
            self._ids, self._places = np.delete(self._ids, gone), np.delete(self._places, gone)

    def rows(self, text_ids: Collection[int]) -> Iterator[tuple[int, bytes]]:
        """(text_id, minima) of those of these texts that are there, in the order of ids."""
        return self._read(self._find(text_ids))

    def write(self, connection: sa.Connection) -> None:
        """Write the table, in its order."""
        self._sort()
        for at in range(0, len(self._ids), SIGNATURES_AT_ONCE):
            part = slice(at, at + SIGNATURES_AT_ONCE)
            insert(connection, signature, as_columns(list(self._read(part))))

    def _find(self, text_ids: Collection[int]) -> NDArray[np.int64]:
        """Positions of those of these texts that are there, in the order of ids."""
        self._sort()
        wanted = np.array(sorted(text_ids), np.int64)
        first, behind = (np.searchsorted(self._ids, wanted, side) for side in ("left", "right"))
        return first[first < behind]

    def _read(self, chosen: slice | NDArray[np.int64]) -> Iterator[tuple[int, bytes]]:
        for text_id, place in zip(self._ids[chosen].tolist(), self._places[chosen].tolist(), strict=True):
            yield text_id, self._file.read(self._width, place * self._width)

    def _sort(self) -> None:
        """Bring what came since the last look into the order of ids."""
        if self._came:
            ids = np.append(self._ids, np.array(self._came, np.int64))
            places = np.append(self._places, np.arange(self._length - len(self._came), self._length))
            order = np.argsort(ids, kind="stable")
            self._ids, self._places, self._came = ids[order], places[order], []


class Waiting(NamedTuple):
    """Rows that a run has made, and that are in no table before its end."""

    bands: BandRuns
    signatures: WaitingSignatures


@contextmanager
def waiting_rows(connection: sa.Connection) -> Iterator[Waiting | None]:
    """Room for the rows of a store without band keys, which are written when all are there; None for one with some."""
    if not has_no_keys(connection):
        yield None
        return
    with closing(BandRuns()) as bands, closing(WaitingSignatures()) as signatures:
        yield Waiting(bands, signatures)
        signatures.write(connection)
        bands.write(connection)
