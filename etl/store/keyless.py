"""Keyless: tables of an empty PostgreSQL store that are filled by several connections, keys and indexes after.  I/O.

The keys, references and indexes of the tables are taken away in a transaction of its own, beside that of the one
writer.  Until they are back the schema has the version LOADING, so that no command takes it for a store, and the table
`loading` holds their definitions, as the catalogue gave them.  Whoever died in between is followed by another who finds
both, empties the tables and begins again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import NamedTuple

import sqlalchemy as sa

from etl.errors import Fatal
from etl.store import database, refusals, schema
from schemas import grants, tables

INDEX_MEMORY = "256MB"  # that a statement which makes a key or an index may use


class Key(NamedTuple):
    """A key, reference or index: the table that it is of, the statement that makes it, that which takes it away."""

    table: str
    is_reference: bool
    make: str
    drop: str


@contextmanager
def beside(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A transaction beside that of the one writer, who is waiting for it."""
    with refusals.named_errors(engine), engine.begin() as connection:
        database.set_up_writer(connection)
        yield connection


def require_empty(connection: sa.Connection) -> None:
    """Raises Fatal where the store has runs."""
    if connection.scalar(sa.select(sa.func.count()).select_from(tables.run)):
        raise Fatal("the store has runs already; a build is loaded into an empty one: name another database")


def take_keys(engine: sa.Engine, of: Collection[sa.Table]) -> list[Key]:
    """Take away the keys, references and indexes of tables, and empty those; what restores them.

    Raises Fatal where the store has runs, or another version of wirecopy has begun to load it.
    """
    with beside(engine) as connection:
        grants.become_owner(connection)
        names = [table.name for table in of]
        there = _keys(connection, names)
        if schema.version_of(connection) == schema.LOADING:
            version, wanted = _begun(connection)
            if version != schema.newest_version():
                raise Fatal(f"a load into the store was begun under schema {version}: make its database anew")
        else:
            require_empty(connection)
            wanted = there
            _begin(connection, wanted)
        for key in sorted(there, key=lambda each: not each.is_reference):
            connection.exec_driver_sql(key.drop)
        connection.exec_driver_sql(f"TRUNCATE {', '.join(names)}")
    return wanted


def make_keys(connection: sa.Connection, keys: Collection[Key]) -> None:
    """Make keys, references and indexes again."""
    grants.become_owner(connection)
    connection.exec_driver_sql(f"SET LOCAL maintenance_work_mem = '{INDEX_MEMORY}'")
    for key in keys:
        connection.exec_driver_sql(key.make)


def finish(connection: sa.Connection) -> None:
    """Make it a store again, in the transaction of the one writer."""
    grants.become_owner(connection)
    connection.exec_driver_sql("DROP TABLE loading")
    schema.mark(connection, schema.newest_version())


def _begin(connection: sa.Connection, keys: Collection[Key]) -> None:
    connection.exec_driver_sql(
        "CREATE TABLE loading"
        ' (version TEXT NOT NULL, "table" TEXT NOT NULL, is_reference BOOLEAN NOT NULL, make TEXT NOT NULL,'
        ' "drop" TEXT NOT NULL)'
    )
    version = schema.newest_version()
    connection.execute(sa.insert(_LOADING), [{"version": version, **key._asdict()} for key in keys])
    schema.mark(connection, schema.LOADING)


def _begun(connection: sa.Connection) -> tuple[str, list[Key]]:
    """The schema's version under which a load was begun, and what it took away."""
    rows = connection.execute(sa.select(_LOADING)).all()
    return rows[0][0], [Key(*row[1:]) for row in rows]


_LOADING = sa.table("loading", *(sa.column(name) for name in ("version", *Key._fields)))


def _keys(connection: sa.Connection, names: Collection[str]) -> list[Key]:
    """Keys, references and indexes of tables, as they are now; references of other tables to them too."""
    return [*constraints(connection, names), *indexes(connection, names)]


def constraints(connection: sa.Connection, names: Collection[str]) -> list[Key]:
    """Keys and references of tables, and references of others to them."""
    return [Key(*row) for row in connection.execute(_CONSTRAINTS, {"names": list(names)})]


def indexes(connection: sa.Connection, names: Collection[str]) -> list[Key]:
    """Indexes of tables, beside those of constraints."""
    return [Key(*row) for row in connection.execute(_INDEXES, {"names": list(names)})]


_NAMED = "(SELECT to_regclass(quote_ident(n)) FROM unnest(CAST(:names AS text[])) AS n)"
_CONSTRAINTS = sa.text(f"""
    SELECT t.relname, c.contype = 'f',
           format('ALTER TABLE %s ADD CONSTRAINT %I %s', t.oid::regclass, c.conname, pg_get_constraintdef(c.oid)),
           format('ALTER TABLE %s DROP CONSTRAINT %I', t.oid::regclass, c.conname)
      FROM pg_constraint AS c JOIN pg_class AS t ON t.oid = c.conrelid
     WHERE c.contype IN ('f', 'p', 'u') AND (c.conrelid IN {_NAMED} OR c.confrelid IN {_NAMED})""")  # noqa: S608
_INDEXES = sa.text(f"""
    SELECT t.relname, false, pg_get_indexdef(i.indexrelid), format('DROP INDEX %s', i.indexrelid::regclass)
      FROM pg_index AS i JOIN pg_class AS t ON t.oid = i.indrelid
      LEFT JOIN pg_constraint AS c ON c.conindid = i.indexrelid AND c.contype IN ('p', 'u')
     WHERE i.indrelid IN {_NAMED} AND c.oid IS NULL""")  # noqa: S608
