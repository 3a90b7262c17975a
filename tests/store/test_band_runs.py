"""Band runs: what waits for the end of a run is what the index would hold by then, whatever came and went before."""

from __future__ import annotations

from contextlib import closing

import numpy as np
import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from etl.decide.standings import BucketRows
from etl.store import band_runs
from etl.store.band_runs import BandRuns
from schemas.tables import bucket

KEYS = st.integers(-(2**63), -(2**63) + 3) | st.integers(-1, 1) | st.integers(2**63 - 3, 2**63 - 1)
ROWS = st.dictionaries(st.tuples(KEYS, st.integers(1, 3)), st.booleans(), max_size=8)


@pytest.fixture(scope="module", autouse=True)
def small():
    """Two runs become one, two such ones another; few rows are handled at once."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(band_runs, "MERGED", 2)
        patched.setattr(band_runs, "ROWS_AT_ONCE", 3)
        yield


@pytest.fixture(scope="module")
def empty_index():
    """A database that has the band index alone."""
    engine = sa.create_engine("sqlite://")
    bucket.create(engine)
    yield engine
    engine.dispose()


@given(st.lists(st.tuples(ROWS, st.integers(0, 8)), max_size=5), st.sets(KEYS))
def test_runs_hold_what_the_index_would(empty_index, elections, asked):
    held: dict[tuple[int, int], bool] = {}
    with closing(BandRuns()) as runs:
        for rows, leaving in elections:
            dropped = sorted(held)[:leaving]
            held = {row: own for row, own in held.items() if row not in dropped}
            new = {row: own for row, own in rows.items() if row not in held}
            held |= new
            added = BucketRows()
            for (key, canonical_id), own in new.items():
                added.add(np.array([key], dtype=np.int64), canonical_id, own)
            runs.add(added, dropped)
        assert len(runs._runs) <= 2, "of four runs there is one, of five two"
        found = list(runs.rows(np.array(sorted(asked), dtype=np.int64)))
        assert found == [(*row, held[row]) for row in sorted(held) if row[0] in asked]
        with empty_index.connect() as connection:  # and nothing is committed
            runs.write(connection)
            stored = connection.execute(sa.select(bucket).order_by(bucket.c.band_key, bucket.c.canonical_id))
            assert [tuple(row) for row in stored] == [(*row, held[row]) for row in sorted(held)]
