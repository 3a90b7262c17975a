"""Held shingles: those of texts that a run has read, while it looks for relations.  I/O: a file without a name.

A text that many others are compared with is read and spelled out once.  Its shingles take 3 kB, too much for the memory
of a run of a million; from the file they come in a tenth of the time of its body from the store.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from etl.compiled import Hashes, Offsets
from etl.decide.candidates import is_among
from etl.store.nameless_file import NamelessFile

Numbers = NDArray[np.int64]


class HeldShingles:
    """Shingles of texts in their order, each as often as it occurs; it is to be closed.

    In memory are 24 bytes of a text: its id, where its shingles begin, and how many they are.
    """

    def __init__(self) -> None:
        self._file = NamelessFile()
        self._length = 0
        self._rows = np.empty((3, 0), np.int64)  # ids, in order; where shingles begin; how many they are
        self._came: list[Numbers] = []  # such rows since the last look

    def close(self) -> None:
        self._file.close()

    def add(self, text_ids: Numbers, hashes: Hashes, ends: Offsets) -> None:
        """Take the shingles of texts that are not there: those of text i are hashes[ends[i]:ends[i+1]]."""
        self._file.write(hashes.data, hashes.itemsize * self._length)
        self._came.append(np.stack([text_ids, self._length + ends[:-1], np.diff(ends)]))
        self._length += len(hashes)

    def missing(self, text_ids: Numbers) -> Numbers:
        """Those of these texts that are not there."""
        return text_ids[~is_among(text_ids, self._sorted()[0])]

    def of(self, text_ids: Numbers) -> tuple[Hashes, Offsets]:
        """The shingles of texts that are there, as add() takes them."""
        ids, begins, counts = self._sorted()
        place = np.searchsorted(ids, text_ids)
        begins, counts = begins[place], counts[place]
        ends = np.cumsum(np.append(0, counts))
        hashes = np.empty(ends[-1], np.uint64)
        room = hashes.data.cast("B")
        for at, begin, count in zip(ends.tolist(), begins.tolist(), counts.tolist(), strict=False):
            if count:
                self._file.read_into(room[8 * at : 8 * (at + count)], 8 * begin)
        return hashes, ends

    def _sorted(self) -> Numbers:
        if self._came:
            rows = np.concatenate([self._rows, *self._came], axis=1)
            self._rows, self._came = rows[:, np.argsort(rows[0], kind="stable")], []
        return self._rows
