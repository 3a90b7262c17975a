"""No B-tree holds text without a bound: PostgreSQL refuses entries of more than 2,700 bytes, and the run with it."""

import hashlib
from typing import Any

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0014", "0013"
ROWS = 1_000  # a statement
HASHED = (("article", "source_key", None), ("revision", "url", "url IS NOT NULL"), ("quarantine", "path", None))


def upgrade() -> None:
    with op.batch_alter_table("article") as article:
        article.drop_constraint("uq_article_source_source_key", type_="unique")
    op.drop_index("ix_revision_url", "revision")
    rows = _rows_of_quarantine()
    op.create_table("quarantine", *_columns(), sa.Column("quarantine_id", sa.String(32), primary_key=True))
    _fill([{**row, "quarantine_id": _id(row)} for row in rows])
    op.create_index("ix_quarantine_source", "quarantine", ["source"])
    for table, column, condition in HASHED:
        where = None if condition is None else sa.text(condition)
        op.create_index(
            f"ix_{table}_{column}", table, [column], postgresql_using="hash", postgresql_where=where, sqlite_where=where
        )


def downgrade() -> None:
    for table, column, _ in HASHED:
        op.drop_index(f"ix_{table}_{column}", table)
    rows = _rows_of_quarantine()
    op.create_table("quarantine", *_columns(), sa.PrimaryKeyConstraint("source", "path", "record"))
    _fill([{name: value for name, value in row.items() if name != "quarantine_id"} for row in rows])
    given = sa.text("url IS NOT NULL")
    op.create_index("ix_revision_url", "revision", ["url"], postgresql_where=given, sqlite_where=given)
    with op.batch_alter_table("article") as article:
        article.create_unique_constraint("uq_article_source_source_key", ["source", "source_key"])


def _columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("record", sa.Integer, nullable=False),
        sa.Column("partition_date", sa.Date),
        sa.Column("stage", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("head", sa.LargeBinary, nullable=False),
    ]


def _rows_of_quarantine() -> list[dict[str, Any]]:
    """The rows; the table is gone then."""
    table = sa.Table("quarantine", sa.MetaData(), autoload_with=op.get_bind())
    rows = [dict(row) for row in op.get_bind().execute(sa.select(table)).mappings()]
    op.drop_table("quarantine")
    return rows


def _fill(rows: list[dict[str, Any]]) -> None:
    table = sa.Table("quarantine", sa.MetaData(), autoload_with=op.get_bind())
    for start in range(0, len(rows), ROWS):
        op.bulk_insert(table, rows[start : start + ROWS])


def _id(row: dict[str, Any]) -> str:
    """As etl.store.quarantine computed it when this was written."""
    name = f"{row['source']}\n{row['path']}\n{row['record']}"
    return hashlib.blake2b(name.encode(), digest_size=16).hexdigest()
