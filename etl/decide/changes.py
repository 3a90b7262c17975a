"""Changes: the rows of the change feed, and the counts that go with them, from before a run to after it.  Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

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

MOVES_AT_ONCE = 50_000  # as Python objects: some 40 MB
_RELATIONS = get_args(Relation)
_STATE = [("canonical_id", "S32"), ("relation", "i1"), ("jaccard", "f8"), ("bands", "i4")]
_MOVE = np.dtype([("article_id", "S32"), ("is_revised", "?"), ("old", _STATE), ("new", _STATE)])
_NOWHERE = (b"", 0, 0.0, 0)
_NO_MOVES: NDArray[Any] = np.empty(0, _MOVE)
NO_TEXTS: NDArray[np.int64] = np.empty(0, np.int64)


@dataclass(frozen=True, slots=True)
class Changes:
    """Net changes of a run, or of a part of it; a change that a later part reverts is not reported.

    moves  (articles,) in the order of ids, of articles that stand elsewhere or were revised: a run of a million has as
           many, at 123 bytes each; is_revised: its text, or the day it is filed under, is another than before
    delta  change of the numbers of articles by kind
    """

    moves: NDArray[Any] = field(default_factory=lambda: _NO_MOVES)
    delta: Mapping[str, int] = field(default_factory=dict)

    def parts(self) -> Iterator[dict[str, Move]]:
        """article_id -> its move, of MOVES_AT_ONCE articles at a time."""
        for at in range(0, len(self.moves), MOVES_AT_ONCE):
            yield {a.decode(): (_state(old), _state(new)) for a, _, old, new in self._listed(at)}

    def rows(self) -> Iterator[Row]:
        """Rows of the feed, in the order of the articles' ids."""
        for at in range(0, len(self.moves), MOVES_AT_ONCE):
            for article_id, is_revised, old, new in self._listed(at):
                yield from _changes(article_id.decode(), old, new, is_revised)

    def _listed(self, at: int) -> list[Any]:
        listed: list[Any] = self.moves[at : at + MOVES_AT_ONCE].tolist()
        return listed


def compare(before: Mapping[str, State], after: Mapping[str, State], revised: Collection[str]) -> Changes:
    """Changes from before to after.  An article that is missing before has come, one that is missing after has gone.

    revised  articles whose text, or the day it is filed under, is another than before
    """
    moves: list[tuple[bytes, bool, Any, Any]] = []
    delta = Counter[str]()
    for article_id in sorted(before.keys() | after.keys()):
        old, new = before.get(article_id), after.get(article_id)
        is_revised = article_id in revised
        if old == new and not is_revised:
            continue
        moves.append((article_id.encode(), is_revised, _packed(old), _packed(new)))
        if new is not None:
            delta[_kind(article_id, new)] += 1
        if old is not None:
            delta[_kind(article_id, old)] -= 1
    return Changes(np.array(moves, _MOVE), delta)


def _packed(state: State | None) -> tuple[bytes, int, float, int]:
    if state is None:
        return _NOWHERE
    return state.canonical_id.encode(), _RELATIONS.index(state.relation), state.jaccard, state.bands


def _state(packed: tuple[bytes, int, float, int]) -> State | None:
    canonical_id, relation, jaccard, bands = packed
    return State(canonical_id.decode(), _RELATIONS[relation], jaccard, bands) if canonical_id else None


def _joined(parts: list[NDArray[Any]]) -> NDArray[Any]:
    """Moves of parts that followed one another; the list is empty afterwards, so that they are in memory once."""
    if len(parts) <= 1:
        return parts.pop() if parts else _NO_MOVES
    order = np.argsort(np.concatenate([part["article_id"] for part in parts]), kind="stable")
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    moves, end = np.empty(len(order), _MOVE), len(order)
    while parts:
        part = parts.pop()
        moves[place[end - len(part) : end]] = part
        end -= len(part)
    is_first = np.append(True, moves["article_id"][1:] != moves["article_id"][:-1])
    if is_first.all():
        return moves
    first = np.flatnonzero(is_first)
    joined: NDArray[Any] = moves[np.append(first[1:], len(moves)) - 1]
    joined["old"] = moves["old"][first]
    joined["is_revised"] = np.logical_or.reduceat(moves["is_revised"], first)
    return joined


def _changes(article_id: str, old: Any, new: Any, is_revised: bool) -> Iterator[Row]:
    """Rows of one article, from where it stood to where it stands, as they are packed."""
    canonical = new[0].decode()
    if new == _NOWHERE:
        if old != _NOWHERE:
            yield (article_id, "retracted", None)
        return
    if old == _NOWHERE:
        yield (article_id, "added", canonical)
        return
    moved = old[0] != new[0]
    if is_revised or (not moved and canonical != article_id and old != new):
        yield (article_id, "revised", canonical)
    if moved:
        yield (article_id, "became_canonical" if canonical == article_id else "became_duplicate", canonical)


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
    texts      (texts,) ids of those that came, went, moved or changed in any way, whose relations may be others now
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
    texts: NDArray[np.int64] = field(default_factory=lambda: NO_TEXTS)


def total(effects: Iterable[Effect]) -> Effect:
    """The effect of parts that followed one another."""
    counts, delta = Counter[RecordVerdict](), Counter[str]()
    moves: list[NDArray[Any]] = []
    rejected: list[Quarantined] = []
    retracted, written = 0, False
    withdrawn: dict[str, str] = {}
    told: dict[SourceDay, tuple[int, int]] = {}
    refiled: dict[str, date | None] = {}
    touched: list[NDArray[np.int64]] = []
    wanted: set[str] = set()
    for part in effects:
        counts.update(part.counts)
        delta.update(part.changes.delta)
        if len(part.changes.moves):
            moves.append(part.changes.moves)
        rejected += part.rejected
        retracted += part.retracted
        written |= part.written
        withdrawn.update(part.withdrawn)
        refiled |= {a: day for a, day in part.refiled.items() if a not in refiled}
        if len(part.texts):
            touched.append(part.texts)
        wanted |= part.wanted
        for day, (texts, come) in part.told.items():
            texts_before, come_before = told.get(day, (0, 0))
            told[day] = texts_before + texts, come_before + come
    changes = Changes(_joined(moves), delta)
    ids = np.unique(np.concatenate(touched)) if touched else NO_TEXTS
    return Effect(counts, changes, retracted, tuple(rejected), written, withdrawn, wanted, told, refiled, ids)
