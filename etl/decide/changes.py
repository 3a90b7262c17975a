"""The change feed: what consumers see change from before a run to after it.  Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from etl.decide.revisions import Verdict
from schemas.records import Quarantined

Row = tuple[str, str, str | None]
"""(article_id, change, canonical_id), a row of the feed."""


class State(NamedTuple):
    """Where an article stands, as consumers see it: its canonical article, and how like it is.

    near    whether their texts differ
    judged  whether a person's word alone joins them
    """

    canonical_id: str
    near: bool
    judged: bool
    jaccard: float
    bands: int


@dataclass(slots=True)
class Changes:
    """What the batches of a run change together: what one of them does and a later one undoes was never to be seen.

    delta  change of the numbers of articles by kind
    """

    delta: dict[str, int] = field(default_factory=lambda: dict.fromkeys(("canonical", "exact", "near"), 0))
    _before: dict[str, State] = field(default_factory=dict)  # the run, of articles that stood then
    _revised: set[str] = field(default_factory=set)
    _rows: dict[str, list[tuple[str, str | None]]] = field(default_factory=dict)

    def add(self, before: Mapping[str, State], after: Mapping[str, State], revised: Collection[str]) -> None:
        """A batch more.

        before, after  where articles stood and stand; one that is missing before has come, one missing after has gone
        revised        articles whose text, or the day it is filed under, is another than before
        """
        for article_id in before.keys() | after.keys():
            old, new = before.get(article_id), after.get(article_id)
            if old == new and article_id not in revised:
                continue
            if new is not None:
                self.delta[_kind(article_id, new)] += 1
            if old is not None:
                self.delta[_kind(article_id, old)] -= 1
            if article_id in revised:
                self._revised.add(article_id)
            first = self._first(article_id, old)
            self._rows[article_id] = list(_changes(article_id, first, new, article_id in self._revised))

    def rows(self) -> list[Row]:
        """Rows of the feed, in the order of the articles' ids."""
        return [(article_id, *change) for article_id, changes in sorted(self._rows.items()) for change in changes]

    def _first(self, article_id: str, old: State | None) -> State | None:
        """Where an article stood before the run, and before any batch."""
        if article_id in self._rows or old is None:
            return self._before.get(article_id)
        return self._before.setdefault(article_id, old)


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
    if state.canonical_id == article_id:
        return "canonical"
    return "near" if state.near else "exact"


@dataclass(slots=True)
class Totals:
    """What a run has done so far.

    counts      records by verdict
    seen        what consumers see change
    retracted   change of the number of retracted articles
    collisions  records whose text_id is another text's
    written     whether anything in the store is other than before
    verified    exact comparisons made
    """

    counts: dict[Verdict, int] = field(
        default_factory=lambda: dict.fromkeys(("new", "revised", "unchanged", "stale"), 0)
    )
    seen: Changes = field(default_factory=Changes)
    retracted: int = 0
    collisions: list[Quarantined] = field(default_factory=list)
    written: bool = False
    verified: int = 0
