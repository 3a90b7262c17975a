"""Connections to a store: opening, one writer at a time, errors by name.  I/O.

The dialects SQLite and PostgreSQL differ in how a connection is set up and how one writer locks out others, which is
here, and in how many rows or values go into a statement, which is in etl.store.bulk.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from etl.errors import Fatal, Retryable, Usage

WRITER_LOCK = 0x77697265636F7079  # "wirecopy": the advisory lock that a PostgreSQL writer holds until it commits
LOCK_TIMEOUT_S = 600  # a second writer waits for the first: a commit of 200,000 articles takes about two minutes
LOGIN_REFUSED = ("authentication failed", "no password supplied", "does not exist", "permission denied", "pg_hba.conf")
"""Words of a server that refuses a login; the driver has no code for an error before there is a connection."""
log = logging.getLogger(__name__)


def connect(url: str) -> sa.Engine:
    """An engine for a store.  Raises Usage for a URL that names no database wirecopy knows."""
    try:
        parsed = sa.make_url(url)
        dialect = parsed.get_backend_name()
    except sa.exc.ArgumentError:
        raise Usage(
            f"{url!r} is no store; write sqlite:///path/to/corpus.db or postgresql://user@host/database"
        ) from None
    if dialect == "sqlite":
        engine = sa.create_engine(parsed, connect_args={"timeout": LOCK_TIMEOUT_S})
        sa.event.listen(engine, "connect", _set_up_sqlite)
        sa.event.listen(engine, "begin", _begin_sqlite)
        return engine
    if dialect == "postgresql":
        try:
            return sa.create_engine(parsed, pool_pre_ping=True)
        except ModuleNotFoundError as missing:
            raise Usage(f"a PostgreSQL store needs {missing.name}: pip install 'wirecopy[postgres]'") from None
    raise Usage(f"a store is SQLite or PostgreSQL, not {dialect}")


@contextmanager
def opened(url: str, sorts: bool = False) -> Iterator[sa.Engine]:
    """An engine whose connections are closed at the end, whatever happens.

    sorts   results are too large to be sorted in memory: SQLite then sorts in files, as PostgreSQL does anyway
    """
    engine = connect(url)
    if sorts and engine.name == "sqlite":
        sa.event.listen(engine, "connect", lambda connection, record: connection.execute("PRAGMA temp_store = FILE"))
    try:
        yield engine
    finally:
        engine.dispose()


def _set_up_sqlite(connection: Any, record: object) -> None:
    connection.isolation_level = None  # the driver would begin transactions by itself, and late
    for pragma in (
        "journal_mode = WAL",  # readers go on while a run commits
        "synchronous = NORMAL",  # with WAL a power cut can lose the last commit, never half of one
        "foreign_keys = ON",
        "cache_size = -65536",  # 64 MB; the operating system caches the rest
        "temp_store = MEMORY",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: sa.Connection) -> None:
    writes = connection.get_execution_options().get("wirecopy_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def writing(engine: sa.Engine) -> Iterator[sa.Connection]:
    """The one transaction of the one writer: everything in it becomes visible together, or nothing does.

    Raises Retryable when another writer keeps the store for longer than LOCK_TIMEOUT_S, or the connection is
    lost; Fatal when the database refuses (a full disk, a read-only file).
    """
    opened = engine.execution_options(wirecopy_writes=True)
    with named_errors(engine), opened.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(sa.text(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT_S}s'"))
            connection.execute(sa.text(_COMPRESS_QUICKLY))
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(WRITER_LOCK)))
        yield connection


# Of 18 s in which 20,000 articles came into PostgreSQL 15, pglz took 3 to 5 s; lz4 makes the store as small in a tenth
# of that.  It is not the default before 19, not in every build, and not asked for where an operator has chosen.
_COMPRESS_QUICKLY = """
    SELECT set_config(name, 'lz4', true) FROM pg_settings
     WHERE name = 'default_toast_compression' AND source = 'default' AND 'lz4' = ANY (enumvals)"""


@contextmanager
def reading(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A read transaction: one consistent snapshot of the store."""
    opened = engine.execution_options(isolation_level="REPEATABLE READ") if engine.name == "postgresql" else engine
    with named_errors(engine), opened.begin() as connection:
        yield connection


@contextmanager
def named_errors(engine: sa.Engine) -> Iterator[None]:
    """Turn operational errors of the database into one line that says what to do; programming errors pass unchanged."""
    where = engine.url.render_as_string(hide_password=True)
    try:
        yield
    except (sa.exc.DBAPIError, engine.dialect.loaded_dbapi.Error) as error:  # COPY raises the driver's own
        cause = error.orig if isinstance(error, sa.exc.DBAPIError) else error
        if not _refuses(engine, cause):
            raise
        reason = str(cause).strip().splitlines()[0] if str(cause).strip() else type(cause).__name__
        lost = isinstance(error, sa.exc.DBAPIError) and error.connection_invalidated
        if "locked" in reason or "lock timeout" in reason:
            raise Retryable(f"store {where} is being written by another run: {reason}; try again later") from error
        if getattr(cause, "sqlstate", None) is None and any(words in reason for words in LOGIN_REFUSED):
            raise Fatal(f"store {where} lets nobody in: {reason}; check user, password and database in it") from error
        if lost or "connect" in reason or "resolve host" in reason:
            raise Retryable(
                f"store {where} cannot be reached: {reason}; check that it runs and --store names it"
            ) from error
        advice = next((advice for sign, advice in _ADVICE.items() if sign in reason), "")
        raise Fatal(f"store {where} refused: {reason}{advice}") from error


_ADVICE = {
    "not a database": "; --store names a file that something else has written",
    "read-only": "; nothing was changed, let this user write it",
    "readonly": "; nothing was changed, let this user write the file and its folder",
    "unable to open": "; let this user write the file and its folder",
    "full": "; nothing was changed, make room and run again",
    "disk I/O": "; nothing was changed, make room and run again",
    "No space left": "; nothing was changed, make room and run again",
    "must be owner": "; its owner has to run `wirecopy store upgrade`",
    "permission denied": "; log in as a role that may (`wirecopy store roles --help`)",
}
"""Advice by a word of the database's message."""


def _refuses(engine: sa.Engine, cause: object) -> bool:
    """Whether an error is operational, rather than a statement that is wrong."""
    driver = engine.dialect.loaded_dbapi
    if isinstance(cause, (driver.OperationalError, driver.InternalError, driver.InterfaceError)):
        return True
    return type(cause) is driver.DatabaseError or getattr(cause, "sqlstate", None) == "42501"  # insufficient_privilege
