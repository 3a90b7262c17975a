"""A whole run without Airflow, with one worker a core and a progress bar.  Shell around etl.pipeline.steps."""

from __future__ import annotations

import functools
import logging
import operator
import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Protocol

from etl.decide import walk
from etl.errors import Refused, Usage
from etl.fingerprint import kernels, passages
from etl.prepare.shards import start_workers, warm
from etl.prepare.workers import Workers
from etl.settings import Settings
from etl.sources.partitions import require_come
from etl.sources.source import Source
from schemas.records import RunReport

log = logging.getLogger(__name__)


class Progress(Protocol):
    """Messages of a run to the person who waits for it."""

    def begin(self, total_bytes: int) -> None: ...

    def done(self, size: int) -> None: ...

    def say(self, what: str) -> None: ...

    def note(self, what: str) -> None: ...


def run(
    sources: Sequence[Source],
    days: Sequence[date] | None,
    label: str,
    settings: Settings,
    progress: Progress,
    accept: bool = False,
    preview: bool = False,
) -> RunReport:
    """Ingest the partitions of these sources, one commit each, in the order of their days (or hours).

    The files of all partitions are listed first, once, since the progress bar needs their size.
    Returns one report: records of all partitions added up, the store as the last left it.

    preview  keep nothing: each partition is compared with the store as it is, and not with those before it
    """
    started = datetime.now(UTC)
    if not (kernels.ready() and passages.ready() and walk.ready()):
        progress.note("compiling the fingerprint loops, once on this machine: some 10 s")
        passages.warm()
        walk.warm()
        warm()
    with start_workers(settings.workers or os.cpu_count() or 1, settings) as workers:
        workers.begin()
        reports = _ingest(sources, days, label, settings, progress, accept, preview, workers, started)
    return replace(
        functools.reduce(operator.add, reports), seconds=round((datetime.now(UTC) - started).total_seconds(), 3)
    )


def _ingest(
    sources: Sequence[Source],
    days: Sequence[date] | None,
    label: str,
    settings: Settings,
    progress: Progress,
    accept: bool,
    preview: bool,
    workers: Workers,
    started: datetime,
) -> list[RunReport]:
    """The report of each partition."""
    from etl.pipeline import steps  # SQL and all that: while the workers' server loads what they need
    from etl.pipeline.listing import find

    wanted = [(source, day) for source in sources for day in _days_of(source, days)]
    for source, day in wanted:
        require_come(source.name, day, started)
    partitions = [find(source, day, settings) for source, day in wanted]
    if not any(partition.files for partition in partitions):
        log.warning("no files of articles at %s", ", ".join(place for source in sources for place in source.locations))
    size = sum(partition.size for partition in partitions)
    progress.begin(size)
    reports: list[RunReport] = []
    for partition in partitions:
        progress.say(partition.name)
        try:
            limited = partition.source.limits.over(settings)
            is_last = partition is partitions[-1]
            reports.append(steps.ingest(partition, label, limited, workers, progress.done, accept, preview, is_last))
        except Refused as refused:
            raise steps.told_of_others(refused, [each.name for each in partitions], len(reports)) from None
    return reports


def _days_of(source: Source, days: Sequence[date] | None) -> Sequence[date | None]:
    if days is None:
        return [None]
    if not source.dated and len(days) > 1:
        raise Usage(
            f"{', '.join(source.locations)} has no day in it; write {{date:…}} where the day stands, "
            f"as in '{source.root}/{{date:%Y/%m/%d}}'"
        )
    return days
