"""Indexes for what consumers look up: by URL, day, time of publication, canonical, and pairs to review."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0009", "0008"
INDEXES = (
    ("article", ("source", "partition_date"), None),
    ("revision", ("first_date", "article_id"), None),
    ("revision", ("url",), "url IS NOT NULL"),
    ("revision", ("published_at",), "published_at IS NOT NULL"),
    ("cluster_member", ("article_id",), None),
    ("cluster_member", ("jaccard",), "jaccard < 1"),
)


def upgrade() -> None:
    for table, columns, condition in INDEXES:
        where = None if condition is None else sa.text(condition)
        op.create_index(_name(table, columns), table, list(columns), postgresql_where=where, sqlite_where=where)


def downgrade() -> None:
    for table, columns, _ in reversed(INDEXES):
        op.drop_index(_name(table, columns), table)


def _name(table: str, columns: tuple[str, ...]) -> str:
    return f"ix_{table}_{'_'.join(columns)}"
