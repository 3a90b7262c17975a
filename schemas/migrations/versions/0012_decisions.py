"""All that people decided about articles, in order: who, when, why, and what was taken back."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0012", "0011"
BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "decision",
        sa.Column("position", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("run_id", BIG_ID),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("word", sa.String(9), nullable=False),
        sa.Column("article_id", sa.String(32), nullable=False),
        sa.Column("other_id", sa.String(32)),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "word IN ('same', 'different', 'undo') AND other_id IS NOT NULL AND article_id < other_id"
            " OR word IN ('retract', 'restore') AND other_id IS NULL",
            name="ck_decision_known_word",
        ),
        sa.ForeignKeyConstraint(["article_id"], ["article.article_id"], name="fk_decision_article_id"),
        sa.ForeignKeyConstraint(["other_id"], ["article.article_id"], name="fk_decision_other_id"),
        sa.ForeignKeyConstraint(["run_id"], ["run.run_id"], name="fk_decision_run_id"),
        sa.PrimaryKeyConstraint("position", name="pk_decision"),
    )
    op.create_index("ix_decision_article_id", "decision", ["article_id"])
    op.create_index("ix_decision_other_id", "decision", ["other_id"])
    # What holds was said by somebody whose name was not kept.
    op.execute(
        sa.text("""
            INSERT INTO decision (position, at, who, word, article_id, other_id, reason)
            SELECT row_number() OVER (ORDER BY at, article_id, other_id), at, '', word, article_id, other_id, reason
              FROM (SELECT at, word, article_id, other_id, reason FROM judgement
                    UNION ALL SELECT at, 'retract', article_id, NULL, reason FROM retraction) AS held""")
    )


def downgrade() -> None:
    op.drop_table("decision")
