"""Articles that were withdrawn: they keep their history, and stand for no text until they are restored."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0005", "0004"
BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    with op.batch_alter_table("article") as article:
        article.alter_column("text_id", existing_type=BIG_ID, nullable=True)
    op.create_table(
        "retraction",
        sa.Column("article_id", sa.String(32), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["article.article_id"], name="fk_retraction_article_id"),
        sa.PrimaryKeyConstraint("article_id", name="pk_retraction"),
    )


def downgrade() -> None:
    op.drop_table("retraction")
    with op.batch_alter_table("article") as article:
        article.alter_column("text_id", existing_type=BIG_ID, nullable=False)
