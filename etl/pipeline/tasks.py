"""Tasks: the pipeline's functions as an orchestrator calls them.  Shell: plain values in and out, idempotent.

An attempt may be killed at any point and tried again, or go on unseen beside the next attempt.  Both write the same
files, and nothing but the store's one transaction is visible.

People may change values that tasks hand on (XComs).  So these are days and numbers, checked by each task; paths are
built from the settings, and a shard's list must be of the source and day that it is taken for.

A run has one partition, or several days in a row (etl.sources.partitions); each is committed by itself.
"""

from __future__ import annotations

import functools
import logging
import operator
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, date, datetime
from typing import Any

from etl.commit import curate as decisions
from etl.commit.erase import erase_all
from etl.commit.selection import Selection, chosen
from etl.errors import Fatal, Refused, Usage
from etl.export.export import Choice
from etl.export.export import export as write_export
from etl.pipeline import erasing, steps
from etl.pipeline.listing import NO_OPTIONS
from etl.prepare import shard_list, staging
from etl.report.silence import SourceState, source_states
from etl.report.silence import too_little as days_with_too_little
from etl.report.verify import verify as differences_of
from etl.settings import Settings
from etl.sources import locations
from etl.sources.partitions import day_of, parse_run, shown
from etl.sources.source import Source
from etl.store import database, runs, schema
from etl.store.articles import stored_recipe
from etl.text.printed import escaped
from schemas.records import RunReport

log = logging.getLogger(__name__)
MAX_DIFFERENCES_SHOWN = 20


def discover(
    source: Source, partitions: str, label: str, options: Mapping[str, Any] = NO_OPTIONS
) -> list[dict[str, Any]]:
    """Shards of a run, each as its partition and number; they wait in the staging folder.

    partitions  of the run, as etl.sources.partitions writes them
    options     of the file system of the source
    """
    settings = Settings.from_env()
    landed, shards = source.landed(settings.landing), []
    for partition in parse_run(partitions):
        found = steps.discover(landed, partition, label, settings, options=options)
        shards += [{"partition": shown(partition), "number": number} for number in range(len(found))]
    return shards


def prepare(
    shard: Mapping[str, Any],
    source: Source,
    partitions: str,
    label: str,
    options: Mapping[str, Any] = NO_OPTIONS,
) -> dict[str, object]:
    """Prepare a shard that discover() has named; returns the counts of what it holds."""
    settings = Settings.from_env()
    (partition, numbers), *_ = _by_partition([shard], parse_run(partitions)).items()
    folder = staging.folder_of(settings.staging, source.name, partition, label)
    of = source.landed(settings.landing), partition
    path = staging.shard_path(folder, numbers[0])
    return asdict(steps.prepare(path, settings, options=options, partition=of))


def commit(
    shards: Sequence[Mapping[str, Any]],
    source: Source,
    partitions: str,
    label: str,
    started: str,
    accept: bool = False,
    preview: bool = False,
) -> dict[str, object]:
    """Bring prepared shards into the store, one commit a partition; returns the run report, counts added up.

    The source's limits override the settings'.  A partition that the guard refuses leaves those before it committed.

    preview  roll each back, and report what it would have done
    """
    settings = source.limits.over(Settings.from_env())
    landed, began = source.landed(settings.landing), _moment(started)
    reports = []
    named = _by_partition(shards, run := parse_run(partitions))
    for partition in run:
        folder = staging.folder_of(settings.staging, source.name, partition, label)
        paths = [staging.shard_path(folder, number) for number in range(len(named.get(partition, [])) or 1)]
        for path in paths:
            staging.require_inside(settings.staging, path)
        if partition not in named and not locations.exists(paths[0]):  # a day without files
            continue
        counts = {shard_list.read_shard_of(landed, partition, path).count for path in paths}
        if counts != {len(paths)} or sorted(named.get(partition, [])) != list(range(len(paths))):
            missing = f"not all shards of {source.name} {shown(partition)}".rstrip()
            raise Fatal(f"{missing} were handed on; clear the whole run to do it again")
        try:
            reports.append(_commit(paths, source, partition, label, settings, began, accept, preview))
        except Refused as refused:
            days = [f"{source.name} {shown(each)}".strip() for each in run]
            raise steps.told_of_others(refused, days, run.index(partition)) from None
    if not reports:
        raise Fatal(f"no shard of {source.name} was handed on; clear the whole run to do it again")
    last = next((report.run_id for report in reversed(reports) if report.run_id is not None), None)
    return replace(functools.reduce(operator.add, reports), run_id=last).as_json()


def _commit(
    shards: Sequence[str],
    source: Source,
    partition: date | None,
    label: str,
    settings: Settings,
    started: datetime,
    accept: bool,
    preview: bool,
) -> RunReport:
    """Commit one partition.

    When an earlier attempt was killed between its commit and its report, nothing is left to change.  Then the report
    is that of the earlier attempt, so that DAGs which follow the corpus are triggered.
    """
    report = steps.commit(shards, source, partition, label, settings, started, accept, preview)
    if report.run_id is None and not preview:
        with database.opened(settings.store) as engine, database.reading(engine) as connection:
            report = runs.find_attempt(connection, label, source.name, partition and day_of(partition)) or report
    return report


def too_little(source: Source, partitions: str) -> str:
    """What is wrong with how little a run has brought, by what its source usually brings; "" if nothing is."""
    settings = Settings.from_env()
    with database.opened(settings.store) as engine:
        if schema.schema_version(engine) is None:
            return "the store has seen no run yet"
        with database.reading(engine) as connection:
            said = days_with_too_little(connection, source, parse_run(partitions), settings, datetime.now(UTC))
    return "; ".join(said)


def quiet_sources() -> list[str]:
    """Sources that are silent, or brought far less than usual, each with the reason, in words."""
    settings = Settings.from_env()
    with database.opened(settings.store) as engine:
        states: list[SourceState] = []
        if schema.schema_version(engine) is not None:
            schema.require_current(engine)
            with database.reading(engine) as connection:
                states = source_states(connection, settings, datetime.now(UTC))
    return [f"source {state.source}: {state.problem}" for state in states if state.problem]


def clear(source: Source, partitions: str, label: str) -> None:
    """Remove what a run has staged."""
    root = Settings.from_env().staging
    for partition in parse_run(partitions):
        staging.clear(root, staging.folder_of(root, source.name, partition, label))


def curate(
    word: str, named: Sequence[str], reason: str, who: str, label: str, story: bool = False
) -> dict[str, object]:
    """Carry out a person's decision on articles; returns the run report.

    word   retract, restore or erase, of any number of articles; same, different or undo, of two
    named  the articles by id, URL, key or path
    story  all copies of their stories, too

    Raises Usage for a name that fits no article, or several, and for a pair that is none.
    """
    of_articles = {"retract": decisions.retract, "restore": decisions.restore, "erase": erase_all}
    of_pairs: dict[str, decisions.Word | None] = {"same": "same", "different": "different", "undo": None}
    said = decisions.Said(who, reason, label, datetime.now(UTC))
    settings = Settings.from_env()
    with database.opened(settings.store) as engine:
        schema.require_current(engine)
        with database.writing(engine) as connection:
            selection = Selection(story=named) if story else Selection(named=named)
            ids = chosen(connection, selection, erased=word == "erase")
            if word in of_articles:
                report = of_articles[word](connection, ids, said)
            elif len(ids) == 2:
                report = decisions.judge(connection, ids[0], ids[1], of_pairs[word], said)
            else:
                raise Usage(f"{word!r} is said of two articles, not of {len(ids)}")
            if report.run_id is None:  # an earlier attempt, killed before it told, or nothing to change
                report = runs.find_attempt(connection, label, report.source, None) or report
    if word == "erase":
        erasing.resume(settings)
    return report.as_json()


def latest_report() -> dict[str, object]:
    """The report of the last run in the store."""
    with database.opened(Settings.from_env().store) as engine, database.reading(engine) as connection:
        return runs.find(connection, None).as_json()


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
        shown = "".join(f"\n{escaped(difference)}" for difference in found[:MAX_DIFFERENCES_SHOWN])
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
    """Bring the database's statistics up to date, free the space of deleted rows, finish interrupted erasures."""
    settings = Settings.from_env()
    with database.opened(settings.store) as engine:
        if schema.schema_version(engine) is None:
            return
        schema.tidy(engine)
    erasing.resume(settings)


def sweep(older_than_s: float) -> list[str]:
    """Remove the staging folders of abandoned runs."""
    return staging.sweep(Settings.from_env().staging, older_than_s)


def _by_partition(shards: Sequence[Mapping[str, Any]], run: Sequence[date | None]) -> dict[date | None, list[int]]:
    """Numbers of shards by partition, in the order of the run's.  Raises Fatal for what discover() cannot have made."""
    named = {shown(partition): partition for partition in run}
    found: dict[date | None, list[int]] = {}
    try:
        for shard in shards:
            number = shard["number"]
            if type(number) is not int or number < 0:
                raise ValueError(number)
            found.setdefault(named[shard["partition"]], []).append(number)
    except (KeyError, TypeError, ValueError):
        raise Fatal(f"{shard!r} names no shard of this run; clear the whole run to do it again") from None
    return {partition: found[partition] for partition in run if partition in found}


def _moment(text: str) -> datetime:
    """When a run began.  Raises Fatal for what is no moment with its zone."""
    try:
        moment = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        moment = None
    if moment is None or moment.tzinfo is None:
        raise Fatal(f"{text!r} does not say when this run began; clear the whole run to do it again")
    return moment
