"""Rows of reference sources: their documents, the index of their shingles, and what texts have of them.  I/O.

The caller has opened the transaction (etl.store.database.writing).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from etl.decide import references
from etl.decide.references import Hashes
from etl.decide.revisions import Revision
from etl.fingerprint.comparison import compared_by
from etl.store import election
from etl.store.articles import SEEN
from etl.store.bulk import KEYS_A_QUERY, among, as_columns, delete, insert, select, update
from etl.store.bulk_numbers import insert_numbers
from schemas.tables import reference, reference_common, reference_match, reference_shingle, text

TEXTS_A_LOOKUP = 250  # 100,000 shingles; were each as common as it may be, the pairs would come to some 200 MB
TEXTS_A_READ = 2_000
DOCUMENTS_A_READ = 500


class Stored(NamedTuple):
    """A reference document as the store has it.  withdrawn: why its source withdraws it, else None."""

    number: int
    reference_id: str
    revision: Revision
    title: str
    body: str
    withdrawn: str | None

    def comparison(self) -> str:
        return "" if self.withdrawn is not None else compared_by([(self.title, self.body)])[0]


class Postings:
    """The index of shingles: which documents have each, kept for those that are in few of them."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self.common: Hashes = np.sort(np.array(list(connection.scalars(sa.select(reference_common.c.shingle))), "i8"))

    def rows(self, shingles: Hashes) -> tuple[Hashes, NDArray[np.int64]]:
        """(shingle, number of a document that has it) by shingle and number, of those that are not common."""
        wanted = shingles[~references.is_among(shingles, self.common)].tolist()
        columns = [reference_shingle.c.shingle, reference_shingle.c.number]
        parts = [np.empty((0, 2), "i8")]
        for at in range(0, len(wanted), KEYS_A_QUERY):
            query = sa.select(*columns).where(among(self._connection, columns[0], wanted[at : at + KEYS_A_QUERY]))
            cursor: Any = self._connection.execute(
                query
            ).cursor  # rows as SQLAlchemy gives them take three times as long
            parts.append(np.array(cursor.fetchall(), "i8").reshape(-1, 2))
        found = np.concatenate(parts)
        order = np.lexsort((found[:, 1], found[:, 0]))
        return found[order, 0], found[order, 1]

    def change(self, removed: Mapping[int, Hashes], added: Mapping[int, Hashes]) -> Hashes:
        """Replace the shingles of documents, by number; returns all that do or did lead to documents, of these."""
        keys = [reference_shingle.c.shingle, reference_shingle.c.number]
        gone, come = _without(removed, added), _without(added, removed)
        delete(self._connection, reference_shingle, keys, list(zip(*map(np.ndarray.tolist, gone), strict=True)))
        insert_numbers(self._connection, reference_shingle, come)
        before = self.common
        self._recount(*(np.unique(each[0], return_counts=True) for each in (gone, come)))
        touched = references.union([*removed.values(), *added.values()])
        return touched[~(references.is_among(touched, before) & references.is_among(touched, self.common))]

    def _recount(self, gone: tuple[Hashes, Any], come: tuple[Hashes, Any]) -> None:
        """Keep the list of common shingles, after some have come and gone."""
        shingle, documents = reference_common.c.shingle, reference_common.c.documents
        was, fewer = self.common, reference_common.c.documents <= references.MAX_COMMON
        for (shingles, counts), sign in ((gone, -1), (come, 1)):
            there = references.is_among(shingles, was)
            rows = list(zip(shingles[there].tolist(), (sign * counts[there]).tolist(), strict=True))
            if rows:
                step = sa.update(reference_common).where(shingle == sa.bindparam("at"))
                statement = step.values(documents=documents + sa.bindparam("more"))
                self._connection.execute(statement, [{"at": at, "more": more} for at, more in rows])
        new = list(self._counted(come[0][~references.is_among(come[0], was)].tolist()))
        lost = [row[0] for row in select(self._connection, [shingle], shingle, gone[0].tolist(), extra=fewer)]
        delete(self._connection, reference_common, [shingle], [(each,) for each in lost])
        insert(self._connection, reference_common, as_columns(new))
        self.common = np.union1d(np.setdiff1d(was, np.array(lost, "i8")), np.array([row[0] for row in new], "i8"))

    def _counted(self, shingles: Sequence[int]) -> Iterator[tuple[int, int]]:
        """(shingle, documents) of those that are common."""
        key, count = reference_shingle.c.shingle, sa.func.count()
        for at in range(0, len(shingles), KEYS_A_QUERY):
            listed = among(self._connection, key, shingles[at : at + KEYS_A_QUERY])
            query = sa.select(key, count).where(listed).group_by(key).having(count > references.MAX_COMMON)
            yield from ((row[0], row[1]) for row in self._connection.execute(query))


def _without(sets: Mapping[int, Hashes], others: Mapping[int, Hashes]) -> tuple[Hashes, NDArray[np.int64]]:
    """(shingles, numbers) of sets without those that the other set of the same number has, by shingle."""
    none = np.empty(0, "i8")
    left = {n: each[~references.is_among(each, others.get(n, none))] for n, each in sets.items()}
    shingles = np.concatenate([none, *left.values()])
    numbers = np.repeat(np.array(list(left), "i8"), [len(each) for each in left.values()])
    order = np.argsort(shingles, kind="stable")
    return shingles[order], numbers[order]


def are_there(connection: sa.Connection, source: str | None = None) -> bool:
    """Whether there is a reference document, of this source or any."""
    query = sa.exists().where(reference.c.number.is_not(None) if source is None else reference.c.source == source)
    return bool(connection.scalar(sa.select(query)))


_STORED = [
    reference.c[name]
    for name in ("number", "reference_id", "content_hash", "last_date", *SEEN[1:], "title", "body", "withdrawn")
]


def documents(connection: sa.Connection, numbers: Collection[int]) -> Iterator[Stored]:
    """Stored documents of these numbers."""
    for number, reference_id, *seen, title, body, withdrawn in select(connection, _STORED, reference.c.number, numbers):
        yield Stored(number, reference_id, Revision(*seen), title, body, withdrawn)


def numbers_of(connection: sa.Connection, source: str | None, after: int = -1) -> list[int]:
    """Numbers of the documents of a source, or of all, DOCUMENTS_A_READ at a time from one on."""
    query = sa.select(reference.c.number).where(reference.c.number > after)
    if source is not None:
        query = query.where(reference.c.source == source)
    return list(connection.scalars(query.order_by(reference.c.number).limit(DOCUMENTS_A_READ)))


def add(connection: sa.Connection, rows: Sequence[Sequence[Any]]) -> None:
    """New documents, as rows of the table."""
    insert(connection, reference, as_columns(rows))


def revise(connection: sa.Connection, rows: Sequence[Sequence[Any]]) -> None:
    """Documents whose current revision is another one now, as rows of the table."""
    update(connection, reference, ["number"], [c.name for c in reference.c if c.name != "number"], rows)


def move(connection: sa.Connection, seen: Mapping[int, Revision]) -> None:
    """Documents of which the current revision was seen again, later."""
    rows = [(number, *(getattr(each, name) for name in SEEN[1:])) for number, each in seen.items()]
    update(connection, reference, ["number"], SEEN[1:], rows)


def texts(connection: sa.Connection) -> Iterator[dict[int, str]]:
    """All texts, some at a time: text_id -> comparison text."""
    after = -1
    while ids := list(
        connection.scalars(
            sa.select(text.c.text_id).where(text.c.text_id > after).order_by(text.c.text_id).limit(TEXTS_A_READ)
        )
    ):
        after = ids[-1]
        yield election.comparisons(connection, ids)


def match(connection: sa.Connection, postings: Postings, comparison: Mapping[int, str], run_id: int) -> None:
    """Bring the matches of these texts up to date; text_id -> comparison text."""
    listed = sorted(comparison)
    for at in range(0, len(listed), TEXTS_A_LOOKUP):
        ids = listed[at : at + TEXTS_A_LOOKUP]
        columns = [reference_match.c[name] for name in ("text_id", "number", "run_id")]
        runs = {(row[0], row[1]): row[2] for row in select(connection, columns, columns[0], ids)}
        delete(connection, reference_match, [columns[0]], [(i,) for i in {text_id for text_id, _ in runs}])
        rows = [
            (text_id, number, *shared, runs.get((text_id, number), run_id))
            for text_id, number, shared in _matches(connection, postings, {i: comparison[i] for i in ids})
        ]
        insert(connection, reference_match, as_columns(rows))


def _matches(
    connection: sa.Connection, postings: Postings, comparison: Mapping[int, str]
) -> Iterator[tuple[int, int, references.Overlap]]:
    """(text, document, what they have in common) of texts, by the document."""
    ids, sets = list(comparison), references.shingle_sets(list(comparison.values()))
    shingles, numbers = postings.rows(references.union(sets))
    if not len(shingles):
        return
    columns = [reference.c[name] for name in ("reference_id", "number", "shingles", "source")]
    known = sorted(tuple(row) for row in select(connection, columns, columns[1], set(numbers.tolist())))
    place = {row[1]: n for n, row in enumerate(known)}
    sources = {name: n for n, name in enumerate(sorted({row[3] for row in known}))}
    found = references.nearest(
        references.candidates(sets, shingles, np.array([place[n] for n in numbers.tolist()])),
        np.array([len(each) for each in sets]),
        np.array([row[2] for row in known]),
        np.array([sources[row[3]] for row in known]),
    )
    by_document: dict[int, list[int]] = {}
    for n, document in zip(found.text.tolist(), found.document.tolist(), strict=True):
        by_document.setdefault(known[document][1], []).append(n)
    listed = sorted(by_document)
    for at in range(0, len(listed), DOCUMENTS_A_READ):
        several = list(documents(connection, listed[at : at + DOCUMENTS_A_READ]))
        theirs = references.shingle_sets([each.comparison() for each in several])
        for document, shingle_set in zip(several, theirs, strict=True):
            for n in by_document[document.number]:
                yield ids[n], document.number, references.overlap(comparison[ids[n]], sets[n], shingle_set)


def drop(connection: sa.Connection, numbers: Collection[int]) -> None:
    """Delete documents, whose shingles and matches are gone already."""
    delete(connection, reference, [reference.c.number], [(n,) for n in numbers])
