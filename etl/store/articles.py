"""Rows of articles, revisions, texts, the change feed and the quarantine.  I/O.

The caller has opened the transaction (etl.store.database.writing).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from etl.decide.definition import Definition
from etl.decide.revisions import Revision, body_digest
from etl.errors import Retryable, Usage
from etl.fingerprint.recipe import Recipe
from etl.store.bulk import as_columns, insert, select, update
from schemas.tables import (
    article,
    change,
    is_current,
    recipe,
    revision,
    signature,
    text,
)

if TYPE_CHECKING:  # they load numpy and numba, which who only asks a store has no use for
    from etl.decide.changes import Columns
    from etl.store.waiting import Waiting

COPIED = ("agency", "publisher", "origin", "origin_by", "language")  # of an article, from its current revision
SEEN = ("first_date", "last_date", "fetched_at", "reader", "path", "record")  # when and where a revision was seen


def take_recipe(connection: sa.Connection, wanted: Recipe, relations: Definition | None) -> Recipe:
    """The store's recipe; an empty store takes the wanted one, and the definition of its relations.

    Raises Retryable where the recipes differ.
    """
    if connection.scalar(sa.select(recipe.c.name)) is None:
        connection.execute(sa.insert(recipe).values(name=wanted.name, relations=relations and relations.name))
        return wanted
    stored = stored_recipe(connection)
    if stored != wanted:
        raise Retryable(
            f"this run was prepared by recipe {wanted.name}, the store was rebuilt by {stored.name}; run again"
        )
    return wanted


def stored_recipe(connection: sa.Connection, default: Recipe | None = None) -> Recipe:
    """The recipe by which the store was elected; the default for a store that holds nothing yet.

    Raises Usage for a store whose texts an earlier version of wirecopy normalised otherwise.
    """
    name = recipe_name(connection)
    if name is None:
        return default or Recipe()
    renewed = Recipe.renewed(name)
    if name != renewed.name:
        raise Usage(
            f"the store was prepared by another recipe, {name}: `wirecopy rebuild` carries it over to {renewed.name}"
        )
    return renewed


def recipe_name(connection: sa.Connection) -> str | None:
    """The name of the recipe by which the store was elected; None for a store that holds nothing yet."""
    found: str | None = connection.scalar(sa.select(recipe.c.name))
    return found


def texts_of_articles(connection: sa.Connection, after: str, limit: int) -> list[tuple[str, str, str, str, Any]]:
    """(article_id, content_hash, title, body, evidence) of articles that are not retracted, by id, from one id on."""
    columns = [revision.c[name] for name in ("article_id", "content_hash", "title", "body", "evidence")]
    query = (
        sa.select(*columns)
        .select_from(article.join(revision, is_current))
        .where(article.c.text_id.is_not(None), article.c.article_id > after)
        .order_by(article.c.article_id)
        .limit(limit)
    )
    return [(row[0], row[1], row[2], row[3], row[4]) for row in connection.execute(query)]


def revisions(connection: sa.Connection, article_ids: Collection[str]) -> dict[str, list[Revision]]:
    """Revisions stored for these articles."""
    columns = [revision.c[name] for name in ("article_id", "content_hash", *SEEN)]
    found: dict[str, list[Revision]] = {}
    for article_id, *values in select(connection, columns, revision.c.article_id, article_ids):
        found.setdefault(article_id, []).append(Revision(*values))
    return found


def body_digests(connection: sa.Connection, article_ids: Collection[str]) -> dict[str, dict[str, bytes]]:
    """Of each of these articles, content hash -> digest of the body, of the revisions that are stored."""
    found: dict[str, dict[str, bytes]] = {article_id: {} for article_id in article_ids}
    columns = [revision.c[name] for name in ("article_id", "content_hash", "body")]
    for article_id, content, body in select(connection, columns, revision.c.article_id, article_ids):
        found[article_id][content] = body_digest(body)
    return found


def current_revisions(connection: sa.Connection, article_ids: Collection[str]) -> dict[str, tuple[str, int | None]]:
    """article_id -> (content hash, text_id) of the current revision, of stored articles; text_id None: retracted."""
    columns = [article.c.article_id, article.c.content_hash, article.c.text_id]
    return {row[0]: (row[1], row[2]) for row in select(connection, columns, article.c.article_id, article_ids)}


def filed_days(connection: sa.Connection, article_ids: Collection[str]) -> dict[str, date | None]:
    """article_id -> the partition date under which it is filed, of stored articles."""
    columns = [article.c.article_id, article.c.partition_date]
    return {row[0]: row[1] for row in select(connection, columns, article.c.article_id, article_ids)}


def digests(connection: sa.Connection, text_ids: Collection[int]) -> dict[int, bytes]:
    """text_id -> digest, of the stored ones of these texts."""
    return {
        row[0]: bytes(row[1]) for row in select(connection, [text.c.text_id, text.c.digest], text.c.text_id, text_ids)
    }


def add_texts(
    connection: sa.Connection,
    ids: Sequence[int],
    digests: Sequence[bytes],
    minima: Sequence[bytes],
    waiting: Waiting | None = None,
) -> None:
    """New texts, as columns.

    waiting  where their signatures wait instead
    """
    insert(connection, text, [ids, digests])
    if waiting is not None:
        waiting.signatures.add(ids, minima)
    else:
        insert(connection, signature, [ids, minima])


def add_articles(connection: sa.Connection, rows: Sequence[Sequence[Any]]) -> None:
    insert(connection, article, as_columns(rows))


def revise_articles(connection: sa.Connection, rows: Sequence[Sequence[Any]]) -> None:
    """Update articles whose current revision, or whose day, is another one now.

    rows  (article_id, content_hash, text_id, day, length, partition_date, *COPIED)
    """
    columns = ["content_hash", "text_id", "day", "length", "partition_date", *COPIED]
    update(connection, article, ["article_id"], columns, rows)


def add_revisions(connection: sa.Connection, columns: Sequence[Sequence[Any]]) -> None:
    """New revisions, as the columns of the table."""
    insert(connection, revision, columns)


def move_revisions(connection: sa.Connection, moved: Iterable[tuple[str, Revision]]) -> None:
    """Update revisions that were seen again on another day, at another time or in another file."""
    rows = [(a, r.content_hash, *(getattr(r, name) for name in SEEN)) for a, r in moved]
    update(connection, revision, ["article_id", "content_hash"], SEEN, rows)


def add_changes(connection: sa.Connection, run_id: int, changes: Iterable[Columns], at: datetime) -> None:
    """Append rows to the change feed, given as columns; positions follow on."""
    last = connection.scalar(sa.select(sa.func.max(change.c.position))) or 0
    for columns in changes:
        count = len(columns[0])
        positions = range(last + 1, last + count + 1)
        insert(connection, change, [positions, [run_id] * count, *columns, [at] * count])
        last += count
