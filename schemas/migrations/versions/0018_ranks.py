"""The rank of each source in the order of election."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0018", "0017"


def upgrade() -> None:
    op.add_column("source", sa.Column("rank", sa.Integer(), nullable=False, server_default="0"))


def downgrade() -> None:
    op.drop_column("source", "rank")
