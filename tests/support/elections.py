"""The election by its definition, and an archive in memory that stands for the store."""

from __future__ import annotations

from typing import Any

import numpy as np

from etl.decide.election import elect
from etl.decide.standings import NO_JUDGEMENTS, Content, Standing, Text
from etl.fingerprint import kernels, signatures
from etl.fingerprint.recipe import Recipe

RECIPE = Recipe(shingle=1, permutations=16, bands=16, rows=1, threshold=0.5)


class Memory:
    """An archive in memory: the fake that stands for the store."""

    def __init__(self, recipe=RECIPE):
        self.recipe, self.stored, self.rows, self.known = recipe, {}, {}, {}

    def learn(self, text_id, comparison):
        _, signature, _ = signatures.fingerprint([comparison], self.recipe)
        keys = np.unique(signatures.band_keys(signature, self.recipe)[0])
        (shingles,) = signatures.shingle_sets([comparison], self.recipe)
        self.known[text_id] = (Content(signature[0], keys), shingles)

    def text(self, text_id, rank):
        return Text(text_id, (*rank, f"{text_id:04}"), len(self.known[text_id][1]))

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
        """Elect and store; arrivals as {id: rank}."""
        coming = {i: (self.text(i, rank), self.known[i][0]) for i, rank in arrivals.items()}
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
    least = memory.recipe.least_agreement() if memory.recipe.characters else 0  # of words it decides nothing
    standings = {}
    for text in sorted(memory.stored.values(), key=lambda t: t.rank):
        content, shingles = memory.known[text.text_id]
        standings[text.text_id] = Standing(text.text_id, 1.0, memory.recipe.bands)
        for other in sorted(memory.stored.values(), key=lambda t: t.rank):
            if other.rank >= text.rank:
                break
            if standings[other.text_id].canonical_id != other.text_id:
                continue
            theirs, their_shingles = memory.known[other.text_id]
            if other.text_id in judgements.different.get(text.text_id, ()):
                continue
            same = other.text_id in judgements.same.get(text.text_id, ())
            bands = len(np.intersect1d(content.keys, theirs.keys))
            similarity = 0.0
            if same or kernels.agreement(content.signature, theirs.signature) >= least:
                similarity = signatures.similarity(shingles, their_shingles, memory.recipe)
            edge = bands > 0 and similarity >= memory.recipe.threshold
            if same or edge:
                standings[text.text_id] = Standing(other.text_id, similarity, bands, judged=not edge)
                break
    rows: dict[Any, bool] = {}
    for text_id, standing in standings.items():
        for key in memory.known[text_id][0].keys.tolist():
            row = (key, standing.canonical_id)
            rows[row] = rows.get(row, False) or key in memory.known[standing.canonical_id][0].keys
    return standings, rows


def check(memory, judgements=NO_JUDGEMENTS):
    standings, rows = definition(memory, judgements)
    assert {i: t.standing for i, t in memory.stored.items()} == standings
    assert memory.rows == rows
