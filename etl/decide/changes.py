"""Changes: the rows of the change feed, and the counts that go with them, from before a run to after it.  Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from etl.decide.revisions import RecordVerdict
from schemas.records import Quarantined
from schemas.relations import COUNTED_AS, Relation

Row = tuple[str, str, str | None]
"""(article_id, change, canonical_id), a row of the feed."""


class State(NamedTuple):
    """Where an article stands, as consumers see it: its canonical article, and how like it is.

    relation  of its text to the canonical's; "exact" for a canonical article itself
    """

    canonical_id: str
    relation: Relation
    jaccard: float
    bands: int


SourceDay = tuple[str, date | None]
Move = tuple[State | None, State | None]
"""Where an article stood, and where it stands; None: it did not, or does not."""


@dataclass(frozen=True, slots=True)
class Changes:
    """Net changes of a run, or of a part of it; a change that a later part reverts is not reported.

    moves    article_id -> its move, of articles that stand elsewhere or were revised
    revised  of these, those whose text, or the day it is filed under, is another than before
    delta    change of the numbers of articles by kind
    """

    moves: Mapping[str, Move] = field(default_factory=dict)
    revised: frozenset[str] = frozenset()
    delta: Mapping[str, int] = field(default_factory=dict)

    def rows(self) -> list[Row]:
        """Rows of the feed, in the order of the articles' ids."""
        return [
            (article_id, *change)
            for article_id in sorted(self.moves)
            for change in _changes(article_id, *self.moves[article_id], article_id in self.revised)
        ]


def compare(before: Mapping[str, State], after: Mapping[str, State], revised: Collection[str]) -> Changes:
    """Changes from before to after.  An article that is missing before has come, one that is missing after has gone.

    revised  articles whose text, or the day it is filed under, is another than before
    """
    moves: dict[str, Move] = {}
    delta = Counter[str]()
    for article_id in before.keys() | after.keys():
        old, new = before.get(article_id), after.get(article_id)
        if old == new and article_id not in revised:
            continue
        moves[article_id] = old, new
        if new is not None:
            delta[_kind(article_id, new)] += 1
        if old is not None:
            delta[_kind(article_id, old)] -= 1
    return Changes(moves, frozenset(moves.keys() & revised), delta)


def _changes(article_id: str, old: State | None, new: State | None, revised: bool) -> Iterator[tuple[str, str | None]]:
    """(change, canonical) of one article."""
    if new is None:
        if old is not None:
            yield ("retracted", None)
        return
    if old is None:
        yield ("added", new.canonical_id)
        return
    moved = old.canonical_id != new.canonical_id
    if revised or (not moved and new.canonical_id != article_id and old != new):
        yield ("revised", new.canonical_id)
    if moved:
        yield ("became_canonical" if new.canonical_id == article_id else "became_duplicate", new.canonical_id)


def _kind(article_id: str, state: State) -> str:
    return "canonical" if state.canonical_id == article_id else COUNTED_AS[state.relation]


@dataclass(frozen=True, slots=True)
class Effect:
    """What a run, or a part of it, did to the store.

    counts     records by verdict
    changes    for consumers
    retracted  change of the number of retracted articles
    rejected   records that are no article, or whose text_id is another text's
    withdrawn  articles that a notice of their source withdraws, and why
    wanted     retracted articles whose current text came again
    told       (source, partition date) -> change of the numbers of revisions, and of first ones, of that day
    refiled    article_id -> the partition date under which it stood before, where that changed
    written    whether anything in the store is other than before
    texts      texts that came, went, moved or changed in any way, whose relations may be others now
    """

    counts: Mapping[RecordVerdict, int] = field(default_factory=dict)
    changes: Changes = field(default_factory=Changes)
    retracted: int = 0
    rejected: tuple[Quarantined, ...] = ()
    written: bool = False
    withdrawn: Mapping[str, str] = field(default_factory=dict)
    wanted: AbstractSet[str] = frozenset()
    told: Mapping[SourceDay, tuple[int, int]] = field(default_factory=dict)
    refiled: Mapping[str, date | None] = field(default_factory=dict)
    texts: AbstractSet[int] = frozenset()


def total(effects: Iterable[Effect]) -> Effect:
    """The effect of parts that followed one another."""
    counts, delta = Counter[RecordVerdict](), Counter[str]()
    moves: dict[str, Move] = {}
    revised: set[str] = set()
    rejected: list[Quarantined] = []
    retracted, written = 0, False
    withdrawn: dict[str, str] = {}
    told: dict[SourceDay, tuple[int, int]] = {}
    refiled: dict[str, date | None] = {}
    touched: set[int] = set()
    wanted: set[str] = set()
    for part in effects:
        counts.update(part.counts)
        delta.update(part.changes.delta)
        for article_id, (old, new) in part.changes.moves.items():
            first = moves[article_id][0] if article_id in moves else old
            moves[article_id] = first, new
        revised |= part.changes.revised
        rejected += part.rejected
        retracted += part.retracted
        written |= part.written
        withdrawn.update(part.withdrawn)
        refiled = {**part.refiled, **refiled}
        touched |= part.texts
        wanted |= part.wanted
        for day, (texts, come) in part.told.items():
            texts_before, come_before = told.get(day, (0, 0))
            told[day] = texts_before + texts, come_before + come
    changes = Changes(moves, frozenset(revised), delta)
    return Effect(counts, changes, retracted, tuple(rejected), written, withdrawn, wanted, told, refiled, touched)
