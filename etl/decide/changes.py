"""Changes: the rows of the change feed, and the counts that go with them, from before a run to after it.  Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
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
Columns = tuple[list[str], list[str], list[str | None]]
"""Rows of the feed, as columns."""


class State(NamedTuple):
    """Where an article stands, as consumers see it: its canonical article, and how like it is.

    relation  of its text to the canonical's; "exact" for a canonical article itself
    """

    canonical_id: str
    relation: Relation
    jaccard: float
    bands: int


SourceDay = tuple[str, date | None]

MOVES_AT_ONCE = 50_000  # as Python objects: some 40 MB
CHANGES = ("added", "retracted", "revised", "became_canonical", "became_duplicate")
ADDED, RETRACTED, REVISED, BECAME_CANONICAL, BECAME_DUPLICATE = range(5)
GONE, CANONICAL, ALIKE, NEAR = range(4)
"""Where an article stands: nowhere, as canonical, or for its canonical as one of the same text or a near one."""
_COUNTS = {CANONICAL: "canonical", ALIKE: "exact", NEAR: "near"}
_RELATIONS = get_args(Relation)
_IS_EXACT = np.array([COUNTED_AS[each] == "exact" for each in _RELATIONS])
_STATE = [("canonical_id", "S32"), ("relation", "i1"), ("jaccard", "f8"), ("bands", "i4")]
_MOVE = np.dtype([("article_id", "S32"), ("is_revised", "?"), ("old", _STATE), ("new", _STATE)])
_NO_MOVES: NDArray[Any] = np.empty(0, _MOVE)
NO_TEXTS: NDArray[np.int64] = np.empty(0, np.int64)


@dataclass(frozen=True, slots=True)
class Changes:
    """Net changes of a run, or of a part of it; a change that a later part reverts is not reported.

    moves  of parts that followed one another, each (articles,) in the order of ids, of articles that stand elsewhere or
           were revised: a run of a million has as many, at 123 bytes each; is_revised: its text, or the day it is filed
           under, is another than before
    delta  change of the numbers of articles by kind
    """

    moves: Sequence[NDArray[Any]] = ()
    delta: Mapping[str, int] = field(default_factory=dict)

    def columns(self) -> Iterator[Columns]:
        """Rows of the feed as columns, in the order of the articles' ids, of MOVES_AT_ONCE articles at a time."""
        for moves in self._parts():
            at, kinds = _rows(moves)
            canonicals = [each or None for each in _listed(moves["new"]["canonical_id"][at])]
            yield _listed(moves["article_id"][at]), [CHANGES[kind] for kind in kinds.tolist()], canonicals

    def rows(self) -> Iterator[Row]:
        """Rows of the feed."""
        for columns in self.columns():
            yield from zip(*columns, strict=True)

    def count(self) -> Counter[str]:
        """How many rows of each kind of change the feed gets."""
        counts = sum(
            (np.bincount(_rows(moves)[1], minlength=len(CHANGES)) for moves in self._parts()), np.zeros(5, int)
        )
        return Counter(dict(zip(CHANGES, counts.tolist(), strict=True)))

    def standings(self) -> Iterator[dict[str, tuple[int, int]]]:
        """article_id -> where it stood and where it stands (GONE, CANONICAL …), of MOVES_AT_ONCE articles at a time."""
        for moves in self._parts():
            kinds = [_kinds(moves["article_id"], moves[when]).tolist() for when in ("old", "new")]
            yield dict(zip(_listed(moves["article_id"]), zip(*kinds, strict=True), strict=True))

    def mapped(self, keep: Callable[[NDArray[Any]], NDArray[Any]]) -> Changes:
        """The same, with moves as keep() gives them back: equal, but elsewhere."""
        return Changes([keep(part) for part in self.moves], self.delta)

    def _parts(self) -> Iterator[NDArray[Any]]:
        """Each article once, in the order of ids, some MOVES_AT_ONCE at a time."""
        slices = sum(map(len, self.moves)) // MOVES_AT_ONCE + 1
        # Ids are digests in hexadecimal digits, spread evenly.
        edges = np.array([b"%08x" % (n * 2**32 // slices) for n in range(1, slices)], "S32")
        cuts = [[0, *np.searchsorted(part["article_id"], edges).tolist(), len(part)] for part in self.moves]
        for n in range(slices):
            yield _joined([part[cut[n] : cut[n + 1]] for part, cut in zip(self.moves, cuts, strict=True)])


def compare(before: Mapping[str, State], after: Mapping[str, State], revised: Collection[str]) -> Changes:
    """Changes from before to after.  An article that is missing before has come, one that is missing after has gone.

    revised  articles whose text, or the day it is filed under, is another than before
    """
    ids = sorted(before.keys() | after.keys())
    moves = np.zeros(len(ids), _MOVE)
    moves["article_id"] = ids
    moves["is_revised"] = [article_id in revised for article_id in ids]
    _fill(moves["old"], list(map(before.get, ids)))
    _fill(moves["new"], list(map(after.get, ids)))
    moves = moves[moves["is_revised"] | (moves["old"] != moves["new"])]
    now, then = (np.bincount(_kinds(moves["article_id"], moves[when]), minlength=4) for when in ("new", "old"))
    return Changes([moves], {name: int(now[kind] - then[kind]) for kind, name in _COUNTS.items()})


def _fill(packed: NDArray[Any], states: list[State | None]) -> None:
    """Put the states where there are some; elsewhere stays a canonical without a name."""
    at = [n for n, state in enumerate(states) if state is not None]
    if at:
        heads, relations, *figures = zip(*filter(None, states), strict=True)
        for (name, _), column in zip(_STATE, (heads, list(map(_RELATIONS.index, relations)), *figures), strict=True):
            packed[name][at] = column


def _kinds(article_ids: NDArray[Any], states: NDArray[Any]) -> NDArray[np.int64]:
    """Where each article stands in this state."""
    heads = states["canonical_id"]
    joined = np.where(_IS_EXACT[states["relation"]], ALIKE, NEAR)
    return np.where(heads == b"", GONE, np.where(heads == article_ids, CANONICAL, joined))


def _rows(moves: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows of the feed: positions of their moves, in order, and which of CHANGES each is."""
    ids, old, new = moves["article_id"], moves["old"], moves["new"]
    stood, stands, is_canonical = old["canonical_id"] != b"", new["canonical_id"] != b"", new["canonical_id"] == ids
    has_moved = stood & stands & (old["canonical_id"] != new["canonical_id"])
    is_other = ~has_moved & ~is_canonical & (old != new)  # of the same canonical, but not as like it as before
    kinds = np.full((len(moves), 2), -1)
    kinds[stands & ~stood, 0] = ADDED
    kinds[stood & ~stands, 0] = RETRACTED
    kinds[stood & stands & (moves["is_revised"] | is_other), 0] = REVISED
    kinds[has_moved, 1] = np.where(is_canonical, BECAME_CANONICAL, BECAME_DUPLICATE)[has_moved]
    at, place = np.nonzero(kinds >= 0)
    return at, kinds[at, place]


def _listed(ids: NDArray[Any]) -> list[str]:
    listed: list[str] = ids.astype("U32").tolist()
    return listed


def _joined(parts: Sequence[NDArray[Any]]) -> NDArray[Any]:
    """Moves of parts that followed one another: each article once, as it was before the first and is after the last."""
    moves = np.concatenate([_NO_MOVES, *parts])
    moves = moves[np.argsort(moves["article_id"], kind="stable")]
    is_first = np.append(True, moves["article_id"][1:] != moves["article_id"][:-1])[: len(moves)]
    if is_first.all():
        return moves
    first = np.flatnonzero(is_first)
    joined: NDArray[Any] = moves[np.append(first[1:], len(moves)) - 1]
    joined["old"] = moves["old"][first]
    joined["is_revised"] = np.logical_or.reduceat(moves["is_revised"], first)
    return joined


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
    texts      (texts,) ids of those that came, went, moved or changed in any way, whose relations may be others now; in
               order, each once
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
        moves += filter(len, part.changes.moves)
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
    changes = Changes(tuple(moves), delta)
    ids = np.unique(np.concatenate(touched)) if touched else NO_TEXTS
    return Effect(counts, changes, retracted, tuple(rejected), written, withdrawn, wanted, told, refiled, ids)
