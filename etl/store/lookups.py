"""Look-ups: the articles that an id, key, URL or path names.  I/O: it only reads."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from schemas.tables import article, revision

Named = sa.Row[tuple[Any, ...]]

NAMES = 20  # articles that one name fits, at most


def articles_named(connection: sa.Connection, named: str) -> list[Named]:
    """Rows of the articles that a name fits, NAMES at most, by the first of id, key, URL and path that fits any."""
    current = sa.and_(revision.c.article_id == article.c.article_id, revision.c.content_hash == article.c.content_hash)
    said = [revision.c[name] for name in ("title", "url", "published_at", "first_date")]
    query = sa.select(article, *said).join(revision, current)
    conditions = [article.c.source_key == named, revision.c.url == named, revision.c.path == named]
    if len(named) >= 6 and all(c in "0123456789abcdef" for c in named):
        conditions.insert(0, sa.and_(article.c.article_id >= named, article.c.article_id < named + "g"))
    for condition in conditions:
        rows = connection.execute(query.where(condition).order_by(article.c.article_id).limit(NAMES)).all()
        if rows:
            return list(rows)
    return []
