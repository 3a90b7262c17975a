"""References: documents of a reference source into the store, and their passages in its texts.  I/O.

In the transaction of the caller.  The documents stand in tables of their own and are no articles.  Texts meet them both
ways: a new text looks its shingles up among theirs (settle calls match_texts), and for new or changed documents all
texts are read once, at the end of the run, or each time SHINGLES_A_PASS of them wait.  Which text is matched with which
document follows from the documents and texts alone (etl.decide.references), whatever came first.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import sqlalchemy as sa

from etl.commit.columns import Columns
from etl.decide import references as decide
from etl.decide.changes import Effect, total
from etl.decide.references import Hashes
from etl.decide.revisions import Revision, revise
from etl.errors import Usage
from etl.fingerprint.comparison import compared_by
from etl.read.file import MAX_QUARANTINE_HEAD
from etl.store import election, references, runs
from etl.store.bulk import delete, update
from etl.store.references import Postings, Stored
from schemas.records import Quarantined
from schemas.tables import article, reference, reference_common, reference_match, reference_shingle, source

NUMBER_COLLISION = "collision: another reference document has the same 63-bit number; give it another id"
SHINGLES_A_PASS = 5_000_000  # of new and changed documents, some 40 MB; 10,000 documents of 500 words have as many
ROLE = "reference"


def number_of(reference_id: str) -> int:
    """The number by which the index knows a document: the first 63 bits of its id."""
    return int(reference_id[:16], 16) >> 1


def require_role(connection: sa.Connection, name: str, is_reference: bool) -> None:
    """Raises Usage where a source has articles and is run as a reference, or the other way round."""
    if is_reference:
        stands = sa.exists().where(article.c.source == name, article.c.text_id.is_not(None))
        if connection.scalar(sa.select(stands)):
            raise Usage(
                f"source {name} has articles in the corpus, and cannot be a reference beside them; "
                f"`wirecopy sources remove {name}` first, or give the reference another name"
            )
    elif references.are_there(connection, name):
        raise Usage(
            f'source {name} is a reference; give it role = "reference" (--reference), '
            f"or `wirecopy sources remove {name}` first"
        )


class _Pending:
    """What waits for a pass over the texts."""

    def __init__(self, connection: sa.Connection, postings: Postings, run_id: int) -> None:
        self._connection, self._postings, self._run_id = connection, postings, run_id
        self._shingles: list[Hashes] = []

    def add(self, shingles: Hashes) -> None:
        """Shingles that led to other documents than they now lead to, or to documents that have changed."""
        self._shingles.append(shingles)
        if sum(map(len, self._shingles)) >= SHINGLES_A_PASS:
            self.done()

    def done(self) -> None:
        """Match the texts that have one of the shingles, in one pass over all of them."""
        wanted = decide.union(self._shingles)
        if len(wanted):
            for comparison in references.texts(self._connection):
                ids = list(comparison)
                has = decide.holds(decide.shingle_sets(list(comparison.values())), wanted).tolist()
                touched = {i: comparison[i] for i, has_one in zip(ids, has, strict=True) if has_one}
                references.match(self._connection, self._postings, touched, self._run_id)
        self._shingles = []


def match_texts(connection: sa.Connection, text_ids: Collection[int]) -> None:
    """Match texts with the documents that are there.  Where there are none, one look at an empty table."""
    if not text_ids or not references.are_there(connection):
        return
    run_id, postings = runs.next_id(connection), Postings(connection)
    listed = sorted(text_ids)
    for at in range(0, len(listed), references.TEXTS_A_READ):
        comparison = election.comparisons(connection, listed[at : at + references.TEXTS_A_READ])
        references.match(connection, postings, comparison, run_id)


def commit_references(
    connection: sa.Connection, name: str, batches: Iterable[tuple[Any, Sequence[Quarantined]]], run_id: int
) -> Effect:
    """Bring batches of a reference source (etl.commit.batches.PreparedBatch) into the store; what that counts."""
    _declare(connection, name)
    return total(_effects(connection, batches, run_id))


def _declare(connection: sa.Connection, name: str) -> None:
    """Write down that it is a reference, where no file of sources does."""
    known = connection.execute(sa.select(source.c.role).where(source.c.name == name)).first()
    if known is None:
        connection.execute(sa.insert(source).values(name=name, role=ROLE))
    elif known.role != ROLE:
        update(connection, source, ["name"], ["role"], [(name, ROLE)])


def _effects(
    connection: sa.Connection, batches: Iterable[tuple[Any, Sequence[Quarantined]]], run_id: int
) -> Iterator[Effect]:
    postings = Postings(connection)
    pending = _Pending(connection, postings, run_id)
    for batch, rejected in batches:
        yield Effect(rejected=tuple(rejected))
        yield _write_batch(connection, Columns.of(batch), postings, pending, run_id)
    pending.done()


def _write_batch(
    connection: sa.Connection, batch: Columns, postings: Postings, pending: _Pending, run_id: int
) -> Effect:
    """Write the records of a batch that say something new."""
    numbers = {a: number_of(a) for a in batch.article_id}
    stored = {each.number: each for each in references.documents(connection, numbers.values())}
    holders = {number: each.reference_id for number, each in stored.items()}
    collided = {i for i, a in enumerate(batch.article_id) if holders.setdefault(numbers[a], a) != a}
    rejected = tuple(_rejected(batch, i) for i in sorted(collided))
    columns = batch.without(collided)
    known = {each.reference_id: each for each in stored.values()}
    revised = revise(
        [(a, columns.revision(i)) for i, a in enumerate(columns.article_id)],
        {a: [each.revision] for a, each in known.items()},
        {a: each.revision.content_hash for a, each in known.items()},
    )
    now = {a: max(each.values(), key=Revision.recency) for a, each in revised.revisions.items()}
    changed = {a: i for a, i in revised.current.items() if a not in known or now[a].content_hash != _hash(known[a])}
    moved = {a for a, _ in revised.moved if a not in changed and now[a].content_hash == _hash(known[a])}
    sets = _sets(columns, changed)
    rows = [_row(columns, changed[a], numbers[a], now[a], len(sets[numbers[a]]), run_id) for a in sorted(changed)]
    references.add(connection, [row for row in rows if row[1] not in known])
    references.revise(connection, [row for row in rows if row[1] in known])
    references.move(connection, {numbers[a]: now[a] for a in moved})
    before = _stored_sets([known[a] for a in changed if a in known])
    pending.add(postings.change(before, sets))
    return Effect(revised.counts, rejected=rejected, written=bool(changed or moved))


def _hash(stored: Stored) -> str:
    return stored.revision.content_hash


def _rejected(batch: Columns, i: int) -> Quarantined:
    head = batch.body[i].encode()[:MAX_QUARANTINE_HEAD]
    return Quarantined(batch.path[i], batch.record[i], "commit", NUMBER_COLLISION, head)


def _sets(columns: Columns, changed: Mapping[str, int]) -> dict[int, Hashes]:
    """Number -> shingles of documents, by their places in a batch; none of one that its source withdraws."""
    standing = {a: i for a, i in changed.items() if columns.withdrawn[i] is None}
    comparison = compared_by([(columns.title[i], columns.body[i]) for i in standing.values()])
    sets = dict(zip(map(number_of, standing), decide.shingle_sets(comparison), strict=True))
    return {number_of(a): np.empty(0, "i8") for a in changed} | sets


def _stored_sets(stored: Sequence[Stored]) -> dict[int, Hashes]:
    """Number -> shingles of documents as they are stored."""
    return {
        each.number: shingles
        for each, shingles in zip(stored, decide.shingle_sets([s.comparison() for s in stored]), strict=True)
    }


def _row(columns: Columns, i: int, number: int, seen: Revision, shingles: int, run_id: int) -> tuple[Any, ...]:
    """The row of the table for a record of a batch."""
    own = {
        "number": number, "reference_id": columns.article_id[i], "last_date": seen.last_date,
        "fetched_at": seen.fetched_at, "reader": seen.reader, "path": seen.path, "record": seen.record,
        "shingles": shingles, "run_id": run_id,
    }  # fmt: skip
    return tuple(own[c.name] if c.name in own else getattr(columns, c.name)[i] for c in reference.c)


def remove_references(connection: sa.Connection, name: str) -> bool:
    """Remove all documents of a source, and match again the texts that others are found in now; whether it had any."""
    postings = Postings(connection)
    pending = _Pending(connection, postings, runs.next_id(connection))
    found = False
    while numbers := references.numbers_of(connection, name):
        found = True
        removed = _stored_sets(list(references.documents(connection, numbers)))
        common = postings.common
        delete(connection, reference_match, [reference_match.c.number], [(n,) for n in numbers])
        postings.change(removed, {})
        references.drop(connection, numbers)
        pending.add(np.setdiff1d(common, postings.common))
    pending.done()
    return found


def reindex(connection: sa.Connection) -> None:
    """Make the index and all matches anew, after the texts were made by another normaliser."""
    if not references.are_there(connection):
        return
    for table in (reference_match, reference_common, reference_shingle):
        connection.execute(sa.delete(table))
    postings, after = Postings(connection), -1
    while numbers := references.numbers_of(connection, None, after):
        after = numbers[-1]
        sets = _stored_sets(list(references.documents(connection, numbers)))
        update(connection, reference, ["number"], ["shingles"], [(n, len(each)) for n, each in sets.items()])
        postings.change({}, sets)
    for comparison in references.texts(connection):
        references.match(connection, postings, comparison, runs.next_id(connection))
