"""Sources as the store knows them: what sources.toml declares, written down by each run.  I/O."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import sqlalchemy as sa

from etl.store.bulk import update
from etl.store.database import reading, writing
from schemas.tables import source


class Declared(NamedTuple):
    """A declared source, as the row of the table; rank None: it declares none; role None: it brings articles."""

    name: str
    kind: str
    schedule: str | None = None
    publisher: str | None = None
    rank: int | None = None
    role: str | None = None

    def said(self) -> tuple[str | None, ...]:
        """What a run writes down as it is declared: all but the rank."""
        return self.name, self.kind, self.schedule, self.publisher, self.role


_SAID = ("name", "kind", "schedule", "publisher", "role")


def ranks(connection: sa.Connection) -> dict[str, int]:
    """Ranks of sources in the order of election, of those that have another than 0."""
    query = sa.select(source.c.name, source.c.rank).where(source.c.rank != 0)
    return {row[0]: row[1] for row in connection.execute(query)}


def declare(engine: sa.Engine, declared: Sequence[Declared]) -> list[Declared]:
    """Write down sources that are new or declared otherwise, in a transaction of its own; forget none.

    A store may be filled from several places, each with a file of its own.  Returns those whose rank is to be changed.
    """
    with reading(engine) as connection:
        ranks = {row.name: row.rank for row in connection.execute(sa.select(source))}
        new, changed = _unwritten(connection, declared)
    if new or changed:
        with writing(engine) as connection:
            new, changed = _unwritten(connection, declared)  # another run may have done it until now
            if new:
                connection.execute(sa.insert(source), [dict(zip(_SAID, each.said(), strict=True)) for each in new])
            update(connection, source, ["name"], _SAID[1:], [each.said() for each in changed])
    return [each for each in declared if each.rank is not None and each.rank != ranks.get(each.name, 0)]


def _unwritten(connection: sa.Connection, declared: Sequence[Declared]) -> tuple[list[Declared], list[Declared]]:
    """Sources that the store does not know, and those that it knows otherwise."""
    known = {row[0]: tuple(row) for row in connection.execute(sa.select(*(source.c[name] for name in _SAID)))}
    new = [each for each in declared if each.name not in known]
    return new, [each for each in declared if each.name in known and each.said() != known[each.name]]
