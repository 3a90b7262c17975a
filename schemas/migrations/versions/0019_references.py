"""Reference sources: their documents, which tokens stand in which, and which texts have passages of them."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0019", "0018"
BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("source", sa.Column("role", sa.Text()))
    op.create_table(
        "reference",
        sa.Column("number", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("reference_id", sa.String(32), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("source_key", sa.Text(), nullable=False),
        sa.Column("content_hash", sa.String(32), nullable=False),
        sa.Column("last_date", sa.Date()),
        sa.Column("fetched_at", sa.DateTime(timezone=True)),
        sa.Column("reader", sa.Integer(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("record", sa.Integer()),
        sa.Column("url", sa.Text()),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("withdrawn", sa.Text()),
        sa.Column("shingles", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_reference"),
        sa.UniqueConstraint("reference_id", name="uq_reference_reference_id"),
    )
    op.create_index("ix_reference_source", "reference", ["source"])
    op.create_table(
        "reference_shingle",
        sa.Column("shingle", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("shingle", "number", name="pk_reference_shingle"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "reference_common",
        sa.Column("shingle", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("documents", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("shingle", name="pk_reference_common"),
    )
    op.create_table(
        "reference_match",
        sa.Column("text_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("number", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("shared", sa.Integer(), nullable=False),
        sa.Column("shingles", sa.Integer(), nullable=False),
        sa.Column("longest", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("text_id", "number", name="pk_reference_match"),
        sa.ForeignKeyConstraint(["text_id"], ["text.text_id"], name="fk_reference_match_text_id"),
        sa.ForeignKeyConstraint(["number"], ["reference.number"], name="fk_reference_match_number"),
    )
    op.create_index("ix_reference_match_number", "reference_match", ["number"])


def downgrade() -> None:
    for table in ("reference_match", "reference_common", "reference_shingle", "reference"):
        op.drop_table(table)
    op.drop_column("source", "role")
