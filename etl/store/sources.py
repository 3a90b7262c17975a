"""Sources as the store knows them: what sources.toml declares, written down by each run.  I/O."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import sqlalchemy as sa

from etl.store.database import reading, writing
from schemas.tables import source


class Declared(NamedTuple):
    """A declared source, as the row of the table."""

    name: str
    kind: str
    schedule: str | None = None
    publisher: str | None = None


def declare(engine: sa.Engine, declared: Iterable[Declared]) -> None:
    """Write down sources that are new or declared otherwise, in a transaction of its own; forget none.

    A store may be filled from several places, each with a file of its own.
    """
    with reading(engine) as connection:
        known = {Declared(*row) for row in connection.execute(sa.select(*(source.c[n] for n in Declared._fields)))}
    changed = [each for each in declared if each not in known]
    if not changed:
        return
    with writing(engine) as connection:
        connection.execute(sa.delete(source).where(source.c.name.in_([each.name for each in changed])))
        connection.execute(sa.insert(source), [each._asdict() for each in changed])
