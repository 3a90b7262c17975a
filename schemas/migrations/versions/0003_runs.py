"""Runs, the changes they made, and what they could not read."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0003", "0002"
BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "run",
        sa.Column("run_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("partition_date", sa.Date(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("read", sa.Integer(), nullable=False),
        sa.Column("new", sa.Integer(), nullable=False),
        sa.Column("revised", sa.Integer(), nullable=False),
        sa.Column("unchanged", sa.Integer(), nullable=False),
        sa.Column("stale", sa.Integer(), nullable=False),
        sa.Column("quarantined", sa.Integer(), nullable=False),
        sa.Column("articles", sa.Integer(), nullable=False),
        sa.Column("canonical", sa.Integer(), nullable=False),
        sa.Column("exact", sa.Integer(), nullable=False),
        sa.Column("near", sa.Integer(), nullable=False),
        sa.Column("retracted", sa.Integer(), nullable=False),
        sa.CheckConstraint("articles = canonical + exact + near", name="ck_run_articles_add_up"),
        sa.CheckConstraint("read = new + revised + unchanged + stale + quarantined", name="ck_run_read_adds_up"),
        sa.PrimaryKeyConstraint("run_id", name="pk_run"),
    )
    op.create_table(
        "change",
        sa.Column("position", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("run_id", BIG_ID, nullable=False),
        sa.Column("article_id", sa.String(length=32), nullable=False),
        sa.Column("change", sa.String(length=16), nullable=False),
        sa.Column("canonical_id", sa.String(length=32), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "change IN ('added', 'became_duplicate', 'became_canonical', 'revised', 'retracted')",
            name="ck_change_known_change",
        ),
        sa.ForeignKeyConstraint(["run_id"], ["run.run_id"], name="fk_change_run_id"),
        sa.PrimaryKeyConstraint("position", name="pk_change"),
    )
    op.create_index("ix_change_article_id", "change", ["article_id"], unique=False)
    op.create_index("ix_change_run_id", "change", ["run_id"], unique=False)
    op.create_table(
        "quarantine",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("record", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("partition_date", sa.Date(), nullable=True),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("head", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("source", "path", "record", name="pk_quarantine"),
    )


def downgrade() -> None:
    op.drop_table("quarantine")
    op.drop_table("change")
    op.drop_table("run")
