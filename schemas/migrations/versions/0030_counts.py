"""What counts over the whole corpus need: the language of each article beside it, and how many texts are canonical.

Without statistics of its own PostgreSQL takes a comparison of two columns to hold for one row in 200, and looks up
700,000 articles of a million one by one.
"""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0030", "0029"
STATISTICS_OF_EXPRESSIONS = 140000  # the first server_version_num that keeps them


def upgrade() -> None:
    op.add_column("article", sa.Column("language", sa.Text(), nullable=False, server_default="und"))
    op.execute(
        "UPDATE article SET language = (SELECT r.language FROM revision AS r"
        " WHERE r.article_id = article.article_id AND r.content_hash = article.content_hash)"
    )
    if _has_statistics():
        op.execute("CREATE STATISTICS cluster_member_canonical ON (text_id = canonical_id) FROM cluster_member")


def downgrade() -> None:
    if _has_statistics():
        op.execute("DROP STATISTICS IF EXISTS cluster_member_canonical")
    op.drop_column("article", "language")


def _has_statistics() -> bool:
    connection = op.get_bind()
    if connection.dialect.name != "postgresql":
        return False
    return int(connection.scalar(sa.text("SHOW server_version_num"))) >= STATISTICS_OF_EXPRESSIONS
