"""Look-ups: articles by id, key, URL or path.  I/O: it only reads."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from schemas.tables import article, is_current, revision

ArticleRow = sa.Row[tuple[Any, ...]]

MAX_ARTICLES_A_NAME = 20


def articles_named(connection: sa.Connection, named: str) -> list[ArticleRow]:
    """The articles that a name fits, MAX_ARTICLES_A_NAME at most: by id, else key, else URL, else path."""
    said = [revision.c[name] for name in ("title", "url", "published_at", "first_date")]
    query = sa.select(article, *said).join(revision, is_current)
    conditions = [article.c.source_key == named, revision.c.url == named, revision.c.path == named]
    if len(named) >= 6 and all(c in "0123456789abcdef" for c in named):
        conditions.insert(0, sa.and_(article.c.article_id >= named, article.c.article_id < named + "g"))
    for condition in conditions:
        rows = connection.execute(
            query.where(condition).order_by(article.c.article_id).limit(MAX_ARTICLES_A_NAME)
        ).all()
        if rows:
            return list(rows)
    return []
