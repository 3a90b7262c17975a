"""Relate: after canonical texts came, went or moved, bring samples and relations up to date.

I/O, in the transaction of the caller.  The rows are those of etl.decide.relations: a function of the canonical texts
and their first articles alone.  A text that comes to a day, or leaves it, changes the relations of those later texts
only that have one of its hashes within Definition.days, and for which that hash was not common before or is not common
now.  They are among the first Definition.common texts that have it from that day on, before or now: so many are looked
up a hash, and compared anew.  Whatever else the store holds is not looked at.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np
import sqlalchemy as sa

from etl.compiled import Hashes
from etl.decide.changes import Effect
from etl.decide.definition import Definition
from etl.decide.relations import Facts, Row, feed, related
from etl.fingerprint import passages
from etl.fingerprint.recipe import Recipe
from etl.store import election, relations, runs
from etl.store.articles import stored_recipe
from etl.store.relations import Sample, Span
from schemas.records import RunReport

TEXTS_A_SLICE = 2_000
PAIRS_A_BATCH = 5_000  # whose texts are in memory together, some 30 MB

Candidates = Sequence[tuple[int, set[int]]]
"""(text, texts that it is to be compared with)."""


def finish(connection: sa.Connection, run: runs.Run, counts: dict[str, int], effect: Effect) -> RunReport:
    """Write down a run and its changes (etl.store.runs.finish), then the relations of the texts it touched."""
    report = runs.finish(connection, run, counts, effect)
    if report.run_id is not None:
        relate(connection, effect.texts, report.run_id)
    return report


def relate(connection: sa.Connection, touched: Collection[int], run_id: int) -> None:
    """Bring relations up to date, where the store keeps any.

    touched  texts that became canonical or ceased to be, that moved to another day, or whose first article is other
             than before in anything; more do no harm
    """
    definition = relations.definition(connection)
    if definition is not None and touched:
        _Relating(connection, definition, stored_recipe(connection)).run(touched, run_id)


def relate_anew(connection: sa.Connection, wanted: Definition | None, run_id: int) -> None:
    """Make the samples and relations of a whole store by this definition; None: it keeps none any more."""
    relations.set_definition(connection, wanted)
    relations.drop_samples(connection)
    relating = _Relating(connection, wanted or Definition(), stored_recipe(connection))
    relating.affected |= relations.related_texts(connection)
    relating.run(relations.all_canonicals(connection) if wanted is not None else (), run_id)


@dataclass(slots=True)
class _Relating:
    """The state of one call of relate().

    affected  texts whose relations are to be compared anew
    fresh     of these, those whose sample this call wrote; and the hashes of these that some other text has as well
    """

    connection: sa.Connection
    definition: Definition
    recipe: Recipe
    affected: set[int] = field(default_factory=set)
    fresh: set[int] = field(default_factory=set)
    held_twice: set[int] = field(default_factory=set)

    def run(self, touched: Collection[int], run_id: int) -> None:
        for texts in _sliced(touched):
            self._resample(texts)
        gone: list[Row] = []
        come: list[Row] = []
        for texts in _sliced(self.affected):
            stored = relations.related(self.connection, texts)
            made = {row for batch in _batches(self._candidates(texts)) for row in self._related(batch)}
            gone += (before := [row for row in stored if row not in made])
            come += (after := list(made.difference(stored)))
            relations.write_relations(self.connection, before, after, run_id)
        relations.add_relation_changes(self.connection, feed(gone, come), run_id, datetime.now(UTC))

    def _resample(self, texts: Collection[int]) -> None:
        """Bring the samples of these texts up to date, and find the texts whose relations that may change."""
        old = relations.samples(self.connection, texts)
        days = relations.canonical_days(self.connection, texts)
        hashes = {text_id: sampled for text_id, (_, sampled) in old.items()}
        unknown = [text_id for text_id in days if text_id not in hashes]
        comparison = election.comparisons(self.connection, unknown)
        spelled = passages.spell(list(comparison.values()), self.recipe)
        hashes |= zip(comparison, passages.sample(spelled, self.recipe), strict=True)
        new = {text_id: (day, hashes[text_id]) for text_id, day in days.items()}
        self.affected |= old.keys() | new.keys()
        self.fresh |= new.keys()
        shared = self._shared(new)
        self.held_twice |= shared
        around = _spans(old) | _spans(new, shared)
        self.affected |= self._usable(around)
        moved = [i for i in old.keys() | new.keys() if i not in old or i not in new or old[i][0] != new[i][0]]
        relations.write_samples(
            self.connection, {i: old[i] for i in moved if i in old}, {i: new[i] for i in moved if i in new}
        )
        self.affected |= self._usable(around)

    def _shared(self, new: Mapping[int, Sample]) -> set[int]:
        """Hashes of these samples that two of them have, or that the index has."""
        hashes, counts = np.unique(relations.flat(new)[0], return_counts=True)
        alone = hashes[counts == 1].tolist()
        stored = relations.stored_hashes(self.connection, alone) if relations.has_samples(self.connection) else set()
        return stored | set(hashes[counts > 1].tolist())

    def _usable(self, spans: Collection[Span]) -> set[int]:
        """Texts from the first day of a span on to which its hash may lead."""
        found = relations.postings(self.connection, spans, self.definition.days, self.definition.common)
        return {text_id for each in found.values() for _, text_id in each.texts}

    def _candidates(self, texts: Collection[int]) -> Candidates:
        """The texts that each of these shares a hash with that is not common, in the days before its own and on it."""
        spans: defaultdict[Span, list[int]] = defaultdict(list)
        for text_id, (day, hashes) in relations.samples(self.connection, texts).items():
            for sampled in hashes.tolist():
                if text_id not in self.fresh or sampled in self.held_twice:
                    spans[sampled, day - self.definition.days].append(text_id)
        candidates: defaultdict[int, set[int]] = defaultdict(set)
        found = relations.postings(self.connection, spans, self.definition.days, self.definition.common)
        for span, each in found.items():
            if each.whole and len(each.texts) > 1:
                for text_id in spans[span]:
                    candidates[text_id].update(other for _, other in each.texts)
        return [(text_id, others - {text_id}) for text_id, others in candidates.items()]

    def _related(self, batch: Candidates) -> Iterator[Row]:
        """The rows of a batch of candidates."""
        ids = {text_id for text_id, others in batch for text_id in (text_id, *others)}
        facts, comparison = relations.facts(self.connection, ids)
        known = {each.text_id: each for each in facts}
        spelled = dict(zip(known, passages.spell(comparison, self.recipe), strict=True))
        smaller: defaultdict[int, list[tuple[Facts, Facts]]] = defaultdict(list)
        for text_id, others in batch:
            for other in others & known.keys() if text_id in known else ():
                later, earlier = known[text_id], known[other]
                if earlier.order < later.order:
                    smaller[_larger(later, earlier, spelled)].append((later, earlier))
        for large, pairs in smaller.items():
            small = [earlier if later.text_id == large else later for later, earlier in pairs]
            found = passages.overlaps(spelled[large], [spelled[each.text_id] for each in small], self.recipe)
            for (later, earlier), overlap in zip(pairs, found, strict=True):
                if later.text_id == large:
                    overlap = overlap.turned()
                row = related(later, earlier, overlap, self.recipe.threshold)
                if row is not None:
                    yield row


def _larger(later: Facts, earlier: Facts, spelled: Mapping[int, Hashes]) -> int:
    """The text of the pair that has more tokens; the earlier one, where they have as many."""
    return later.text_id if len(spelled[later.text_id]) > len(spelled[earlier.text_id]) else earlier.text_id


def _spans(samples: Mapping[int, Sample], only: Collection[int] | None = None) -> set[Span]:
    """The hashes of samples, or those among `only`, each from the day of its text on."""
    rows = ((sampled, day) for day, hashes in samples.values() for sampled in hashes.tolist())
    return {row for row in rows if only is None or row[0] in only}


def _sliced(texts: Collection[int]) -> Iterator[list[int]]:
    listed = sorted(texts)
    return (listed[at : at + TEXTS_A_SLICE] for at in range(0, len(listed), TEXTS_A_SLICE))


def _batches(candidates: Candidates) -> Iterator[Candidates]:
    """Candidates of some PAIRS_A_BATCH pairs at a time."""
    batch: list[tuple[int, set[int]]] = []
    pairs = 0
    for text_id, others in candidates:
        batch.append((text_id, others))
        pairs += len(others)
        if pairs >= PAIRS_A_BATCH:
            yield batch
            batch, pairs = [], 0
    if batch:
        yield batch
