"""Removal of a source: its articles are retracted or erased, its references deleted, the rest forgotten.  I/O."""

from __future__ import annotations

import sqlalchemy as sa

from etl.commit.batches import TEXTS_AN_ELECTION
from etl.commit.curate import Said, retract
from etl.commit.erase import erase_all
from etl.commit.references import remove_references
from etl.decide.changes import Effect
from etl.decide.revisions import READ_NOTHING
from etl.errors import Usage
from etl.store import run_end, runs
from etl.store.sources import has_records, require
from schemas.records import RunReport
from schemas.tables import article, quarantine, source

FORGOTTEN = {c.name: 0 if c.name == "rank" else None for c in source.c if c.name not in ("name", "id_name")}
"""What stays of a source that was renamed: the name by which ids of its articles are computed."""


def remove(connection: sa.Connection, name: str, said: Said, erases: bool = False) -> RunReport:
    """Remove a source, TEXTS_AN_ELECTION articles a run.  Raises Usage where the store has nothing of it.

    erases  take its articles out for good, those that are retracted already among them
    """
    query = sa.select(article.c.article_id).where(article.c.source == name)
    ids = sorted(connection.scalars(query if erases else query.where(article.c.text_id.is_not(None))))
    gone = connection.execute(sa.delete(quarantine).where(quarantine.c.source == name)).rowcount
    references = remove_references(connection, name)
    row = sa.delete(source).where(source.c.name == name)
    if has_records(connection, name):  # withdrawn ones may come back
        row = row.where(source.c.id_name.is_(None))
        connection.execute(sa.update(source).where(source.c.name == name).values(FORGOTTEN))
    gone += connection.execute(row).rowcount
    if references and not ids:
        if erases:
            raise Usage(f"source {name} is a reference and has no articles to erase: its documents go without --erase")
        run = runs.Run(said.label, "curation", None, said.at)
        return run_end.finish(connection, run, dict(READ_NOTHING), Effect(written=True))
    if not ids and not gone:
        require(connection, name)
        raise Usage(f"the store has nothing of source {name!r} any more")
    if erases:
        return erase_all(connection, ids, said)
    report = retract(connection, ids[:TEXTS_AN_ELECTION], said)
    for at in range(TEXTS_AN_ELECTION, len(ids), TEXTS_AN_ELECTION):
        report = retract(connection, ids[at : at + TEXTS_AN_ELECTION], said)
    return report
