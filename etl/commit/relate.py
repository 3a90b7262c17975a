"""Relate: after canonical texts came, went or moved, bring samples and relations up to date.

I/O, in the transaction of the caller.  The rows are those of etl.decide.relations: a function of the canonical texts
and their first articles alone.  A text that comes to a day, or leaves it, changes the relations of those later texts
only that have one of its hashes within Definition.days, and for which that hash was not common before or is not common
now.  They are among the first Definition.common texts that have it from that day on, before or now: so many are looked
up a hash, and compared anew.  Whatever else the store holds is not looked at.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from etl.compiled import Hashes
from etl.decide.changes import Effect
from etl.decide.definition import Definition
from etl.decide.relations import Facts, Row, feed, least_shared, related
from etl.fingerprint import passages
from etl.fingerprint.passages import InCommon, Lot
from etl.store import relations, runs
from etl.store.articles import stored_recipe
from etl.store.relations import Span
from schemas.records import UNDATED, RunReport

TEXTS_A_SAMPLING = 25_000  # whose samples are in memory together, some 5 MB
TEXTS_A_COMPARISON = 8_000  # for each lot of pairs all its texts are counted once: small lots cost twice as much
PAIRS_A_BATCH = 400_000  # whose texts are in memory together
MAX_HELD_SHINGLES = 8_000_000  # beside them, of texts that were needed before: 64 MB

Columns = tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int64]]
"""Hashes, days and texts, a row a hash."""
Pairs = NDArray[np.int64]
"""(pairs, 2): a text, and one that it is to be compared with if that is the earlier one; a pair may come twice."""


def finish(connection: sa.Connection, run: runs.Run, counts: dict[str, int], effect: Effect) -> RunReport:
    """Write down a run and its changes (etl.store.runs.finish), then the relations of the texts it touched."""
    report = runs.finish(connection, run, counts, effect)
    if report.run_id is not None and relate(connection, effect.texts.tolist(), report.run_id):
        return replace(report, seconds=runs.end(connection, run, report.run_id))
    return report


def relate(connection: sa.Connection, touched: Collection[int], run_id: int) -> bool:
    """Bring relations up to date, where the store keeps any; whether it had to look.

    touched  texts that became canonical or ceased to be, that moved to another day, or whose first article is other
             than before in anything; more do no harm
    """
    definition = relations.definition(connection)
    if definition is None or not touched:
        return False
    _Relating(connection, definition, stored_recipe(connection).threshold).run(touched, run_id)
    return True


def relate_anew(connection: sa.Connection, wanted: Definition | None, run_id: int) -> None:
    """Make the samples and relations of a whole store by this definition; None: it keeps none any more."""
    relations.set_definition(connection, wanted)
    relations.drop_samples(connection)
    relating = _Relating(connection, wanted or Definition(), stored_recipe(connection).threshold)
    relating.affected |= relations.related_texts(connection)
    relating.run(relations.all_canonicals(connection) if wanted is not None else (), run_id)


@dataclass(slots=True)
class _Relating:
    """The state of one call of relate().

    affected  texts whose relations are to be compared anew
    fresh     of these, those whose sample this call brought up to date
    stored    hashes of these that the index had already, or that an earlier slice brought
    own       (hashes, days, texts) of the other hashes that several texts of a slice have
    known     canonical texts in memory: what relations ask of each, and its shingles in their order
    """

    connection: sa.Connection
    definition: Definition
    threshold: float
    affected: set[int] = field(default_factory=set)
    fresh: set[int] = field(default_factory=set)
    stored: set[int] = field(default_factory=set)
    own: list[Columns] = field(default_factory=list)
    known: dict[int, tuple[Facts, Hashes]] = field(default_factory=dict)

    def run(self, touched: Collection[int], run_id: int) -> None:
        for texts in _sliced(touched, TEXTS_A_SAMPLING):
            self._resample(texts)
        own = _Own(self.own, self.stored, self.definition)
        gone: list[Row] = []
        come: list[Row] = []
        for texts in _sliced(self.affected, TEXTS_A_COMPARISON):
            before = relations.related(self.connection, texts)
            pairs = np.concatenate([self._stored_candidates(texts), own.candidates(texts)])
            made = {row for batch in _batches(pairs) for row in self._related(batch)}
            gone += (going := [row for row in before if row not in made])
            come += (coming := list(made.difference(before)))
            relations.write_relations(self.connection, going, coming, run_id)
        relations.add_relation_changes(self.connection, feed(gone, come), run_id, datetime.now(UTC))

    def _resample(self, texts: Collection[int]) -> None:
        """Bring the samples of these texts up to date, and find the texts whose relations may change with them."""
        old = relations.samples(self.connection, texts)
        days = relations.canonical_days(self.connection, texts)
        hashes = {text_id: sampled for text_id, (_, sampled) in old.items()}
        for unknown in _sliced(days.keys() - hashes.keys(), TEXTS_A_COMPARISON):
            self._learn(set(unknown))
            hashes |= zip(unknown, passages.sample([self.known[i][1] for i in unknown]), strict=True)
        new = {text_id: (day, hashes[text_id]) for text_id, day in days.items()}
        self.affected |= old.keys() | new.keys()
        self.fresh |= new.keys()
        leaving, coming = relations.flat(old), relations.flat(new)
        self.affected |= self._usable(_spans(leaving) | _spans(coming, self._sort_out(coming)))
        moved = [i for i in old.keys() | new.keys() if i not in old or i not in new or old[i][0] != new[i][0]]
        relations.write_samples(
            self.connection, {i: old[i] for i in moved if i in old}, {i: new[i] for i in moved if i in new}
        )
        # Who comes makes a hash common; only who goes lets one be common no more.
        self.affected |= self._usable(_spans(leaving))

    def _sort_out(self, columns: Columns) -> set[int]:
        """Note which hashes of a slice several of its texts have, and which the index has; the latter."""
        distinct, place, counts = np.unique(columns[0], return_inverse=True, return_counts=True)
        filled = relations.has_samples(self.connection)
        stored = relations.stored_hashes(self.connection, distinct.tolist()) if filled else set[int]()
        several = (counts > 1)[place]
        self.own.append((columns[0][several], columns[1][several], columns[2][several]))
        self.stored |= stored
        return stored

    def _usable(self, spans: Collection[Span]) -> set[int]:
        """Texts from the first day of a span on to which its hash may lead."""
        found = relations.postings(self.connection, spans, self.definition.days, self.definition.common)
        return {text_id for each in found.values() for _, text_id in each.texts}

    def _stored_candidates(self, texts: Collection[int]) -> Pairs:
        """Each of these texts with those that the index has a hash of in common, unless it is common."""
        spans: defaultdict[Span, list[int]] = defaultdict(list)
        asked = texts if self.stored else set(texts) - self.fresh  # hashes of fresh ones alone are of _Own
        for text_id, (day, hashes) in relations.samples(self.connection, asked).items():
            for sampled in hashes.tolist():
                if text_id not in self.fresh or sampled in self.stored:
                    spans[sampled, day - self.definition.days].append(text_id)
        found = relations.postings(self.connection, spans, self.definition.days, self.definition.common)
        pairs = [
            (text_id, other)
            for span, each in found.items()
            if each.whole and len(each.texts) > 1
            for text_id in spans[span]
            for _, other in each.texts
        ]
        return np.array(pairs, dtype=np.int64).reshape(-1, 2)

    def _related(self, pairs: Pairs) -> Iterator[Row]:
        """The rows of pairs of texts of which the second is the earlier one."""
        wanted = np.unique(pairs)
        self._learn(set(wanted.tolist()))
        found = [(*self.known[i], n) for n, i in enumerate(wanted.tolist()) if i in self.known]
        found.sort(key=lambda each: each[0].order)
        texts = [facts for facts, _, _ in found]
        places = np.full(len(wanted), -1, dtype=np.int64)
        places[[n for _, _, n in found]] = np.arange(len(found))
        later, earlier = places[np.searchsorted(wanted, pairs)].T
        usable = (earlier >= 0) & (earlier < later)
        later, earlier = np.divmod(_once(later[usable] * len(wanted) + earlier[usable]), max(1, len(wanted)))
        lot = Lot.of([spelled for _, spelled, _ in found])
        lengths = np.diff(lot.ends)
        turned = lengths[later] > lengths[earlier]
        large, small = np.where(turned, later, earlier), np.where(turned, earlier, later)
        order = np.argsort(large, kind="stable")
        large, small = large[order], small[order]
        least = least_shared(np.minimum(lot.sizes[large], lot.sizes[small]), (lengths - lot.sizes)[small])
        shared = passages.shared_shingles(lot, large, small, least)
        likely = shared >= least
        large, small, shared = large[likely], small[likely], shared[likely]
        numbers = (large, small, shared, lot.sizes[large], lot.sizes[small])
        columns = (*(each.tolist() for each in numbers), passages.common_passages(lot, large, small))
        for one, other, count, size, other_size, told in zip(*columns, strict=True):
            overlap = InCommon.of(count, other_size, size, told)
            overlap = overlap.turned() if one > other else overlap
            if row := related(texts[max(one, other)], texts[min(one, other)], overlap, self.threshold):
                yield row

    def _learn(self, text_ids: set[int]) -> None:
        """Have these texts in memory, beside those that were needed before, as long as there is room."""
        if sum(len(spelled) for _, spelled in self.known.values()) > MAX_HELD_SHINGLES:
            self.known = {}
        facts, comparison = relations.facts(self.connection, text_ids - self.known.keys())
        spelled = passages.spell(comparison)
        self.known |= {each.text_id: (each, own) for each, own in zip(facts, spelled, strict=True)}


class _Own:
    """Candidates by hashes that none but texts of this call have."""

    def __init__(self, own: Sequence[Columns], stored: AbstractSet[int], definition: Definition) -> None:
        hashes, days, texts = (np.concatenate([np.empty(0, np.int64), *(each[n] for each in own)]) for n in range(3))
        alone = ~np.isin(hashes, np.fromiter(stored, np.int64, len(stored)))
        _, number = np.unique(hashes[alone], return_inverse=True)
        # One number of hash and day, in which the days of a hash stand together, apart from those of the next.
        key = number * (UNDATED + definition.days + 1) + days[alone]
        order = np.argsort(key, kind="stable")
        self._texts, key = texts[alone][order], key[order]
        self._distinct, self._number = np.unique(self._texts, return_inverse=True)
        self._first = np.searchsorted(key, key - definition.days)
        self._count = np.searchsorted(key, key, "right") - self._first
        self._usable = (self._count > 1) & (self._count <= definition.common)

    def candidates(self, texts: Collection[int]) -> Pairs:
        """Each of these texts with those that share a hash with it that is not common."""
        at = np.flatnonzero(self._usable & np.isin(self._texts, np.fromiter(texts, np.int64, len(texts))))
        counts = self._count[at]
        within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        others = self._number[np.repeat(self._first[at], counts) + within]
        pair = _once(np.repeat(self._number[at], counts) * len(self._distinct) + others)  # most share several
        pairs: Pairs = self._distinct[np.stack(np.divmod(pair, max(1, len(self._distinct))), axis=1)]
        return pairs


def _spans(columns: Columns, only: Collection[int] | None = None) -> set[Span]:
    """The hashes of samples, or those among `only`, each from the day of its text on."""
    hashes, days, _ = columns
    if only is not None:
        wanted = np.isin(hashes, np.fromiter(only, np.int64, len(only)))
        hashes, days = hashes[wanted], days[wanted]
    return set(zip(hashes.tolist(), days.tolist(), strict=True))


def _once(numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    """Each number once, in order; numpy.unique() takes eight times as long where few come twice."""
    ordered = np.sort(numbers)
    distinct: NDArray[np.int64] = ordered[
        np.concatenate([np.ones(len(ordered[:1]), bool), ordered[1:] != ordered[:-1]])
    ]
    return distinct


def _sliced(texts: Collection[int], size: int) -> Iterator[list[int]]:
    listed = sorted(texts)
    return (listed[at : at + size] for at in range(0, len(listed), size))


def _batches(pairs: Pairs) -> Iterator[Pairs]:
    """Pairs, PAIRS_A_BATCH at a time."""
    return (pairs[at : at + PAIRS_A_BATCH] for at in range(0, len(pairs), PAIRS_A_BATCH))
