"""Connections to a store: opening, one writer at a time.  I/O.

The dialects SQLite and PostgreSQL differ in how a connection is set up and how one writer locks out others, which is
here, and in how many rows or values go into a statement, which is in etl.store.bulk.
"""

from __future__ import annotations

import logging
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa

from etl.errors import Fatal, Usage
from etl.store.refusals import conninfo, named_errors, shown

WRITER_LOCK = 0x77697265636F7079  # "wirecopy": an advisory lock, while a PostgreSQL database is empty
LOCK_TIMEOUT_S = 600  # a second writer waits for the first: a commit of 200,000 articles takes about two minutes
LEAST_CACHE, MOST_CACHE = 64 << 20, 128 << 20
"""Bytes.  Ids have no order, so the rows of a large commit go to pages all over the indexes."""
SQLITE_OPTIONS = ("mode", "cache", "immutable", "uri", "nolock", "timeout")
DAMAGE = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    TypeError,
    ValueError,
    sa.exc.InvalidRequestError,
)
"""What a value raises that a disk has changed, or the absence of a row to which another refers."""
log = logging.getLogger(__name__)


def connect(url: str) -> sa.Engine:
    """An engine for a store.  Raises Usage for a URL that names no database wirecopy knows."""
    try:
        parsed = sa.make_url(url)
        dialect = parsed.get_backend_name()
    except (sa.exc.ArgumentError, ValueError):  # ValueError: a port that is no number
        raise Usage(
            f"{shown(url)!r} is no store; write sqlite:///path/to/corpus.db or postgresql://user@host/database"
        ) from None
    if dialect == "sqlite":
        parsed = _sqlite_file(url, parsed)
        engine = sa.create_engine(parsed, connect_args={"timeout": LOCK_TIMEOUT_S})
        if parsed.database and _is_unwritable(parsed.database):
            name = f"file:{quote(os.path.abspath(parsed.database))}?immutable=1"
            engine = sa.create_engine(parsed, creator=lambda: sqlite3.connect(name, uri=True))
        sa.event.listen(engine, "connect", _set_up_sqlite)
        sa.event.listen(engine, "begin", _begin_sqlite)
        return engine
    if dialect == "postgresql":
        options: dict[str, Any] = {"client_encoding": "utf8"}
        if "prepare_threshold" in parsed.query:  # psycopg's own, and the one of its options that no URL can give it
            options["prepare_threshold"] = _threshold(parsed.query["prepare_threshold"])
            parsed = parsed.difference_update_query(["prepare_threshold"])
        try:
            engine = sa.create_engine(parsed, pool_pre_ping=True, connect_args=options)
            conninfo(engine)
        except ModuleNotFoundError as missing:
            raise Usage(f"a PostgreSQL store needs {missing.name}: pip install 'wirecopy[postgres]'") from None
        except sa.exc.NoSuchModuleError:  # an ArgumentError, too
            raise Usage(f"{shown(url)!r} names a driver that is not known; write postgresql://…") from None
        except sa.exc.ArgumentError as error:
            raise Usage(f"{shown(url)!r} is no store: {error}") from None
        sa.event.listen(engine, "connect", _check_encoding)
        sa.event.listen(engine, "begin", _begin_postgresql)
        return engine
    meant = "; write postgresql:// for postgres://" if dialect == "postgres" else ""
    raise Usage(f"a store is SQLite or PostgreSQL, not {dialect}{meant}")


def _sqlite_file(url: str, parsed: sa.URL) -> sa.URL:
    """The URL of a SQLite file: "~" is the user's folder, and "?" a part of the name unless options of SQLite follow.

    Raises Usage for a store in memory, which would be gone with the command.
    """
    name, question, options = url.partition("://")[2].removeprefix("/").partition("?")
    if parsed.database in (None, "", ":memory:") or "mode=memory" in options:
        raise Usage("a store in memory is gone when the command ends; write sqlite:///path/to/corpus.db")
    if os.path.isdir(os.path.expanduser(parsed.database or "")):
        raise Usage(f"{parsed.database} is a folder; a store is a file in it, such as {parsed.database}/corpus.db")
    if question and not all(option.partition("=")[0] in SQLITE_OPTIONS for option in options.split("&")):
        parsed = parsed.set(database=f"{name}?{options}", query={})
    return parsed.set(database=os.path.expanduser(parsed.database or ""))


def _threshold(value: str | tuple[str, ...]) -> int | None:
    """How often a statement runs before psycopg prepares it; None: never, as pgbouncer needs it."""
    if value == "none":
        return None
    if isinstance(value, str) and value.isdecimal():
        return int(value)
    raise Usage("prepare_threshold of a store's URL is a number, or none for a pooler such as pgbouncer")


def _check_encoding(connection: Any, record: object) -> None:
    encoding = connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise Fatal(f"a store needs a database WITH ENCODING 'UTF8' TEMPLATE template0; this one has {encoding}")


def _begin_postgresql(connection: sa.Connection) -> None:
    connection.exec_driver_sql(_TRANSACTION_SETTINGS)


# For one transaction, so that a pooler between us and the server hands nothing on.  Dates in the form that the driver
# reads, a backslash in a text as itself; no schema that another user made under this one's name comes before ours;
# temporary tables come last.  Who may not ask the tables asks the views that stand for them (schemas.mirror).
_TRANSACTION_SETTINGS = """
    SELECT set_config('datestyle', 'ISO', true), set_config('standard_conforming_strings', 'on', true),
           set_config('search_path', CASE
               WHEN NOT has_table_privilege(to_regclass('article'), 'SELECT') AND EXISTS (
                   SELECT FROM pg_namespace WHERE nspname = 'wirecopy_reader' AND has_schema_privilege(oid, 'USAGE'))
               THEN 'wirecopy_reader, ' ELSE '' END || CASE
               WHEN current_setting('search_path') <> '"$user", public' THEN current_setting('search_path')
               WHEN EXISTS (SELECT FROM pg_namespace WHERE nspname = current_user AND nspowner = current_user::regrole)
               THEN quote_ident(current_user) || ', public' ELSE 'public' END || ', pg_temp', true)"""


def _is_unwritable(path: str) -> bool:
    """Whether nobody writes a SQLite file: it lies where nothing can be written, and was closed by its last writer.

    A reader of a store in WAL mode creates a file beside it, and so cannot open one on read-only media as usual.
    """
    if not os.path.isfile(path) or any(map(_has_content, (f"{path}-wal", f"{path}-journal"))):
        return False
    return not os.access(os.path.dirname(os.path.abspath(path)), os.W_OK)


def _has_content(path: str) -> bool:
    return os.path.exists(path) and os.path.getsize(path) > 0


@contextmanager
def opened(url: str, sorts: bool = False, cache_bytes: int | None = None) -> Iterator[sa.Engine]:
    """An engine whose connections are closed at the end, whatever happens.

    sorts   results are too large to be sorted in memory: SQLite then sorts in files, as PostgreSQL does anyway
    cache_bytes  of pages that SQLite keeps, if a small run's do not do; 0: as many as there is room for
    """
    engine = connect(url)
    if cache_bytes is not None and engine.name == "sqlite":
        cache = f"PRAGMA cache_size = -{(cache_bytes or _room_for_pages()) // 1024}"
        sa.event.listen(engine, "connect", lambda connection, record: connection.execute(cache))
    if sorts and engine.name == "sqlite":
        sa.event.listen(engine, "connect", lambda connection, record: connection.execute("PRAGMA temp_store = FILE"))
    try:
        yield engine
    finally:
        engine.dispose()


def _room_for_pages() -> int:
    """Bytes: a quarter of the memory that is free, between the least and the most that pay."""
    try:
        with open("/proc/meminfo", encoding="ascii") as file:
            free = next(int(line.split()[1]) * 1024 for line in file if line.startswith("MemAvailable"))
    except (OSError, StopIteration):  # no Linux
        free = 0
    return min(max(free // 4, LEAST_CACHE), MOST_CACHE)


def _set_up_sqlite(connection: Any, record: object) -> None:
    connection.isolation_level = None  # the driver would begin transactions by itself, and late
    for pragma in (
        "journal_mode = WAL",  # readers go on while a run commits
        "synchronous = NORMAL",  # with WAL a power cut can lose the last commit, never half of one
        "foreign_keys = ON",
        f"cache_size = -{LEAST_CACHE // 1024}",  # the operating system caches the rest
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
            set_up_writer(connection)
            _keep_others_out(connection)
        yield connection


def set_up_writer(connection: sa.Connection) -> None:
    """What a transaction that writes needs of PostgreSQL, the one writer's lock apart."""
    connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT_S}s'")
    connection.execute(sa.text(_TAKE_THE_TIME))
    connection.execute(sa.text(_COMPRESS_QUICKLY))


def _keep_others_out(connection: sa.Connection) -> None:
    """Take the one writer's lock until the transaction ends: on a table that readers have no right to lock.

    An empty database has no such table, and no readers: an advisory lock, until the first writer has made it.
    """
    # Not by to_regclass(): a server process remembers the names that were not there, and looks them up no more before
    # it locks a table.
    has_tables = sa.text("SELECT EXISTS (SELECT FROM pg_class WHERE relname = 'recipe' AND pg_table_is_visible(oid))")
    made = connection.scalar(has_tables)
    if not made:
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(WRITER_LOCK)))
        made = connection.scalar(has_tables)  # by the writer that this one waited for
    if made:
        connection.exec_driver_sql("LOCK TABLE recipe IN SHARE ROW EXCLUSIVE MODE")


# The server's limits are for what people ask, and for clients that have gone; a commit takes what it takes.
_TAKE_THE_TIME = """
    SELECT set_config(name, '0', true) FROM pg_settings
     WHERE name IN ('statement_timeout', 'transaction_timeout', 'idle_in_transaction_session_timeout')"""


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
def asking(engine: sa.Engine) -> Iterator[sa.Connection]:
    """reading(), for a question to a store that may be damaged: a value that is none of its column's raises Fatal."""
    try:
        with reading(engine) as connection:
            yield connection
    except DAMAGE as error:
        raise Fatal(
            f"store {shown(engine.url)} holds a value that cannot be read ({type(error).__name__}: {error!s:.200});"
            " `wirecopy verify` names what is damaged, a backup has it whole"
        ) from error
