"""Late keys: of an empty store that a large run fills, indexes and references are made when all rows are there.  I/O.

Ids have no order, so rows go to pages all over an index that soon exceeds any cache, and PostgreSQL looks up every
reference of every row.  Made at once an index is written from its first page to its last, and references are checked by
a join.  All is done in the run's own transaction: who asks the empty store in the meantime waits for its end.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress

import sqlalchemy as sa

from etl.store import database, keyless
from etl.store.keyless import Key
from schemas import tables

LARGE = 50_000_000  # bytes of a run's files; fewer are in the store before anyone could wait for them
FILLED = tuple(t.name for t in (tables.text, tables.signature, tables.article, tables.revision, tables.cluster_member))
LOOKED_AT = ("ix_cluster_member_canonical_id",)  # by elections
IN_ORDER = ("ix_revision_path", "ix_article_partition_date_source")  # as rows come, so that they cost nothing


@contextmanager
def late_keys(connection: sa.Connection, size: int) -> Iterator[None]:
    """The indexes and references of the tables FILLED are away, if the store is empty and the run large.

    size  bytes of its files
    """
    late = _late(connection) if size >= LARGE and _is_empty(connection) else []
    for key in sorted(late, key=lambda each: not each.is_reference):
        connection.exec_driver_sql(key.drop)
    yield
    for key in sorted(late, key=lambda each: each.is_reference):
        connection.exec_driver_sql(key.make)


@contextmanager
def without_log(engine: sa.Engine, size: int) -> Iterator[None]:
    """A large run into an empty SQLite store writes each page once, into the file, and not into a log before.

    A log of a million articles has five GB, in which every page that the cache has lost is searched for.  Who asks the
    store in the meantime waits.  Where somebody has it open already, the log stays.
    """
    if engine.name != "sqlite" or size < LARGE or not _is_new(engine):
        yield
        return
    _set_journal(engine, "DELETE", "FULL")  # with that journal NORMAL would not outlast every loss of power
    try:
        yield
    finally:
        _set_journal(engine, "WAL", "NORMAL")


def _is_new(engine: sa.Engine) -> bool:
    with database.reading(engine) as connection:
        return _is_empty(connection)


def _set_journal(engine: sa.Engine, mode: str, synchronous: str) -> None:
    with closing(engine.raw_connection()) as connection, suppress(sqlite3.OperationalError):
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA synchronous = {synchronous}")
        cursor.execute(f"PRAGMA journal_mode = {mode}").fetchone()


def _is_empty(connection: sa.Connection) -> bool:
    return not connection.scalar(sa.select(sa.exists(sa.select(tables.article.c.article_id))))


def _late(connection: sa.Connection) -> list[Key]:
    """What is made late; nothing where the user may not make it."""
    if connection.dialect.name == "sqlite":
        found = connection.exec_driver_sql("SELECT tbl_name, name, sql FROM sqlite_master WHERE type = 'index'")
        return [
            Key(table, False, make, f'DROP INDEX "{name}"')
            for table, name, make in found
            if table in FILLED
            and make
            and name not in (*LOOKED_AT, *IN_ORDER)  # a constraint's is made by no statement
        ]
    if not connection.scalar(sa.text(_IS_OWNER)):
        return []
    connection.exec_driver_sql(f"SET LOCAL maintenance_work_mem = '{keyless.INDEX_MEMORY}'")
    indexes = [key for key in keyless.indexes(connection, FILLED) if not key.drop.endswith((*LOOKED_AT, *IN_ORDER))]
    return [*indexes, *(key for key in keyless.constraints(connection, FILLED) if key.is_reference)]


_IS_OWNER = """
    SELECT bool_and(pg_has_role(relowner, 'USAGE')) FROM pg_class
     WHERE oid IN (SELECT to_regclass(quote_ident(n)) FROM unnest(ARRAY['article', 'judgement']) AS n)"""
