"""Tombstones: what stays of erased articles, and what is yet to be done for them.  I/O.

The caller has opened the transaction (etl.store.database.writing).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from etl.store.bulk import among, as_columns, delete, insert, select
from etl.store.lookups import may_be_digits
from etl.store.quarantine import around
from etl.store.sources import id_names
from schemas import erasure, search
from schemas.records import article_id_of, is_article_id
from schemas.tables import article, decision, metadata, quarantine, tombstone


class Tombstone(NamedTuple):
    """What stays of an erased article, as the row of the table.

    article_id  a digest of its source and its key
    pending     JSON: what has to be done yet; None: nothing
    """

    article_id: str
    source: str
    who: str
    reason: str
    at: datetime
    run_id: int
    pending: str | None = None


def reasons(connection: sa.Connection, article_ids: Collection[str]) -> dict[str, str]:
    """article_id → reason, of those of these articles that were erased."""
    found = select(connection, [tombstone.c.article_id, tombstone.c.reason], tombstone.c.article_id, article_ids)
    return {row[0]: row[1] for row in found}


def named(connection: sa.Connection, name: str) -> list[Tombstone]:
    """Tombstones of the articles that a name fits: by id (or its first digits), else by key, which is not stored."""
    if may_be_digits(name):
        ids = tombstone.c.article_id >= name, tombstone.c.article_id < name + "g"
        if rows := connection.execute(sa.select(tombstone).where(*ids).order_by(tombstone.c.article_id)).all():
            return [Tombstone(*row) for row in rows]
    first = id_names(connection)
    sources = connection.scalars(sa.select(tombstone.c.source).distinct())
    wanted = [article_id_of(first.get(source, source), name) for source in sources]
    found = connection.execute(sa.select(tombstone).where(tombstone.c.article_id.in_(wanted)))
    return [Tombstone(*row) for row in found]


def erased_names(connection: sa.Connection, names: Collection[str]) -> set[str]:
    """Those of many names that are keys of erased articles, or the ids (or first digits) of some."""
    first = id_names(connection)
    sources = [first.get(each, each) for each in connection.scalars(sa.select(tombstone.c.source).distinct())]
    by_id = {article_id_of(source, name): name for source in sources for name in names}
    keys = {by_id[article_id] for article_id in reasons(connection, by_id)}
    digits = (name for name in names if may_be_digits(name) and not is_article_id(name))
    return keys | reasons(connection, names).keys() | {name for name in digits if named(connection, name)}


def pending(connection: sa.Connection) -> list[Tombstone]:
    """Tombstones of erasures that are not finished."""
    query = sa.select(tombstone).where(tombstone.c.pending.is_not(None)).order_by(tombstone.c.article_id)
    return [Tombstone(*row) for row in connection.execute(query)]


def faults(connection: sa.Connection) -> Iterator[tuple[str, str, str]]:
    """(article_id, fault, what is expected): erasures that are not finished, articles that are gone without one."""
    for each in pending(connection):
        yield each.article_id, "unfinished", "wirecopy erase --resume"
    for column in (decision.c.article_id, decision.c.other_id):
        query = sa.select(column).outerjoin(article, article.c.article_id == column)
        query = query.outerjoin(tombstone, tombstone.c.article_id == column).where(column.is_not(None))
        gone = sa.and_(article.c.article_id.is_(None), tombstone.c.article_id.is_(None))
        for article_id in connection.scalars(query.where(gone).distinct()):
            yield article_id, "neither the article nor a tombstone", "one of them"


def refused(connection: sa.Connection) -> list[tuple[str, tuple[str, int | None]]]:
    """Source, and path and record, of what was refused because its article is erased."""
    query = sa.select(quarantine.c.source, quarantine.c.path, quarantine.c.record)
    rows = connection.execute(query.where(quarantine.c.stage == "erased"))
    return [(source, (path, None if record < 0 else record)) for source, path, record in rows]


def add(connection: sa.Connection, rows: Sequence[Tombstone]) -> None:
    insert(connection, tombstone, as_columns(rows))


def set_pending(connection: sa.Connection, article_ids: Collection[str], left: str | None) -> None:
    """Note what is left to be done for these; None: nothing."""
    these = sa.update(tombstone).where(among(connection, tombstone.c.article_id, article_ids))
    connection.execute(these.values(pending=left))


def drop_rows(connection: sa.Connection, article_ids: Collection[str]) -> None:
    """Delete every row that names one of these articles (schemas.erasure.ROWS), those that refer to others first."""
    if search.is_on(connection):
        search.forget(connection, sorted(article_ids))
    for table in reversed(metadata.sorted_tables):
        for column in erasure.ROWS.get(table.name, ()):
            delete(connection, table, [table.c[column]], [(article_id,) for article_id in article_ids])


def empty_heads(
    connection: sa.Connection, source: str, records: AbstractSet[tuple[str, int | None]], urls: Collection[str]
) -> None:
    """Empty what the quarantine holds of these records (path, record), of their files as a whole, and of these URLs."""
    whole = {path for path, _ in records for path in around(path)} | set(urls)
    columns = [quarantine.c.quarantine_id, quarantine.c.path, quarantine.c.record]
    held = select(connection, columns, quarantine.c.path, whole, extra=quarantine.c.source == source)
    ids = [row[0] for row in held if row[2] < 0 or (row[1], row[2]) in records]
    empty: dict[str, Any] = dict.fromkeys(erasure.EMPTIED["quarantine"], b"")
    emptied = sa.update(quarantine).where(among(connection, quarantine.c.quarantine_id, ids))
    connection.execute(emptied.values(empty))
