"""The election: equal to its definition, whatever arrives, departs or is judged, in whatever order and batches."""

from __future__ import annotations

import itertools
from typing import Any
from unittest.mock import Mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etl.decide import election
from etl.decide.standings import Judgements
from etl.fingerprint.recipe import Recipe
from tests.support.elections import Memory, check

WORDS = st.lists(st.sampled_from("abcdefghij"), min_size=1, max_size=7)
OF_CHARACTERS = Recipe(4, 120, bands=16, rows=1, threshold=0.5, characters=True)
PLACES = st.tuples(st.integers(0, 3), st.integers(-3, -1))


def block(n):
    """24 words that no other block has."""
    return " ".join(f"{chr(97 + n // 10)}{a}{b}{n % 10}" for a in "pqrs" for b in "tuvwxy")


@given(st.data())
@settings(max_examples=400)
def test_any_history_of_arrivals_departures_and_moves_ends_in_the_standings_of_the_definition(data):
    texts = data.draw(st.lists(WORDS, min_size=1, max_size=14))
    memory = Memory()
    for text_id, words in enumerate(texts, 1):
        memory.learn(text_id, " ".join(words))
    absent = set(memory.known)
    for _ in range(data.draw(st.integers(1, 6))):
        arrivals = {i: data.draw(PLACES) for i in data.draw(st.sets(st.sampled_from(sorted(absent))))} if absent else {}
        leaving = data.draw(st.sets(st.sampled_from(sorted(memory.stored)))) if memory.stored else set()
        moves = {i: data.draw(PLACES) for i in leaving if data.draw(st.booleans())}
        memory.apply(arrivals | moves, leaving)
        absent = set(memory.known) - memory.stored.keys()
        check(memory)


@given(st.lists(WORDS, min_size=2, max_size=14), st.data())
@settings(max_examples=150)
def test_texts_that_nothing_stored_touches_are_elected_as_all_others_with_as_many_comparisons(texts, data):
    ranks = {i: data.draw(PLACES) for i in range(1, len(texts) + 1)}
    stored = data.draw(st.sets(st.sampled_from(sorted(ranks))))
    ends = []
    for together in (True, False):
        memory = Memory()
        for text_id, words in enumerate(texts, 1):
            memory.learn(text_id, " ".join(words))
        memory.apply({i: ranks[i] for i in stored}, [])
        with pytest.MonkeyPatch.context() as patch:
            if not together:
                patch.setattr(election, "apart_from", lambda touched, keys: np.zeros_like(touched))
            outcome = memory.apply({i: ranks[i] for i in ranks.keys() - stored}, [])
        ends.append((outcome.texts, outcome.before, outcome.verified, memory.rows))
    assert ends[0] == ends[1]


@given(st.data())
@settings(max_examples=150)
def test_judgements_given_and_taken_back_are_honoured_as_if_they_had_always_been_there(data):
    texts = data.draw(st.lists(WORDS, min_size=2, max_size=10))
    memory = Memory()
    for text_id, words in enumerate(texts, 1):
        memory.learn(text_id, " ".join(words))
    memory.apply({i: data.draw(PLACES) for i in memory.known}, [])
    pairs = list(itertools.combinations(sorted(memory.known), 2))
    for _ in range(3):
        chosen = data.draw(st.dictionaries(st.sampled_from(pairs), st.sampled_from(["same", "different"]), max_size=4))
        word: dict[str, dict[int, Any]] = {"same": {}, "different": {}}
        for (a, b), judgement in chosen.items():
            word[judgement].setdefault(a, set()).add(b)
            word[judgement].setdefault(b, set()).add(a)
        judgements = Judgements(**word)
        memory.apply({}, [], judgements, reconsidered=sorted(memory.stored))
        check(memory, judgements)


@given(st.lists(st.lists(st.integers(0, 9), min_size=1, max_size=5), min_size=2, max_size=9), st.data())
@settings(max_examples=150)
def test_texts_measured_by_their_passages_end_in_the_standings_of_the_definition_too(blocks, data):
    """Texts of a few blocks of words each, so that some run side by side in part."""
    memory = Memory(OF_CHARACTERS)
    for text_id, numbers in enumerate(blocks, 1):
        memory.learn(text_id, " ".join(map(block, numbers)))
    for _ in range(3):
        absent = sorted(set(memory.known) - memory.stored.keys())
        coming = data.draw(st.lists(st.sampled_from(absent), unique=True)) if absent else []
        leaving = data.draw(st.sets(st.sampled_from(sorted(memory.stored)))) if memory.stored else set()
        memory.apply({i: data.draw(PLACES) for i in coming}, leaving)
        check(memory)


def test_a_pair_of_which_too_few_positions_agree_is_no_edge_by_the_definition_either():
    """Excerpts of a sixtieth: some share a band key with the whole text, some of these agree in one or two of 120."""
    memory = Memory(OF_CHARACTERS)
    memory.learn(1, " ".join(map(block, range(60))))
    for n in range(60):
        memory.learn(2 + n, block(n))
    memory.apply({i: (1, -1) if i == 1 else (2, -1) for i in memory.known}, [])
    check(memory)
    whole = memory.known[1][0]
    candidates = [i for i in range(2, 62) if np.intersect1d(memory.known[i][0].keys, whole.keys).size]
    stand = [i for i in candidates if memory.stored[i].standing.canonical_id == i]
    assert 0 < len(stand) < len(candidates)


def chain(memory, *texts):
    for text_id, comparison in enumerate(texts, 1):
        memory.learn(text_id, comparison)
    memory.apply({i: (i, -1) for i in range(1, len(texts) + 1)}, [])
    return {i: t.standing.canonical_id for i, t in memory.stored.items()}


def test_a_chain_of_alikes_does_not_join_its_unlike_ends():
    assert chain(Memory(), "a b c d", "b c d e", "c d e f") == {1: 1, 2: 1, 3: 3}


def test_texts_are_read_only_where_their_signatures_leave_a_pair_in_doubt(monkeypatch):
    memory = Memory()
    asked: set[int] = set()
    chain(memory, "a b c d e f", "p q r s")
    memory.learn(3, "a")
    memory.learn(4, "p q r")
    assert np.intersect1d(memory.known[3][0].keys, memory.known[1][0].keys).size, "too small, and a candidate"
    monkeypatch.setattr(memory, "expect", asked.update)
    memory.apply({3: (3, -1), 4: (3, -1)}, [])
    assert asked == {2, 4}
    assert {i: t.standing.canonical_id for i, t in memory.stored.items()} == {1: 1, 2: 2, 3: 3, 4: 2}


def test_of_stored_texts_that_share_a_key_by_chance_no_keys_are_looked_up_and_signatures_of_unlike_size_not_read(
    monkeypatch,
):
    memory = Memory(Recipe(shingle=1, permutations=128, bands=128, rows=1, threshold=0.7))
    chain(memory, "a b c d e f g h", "p q r s")
    memory.learn(3, "a")
    memory.learn(4, "p w x y")
    keys = {i: content.keys for i, (content, _) in memory.known.items()}
    assert np.intersect1d(keys[3], keys[1]).size
    assert np.intersect1d(keys[4], keys[2]).size
    contents, buckets = Mock(wraps=memory.contents), Mock(wraps=memory.buckets)
    monkeypatch.setattr(memory, "contents", contents)
    monkeypatch.setattr(memory, "buckets", buckets)
    memory.apply({3: (0, -1), 4: (0, -1)}, [])
    assert {i for call in contents.call_args_list for i in call.args[0]} == {2}
    assert buckets.call_count == 1
    check(memory)


def test_a_canonical_that_goes_leaves_its_duplicates_to_elect_anew():
    memory = Memory()
    chain(memory, "a b c d", "a b c e", "a b c f")
    memory.apply({}, [1])
    assert {i: t.standing.canonical_id for i, t in memory.stored.items()} == {2: 2, 3: 2}


@pytest.mark.parametrize("backwards", [False, True])
def test_a_template_costs_one_comparison_a_copy(backwards):
    """Near-copies of one text, the best first or last: nothing is compared with copies, only with the canonical."""
    recipe = Recipe(shingle=1, threshold=0.8)
    memory, copies = Memory(recipe), 200
    template = " ".join(f"w{i}" for i in range(100))
    for text_id in range(1, copies + 1):
        memory.learn(text_id, f"{template} number{text_id}")
    days = range(copies, 0, -1) if backwards else range(1, copies + 1)
    outcome = memory.apply({i: (day, -1) for i, day in zip(memory.known, days, strict=True)}, [])
    assert outcome.verified == copies - 1
    memory.learn(copies + 1, f"{template} late")
    assert memory.apply({copies + 1: (copies + 1, -1)}, []).verified == 1
