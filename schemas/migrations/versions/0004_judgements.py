"""People's words on pairs of articles, and which duplicates are so by such a word alone."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0004", "0003"


def upgrade() -> None:
    op.create_table(
        "judgement",
        sa.Column("article_id", sa.String(32), nullable=False),
        sa.Column("other_id", sa.String(32), nullable=False),
        sa.Column("word", sa.String(9), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("word IN ('same', 'different')", name="ck_judgement_known_word"),
        sa.CheckConstraint("article_id < other_id", name="ck_judgement_one_row_a_pair"),
        sa.ForeignKeyConstraint(["article_id"], ["article.article_id"], name="fk_judgement_article_id"),
        sa.ForeignKeyConstraint(["other_id"], ["article.article_id"], name="fk_judgement_other_id"),
        sa.PrimaryKeyConstraint("article_id", "other_id", name="pk_judgement"),
    )
    op.create_index("ix_judgement_other_id", "judgement", ["other_id"])
    with op.batch_alter_table("cluster_member") as cluster_member:
        cluster_member.add_column(sa.Column("judged", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    with op.batch_alter_table("cluster_member") as cluster_member:
        cluster_member.drop_column("judged")
    op.drop_table("judgement")
