"""Copy: a whole store into another, whichever database each is on, verified row by row.  I/O.

The source is read in one snapshot, while runs go on.  Until all is there and the same, the target's schema has the
version UNFINISHED, so that nothing takes half a copy for a store, and on PostgreSQL it has no references.  A copy that
was killed goes on where the rows end that both have.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from etl.errors import Fatal
from etl.store import bulk, database, refusals, schema
from schemas import grants
from schemas.tables import metadata

ROWS_A_BATCH = 2_000  # some 10 MB, and what a kill costs
Rows = list[tuple[Any, ...]]


@dataclass(slots=True)
class _Reading:
    """A table that is read in the order of its primary key, the same on both databases; what was read of it."""

    table: sa.Table
    count: int = 0
    digest: Any = field(default_factory=lambda: hashlib.blake2b(digest_size=16))

    def batches(self, connection: sa.Connection) -> Iterator[Rows]:
        """All rows, ROWS_A_BATCH at a time, JSON as it is written."""
        is_postgresql = connection.dialect.name == "postgresql"
        columns = [_as_text(c, is_postgresql) if isinstance(c.type, sa.JSON) else c for c in self.table.c]
        order = [sa.collate(c, "C") if is_postgresql and _is_text(c) else c for c in self.table.primary_key]
        query = sa.select(*columns).order_by(*order).execution_options(yield_per=ROWS_A_BATCH)
        with closing(connection.execute(query)) as result:
            for rows in result.partitions():
                batch = [tuple(row) for row in rows]
                self.count += len(batch)
                for row in batch:
                    self.digest.update(repr(row).encode("utf-8", "surrogatepass"))
                yield batch


def _as_text(column: sa.Column[Any], is_postgresql: bool) -> sa.ColumnElement[Any]:
    return sa.cast(column, sa.Text) if is_postgresql else sa.type_coerce(column, sa.Text)


def _is_text(column: sa.Column[Any]) -> bool:
    """Whether a database's collation orders it: ids are hexadecimal, and have one order everywhere."""
    return isinstance(column.type, sa.Text)


def copy(source: str, target: str, say: Callable[[str], None]) -> dict[str, int]:
    """Copy a store into an empty database, or go on with such a copy; rows by table.

    source, target  URLs of stores
    say             is called with the name of each table as it begins

    Full-text search and roles are of a database, and are not copied.

    Raises Fatal for a target that holds something else, and where a table there is not the same in the end.
    """
    with (
        database.opened(source, sorts=True) as here,
        database.opened(target) as engine,
        schema.without_references(engine) as there,
    ):
        schema.require_current(here)
        _begin(there)
        copied = {}
        with database.asking(here) as connection:
            for table in metadata.sorted_tables:
                say(table.name)
                copied[table.name] = _copy(connection, there, table)
        _finish(there)
        schema.tidy(there)
    return copied


def _begin(engine: sa.Engine) -> None:
    """Make the tables of an empty target, and mark it as unfinished."""
    if schema.schema_version(engine) != schema.UNFINISHED:
        schema.upgrade(engine)
        with database.reading(engine) as connection:
            for table in metadata.sorted_tables:
                if connection.scalar(sa.select(sa.literal(1)).select_from(table).limit(1)):
                    where = refusals.shown(engine.url)
                    raise Fatal(f"{where} holds a store already; name an empty database, or a new file")
    with database.writing(engine) as connection:
        schema.mark(connection, schema.UNFINISHED)
        if connection.dialect.name == "postgresql":
            inspector = sa.inspect(connection)
            for table in metadata.sorted_tables:
                for key in inspector.get_foreign_keys(table.name):
                    connection.exec_driver_sql(f'ALTER TABLE "{table.name}" DROP CONSTRAINT "{key["name"]}"')


def _copy(source: sa.Connection, target: sa.Engine, table: sa.Table) -> int:
    """Copy a table, and read it again there.  Returns the number of its rows."""
    reading = _Reading(table)
    batches = reading.batches(source)
    with database.reading(target) as connection:
        left = _behind(batches, _Reading(table).batches(connection))
    if left is None:  # the source has changed since an earlier attempt
        with database.writing(target) as connection:
            connection.execute(sa.delete(table))
        reading, left = _Reading(table), []
        batches = reading.batches(source)
    for batch in (left, *batches) if left else batches:
        with database.writing(target) as connection:
            bulk.insert(connection, table, bulk.as_columns(batch))
    made = _Reading(table)
    with database.reading(target) as connection:
        for _ in made.batches(connection):
            pass
    if (made.count, made.digest.digest()) != (reading.count, reading.digest.digest()):
        raise Fatal(f"the copy of table {table.name} is not the same ({made.count} rows of {reading.count}): try again")
    return reading.count


def _behind(mine: Iterator[Rows], theirs: Iterator[Rows]) -> Rows | None:
    """Rows of the first batch that is not there as a whole; None: what is there is something else."""
    for batch in mine:
        there = next(theirs, [])
        if there != batch[: len(there)]:
            return None
        if len(there) < len(batch):
            return batch[len(there) :]
    return None if next(theirs, []) else []


def _finish(engine: sa.Engine) -> None:
    """Give the target its references, and the version of a whole store.  Raises Fatal where a row refers to none."""
    with database.writing(engine) as connection:
        if connection.dialect.name == "postgresql":
            grants.become_owner(connection)
            for table in metadata.sorted_tables:
                for key in table.foreign_key_constraints:
                    connection.execute(sa.schema.AddConstraint(key, isolate_from_table=False))
        schema.check_references(connection)
        schema.mark(connection, schema.newest_version())
