"""Columns of the views: what each is, the types there are, and columns that several views have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Column(NamedTuple):
    """A column of a view.

    type      one of TYPES
    example   as SQL would print it
    nullable  whether it can be null; the meaning says when
    unit      of a number or an instant
    values    all that a text can be, if they are few
    refers    view.column where each value is found
    """

    type: str
    meaning: str
    example: str
    nullable: bool = False
    unit: str = ""
    values: tuple[str, ...] = ()
    refers: str = ""


Columns = Mapping[str, Mapping[str, Column]]
"""View → column → what it is.  Their order is the views'; new columns come last."""
About = Mapping[str, tuple[str, tuple[str, ...]]]
"""View → (what its rows are, the columns that identify a row)."""
TYPES = {
    "text": ("text", "TEXT"),
    "integer": ("integer or bigint", "INTEGER"),
    "real": ("double precision", "REAL"),
    "boolean": ("boolean", "INTEGER, 0 or 1"),
    "date": ("date", "TEXT, 2026-03-14"),
    "timestamp": ("timestamp with time zone", "TEXT, 2026-03-14 06:30:00.000000, UTC"),
    "json": ("json", "TEXT"),
    "bytes": ("bytea", "BLOB"),
}
"""What each type is on PostgreSQL and on SQLite."""

ID = Column(
    "text", "the article: 32 hex digits, computed from source and source_key", "b07d8962037a1ea063ca50cc240759f1"
)
SOURCE = Column("text", "the source it came from", "gazette")
KEY = Column(
    "text", "its identity within the source: canonical URL, the id it gives itself, or path", "wire/020_story.txt"
)
URL = Column("text", "canonical URL; null if it has none", "https://gazette.example/port-strike", nullable=True)
TITLE = Column("text", "headline, without kicker", "Crane drivers at Port Ansel walk out over night shifts")
COUNT = Column("integer", "", "12", unit="articles")
