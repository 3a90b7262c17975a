"""The first text of each article from an index alone: days are counted without sorting."""

from alembic import op

revision, down_revision = "0013", "0012"


def upgrade() -> None:
    op.drop_index("ix_revision_first_date_article_id", "revision")
    op.create_index("ix_revision_article_id_first_date", "revision", ["article_id", "first_date"])


def downgrade() -> None:
    op.drop_index("ix_revision_article_id_first_date", "revision")
    op.create_index("ix_revision_first_date_article_id", "revision", ["first_date", "article_id"])
