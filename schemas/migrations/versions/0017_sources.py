"""Declared sources, who accepted a run over a limit, and days before sources in the index of both."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0017", "0016"


def upgrade() -> None:
    op.create_table(
        "source",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text()),
        sa.Column("schedule", sa.Text()),
        sa.Column("publisher", sa.Text()),
        sa.PrimaryKeyConstraint("name", name="pk_source"),
    )
    op.add_column("run", sa.Column("accepted", sa.Text()))
    op.add_column("run", sa.Column("accepted_by", sa.Text()))
    op.drop_index("ix_article_source_partition_date", "article")
    op.create_index("ix_article_partition_date_source", "article", ["partition_date", "source"])


def downgrade() -> None:
    op.drop_index("ix_article_partition_date_source", "article")
    op.create_index("ix_article_source_partition_date", "article", ["source", "partition_date"])
    op.drop_column("run", "accepted_by")
    op.drop_column("run", "accepted")
    op.drop_table("source")
