"""Ranks of sources: a source of a greater rank stands before all of a lesser one, whatever their days.  I/O.

The rank is part of each article's `day` (etl.decide.revisions.day_of).  A changed one moves all texts of the source in
the order of election, and is a run of curation: only what they touch is elected anew.
"""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa

from etl.commit.batches import TEXTS_AN_ELECTION
from etl.commit.curate import Said
from etl.commit.settle import Touched, settle
from etl.decide.changes import Effect, total
from etl.decide.revisions import READ_NOTHING
from etl.errors import Usage
from etl.store import runs
from etl.store.articles import stored_recipe
from schemas.records import MAX_RANK, RANK_DAYS, RunReport
from schemas.tables import article, source


def set_rank(connection: sa.Connection, name: str, rank: int, said: Said) -> RunReport:
    """Give a source a rank, as a run of its own.  Raises Usage for a rank beyond MAX_RANK and for an unknown source."""
    effect = ranked(connection, name, rank)
    return runs.finish(connection, runs.Run(said.label, "curation", None, said.at), dict(READ_NOTHING), effect)


def ranked(connection: sa.Connection, name: str, rank: int) -> Effect:
    """Give a source a rank; what that changes."""
    if abs(rank) > MAX_RANK:
        raise Usage(f"a rank lies between {-MAX_RANK} and {MAX_RANK}, not at {rank}")
    known = connection.execute(sa.select(source.c.rank).where(source.c.name == name)).first()
    has_articles = connection.scalar(sa.select(sa.exists().where(article.c.source == name)))
    if known is None:
        if not has_articles:
            raise Usage(f"there is no source {name!r}; corpus_source lists them")
        connection.execute(sa.insert(source).values(name=name))
    step = rank - (known.rank if known is not None else 0)
    if not step:
        return Effect()
    connection.execute(sa.update(source).where(source.c.name == name).values(rank=rank))
    if not has_articles:
        return Effect()
    moved = sa.update(article).where(article.c.source == name).values(day=article.c.day - step * RANK_DAYS)
    connection.execute(moved)
    recipe = stored_recipe(connection)
    settled = [settle(connection, recipe, Touched(texts=texts)) for texts in _texts_of(connection, name)]
    return total([Effect(written=True), *settled])


def _texts_of(connection: sa.Connection, name: str) -> Iterator[set[int]]:
    """The texts of a source's articles, as many at a time as an election takes."""
    query = sa.select(article.c.text_id).where(article.c.source == name, article.c.text_id.is_not(None)).distinct()
    found = list(connection.scalars(query))
    for at in range(0, len(found), TEXTS_AN_ELECTION):
        yield set(found[at : at + TEXTS_AN_ELECTION])
