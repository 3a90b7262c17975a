"""The election: equal to its definition, whatever arrives, departs or is judged, in whatever order and batches."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etl.decide.election import elect
from etl.decide.standings import NO_JUDGEMENTS, Content, Judgements, Standing, Text
from etl.fingerprint import signatures
from etl.fingerprint.recipe import Recipe

RECIPE = Recipe(shingle=1, permutations=16, bands=16, rows=1, threshold=0.5)
WORDS = st.lists(st.sampled_from("abcdefghij"), min_size=1, max_size=7)
PLACES = st.tuples(st.integers(0, 3), st.integers(-3, -1))


class Memory:
    """An archive in memory: the fake that stands for the store."""

    def __init__(self, recipe=RECIPE):
        self.recipe, self.stored, self.rows, self.known = recipe, {}, {}, {}

    def learn(self, text_id, comparison):
        _, signature, _ = signatures.fingerprint([comparison], self.recipe)
        keys = np.unique(signatures.band_keys(signature, self.recipe)[0])
        (shingles,) = signatures.shingle_sets([comparison], self.recipe)
        self.known[text_id] = (Content(signature[0], keys), shingles)

    def text(self, text_id, place):
        return Text(text_id, (*place, f"{text_id:04}"), len(self.known[text_id][1]))

    def buckets(self, keys):
        wanted = set(keys)
        return [(key, canonical, own) for (key, canonical), own in self.rows.items() if key in wanted]

    def texts(self, text_ids):
        return [self.stored[i] for i in text_ids if i in self.stored]

    def members(self, canonical_ids):
        return [
            t
            for t in self.stored.values()
            if t.standing.canonical_id in canonical_ids and t.standing.canonical_id != t.text_id
        ]

    def contents(self, text_ids):
        return [(i, self.known[i][0]) for i in text_ids]

    def shingle_set(self, text_id):
        return self.known[text_id][1]

    def expect(self, text_ids):
        pass

    def apply(self, arrivals, departures, judgements=NO_JUDGEMENTS, reconsidered=()):
        """Elect and store; arrivals as {id: place}."""
        coming = {i: (self.text(i, place), self.known[i][0]) for i, place in arrivals.items()}
        leaving = [self.stored[i] for i in departures]
        outcome = elect(coming, leaving, self, self.recipe, judgements, [self.stored[i] for i in reconsidered])
        for row in outcome.dropped:
            del self.rows[row]
        for key, canonical, own in zip(*(column.tolist() for column in outcome.added.columns()), strict=True):
            assert (key, canonical) not in self.rows, "a row that was there is added again"
            self.rows[key, canonical] = own
        for text_id, text in outcome.texts.items():
            if text is None:
                del self.stored[text_id]
            else:
                self.stored[text_id] = text
        return outcome


def definition(memory, judgements=NO_JUDGEMENTS):
    """Standings by walking the order over every pair, and the bucket rows that they make."""
    standings = {}
    for text in sorted(memory.stored.values(), key=lambda t: t.place):
        content, shingles = memory.known[text.text_id]
        standings[text.text_id] = Standing(text.text_id, 1.0, memory.recipe.bands)
        for other in sorted(memory.stored.values(), key=lambda t: t.place):
            if other.place >= text.place:
                break
            if standings[other.text_id].canonical_id != other.text_id:
                continue
            theirs, their_shingles = memory.known[other.text_id]
            bands = len(np.intersect1d(content.keys, theirs.keys))
            similarity = signatures.jaccard(shingles, their_shingles)
            if other.text_id in judgements.different.get(text.text_id, ()):
                continue
            same = other.text_id in judgements.same.get(text.text_id, ())
            edge = bands > 0 and similarity >= memory.recipe.threshold
            if same or edge:
                standings[text.text_id] = Standing(other.text_id, similarity, bands, judged=not edge)
                break
    rows = {}
    for text_id, standing in standings.items():
        for key in memory.known[text_id][0].keys.tolist():
            row = (key, standing.canonical_id)
            rows[row] = rows.get(row, False) or key in memory.known[standing.canonical_id][0].keys
    return standings, rows


def check(memory, judgements=NO_JUDGEMENTS):
    standings, rows = definition(memory, judgements)
    assert {i: t.standing for i, t in memory.stored.items()} == standings
    assert memory.rows == rows


@given(st.data())
@settings(max_examples=400, deadline=None)
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


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_judgements_given_and_taken_back_are_honoured_as_if_they_had_always_been_there(data):
    texts = data.draw(st.lists(WORDS, min_size=2, max_size=10))
    memory = Memory()
    for text_id, words in enumerate(texts, 1):
        memory.learn(text_id, " ".join(words))
    memory.apply({i: data.draw(PLACES) for i in memory.known}, [])
    pairs = list(itertools.combinations(sorted(memory.known), 2))
    for _ in range(3):
        chosen = data.draw(st.dictionaries(st.sampled_from(pairs), st.sampled_from(["same", "different"]), max_size=4))
        word = {"same": {}, "different": {}}
        for (a, b), judgement in chosen.items():
            word[judgement].setdefault(a, set()).add(b)
            word[judgement].setdefault(b, set()).add(a)
        judgements = Judgements(**word)
        memory.apply({}, [], judgements, reconsidered=sorted(memory.stored))
        check(memory, judgements)


def chain(memory, *texts):
    for text_id, comparison in enumerate(texts, 1):
        memory.learn(text_id, comparison)
    memory.apply({i: (i, -1) for i in range(1, len(texts) + 1)}, [])
    return {i: t.standing.canonical_id for i, t in memory.stored.items()}


def test_a_chain_of_alikes_does_not_join_its_unlike_ends():
    assert chain(Memory(), "a b c d", "b c d e", "c d e f") == {1: 1, 2: 1, 3: 3}


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
