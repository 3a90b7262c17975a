"""Counts by source and day, which views had to make from all articles."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0021", "0020"
COUNTS = ("texts", "come", "articles", "canonical", "alike")
COUNTED = """
    SELECT source, coalesce(day, '0001-01-01') AS day, CAST(sum(texts) AS bigint) AS texts,
           CAST(sum(come) AS bigint) AS come, CAST(sum(articles) AS bigint) AS articles,
           CAST(sum(canonical) AS bigint) AS canonical, CAST(sum(alike) AS bigint) AS alike
      FROM (
        SELECT a.source, a.partition_date AS day, 0 AS texts, 0 AS come, count(*) AS articles,
               count(CASE WHEN m.text_id = m.canonical_id AND m.article_id = a.article_id THEN 1 END) AS canonical,
               count(CASE WHEN m.text_id = m.canonical_id AND m.article_id <> a.article_id THEN 1 END) AS alike
          FROM article AS a JOIN cluster_member AS m ON m.text_id = a.text_id GROUP BY a.source, a.partition_date
        UNION ALL
        SELECT a.source, r.first_date, count(*), count(CASE WHEN r.number = 1 THEN 1 END), 0, 0, 0
          FROM (SELECT article_id, first_date,
                       row_number() OVER (PARTITION BY article_id ORDER BY first_date NULLS LAST) AS number
                  FROM revision) AS r
          JOIN article AS a ON a.article_id = r.article_id GROUP BY a.source, r.first_date
      ) AS fact
     GROUP BY source, coalesce(day, '0001-01-01')"""


def upgrade() -> None:
    counts = [sa.Column(name, sa.Integer(), nullable=False) for name in COUNTS]
    op.create_table(
        "source_day",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        *counts,
        sa.PrimaryKeyConstraint("source", "day", name="pk_source_day"),
    )
    op.execute(f"INSERT INTO source_day {COUNTED}")


def downgrade() -> None:
    op.drop_table("source_day")
