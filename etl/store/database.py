"""Connections to a store: opening, migrating, one writer at a time.  I/O.

SQLite and PostgreSQL differ in how a connection is set up and how one writer keeps others out, which is here, and in
how many rows or values go into a statement, which is in etl.store.bulk.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from etl.errors import Fatal, Retryable, Usage

WRITER = 0x77697265636F7079  # "wirecopy": the advisory lock that a PostgreSQL writer holds until it commits
LOCK_TIMEOUT_S = 600  # a second writer waits for the first: a commit of 200,000 articles takes about two minutes
NOT_LET_IN = ("authentication failed", "no password supplied", "does not exist", "permission denied", "pg_hba.conf")
"""Words of a server that is there and says no; the driver has no code for what fails before there is a connection."""
MIGRATIONS = Path(__file__).resolve().parent.parent.parent / "schemas" / "migrations"
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

    sorts   what is asked is too large to be sorted in memory: SQLite takes files for it, as PostgreSQL does anyway
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
        "cache_size = -65536",  # 64 MB; what does not fit, the operating system caches
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
    with _named_errors(engine), opened.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(sa.text(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT_S}s'"))
            connection.execute(sa.text(_COMPRESS_QUICKLY))
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(WRITER)))
        yield connection


# Of 18 s in which 20,000 articles came into PostgreSQL 15, pglz took 3 to 5 s; lz4 makes the store as small in a tenth
# of that.  It is not the default before 19, not in every build, and not asked for where an operator has chosen.
_COMPRESS_QUICKLY = """
    SELECT set_config(name, 'lz4', true) FROM pg_settings
     WHERE name = 'default_toast_compression' AND source = 'default' AND 'lz4' = ANY (enumvals)"""


@contextmanager
def reading(engine: sa.Engine) -> Iterator[sa.Connection]:
    """One consistent look at the store."""
    opened = engine.execution_options(isolation_level="REPEATABLE READ") if engine.name == "postgresql" else engine
    with _named_errors(engine), opened.begin() as connection:
        yield connection


@contextmanager
def _named_errors(engine: sa.Engine) -> Iterator[None]:
    """What a database says when it cannot, in one line that says what to do; what is a fault of ours goes through."""
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
        if getattr(cause, "sqlstate", None) is None and any(words in reason for words in NOT_LET_IN):
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
"""What to do about what a database says, by a word of it."""


def _refuses(engine: sa.Engine, cause: object) -> bool:
    """Whether a database says that it cannot, rather than that a statement makes no sense to it."""
    driver = engine.dialect.loaded_dbapi
    if isinstance(cause, (driver.OperationalError, driver.InternalError, driver.InterfaceError)):
        return True
    return type(cause) is driver.DatabaseError or getattr(cause, "sqlstate", None) == "42501"  # insufficient_privilege


def upgrade(engine: sa.Engine) -> tuple[str | None, str]:
    """Bring the tables and views of a store to this version.  Returns the schema's version before and after.

    Raises Fatal for a store that a newer wirecopy has written.
    """
    from alembic import command  # a quarter of a second that most runs need not pay

    if engine.name == "sqlite" and engine.url.database:
        Path(engine.url.database).parent.mkdir(parents=True, exist_ok=True)
    before, head = schema_version(engine), newest_version()
    if before != head:
        config = _alembic()
        with migrating(engine) as connection:
            _refuse_newer(connection, before)
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    return before, head


@contextmanager
def migrating(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A writer's transaction in which tables may be made anew.

    SQLite changes a table by copying it and dropping the old one, which foreign keys would forbid: they are checked
    at the end instead.
    """
    if engine.name != "sqlite":
        with writing(engine) as connection:
            yield connection
        return
    unchecked = connect(engine.url.render_as_string(hide_password=False))
    sa.event.listen(unchecked, "connect", lambda connection, record: connection.execute("PRAGMA foreign_keys = OFF"))
    try:
        with writing(unchecked) as connection:
            yield connection
            broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
            if broken is not None:
                raise Fatal(
                    f"the migration would leave rows of {broken[0]} without their {broken[2]}; nothing was changed"
                )
    finally:
        unchecked.dispose()


def schema_version(engine: sa.Engine) -> str | None:
    """The schema's version in a store; None for an empty one.  Raises Fatal for a database that is not a store."""
    if engine.name == "sqlite" and not os.path.exists(engine.url.database or ""):  # to look would create it
        return None
    with reading(engine) as connection:
        names = set(sa.inspect(connection).get_table_names())
        if "alembic_version" in names:
            return str(connection.scalar(sa.text("SELECT version_num FROM alembic_version")))
        if names:
            raise Fatal(
                f"{engine.url.render_as_string()} is no wirecopy store: it has other tables "
                f"({', '.join(sorted(names)[:3])} …); name an empty database with --store"
            )
        return None


def newest_version() -> str:
    """The schema's version that this wirecopy writes: the number of its last migration."""
    return max(path.name[:4] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))


def require_current(engine: sa.Engine) -> None:
    """Raises Fatal unless the store has this version's schema."""
    found, head = schema_version(engine), newest_version()
    if found is None:
        raise Usage(f"there is nothing in {engine.url.render_as_string()} yet; fill it with `wirecopy run LOCATION`")
    if found < head:
        raise Fatal(f"the store has schema {found}, this wirecopy needs {head}; run `wirecopy store upgrade`")
    if found > head:
        raise Fatal(f"the store has schema {found}, newer than this wirecopy's {head}; upgrade wirecopy")


def differences(engine: sa.Engine) -> list[str]:
    """How tables differ from schemas.tables and views from the contract; empty when they do not."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    from schemas.contract import CONTRACT
    from schemas.tables import metadata

    with reading(engine) as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "include_name": _is_modelled})
        found = [repr(difference) for difference in compare_metadata(context, metadata)]
        inspector = sa.inspect(connection)
        there = {view: [c["name"] for c in inspector.get_columns(view)] for view in inspector.get_view_names()}
    views = {view: list(columns) for view, columns in CONTRACT.items()}
    return found + [f"view {v}: its columns are {there.get(v)}, not {c}" for v, c in views.items() if there.get(v) != c]


def _is_modelled(name: str | None, kind: str, parents: object) -> bool:
    """Whether a model says what this is: not so what full-text search is made of."""
    from schemas.search import OURS

    return not (name or "").startswith(OURS)


def _refuse_newer(connection: sa.Connection, version: str | None) -> None:
    if version is not None and version > newest_version():
        raise Fatal(f"the store has schema {version}, newer than this wirecopy's {newest_version()}; upgrade wirecopy")


def _alembic() -> Any:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    return config


def tidy(engine: sa.Engine) -> None:
    """Bring the planner's statistics up to date; on PostgreSQL also free the space of rows that are gone."""
    require_current(engine)
    if engine.name == "postgresql":
        from schemas.tables import metadata

        names = ", ".join(f'"{table.name}"' for table in metadata.sorted_tables)
        with _named_errors(engine), engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            connection.exec_driver_sql(f"VACUUM (ANALYZE) {names}")
    else:  # a VACUUM would write the whole file anew; SQLite fills the gaps with new rows
        with writing(engine) as connection:
            connection.exec_driver_sql("PRAGMA optimize = 0x10002")
