"""Sources as the store knows them: what sources.toml declares, written down by each run.  I/O."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

import sqlalchemy as sa

from etl.decide.revisions import EARLIEST, USUAL, Precedence
from etl.errors import Usage
from etl.store.bulk import update
from etl.store.database import reading, writing
from etl.text.closest import meant
from schemas.agencies import agency_of
from schemas.tables import article, quarantine, run, source


class Declared(NamedTuple):
    """A declared source, as the row of the table; rank or earliest None: it declares none; role None: articles."""

    name: str
    kind: str
    schedule: str | None = None
    publisher: str | None = None
    rank: int | None = None
    earliest: date | None = None
    role: str | None = None

    def said(self) -> tuple[str | None, ...]:
        """What a run writes down as it is declared, all but the precedence."""
        return self.name, self.kind, self.schedule, self.publisher, self.role, self.agency

    @property
    def agency(self) -> str | None:
        """The agency that its publisher is."""
        return agency_of(self.publisher) if self.publisher else None


_SAID = ("name", "kind", "schedule", "publisher", "role", "agency")


def precedences(connection: sa.Connection) -> dict[str, Precedence]:
    """Precedences of sources, of those that have another than the usual."""
    query = sa.select(source.c.name, source.c.rank, source.c.earliest)
    found = {name: Precedence(rank, earliest or EARLIEST) for name, rank, earliest in connection.execute(query)}
    return {name: each for name, each in found.items() if each != USUAL}


def require(connection: sa.Connection, name: str | None) -> None:
    """Raises Usage for a source that the store has never seen, in a run or a declaration; None names none."""
    if name is None:
        return
    ran = sa.select(run.c.source).distinct().where(run.c.source.not_in(("curation", "rebuild")))
    seen = (sa.select(source.c.name), ran)
    known = {each for query in seen for each in connection.scalars(query)}
    if name in known or connection.scalar(sa.select(sa.exists().where(article.c.source == name))):
        return
    for column in (article.c.source, quarantine.c.source):
        known |= set(connection.scalars(sa.select(column).distinct()))
    if name not in known:
        raise Usage(f"the store knows no source {name!r}; {meant(name, known)}")


def declare(engine: sa.Engine, declared: Sequence[Declared]) -> dict[str, Precedence]:
    """Write down sources that are new or declared otherwise, in a transaction of its own; forget none.

    A store may be filled from several places, each with a file of its own.  Returns the precedences that are to be
    changed.
    """
    with reading(engine) as connection:
        stored = precedences(connection)
        new, changed = _unwritten(connection, declared)
    if new or changed:
        with writing(engine) as connection:
            new, changed = _unwritten(connection, declared)  # another run may have done it until now
            if new:
                connection.execute(sa.insert(source), [dict(zip(_SAID, each.said(), strict=True)) for each in new])
            update(connection, source, ["name"], _SAID[1:], [each.said() for each in changed])
    wanted: dict[str, Precedence] = {}
    for each in declared:
        before = stored.get(each.name, USUAL)
        rank = before.rank if each.rank is None else each.rank
        wanted[each.name] = Precedence(rank, each.earliest or before.earliest)
    return {name: each for name, each in wanted.items() if each != stored.get(name, USUAL)}


def _unwritten(connection: sa.Connection, declared: Sequence[Declared]) -> tuple[list[Declared], list[Declared]]:
    """Sources that the store does not know, and those that it knows otherwise."""
    known = {row[0]: tuple(row) for row in connection.execute(sa.select(*(source.c[name] for name in _SAID)))}
    new = [each for each in declared if each.name not in known]
    return new, [each for each in declared if each.name in known and each.said() != known[each.name]]
