"""The pipeline: one function a task.  Reads, calls the stages, writes; the same for Airflow and the command line.

    discover   which files a partition has, cut into shards           → shard files in the staging folder
    prepare    a shard's files to articles, fingerprinted             → one Parquet file of articles, one of quarantined
    commit     all of a partition's prepared shards into the store    → the run report

What passes between them are paths and counts.  Each may be repeated: it writes the same again, or nothing.  ingest()
is all three at once, for one process that need not be able to stop between them.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from types import MappingProxyType
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from etl.commit import batches as committing
from etl.decide.changes import Totals
from etl.decide.guard import Limits, exceeded
from etl.errors import Refused
from etl.fingerprint.recipe import Recipe
from etl.prepare import shard_list, staging
from etl.prepare.prefetch import prefetched
from etl.prepare.reading import ReadLimits
from etl.prepare.shards import prepared_rows, warm
from etl.prepare.worker_process import Budget
from etl.prepare.workers import Workers
from etl.read.cursor import FileLimits
from etl.settings import Settings
from etl.sources import discover as landing
from etl.sources import locations
from etl.sources.discover import stored_path
from etl.sources.locations import Reach
from etl.sources.partitions import day_of, shown
from etl.sources.source import Source
from etl.store import articles as store
from etl.store import database, quarantine, runs, schema
from schemas.records import Quarantined, RunReport

AHEAD = 8  # batches that are prepared before the commit asks for them: half a second's work of two workers, 20 MB
NO_OPTIONS: Mapping[str, Any] = MappingProxyType({})
log = logging.getLogger(__name__)

Progress = Callable[[int], None]
"""Called with the bytes of every file that is done."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a prepared shard holds."""

    articles: int
    quarantined: int
    seconds: float


def discover(
    source: Source,
    partition: date | None,
    label: str,
    settings: Settings,
    only: AbstractSet[str] | None = None,
    options: Mapping[str, Any] = NO_OPTIONS,
) -> list[str]:
    """Shard files of a partition (a day, or an hour: etl.sources.partitions) in the staging folder; none without files.

    label  names the run: a retry finds the same folder, two runs of one partition do not
    only   paths, as they are stored, of the files that are wanted; None: all
    options  of the file system that the source lies on, where not its environment's (etl.sources.credentials)
    """
    folder = staging.folder_of(settings.staging, source.name, partition, label)
    shards = []
    for number, shard in enumerate(_shards(source, partition, settings, only, options)):
        path = locations.join(folder, f"shard-{number:04}.json")
        shard_list.write_shard(shard, path)
        shards.append(path)
    log.info("%s %s: %d shards", source.name, shown(partition), len(shards))
    return shards


def _shards(
    source: Source,
    partition: date | None,
    settings: Settings,
    only: AbstractSet[str] | None = None,
    options: Mapping[str, Any] = NO_OPTIONS,
) -> Iterator[shard_list.Shard]:
    """Shards of a partition, as discover() cuts them."""
    recipe = _recipe(settings).name
    found = landing.find_files(source, partition, reach(settings, options))
    if only is not None:
        found = [file for file in found if stored_path(file.path) in only]
    day = partition and day_of(partition)
    for files in shard_list.cut(found, settings.shard_bytes):
        yield shard_list.Shard(source.name, day, source.root, recipe, tuple(files), source.columns)


def prepare(
    shard: str, settings: Settings, workers: Workers | None = None, options: Mapping[str, Any] = NO_OPTIONS
) -> Prepared:
    """Prepare a shard: its articles and what is quarantined, each in a Parquet file beside it, whole or not at all.

    workers  read, extract and fingerprint; None: one, for this shard alone
    """
    started = time.perf_counter()
    elsewhere = shard_list.read_shard(shard)
    with (
        shard_list.at_hand(elsewhere, reach(settings, options)) as job,
        nullcontext(workers) if workers else start_workers(1, settings) as children,
        staging.writing(shard) as prepared,
    ):
        for rows, rejected in prepared_rows(job, read_limits(settings), children, lambda size: None):
            prepared.add(rows, rejected)
    seconds = time.perf_counter() - started
    log.info("%s: %d articles, %d quarantined, %.1f s", shard, prepared.articles, prepared.quarantined, seconds)
    return Prepared(prepared.articles, prepared.quarantined, seconds)


def start_workers(count: int, settings: Settings) -> Workers:
    """Workers with the settings' limits to a document."""
    warm()
    return Workers(count, Budget(settings.max_document_seconds, settings.max_document_memory))


def read_limits(settings: Settings) -> ReadLimits:
    """Limits of documents and files while they are read."""
    inside = FileLimits(settings.max_unpacked_bytes, settings.max_unpacked_ratio, settings.max_file_records)
    return ReadLimits(settings.max_document_bytes, settings.max_document_seconds, inside)


def commit(
    shards: Sequence[str],
    source: Source,
    partition: date | None,
    label: str,
    settings: Settings,
    started: datetime,
    accept: bool = False,
) -> RunReport:
    """Bring the prepared shards of a partition into the store: one transaction, all or nothing.

    A run that changes nothing leaves the store as it is, and has no number.  One that would change more than the
    settings' limits allow is undone, written down with its reason, and raises Refused, unless it is accepted.
    """
    coming = _Coming(shown(partition), [shard_list.read_shard(shard) for shard in shards], staging.batches(shards))
    coming.rejected += staging.quarantined(shards)
    return _committed(coming, runs.Run(label, source.name, partition and day_of(partition), started), settings, accept)


def ingest(
    source: Source,
    partition: date | None,
    label: str,
    settings: Settings,
    workers: Workers,
    progress: Progress = lambda size: None,
    accept: bool = False,
) -> RunReport:
    """Discover, prepare and commit a partition in one: rows go from the workers straight into the store.

    Twice as quick as through the staging folder, since workers prepare while this process commits; in exchange the
    store's one writer is kept for as long as the slower of the two takes.  All else is as commit() says.
    """
    started = datetime.now(UTC)
    coming = _Coming(shown(partition), list(_shards(source, partition, settings)), iter(()))

    def rows() -> Generator[pa.RecordBatch, None, None]:
        for shard in coming.shards:
            with shard_list.at_hand(shard, reach(settings)) as job:
                for batch, rejected in prepared_rows(job, read_limits(settings), workers, progress):
                    coming.rejected += rejected
                    yield batch

    workers.begin()
    with prefetched(rows(), AHEAD) as coming.batches:
        run = runs.Run(label, source.name, partition and day_of(partition), started)
        return _committed(coming, run, settings, accept)


@dataclass(slots=True)
class _Coming:
    """What is brought into the store: the rows of shards, and what of them is no article, once the rows are through."""

    partition: str
    shards: list[shard_list.Shard]
    batches: Iterator[pa.RecordBatch]
    rejected: list[Quarantined] = field(default_factory=list)


def _committed(coming: _Coming, run: runs.Run, settings: Settings, accept: bool) -> RunReport:
    where = f"{run.source} {coming.partition}".strip()
    with database.opened(settings.store) as engine:
        schema.upgrade(engine)
        try:
            with database.writing(engine) as connection:
                report = _bring(connection, coming, run, settings, accept)
        except _Excess as excess:
            with database.writing(engine) as connection:
                number = runs.refuse(connection, run, excess.counts, "; ".join(excess.reasons))
            raise Refused(
                f"run {number} of {where} was undone: {'; '.join(excess.reasons)}.  "
                "Look at it, and if it is right run it again with accept (--accept)"
            ) from None
    log.info("%s: %s", where, report.line())
    return report


class _Excess(Exception):
    """Undoes the transaction of a run that goes beyond its limits."""

    def __init__(self, reasons: list[str], counts: dict[str, int]) -> None:
        super().__init__(reasons)
        self.reasons, self.counts = reasons, counts


def _bring(connection: sa.Connection, coming: _Coming, run: runs.Run, settings: Settings, accept: bool) -> RunReport:
    wanted = Recipe.parse(coming.shards[0].recipe if coming.shards else settings.recipe)
    # What has no shards was prepared by no recipe.
    recipe = store.take_recipe(connection, wanted) if coming.shards else store.stored_recipe(connection, wanted)
    totals = Totals()
    committing.commit_batches(connection, _tables(coming.batches, settings.batch_bytes), recipe, totals)
    rejected = coming.rejected + totals.collisions
    days = {stored_path(f.path): shard.partition_date for shard in coming.shards for f in shard.files}
    quarantined = [_quarantine_row(run, q, days) for q in rejected]
    paths = quarantine.paths_within(connection, run.source, days.keys())
    changed = store.replace_quarantined(connection, run.source, quarantined, paths)
    counts: dict[str, int] = {str(verdict): count for verdict, count in totals.counts.items()}
    counts["quarantined"] = len(rejected)
    counts["read"] = sum(counts.values())
    if not accept:
        limits = Limits(
            settings.max_duplicate_share,
            settings.max_quarantine_share,
            settings.max_replaced_share,
            settings.max_cluster_growth,
        )
        before = runs.latest_counts(connection)["canonical"]
        unread = [f"{q.path}: {q.reason}" for q in rejected]
        reasons = exceeded(limits, counts, before, totals.seen.rows(), unread)
        if reasons:
            raise _Excess(reasons, counts)
    return runs.finish(connection, run, counts, totals, written=totals.written or changed > 0)


def reach(settings: Settings, options: Mapping[str, Any] = NO_OPTIONS) -> Reach:
    """How far this run may go."""
    return Reach(settings.user_agent, settings.allow_hosts, options)


def _recipe(settings: Settings) -> Recipe:
    """The store's recipe; for a store that is not there yet, the one that the settings want."""
    wanted = Recipe.parse(settings.recipe)
    with database.opened(settings.store) as engine:
        if schema.schema_version(engine) is None:
            return wanted
        with database.reading(engine) as connection:
            return store.stored_recipe(connection, wanted)


def _tables(batches: Iterable[pa.RecordBatch], size: int) -> Iterator[pa.Table]:
    """The rows in tables of about that many bytes."""
    waiting: list[pa.RecordBatch] = []
    held = 0
    for batch in batches:
        waiting.append(batch)
        held += batch.nbytes
        if held >= size:
            yield pa.Table.from_batches(waiting)
            waiting, held = [], 0
    if waiting:
        yield pa.Table.from_batches(waiting)


def _quarantine_row(run: runs.Run, q: Quarantined, days: Mapping[str, date | None]) -> tuple[Any, ...]:
    """days: the partition of each file that was read; a document may be inside one."""
    day = next((days[path] for path in quarantine.around(q.path) if path in days), run.partition_date)
    record = -1 if q.record is None else q.record
    return (run.source, q.path, record, day, q.stage, q.reason.replace("\x00", ""), q.head)
