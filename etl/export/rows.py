"""The rows of an export.  I/O: it only reads the store.

Article lines come first, in the order of the files: small rows of one query, which show whether a file has changed.
The contents of articles are read only for files that are written, by key, some at a time.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from etl.errors import Usage
from etl.store.bulk import among
from schemas import exported
from schemas.relations import relation_sql
from schemas.tables import article, cluster_member, is_current, revision, run, source

LINES_A_FETCH = 10_000
LIKE = str.maketrans({"*": "%", "?": "_", "%": "\\%", "_": "\\_", "\\": "\\\\"})
"""From a pattern of names to one of SQL's."""
BATCH_ROWS, BATCH_CHARACTERS = 2_000, 8_000_000  # some 10 MB at a time, whatever the lengths of the articles


@dataclass(frozen=True, slots=True)
class Choice:
    """Which articles are exported.

    duplicates   include duplicates, each with its canonical
    source, day  only of this source, only of this day's partition; None: all
    without      reference sources: articles that have passages of their documents are left out
    licence      only articles that name one of these, which may be patterns ("CC-BY*"), whatever the case; (): all
    not_reserved  only articles that do not reserve text and data mining
    max_share    beyond which they are: of an article's 13-token shingles, or of the document's (etl.decide.references)
    """

    duplicates: bool = False
    source: str | None = None
    day: date | None = None
    without: tuple[str, ...] = ()
    max_share: float = 0.0
    licence: tuple[str, ...] = ()
    not_reserved: bool = False

    def covers(self, source: str, partition_date: date | None) -> bool:
        return self.source in (None, source) and self.day in (None, partition_date)


class ArticleLine(NamedTuple):
    """All of an article's line in a file but its contents; text ids are the database's."""

    source: str
    partition_date: date | None
    article_id: str
    source_key: str
    content_hash: str
    length: int
    agency: str | None
    publisher: str | None
    canonical_text: int
    canonical_id: str
    relation: str
    jaccard: float
    bands: int
    copies: int
    sources: int


def last_run(connection: sa.Connection) -> int | None:
    """The last run whose changes are in the store; None before the first."""
    found: int | None = connection.scalar(sa.select(sa.func.max(run.c.run_id)).where(run.c.refused.is_(None)))
    return found


def require_references(connection: sa.Connection, choice: Choice) -> None:
    """Raises Usage where the choice is without something that is no reference: nothing would be left out for it."""
    view = sa.table("corpus_source", sa.column("source"), sa.column("role"))
    known = (
        sorted(connection.scalars(sa.select(view.c.source).where(view.c.role == "reference"))) if choice.without else []
    )
    for name in choice.without:
        if name not in known:
            raise Usage(f"the store has no reference {name!r}; there is {', '.join(known) or 'none'}")


def standings(connection: sa.Connection, choice: Choice) -> Iterator[ArticleLine]:
    """Lines of the chosen articles, by source, day (undated last) and article_id."""
    query = _standings(choice).execution_options(stream_results=True, max_row_buffer=LINES_A_FETCH)
    for rows in connection.execute(query).partitions(LINES_A_FETCH):
        clusters = _clusters(connection, {row.canonical_text for row in rows})
        for row in rows:
            yield ArticleLine._make((*row, *clusters[row.canonical_text]))


def _standings(choice: Choice) -> sa.Select[Any]:
    mine = cluster_member.alias("mine")
    head = cluster_member.alias("head") if choice.duplicates else mine  # an article of the corpus is its own canonical
    stands = (article.c.article_id == head.c.article_id, "canonical")
    relation = sa.case(stands, else_=sa.literal_column(relation_sql(mine.name), sa.String))
    columns = {
        "source": article.c.source,
        "partition_date": article.c.partition_date,
        "article_id": article.c.article_id,
        "source_key": article.c.source_key,
        "content_hash": article.c.content_hash,
        "length": article.c.length,
        "agency": article.c.agency,
        "publisher": sa.func.coalesce(source.c.publisher, article.c.publisher),
        "canonical_text": mine.c.canonical_id,
        "canonical_id": head.c.article_id,
        "relation": relation,
        "jaccard": mine.c.jaccard,
        "bands": mine.c.bands,
    }
    query = sa.select(*(column.label(name) for name, column in columns.items())).select_from(article)
    query = query.join(mine, mine.c.text_id == article.c.text_id)
    query = query.outerjoin(source, source.c.name == article.c.source)
    if choice.duplicates:
        query = query.join(head, head.c.text_id == mine.c.canonical_id)
    else:
        query = query.where(mine.c.text_id == mine.c.canonical_id, mine.c.article_id == article.c.article_id)
    if choice.source is not None:
        query = query.where(article.c.source == choice.source)
    if choice.day is not None:
        query = query.where(article.c.partition_date == choice.day)
    if choice.licence or choice.not_reserved:
        query = query.where(sa.exists().where(is_current, *_terms(choice)))
    if choice.without:
        query = query.where(~_has_passages(choice))
    return query.order_by(article.c.source, article.c.partition_date.nulls_last(), article.c.article_id)


def _terms(choice: Choice) -> Iterator[sa.ColumnElement[bool]]:
    """What a choice asks of the terms of an article's use."""
    if choice.licence:
        named = sa.func.lower(revision.c.licence)
        patterns = (each.lower().translate(LIKE) for each in choice.licence)
        yield sa.or_(*(named.like(pattern, escape="\\") for pattern in patterns))
    if choice.not_reserved:
        yield sa.or_(revision.c.tdm_reserved.is_(None), revision.c.tdm_reserved.is_(sa.false()))


def _has_passages(choice: Choice) -> sa.ColumnElement[bool]:
    """Whether an article has passages of the references that the choice is without.  A reader sees the view alone."""
    view = sa.table(
        "corpus_reference", *map(sa.column, ("article_id", "reference", "article_share", "reference_share"))
    )
    beyond = sa.or_(view.c.article_share > choice.max_share, view.c.reference_share > choice.max_share)
    return sa.exists().where(view.c.article_id == article.c.article_id, view.c.reference.in_(choice.without), beyond)


def _clusters(connection: sa.Connection, canonical_texts: set[int]) -> dict[int, tuple[int, int]]:
    """canonical text -> (articles, sources) of its cluster."""
    query = (
        sa.select(
            cluster_member.c.canonical_id,
            sa.func.count(),
            sa.func.count(article.c.source.distinct()),
        )
        .join(article, article.c.text_id == cluster_member.c.text_id)
        .where(among(connection, cluster_member.c.canonical_id, canonical_texts))
        .group_by(cluster_member.c.canonical_id)
    )
    return {text: (articles, sources) for text, articles, sources in _driver_rows(connection, query)}


def batches(connection: sa.Connection, chosen: Sequence[ArticleLine], choice: Choice) -> Iterator[pa.RecordBatch]:
    """The rows of these articles, in their order, in batches of bounded memory."""
    begin = characters = 0
    for at, standing in enumerate(chosen):
        if at > begin and (at - begin == BATCH_ROWS or characters + standing.length > BATCH_CHARACTERS):
            yield _batch(connection, chosen[begin:at], choice)
            begin, characters = at, 0
        characters += standing.length
    yield _batch(connection, chosen[begin:], choice)


_SAID = [revision.c[name] for name in exported.ARTICLES.names if name not in (*ArticleLine._fields, "partition_date")]


def _batch(connection: sa.Connection, chosen: Sequence[ArticleLine], choice: Choice) -> pa.RecordBatch:
    query = sa.select(revision.c.article_id, revision.c.content_hash, *_SAID).where(
        among(connection, revision.c.article_id, [standing.article_id for standing in chosen])
    )
    said = {(row[0], row[1]): row for row in _driver_rows(connection, query)}  # older revisions among them
    values = zip(*[said[standing.article_id, standing.content_hash] for standing in chosen], strict=True)
    columns: dict[str, Sequence[Any]] = dict(zip(query.selected_columns.keys(), values, strict=True))
    columns |= dict(zip(ArticleLine._fields, zip(*chosen, strict=True), strict=True))
    return pa.RecordBatch.from_arrays(
        [_array(columns[each.name], each.type) for each in exported.schema(choice.duplicates)],
        schema=exported.schema(choice.duplicates),
    )


def _driver_rows(connection: sa.Connection, query: sa.Select[Any]) -> list[tuple[Any, ...]]:
    """All rows as the driver gives them: SQLAlchemy's conversion of values costs as much as writing them."""
    cursor: Any = connection.execute(query).cursor
    rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _array(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    """A column from the values of either driver: SQLite gives instants and JSON as text."""
    first = next((v for v in values if v is not None), None)  # one driver gives values of one type
    if pa.types.is_list(kind):
        listed = {v: json.loads(v) for v in set(values)} if isinstance(first, str) else {}
        return pa.array([listed[v] for v in values] if listed else values, kind)
    if pa.types.is_timestamp(kind) and isinstance(first, str):
        return pc.assume_timezone(pa.array(values, pa.string()).cast(pa.timestamp(kind.unit)), "UTC")
    if pa.types.is_boolean(kind):  # numbers from SQLite
        return pa.array([None if v is None else bool(v) for v in values], kind)
    if pa.types.is_string(kind) and isinstance(first, list):  # JSON, which PostgreSQL's driver reads
        return pa.array([json.dumps(v, ensure_ascii=False) if isinstance(v, list) else v for v in values], kind)
    return pa.array(values, kind)
