"""Memory that is free goes back to the system, and rows that wait are in none."""

from __future__ import annotations

import ctypes

import numpy as np
import psutil
import pytest

from etl.commit.free import aside, give_back


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="another C library than glibc")
def test_what_is_free_below_what_stays_goes_back():
    below = [np.ones(60_000, np.uint8) for _ in range(1_000)]  # too small to be mapped one by one
    stays = np.ones(60_000, np.uint8)
    del below
    before = psutil.Process().memory_info().rss
    give_back()
    assert before - psutil.Process().memory_info().rss > 50_000_000
    assert stays.all()


def test_rows_aside_are_the_same_and_in_memory_where_they_are_read():
    rows = np.arange(5_000_000).view([("id", "i8")])
    before = psutil.Process().memory_info().rss
    found = aside(rows)
    assert psutil.Process().memory_info().rss - before < rows.nbytes // 10
    assert found.dtype == rows.dtype
    assert (found == rows).all()
    assert len(aside(rows[:0])) == 0
