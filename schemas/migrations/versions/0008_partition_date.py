"""The partition date of each article's current text beside the article: days are counted without reading texts."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0008", "0007"


def upgrade() -> None:
    with op.batch_alter_table("article") as article:
        article.add_column(sa.Column("partition_date", sa.Date()))
    op.execute(
        "UPDATE article SET partition_date = (SELECT r.first_date FROM revision AS r"
        " WHERE r.article_id = article.article_id AND r.content_hash = article.content_hash)"
    )


def downgrade() -> None:
    with op.batch_alter_table("article") as article:
        article.drop_column("partition_date")
