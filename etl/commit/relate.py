"""Relate: after canonical texts came, went or moved, bring samples and relations up to date.

I/O, in the transaction of the caller.  The rows are those of etl.decide.relations: a function of the canonical texts
and their first articles alone.  A text that comes to a day, or leaves it, changes the relations of those later texts
only that have one of its hashes within Definition.days, and for which that hash was not common before or is not common
now.  They are among the first Definition.common texts that have it from that day on, before or now: so many are looked
up a hash, and compared anew.  Whatever else the store holds is not looked at.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import sqlalchemy as sa

from etl.commit.free import give_back
from etl.commit.overlaps import TEXTS_A_BLOCK, Overlaps
from etl.commit.samples import Samples
from etl.decide.candidates import Numbers, once
from etl.decide.changes import Effect
from etl.decide.definition import Definition
from etl.decide.relations import Told, feed, told
from etl.store import relations, run_end, runs
from etl.store.articles import stored_recipe
from etl.store.held_shingles import HeldShingles
from schemas.records import RunReport


def finish(connection: sa.Connection, run: runs.Run, counts: dict[str, int], effect: Effect) -> RunReport:
    """Write down a run and its changes (etl.store.run_end.finish), then the relations of the texts it touched."""
    return with_relations(connection, run, run_end.finish(connection, run, counts, effect), effect.texts)


def with_relations(connection: sa.Connection, run: runs.Run, report: RunReport, touched: Numbers) -> RunReport:
    """Bring relations up to date after a run that is written down, where the store keeps any; its report.

    touched  texts that became canonical or ceased to be, that moved to another day, or whose first article is other
             than before in anything; each once, in order; more do no harm
    """
    definition = relations.definition(connection)
    if report.run_id is None or definition is None or not len(touched):
        return report
    give_back()
    _relate(connection, definition, touched, np.empty(0, np.int64), report.run_id)
    return replace(report, seconds=run_end.end(connection, run, report.run_id))


def relate_anew(connection: sa.Connection, wanted: Definition | None, run_id: int) -> None:
    """Make the samples and relations of a whole store by this definition; None: it keeps none any more."""
    relations.set_definition(connection, wanted)
    relations.drop_samples(connection)
    touched = relations.all_canonicals(connection) if wanted is not None else np.empty(0, np.int64)
    _relate(connection, wanted or Definition(), touched, relations.related_texts(connection), run_id)


def _relate(
    connection: sa.Connection, definition: Definition, touched: Numbers, affected: Numbers, run_id: int
) -> None:
    """affected: texts whose relations are to be compared anew, beside those that the touched ones have an effect on."""
    with closing(HeldShingles()) as held:
        overlaps = Overlaps(connection, stored_recipe(connection).threshold, held)
        samples = Samples(connection, definition, overlaps)
        samples.renew(touched)
        affected = once(np.concatenate([affected, *samples.affected]))
        _compare(connection, overlaps, affected, *samples.pairs(affected), run_id)


def _compare(
    connection: sa.Connection, overlaps: Overlaps, affected: Numbers, texts: Numbers, pairs: Numbers, run_id: int
) -> None:
    """Compare pairs, and bring the rows of the texts affected up to date.

    texts  ids, by number; all that are in a pair
    pairs  in order (etl.decide.candidates)
    """
    gone: list[Told] = []
    come: list[Told] = []
    by_id = np.argsort(texts)
    at = np.searchsorted(texts, affected, sorter=by_id)
    is_there = np.isin(affected, texts)
    number = np.full(len(affected), -1)  # one that is in no pair, or canonical no more
    number[is_there] = by_id[at[is_there]]
    order = np.argsort(number, kind="stable")
    affected, number = affected[order], number[order]
    for begin in range(0, len(affected), TEXTS_A_BLOCK):
        block = slice(begin, begin + TEXTS_A_BLOCK)
        before = relations.related(connection, affected[block].tolist())
        first, last = np.searchsorted(pairs, np.array([number[block][0], number[block][-1] + 1]) * len(texts))
        made = set(overlaps.related(texts, pairs[first:last]))
        going, coming = [row for row in before if row not in made], made.difference(before)
        relations.write_relations(connection, going, coming, run_id)
        gone += map(told, going)
        come += map(told, coming)
    relations.add_relation_changes(connection, feed(gone, come), run_id, datetime.now(UTC))
