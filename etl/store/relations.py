"""Rows of relations: the definition, samples of canonical texts, pairs, and their own change feed.  I/O.

The caller has opened the transaction (etl.store.database.writing).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from etl.decide.definition import Definition
from etl.decide.relations import Facts, Row
from etl.fingerprint.comparison import compared_by
from etl.fingerprint.passages import Passage
from etl.store.bulk import as_columns, delete, insert, insert_numbers, numbers, select
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
Span = tuple[int, int]
"""A hash, and the first of the days that are asked for."""


class Reached(NamedTuple):
    """The first texts of a span.  whole: the span has no more; texts: (day, text_id) in no order."""

    whole: bool
    texts: list[tuple[int, int]]


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


def canonical_days(connection: sa.Connection, text_ids: Collection[int]) -> dict[int, int]:
    """The day of each of these texts that is canonical."""
    columns = [cluster_member.c.text_id, cluster_member.c.day]
    rows = select(connection, columns, cluster_member.c.text_id, text_ids, extra=_IS_CANONICAL)
    return {text_id: day % RANK_DAYS for text_id, day in rows}


def all_canonicals(connection: sa.Connection) -> set[int]:
    return set(connection.scalars(sa.select(cluster_member.c.text_id).where(_IS_CANONICAL)))


def samples(connection: sa.Connection, text_ids: Collection[int]) -> dict[int, Sample]:
    """The samples stored for these texts."""
    columns = [sample.c.text_id, sample.c.day, sample.c.hashes]
    rows = select(connection, columns, sample.c.text_id, text_ids)
    return {row[0]: (row[1], np.frombuffer(row[2], dtype="<i8").astype(np.int64)) for row in rows}


def has_samples(connection: sa.Connection) -> bool:
    return connection.scalar(sa.select(sa.exists().where(sample.c.text_id.is_not(None)))) not in (0, False)


def write_samples(connection: sa.Connection, old: Mapping[int, Sample], new: Mapping[int, Sample]) -> None:
    """Put the new samples in the place of the old ones, in the index as well."""
    delete(connection, sample, [sample.c.text_id], [(text_id,) for text_id in old])
    gone = [(int(h), day, text_id) for text_id, (day, hashes) in old.items() for h in hashes.tolist()]
    delete(connection, sample_hash, list(sample_hash.c), gone)
    rows = [(text_id, day, hashes.astype("<i8").tobytes()) for text_id, (day, hashes) in new.items()]
    insert(connection, sample, as_columns(rows))
    if new:
        hashes, days, texts = flat(new)
        order = np.lexsort((texts, days, hashes))  # that of the index
        insert_numbers(connection, sample_hash, [column[order] for column in (hashes, days, texts)])


def flat(found: Mapping[int, Sample]) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int64]]:
    """Samples as (hashes, days, text ids), a row a hash."""
    lengths = [len(hashes) for _, hashes in found.values()]
    hashes = np.concatenate([np.empty(0, np.int64), *(hashes for _, hashes in found.values())])
    days = np.repeat(np.array([day for day, _ in found.values()], dtype=np.int32), lengths)
    return hashes, days, np.repeat(np.array(list(found), dtype=np.int64), lengths)


def drop_samples(connection: sa.Connection) -> None:
    for table in (sample, sample_hash):
        connection.execute(sa.delete(table))


def stored_hashes(connection: sa.Connection, hashes: Collection[int]) -> set[int]:
    """Which of these hashes some text has."""
    found: set[int] = set()
    for wanted in numbers(connection, [(h,) for h in hashes]):
        held = sa.exists().where(sample_hash.c.hash == wanted.c[0])
        found.update(connection.scalars(sa.select(wanted.c[0]).where(held)))
    return found


def postings(connection: sa.Connection, spans: Collection[Span], days: int, most: int) -> dict[Span, Reached]:
    """Texts of each hash in the days of each span, `most` at most.  days: after its first day.

    Of a span with more, those of the days before that of the one too many; reading stops there.
    """
    found = {span: Reached(True, []) for span in spans}
    for wanted in numbers(connection, sorted(spans)):
        hash_, first = wanted.c[0], wanted.c[1]
        beyond = (
            sa.select(sample_hash.c.day)
            .where(sample_hash.c.hash == hash_, sample_hash.c.day >= first, sample_hash.c.day <= first + days)
            .order_by(sample_hash.c.day)
            .limit(1)
            .offset(most)
            .scalar_subquery()
        )
        until = sa.select(hash_.label("hash"), first.label("first"), beyond.label("beyond")).cte("spans")
        ends = sa.func.coalesce(until.c.beyond, until.c.first + (days + 1))
        posting = sa.and_(
            sample_hash.c.hash == until.c.hash, sample_hash.c.day >= until.c.first, sample_hash.c.day < ends
        )
        query = sa.select(until, sample_hash.c.day, sample_hash.c.text_id)
        query = query.select_from(until.outerjoin(sample_hash, posting))
        for h, begin, past, day, text_id in connection.execute(query).all():
            if past is not None:
                found[h, begin] = Reached(False, found[h, begin].texts)
            if text_id is not None:
                found[h, begin].texts.append((day, text_id))
    return found


_FACTS = [
    *(cluster_member.c[name] for name in ("text_id", "day", "length", "article_id")),
    article.c.source, article.c.agency, revision.c.title, revision.c.url, revision.c.body,
]  # fmt: skip
_FIRST = cluster_member.join(article, article.c.article_id == cluster_member.c.article_id).join(revision, is_current)


def facts(connection: sa.Connection, text_ids: Collection[int]) -> tuple[list[Facts], list[str]]:
    """What relations ask of these canonical texts, and their comparison texts."""
    rows = list(select(connection, _FACTS, cluster_member.c.text_id, text_ids, _FIRST, _IS_CANONICAL))
    comparison = compared_by([(row[6], row[8]) for row in rows])
    return [Facts(row[0], row[1] % RANK_DAYS, *row[2:8]) for row in rows], comparison


def related(connection: sa.Connection, text_ids: Collection[int]) -> list[Row]:
    """Rows whose later text is among these."""
    columns = [relation.c[name] for name in Row._fields]
    return [_row(row) for row in select(connection, columns, relation.c.text_id, text_ids)]


def related_texts(connection: sa.Connection) -> set[int]:
    """The later texts of all rows."""
    return set(connection.scalars(sa.select(relation.c.text_id).distinct()))


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
