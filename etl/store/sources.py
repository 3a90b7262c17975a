"""Sources as the store knows them: what sources.toml declares, written down by each run.  I/O."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

import sqlalchemy as sa

from etl.decide.revisions import EARLIEST, USUAL, Precedence
from etl.errors import Retryable, Usage
from etl.store.bulk import update
from etl.store.database import reading, writing
from etl.text.closest import meant
from schemas.agencies import agency_of
from schemas.tables import article, quarantine, reference, run, source, tombstone


class Declared(NamedTuple):
    """A declared source, as the row of the table; rank or earliest None: it declares none; role None: articles."""

    name: str
    kind: str
    schedule: str | None = None
    publisher: str | None = None
    rank: int | None = None
    earliest: date | None = None
    role: str | None = None
    id_name: str | None = None

    def said(self) -> tuple[str | None, ...]:
        """What a run writes down as it is declared, all but the precedence."""
        return self.name, self.kind, self.schedule, self.publisher, self.role, self.agency

    @property
    def agency(self) -> str | None:
        """The agency that its publisher is."""
        return agency_of(self.publisher) if self.publisher else None


_SAID = ("name", "kind", "schedule", "publisher", "role", "agency")
ID_NAMES_SINCE = "0029"  # the schema's version


def id_names(connection: sa.Connection) -> dict[str, str]:
    """The names by which ids are computed, of sources that had another name when they came."""
    return {row[0]: row[1] for row in connection.execute(_ID_NAMES)}


_ID_NAMES = sa.select(source.c.name, source.c.id_name).where(source.c.id_name.is_not(None))


def id_name(connection: sa.Connection, name: str, declared: str | None = None) -> str | None:
    """The name by which ids of a source's articles are computed; None: the one that it has.

    declared  by the installation; it counts as long as the store has nothing of the source

    Raises Usage where the declared one is not the store's, and where it is the name of another source.
    """
    known = id_names(connection)
    mine = known.get(name, name)
    if declared is not None and name not in known and not has_records(connection, name):
        mine = declared
    if declared not in (None, mine):
        raise Usage(
            f"the store computes ids of source {name} by the name {mine!r}, not by {declared!r}; "
            "mend its id_name in the file of sources"
        )
    if other := next((new for new, first in known.items() if first == mine and new != name), None):
        raise Usage(
            f"source {mine!r} is called {other!r} in this store (wirecopy sources rename); run it under that name, or "
            "give this one another"
        )
    if mine != name and known.get(mine) is None and has_records(connection, mine):
        raise Usage(f"the store knows this source as {mine!r}: `wirecopy sources rename {mine} {name}` first")
    return mine if mine != name else None


def take_id_name(connection: sa.Connection, name: str, prepared: str | None) -> None:
    """Write down by which name ids of a source are computed, where that is new.

    prepared  the one by which its records were prepared; None: its own

    Raises Retryable where the store computes them by another now, Usage as id_name() does.
    """
    if id_name(connection, name, prepared) != prepared:
        raise Retryable(f"source {name} was renamed while this run prepared its records; run again")
    if prepared is not None and name not in id_names(connection):
        set_name(connection, name, name, prepared)


def set_name(connection: sa.Connection, name: str, new: str, first: str) -> None:
    """Give a source a name, and the one by which its ids are computed; the store may not know it as declared yet."""
    row = {"name": new, "id_name": first if first != new else None}
    if not connection.execute(sa.update(source).where(source.c.name == name).values(row)).rowcount:
        connection.execute(sa.insert(source).values(row))


def has_records(connection: sa.Connection, name: str) -> bool:
    """Whether the store has an article or a reference document of the source, or erased one."""
    return any(
        connection.scalar(sa.select(sa.exists().where(table.c.source == name)))
        for table in (article, reference, tombstone)
    )


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
        new, changed, former = _unwritten(connection, declared)
    if new or changed:
        with writing(engine) as connection:
            new, changed, former = _unwritten(connection, declared)  # another run may have done it until now
            if new:
                connection.execute(sa.insert(source), [dict(zip(_SAID, each.said(), strict=True)) for each in new])
            update(connection, source, ["name"], _SAID[1:], [each.said() for each in changed])
    wanted: dict[str, Precedence] = {}
    for each in (each for each in declared if each.name not in former):
        before = stored.get(each.name, USUAL)
        rank = before.rank if each.rank is None else each.rank
        wanted[each.name] = Precedence(rank, each.earliest or before.earliest)
    return {name: each for name, each in wanted.items() if each != stored.get(name, USUAL)}


def _unwritten(
    connection: sa.Connection, declared: Sequence[Declared]
) -> tuple[list[Declared], list[Declared], set[str]]:
    """Sources that the store does not know, those that it knows otherwise, and names that its sources had before."""
    rows = connection.execute(sa.select(*(source.c[name] for name in _SAID), source.c.id_name)).all()
    known = {row[0]: tuple(row[:-1]) for row in rows}
    former = {row.id_name for row in rows} - {None}  # which the file may still have
    new = [each for each in declared if each.name not in known and each.name not in former]
    return new, [each for each in declared if each.name in known and each.said() != known[each.name]], former
