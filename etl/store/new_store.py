"""New stores: the tables of an empty SQLite file in one go, as all migrations make them one after the other.  I/O.

schemas/sqlite.sql holds them: migrations take half a second of a core, and their tables stand in one place to be read.
`make contract` writes it anew.
"""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from schemas import views

TABLES = Path(__file__).resolve().parent.parent.parent / "schemas" / "sqlite.sql"
BETWEEN = ";\n\n"


def is_empty(connection: sa.Connection) -> bool:
    """Whether it is a SQLite database without anything in it: another process may have made the tables meanwhile."""
    return connection.dialect.name == "sqlite" and not connection.scalar(sa.text("SELECT count(*) FROM sqlite_master"))


def make(connection: sa.Connection, version: str) -> None:
    """Make the tables, indexes and views of this schema's version in an empty database."""
    for statement in TABLES.read_text(encoding="utf-8").rstrip().removesuffix(";").split(BETWEEN):
        connection.exec_driver_sql(statement)
    connection.execute(sa.text("INSERT INTO alembic_version VALUES (:version)"), {"version": version})
    views.create(connection)


def made(connection: sa.Connection) -> str:
    """The statements that would make the tables and indexes of a store, as TABLES has them.

    Tables stand in the order of their names, each before its indexes.  Migrations leave constraints in any order.
    """
    rows = connection.execute(
        sa.text("SELECT sql FROM sqlite_master WHERE type IN ('table', 'index') ORDER BY tbl_name, type DESC, name")
    )
    return BETWEEN.join(_spelled(sql) for (sql,) in rows if sql is not None) + ";\n"  # null: of a constraint


def _spelled(sql: str) -> str:
    """A statement with its constraints in order, which stand together behind the columns, the last without a comma."""
    lines = [line.rstrip() for line in sql.replace("\t", "    ").split("\n") if line.strip()]
    places = [n for n, line in enumerate(lines) if line.startswith("    CONSTRAINT")]
    ordered = sorted(lines[n].rstrip(",") for n in places)
    for n, constraint in zip(places, ordered, strict=True):
        lines[n] = constraint if n == places[-1] else constraint + ","
    return "\n".join(lines)


def main() -> None:
    """Write TABLES: what the migrations make of an empty database."""
    from etl.store import schema

    engine = sa.create_engine("sqlite://")
    with engine.begin() as connection:
        schema.migrate(connection)
        TABLES.write_text(made(connection), encoding="utf-8")


if __name__ == "__main__":
    main()
