"""Settle: after articles came, changed or went, elect anew around the texts they touch, and write the result.

I/O, in the transaction of the caller.  The decisions are those of etl.decide.election and etl.decide.changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import sqlalchemy as sa

from etl.commit.references import match_texts
from etl.decide.band_index import contents
from etl.decide.changes import Effect, State, compare
from etl.decide.election import elect
from etl.decide.standings import NO_JUDGEMENTS, Judgements, Outcome, Text
from etl.fingerprint.recipe import Recipe
from etl.store import election
from etl.store.election import StoredArchive
from etl.store.waiting import Waiting
from schemas.tables import article


@dataclass(frozen=True, slots=True)
class NewText:
    """A text that may be new to the store: its signature (bytes) and the size of its set of shingles."""

    signature: bytes
    shingles: int


@dataclass(slots=True)
class Touched:
    """Changes that the caller made to the store since the last election, and the state before them.

    texts     texts that an article took up, left, or may have moved
    articles  articles that changed, and stand
    come      of these, those that did not stand before
    revised   articles whose text, or the day it is filed under, is another than before
    before    where the articles that stood before stood
    refiled   article -> the partition date under which it was filed before, where that changed
    judged    articles on which a judgement was given or taken back
    new_texts of the texts, those that may be new
    """

    texts: set[int] = field(default_factory=set)
    articles: set[str] = field(default_factory=set)
    come: set[str] = field(default_factory=set)
    revised: set[str] = field(default_factory=set)
    before: dict[str, State] = field(default_factory=dict)
    refiled: dict[str, date | None] = field(default_factory=dict)
    judged: set[str] = field(default_factory=set)
    new_texts: dict[int, NewText] = field(default_factory=dict)

    def add(self, later: Touched) -> None:
        """Add later changes.  Of an article that both changed, this one knows where it stood before, if it did."""
        self.before = {a: s for a, s in later.before.items() if a not in self.articles} | self.before
        self.revised |= later.revised - self.come
        self.texts |= later.texts
        self.articles |= later.articles
        self.come |= later.come
        self.refiled = {**later.refiled, **self.refiled}
        self.judged |= later.judged
        self.new_texts |= later.new_texts


def settle(connection: sa.Connection, recipe: Recipe, touched: Touched, waiting: Waiting | None = None) -> Effect:
    """Bring standings, buckets and texts up to date with the articles; the changes for consumers.

    waiting  rows that are in no table yet
    """
    outcome, stored = _elect(connection, recipe, touched, waiting)
    followers = _followers(connection, outcome, stored)
    before = election.states(connection, article.c.text_id, followers)
    before = {a: s for a, s in before.items() if a not in touched.come} | dict(touched.before)
    election.write_outcome(connection, outcome, waiting)
    match_texts(connection, [i for i, old in outcome.before.items() if old is None])
    after = election.states(connection, article.c.text_id, followers)
    after |= election.states(connection, article.c.article_id, {*touched.articles, *touched.before})
    texts = np.array(sorted(touched.texts | outcome.texts.keys()), np.int64)
    return Effect(changes=compare(before, after, touched.revised), written=True, refiled=touched.refiled, texts=texts)


def _elect(
    connection: sa.Connection, recipe: Recipe, touched: Touched, waiting: Waiting | None
) -> tuple[Outcome, dict[int, Text]]:
    """Elect anew around the touched texts.  Returns the outcome, and the touched texts as they were stored."""
    archive, new_texts = StoredArchive(connection, recipe, waiting=waiting), touched.new_texts
    stored = {t.text_id: t for t in archive.texts(touched.texts)}
    ranks = election.first_articles(connection, touched.texts)
    departures = [t for i, t in stored.items() if ranks.get(i) != t.rank]
    arrived = [i for i in touched.texts if i not in stored and i in ranks]
    # An article that one batch brought and the next changed, before any election, has left its first text behind.
    election.drop_texts(connection, touched.texts - stored.keys() - ranks.keys(), waiting)
    minima = np.array([np.frombuffer(new_texts[i].signature, dtype="<u4") for i in arrived], dtype=np.uint32)
    arrivals = {
        i: (Text(i, ranks[i], new_texts[i].shingles), content)
        for i, content in zip(arrived, contents(minima, recipe), strict=True)
    }
    moved = [t.text_id for t in departures if t.text_id in ranks]
    archive.expect(moved)
    for text_id, content in archive.contents(moved):
        arrivals[text_id] = (Text(text_id, ranks[text_id], stored[text_id].shingles), content)
    judgements, again = _judgements(connection, touched)
    reconsidered = archive.texts(again - arrivals.keys() - {t.text_id for t in departures})
    return elect(arrivals, departures, archive, recipe, judgements, reconsidered), stored


def by_text(rows: Iterable[tuple[int, int, str, str, str]]) -> Judgements:
    """Judgements on pairs of articles (etl.store.election.judged_texts) as judgements on pairs of texts."""
    words: dict[str, dict[int, set[int]]] = {"same": {}, "different": {}}
    for text_id, other_id, word, *_ in rows:
        if text_id != other_id:
            words[word].setdefault(text_id, set()).add(other_id)
            words[word].setdefault(other_id, set()).add(text_id)
    return Judgements(words["same"], words["different"])


def _judgements(connection: sa.Connection, touched: Touched) -> tuple[Judgements, set[int]]:
    """Judgements by text, and the texts to decide again because a judgement on them came, went or moved."""
    rows = election.judged_texts(connection)
    if not rows and not touched.judged:
        return NO_JUDGEMENTS, set()
    changed = {*touched.articles, *touched.before, *touched.judged}
    again = set(touched.texts)
    for text_id, other_id, _, article_id, other_article in rows:
        if article_id in changed or other_article in changed:
            again |= {text_id, other_id}
    return by_text(rows), again


def _followers(connection: sa.Connection, outcome: Outcome, stored: Mapping[int, Text]) -> set[int]:
    """Stored texts whose articles may stand elsewhere now.

    These are the texts whose standing changed, and all members of a canonical whose first article is another one now.
    """
    heads = [i for i, text in outcome.texts.items() if text and i in stored and stored[i].rank[2] != text.rank[2]]
    changed = {i for i, old in outcome.before.items() if old is not None}
    return changed | election.member_ids(connection, heads)
