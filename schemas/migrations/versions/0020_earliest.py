"""The day before which a source's dates of publication are not believed."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0020", "0019"


def upgrade() -> None:
    op.add_column("source", sa.Column("earliest", sa.Date()))


def downgrade() -> None:
    op.drop_column("source", "earliest")
