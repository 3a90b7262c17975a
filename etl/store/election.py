"""Rows of the election: texts, signatures, band keys and standings.  I/O.

The caller has opened the transaction (etl.store.database.writing).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from etl.decide.band_index import contents
from etl.decide.changes import State
from etl.decide.standings import BucketRows, Content, Outcome, Rank, Standing, Text
from etl.fingerprint import signatures
from etl.fingerprint.comparison import compared_by
from etl.fingerprint.recipe import Recipe
from etl.store.articles import COPIED
from etl.store.band_runs import has_no_keys
from etl.store.bulk import among, as_columns, delete, insert, select, update
from etl.store.bulk_numbers import insert_numbers
from etl.store.waiting import Waiting
from schemas.relations import relation
from schemas.tables import (
    article,
    bucket,
    cluster_member,
    is_current,
    judgement,
    reference_match,
    revision,
    signature,
    text,
)

BODIES_A_QUERY = 2_000  # some 6 MB of text at a time


def first_articles(connection: sa.Connection, text_ids: Collection[int]) -> dict[int, Rank]:
    """Rank of each of these texts: that of its first current article; texts without a current article are missing."""
    ranks: dict[int, Rank] = {}
    columns = [article.c.text_id, article.c.day, article.c.length, article.c.article_id]
    for text_id, day, length, article_id in select(connection, columns, article.c.text_id, text_ids):
        rank = (day, -length, article_id)
        ranks[text_id] = min(rank, ranks.get(text_id, rank))
    return ranks


_TEXT = [
    cluster_member.c[name]
    for name in ("text_id", "day", "length", "article_id", "shingles", "canonical_id", "jaccard", "bands", "judged")
]
_MINE, _CANONICALS = cluster_member.alias("m"), cluster_member.alias("c")
_STATE = [
    article.c.article_id,
    _CANONICALS.c.article_id,
    _MINE.c.text_id,
    _MINE.c.canonical_id,
    _MINE.c.judged,
    _MINE.c.jaccard,
    _MINE.c.bands,
]

_STATES = article.join(_MINE, _MINE.c.text_id == article.c.text_id).join(
    _CANONICALS, _CANONICALS.c.text_id == _MINE.c.canonical_id
)


def states(connection: sa.Connection, column: sa.ColumnElement[Any], values: Collection[Any]) -> dict[str, State]:
    """States of the articles whose column is among these values."""
    return _as_states(select(connection, _STATE, column, values, _STATES))


def all_states(connection: sa.Connection) -> dict[str, State]:
    """States of all articles."""
    return _as_states(connection.execute(sa.select(*_STATE).select_from(_STATES)))


def _as_states(rows: Iterable[Sequence[Any]]) -> dict[str, State]:
    return {
        # A run of a million articles keeps as many: one string a canonical, and one number, instead of two each.
        a: State(a if head == a else head, relation(mine, stands, judged), 1.0 if jaccard == 1 else jaccard, bands)
        for a, head, mine, stands, judged, jaccard, bands in rows
    }


def member_ids(connection: sa.Connection, canonical_ids: Collection[int]) -> set[int]:
    """Texts of these clusters, the canonicals included."""
    return {
        row[0] for row in select(connection, [cluster_member.c.text_id], cluster_member.c.canonical_id, canonical_ids)
    }


def current_facts(connection: sa.Connection, article_ids: Collection[str]) -> Iterator[Sequence[Any]]:
    """(article_id, source, published_at, length, partition_date, *COPIED) of these articles as they are."""
    joined = article.join(revision, is_current)
    own = [article.c[name] for name in ("length", "partition_date", *COPIED)]
    columns = [article.c.article_id, article.c.source, revision.c.published_at, *own]
    return select(connection, columns, article.c.article_id, article_ids, joined)


def judged_texts(connection: sa.Connection) -> list[tuple[int, int, str, str, str]]:
    """(text, other text, word, article, other article) of each judgement on two articles that are not retracted."""
    mine, other = article.alias("mine"), article.alias("other")
    query = (
        sa.select(mine.c.text_id, other.c.text_id, judgement.c.word, mine.c.article_id, other.c.article_id)
        .select_from(judgement)
        .join(mine, mine.c.article_id == judgement.c.article_id)
        .join(other, other.c.article_id == judgement.c.other_id)
        .where(mine.c.text_id.is_not(None), other.c.text_id.is_not(None))
    )
    return [(r[0], r[1], r[2], r[3], r[4]) for r in connection.execute(query)]


def comparisons(connection: sa.Connection, text_ids: Collection[int]) -> dict[int, str]:
    """Comparison texts of texts that current articles have, made of the first article of each by id."""
    listed, found = sorted(text_ids), dict[int, str]()
    for at in range(0, len(listed), BODIES_A_QUERY):
        wanted = among(connection, article.c.text_id, listed[at : at + BODIES_A_QUERY])
        one = sa.select(article.c.text_id, sa.func.min(article.c.article_id).label("article_id"))
        first = one.where(wanted).group_by(article.c.text_id).subquery()
        rows = connection.execute(
            sa.select(first.c.text_id, revision.c.title, revision.c.body)
            .join(article, article.c.article_id == first.c.article_id)
            .join(revision, is_current)
        ).all()
        found.update(zip((row[0] for row in rows), compared_by([(row[1], row[2]) for row in rows]), strict=True))
    return found


class StoredArchive:
    """The stored texts, as an election sees them (etl.decide.standings.Archive).

    comparison  comparison texts that are in memory already, by text_id
    waiting     rows that are in no table yet
    """

    def __init__(
        self,
        connection: sa.Connection,
        recipe: Recipe,
        comparison: Mapping[int, str] | None = None,
        waiting: Waiting | None = None,
    ) -> None:
        self._connection, self._recipe, self._waiting = connection, recipe, waiting
        self._comparison = comparison or {}
        self._sets: dict[int, NDArray[np.uint64]] = {}
        self._empty = has_no_keys(connection)

    def buckets(self, keys: NDArray[np.int64]) -> Iterable[tuple[int, int, bool]]:
        if self._waiting is not None:
            return self._waiting.bands.rows(keys)
        columns = [bucket.c.band_key, bucket.c.canonical_id, bucket.c.own]
        found = select(self._connection, columns, bucket.c.band_key, [] if self._empty else keys.tolist())
        return [(row[0], row[1], bool(row[2])) for row in found]

    def texts(self, text_ids: Collection[int]) -> Iterable[Text]:
        return _texts(select(self._connection, _TEXT, cluster_member.c.text_id, text_ids))

    def members(self, canonical_ids: Collection[int]) -> Iterable[Text]:
        rows = select(self._connection, _TEXT, cluster_member.c.canonical_id, canonical_ids)
        return (t for t in _texts(rows) if t.standing is not None and t.standing.canonical_id != t.text_id)

    def contents(self, text_ids: Collection[int]) -> Iterable[tuple[int, Content]]:
        rows: list[Sequence[Any]]
        if self._waiting is not None:
            rows = list(self._waiting.signatures.rows(text_ids))
        else:
            columns = [signature.c.text_id, signature.c.minima]
            rows = list(select(self._connection, columns, signature.c.text_id, text_ids))
        minima = np.array([np.frombuffer(row[1], dtype="<u4") for row in rows], dtype=np.uint32)
        return zip((row[0] for row in rows), contents(minima, self._recipe), strict=True)

    def shingle_set(self, text_id: int) -> NDArray[np.uint64]:
        if text_id not in self._sets:
            self.expect([text_id])
        return self._sets[text_id]

    def expect(self, text_ids: Collection[int]) -> None:
        missing = sorted(i for i in text_ids if i not in self._sets)
        # Many at a time, since for a single set the call costs more than the work; not all, since texts take memory.
        for at in range(0, len(missing), BODIES_A_QUERY):
            part = missing[at : at + BODIES_A_QUERY]
            found = {i: self._comparison[i] for i in part if i in self._comparison}
            found |= comparisons(self._connection, [i for i in part if i not in found])
            self._sets.update(zip(found, signatures.shingle_sets(list(found.values()), self._recipe), strict=True))


def drop_texts(connection: sa.Connection, text_ids: Collection[int], waiting: Waiting | None = None) -> None:
    """Delete texts that no current article has."""
    if waiting is not None:
        waiting.signatures.drop(text_ids)
    for table in (reference_match, cluster_member, signature, text):
        delete(connection, table, [table.c.text_id], [(i,) for i in text_ids])


def write_outcome(connection: sa.Connection, outcome: Outcome, waiting: Waiting | None = None) -> None:
    """Write the outcome of an election: standings, rows of the band index, texts that are gone.

    waiting  where rows of the index wait instead
    """
    stored = {i for i, standing in outcome.before.items() if standing is not None}
    write_standings(connection, {i: t for i, t in outcome.texts.items() if t is not None}, stored)
    if waiting is not None:
        waiting.bands.add(outcome.added, outcome.dropped)
    else:
        write_buckets(connection, outcome.added, outcome.dropped)
    drop_texts(connection, [i for i, t in outcome.texts.items() if t is None], waiting)


def write_standings(connection: sa.Connection, texts: Mapping[int, Text], stored: AbstractSet[int]) -> None:
    """Write standings.  stored: texts that have one in the store already."""
    rows = [
        (i, s.canonical_id, s.jaccard, s.bands, t.rank[0], -t.rank[1], t.rank[2], t.shingles, s.judged)
        for i, t in sorted(texts.items())  # each page of the tables is touched once
        if (s := t.standing) is not None
    ]
    insert(connection, cluster_member, as_columns([row for row in rows if row[0] not in stored]))
    names = [c.name for c in cluster_member.c if c.name != "text_id"]
    update(connection, cluster_member, ["text_id"], names, [row for row in rows if row[0] in stored])


def write_buckets(connection: sa.Connection, added: BucketRows, dropped: Sequence[tuple[int, int]]) -> None:
    delete(connection, bucket, [bucket.c.band_key, bucket.c.canonical_id], dropped)
    insert_numbers(connection, bucket, added.columns())


def _texts(rows: Iterable[Sequence[Any]]) -> Iterator[Text]:
    for text_id, day, length, article_id, shingles, *standing in rows:
        canonical_id, jaccard, bands, judged = standing
        yield Text(text_id, (day, -length, article_id), shingles, Standing(canonical_id, jaccard, bands, bool(judged)))
