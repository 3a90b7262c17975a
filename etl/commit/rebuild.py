"""Rebuild: elect a whole store by another recipe, or see what that would change.  I/O, in one transaction.

Readers see the old corpus until the new one is whole.  Texts are elected in their order, so each looks only at what is
there already and no decision is ever taken back; memory does not grow with the store.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np
import sqlalchemy as sa

from etl.commit.settle import words_on_texts
from etl.decide.changes import Row, Totals
from etl.decide.election import elect
from etl.decide.revisions import READ_NOTHING
from etl.decide.standings import Judgements, Place, Text
from etl.fingerprint import signatures
from etl.fingerprint.recipe import Recipe
from etl.store import articles, election, runs
from etl.store.bulk import insert
from schemas.records import RunReport
from schemas.tables import bucket, cluster_member, recipe, signature

BATCH = 5_000  # texts elected at a time: some 100 MB
Progress = Callable[[int, int], None]
"""Called with texts elected, and texts in all."""


@dataclass(slots=True)
class WhatIf:
    """What another recipe would change.

    report   the store as it would be
    changes  the rows that the change feed would get, of articles that would stand elsewhere
    """

    report: RunReport
    changes: list[Row] = field(default_factory=list)


class _Undo(Exception):
    """Ends a transaction without a trace."""


def rebuild(connection: sa.Connection, wanted: Recipe, label: str, now: datetime, progress: Progress) -> RunReport:
    """Sign and elect all texts by another recipe; a run of its own.  The same recipe: nothing is done."""
    if articles.stored_recipe(connection) == wanted:
        run = runs.Run(label, "rebuild", None, now)
        return runs.finish(connection, run, dict(READ_NOTHING), Totals(), written=False)
    totals = _elected_anew(connection, wanted, progress)
    connection.execute(sa.update(recipe).values(name=wanted.name))
    run = runs.Run(label, "rebuild", None, now)
    return runs.finish(connection, run, dict(READ_NOTHING), totals, written=True)


def what_if(connection: sa.Connection, wanted: Recipe, progress: Progress) -> WhatIf:
    """What rebuild would change.  It is done and undone: nothing of it is ever seen, but writers wait meanwhile."""
    now = datetime.now(UTC)
    found: list[WhatIf] = []
    try:
        with connection.begin_nested():
            totals = _elected_anew(connection, wanted, progress)
            run = runs.Run("what if", "rebuild", None, now)
            report = runs.finish(connection, run, dict(READ_NOTHING), totals, written=False)
            found.append(WhatIf(report, [row for row in totals.seen.rows() if row[1] != "revised"]))
            raise _Undo
    except _Undo:
        return found[0]


def _elected_anew(connection: sa.Connection, wanted: Recipe, progress: Progress) -> Totals:
    before = election.all_states(connection)
    judgements = words_on_texts(election.judged_texts(connection))
    order = _order(connection)
    for table in (bucket, cluster_member, signature):
        connection.execute(sa.delete(table))
    for at in range(0, len(order), BATCH):
        _elect_batch(connection, order[at : at + BATCH], wanted, judgements)
        progress(min(at + BATCH, len(order)), len(order))
    totals = Totals(written=True)
    totals.seen.add(before, election.all_states(connection), ())
    return totals


def _elect_batch(
    connection: sa.Connection, batch: Sequence[tuple[int, Place]], wanted: Recipe, judgements: Judgements
) -> None:
    places = dict(batch)
    comparison = election.comparisons(connection, places.keys())
    ids = list(comparison)
    signed = signatures.sign([comparison[i] for i in ids], wanted)
    insert(connection, signature, [ids, [s.astype("<u4").tobytes() for s in signed.signatures]])
    contents = election.contents(np.asarray(signed.signatures), wanted)
    sizes = signed.sizes.tolist()
    arrivals = {i: (Text(i, places[i], size), content) for i, size, content in zip(ids, sizes, contents, strict=True)}
    outcome = elect(arrivals, [], election.StoredArchive(connection, wanted, comparison), wanted, judgements)
    election.write_outcome(connection, outcome)


def _order(connection: sa.Connection) -> list[tuple[int, Place]]:
    """All texts with their places, in the order of election."""
    columns = [cluster_member.c[n] for n in ("text_id", "day", "length", "article_id")]
    found = ((t, (day, -length, article_id)) for t, day, length, article_id in connection.execute(sa.select(*columns)))
    return sorted(found, key=lambda each: each[1])
