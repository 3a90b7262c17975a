"""Settle: after articles came, changed or went, elect anew around the texts they touch, and write what follows.

I/O, in the transaction of the caller; what is decided, etl.decide.election and etl.decide.changes decide.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import sqlalchemy as sa

from etl.decide.changes import State, Totals
from etl.decide.election import elect
from etl.decide.standings import NO_JUDGEMENTS, Judgements, Outcome, Text
from etl.fingerprint.recipe import Recipe
from etl.store import election
from etl.store.election import StoredArchive
from schemas.tables import article


@dataclass(frozen=True, slots=True)
class Coming:
    """What the election needs of a text that may be new: its signature (bytes) and the size of its set."""

    signature: bytes
    shingles: int


@dataclass(slots=True)
class Touched:
    """What the caller has changed in the store since the last election, and how it was.

    texts     texts that an article took up, left, or may have moved
    articles  articles that changed, and stand
    come      of these, those that did not stand before
    revised   those whose text, or the day it is filed under, is another than before
    before    where the others of them stood
    judged    articles a judgement on which was given or taken back
    coming    of the texts, those that may be new
    """

    texts: set[int] = field(default_factory=set)
    articles: set[str] = field(default_factory=set)
    come: set[str] = field(default_factory=set)
    revised: set[str] = field(default_factory=set)
    before: dict[str, State] = field(default_factory=dict)
    judged: set[str] = field(default_factory=set)
    coming: dict[int, Coming] = field(default_factory=dict)

    def add(self, later: Touched) -> None:
        """Take in what changed after this; an article that both changed stood where the first found it, or nowhere."""
        self.before = {a: s for a, s in later.before.items() if a not in self.articles} | self.before
        self.revised |= later.revised - self.come
        self.texts |= later.texts
        self.articles |= later.articles
        self.come |= later.come
        self.judged |= later.judged
        self.coming |= later.coming


def settle(connection: sa.Connection, recipe: Recipe, touched: Touched, totals: Totals) -> None:
    """Bring standings, buckets and texts up to date with the articles, and add what consumers see change."""
    outcome, stored = _elect(connection, recipe, touched)
    totals.verified += outcome.verified
    followers = _followers(connection, outcome, stored)
    before = election.states(connection, article.c.text_id, followers)
    before = {a: s for a, s in before.items() if a not in touched.come} | dict(touched.before)
    election.write_outcome(connection, outcome)
    after = election.states(connection, article.c.text_id, followers)
    after |= election.states(connection, article.c.article_id, {*touched.articles, *touched.before})
    totals.seen.add(before, after, touched.revised)


def _elect(connection: sa.Connection, recipe: Recipe, touched: Touched) -> tuple[Outcome, dict[int, Text]]:
    """Elect anew around the touched texts.  Returns the outcome, and the touched texts as they were stored."""
    archive, coming = StoredArchive(connection, recipe), touched.coming
    stored = {t.text_id: t for t in archive.texts(touched.texts)}
    places = election.first_articles(connection, touched.texts)
    departures = [t for i, t in stored.items() if places.get(i) != t.place]
    arrived = [i for i in touched.texts if i not in stored and i in places]
    # What one batch brought and the next took back before any election has left its text behind.
    election.drop_texts(connection, touched.texts - stored.keys() - places.keys())
    minima = np.array([np.frombuffer(coming[i].signature, dtype="<u4") for i in arrived], dtype=np.uint32)
    arrivals = {
        i: (Text(i, places[i], coming[i].shingles), content)
        for i, content in zip(arrived, election.contents(minima, recipe), strict=True)
    }
    moved = [t.text_id for t in departures if t.text_id in places]
    archive.expect(moved)
    for text_id, content in archive.contents(moved):
        arrivals[text_id] = (Text(text_id, places[text_id], stored[text_id].shingles), content)
    judgements, again = _judgements(connection, touched)
    reconsidered = archive.texts(again - arrivals.keys() - {t.text_id for t in departures})
    return elect(arrivals, departures, archive, recipe, judgements, reconsidered), stored


def words_on_texts(rows: Iterable[tuple[int, int, str, str, str]]) -> Judgements:
    """People's words on pairs of articles (store.judged_texts), text by text."""
    words: dict[str, dict[int, set[int]]] = {"same": {}, "different": {}}
    for text_id, other_id, word, *_ in rows:
        if text_id != other_id:
            words[word].setdefault(text_id, set()).add(other_id)
            words[word].setdefault(other_id, set()).add(text_id)
    return Judgements(words["same"], words["different"])


def _judgements(connection: sa.Connection, touched: Touched) -> tuple[Judgements, set[int]]:
    """People's words, and the texts that must look again because a word on them came, went or moved."""
    rows = election.judged_texts(connection)
    if not rows and not touched.judged:
        return NO_JUDGEMENTS, set()
    changed = {*touched.articles, *touched.before, *touched.judged}
    again = set(touched.texts)
    for text_id, other_id, _, article_id, other_article in rows:
        if article_id in changed or other_article in changed:
            again |= {text_id, other_id}
    return words_on_texts(rows), again


def _followers(connection: sa.Connection, outcome: Outcome, stored: Mapping[int, Text]) -> set[int]:
    """Stored texts whose articles may stand elsewhere now.

    Those whose standing changed, and all members of a canonical whose first article is another than before.
    """
    heads = [i for i, text in outcome.texts.items() if text and i in stored and stored[i].place[2] != text.place[2]]
    changed = {i for i, old in outcome.before.items() if old is not None}
    return changed | election.member_ids(connection, heads)
