"""How the views are made that consumers see.  The same on both databases; tests hold them to the contract.

Views hold nothing: every migration drops them first and makes them anew last, so they always fit the tables.
"""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa

from schemas.contract import ABOUT, CONTRACT, VERSION
from schemas.relations import is_exact_sql, relation_sql

# Every article has its current revision; LEFT JOIN lets the planner leave it out where no column of it is asked for.
VIEWS = {
    "corpus_article": """
        SELECT a.article_id, a.source, a.source_key, r.url, r.title, r.kicker, r.authors, r.byline, r.credit,
               r.dateline, r.published_at, r.language, r.body, r.words,
               r.mean_word_length, r.letter_share, r.repeated_line_share, r.stop_word_share,
               a.partition_date,
               (SELECT count(*) FROM cluster_member AS o JOIN article AS b ON b.text_id = o.text_id
                 WHERE o.canonical_id = m.text_id) AS copies,
               (SELECT count(DISTINCT b.source) FROM cluster_member AS o JOIN article AS b ON b.text_id = o.text_id
                 WHERE o.canonical_id = m.text_id) AS sources,
               r.section, r.site, r.modified_at, r.trailer, a.agency, a.publisher,
               (SELECT min(h.run_id) FROM change AS h WHERE h.article_id = a.article_id) AS first_run,
               coalesce(r.evidence ->> 'body' = 'stub', FALSE) AS stub
          FROM cluster_member AS m
          JOIN article AS a ON a.article_id = m.article_id
          LEFT JOIN revision AS r ON r.article_id = a.article_id AND r.content_hash = a.content_hash
         WHERE m.canonical_id = m.text_id""",
    "corpus_duplicate": f"""
        SELECT a.article_id, a.source, a.source_key, r.url, r.title, r.published_at, a.partition_date,
               c.article_id AS canonical_id,
               {relation_sql("m")} AS relation,
               m.jaccard, m.bands,
               r.kicker, r.authors, r.byline, r.credit, r.dateline, r.language, r.body, r.words,
               r.section, r.site, r.modified_at, r.trailer, a.agency, a.publisher,
               (SELECT min(h.run_id) FROM change AS h WHERE h.article_id = a.article_id) AS first_run,
               coalesce(r.evidence ->> 'body' = 'stub', FALSE) AS stub
          FROM article AS a
          JOIN cluster_member AS m ON m.text_id = a.text_id
          JOIN cluster_member AS c ON c.text_id = m.canonical_id
          LEFT JOIN revision AS r ON r.article_id = a.article_id AND r.content_hash = a.content_hash
         WHERE a.article_id <> c.article_id""",  # noqa: S608  the text of this module alone
    "corpus_change": """
        SELECT position, run_id, article_id, change, canonical_id, "at" FROM change""",
    "corpus_run": """
        SELECT run_id, label, source, partition_date, started_at, finished_at, version, "read", "new", revised,
               unchanged, stale, quarantined, articles, canonical, "exact", near, retracted, refused
          FROM run""",
    "corpus_quarantine": """
        SELECT source, path, CASE WHEN record >= 0 THEN record END AS record, partition_date, stage, reason, head
          FROM quarantine""",
    # Each fact is summed by source and day before they are joined: no row of one meets a row of another.
    "corpus_source_day": f"""
        SELECT source, partition_date,
               CAST(sum(texts) + sum(unread) AS bigint) AS records,
               CAST(sum(come) AS bigint) AS "new",
               CAST(sum(texts) - sum(come) AS bigint) AS revised,
               CAST(sum(stand) AS bigint) AS articles,
               CAST(sum(first) AS bigint) AS canonical,
               CAST(sum(stand) - sum(first) AS bigint) AS duplicates,
               CAST(sum(alike) AS bigint) AS "exact",
               CAST(sum(stand) - sum(first) AS double precision) / nullif(sum(stand), 0) AS duplicate_rate,
               CAST(sum(gone) AS bigint) AS retracted,
               CAST(sum(unread) AS bigint) AS quarantined
          FROM (
            SELECT a.source, a.partition_date, 0 AS texts, 0 AS come, count(m.text_id) AS stand,
                   count(CASE WHEN m.text_id = m.canonical_id AND m.article_id = a.article_id THEN 1 END) AS first,
                   count(CASE WHEN {is_exact_sql("m")} AND m.article_id <> a.article_id THEN 1 END) AS alike,
                   sum(CASE WHEN a.text_id IS NULL THEN 1 ELSE 0 END) AS gone, 0 AS unread
              FROM article AS a LEFT JOIN cluster_member AS m ON m.text_id = a.text_id
             GROUP BY a.source, a.partition_date
            UNION ALL
            SELECT a.source, r.first_date, count(*), count(CASE WHEN r.number = 1 THEN 1 END), 0, 0, 0, 0, 0
              FROM (SELECT article_id, first_date,
                           row_number() OVER (PARTITION BY article_id ORDER BY first_date NULLS LAST) AS number
                      FROM revision) AS r
              JOIN article AS a ON a.article_id = r.article_id
             GROUP BY a.source, r.first_date
            UNION ALL
            SELECT source, partition_date, 0, 0, 0, 0, 0, 0, count(*) FROM quarantine GROUP BY source, partition_date
          ) AS fact
         GROUP BY source, partition_date""",  # noqa: S608
    "corpus_review": """
        SELECT a.article_id, a.source, r.title, b.article_id AS canonical_id, b.source AS canonical_source,
               s.title AS canonical_title, m.jaccard, m.bands
          FROM cluster_member AS m
          JOIN article AS a ON a.article_id = m.article_id
          LEFT JOIN revision AS r ON r.article_id = a.article_id AND r.content_hash = a.content_hash
          JOIN cluster_member AS c ON c.text_id = m.canonical_id
          JOIN article AS b ON b.article_id = c.article_id
          LEFT JOIN revision AS s ON s.article_id = b.article_id AND s.content_hash = b.content_hash
         WHERE m.jaccard < 1 AND NOT m.judged
           AND NOT EXISTS (SELECT 1 FROM judgement AS j
                            WHERE (j.article_id = a.article_id AND j.other_id = b.article_id)
                               OR (j.article_id = b.article_id AND j.other_id = a.article_id))""",
}
"""View → its SELECT, an earlier version's beside its successor's."""


def create(connection: sa.Connection) -> None:
    """Make the views; PostgreSQL is told what they and their columns mean."""
    for name, select in VIEWS.items():
        connection.exec_driver_sql(f"CREATE VIEW {name} AS {select}")
    if connection.dialect.name == "postgresql":
        for statement in _comments():
            connection.exec_driver_sql(statement)


def drop(connection: sa.Connection) -> None:
    for name in reversed(VIEWS):
        connection.exec_driver_sql(f"DROP VIEW IF EXISTS {name}")


def _comments() -> Iterator[str]:
    for view, columns in CONTRACT.items():
        yield f"COMMENT ON VIEW {view} IS {_quoted(f'{ABOUT[view][0]}  Contract {VERSION}.')}"
        for name, column in columns.items():
            meaning = f"{column.meaning} ({column.unit})" if column.unit else column.meaning
            yield f'COMMENT ON COLUMN {view}."{name}" IS {_quoted(meaning)}'


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''").replace("%", "%%") + "'"
