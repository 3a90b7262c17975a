"""A source gets another name; ids of its articles are computed by its first one, so consumers keep them.  I/O."""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa

from etl.commit.curate import Said
from etl.decide.changes import Effect
from etl.decide.revisions import READ_NOTHING
from etl.errors import Usage
from etl.sources.source import require_name
from etl.store import run_end, runs
from etl.store.quarantine import add as add_quarantined
from etl.store.sources import id_names, require, set_name
from schemas.records import RunReport
from schemas.tables import UtcDateTime, article, change, cluster_member, metadata, quarantine, source

NAMING = [table for table in metadata.sorted_tables if "source" in table.c]
"""Tables whose rows name a source."""


def rename(connection: sa.Connection, old: str, new: str, said: Said) -> RunReport:
    """Rename a source in every row that names it, as a run; each of its articles that stands is told as revised.

    Raises Usage for a source that the store does not know, and for a new name that is none or is taken.
    """
    require_name(new)
    require(connection, old)
    known = id_names(connection)
    _require_free(connection, old, new, known)
    for table in NAMING:
        if table.name != "quarantine":
            connection.execute(sa.update(table).where(table.c.source == old).values(source=new))
    _rename_quarantined(connection, old, new)
    connection.execute(sa.delete(source).where(source.c.name == new))  # declared, but never run
    set_name(connection, old, new, known.get(old, old))
    run = runs.Run(said.label, "curation", None, said.at)
    report = run_end.finish(connection, run, dict(READ_NOTHING), Effect(written=True))
    _tell(connection, new, report.run_id)
    return report


def _require_free(connection: sa.Connection, old: str, new: str, known: dict[str, str]) -> None:
    if any(connection.scalar(sa.select(sa.exists().where(table.c.source == new))) for table in NAMING) or new in known:
        raise Usage(f"the store has a source {new!r}, and two do not become one; choose another name")
    if other := next((name for name, first in known.items() if first == new and name != old), None):
        raise Usage(f"ids of source {other!r} are computed by the name {new!r}; choose another name")


def _rename_quarantined(connection: sa.Connection, old: str, new: str) -> None:
    """Rows of the quarantine have ids that are computed from the source's name, and that nothing refers to."""
    columns = [column for column in quarantine.c if column.name not in ("quarantine_id", "source")]
    rows = connection.execute(sa.select(*columns).where(quarantine.c.source == old)).all()
    connection.execute(sa.delete(quarantine).where(quarantine.c.source == old))
    add_quarantined(connection, [(new, *row) for row in rows])


def _tell(connection: sa.Connection, name: str, run_id: int | None) -> None:
    """Write a change for each standing article of a source, in the order of ids: there may be millions."""
    last = connection.scalar(sa.select(sa.func.max(change.c.position))) or 0
    head = cluster_member.alias("head")
    place = sa.func.row_number().over(order_by=article.c.article_id) + last
    facts = sa.literal(run_id), article.c.article_id, sa.literal("revised"), head.c.article_id
    query = (
        sa.select(place, *facts, sa.literal(datetime.now(UTC), UtcDateTime()))
        .join(cluster_member, cluster_member.c.text_id == article.c.text_id)
        .join(head, head.c.text_id == cluster_member.c.canonical_id)
        .where(article.c.source == name)
    )
    columns = ["position", "run_id", "article_id", "change", "canonical_id", "at"]
    connection.execute(sa.insert(change).from_select(columns, query))
