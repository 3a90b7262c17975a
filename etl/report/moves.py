"""Moves: where a run, or another recipe, puts articles, in words.  I/O: it only reads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import sqlalchemy as sa

from etl.decide.changes import Row
from etl.store.lookups import headlines
from schemas.tables import change

MAX_MOVES_TOLD = 20
NOBODY = ("", "", "")  # of what was erased, and of what has no canonical


class Move(NamedTuple):
    """An article that was moved.  change, canonical_id: as in corpus_change; canonical_id None: it is retracted.

    source, title  empty for an article that was erased
    """

    article_id: str
    change: str
    canonical_id: str | None
    source: str
    title: str
    canonical_source: str
    canonical_title: str

    def lines(self, verb: str = "is") -> Iterator[str]:
        """verb: "is", "would be"."""
        named = f"{self.source}: {self.title or '(no headline)'}  [{self.article_id}]"
        if not self.source:
            yield f"[{self.article_id}] {verb} erased"
        elif self.canonical_id is None:
            yield f"{named} {verb} retracted"
        elif self.canonical_id == self.article_id:
            yield f"{named} {verb} in the corpus"
        else:
            yield f"{named} {verb} a duplicate of"
            yield f"  {self.canonical_source}: {self.canonical_title or '(no headline)'}  [{self.canonical_id}]"


def moves_of(connection: sa.Connection, run_id: int) -> list[Move]:
    """The moves of a run, in the order of corpus_change."""
    columns = (change.c.article_id, change.c.change, change.c.canonical_id)
    rows = connection.execute(sa.select(*columns).where(change.c.run_id == run_id).order_by(change.c.position))
    return named_moves(connection, [(row[0], row[1], row[2]) for row in rows])


def named_moves(connection: sa.Connection, changes: Sequence[Row]) -> list[Move]:
    """Changes with the source and headline of each article."""
    wanted = {each for row in changes for each in (row[0], row[2]) if each is not None}
    known = headlines(connection, wanted)
    return [
        Move(mine, what, canonical, *known.get(mine, NOBODY)[:2], *known.get(canonical or "", NOBODY)[:2])
        for mine, what, canonical in changes
    ]


def told(moves: Sequence[Move]) -> list[str]:
    """Lines for people, of the first MAX_MOVES_TOLD."""
    lines = [line for move in moves[:MAX_MOVES_TOLD] for line in move.lines()]
    return lines + [f"… and {len(moves) - MAX_MOVES_TOLD} more; `wirecopy … --json` has all"] * (
        len(moves) > MAX_MOVES_TOLD
    )
