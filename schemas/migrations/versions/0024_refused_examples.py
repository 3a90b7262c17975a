"""Examples of what a refused run would have changed, which nothing else keeps once it is undone."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0024", "0023"


def upgrade() -> None:
    op.add_column("run", sa.Column("examples", sa.JSON()))


def downgrade() -> None:
    op.drop_column("run", "examples")
