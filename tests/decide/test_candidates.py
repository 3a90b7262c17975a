"""Candidates: the pairs of the definition, and no more than its bound a row."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from etl.decide import candidates as module
from etl.decide.candidates import NOWHERE, Pairs, Places, candidates
from etl.decide.definition import Definition
from schemas.records import UNDATED

DAYS = st.sampled_from([1, 2, 3, 8, 9, UNDATED])
ROWS = st.sets(st.tuples(st.sampled_from([-(2**63), -5, 0, 2**63 - 1]), st.integers(0, 11)))


def by_definition(rows, days, definition):
    """Pairs (later, earlier), by one look at all texts that have a hash."""
    found = set()
    for hash_, text in rows:
        within = [t for h, t in rows if h == hash_ and days[text] - definition.days <= days[t] <= days[text]]
        if len(within) <= definition.common:
            found |= {(text, t) for t in within if t < text}
    return found


@given(rows=ROWS, days=st.lists(DAYS, min_size=12, max_size=12).map(sorted), common=st.integers(2, 5))
def test_candidates_are_the_pairs_of_the_definition(rows, days, common):
    definition = Definition(6, common)
    hashes, texts = np.array(sorted(rows), np.int64).reshape(-1, 2).T
    found = candidates(hashes, texts.astype(np.int32), np.array(days, np.int32), definition)
    assert {divmod(pair, len(days)) for pair in found.tolist()} == by_definition(rows, days, definition)
    assert len(found) <= len(rows) * common


def test_pairs_that_come_often_are_kept_once(monkeypatch):
    monkeypatch.setattr(module, "PAIRS_AT_ONCE", 3)
    pairs = Pairs()
    for part in ([5, 1], [1, 9], [], [9, 5, 2]):
        pairs.add(np.array(part, np.int64))
    assert pairs.all().tolist() == pairs.all().tolist() == [1, 2, 5, 9]


def test_places_are_in_the_order_of_election_but_for_ranks():
    texts = np.arange(5)
    days, lengths = np.array([7, 3, 3, 3, UNDATED], np.int32), np.array([9, 5, 8, 8, 1], np.int32)
    articles = np.array([b"0", b"9", b"b", b"a", b"c"], "S32")
    assert Places(texts, days, lengths, articles).ordered().tolist() == [3, 2, 1, 0, 4]
    assert len(Places.joined([]).ordered()) == len(NOWHERE.texts) == 0
