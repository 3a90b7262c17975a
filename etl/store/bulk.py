"""Bulk statements: many rows, or many values, in few statements.  I/O, in the transaction of the caller.

SQLite and PostgreSQL differ in how rows are loaded in bulk, and in how a statement takes a long list of values.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from etl.store.packing import packed
from schemas.tables import PACKED

KEYS_A_QUERY = 50_000  # the answer stays below 100 MB, and SQLite parses the list in 10 ms
ROWS_A_QUERY = 10_000  # each may have some twenty rows in the answer


def among(connection: sa.Connection, column: sa.ColumnElement[Any], values: Iterable[Any]) -> sa.ColumnElement[bool]:
    """`column IN (values)` for any number of integers or strings, as one parameter: no limit, one plan."""
    listed = sorted(values)
    if connection.dialect.name == "postgresql":
        return column == sa.func.any(sa.bindparam(None, listed, type_=ARRAY(column.type)))
    return column.in_(sa.select(sa.func.json_each(json.dumps(listed)).table_valued("value").c.value))


def select(
    connection: sa.Connection,
    columns: Sequence[sa.ColumnElement[Any]],
    key: sa.ColumnElement[Any],
    values: Collection[Any],
    joined: sa.FromClause | None = None,
    extra: sa.ColumnElement[bool] | None = None,
) -> Iterator[Sequence[Any]]:
    """Rows whose key is among the values, KEYS_A_QUERY values a query."""
    listed = sorted(values)
    for at in range(0, len(listed), KEYS_A_QUERY):
        query = sa.select(*columns).where(among(connection, key, listed[at : at + KEYS_A_QUERY]))
        if joined is not None:
            query = query.select_from(joined)
        if extra is not None:
            query = query.where(extra)
        yield from connection.execute(query)


def numbers(connection: sa.Connection, rows: Sequence[Sequence[int]]) -> Iterator[sa.FromClause]:
    """Rows of integers, ROWS_A_QUERY at a time, as tables that a query may join: columns a, b and so on."""
    for at in range(0, len(rows), ROWS_A_QUERY):
        part = rows[at : at + ROWS_A_QUERY]
        names = [chr(ord("a") + n) for n in range(len(part[0]))]
        if connection.dialect.name == "postgresql":
            columns = [sa.bindparam(None, list(each), type_=ARRAY(sa.BigInteger)) for each in zip(*part, strict=True)]
            yield sa.func.unnest(*columns).table_valued(*(sa.column(n, sa.BigInteger) for n in names)).render_derived()
        else:
            listed = sa.func.json_each(json.dumps([list(row) for row in part])).table_valued("value")
            paths = [sa.func.json_extract(listed.c.value, f"$[{n}]", type_=sa.BigInteger) for n in range(len(names))]
            yield sa.select(*(path.label(n) for path, n in zip(paths, names, strict=True))).subquery()


def insert(connection: sa.Connection, table: sa.Table, columns: Sequence[Sequence[Any]]) -> None:
    """Insert rows that are known to be new, given as columns: one for each of the table's, in its order.

    COPY on PostgreSQL, executemany on SQLite: the driver is called with tuples, since SQLAlchemy's own
    handling of a row costs as much as storing it.  SQLite gets the rows of a table that is PACKED in an order that
    fills its pages.
    """
    if not columns or not len(columns[0]):  # to executemany() an empty list means "no parameters", not "no rows"
        return
    if connection.dialect.name == "sqlite" and PACKED in table.info:
        columns = packed(columns)
    rows = zip(*_converted(connection, table, columns), strict=True)
    if connection.dialect.name == "postgresql":
        with copying(connection, table, "TEXT") as copy:
            for row in rows:
                copy.write_row(row)
    else:
        statement = str(sa.insert(table).compile(dialect=connection.dialect))
        connection.exec_driver_sql(statement, list(rows))


@contextmanager
def copying(connection: sa.Connection, table: sa.Table, form: str) -> Iterator[Any]:
    """PostgreSQL's COPY into a table; form: TEXT or BINARY."""
    names = ", ".join(f'"{c.name}"' for c in table.columns)
    cursor: Any = connection.connection.cursor()
    with cursor, cursor.copy(f'COPY "{table.name}" ({names}) FROM STDIN (FORMAT {form})') as copy:
        yield copy


def _converted(connection: sa.Connection, table: sa.Table, columns: Sequence[Sequence[Any]]) -> Iterator[Sequence[Any]]:
    """Columns, converted to what the driver takes."""
    for column, values in zip(table.columns, columns, strict=True):
        if isinstance(column.type, (sa.LargeBinary, sa.Boolean, sa.JSON)):  # bytes, bool and JSON text go as they are
            yield values
            continue
        convert = column.type.dialect_impl(connection.dialect).bind_processor(connection.dialect)
        if convert is None:
            yield values
        else:  # mostly times and days, of which a batch has few
            converted = {value: convert(value) for value in set(values)}
            yield [converted[value] for value in values]


def update(
    connection: sa.Connection,
    table: sa.Table,
    keys: Sequence[str],
    columns: Sequence[str],
    rows: Sequence[Sequence[Any]],
) -> None:
    """Set columns of rows found by their keys; each row has the values of keys, then columns."""
    if not rows:
        return
    statement = sa.update(table).where(*(table.c[k] == sa.bindparam(f"at_{k}") for k in keys))
    statement = statement.values({c: sa.bindparam(f"to_{c}") for c in columns})
    labels = [f"at_{k}" for k in keys] + [f"to_{c}" for c in columns]
    connection.execute(statement, [dict(zip(labels, row, strict=True)) for row in rows])


def delete(
    connection: sa.Connection, table: sa.Table, keys: Sequence[sa.Column[Any]], rows: Sequence[Sequence[Any]]
) -> None:
    """Delete rows, each given by its values of the keys."""
    if not rows:
        return
    statement = sa.delete(table).where(*(key == sa.bindparam(f"at_{key.name}") for key in keys))
    connection.execute(statement, [{f"at_{k.name}": v for k, v in zip(keys, row, strict=True)} for row in rows])


def as_columns(rows: Sequence[Sequence[Any]]) -> list[Sequence[Any]]:
    return list(zip(*rows, strict=True))
