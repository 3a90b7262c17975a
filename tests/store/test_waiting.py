"""Waiting signatures: what is written at the end of a run is what the table would hold, whatever came and went."""

from __future__ import annotations

from contextlib import closing

import sqlalchemy as sa

from etl.store import waiting
from etl.store.waiting import WaitingSignatures
from schemas.tables import signature


def test_signatures_wait_as_the_table_would_hold_them(monkeypatch):
    monkeypatch.setattr(waiting, "SIGNATURES_AT_ONCE", 2)
    minima = {n: bytes([n, 255 - n]) * 4 for n in range(9)}
    with closing(WaitingSignatures()) as held:
        assert list(held.rows([3])) == []
        held.add([7, 2, 5], [minima[7], minima[2], minima[5]])
        assert list(held.rows({5, 3, 7})) == [(5, minima[5]), (7, minima[7])]
        held.add([8, 1], [minima[8], minima[1]])
        held.drop({8, 5})
        held.drop(())
        held.add([4, 5], [minima[4], minima[5]])  # what went may come again
        assert list(held.rows([8, 5, 1])) == [(1, minima[1]), (5, minima[5])]
        engine = sa.create_engine("sqlite://")
        with engine.begin() as connection:
            signature.create(connection)
            held.write(connection)
            written = [(row.text_id, row.minima) for row in connection.execute(sa.select(signature))]
        engine.dispose()
    assert written == [(n, minima[n]) for n in (1, 2, 4, 5, 7)]
