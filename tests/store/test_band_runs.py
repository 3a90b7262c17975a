"""Band runs: what waits for the end of a run is what the index would hold by then, whatever came and went before."""

from __future__ import annotations

import json
from contextlib import closing

import numpy as np
import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from etl.decide.standings import BucketRows
from etl.settings import Settings
from etl.store import band_runs
from etl.store.band_runs import BandRuns
from schemas.tables import bucket
from tests.support.stores import check, dump, ingest_files
from tests.support.stories import story

KEYS = st.integers(-(2**63), -(2**63) + 3) | st.integers(-1, 1) | st.integers(2**63 - 3, 2**63 - 1)
ROWS = st.dictionaries(st.tuples(KEYS, st.integers(1, 3)), st.booleans(), max_size=8)


@given(st.lists(st.tuples(ROWS, st.integers(0, 8)), max_size=4), st.sets(KEYS))
def test_runs_hold_what_the_index_would(elections, asked):
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
        found = list(runs.rows(np.array(sorted(asked), dtype=np.int64)))
        assert found == [(*row, held[row]) for row in sorted(held) if row[0] in asked]
        engine = sa.create_engine("sqlite://")
        with engine.begin() as connection:
            bucket.create(connection)
            runs.write(connection)
            stored = connection.execute(sa.select(bucket).order_by(bucket.c.band_key, bucket.c.canonical_id))
            assert [tuple(row) for row in stored] == [(*row, held[row]) for row in sorted(held)]
        engine.dispose()


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_an_archive_is_the_same_by_one_election_and_by_many(tmp_path, postgres_url, monkeypatch, database):
    """Texts come at random and are as long as they are: later ones take clusters over, whose rows of the index go."""
    monkeypatch.setattr(band_runs, "ROWS_AT_ONCE", 100)
    lines = [json.dumps({"id": str(n), "text": story(n % 7, (n, f"v{n}"), words=100 + n * 13 % 40)}) for n in range(28)]
    files = {f"{n}.jsonl": "\n".join(lines[n::4]) for n in range(4)}
    once = Settings(store=f"sqlite:///{tmp_path}/once.db", staging=str(tmp_path / "s"), workers=1)
    ingest_files(once, tmp_path / "in", files)
    many = Settings(
        store=postgres_url if database == "postgresql" else f"sqlite:///{tmp_path}/many.db",
        staging=str(tmp_path / "t"), workers=1, batch_bytes=1, shard_bytes=1,
    )  # fmt: skip
    monkeypatch.setattr("etl.commit.batches.TEXTS_AN_ELECTION", 3)
    ingest_files(many, tmp_path / "in", {})
    assert dump(many.store) == dump(once.store)
    check(many.store)
