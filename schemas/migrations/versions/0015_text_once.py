"""The comparison text is not stored: it is made of the articles that have it, in a few microseconds."""

from collections.abc import Callable

import sqlalchemy as sa
from alembic import context, op

revision, down_revision = "0015", "0014"
ROWS = 2_000  # a statement

FIRST_BODIES = """
SELECT f.text_id, r.title, r.body
  FROM (SELECT text_id, min(article_id) AS article_id FROM article WHERE text_id > :after
         GROUP BY text_id ORDER BY text_id LIMIT :rows) AS f
  JOIN article AS a ON a.article_id = f.article_id
  JOIN revision AS r ON r.article_id = a.article_id AND r.content_hash = a.content_hash
 ORDER BY f.text_id
"""


def upgrade() -> None:
    with op.batch_alter_table("text") as text:
        text.drop_column("comparison")
    if op.get_bind().dialect.name == "postgresql":  # the column is only hidden until the table is written anew
        op.execute("CLUSTER text USING pk_text")
        op.execute("ALTER TABLE text SET WITHOUT CLUSTER")


def downgrade() -> None:
    connection, say = op.get_bind(), context.config.attributes["say"]
    compared_by: Callable[[list[tuple[str, str]]], list[str]] = context.config.attributes["compared_by"]
    with op.batch_alter_table("text") as text:
        text.add_column(sa.Column("comparison", sa.Text))
    total = connection.scalar(sa.text("SELECT count(*) FROM text"))
    done, after = 0, -1
    while rows := connection.execute(sa.text(FIRST_BODIES), {"after": after, "rows": ROWS}).all():
        made = compared_by([(row.title, row.body) for row in rows])
        connection.execute(
            sa.text("UPDATE text SET comparison = :comparison WHERE text_id = :text_id"),
            [{"comparison": each, "text_id": row.text_id} for row, each in zip(rows, made, strict=True)],
        )
        after, done = rows[-1].text_id, done + len(rows)
        say(f"{done:,} of {total:,} texts")
    with op.batch_alter_table("text") as text:
        text.alter_column("comparison", existing_type=sa.Text, nullable=False)
