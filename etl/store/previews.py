"""Previews: what runs would have done, of which nothing else is kept.  I/O."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from etl.decide.guard import Margin
from etl.errors import Usage
from schemas.records import Joined, RunReport
from schemas.tables import preview

MAX_PREVIEWS = 100  # that are kept, the latest


@dataclass(frozen=True, slots=True)
class Preview:
    """The outcome of a preview.

    report    the counts it would have; refused: why it would be
    changes   kind of change -> how many there would be
    examples  of articles that would join others
    """

    label: str
    at: datetime
    report: RunReport
    changes: Mapping[str, int]
    examples: Sequence[Joined]
    margins: Sequence[Margin]
    number: int = 0


def keep(connection: sa.Connection, outcome: Preview) -> int:
    """Write down what a preview found; returns its number.  The oldest of more than MAX_PREVIEWS goes."""
    number = (connection.scalar(sa.select(sa.func.max(preview.c.preview_id))) or 0) + 1
    connection.execute(
        sa.insert(preview).values(
            preview_id=number,
            label=outcome.label,
            at=outcome.at,
            report=outcome.report.as_json(),
            changes=dict(outcome.changes),
            examples=[each._asdict() for each in outcome.examples] or None,
            margins=[each.as_json() for each in outcome.margins] or None,
        )
    )
    connection.execute(sa.delete(preview).where(preview.c.preview_id <= number - MAX_PREVIEWS))
    return number


def find(connection: sa.Connection, number: int) -> Preview:
    """Raises Usage where there is no such preview, or no more."""
    row = connection.execute(sa.select(preview).where(preview.c.preview_id == number)).first()
    if row is None:
        raise Usage(f"there is no preview {number}; the latest {MAX_PREVIEWS} are kept")
    return told(row)


def latest(connection: sa.Connection, limit: int) -> list[Preview]:
    """The latest first."""
    query = sa.select(preview).order_by(preview.c.preview_id.desc()).limit(limit)
    return [told(row) for row in connection.execute(query)]


def told(row: sa.Row[Any]) -> Preview:
    """Of a row of the table."""
    day = row.report["partition_date"]
    report = RunReport(**{**row.report, "partition_date": day and date.fromisoformat(day)})
    joined = [Joined(**each) for each in row.examples or ()]
    return Preview(
        row.label, row.at, report, row.changes, joined, [Margin(*each) for each in row.margins or ()], row.preview_id
    )
