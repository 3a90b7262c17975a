"""What fetching remembers of the URLs it asked, so that only what changed is asked again."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0010", "0009"


def upgrade() -> None:
    op.create_table(
        "visit",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("role", sa.String(7), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("etag", sa.Text()),
        sa.Column("last_modified", sa.Text()),
        sa.Column("digest", sa.Text()),
        sa.Column("stamp", sa.Text()),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("landed_at", sa.DateTime(timezone=True)),
        sa.Column("listing", sa.Text()),
        sa.Column("listed_at", sa.DateTime(timezone=True)),
        sa.Column("gone_at", sa.DateTime(timezone=True)),
        sa.Column("gone", sa.Text()),
        sa.Column("interval_s", sa.Integer()),
        sa.Column("next_at", sa.DateTime(timezone=True)),
        sa.Column("content", sa.Text()),
        sa.CheckConstraint("role IN ('page', 'listing', 'robots')", name="ck_visit_known_role"),
        sa.PrimaryKeyConstraint("source", "url", name="pk_visit"),
    )
    op.create_index("ix_visit_source_listing", "visit", ["source", "listing"])


def downgrade() -> None:
    op.drop_table("visit")
