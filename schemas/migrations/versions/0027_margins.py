"""How near each run came to the guard's limits, and what previews would have done, which nothing else keeps."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0027", "0026"
BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("run", sa.Column("margins", sa.JSON()))
    op.create_table(
        "preview",
        sa.Column("preview_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("report", sa.JSON(), nullable=False),
        sa.Column("changes", sa.JSON(), nullable=False),
        sa.Column("examples", sa.JSON()),
        sa.Column("margins", sa.JSON()),
        sa.PrimaryKeyConstraint("preview_id", name="pk_preview"),
    )


def downgrade() -> None:
    op.drop_table("preview")
    op.drop_column("run", "margins")
