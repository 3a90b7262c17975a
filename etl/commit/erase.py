"""Erasure: articles taken out of the store for good, whose ids stay so that they are never taken in again.  I/O.

First the transaction of erase(): rows, quarantine heads, standings, tombstones that say what has to be done yet.  Then,
outside of it, the files that may hold the texts, and the database's own (etl.pipeline.erasing); a kill leaves either
nothing done, or tombstones that say how to go on.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby

import sqlalchemy as sa

from etl.commit.batches import TEXTS_AN_ELECTION
from etl.commit.curate import Said, known, settled
from etl.commit.settle import Touched
from etl.decide.changes import Effect
from etl.decide.revisions import Revision, told_by_day
from etl.errors import Usage
from etl.store import articles, election, runs, tombstones, visits
from etl.store.bulk import among, select
from etl.store.tombstones import Tombstone
from etl.web.urls import canonical_url
from schemas.records import RunReport, is_article_id
from schemas.tables import article


@dataclass(frozen=True, slots=True)
class Pending:
    """What is yet to be done for an erased article: where its texts may stand outside the store.

    seen  (path, record) of the files that it was read from
    url   the canonical URL that is its key; None: its key is none
    """

    article_id: str
    source: str
    seen: frozenset[tuple[str, int | None]] = frozenset()
    url: str | None = None

    @classmethod
    def of(cls, tombstone: Tombstone) -> Pending:
        told = json.loads(tombstone.pending or NOTHING)
        seen = frozenset((path, record) for path, record in told.get("seen", []))
        return cls(tombstone.article_id, tombstone.source, seen, told.get("url"))

    def as_json(self) -> str:
        return json.dumps({"seen": sorted(self.seen, key=repr), "url": self.url})


NOTHING = "{}"
"""`pending` of a tombstone for which all is done but the scrub of the database."""


def erase(connection: sa.Connection, article_ids: Sequence[str], said: Said) -> RunReport:
    """Take articles out of the store: every row goes but a tombstone, their clusters are elected anew.

    A whole id that the store does not know gets its tombstone ahead: of a store that was restored, or filled anew.

    Raises Usage for what is no id, and without a reason: nothing else will say later why the article is gone.
    """
    if not said.reason.strip():
        raise Usage("an erasure needs a reason: nothing else says later why an article is gone")
    wanted = set(article_ids) - tombstones.reasons(connection, article_ids).keys()
    stored = articles.current_revisions(connection, wanted)
    ahead = {each for each in wanted - stored.keys() if is_article_id(each)}
    current = known(connection, sorted(wanted - ahead))
    standing = {a: text_id for a, (_, text_id) in current.items() if text_id is not None}
    before = election.states(connection, article.c.article_id, standing.keys())
    run_id = runs.next_id(connection)
    revisions = articles.revisions(connection, current.keys())
    pending = _pending(connection, revisions)
    connection.execute(sa.update(article).where(among(connection, article.c.article_id, standing)).values(text_id=None))
    counted: dict[tuple[str, date | None], tuple[int, int]] = {}
    for source, those in groupby(sorted(pending, key=lambda each: each.source), key=lambda each: each.source):
        mine = list(those)
        counted |= told_by_day(source, revisions, {each.article_id: {} for each in mine})
        _forget(connection, source, mine, said.at)
    touched = Touched(texts=set(standing.values()), before=before)
    effect = Effect(retracted=len(standing) - len(current), written=bool(current or ahead), told=counted)
    told = [(said.who, "erase", a, None, said.reason) for a in sorted(current.keys() | ahead)]
    report = settled(connection, touched, effect, told, said)
    tombstones.drop_rows(connection, current.keys())  # not before: the counts by day are those of its articles
    kept: list[tuple[str, str, str | None]] = [(each.article_id, each.source, each.as_json()) for each in pending]
    kept += [(article_id, "", None) for article_id in sorted(ahead)]
    rows = [Tombstone(a, source, said.who, said.reason, said.at, run_id, left) for a, source, left in kept]
    tombstones.add(connection, rows)
    runs.forget_examples(connection, wanted)
    return report


def erase_all(connection: sa.Connection, article_ids: Sequence[str], said: Said) -> RunReport:
    """Erase any number of articles, as many a run as an election takes; etl.pipeline.erasing does the rest after it."""
    ids = sorted(set(article_ids))
    report = erase(connection, ids[:TEXTS_AN_ELECTION], said)
    for at in range(TEXTS_AN_ELECTION, len(ids), TEXTS_AN_ELECTION):
        report = erase(connection, ids[at : at + TEXTS_AN_ELECTION], said)
    return report


def _pending(connection: sa.Connection, revisions: Mapping[str, Sequence[Revision]]) -> list[Pending]:
    """Where articles stand, before their rows go.  revisions: article_id → all that it has had."""
    columns = [article.c.article_id, article.c.source, article.c.source_key]
    rows = select(connection, columns, article.c.article_id, revisions.keys())
    places = {a: frozenset((each.path, each.record) for each in those) for a, those in revisions.items()}
    return [Pending(a, source, places[a], canonical_url(key)) for a, source, key in rows]


def _forget(connection: sa.Connection, source: str, pending: Sequence[Pending], at: datetime) -> None:
    """Empty what the quarantine of a source holds of these articles; their pages are not asked for again."""
    urls = {each.url for each in pending if each.url is not None}
    tombstones.empty_heads(connection, source, set().union(*(each.seen for each in pending)), urls)
    visits.forbid(connection, source, urls, at)
