"""Rows of relations: the definition, samples of canonical texts, pairs, and their own change feed.  I/O.

The caller has opened the transaction (etl.store.database.writing).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any, NamedTuple

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from etl.decide.candidates import Places
from etl.decide.definition import Definition
from etl.decide.relations import Facts, Row
from etl.fingerprint.comparison import compared_by
from etl.fingerprint.passages import Passage
from etl.fingerprint.signatures import comparison_texts
from etl.store.bulk import as_columns, delete, insert, numbers, select
from etl.store.bulk_numbers import insert_numbers
from schemas.records import RANK_DAYS
from schemas.tables import (
    article,
    cluster_member,
    is_current,
    recipe,
    relation,
    relation_change,
    revision,
    sample,
    sample_hash,
)

Sample = tuple[int, NDArray[np.int64]]
"""The day of a canonical text, and its sampled hashes."""
_IS_CANONICAL = cluster_member.c.text_id == cluster_member.c.canonical_id
Numbers = NDArray[np.int64]
Columns = tuple[Numbers, NDArray[np.int32], Numbers]
"""Rows of the index: hashes, days and text ids."""


def definition(connection: sa.Connection) -> Definition | None:
    """The definition by which the store keeps relations; None: it keeps none.

    Raises Usage for one of another version of wirecopy.
    """
    name = definition_name(connection)
    return None if name is None else Definition.parse(name)


def definition_name(connection: sa.Connection) -> str | None:
    found: str | None = connection.scalar(sa.select(recipe.c.relations))
    return found


def set_definition(connection: sa.Connection, wanted: Definition | None) -> None:
    connection.execute(sa.update(recipe).values(relations=wanted and wanted.name))


def places(connection: sa.Connection, text_ids: Collection[int]) -> Places:
    """Where those of these texts stand that are canonical; in the order of their ids."""
    columns = [cluster_member.c[name] for name in ("text_id", "day", "length", "article_id")]
    rows = map(tuple, select(connection, columns, cluster_member.c.text_id, text_ids, extra=_IS_CANONICAL))
    found = np.array(list(rows), [("text", "i8"), ("day", "i8"), ("length", "i4"), ("article", "S32")])
    found = found[np.argsort(found["text"])]
    days = (found["day"] % RANK_DAYS).astype(np.int32)
    return Places(found["text"].copy(), days, found["length"].copy(), found["article"].copy())


def all_canonicals(connection: sa.Connection) -> Numbers:
    """In order."""
    found = connection.scalars(sa.select(cluster_member.c.text_id).where(_IS_CANONICAL))
    return np.sort(np.fromiter(found, np.int64))


def samples(connection: sa.Connection, text_ids: Collection[int]) -> dict[int, Sample]:
    """The samples stored for these texts."""
    columns = [sample.c.text_id, sample.c.day, sample.c.hashes]
    rows = select(connection, columns, sample.c.text_id, text_ids)
    return {row[0]: (row[1], np.frombuffer(row[2], dtype="<i8").astype(np.int64)) for row in rows}


def has_samples(connection: sa.Connection) -> bool:
    return connection.scalar(sa.select(sa.exists().where(sample.c.text_id.is_not(None)))) not in (0, False)


def write_samples(connection: sa.Connection, old: Collection[int], new: Mapping[int, Sample]) -> None:
    """Put the new samples in the place of those of the old texts; the index is left as it is."""
    delete(connection, sample, [sample.c.text_id], [(text_id,) for text_id in old])
    rows = [(text_id, day, hashes.astype("<i8").tobytes()) for text_id, (day, hashes) in new.items()]
    insert(connection, sample, as_columns(rows))


def drop_hashes(connection: sa.Connection, rows: Columns) -> None:
    """Delete rows of the index."""
    listed = list(zip(*(column.tolist() for column in rows), strict=True))
    delete(connection, sample_hash, list(sample_hash.c), listed)


def add_hashes(connection: sa.Connection, rows: Columns) -> None:
    """Insert rows into the index."""
    insert_numbers(connection, sample_hash, rows)


def flat(found: Mapping[int, Sample]) -> Columns:
    """The rows of samples."""
    lengths = [len(hashes) for _, hashes in found.values()]
    hashes = np.concatenate([np.empty(0, np.int64), *(hashes for _, hashes in found.values())])
    days = np.repeat(np.array([day for day, _ in found.values()], dtype=np.int32), lengths)
    return hashes, days, np.repeat(np.array(list(found), dtype=np.int64), lengths)


def drop_samples(connection: sa.Connection) -> None:
    for table in (sample, sample_hash):
        connection.execute(sa.delete(table))


def stored_hashes(connection: sa.Connection, hashes: Numbers) -> Numbers:
    """Which of these hashes some text has; in order."""
    found: list[int] = []
    for wanted in numbers(connection, hashes[:, None].tolist()):
        held = sa.exists().where(sample_hash.c.hash == wanted.c[0])
        found += connection.scalars(sa.select(wanted.c[0]).where(held))
    return np.sort(np.array(found, np.int64))


class Reached(NamedTuple):
    """Texts to which spans lead; (n,) each.

    spans   the span that each is of, by its place among those that were asked for
    texts   by their ids
    is_all  whether the span has no more
    """

    spans: Numbers
    texts: Numbers
    is_all: NDArray[np.bool_]


def postings(connection: sa.Connection, hashes: Numbers, firsts: NDArray[np.int32], days: int, most: int) -> Reached:
    """Texts of each hash in the days of each span, `most` at most.

    hashes, firsts  (spans,) the hash of each, and the first of its days
    days            after the first one

    Of a span with more, those of the days before that of the one too many; reading stops there.
    """
    found = [np.empty((0, 3), np.int64)]
    for wanted in numbers(connection, np.stack([hashes, firsts, np.arange(len(hashes))], axis=1).tolist()):
        hash_, first = wanted.c[0], wanted.c[1]
        beyond = (
            sa.select(sample_hash.c.day)
            .where(sample_hash.c.hash == hash_, sample_hash.c.day >= first, sample_hash.c.day <= first + days)
            .order_by(sample_hash.c.day)
            .limit(1)
            .offset(most)
            .scalar_subquery()
        )
        span = sa.select(hash_.label("hash"), first.label("first"), wanted.c[2].label("span"), beyond.label("beyond"))
        until = span.cte("spans")
        ends = sa.func.coalesce(until.c.beyond, until.c.first + (days + 1))
        posting = sa.and_(
            sample_hash.c.hash == until.c.hash, sample_hash.c.day >= until.c.first, sample_hash.c.day < ends
        )
        is_all = sa.case((until.c.beyond.is_(None), 1), else_=0)
        query = sa.select(until.c.span, sample_hash.c.text_id, is_all).select_from(until.join(sample_hash, posting))
        rows = connection.execute(query).all()
        found.append(np.array([tuple(row) for row in rows], np.int64).reshape(-1, 3))
    spans, texts, whole = np.concatenate(found).T
    return Reached(spans, texts, whole.astype(np.bool_))


_FACTS = [
    *(cluster_member.c[name] for name in ("text_id", "day", "length", "article_id")),
    article.c.source, article.c.agency, revision.c.title, revision.c.url,
]  # fmt: skip
_FIRST = cluster_member.join(article, article.c.article_id == cluster_member.c.article_id).join(revision, is_current)


def facts(connection: sa.Connection, text_ids: Collection[int]) -> list[Facts]:
    """What relations ask of these canonical texts."""
    rows = list(select(connection, _FACTS, cluster_member.c.text_id, text_ids, _FIRST, _IS_CANONICAL))
    headlines = comparison_texts(
        [row[6] for row in rows]
    )  # all at once: two at a time took a tenth of a run's relations
    return [
        Facts._make((row[0], row[1] % RANK_DAYS, *row[2:6], headline, row[7]))
        for row, headline in zip(rows, headlines, strict=True)
    ]


def comparisons(connection: sa.Connection, text_ids: Collection[int]) -> tuple[Numbers, list[str]]:
    """Those of these texts that are canonical, in the order of ids, and their comparison texts."""
    columns = [cluster_member.c.text_id, revision.c.title, revision.c.body]
    rows = list(select(connection, columns, cluster_member.c.text_id, text_ids, _FIRST, _IS_CANONICAL))
    rows.sort(key=itemgetter(0))
    return np.array([row[0] for row in rows], np.int64), compared_by([(row[1], row[2]) for row in rows])


def related(connection: sa.Connection, text_ids: Collection[int]) -> list[Row]:
    """Rows whose later text is among these."""
    columns = [relation.c[name] for name in Row._fields]
    return [_row(row) for row in select(connection, columns, relation.c.text_id, text_ids)]


def related_texts(connection: sa.Connection) -> Numbers:
    """The later texts of all rows."""
    return np.array(connection.scalars(sa.select(relation.c.text_id).distinct()).all(), np.int64)


def all_related(connection: sa.Connection) -> Iterator[Row]:
    return (_row(row) for row in connection.execute(sa.select(*(relation.c[name] for name in Row._fields))))


def _row(values: Sequence[Any]) -> Row:
    *plain, passages = values
    return Row._make((*plain, tuple(tuple(passage) for passage in passages)))


def write_relations(connection: sa.Connection, gone: Collection[Row], come: Collection[Row], run_id: int) -> None:
    keys = [relation.c.text_id, relation.c.other_text]
    delete(connection, relation, keys, [(row.text_id, row.other_text) for row in gone])
    insert(connection, relation, as_columns([(*row[:-1], _json(row.passages), run_id) for row in come]))


def _json(passages: Iterable[Passage]) -> str:
    return f"[{', '.join(f'[{here}, {there}, {length}]' for here, there, length in passages)}]"


def add_relation_changes(
    connection: sa.Connection, rows: Collection[tuple[str, str, str, str]], run_id: int, at: datetime
) -> None:
    """Append to the feed of relations: (article_id, other_id, change, kind), positions follow on."""
    last = connection.scalar(sa.select(sa.func.max(relation_change.c.position))) or 0
    insert(connection, relation_change, as_columns([(last + n, run_id, *row, at) for n, row in enumerate(rows, 1)]))
