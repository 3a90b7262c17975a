"""Schema: bring the tables and views of a store to this version, compare them with the models, tidy.  I/O."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from etl.errors import Fatal, Usage
from etl.settings import DEFAULT_STORE
from etl.store import new_store
from etl.store.database import connect, reading, writing
from etl.store.refusals import named_errors, shown
from schemas import grants

log = logging.getLogger(__name__)

Say = Callable[[str], None]
UNFINISHED, LOADING = "copying", "loading"
"""The schema's version in a store that is not wholly copied (etl.store.copy) or loaded (etl.store.keyless) yet."""
OUR_VERSION = re.compile(r"\d{4}")
MIGRATIONS = Path(__file__).resolve().parent.parent.parent / "schemas" / "migrations"


def upgrade(engine: sa.Engine, say: Say = lambda doing: None) -> tuple[str | None, str]:
    """Bring the tables and views of a store to this version.  Returns the schema's version before and after.

    say  called with what is done now: on a store of a million articles it takes minutes

    Raises Fatal for a store that a newer wirecopy has written.
    """
    if engine.name == "sqlite" and engine.url.database:
        _require_folder(Path(engine.url.database).parent)
    before, head = schema_version(engine), newest_version()
    if before != head:
        with migrating(engine, say) as connection:
            _refuse_newer(connection, before)
            _require_schema(connection)
            if new_store.is_empty(connection):
                new_store.make(connection, head)
            else:
                if before is not None:
                    log.warning("the store's schema %s is brought to %s: this may take minutes", before, head)
                migrate(connection, say)
    return before, head


def migrate(connection: sa.Connection, say: Say = lambda doing: None) -> None:
    """Apply all migrations that the store has not had, in the transaction of the caller."""
    from alembic import command  # takes a quarter of a second

    config = _alembic(say)
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _require_schema(connection: sa.Connection) -> None:
    """Raises Fatal where PostgreSQL has no schema to make tables in but that of temporary ones, which comes last."""
    if connection.dialect.name == "postgresql":
        schema = connection.scalar(sa.text("SELECT current_schema()"))
        if schema is None or schema.startswith("pg_temp"):
            raise Fatal("the search_path of this user names no schema that is there; make one, or mend it")


def _require_folder(folder: Path) -> None:
    """The folder of a new store; only that of the default store is made.  Raises Usage: a name may be misspelt."""
    if folder == Path(DEFAULT_STORE.partition("///")[2]).parent:
        folder.mkdir(exist_ok=True)
    elif not folder.is_dir():
        raise Usage(f"the store's folder {folder} does not exist; make it, or mend the name of the store")


@contextmanager
def migrating(engine: sa.Engine, say: Say = lambda doing: None) -> Iterator[sa.Connection]:
    """A writer's transaction in which tables may be rebuilt.

    SQLite alters a table by copying it and dropping the old one, which foreign keys would forbid: here they are checked
    at the end.
    """
    with without_references(engine) as unchecked, writing(unchecked) as connection:
        yield connection
        say("checking that all references hold")
        check_references(connection)
        say("committing")


@contextmanager
def without_references(engine: sa.Engine) -> Iterator[sa.Engine]:
    """On SQLite, an engine that checks no references; else the engine itself."""
    if engine.name != "sqlite":
        yield engine
        return
    unchecked = connect(engine.url.render_as_string(hide_password=False))
    sa.event.listen(unchecked, "connect", lambda connection, record: connection.execute("PRAGMA foreign_keys = OFF"))
    try:
        yield unchecked
    finally:
        unchecked.dispose()


def check_references(connection: sa.Connection) -> None:
    """Raises Fatal where a row of a SQLite store refers to one that is not there; PostgreSQL has checked by itself."""
    if connection.dialect.name == "sqlite":
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
        if broken is not None:
            raise Fatal(f"it would leave rows of {broken[0]} without their {broken[2]}; nothing was changed")


def schema_version(engine: sa.Engine) -> str | None:
    """The schema's version in a store; None for an empty one.  Raises Fatal for a database that is not a store."""
    if engine.name == "sqlite" and not os.path.exists(engine.url.database or ""):  # connecting would create it
        return None
    with reading(engine) as connection:
        inspector = sa.inspect(connection)
        names = inspector.get_table_names()
        if all(map(inspector.has_table, ("alembic_version", "article"))):  # views of these names, where a reader asks
            version = version_of(connection)
            if version in (UNFINISHED, LOADING) or OUR_VERSION.fullmatch(version):
                return version
        elif not names:
            return None
        raise Fatal(
            f"{shown(engine.url)} is no wirecopy store: it has other tables "
            f"({', '.join(sorted(names)[:3])} …); name an empty database with --store"
        )


def version_of(connection: sa.Connection) -> str:
    """The schema's version in a store that is there."""
    return str(connection.scalar(sa.text("SELECT version_num FROM alembic_version")))


def mark(connection: sa.Connection, version: str) -> None:
    """Write down another version of the schema, in the transaction of the caller."""
    if connection.dialect.name == "postgresql":
        grants.become_owner(connection)
    connection.execute(sa.text("UPDATE alembic_version SET version_num = :version"), {"version": version})


def newest_version() -> str:
    """The schema's version that this wirecopy writes: the number of its last migration."""
    return max(path.name[:4] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))


def require_current(engine: sa.Engine) -> None:
    """Raises Fatal unless the store has this version's schema."""
    found, head = schema_version(engine), newest_version()
    if found is None:
        raise Usage(f"there is nothing in {shown(engine.url)} yet; fill it with `wirecopy run LOCATION`")
    _refuse_unfinished(found)
    if found < head:
        raise Fatal(f"the store has schema {found}, this wirecopy needs {head}; run `wirecopy store upgrade`")
    if found > head:
        raise Fatal(f"the store has schema {found}, newer than this wirecopy's {head}; upgrade wirecopy")


def differences(engine: sa.Engine) -> list[str]:
    """Differences of the tables from schemas.tables, and of the views from the contract; none: an empty list."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    from schemas.contract.views import CONTRACT
    from schemas.tables import metadata

    with reading(engine) as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "include_name": _is_modelled})
        found = [repr(difference) for difference in compare_metadata(context, metadata)]
        inspector = sa.inspect(connection)
        there = {view: [c["name"] for c in inspector.get_columns(view)] for view in inspector.get_view_names()}
    views = {view: list(columns) for view, columns in CONTRACT.items()}
    return found + [f"view {v}: its columns are {there.get(v)}, not {c}" for v, c in views.items() if there.get(v) != c]


def _is_modelled(name: str | None, kind: str, parents: object) -> bool:
    """Whether schemas.tables has a model of it; tables and indexes of full-text search have none."""
    from schemas.search import OURS

    return not (name or "").startswith(OURS)


def _refuse_unfinished(version: str | None) -> None:
    if version == UNFINISHED:
        raise Fatal("the store is an unfinished copy; `wirecopy store copy` goes on with it")
    if version == LOADING:
        raise Fatal("a build is being loaded into the store; where that was killed, `wirecopy load` does it again")


def _refuse_newer(connection: sa.Connection, version: str | None) -> None:
    _refuse_unfinished(version)
    if version is not None and version > newest_version():
        raise Fatal(f"the store has schema {version}, newer than this wirecopy's {newest_version()}; upgrade wirecopy")


def _alembic(say: Say = lambda doing: None) -> Any:
    from alembic.config import Config

    from etl.fingerprint.comparison import compared_by

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    config.attributes["compared_by"] = compared_by  # migrations are of schemas/, which knows nothing of etl/
    config.attributes["say"] = say
    return config


def tidy(engine: sa.Engine) -> None:
    """Bring the planner's statistics up to date; on PostgreSQL also free the space of rows that are gone."""
    require_current(engine)
    if engine.name == "postgresql":
        from schemas.tables import metadata

        names = ", ".join(f'"{table.name}"' for table in metadata.sorted_tables)
        with named_errors(engine), engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            connection.exec_driver_sql(f"VACUUM (ANALYZE) {names}")
    else:  # a VACUUM would write the whole file anew; SQLite fills the gaps with new rows
        with writing(engine) as connection:
            connection.exec_driver_sql("PRAGMA optimize = 0x10002")
