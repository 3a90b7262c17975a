"""What stays of articles that were erased; decisions outlive the articles that they are on."""

import sqlalchemy as sa
from alembic import op
from alembic.operations.base import BatchOperations

revision, down_revision = "0023", "0022"
BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
OF_PAIRS = "word IN ('same', 'different', 'undo') AND other_id IS NOT NULL AND article_id < other_id"
BEFORE = f"{OF_PAIRS} OR word IN ('retract', 'restore') AND other_id IS NULL"
AFTER = f"{OF_PAIRS} OR word IN ('retract', 'restore', 'erase') AND other_id IS NULL"
REFERENCES = {"article_id": "fk_decision_article_id", "other_id": "fk_decision_other_id"}


def upgrade() -> None:
    op.create_table(
        "tombstone",
        sa.Column("article_id", sa.String(32), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("run_id", BIG_ID, nullable=False),
        sa.Column("pending", sa.Text()),
        sa.ForeignKeyConstraint(["run_id"], ["run.run_id"], name="fk_tombstone_run_id"),
        sa.PrimaryKeyConstraint("article_id", name="pk_tombstone"),
    )
    with op.batch_alter_table("decision") as decision:
        for name in REFERENCES.values():
            decision.drop_constraint(name, type_="foreignkey")
        _checked(decision, AFTER)


def downgrade() -> None:
    if op.get_bind().scalar(sa.text("SELECT count(*) FROM tombstone")):
        raise ValueError("articles were erased from this store; an older version would read them again")
    with op.batch_alter_table("decision") as decision:
        for column, name in REFERENCES.items():
            decision.create_foreign_key(name, "article", [column], ["article_id"])
        _checked(decision, BEFORE)
    op.drop_table("tombstone")


def _checked(decision: BatchOperations, condition: str) -> None:
    """The constraint is called as 0012 called it: the convention was applied to its full name there."""
    name = op.f("ck_decision_ck_decision_known_word")
    decision.drop_constraint(name, type_="check")
    decision.create_check_constraint(name, condition)
