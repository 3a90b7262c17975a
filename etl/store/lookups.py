"""Look-ups: articles by id, key, URL or path.  I/O: it only reads."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from etl.store.bulk import select
from schemas.tables import MAX_PATH, article, is_current, revision

ArticleRow = sa.Row[tuple[Any, ...]]

MAX_ARTICLES_A_NAME = 20
MIN_ID_DIGITS = 6  # of 32
_SAID = [revision.c[name] for name in ("title", "url", "published_at", "first_date")]


def articles_named(connection: sa.Connection, named: str, limit: int = MAX_ARTICLES_A_NAME) -> list[ArticleRow]:
    """The articles that a name fits, so many at most: by id, else key, else URL in any spelling, else path."""
    found = _named(connection, named, limit)
    if not found and "://" in named:
        from etl.web.urls import canonical_url  # not for those who ask for something else

        if (url := canonical_url(named)) not in (None, named):
            return _named(connection, url, limit)
    return found


def _named(connection: sa.Connection, named: str, limit: int) -> list[ArticleRow]:
    query = sa.select(article, *_SAID).join(revision, is_current)
    of_path = revision.c.path == named
    if len(named) <= MAX_PATH:  # by its index
        of_path &= sa.text(f"length(revision.path) <= {MAX_PATH}")
    conditions = [article.c.source_key == named, revision.c.url == named, of_path]
    if may_be_digits(named):
        conditions.insert(0, sa.and_(article.c.article_id >= named, article.c.article_id < named + "g"))
    for condition in conditions:
        rows = connection.execute(query.where(condition).order_by(article.c.article_id).limit(limit)).all()
        if rows:
            return list(rows)
    return []


def ids_named(connection: sa.Connection, names: Collection[str]) -> dict[str, set[str]]:
    """Ids of the articles that each of many names fits: by whole id, else key, else URL, else path.

    A URL is of all articles that have it, as key or as URL.  Names that fit none are left out, and so are first digits
    of ids.
    """
    found: dict[str, set[str]] = {}
    standing = article.join(revision, is_current)
    short = sa.literal_column(f"length(revision.path) <= {MAX_PATH}", sa.Boolean)
    for column, extra in (
        (article.c.article_id, None), (article.c.source_key, None), (revision.c.url, None), (revision.c.path, short),
    ):  # fmt: skip
        here: dict[str, set[str]] = {}
        for name, article_id in select(connection, (column, article.c.article_id), column, names, standing, extra):
            here.setdefault(name, set()).add(article_id)
        for name, ids in here.items():
            if name not in found or "://" in name:
                found.setdefault(name, set()).update(ids)
    return found


def may_be_digits(named: str) -> bool:
    """Whether a name may be the first digits of an id."""
    return len(named) >= MIN_ID_DIGITS and _is_hexadecimal(named)


def articles_titled(connection: sa.Connection, words: str, limit: int = MAX_ARTICLES_A_NAME) -> list[ArticleRow]:
    """The articles that have all of these words in their headline now, so many at most; it reads every headline."""
    title = sa.func.lower(revision.c.title)
    query = sa.select(article, *_SAID).join(revision, is_current)
    for word in words.lower().split():
        query = query.where(title.contains(word, autoescape=True))
    return list(connection.execute(query.order_by(article.c.article_id).limit(limit))) if words.split() else []


def headlines(connection: sa.Connection, article_ids: Collection[str]) -> dict[str, tuple[str, str, str]]:
    """Source, headline and path of articles, by id."""
    columns = (article.c.article_id, article.c.source, revision.c.title, revision.c.path)
    rows = select(connection, columns, article.c.article_id, article_ids, article.join(revision, is_current))
    return {row[0]: (row[1], row[2], row[3]) for row in rows}


def hint(named: str) -> str:
    """What may be wrong with a name that fits no article, for the end of a message."""
    if named and len(named) < MIN_ID_DIGITS and _is_hexadecimal(named):
        return f"; of an id give the first {MIN_ID_DIGITS} digits or more"
    return ""


def _is_hexadecimal(text: str) -> bool:
    return all(c in "0123456789abcdef" for c in text)
