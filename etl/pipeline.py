"""The pipeline: one function a task.  Reads, calls the stages, writes; the same for Airflow and the command line.

    discover   which files a partition has, cut into shards           → shard files in the staging folder
    prepare    a shard's files to articles, fingerprinted             → one Parquet file of articles, one of quarantined
    commit     all of a partition's prepared shards into the store    → the run report

What passes between them are paths and counts.  Each may be repeated: it writes the same again, or nothing.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import sqlalchemy as sa

from etl import commit as committing
from etl import database, landing, quarantine, runs, store
from etl.errors import Refused
from etl.landing import stored_path
from etl.limits import Limits, exceeded
from etl.partition import day_of, shown
from etl.places import Reach
from etl.recipe import Recipe
from etl.settings import Settings
from etl.settle import Totals
from etl.shards import prepared_rows, warm
from etl.sources import Source
from etl.workers import Budget, Workers
from schemas.records import Quarantined, RunReport
from schemas.staging import ARTICLES, QUARANTINED

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
    source: Source, partition: date | None, label: str, settings: Settings, only: AbstractSet[str] | None = None
) -> list[str]:
    """Shard files of a partition (a day, or an hour: etl.partition), in the staging folder; none when it has no files.

    label  names the run: a retry finds the same folder, two runs of one partition do not
    only   paths, as they are stored, of the files that are wanted; None: all
    """
    folder = staging_folder(source.name, partition, label, settings)
    recipe = _recipe(settings).name
    shards = []
    found = landing.find_files(source, partition, Reach(settings.user_agent, settings.allow_hosts))
    if only is not None:
        found = [file for file in found if stored_path(file.path) in only]
    day = partition and day_of(partition)
    for number, files in enumerate(landing.cut(found, settings.shard_bytes)):
        path = folder / f"shard-{number:04}.json"
        landing.write_shard(landing.Shard(source.name, day, source.root, recipe, tuple(files), source.columns), path)
        shards.append(str(path))
    log.info("%s %s: %d shards", source.name, shown(partition), len(shards))
    return shards


def staging_folder(source: str, partition: date | None, label: str, settings: Settings) -> Path:
    token = blake2b(label.encode(), digest_size=6).hexdigest()
    return Path(settings.staging) / source / (shown(partition) or "undated") / token


def prepare(
    shard: str, settings: Settings, workers: Workers | None = None, progress: Progress = lambda size: None
) -> Prepared:
    """Prepare a shard: its articles and what is quarantined, each in a Parquet file beside it, whole or not at all.

    workers  read, extract and fingerprint; None: one, for this shard alone
    """
    started = time.perf_counter()
    elsewhere = landing.read_shard(Path(shard))
    articles = quarantined = 0
    with (
        landing.at_hand(elsewhere, Reach(settings.user_agent, settings.allow_hosts)) as job,
        nullcontext(workers) if workers else start_workers(1, settings) as children,
        _parquet(_beside(shard, "articles"), ARTICLES) as good,
        _parquet(_beside(shard, "quarantined"), QUARANTINED) as bad,
    ):
        for rows, rejected in prepared_rows(job, settings.max_document_bytes, children, progress):
            articles += rows.num_rows
            quarantined += len(rejected)
            good.write_batch(rows)
            if rejected:
                bad.write_batch(_quarantined_rows(rejected))
    seconds = time.perf_counter() - started
    log.info("%s: %d articles, %d quarantined, %.1f s", shard, articles, quarantined, seconds)
    return Prepared(articles, quarantined, seconds)


def start_workers(count: int, settings: Settings) -> Workers:
    """Workers with the settings' limits to a document."""
    warm()
    return Workers(count, Budget(settings.max_document_seconds, settings.max_document_memory))


def prepared_articles(shard: str) -> set[tuple[str, int | None]]:
    """(path, record) of each article of a prepared shard."""
    rows = pq.read_table(_beside(shard, "articles"), columns=["path", "record"])
    return set(zip(*(column.to_pylist() for column in rows.columns), strict=True))


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
    run = runs.Run(label, source.name, partition and day_of(partition), started)
    with database.opened(settings.store) as engine:
        database.upgrade(engine)
        try:
            with database.writing(engine) as connection:
                report = _commit(connection, [Path(s) for s in shards], run, settings, accept)
        except _Excess as excess:
            with database.writing(engine) as connection:
                number = runs.refuse(connection, run, excess.counts, "; ".join(excess.reasons))
            raise Refused(
                f"run {number} of {source.name} {shown(partition)} was undone: {'; '.join(excess.reasons)}.  "
                "Look at it, and if it is right run it again with accept (--accept)"
            ) from None
    log.info("%s %s: %s", source.name, shown(partition), report.line())
    return report


class _Excess(Exception):
    """Undoes the transaction of a run that goes beyond its limits."""

    def __init__(self, reasons: list[str], counts: dict[str, int]) -> None:
        super().__init__(reasons)
        self.reasons, self.counts = reasons, counts


def _commit(
    connection: sa.Connection, shards: Sequence[Path], run: runs.Run, settings: Settings, accept: bool
) -> RunReport:
    jobs = [landing.read_shard(shard) for shard in shards]
    recipe = store.take_recipe(connection, Recipe.parse(jobs[0].recipe if jobs else settings.recipe))
    totals = Totals()
    committing.commit_batches(connection, _stored_batches(shards, settings.batch_bytes), recipe, totals)
    rejected = list(_stored_quarantined(shards)) + totals.collisions
    files = {stored_path(f.path) for job in jobs for f in job.files}
    quarantined = [_quarantine_row(run, q) for q in rejected]
    paths = quarantine.paths_within(connection, run.source, files)
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


def _recipe(settings: Settings) -> Recipe:
    """The store's recipe; for a store that is not there yet, the one that the settings want."""
    wanted = Recipe.parse(settings.recipe)
    with database.opened(settings.store) as engine:
        if database.schema_version(engine) is None:
            return wanted
        with database.reading(engine) as connection:
            return store.stored_recipe(connection, wanted)


def _beside(shard: str | Path, kind: str) -> Path:
    return Path(shard).with_suffix(f".{kind}.parquet")


@contextmanager
def _parquet(path: Path, schema: pa.Schema) -> Iterator[pq.ParquetWriter]:
    """A Parquet file that is there when it is whole, and not before."""
    partial = path.with_suffix(f".{os.getpid()}.tmp")
    try:
        # Rows live for minutes and are read once: lz4 costs a fifth of zstd's time for a third more bytes.
        with pq.ParquetWriter(
            partial, schema, compression="lz4", use_dictionary=False, write_statistics=False
        ) as writer:
            yield writer
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def _quarantined_rows(rejected: Sequence[Quarantined]) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist([{n: getattr(q, n) for n in QUARANTINED.names} for q in rejected], QUARANTINED)


def _stored_batches(shards: Sequence[Path], batch_bytes: int) -> Iterator[pa.Table]:
    """Rows of all shards, in tables of about that size."""
    waiting: list[pa.RecordBatch] = []
    size = 0
    for shard in shards:
        # Not read ahead: a shard of any size costs the memory of a batch.
        file = pq.ParquetFile(_beside(shard, "articles"), pre_buffer=False)
        for batch in file.iter_batches(1024):
            waiting.append(batch)
            size += batch.nbytes
            if size >= batch_bytes:
                yield pa.Table.from_batches(waiting)
                waiting, size = [], 0
    if waiting:
        yield pa.Table.from_batches(waiting)


def _stored_quarantined(shards: Sequence[Path]) -> Iterator[Quarantined]:
    for shard in shards:
        yield from (Quarantined(**row) for row in pq.read_table(_beside(shard, "quarantined")).to_pylist())


def _quarantine_row(run: runs.Run, q: Quarantined) -> tuple[Any, ...]:
    record = -1 if q.record is None else q.record
    return (run.source, q.path, record, run.partition_date, q.stage, q.reason.replace("\x00", ""), q.head)
