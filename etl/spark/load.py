"""Load: the tables of a finished build into an empty store, in one transaction, as a run is.  I/O.

PostgreSQL takes the rows by COPY while the tables have no keys, references and indexes; these come after, as pg_restore
does it.  Their definitions are read from the catalogue.  A load that died has left the store as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import sqlalchemy as sa

from etl.commit.relate import relate_anew
from etl.decide.definition import DEFAULT, Definition
from etl.errors import Fatal
from etl.sources import locations
from etl.spark.lake import tables_of
from etl.spark.tables import RUN_ID, WRITTEN
from etl.spark.views import row_of, sources_of
from etl.store import bulk, database, schema, source_days
from schemas import tables
from schemas.staging import UTC_TIME

ROWS_A_BATCH = 20_000
_NUMBERS = {pa.int64(): "int64", pa.bool_(): "bool"}


def load(
    lake: str, run: Mapping[str, Any], url: str, say: Callable[[str], None], relations: Definition | None = DEFAULT
) -> None:
    """Load a build, given its run (etl.spark.lake.read_run), into an empty store.

    say        is called with the name of each part as it begins
    relations  the definition of those that the store keeps, which no lake holds; None: it keeps none

    Raises Fatal where the store has runs already.
    """
    with database.opened(url) as engine:
        schema.upgrade(engine)
        with database.writing(engine) as connection:
            if connection.scalar(sa.select(sa.func.count()).select_from(tables.run)):
                raise Fatal("the store has runs already; a build is loaded into an empty one: name another database")
            with _keys_after(connection, say):
                connection.execute(sa.insert(tables.recipe).values(name=run["recipe"]))
                connection.execute(sa.insert(tables.run).values(row_of(run)))
                if declared := sources_of(run):
                    connection.execute(sa.delete(tables.source))
                    connection.execute(sa.insert(tables.source), declared)
                for table in WRITTEN:
                    say(table.name)
                    for path in _files(tables_of(lake, run), table.name):
                        _copy(connection, table, path)
            source_days.recount(connection)
            say("relations")
            relate_anew(connection, relations, RUN_ID)
        say("statistics")
        schema.tidy(engine)


def _files(folder: str, name: str) -> Iterator[str]:
    folder = locations.join(folder, name)
    return (locations.join(folder, file) for file in locations.names(folder) if file.endswith(".parquet"))


def _copy(connection: sa.Connection, table: sa.Table, path: str) -> None:
    """The rows of one Parquet file."""
    with locations.opened(path) as file:
        for batch in pq.ParquetFile(file).iter_batches(ROWS_A_BATCH, columns=[c.name for c in table.c]):
            columns = [batch[c.name] for c in table.c]
            if all(column.type in _NUMBERS for column in columns):
                plain = [c.to_numpy(zero_copy_only=False).astype(_NUMBERS[c.type]) for c in columns]
                bulk.insert_numbers(connection, table, plain)
            else:
                times = [c.cast(UTC_TIME) if pa.types.is_timestamp(c.type) else c for c in columns]
                bulk.insert(connection, table, [column.to_pylist() for column in times])


@contextmanager
def _keys_after(connection: sa.Connection, say: Callable[[str], None]) -> Iterator[None]:
    """The block, on PostgreSQL without the references, keys and indexes of the tables that a build fills."""
    if connection.dialect.name != "postgresql":
        yield
        return
    listed = [table.name for table in WRITTEN]
    constraints = connection.execute(_CONSTRAINTS, {"names": listed}).all()
    indexes = connection.execute(_INDEXES, {"names": listed}).all()
    for name, table, _ in sorted(constraints, key=lambda each: not each[2].startswith("FOREIGN")):
        connection.exec_driver_sql(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    for name, _ in indexes:
        connection.exec_driver_sql(f"DROP INDEX {name}")
    yield
    say("keys and indexes")
    connection.exec_driver_sql("SET LOCAL maintenance_work_mem = '256MB'")
    references = [each for each in constraints if each[2].startswith("FOREIGN")]
    for name, table, definition in [each for each in constraints if each not in references] + references:
        connection.exec_driver_sql(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")
    for _, definition in indexes:
        connection.exec_driver_sql(definition)


_CONSTRAINTS = sa.text("""
    SELECT quote_ident(conname), conrelid::regclass::text, pg_get_constraintdef(oid) FROM pg_constraint
     WHERE contype IN ('f', 'p', 'u')
       AND (conrelid IN (SELECT to_regclass(quote_ident(n)) FROM unnest(CAST(:names AS text[])) AS n)
         OR confrelid IN (SELECT to_regclass(quote_ident(n)) FROM unnest(CAST(:names AS text[])) AS n))""")
"""(name, table, definition) of keys, unique constraints and references."""
_INDEXES = sa.text("""
    SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid)
      FROM pg_index AS i LEFT JOIN pg_constraint AS c ON c.conindid = i.indexrelid AND c.contype IN ('p', 'u')
     WHERE i.indrelid IN (SELECT to_regclass(quote_ident(n)) FROM unnest(CAST(:names AS text[])) AS n)
       AND c.oid IS NULL""")
"""(name, definition) of the indexes beside those of constraints."""
