"""Decisions of people that a build honours: judgements, retractions and erasures, as a store has them.  I/O.

They are written down with the build, since a store goes on changing, and the next build of the lake takes them from
there unless it is given a store again.  Those on articles that the lake does not have yet wait.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from etl.commit.keep import RULE
from etl.decide.revisions import Precedence
from etl.sources import locations
from etl.spark.session import frame_of_rows
from etl.store import database, schema
from etl.store.sources import precedences
from schemas import tables

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

TAKEN = (tables.judgement, tables.retraction, tables.tombstone, tables.decision)
FILE = "decisions.json"


@dataclass(frozen=True, slots=True)
class Decisions:
    """Rows of the tables TAKEN, by their names, and the precedences of sources; times as text."""

    rows: Mapping[str, list[list[Any]]] = field(default_factory=lambda: {table.name: [] for table in TAKEN})
    precedences: Mapping[str, Precedence] = field(default_factory=dict)

    def frame(self, spark: SparkSession, table: sa.Table) -> DataFrame:
        """The rows of a table."""
        schema = ", ".join(f"`{c.name}` {'bigint' if isinstance(c.type, sa.Integer) else 'string'}" for c in table.c)
        found = frame_of_rows(spark, self.rows[table.name], schema)
        return found.withColumn("at", found["at"].cast("timestamp"))

    @property
    def erased(self) -> list[str]:
        """Ids of erased articles."""
        at = [column.name for column in tables.tombstone.c].index("article_id")
        return sorted(row[at] for row in self.rows["tombstone"])

    @property
    def restored(self) -> list[str]:
        """Ids of articles of which the last word is a person's, who brought it back."""
        at, last = [column.name for column in tables.decision.c], dict[str, tuple[str, str]]()
        for row in sorted(self.rows["decision"], key=lambda each: each[at.index("position")]):
            said = dict(zip(at, row, strict=True))
            if said["other_id"] is None:
                last[said["article_id"]] = said["word"], said["who"]
        return [each for each, (word, who) in last.items() if word == "restore" and not who.startswith(RULE)]

    def write(self, folder: str) -> None:
        known = {name: [each.rank, each.earliest.isoformat()] for name, each in self.precedences.items()}
        locations.write(locations.join(folder, FILE), json.dumps({"rows": self.rows, "precedences": known}).encode())


def of_store(url: str) -> Decisions:
    """The decisions in force in a store, and all that were ever made; ranks and earliest days of its sources."""
    with database.opened(url) as engine:
        schema.require_current(engine)
        with database.reading(engine) as connection:
            rows = {
                table.name: [
                    list(map(_plain, row)) for row in connection.execute(sa.select(table).order_by(*table.primary_key))
                ]
                for table in TAKEN
            }
            return Decisions(rows, precedences(connection))


def read(folder: str) -> Decisions:
    """Those that a build was given, by its folder."""
    found = locations.read(locations.join(folder, FILE))
    if found is None:
        return Decisions()
    said = json.loads(found)
    known = {n: Precedence(rank, date.fromisoformat(earliest)) for n, (rank, earliest) in said["precedences"].items()}
    return Decisions(said["rows"], known)


def _plain(value: Any) -> Any:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value
