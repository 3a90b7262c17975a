"""Tasks: the pipeline's functions as an orchestrator calls them.  Shell: plain values in and out, safe to repeat.

An attempt may be killed at any point and tried again, or go on unseen while the next attempt runs: what one wrote the
other writes again, and only the store's one transaction shows.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import date, datetime
from typing import Any

from etl.errors import Fatal
from etl.export import export as exporting
from etl.pipeline import steps
from etl.prepare import staging
from etl.report import verify as verifying
from etl.settings import Settings
from etl.sources.partitions import day_of, parse
from etl.sources.source import Source
from etl.store import articles as store
from etl.store import database, runs, schema

log = logging.getLogger(__name__)
SHOWN = 20  # differences: the first tell what is wrong


def discover(source: Source, partition: str, label: str, options: Mapping[str, Any] = steps.NO_OPTIONS) -> list[str]:
    """Shard files of a partition, as etl.sources.partitions shows it; options: of the file system that it lies on."""
    settings = Settings.from_env()
    return steps.discover(source.landed(settings.landing), _parsed(partition), label, settings, options=options)


def prepare(shard: str, options: Mapping[str, Any] = steps.NO_OPTIONS) -> dict[str, object]:
    """Prepare a shard; what it holds.  options: of the file system that its files lie on."""
    return asdict(steps.prepare(shard, Settings.from_env(), options=options))


def commit(
    shards: Sequence[str], source: Source, partition: str, label: str, started: str, accept: bool = False
) -> dict[str, object]:
    """Bring prepared shards into the store; the run report.  The source's own limits go before the settings'.

    After an attempt that was killed between its commit and its report there is nothing left to change: then the run
    that it wrote down is reported, so that those who follow the corpus hear of it.
    """
    settings = replace(Settings.from_env(), **dict(source.limits))  # type: ignore[arg-type]  # checked as declared
    day = _parsed(partition)
    report = steps.commit(shards, source, day, label, settings, datetime.fromisoformat(started), accept)
    if report.run_id is None:
        with database.opened(settings.store) as engine, database.reading(engine) as connection:
            report = runs.find_attempt(connection, label, source.name, day and day_of(day)) or report
    return report.as_json()


def verify() -> int:
    """Recompute the store and compare: the number of its articles.  Raises Fatal that names the first differences."""
    with database.opened(Settings.from_env().store) as engine:
        if schema.schema_version(engine) is None:  # no source has been read yet
            return 0
        schema.require_current(engine)
        with database.reading(engine) as connection:
            found = [str(d) for d in verifying.verify(connection, store.stored_recipe(connection), lambda part: None)]
            articles = runs.latest_counts(connection)["articles"]
    if found:
        shown = "".join(f"\n{difference}" for difference in found[:SHOWN])
        raise Fatal(f"the store is not what its articles make of it, in {len(found)} places:{shown}")
    return articles


def export(
    folder: str, form: str = "parquet", duplicates: bool = False, source: str | None = None, day: str = ""
) -> dict[str, object]:
    """Bring the files of an export up to the store: counts, paths written and removed (etl.export.export.Exported).

    source, day  files of this source or this day alone; None, "": all of them
    """
    choice = exporting.Choice(duplicates, source, date.fromisoformat(day) if day else None)
    return asdict(exporting.export(Settings.from_env().store, folder, form, choice))


def export_standing() -> dict[str, object]:
    """Bring the export that the settings name up to the store: how many files were written and removed, and of what."""
    settings = Settings.from_env()
    done = exporting.export(settings.store, settings.export)
    log.info("%s: %s", done.folder, done.line())
    return {**asdict(done), "written": len(done.written), "removed": len(done.removed)}


def tidy() -> None:
    """Bring the database's statistics up to date, and give it back the space of rows that are gone."""
    with database.opened(Settings.from_env().store) as engine:
        if schema.schema_version(engine) is not None:
            schema.tidy(engine)


def sweep(older_than_s: float) -> list[str]:
    """Remove what runs that were given up have left in the staging folder."""
    return staging.sweep(Settings.from_env().staging, older_than_s)


def _parsed(partition: str) -> date | None:
    return parse(partition) if partition else None
