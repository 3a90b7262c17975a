"""Runs that the guard undid: what they would have done, and why not."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0006", "0005"


def upgrade() -> None:
    with op.batch_alter_table("run") as run:
        run.add_column(sa.Column("refused", sa.Text()))


def downgrade() -> None:
    with op.batch_alter_table("run") as run:
        run.drop_column("refused")
