"""The change feed: what consumers see change between two moments.  Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

Kind = Literal["canonical", "exact", "near"]


class State(NamedTuple):
    """Where an article stands, as consumers see it: its canonical article, and whether their texts differ."""

    canonical_id: str
    near: bool


@dataclass(slots=True)
class Changes:
    """rows of the feed, (article_id, change, canonical_id); delta: change of the numbers of articles by kind."""

    rows: list[tuple[str, str, str | None]] = field(default_factory=list)
    delta: dict[Kind, int] = field(default_factory=lambda: dict.fromkeys(("canonical", "exact", "near"), 0))


def changes(before: Mapping[str, State], after: Mapping[str, State], revised: Collection[str]) -> Changes:
    """What happened to these articles, in the order of their ids.

    before, after  where each article stood and stands; one that is missing before has come, one missing after has gone
    revised        articles whose text is another than before
    """
    seen = Changes()
    for article_id in sorted(before.keys() | after.keys()):
        old, new = before.get(article_id), after.get(article_id)
        seen.rows += [(article_id, *change) for change in _changes(article_id, old, new, article_id in revised)]
        if new is not None:
            seen.delta[_kind(article_id, new)] += 1
        if old is not None:
            seen.delta[_kind(article_id, old)] -= 1
    return seen


def _changes(article_id: str, old: State | None, new: State | None, revised: bool) -> Iterator[tuple[str, str | None]]:
    """(change, canonical) of one article."""
    if new is None:
        yield ("retracted", None)
        return
    if old is None:
        yield ("added", new.canonical_id)
        return
    if revised:
        yield ("revised", new.canonical_id)
    if old.canonical_id != new.canonical_id:
        yield ("became_canonical" if new.canonical_id == article_id else "became_duplicate", new.canonical_id)


def _kind(article_id: str, state: State) -> Kind:
    if state.canonical_id == article_id:
        return "canonical"
    return "near" if state.near else "exact"
