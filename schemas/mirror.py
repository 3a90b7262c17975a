"""What a reader's commands read on PostgreSQL: a schema of views, each under the name of a table that they ask.

The pages of the corpus, `wirecopy report`, `explain`, `export` and `quarantine list` ask tables, which a reader may
not.  In this schema, which `wirecopy store roles` makes, each has a view of the table's name; texts of retracted
articles are not in it.  A reader's transactions look here first (etl.store.database).  It is no part of the contract:
it changes with the tables.
"""

from __future__ import annotations

import sqlalchemy as sa

from schemas.tables import metadata

SCHEMA = "wirecopy_reader"
TABLES = (
    "source", "run", "preview", "article", "revision", "cluster_member", "decision", "judgement", "retraction",
    "tombstone", "change", "quarantine", "visit", "recipe",
)  # fmt: skip
STANDS = " WHERE EXISTS (SELECT 1 FROM article AS a WHERE a.article_id = t.article_id AND a.text_id IS NOT NULL)"


def is_made(connection: sa.Connection) -> bool:
    return bool(connection.scalar(sa.text(f"SELECT to_regnamespace('{SCHEMA}') IS NOT NULL")))


def make(connection: sa.Connection) -> None:
    """Make the views, in the schema that is there."""
    connection.exec_driver_sql(f"CREATE VIEW {SCHEMA}.alembic_version AS SELECT version_num FROM alembic_version")  # noqa: S608  ours
    for name in TABLES:
        columns = ", ".join(f't."{column.name}"' for column in metadata.tables[name].c)
        some = STANDS if name == "revision" else ""
        connection.exec_driver_sql(f'CREATE VIEW {SCHEMA}."{name}" AS SELECT {columns} FROM "{name}" AS t{some}')  # noqa: S608


def drop(connection: sa.Connection) -> None:
    for name in ("alembic_version", *TABLES):
        connection.exec_driver_sql(f'DROP VIEW IF EXISTS {SCHEMA}."{name}"')


def grant(connection: sa.Connection, role: str) -> None:
    """Let a role, named as SQL quotes it, read what is here."""
    connection.exec_driver_sql(f"GRANT USAGE ON SCHEMA {SCHEMA} TO {role}")
    connection.exec_driver_sql(f"GRANT SELECT ON ALL TABLES IN SCHEMA {SCHEMA} TO {role}")
