"""Who stands for whom, by which recipe, and the band keys by which texts meet."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0002", "0001"
BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "recipe", sa.Column("name", sa.Text(), nullable=False), sa.PrimaryKeyConstraint("name", name="pk_recipe")
    )
    op.create_table(
        "cluster_member",
        sa.Column("text_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("canonical_id", BIG_ID, nullable=False),
        sa.Column("jaccard", sa.Float(), nullable=False),
        sa.Column("bands", sa.Integer(), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("length", sa.Integer(), nullable=False),
        sa.Column("article_id", sa.String(length=32), nullable=False),
        sa.Column("shingles", sa.Integer(), nullable=False),
        sa.CheckConstraint("jaccard >= 0 AND jaccard <= 1", name="ck_cluster_member_jaccard_is_a_share"),
        sa.CheckConstraint("text_id <> canonical_id OR jaccard = 1", name="ck_cluster_member_a_canonical_is_itself"),
        sa.ForeignKeyConstraint(["article_id"], ["article.article_id"], name="fk_cluster_member_article_id"),
        sa.ForeignKeyConstraint(["canonical_id"], ["text.text_id"], name="fk_cluster_member_canonical_id"),
        sa.ForeignKeyConstraint(["text_id"], ["text.text_id"], name="fk_cluster_member_text_id"),
        sa.PrimaryKeyConstraint("text_id", name="pk_cluster_member"),
    )
    op.create_index("ix_cluster_member_canonical_id", "cluster_member", ["canonical_id"], unique=False)
    op.create_table(
        "bucket",
        sa.Column("band_key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("canonical_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("own", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("band_key", "canonical_id", name="pk_bucket"),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("bucket")
    op.drop_table("cluster_member")
    op.drop_table("recipe")
