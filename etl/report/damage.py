"""Damage: values of a store that cannot be read, by table, row and column.  I/O: it only reads.

A disk, not this program, writes such values: SQLite keeps whatever bytes are in its file.  PostgreSQL has checksums,
and refuses a damaged page by itself.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from schemas.tables import metadata

MAX_UNREADABLE = 100  # values of a table that are named


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A value that is none of its column's type; row: counted from 1 in the order of the primary key."""

    table: str
    row: int
    column: str
    fault: str

    def __str__(self) -> str:
        return f"row {self.row} of {self.table}: {self.column} {self.fault}"


def unreadable_values(connection: sa.Connection) -> Iterator[Unreadable]:
    """Values that cannot be read, MAX_UNREADABLE of a table at most; a table whose pages are damaged is named once."""
    if connection.dialect.name != "sqlite":
        return
    for table in metadata.sorted_tables:
        named = 0
        number = 0
        try:
            for number, row in enumerate(connection.exec_driver_sql(_query(table)), 1):
                for position, column in enumerate(table.columns):
                    fault = _fault(column, row[2 * position], row[2 * position + 1])
                    if fault and named < MAX_UNREADABLE:
                        named += 1
                        yield Unreadable(table.name, number, column.name, fault)
        except sa.exc.DBAPIError as error:
            yield Unreadable(table.name, number + 1, "and what follows", f"cannot be read: {error.orig}")


def dangling_references(connection: sa.Connection) -> Iterator[Unreadable]:
    """References to rows that are not there, MAX_UNREADABLE of a table at most.  PostgreSQL lets none be stored."""
    if connection.dialect.name != "sqlite":
        return
    for table in metadata.sorted_tables:
        keys = {row[0]: row[3] for row in connection.exec_driver_sql(f'PRAGMA foreign_key_list("{table.name}")')}
        found = connection.exec_driver_sql(f'PRAGMA foreign_key_check("{table.name}")').fetchmany(MAX_UNREADABLE)
        for _, row_id, parent, key in found:
            yield Unreadable(table.name, _number(connection, table, row_id), keys[key], f"is of no row of {parent}")


def _number(connection: sa.Connection, table: sa.Table, row_id: int) -> int:
    """A row's number in the order of the primary key, from 1."""
    key = ", ".join(f'"{c.name}"' for c in table.primary_key)
    query = f'SELECT count(*) FROM "{table.name}" WHERE ({key}) <= (SELECT {key} FROM "{table.name}" WHERE rowid = ?)'  # noqa: S608
    return int(connection.exec_driver_sql(query, (row_id,)).scalar() or 0)


def broken_rules(connection: sa.Connection) -> list[str]:
    """What SQLite itself finds wrong with its file: pages, indexes, rules that a row breaks; 100 at most."""
    if connection.dialect.name != "sqlite":
        return []
    return [row[0] for row in connection.exec_driver_sql("PRAGMA integrity_check") if row[0] != "ok"]


def _query(table: sa.Table) -> str:
    columns = ", ".join(f'typeof("{c.name}"), CAST("{c.name}" AS BLOB)' for c in table.columns)
    order = ", ".join(f'"{c.name}"' for c in table.primary_key) or "1"
    return f'SELECT {columns} FROM "{table.name}" ORDER BY {order}'  # noqa: S608  names of our own tables


def _fault(column: sa.Column[Any], kind: str, value: bytes | None) -> str:
    """Why a value is none of its column's; "" where it is."""
    if value is None:
        return "" if column.nullable else "is empty"
    expected: type[Any] = str if isinstance(column.type, sa.JSON) else column.type.python_type
    if isinstance(column.type, sa.types.TypeDecorator):
        expected = column.type.impl_instance.python_type
    if expected is bytes:
        return "" if kind == "blob" else f"is {kind}, not bytes"
    if expected in (int, bool):
        return "" if kind == "integer" else f"is {kind}, not a whole number"
    if expected is float:
        return "" if kind in ("integer", "real") else f"is {kind}, not a number"
    try:
        text = value.decode()
    except UnicodeDecodeError:
        return "is no UTF-8"
    try:
        if isinstance(column.type, sa.JSON):
            json.loads(text)
        elif expected is datetime:
            datetime.fromisoformat(text)
        elif expected is date:
            date.fromisoformat(text)
    except ValueError:
        return f"is no {'JSON' if isinstance(column.type, sa.JSON) else expected.__name__}: {text[:40]!r}"
    return ""
