"""What each revision says of the terms of its use."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0022", "0021"


def upgrade() -> None:
    op.add_column("revision", sa.Column("licence", sa.Text()))
    op.add_column("revision", sa.Column("rights", sa.JSON()))
    op.add_column("revision", sa.Column("tdm_reserved", sa.Boolean()))
    op.add_column("revision", sa.Column("free_to_read", sa.Boolean()))


def downgrade() -> None:
    for name in ("free_to_read", "tdm_reserved", "rights", "licence"):
        op.drop_column("revision", name)
