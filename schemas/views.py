"""How the views are made that consumers see.  The same on both databases; tests hold them to the contract.

Views hold nothing: every migration drops them first and makes them anew last, so they always fit the tables.
"""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa

from schemas.agencies import ORIGINS_BY
from schemas.contract.views import ABOUT, CONTRACT, VERSION
from schemas.records import RANK_DAYS, UNDATED
from schemas.relations import relation_sql

_DAY = f"((a.day % {RANK_DAYS} + {RANK_DAYS}) % {RANK_DAYS})"  # without the rank of its source
_PUBLISHER = "coalesce((SELECT d.publisher FROM source AS d WHERE d.name = a.source), a.publisher)"
_ORIGIN_CODED = " ".join(f"WHEN '{by}' THEN '{n}'" for n, by in enumerate(ORIGINS_BY))
_ORIGIN_SPELLED = " ".join(f"WHEN '{n}' THEN '{by}'" for n, by in enumerate(ORIGINS_BY))

# SQLite looks at the tables of a CROSS JOIN in their order: the few retracted articles first, not every article.
# Of "(…) IS TRUE" PostgreSQL has statistics (migration 0030); of the bare comparison it would guess one row in 200.
# Every article has its current revision, and every text its canonical; LEFT JOIN lets the planner leave them out where
# no column of theirs is asked for.
VIEWS = {
    "corpus_article": f"""
        SELECT a.article_id, a.source, a.source_key, r.url, r.title, r.kicker, r.authors, r.byline, r.credit,
               r.dateline, r.published_at, a.language, r.body, r.words,
               r.mean_word_length, r.letter_share, r.repeated_line_share, r.stop_word_share,
               a.partition_date,
               (SELECT count(*) FROM cluster_member AS o JOIN article AS b ON b.text_id = o.text_id
                 WHERE o.canonical_id = m.text_id) AS copies,
               (SELECT count(DISTINCT b.source) FROM cluster_member AS o JOIN article AS b ON b.text_id = o.text_id
                 WHERE o.canonical_id = m.text_id) AS sources,
               r.section, r.site, r.modified_at, r.trailer, a.agency, {_PUBLISHER} AS publisher,
               (SELECT min(h.run_id) FROM change AS h WHERE h.article_id = a.article_id) AS first_run,
               coalesce(r.evidence ->> 'body' = 'stub', FALSE) AS stub,
               r.licence, r.rights, r.tdm_reserved, r.free_to_read
          FROM cluster_member AS m
          JOIN article AS a ON a.text_id = m.text_id AND a.article_id = m.article_id
          LEFT JOIN revision AS r ON r.article_id = a.article_id AND r.content_hash = a.content_hash
         WHERE (m.text_id = m.canonical_id) IS TRUE""",  # noqa: S608
    "corpus_duplicate": f"""
        SELECT a.article_id, a.source, a.source_key, r.url, r.title, r.published_at, a.partition_date,
               c.article_id AS canonical_id,
               {relation_sql("m")} AS relation,
               m.jaccard, m.bands,
               r.kicker, r.authors, r.byline, r.credit, r.dateline, a.language, r.body, r.words,
               r.section, r.site, r.modified_at, r.trailer, a.agency, {_PUBLISHER} AS publisher,
               (SELECT min(h.run_id) FROM change AS h WHERE h.article_id = a.article_id) AS first_run,
               coalesce(r.evidence ->> 'body' = 'stub', FALSE) AS stub,
               r.licence, r.rights, r.tdm_reserved, r.free_to_read
          FROM article AS a
          JOIN cluster_member AS m ON m.text_id = a.text_id
          JOIN cluster_member AS c ON c.text_id = m.canonical_id
          LEFT JOIN revision AS r ON r.article_id = a.article_id AND r.content_hash = a.content_hash
         WHERE a.article_id <> c.article_id""",  # noqa: S608  the text of this module alone
    "corpus_member": f"""
        SELECT a.article_id, a.source, a.source_key, r.url, r.title, c.article_id AS canonical_id,
               CASE WHEN m.text_id = m.canonical_id AND a.article_id = m.article_id THEN 'canonical'
                    ELSE {relation_sql("m")} END AS relation,
               m.jaccard, a.agency, {_PUBLISHER} AS publisher, a.language, r.published_at,
               a.partition_date
          FROM article AS a
          JOIN cluster_member AS m ON m.text_id = a.text_id
          LEFT JOIN cluster_member AS c ON c.text_id = m.canonical_id
          LEFT JOIN revision AS r ON r.article_id = a.article_id AND r.content_hash = a.content_hash""",  # noqa: S608
    # Its origin is that of the least by how sure it is (a digit), day (7), article (32) and agency, as one text.
    # Grouped by what stands for the cluster, so that a condition on its day reaches the index.
    "corpus_story": f"""
        SELECT s.canonical_id, r.title, s.partition_date, s.copies, s.sources, s.publishers, s.agencies, s.languages,
               s.first_published, s.last_published, s.last_day - s.first_day AS span_days,
               CASE WHEN s.copies = 1 THEN s.canonical_id ELSE
                 (SELECT a.article_id FROM cluster_member AS m JOIN article AS a ON a.text_id = m.text_id
                    LEFT JOIN revision AS q ON q.article_id = a.article_id AND q.content_hash = a.content_hash
                   WHERE m.canonical_id = s.text_id
                   ORDER BY {_DAY}, q.published_at NULLS LAST, a.article_id LIMIT 1) END AS first_printed,
               (SELECT min(h.run_id) FROM cluster_member AS m JOIN article AS a ON a.text_id = m.text_id
                  JOIN change AS h ON h.article_id = a.article_id WHERE m.canonical_id = s.text_id) AS first_run,
               (SELECT max(h.run_id) FROM cluster_member AS m JOIN article AS a ON a.text_id = m.text_id
                  JOIN change AS h ON h.article_id = a.article_id WHERE m.canonical_id = s.text_id) AS last_run,
               coalesce(
                 substr(s.origin, 41),
                 (SELECT coalesce(d.publisher, a.publisher, a.source)
                    FROM cluster_member AS m JOIN article AS a ON a.text_id = m.text_id
                    LEFT JOIN source AS d ON d.name = a.source
                    LEFT JOIN revision AS q ON q.article_id = a.article_id AND q.content_hash = a.content_hash
                   WHERE m.canonical_id = s.text_id
                   ORDER BY {_DAY}, q.published_at NULLS LAST, a.article_id LIMIT 1)) AS origin,
               CASE WHEN s.origin IS NULL THEN '{{"by": "first printed"}}'
                    ELSE '{{"by": "' || CASE substr(s.origin, 1, 1) {_ORIGIN_SPELLED} END
                         || '", "article_id": "' || substr(s.origin, 9, 32) || '"}}' END AS origin_evidence
          FROM (
            SELECT c.text_id, k.article_id AS canonical_id, k.content_hash, k.partition_date,
                   count(*) AS copies, count(DISTINCT a.source) AS sources,
                   count(DISTINCT coalesce(d.publisher, a.publisher)) AS publishers,
                   count(DISTINCT a.agency) AS agencies, count(DISTINCT a.language) AS languages,
                   min(q.published_at) AS first_published, max(q.published_at) AS last_published,
                   min(nullif({_DAY}, {UNDATED})) AS first_day,
                   max(nullif({_DAY}, {UNDATED})) AS last_day,
                   min(CASE WHEN coalesce(d.agency, a.origin) IS NOT NULL
                       THEN CASE WHEN d.agency IS NOT NULL THEN '0' ELSE CASE a.origin_by {_ORIGIN_CODED} END END
                            || substr(CAST({RANK_DAYS} + {_DAY} AS text), 2) || a.article_id
                            || coalesce(d.agency, a.origin) END) AS origin
              FROM article AS k
              JOIN cluster_member AS c ON c.article_id = k.article_id
              JOIN cluster_member AS m ON m.canonical_id = c.text_id
              JOIN article AS a ON a.text_id = m.text_id
              LEFT JOIN source AS d ON d.name = a.source
              LEFT JOIN revision AS q ON q.article_id = a.article_id AND q.content_hash = a.content_hash
             WHERE c.canonical_id = c.text_id
             GROUP BY c.text_id, k.article_id, k.content_hash, k.partition_date
          ) AS s
          LEFT JOIN revision AS r ON r.article_id = s.canonical_id AND r.content_hash = s.content_hash""",  # noqa: S608
    # In the order that decides which is current (etl.decide.revisions), found by keys alone: no body is sorted.
    "corpus_revision": """
        SELECT n.article_id, n.number, r.first_date, r.last_date, r.run_id, r.title, r.body, r.words,
               CASE WHEN n.before IS NULL THEN 'first' WHEN b.body <> r.body THEN 'text'
                    WHEN b.title <> r.title THEN 'headline' ELSE 'metadata' END AS changed,
               r.content_hash = a.content_hash AS is_current,
               r.licence, r.rights, r.tdm_reserved, r.free_to_read
          FROM (
            SELECT article_id, content_hash,
                   row_number() OVER (PARTITION BY article_id ORDER BY last_date NULLS FIRST, fetched_at NULLS FIRST,
                                      reader, content_hash) AS number,
                   lag(content_hash) OVER (PARTITION BY article_id ORDER BY last_date NULLS FIRST,
                                           fetched_at NULLS FIRST, reader, content_hash) AS before
              FROM revision
          ) AS n
          JOIN article AS a ON a.article_id = n.article_id
          JOIN revision AS r ON r.article_id = n.article_id AND r.content_hash = n.content_hash
          LEFT JOIN revision AS b ON b.article_id = n.article_id AND b.content_hash = n.before
         WHERE a.text_id IS NOT NULL""",
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
    "corpus_change": """
        SELECT position, run_id, article_id, change, canonical_id, "at" FROM change""",
    "corpus_run": """
        SELECT run_id, label, source, partition_date, started_at, finished_at, version, "read", "new", revised,
               unchanged, stale, quarantined, articles, canonical, "exact", near, retracted, refused, accepted,
               accepted_by
          FROM run""",
    "corpus_quarantine": """
        SELECT source, path, CASE WHEN record >= 0 THEN record END AS record, partition_date, stage, reason, head
          FROM quarantine""",
    # Each fact is summed by source and day before they are joined: no row of one meets a row of another.
    "corpus_source_day": """
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
            SELECT source, nullif(day, '0001-01-01') AS partition_date, texts, come, articles AS stand,
                   canonical AS first, alike, 0 AS gone, 0 AS unread
              FROM source_day
            UNION ALL
            SELECT a.source, a.partition_date, 0, 0, 0, 0, 0, count(*), 0
              FROM retraction AS t CROSS JOIN article AS a WHERE a.article_id = t.article_id
             GROUP BY a.source, a.partition_date
            UNION ALL
            SELECT source, partition_date, 0, 0, 0, 0, 0, 0, count(*) FROM quarantine GROUP BY source, partition_date
          ) AS fact
         GROUP BY source, partition_date""",
    # Each fact is summed by source before they are joined.  The median is that of the middle one or two.
    "corpus_source": """
        WITH daily AS (
            SELECT source, nullif(day, '0001-01-01') AS partition_date, articles, canonical
              FROM source_day WHERE articles > 0
            UNION ALL
            SELECT a.source, a.partition_date, 0, 0
              FROM retraction AS t CROSS JOIN article AS a WHERE a.article_id = t.article_id
        ), calendar AS (
            SELECT partition_date, row_number() OVER (ORDER BY partition_date) AS number
              FROM daily WHERE partition_date IS NOT NULL GROUP BY partition_date
        ), recent AS (
            SELECT source, articles, row_number() OVER (PARTITION BY source ORDER BY partition_date DESC) AS back
              FROM daily WHERE partition_date IS NOT NULL AND articles > 0
        ), ordered AS (
            SELECT source, articles, row_number() OVER (PARTITION BY source ORDER BY articles) AS number,
                   count(*) OVER (PARTITION BY source) AS days
              FROM recent WHERE back <= 28
        ), usual AS (
            SELECT source, CAST(avg(articles) AS double precision) AS articles
              FROM ordered WHERE 2 * number BETWEEN days AND days + 2 GROUP BY source
        ), total AS (
            SELECT source, min(partition_date) AS first_date, max(partition_date) AS last_date,
                   CAST(sum(articles) AS bigint) AS articles, CAST(sum(canonical) AS bigint) AS canonical
              FROM daily GROUP BY source
        ), held AS (
            SELECT source, count(*) AS records FROM quarantine GROUP BY source
        ), ran AS (
            SELECT source, max(CASE WHEN refused IS NULL AND "new" + revised > 0 THEN run_id END) AS last_run,
                   count(refused) AS refused
              FROM run WHERE source NOT IN ('curation', 'rebuild') GROUP BY source
        ), known AS (
            SELECT source, count(*) AS documents FROM reference WHERE withdrawn IS NULL GROUP BY source
        ), seen AS (
            SELECT name AS source FROM source UNION SELECT source FROM total UNION SELECT source FROM held
            UNION SELECT source FROM ran
        )
        SELECT n.source, s.kind, s.schedule, s.publisher, coalesce(s.rank, 0) AS rank, t.first_date, t.last_date,
               coalesce(t.articles, 0) AS articles, coalesce(t.canonical, 0) AS canonical,
               CAST(t.canonical AS double precision) / nullif(t.articles, 0) AS canonical_share,
               r.last_run, (SELECT max(number) FROM calendar) - c.number AS days_silent, u.articles AS usual_articles,
               coalesce(h.records, 0) AS quarantined, coalesce(r.refused, 0) AS refused_runs,
               coalesce(s.role, 'corpus') AS role, coalesce(f.documents, 0) AS documents,
               s.earliest, s.id_name
          FROM seen AS n
          LEFT JOIN source AS s ON s.name = n.source
          LEFT JOIN total AS t ON t.source = n.source
          LEFT JOIN calendar AS c ON c.partition_date = t.last_date
          LEFT JOIN usual AS u ON u.source = n.source
          LEFT JOIN held AS h ON h.source = n.source
          LEFT JOIN ran AS r ON r.source = n.source
          LEFT JOIN known AS f ON f.source = n.source""",
    "corpus_relation": """
        SELECT m.article_id, o.article_id AS other_id, r.kind,
               CAST(r.shared AS double precision) / r.size AS contained,
               CAST(r.shared AS double precision) / r.other_size AS contains,
               CAST(r.shared AS double precision) / (r.size + r.other_size - r.shared) AS jaccard,
               r.longest AS longest_passage, r.passages,
               (SELECT c.name || ' ' || c.relations FROM recipe AS c) AS recipe, r.run_id
          FROM relation AS r
          JOIN cluster_member AS m ON m.text_id = r.text_id
          JOIN cluster_member AS o ON o.text_id = r.other_text""",
    "corpus_relation_change": """
        SELECT position, run_id, article_id, other_id, change, kind, "at" FROM relation_change""",
    "corpus_reference": """
        SELECT a.article_id, f.source AS reference, f.reference_id, f.source_key AS reference_key, f.title, f.url,
               m.shared, CAST(m.shared AS double precision) / m.shingles AS article_share,
               CAST(m.shared AS double precision) / f.shingles AS reference_share, m.longest, m.run_id
          FROM reference_match AS m
          JOIN reference AS f ON f.number = m.number
          JOIN article AS a ON a.text_id = m.text_id""",
    "corpus_decision": """
        SELECT d.position, d."at", d.who, d.word AS decision, d.article_id, d.other_id, d.reason, d.run_id,
               d.word IN ('same', 'different', 'retract', 'erase')
               AND (d.word = 'erase' OR NOT EXISTS (SELECT 1 FROM tombstone AS g
                                                     WHERE g.article_id IN (d.article_id, d.other_id)))
               AND NOT EXISTS (SELECT 1 FROM decision AS e
                                WHERE e.article_id = d.article_id AND e.position > d.position
                                  AND coalesce(e.other_id, '') = coalesce(d.other_id, '')) AS holds,
               coalesce(a.source, t.source) AS source, coalesce(a.source_key, '') AS source_key,
               coalesce(r.title, '') AS title
          FROM decision AS d
          LEFT JOIN tombstone AS t ON t.article_id = d.article_id
          LEFT JOIN article AS a ON a.article_id = d.article_id
          LEFT JOIN revision AS r ON r.article_id = a.article_id AND r.content_hash = a.content_hash""",
}
"""View → its SELECT, an earlier version's beside its successor's."""


def create(connection: sa.Connection) -> None:
    """Make the views; PostgreSQL is told what they and their columns mean."""
    for name, select in VIEWS.items():  # a driver of PostgreSQL takes % for a parameter
        doubled = select.replace("%", "%%") if connection.dialect.name == "postgresql" else select
        connection.exec_driver_sql(f"CREATE VIEW {name} AS {doubled}")
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
