"""Articles, what they have said over time, and the distinct texts they say now."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0001", None
BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "text",
        sa.Column("text_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("comparison", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("text_id", name="pk_text"),
    )
    op.create_table(
        "signature",
        sa.Column("text_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("minima", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["text_id"], ["text.text_id"], name="fk_signature_text_id"),
        sa.PrimaryKeyConstraint("text_id", name="pk_signature"),
    )
    op.create_table(
        "article",
        sa.Column("article_id", sa.String(length=32), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("source_key", sa.Text(), nullable=False),
        sa.Column("content_hash", sa.String(length=32), nullable=False),
        sa.Column("text_id", BIG_ID, nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("length", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["text_id"], ["text.text_id"], name="fk_article_text_id"),
        sa.PrimaryKeyConstraint("article_id", name="pk_article"),
        sa.UniqueConstraint("source", "source_key", name="uq_article_source_source_key"),
    )
    op.create_index("ix_article_text_id", "article", ["text_id"], unique=False)
    op.create_table(
        "revision",
        sa.Column("article_id", sa.String(length=32), nullable=False),
        sa.Column("content_hash", sa.String(length=32), nullable=False),
        sa.Column("first_date", sa.Date(), nullable=True),
        sa.Column("last_date", sa.Date(), nullable=True),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reader", sa.Integer(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("record", sa.Integer(), nullable=True),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("kicker", sa.Text(), nullable=True),
        sa.Column("byline", sa.Text(), nullable=True),
        sa.Column("authors", sa.JSON(), nullable=False),
        sa.Column("credit", sa.Text(), nullable=True),
        sa.Column("dateline", sa.Text(), nullable=True),
        sa.Column("trailer", sa.Text(), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("modified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("section", sa.Text(), nullable=True),
        sa.Column("site", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.Column("words", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["article.article_id"], name="fk_revision_article_id"),
        sa.PrimaryKeyConstraint("article_id", "content_hash", name="pk_revision"),
    )


def downgrade() -> None:
    op.drop_table("revision")
    op.drop_table("article")
    op.drop_table("signature")
    op.drop_table("text")
