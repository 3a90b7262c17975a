"""Words of the corpus to search for, where an operator has switched it on: the view corpus_search.

PostgreSQL keeps an index of what to_tsvector makes of each revision, SQLite an FTS5 table that a trigger fills; both in
the transaction that brings a text, so no search is ever behind.  It costs: off until `wirecopy store search --on`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

import sqlalchemy as sa

VIEW = "corpus_search"
OURS = "search_"  # begins the names of what is made here, which is in no model

_WORDS = "to_tsvector('simple', left(r.title || ' ' || r.body, 100000))"  # a tsvector may have 1 MB
_STANDS = """
          JOIN article AS a ON a.article_id = r.article_id AND a.content_hash = r.content_hash
          JOIN cluster_member AS m ON m.article_id = a.article_id AND m.text_id = m.canonical_id"""
_BY_ROW = f"JOIN search_row AS r ON r.id = f.rowid {_STANDS}"
_POSTGRESQL = (
    f"CREATE INDEX search_words ON revision USING gin (({_WORDS.replace('r.', '')}))",
    f"CREATE VIEW {VIEW} AS SELECT r.article_id, r.title, {_WORDS} AS words FROM revision AS r {_STANDS}",  # noqa: S608  ours
)
_SQLITE = (
    "CREATE TABLE search_row (id INTEGER PRIMARY KEY, article_id TEXT NOT NULL, content_hash TEXT NOT NULL)",
    "CREATE VIEW search_content AS SELECT s.id, r.title, r.body FROM search_row AS s"
    " JOIN revision AS r ON r.article_id = s.article_id AND r.content_hash = s.content_hash",
    "CREATE VIRTUAL TABLE search_text USING fts5(title, body, content='search_content', content_rowid='id')",
    "INSERT INTO search_row (article_id, content_hash) SELECT article_id, content_hash FROM revision",
    "INSERT INTO search_text (search_text) VALUES ('rebuild')",
    "CREATE TRIGGER search_add AFTER INSERT ON revision BEGIN"
    " INSERT INTO search_row (article_id, content_hash) VALUES (new.article_id, new.content_hash);"
    " INSERT INTO search_text (rowid, title, body) VALUES (last_insert_rowid(), new.title, new.body); END",
    f"CREATE VIEW {VIEW} AS SELECT a.article_id, f.title, f.search_text AS words FROM search_text AS f {_BY_ROW}",  # noqa: S608
)

_ERASED = "article_id IN (SELECT value FROM json_each(?))"
_FORGET = (
    "INSERT INTO search_text (search_text, rowid, title, body) SELECT 'delete', id, title, body FROM search_content"  # noqa: S608
    f" WHERE id IN (SELECT id FROM search_row WHERE {_ERASED})",
    f"DELETE FROM search_row WHERE {_ERASED}",  # noqa: S608
)


def is_on(connection: sa.Connection) -> bool:
    return VIEW in sa.inspect(connection).get_view_names()


def switch_on(connection: sa.Connection) -> None:
    """Make the index of all that is stored, and keep it in step from here on."""
    for statement in _POSTGRESQL if connection.dialect.name == "postgresql" else _SQLITE:
        connection.exec_driver_sql(statement)


def forget(connection: sa.Connection, article_ids: Sequence[str]) -> None:
    """Take articles that are about to be erased out of the index, where that is on.

    SQLite's index keeps deleted words until its parts are merged; PostgreSQL's follows the table (etl.store.scrub).
    """
    if connection.dialect.name == "postgresql":
        return
    ids = json.dumps(article_ids)
    for statement in _FORGET:
        connection.exec_driver_sql(statement, (ids,))
    connection.exec_driver_sql("INSERT INTO search_text (search_text) VALUES ('optimize')")


def switch_off(connection: sa.Connection) -> None:
    connection.exec_driver_sql(f"DROP VIEW {VIEW}")
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("DROP INDEX search_words")
        return
    for what in ("TRIGGER search_add", "TABLE search_text", "VIEW search_content", "TABLE search_row"):
        connection.exec_driver_sql(f"DROP {what}")
