"""Tasks: the pipeline's functions as an orchestrator calls them.  Shell: plain values in and out, idempotent.

An attempt may be killed at any point and tried again, or go on unseen beside the next attempt.  Both write the same
files, and nothing but the store's one transaction is visible.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from etl.errors import Fatal
from etl.export.export import Choice
from etl.export.export import export as write_export
from etl.pipeline import steps
from etl.prepare import staging
from etl.report.verify import verify as differences_of
from etl.settings import Settings
from etl.sources.partitions import day_of, parse
from etl.sources.source import Source
from etl.store import database, runs, schema
from etl.store.articles import stored_recipe

log = logging.getLogger(__name__)
MAX_DIFFERENCES_SHOWN = 20


def discover(source: Source, partition: str, label: str, options: Mapping[str, Any] = steps.NO_OPTIONS) -> list[str]:
    """Shard files of a partition, named as etl.sources.partitions shows it.  options: of its file system."""
    settings = Settings.from_env()
    return steps.discover(source.landed(settings.landing), _parsed(partition), label, settings, options=options)


def prepare(shard: str, options: Mapping[str, Any] = steps.NO_OPTIONS) -> dict[str, object]:
    """Prepare a shard; returns the counts of what it holds.  options: of the file system of its files."""
    return asdict(steps.prepare(shard, Settings.from_env(), options=options))


def commit(
    shards: Sequence[str], source: Source, partition: str, label: str, started: str, accept: bool = False
) -> dict[str, object]:
    """Bring prepared shards into the store; returns the run report.  The source's limits override the settings'.

    When an earlier attempt was killed between its commit and its report, nothing is left to change.  Then the report
    is that of the earlier attempt, so that DAGs which follow the corpus are triggered.
    """
    settings = source.limits.over(Settings.from_env())
    day = _parsed(partition)
    report = steps.commit(shards, source, day, label, settings, datetime.fromisoformat(started), accept)
    if report.run_id is None:
        with database.opened(settings.store) as engine, database.reading(engine) as connection:
            report = runs.find_attempt(connection, label, source.name, day and day_of(day)) or report
    return report.as_json()


def verify() -> int:
    """Recompute the store and compare; returns the number of its articles.  Raises Fatal that names differences."""
    with database.opened(Settings.from_env().store) as engine:
        if schema.schema_version(engine) is None:  # no source has been read yet
            return 0
        schema.require_current(engine)
        with database.reading(engine) as connection:
            found = [str(d) for d in differences_of(connection, stored_recipe(connection), lambda part: None)]
            articles = runs.latest_counts(connection)["articles"]
    if found:
        shown = "".join(f"\n{difference}" for difference in found[:MAX_DIFFERENCES_SHOWN])
        raise Fatal(f"the store differs in {len(found)} places from what its articles give:{shown}")
    return articles


def export(
    folder: str, form: str = "parquet", duplicates: bool = False, source: str | None = None, day: str = ""
) -> dict[str, object]:
    """Bring the files of an export up to the store: counts, paths written and removed (etl.export.export.Exported).

    source, day  files of this source or this day alone; None, "": all of them
    """
    choice = Choice(duplicates, source, date.fromisoformat(day) if day else None)
    return asdict(write_export(Settings.from_env().store, folder, form, choice))


def export_standing() -> dict[str, object]:
    """Bring the export that the settings name up to the store; returns the counts of files written and removed."""
    settings = Settings.from_env()
    done = write_export(settings.store, settings.export)
    log.info("%s: %s", done.folder, done.line())
    return {**asdict(done), "written": len(done.written), "removed": len(done.removed)}


def tidy() -> None:
    """Bring the database's statistics up to date, and free the space of deleted rows."""
    with database.opened(Settings.from_env().store) as engine:
        if schema.schema_version(engine) is not None:
            schema.tidy(engine)


def sweep(older_than_s: float) -> list[str]:
    """Remove the staging folders of abandoned runs."""
    return staging.sweep(Settings.from_env().staging, older_than_s)


def _parsed(partition: str) -> date | None:
    return parse(partition) if partition else None
