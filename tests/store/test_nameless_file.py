"""Nameless files: who fills the disk of the temporary folder hears of which folder."""

from __future__ import annotations

import errno
import os
import tempfile
from contextlib import closing

import numpy as np
import pytest

from etl.commit.free import aside
from etl.decide.standings import BucketRows
from etl.store.band_runs import BandRuns
from etl.store.held_shingles import HeldShingles
from etl.store.waiting import WaitingSignatures

NUMBERS = np.arange(3)


def hold_band_keys():
    with closing(BandRuns()) as runs:
        runs.add(BucketRows([(NUMBERS, NUMBERS, NUMBERS > 0)]), [])


def hold_signatures():
    with closing(WaitingSignatures()) as held:
        held.add([1], [b"minima"])


def hold_shingles():
    with closing(HeldShingles()) as held:
        held.add(NUMBERS[:1], NUMBERS.astype(np.uint64), np.array([0, 3]))


@pytest.mark.parametrize("hold", [hold_band_keys, hold_signatures, hold_shingles, lambda: aside(NUMBERS)])
def test_a_full_disk_is_told_with_its_folder(hold, monkeypatch):
    def refuse(*arguments):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.pwrite", refuse)
    with pytest.raises(OSError, match="No space left") as told:
        hold()
    assert told.value.filename == tempfile.gettempdir()


def test_a_disk_that_takes_a_part_at_a_time_takes_all(monkeypatch):
    write = os.pwrite
    monkeypatch.setattr("os.pwrite", lambda file, content, at: write(file, content[:5], at))
    assert (aside(NUMBERS) == NUMBERS).all()
