"""Scrub: a database gives up what it keeps of deleted rows.  I/O.

A database marks the place of a deleted row as free and leaves its bytes there; pages that were once split, logs and
statistics have copies.  So the tables are written anew, without them.  That takes the time and, for as long, the room
of the tables, and keeps others out of them.
"""

from __future__ import annotations

from contextlib import closing
from typing import Any

import sqlalchemy as sa

from etl.errors import Fatal, Retryable
from etl.store.database import LOCK_TIMEOUT_S
from etl.store.refusals import named_errors, shown
from schemas import erasure

RESUME = "`wirecopy erase --resume` goes on from here"


def scrub(engine: sa.Engine) -> None:
    """Write the tables that may have held erased texts anew; on SQLite the whole file.

    engine  on SQLite one that sorts in files (etl.store.database.opened): the file may be larger than the memory

    Raises Retryable while others keep reading, Fatal where the user may not: the deletion itself stands.
    """
    with named_errors(engine):
        if engine.name == "postgresql":
            _scrub_postgresql(engine)
        else:
            _scrub_sqlite(engine)


def _scrub_sqlite(engine: sa.Engine) -> None:
    with closing(engine.raw_connection()) as connection:
        cursor: Any = connection.cursor()
        try:
            cursor.execute("VACUUM")
            (busy, *_) = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except Exception as error:  # the driver's own, which named_errors() names
            raise sa.exc.OperationalError("VACUUM", None, error) from error
    if busy:
        raise Retryable(f"store {shown(engine.url)} is being read, its log cannot be emptied yet; {RESUME}")


def _scrub_postgresql(engine: sa.Engine) -> None:
    names = sorted({*erasure.ROWS, *erasure.OF_TEXTS, *erasure.EMPTIED})
    with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        connection.exec_driver_sql(f"SET lock_timeout = '{LOCK_TIMEOUT_S}s'")
        connection.exec_driver_sql("SET statement_timeout = 0")
        before = _files(connection, names)
        for name in names:
            connection.exec_driver_sql(f'VACUUM (FULL, ANALYZE) "{name}"')
        # Who may not is only warned: the file is then the same as before.
        kept = [name for name, file in _files(connection, names).items() if file == before[name]]
        if kept:
            raise Fatal(
                f"store {shown(engine.url)} lets this user not rewrite {', '.join(kept)}: log in as its owner"
                f" (PostgreSQL 17 and newer: as a writer); {RESUME}"
            )
        connection.exec_driver_sql("VACUUM (FULL) pg_statistic")  # samples of headlines and URLs


def _files(connection: sa.Connection, names: list[str]) -> dict[str, int]:
    """Number of the file in which each table is."""
    query = sa.text("SELECT pg_relation_filenode(to_regclass(quote_ident(:name)))")
    return {name: int(connection.scalar(query, {"name": name}) or 0) for name in names}
