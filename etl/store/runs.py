"""Runs: the journal of the store, as it is written and found; how a run ends, etl.store.run_end says.  I/O."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from importlib.metadata import version

import sqlalchemy as sa

from etl.decide.guard import Margin
from etl.errors import Usage
from schemas.records import Joined, RunReport
from schemas.tables import STORE_COUNTS, change, preview
from schemas.tables import run as run_table


@dataclass(frozen=True, slots=True)
class Run:
    """A run that is about to be written down.

    label                  the Airflow run, or the command, that started it
    accepted, accepted_by  the limits beyond which it is let pass, and by whom
    margins               how near it came to each limit; none for one that the guard does not look at
    """

    label: str
    source: str
    partition_date: date | None
    started_at: datetime
    accepted: str | None = None
    accepted_by: str | None = None
    margins: Sequence[Margin] = ()


def refuse(
    connection: sa.Connection, run: Run, counts: dict[str, int], reason: str, examples: Sequence[Joined] = ()
) -> int:
    """Write down a run that the guard rolled back; returns its number.  The store's counts are those of before."""
    run_id = next_id(connection)
    write(connection, run, run_id, datetime.now(UTC), {**counts, **latest_counts(connection)}, reason)
    if examples:
        kept = sa.update(run_table).where(run_table.c.run_id == run_id)
        connection.execute(kept.values(examples=[each._asdict() for each in examples]))
    return run_id


def forget_examples(connection: sa.Connection, article_ids: Collection[str]) -> None:
    """Drop the examples of refused runs, and of previews, that tell of these articles."""
    for table, number in ((run_table, run_table.c.run_id), (preview, preview.c.preview_id)):
        query = sa.select(number, table.c.examples).where(table.c.examples.is_not(None))
        for own, kept in connection.execute(query).all():
            left = [each for each in kept if not {each["article_id"], each["canonical_id"]} & set(article_ids)]
            if len(left) < len(kept):
                connection.execute(sa.update(table).where(number == own).values(examples=left or None))


def examples(connection: sa.Connection, run_id: int) -> list[Joined]:
    """Examples of what a refused run would have done; of others none."""
    kept = connection.scalar(sa.select(run_table.c.examples).where(run_table.c.run_id == run_id))
    return [Joined(**each) for each in kept or ()]


def replaced_since(connection: sa.Connection, since: datetime) -> int:
    """How many articles of the corpus became duplicates of others since then.

    Of the feed it reads what runs since then wrote, in whose order it stands; the first with articles replaced none.
    """
    founded = sa.select(sa.func.min(run_table.c.run_id)).where(run_table.c.canonical > 0).scalar_subquery()
    lately = (run_table.c.finished_at >= since) & (run_table.c.run_id > founded)
    first_run = sa.select(sa.func.min(run_table.c.run_id)).where(lately).scalar_subquery()
    rows = sa.select(change.c.position).where(change.c.run_id >= first_run)
    first = rows.order_by(change.c.run_id, change.c.position).limit(1).scalar_subquery()
    replaced = (change.c.change == "became_duplicate") & (change.c.at >= since) & (change.c.position >= first)
    return connection.scalar(sa.select(sa.func.count()).select_from(change).where(replaced)) or 0


def latest_counts(connection: sa.Connection) -> dict[str, int]:
    """Numbers of articles by kind, after the last run."""
    columns = [run_table.c[name] for name in STORE_COUNTS]
    row = connection.execute(sa.select(*columns).order_by(run_table.c.run_id.desc()).limit(1)).first()
    return dict(zip(STORE_COUNTS, row, strict=True)) if row else dict.fromkeys(STORE_COUNTS, 0)


def find(connection: sa.Connection, run_id: int | None) -> RunReport:
    """The report of a run, by default the last.  Raises Usage for an unknown run."""
    query = sa.select(run_table).order_by(run_table.c.run_id.desc()).limit(1)
    if run_id is not None:
        query = query.where(run_table.c.run_id == run_id)
    row = connection.execute(query).mappings().first()
    if row is None:
        raise Usage(f"there is no run {run_id}" if run_id is not None else "the store has seen no run yet")
    return _report(row)


def find_attempt(connection: sa.Connection, label: str, source: str, day: date | None) -> RunReport | None:
    """The report that an earlier attempt at a run wrote down; None if there is none."""
    query = (
        sa.select(run_table)
        .where(run_table.c.label == label, run_table.c.source == source)
        .where(run_table.c.partition_date.is_not_distinct_from(day), run_table.c.refused.is_(None))
        .order_by(run_table.c.run_id.desc())
        .limit(1)
    )
    row = connection.execute(query).mappings().first()
    return _report(row) if row else None


def _report(row: sa.RowMapping) -> RunReport:
    names = RunReport.__dataclass_fields__.keys() - {"seconds"}
    seconds = (row["finished_at"] - row["started_at"]).total_seconds()
    return RunReport(**{name: row[name] for name in names}, seconds=round(seconds, 3))


def next_id(connection: sa.Connection) -> int:
    """The number that a run will have, if it is written down: in the transaction of the one writer nobody takes it."""
    return (connection.scalar(sa.select(sa.func.max(run_table.c.run_id))) or 0) + 1


def write(
    connection: sa.Connection, run: Run, run_id: int, now: datetime, counts: dict[str, int], refused: str | None
) -> None:
    connection.execute(
        sa.insert(run_table).values(
            run_id=run_id,
            label=run.label,
            source=run.source,
            partition_date=run.partition_date,
            started_at=run.started_at,
            finished_at=now,
            version=version("wirecopy"),
            refused=refused,
            accepted=run.accepted,
            accepted_by=run.accepted_by,
            margins=[each.as_json() for each in run.margins] or None,
            **counts,
        )
    )
