"""An index of paths: a name that is searched for may be one, and a million revisions would be read."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0028", "0027"


def upgrade() -> None:
    short = sa.text("length(path) <= 500")
    op.create_index("ix_revision_path", "revision", ["path"], postgresql_where=short, sqlite_where=short)


def downgrade() -> None:
    op.drop_index("ix_revision_path", "revision")
