"""What SQL consumers see.  Same names and columns on SQLite and PostgreSQL; tests hold both to CONTRACT.

Views hold nothing: every migration drops them first and makes them anew last, so they always fit the tables.
"""

from __future__ import annotations

import sqlalchemy as sa

CONTRACT: dict[str, dict[str, str]] = {
    "corpus_article": {
        "article_id": "32 hex digits, computed from source and source_key",
        "source": "the source that brought it",
        "source_key": "what identifies it there: canonical URL, id in its container, or path",
        "url": "canonical URL, if it has one",
        "title": "headline, without kicker",
        "kicker": "the line above the headline",
        "authors": "JSON array of the people named in the byline",
        "byline": "byline as printed",
        "credit": "agency or role named beside it",
        "dateline": "place (and agency) that opened the text, as printed",
        "published_at": "when it says it was published, UTC",
        "language": "BCP 47 primary subtag, und when unknown",
        "body": "stored text, paragraphs apart by a blank line",
        "words": "words in body",
        "mean_word_length": "characters a word of body, punctuation included",
        "letter_share": "letters among the characters of body that are not spaces, from 0 to 1",
        "repeated_line_share": "of these characters, those in lines that stand in body before",
        "stop_word_share": "of the first words of body, those that only grammar needs; null where they are not listed",
        "partition_date": "the day that brought this text first",
        "copies": "articles this one stands for, itself included",
        "sources": "sources that printed it, itself included",
    },
    "corpus_duplicate": {
        "article_id": "the article that is not in the corpus",
        "source": "the source that brought it",
        "source_key": "what identifies it there",
        "title": "its own headline",
        "published_at": "when it says it was published, UTC",
        "partition_date": "the day that brought this text first",
        "canonical_id": "the article in corpus_article that stands for it",
        "relation": "exact: same comparison text; near: Jaccard at or above the threshold; judged: a person said so",
        "jaccard": "exact Jaccard similarity of the two comparison texts, 1 for exact",
        "bands": "band keys the two texts share",
    },
    "corpus_change": {
        "position": "place in the feed, from 1, without gaps; never given twice",
        "run_id": "the run that caused it, in corpus_run",
        "article_id": "the article that changed",
        "change": "added, revised, became_duplicate, became_canonical or retracted",
        "canonical_id": "the article that stands for it from then on, itself if canonical; null if retracted",
        "at": "UTC",
    },
    "corpus_run": {
        "run_id": "number of the run, from 1",
        "label": "what started it",
        "source": "which source",
        "partition_date": "which day; null for a source without dates",
        "started_at": "UTC",
        "finished_at": "UTC",
        "version": "version of wirecopy",
        "read": "records read = new + revised + unchanged + stale + quarantined",
        "new": "articles not seen before",
        "revised": "articles whose current text changed",
        "unchanged": "articles that said nothing new",
        "stale": "older texts of articles, kept as history",
        "quarantined": "records that are no article",
        "articles": "articles in the store after the run = canonical + exact + near",
        "canonical": "of these, in corpus_article",
        "exact": "of these, same text as their canonical",
        "near": "of these, near-duplicates (judged ones among them)",
        "retracted": "articles withdrawn, not counted above",
        "refused": "why the guard undid the run; null: it is done",
    },
    "corpus_quarantine": {
        "source": "the source that brought it",
        "path": "file, relative to the root of its source",
        "record": "place in its container from 0; null for the file as a whole",
        "partition_date": "the day that brought it",
        "stage": "where it failed: read, decode, extract, validate or commit",
        "reason": "why, in one line",
        "head": "its first bytes, 256 at most",
    },
}
"""Every column of every view, with what it means; wirecopy's promise to those who query."""

_VIEWS = {
    "corpus_article": """
        SELECT a.article_id, a.source, a.source_key, r.url, r.title, r.kicker, r.authors, r.byline, r.credit,
               r.dateline, r.published_at, r.language, r.body, r.words,
               r.mean_word_length, r.letter_share, r.repeated_line_share, r.stop_word_share,
               a.partition_date,
               (SELECT count(*) FROM cluster_member AS o JOIN article AS b ON b.text_id = o.text_id
                 WHERE o.canonical_id = m.text_id) AS copies,
               (SELECT count(DISTINCT b.source) FROM cluster_member AS o JOIN article AS b ON b.text_id = o.text_id
                 WHERE o.canonical_id = m.text_id) AS sources
          FROM cluster_member AS m
          JOIN article AS a ON a.article_id = m.article_id
          JOIN revision AS r ON r.article_id = a.article_id AND r.content_hash = a.content_hash
         WHERE m.canonical_id = m.text_id""",
    "corpus_duplicate": """
        SELECT a.article_id, a.source, a.source_key, r.title, r.published_at, a.partition_date,
               c.article_id AS canonical_id,
               CASE WHEN m.text_id = m.canonical_id THEN 'exact' WHEN m.judged THEN 'judged' ELSE 'near'
               END AS relation,
               m.jaccard, m.bands
          FROM article AS a
          JOIN cluster_member AS m ON m.text_id = a.text_id
          JOIN cluster_member AS c ON c.text_id = m.canonical_id
          JOIN revision AS r ON r.article_id = a.article_id AND r.content_hash = a.content_hash
         WHERE a.article_id <> c.article_id""",
    "corpus_change": """
        SELECT position, run_id, article_id, change, canonical_id, at FROM change""",
    "corpus_run": """
        SELECT run_id, label, source, partition_date, started_at, finished_at, version, "read", "new", revised,
               unchanged, stale, quarantined, articles, canonical, "exact", near, retracted, refused
          FROM run""",
    "corpus_quarantine": """
        SELECT source, path, CASE WHEN record >= 0 THEN record END AS record, partition_date, stage, reason, head
          FROM quarantine""",
}


def create(connection: sa.Connection) -> None:
    for name, select in _VIEWS.items():
        connection.exec_driver_sql(f"CREATE VIEW {name} AS {select}")


def drop(connection: sa.Connection) -> None:
    for name in reversed(_VIEWS):
        connection.exec_driver_sql(f"DROP VIEW IF EXISTS {name}")
