"""Relations of canonical texts, and the samples by which they are found.  `wirecopy rebuild` fills them."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0026", "0025"
BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
AT_THE_END: dict[str, Any] = {"deferrable": True, "initially": "DEFERRED"}
CANONICAL = ["cluster_member.text_id", "cluster_member.canonical_id"]
KINDS = "kind IN ('rewrite', 'excerpt', 'shares')"


def upgrade() -> None:
    op.add_column("recipe", sa.Column("relations", sa.Text()))
    op.create_table(
        "sample",
        sa.Column("text_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("hashes", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("text_id", name="pk_sample"),
        sa.ForeignKeyConstraint(["text_id", "text_id"], CANONICAL, name="fk_sample_is_canonical", **AT_THE_END),
    )
    op.create_table(
        "sample_hash",
        sa.Column("hash", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("day", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("text_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("hash", "day", "text_id", name="pk_sample_hash"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "relation",
        sa.Column("text_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("other_text", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("article_id", sa.String(32), nullable=False),
        sa.Column("other_id", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(7), nullable=False),
        sa.Column("shared", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("other_size", sa.Integer(), nullable=False),
        sa.Column("longest", sa.Integer(), nullable=False),
        sa.Column("passages", sa.JSON(), nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("text_id", "other_text", name="pk_relation"),
        sa.CheckConstraint(KINDS, name="ck_relation_known_kind"),
        sa.CheckConstraint("text_id <> other_text", name="ck_relation_two_texts"),
        *(
            sa.ForeignKeyConstraint([c, c], CANONICAL, name=f"fk_relation_{c}_is_canonical", **AT_THE_END)
            for c in ("text_id", "other_text")
        ),
    )
    op.create_index("ix_relation_other_text", "relation", ["other_text"])
    op.create_table(
        "relation_change",
        sa.Column("position", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("run_id", BIG_ID, nullable=False),
        sa.Column("article_id", sa.String(32), nullable=False),
        sa.Column("other_id", sa.String(32), nullable=False),
        sa.Column("change", sa.String(7), nullable=False),
        sa.Column("kind", sa.String(7), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("position", name="pk_relation_change"),
        sa.ForeignKeyConstraint(["run_id"], ["run.run_id"], name="fk_relation_change_run_id"),
        sa.CheckConstraint("change IN ('added', 'changed', 'removed')", name="ck_relation_change_known_change"),
        sa.CheckConstraint(KINDS, name="ck_relation_change_known_kind"),
    )


def downgrade() -> None:
    for table in ("relation_change", "relation", "sample_hash", "sample"):
        op.drop_table(table)
    op.drop_column("recipe", "relations")
