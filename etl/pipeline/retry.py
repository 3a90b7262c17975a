"""Retry: read quarantined files again, after they or the reader were mended.  Shell."""

from __future__ import annotations

import functools
import operator
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from etl.decide.keep import NO_FAULTS
from etl.errors import Usage
from etl.pipeline import steps
from etl.prepare import shard_list, staging
from etl.prepare.shards import start_workers
from etl.settings import Settings
from etl.sources import discover
from etl.sources.source import Source
from etl.store import database, schema
from etl.store.quarantine import Held, around, held
from schemas.records import RunReport

ARTICLE, HELD, MISSING, GONE = "an article now", "still in quarantine", "its file is not there", "no longer in its file"
RecordKey = tuple[str, int | None]


@dataclass(frozen=True, slots=True)
class Retried:
    """The fate of a record that was in quarantine.  now: its row in quarantine, if it is still there."""

    before: Held
    became: str
    now: Held | None = None

    def line(self) -> str:
        reason = f", {self.now.stage}: {self.now.reason}" if self.now else ""
        return f"{self.before.name}: {self.became}{reason}"

    def as_json(self) -> dict[str, object]:
        return {**(self.now or self.before).as_json(), "became": self.became}


def retry(source: Source, label: str, settings: Settings) -> tuple[list[Retried], RunReport]:
    """Run the files of a source that have records in quarantine through the pipeline again, one commit a day.

    The guard's limit of quarantined records is off: these were quarantined before.  Raises Usage where nothing of the
    source is in quarantine, or none of the files is at the source's location.
    """
    before = _held(settings, source.name)
    if not before:
        raise Usage(f"nothing of source {source.name!r} is in quarantine; name another with --source")
    settings = replace(source.limits.over(settings), max_quarantine_share=1.0)
    started, tried, read, reports = datetime.now(UTC), set[str](), set[RecordKey](), list[RunReport]()
    days = {h.partition_date for h in before if h.partition_date or not source.dated}
    with start_workers(1, settings) as workers:
        for day in sorted(days, key=lambda day: day or date.min):
            inside = {part for h in before if h.partition_date == day for part in around(h.path)}
            shards = steps.discover(source, day, label, settings, inside)
            try:
                for shard in shards:
                    tried |= {discover.stored_path(file.path) for file in shard_list.read_shard(shard).files}
                    steps.prepare(shard, settings, workers, partition=(source, day))
                    read |= staging.articles(shard)
                if shards:
                    reports.append(steps.commit(shards, source, day, label, settings, started))
            finally:
                staging.clear(settings.staging, staging.folder_of(settings.staging, source.name, day, label))
    if not reports:
        raise Usage(f"{source.root} holds none of the files in quarantine, such as {before[0].path}; name their root")
    seconds = round((datetime.now(UTC) - started).total_seconds(), 3)
    now = {(h.path, h.record): h for h in _held(settings, source.name)}
    outcomes = [_retried(h, tried, read, now) for h in before]
    return outcomes, replace(functools.reduce(operator.add, reports), seconds=seconds)


def _held(settings: Settings, source: str) -> list[Held]:
    with database.opened(settings.store) as engine:
        schema.require_current(engine)
        with database.reading(engine) as connection:
            # Records of stage "fetch" have no file yet: fetching tries them again.  Others are there as they should be.
            return [h for h in held(connection, source) if h.stage != "fetch" and h.stage not in NO_FAULTS]


def _retried(
    before: Held, tried: AbstractSet[str], read: AbstractSet[RecordKey], now: Mapping[RecordKey, Held]
) -> Retried:
    if tried.isdisjoint(around(before.path)):
        return Retried(before, MISSING)
    if (before.path, before.record) in now:
        return Retried(before, HELD, now[before.path, before.record])
    # A file that was unreadable as a whole may be a container of records now.
    whole = before.record is None and any(path == before.path for path, _ in read)
    return Retried(before, ARTICLE if whole or (before.path, before.record) in read else GONE)
