"""Load: the tables of a finished build into an empty store, as a run brings rows in: all can be seen at once.  I/O.

SQLite is filled in the one transaction of the writer.  PostgreSQL is filled by several connections, before there are
keys, references and indexes (etl.store.keyless), as pg_restore does it.  Those fill the tables PARTS, of which no view
shows a row without rows of the others; the others are filled in the transaction of the writer, who holds the lock all
the time, and ends last.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import sqlalchemy as sa

from etl.commit.relate import relate_anew
from etl.decide.definition import DEFAULT, Definition
from etl.sources import locations
from etl.spark.lake import kept, tables_of
from etl.spark.tables import RUN_ID, WRITTEN
from etl.spark.views import row_of, sources_of
from etl.store import bulk, bulk_numbers, database, keyless, schema, source_days
from schemas import tables
from schemas.staging import UTC_TIME

ROWS_A_BATCH = 20_000
CONNECTIONS = 4  # that fill PostgreSQL beside the writer's: the work is the server's
PARTS = (tables.revision, tables.bucket, tables.signature, tables.text)
"""What several connections fill, the largest first."""
_NUMBERS = {pa.int64(): "int64", pa.bool_(): "bool"}

Say = Callable[[str], None]


def load(
    lake: str,
    run: Mapping[str, Any],
    url: str,
    say: Say,
    relations: Definition | None = DEFAULT,
    connections: int = CONNECTIONS,
) -> None:
    """Load a build, given its run (etl.spark.lake.read_run), into an empty store.

    say          is called with the name of each part as it begins
    relations    the definition of those that the store keeps, which no lake holds; None: it keeps none
    connections  that fill PostgreSQL at once

    A load that died has left SQLite as it was; in PostgreSQL it can be done again, and nothing else can be done before.

    Raises Fatal where the store has runs already, Retryable where later builds have removed the tables meanwhile.
    """
    folder = tables_of(lake, run)
    with database.opened(url) as engine:
        if schema.schema_version(engine) != schema.LOADING:
            schema.upgrade(engine)
        with database.writing(engine) as connection:
            with kept(lake, run):
                if engine.name == "postgresql":
                    _fill_by_several(engine, connection, folder, run, say, connections)
                else:
                    keyless.require_empty(connection)
                    _begin(connection, run)
                    for table in WRITTEN:
                        say(table.name)
                        for path in _files(folder, table):
                            _copy(connection, table, path)
            source_days.recount(connection)
            say("relations")
            relate_anew(connection, relations, RUN_ID)
            if engine.name == "postgresql":
                keyless.finish(connection)
        say("statistics")
        schema.tidy(engine)


def _begin(connection: sa.Connection, run: Mapping[str, Any]) -> None:
    """Rows of what is no table of the lake."""
    connection.execute(sa.insert(tables.recipe).values(name=run["recipe"]))
    connection.execute(sa.insert(tables.run).values(row_of(run)))
    if declared := sources_of(run):
        connection.execute(sa.delete(tables.source))
        connection.execute(sa.insert(tables.source), declared)


def _fill_by_several(
    engine: sa.Engine, writer: sa.Connection, folder: str, run: Mapping[str, Any], say: Say, connections: int
) -> None:
    """Fill the tables of PostgreSQL from a folder, then make their keys and indexes, then references.

    writer  has the lock
    """
    keys = keyless.take_keys(engine, WRITTEN)  # first: the writer has locked no other table yet
    own = [table for table in WRITTEN if table not in PARTS]

    def keys_of(some: Collection[sa.Table]) -> list[keyless.Key]:
        names = {table.name for table in some}
        return [key for key in keys if key.table in names and not key.is_reference]

    def fill(table: sa.Table, path: str) -> None:
        with keyless.beside(engine) as connection:
            _copy(connection, table, path)

    def index(table: sa.Table) -> None:
        with keyless.beside(engine) as connection:
            keyless.make_keys(connection, keys_of([table]))

    with ThreadPoolExecutor(connections) as pool:
        try:
            say("rows")
            filling = [pool.submit(fill, table, path) for table in PARTS for path in _files(folder, table)]
            _begin(writer, run)
            for table in own:
                for path in _files(folder, table):
                    _copy(writer, table, path)
            for each in filling:
                each.result()
            say("keys and indexes")
            indexing = [pool.submit(index, table) for table in PARTS]
            keyless.make_keys(writer, keys_of(own))
            for each in indexing:
                each.result()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    say("references")
    keyless.make_keys(writer, [key for key in keys if key.is_reference])


def _files(folder: str, table: sa.Table) -> Iterator[str]:
    folder = locations.join(folder, table.name)
    return (locations.join(folder, file) for file in locations.names_below(folder) if file.endswith(".parquet"))


def _copy(connection: sa.Connection, table: sa.Table, path: str) -> None:
    """The rows of one Parquet file."""
    with locations.opened(path) as file:
        for batch in pq.ParquetFile(file).iter_batches(ROWS_A_BATCH, columns=[c.name for c in table.c]):
            columns = [batch[c.name] for c in table.c]
            if all(column.type in _NUMBERS for column in columns):
                plain = [c.to_numpy(zero_copy_only=False).astype(_NUMBERS[c.type]) for c in columns]
                bulk_numbers.insert_numbers(connection, table, plain)
            else:
                times = [c.cast(UTC_TIME) if pa.types.is_timestamp(c.type) else c for c in columns]
                bulk.insert(connection, table, [column.to_pylist() for column in times])
