"""Precedence: the rank of a source, and the day before which its dates of publication are not believed.  I/O.

Both are part of each article's `day` (etl.decide.revisions.day_of).  A changed one moves texts of the source in the
order of election, and only what they touch is elected anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time

import sqlalchemy as sa

from etl.commit.batches import TEXTS_AN_ELECTION
from etl.commit.curate import Said
from etl.commit.relate import finish
from etl.commit.settle import Touched, settle
from etl.decide.changes import Effect, total
from etl.decide.revisions import EARLIEST, FETCHED_BEFORE, READ_NOTHING, USUAL, Precedence, day_of
from etl.errors import Usage
from etl.store import runs
from etl.store.articles import stored_recipe
from etl.store.bulk import update
from etl.store.sources import precedences, require
from schemas.records import MAX_RANK, RunReport
from schemas.tables import article, is_current, revision, source


def set_precedence(connection: sa.Connection, name: str, wanted: Precedence, said: Said) -> RunReport:
    """Give a source a precedence, as a run of its own.  Raises Usage for a rank out of bounds and an unknown source."""
    return _as_run(connection, preceding(connection, name, wanted), said)


def set_rank(connection: sa.Connection, name: str, rank: int, said: Said) -> RunReport:
    """Give a source a rank, as a run of its own.  Raises Usage as set_precedence does."""
    return _as_run(connection, ranked(connection, name, rank), said)


def _as_run(connection: sa.Connection, effect: Effect, said: Said) -> RunReport:
    return finish(connection, runs.Run(said.label, "curation", None, said.at), dict(READ_NOTHING), effect)


def ranked(connection: sa.Connection, name: str, rank: int) -> Effect:
    """Give a source a rank; what that changes."""
    return preceding(connection, name, replace(precedences(connection).get(name, USUAL), rank=rank))


def first_fetched(connection: sa.Connection, name: str, day: date) -> Effect:
    """A site was fetched on that day: without an earlier one, what is much older than it is not believed."""
    before, bound = precedences(connection).get(name, USUAL), day - FETCHED_BEFORE
    if before.earliest != EARLIEST and before.earliest <= bound:
        return Effect()
    return preceding(connection, name, replace(before, earliest=bound))


def preceding(connection: sa.Connection, name: str, wanted: Precedence) -> Effect:
    """Give a source a precedence; what that changes."""
    if abs(wanted.rank) > MAX_RANK:
        raise Usage(f"a rank lies between {-MAX_RANK} and {MAX_RANK}, not at {wanted.rank}")
    known = connection.scalar(sa.select(sa.exists().where(source.c.name == name)))
    has_articles = connection.scalar(sa.select(sa.exists().where(article.c.source == name)))
    if not known:
        if not has_articles:
            require(connection, name)
        connection.execute(sa.insert(source).values(name=name))
    before = precedences(connection).get(name, USUAL)
    if wanted == before:
        return Effect()
    row = {"rank": wanted.rank, "earliest": None if wanted.earliest == EARLIEST else wanted.earliest}
    connection.execute(sa.update(source).where(source.c.name == name).values(row))
    moved = _moved(connection, name, before, wanted) if has_articles else []
    recipe = stored_recipe(connection)
    parts = [moved[at : at + TEXTS_AN_ELECTION] for at in range(0, len(moved), TEXTS_AN_ELECTION)]
    return total([Effect(written=True), *(settle(connection, recipe, Touched(texts=set(part))) for part in parts)])


def _moved(connection: sa.Connection, name: str, before: Precedence, wanted: Precedence) -> Sequence[int]:
    """File the source's articles anew; the texts of those that stand."""
    facts = [article.c[each] for each in ("article_id", "text_id", "day", "partition_date")]
    query = sa.select(*facts, revision.c.published_at).join(revision, is_current).where(article.c.source == name)
    if before.rank == wanted.rank:
        bounds = sorted((before.earliest, wanted.earliest))
        first, last = (datetime.combine(each, time(), UTC) for each in bounds)
        query = query.where(revision.c.published_at >= first, revision.c.published_at < last)
    rows = [
        (row.article_id, row.text_id, day)
        for row in connection.execute(query)
        if (day := day_of(row.published_at, row.partition_date, wanted)) != row.day
    ]
    update(connection, article, ["article_id"], ["day"], [(a, day) for a, _, day in rows])
    return list(dict.fromkeys(text_id for _, text_id, _ in rows if text_id is not None))
