"""The end of a run: its row, its changes in the feed, and the counts that go with them.  I/O."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from etl.decide.changes import Effect
from etl.store import articles, runs, source_days
from schemas.records import RunReport
from schemas.tables import run as run_table


def finish(connection: sa.Connection, run: runs.Run, counts: dict[str, int], effect: Effect) -> RunReport:
    """Write down a run and its changes; without changes write nothing.  Returns the report.

    counts   records by verdict, and `read`

    Raises AssertionError if the counts do not add up.
    """
    after = _counts_after(connection, effect)
    run_id = runs.next_id(connection) if effect.written else None
    now = datetime.now(UTC)
    seconds = round((now - run.started_at).total_seconds(), 3)
    facts: dict[str, Any] = {**counts, **after, "accepted": run.accepted, "accepted_by": run.accepted_by}
    report = RunReport(run.source, run.partition_date, run_id, seconds=seconds, **facts)
    if run_id is not None:
        runs.write(connection, run, run_id, now, {**counts, **after}, None)
        articles.add_changes(connection, run_id, effect.changes.columns(), now)
        source_days.add(connection, effect)
    return report


def end(connection: sa.Connection, run: runs.Run, run_id: int) -> float:
    """Write down that a run ends now, what it did after finish() included; its seconds."""
    now = datetime.now(UTC)
    connection.execute(sa.update(run_table).where(run_table.c.run_id == run_id).values(finished_at=now))
    return round((now - run.started_at).total_seconds(), 3)


def _counts_after(connection: sa.Connection, effect: Effect) -> dict[str, int]:
    """Numbers of articles by kind, after a run's changes."""
    before = runs.latest_counts(connection)
    after = {kind: before[kind] + effect.changes.delta.get(kind, 0) for kind in ("canonical", "exact", "near")}
    after["retracted"] = before["retracted"] + effect.retracted
    told = effect.changes.count()  # apart from delta, so that RunReport compares two counts
    after["articles"] = before["articles"] + told["added"] - told["retracted"]
    return after
