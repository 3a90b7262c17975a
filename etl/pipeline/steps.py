"""The pipeline: one function a task.  Reads, calls the stages, writes; the same for Airflow and the command line.

    discover   which files a partition has, cut into shards           → shard files in the staging folder
    prepare    a shard's files to articles, fingerprinted             → one Parquet file of articles, one of quarantined
    commit     all of a partition's prepared shards into the store    → the run report

Paths and counts pass between them.  Each may be repeated: it writes the same again, or nothing.  ingest() is all three
at once, for one process that need not be able to stop between them.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, TypeVar

import pyarrow as pa

from etl.commit.partition import Incoming, commit_partition
from etl.decide import walk
from etl.decide.definition import Definition
from etl.decide.guard import Limits
from etl.errors import Refused, Usage
from etl.fingerprint.recipe import Recipe
from etl.pipeline.listing import NO_OPTIONS, Partition, cut, find, reach, with_due
from etl.prepare import shard_list, staging
from etl.prepare.prefetch import prefetched
from etl.prepare.reading import ReadLimits
from etl.prepare.shards import Rows, prepared_rows, start_workers
from etl.prepare.shared_urls import SharedUrls
from etl.prepare.workers import Workers
from etl.read.cursor import FileLimits
from etl.read.file import MAX_QUARANTINE_HEAD
from etl.settings import Settings, decider
from etl.sources.declarations import declared
from etl.sources.discover import stored_path
from etl.sources.partitions import day_of, shown
from etl.sources.source import Source
from etl.store import articles, database, runs, schema, sources
from etl.store.sources import Declared
from etl.text.printed import escaped
from schemas.records import Quarantined, RunReport
from schemas.staging import ARTICLES

AHEAD_BYTES = 40_000_000
"""Of rows that are prepared before the commit asks for them: what two workers do while 25,000 texts are elected."""
MAX_LOGGED = 20  # quarantined records of a batch
log = logging.getLogger(__name__)

T = TypeVar("T")
FileProgress = Callable[[int], None]
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
    """Shard files of a partition in the staging folder; none without files.

    label  names the run: a retry finds the same folder, two runs of one partition do not
    only   paths, as they are stored, of the files that are wanted; None: all
    """
    found = find(source, partition, settings, options)
    if only is None:
        found = with_due(found, settings, options)
    else:
        found = Partition(source, partition, [file for file in found.files if stored_path(file.path) in only])
    folder = staging.folder_of(settings.staging, source.name, partition, label)
    staging.require_inside(settings.staging, folder)
    shards = []
    for number, shard in enumerate(cut(found, *_as_stored(settings, source), settings.shard_bytes)):
        path = staging.shard_path(folder, number)
        staging.require_inside(settings.staging, path)
        shard_list.write_shard(shard, path)
        shards.append(path)
    log.info("%s: %d shards", found.name, len(shards))
    return shards


def _as_stored(settings: Settings, source: Source) -> tuple[Recipe, str | None]:
    """The store's recipe, and the name by which it computes ids of the source; those wanted where it is not there yet.

    Raises Usage for a source whose ids are another's.
    """
    wanted = Recipe.parse(settings.recipe)
    with database.opened(settings.store) as engine:
        stored = schema.schema_version(engine)
        if stored is None:
            return wanted, source.id_name
        with database.reading(engine) as connection:
            knows = stored >= sources.ID_NAMES_SINCE
            name = sources.id_name(connection, source.name, source.id_name) if knows else source.id_name
            return articles.stored_recipe(connection, wanted), name


def prepare(
    shard: str,
    settings: Settings,
    workers: Workers | None = None,
    options: Mapping[str, Any] = NO_OPTIONS,
    partition: tuple[Source, date | None] | None = None,
) -> Prepared:
    """Prepare a shard: its articles and what is quarantined, each in a Parquet file beside it, whole or not at all.

    workers    read, extract and fingerprint; None: one, for this shard alone
    partition  the source and day whose shard it must be; None: the caller has made it
    """
    started = time.perf_counter()
    staging.require_inside(settings.staging, shard)
    elsewhere = shard_list.read_shard_of(*partition, shard) if partition else shard_list.read_shard(shard)
    with (
        shard_list.at_hand(elsewhere, reach(settings, options)) as job,
        nullcontext(workers) if workers else start_workers(1, settings) as children,
    ):

        def write(shared: frozenset[int]) -> staging.PreparedShard:
            with staging.writing(shard) as prepared:
                rows = prepared_rows(job, read_limits(settings), children, lambda size: None, shared_urls=shared)
                for batch, rejected in rows if shared else _watched(rows):
                    prepared.add(batch, rejected)
                    _tell(rejected)
            return prepared

        prepared = _with_shared_urls(shard, write)
    seconds = time.perf_counter() - started
    log.info("%s: %d articles, %d quarantined, %.1f s", shard, prepared.articles, prepared.quarantined, seconds)
    return Prepared(prepared.articles, prepared.quarantined, seconds)


def _tell(rejected: Sequence[Quarantined]) -> None:
    """Name records that become no article in the log of the run; all stand in the view corpus_quarantine."""
    for bad in rejected[:MAX_LOGGED]:
        record = "" if bad.record is None else f"#{bad.record}"
        log.info("quarantined: %s", escaped(f"{bad.path}{record}: {bad.stage}: {bad.reason}"))
    if len(rejected) > MAX_LOGGED:
        log.info("quarantined: %d more in this batch", len(rejected) - MAX_LOGGED)


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
    preview: bool = False,
) -> RunReport:
    """Bring the prepared shards of a partition into the store: one transaction, all or nothing.

    accept   let the run pass whatever the guard says of it; otherwise one that goes beyond the settings' limits is
             rolled back, written down with the reason, and raises Refused
    preview  roll it back in any case, and report what it would have done

    A run that changes nothing leaves the store as it is, and has no number.
    """
    name = f"{source.name} {shown(partition)}".strip()
    run = runs.Run(label, source.name, partition and day_of(partition), started)
    for shard in shards:
        staging.require_inside(settings.staging, shard)
    read = [shard_list.read_shard(shard) for shard in shards]
    others, related = declared_sources(settings), Definition.parse(settings.relations)
    incoming = Incoming(run, name, read, _staged(shards), others, source.is_reference, related)
    return _bring_in(incoming, settings, accept, preview)


def _bring_in(incoming: Incoming, settings: Settings, accept: bool, preview: bool) -> RunReport:
    by, limits = decider() if accept else None, limits_of(settings)
    size, cache = settings.batch_bytes, settings.cache_bytes
    return commit_partition(settings.store, incoming, size, limits, by, preview, cache)


def declared_sources(settings: Settings) -> list[Declared]:
    """The sources that the installation declares, but for broken ones; none without a file that can be read."""
    try:
        found = declared(settings.sources).values()
    except Usage:
        return []
    return [
        Declared(s.name, s.kind, s.schedule, s.publisher or None, s.rank, s.earliest, s.role, s.id_name)
        for s in found
        if isinstance(s, Source)
    ]


def _staged(shards: Sequence[str]) -> Iterator[Rows]:
    """The rows of prepared shards; those that are no article come first, all together."""
    yield pa.RecordBatch.from_pylist([], ARTICLES), list(staging.quarantined(shards))
    for batch in staging.batches(shards):
        yield batch, []


def ingest(
    found: Partition,
    label: str,
    settings: Settings,
    workers: Workers,
    progress: FileProgress = lambda size: None,
    accept: bool = False,
    preview: bool = False,
    is_last: bool = False,
) -> RunReport:
    """Prepare and commit the files of a partition in one: rows go from the workers straight into the store.

    Twice as quick as through the staging folder, since workers prepare while this process commits; in exchange the
    store's one writer is kept for as long as the slower of the two takes.  All else is as commit() says.

    is_last  no partition follows: the workers end, and give their memory back, when its rows are prepared
    """
    started = datetime.now(UTC)
    shards = cut(with_due(found, settings), *_as_stored(settings, found.source), settings.shard_bytes)

    def rows(shared: frozenset[int]) -> Generator[Rows, None, None]:
        for shard in shards:
            with shard_list.at_hand(shard, reach(settings)) as job:
                # Files that are read again are done already.
                say = (lambda size: None) if shared else progress
                yield from prepared_rows(job, read_limits(settings), workers, say, shared_urls=shared)

    def coming(shared: frozenset[int]) -> Generator[Rows, None, None]:
        yield from rows(shared) if shared else _watched(rows(shared))
        if is_last:
            workers.end()

    def bring(shared: frozenset[int]) -> RunReport:
        with prefetched(coming(shared), AHEAD_BYTES, _bytes_of) as ahead:
            walk.warm()  # while workers make the first rows
            others, is_reference = declared_sources(settings), found.source.is_reference
            related = Definition.parse(settings.relations)
            incoming = Incoming(run, found.name, shards, ahead, others, is_reference, related)
            return _bring_in(incoming, settings, accept, preview)

    workers.begin()
    run = runs.Run(label, found.source.name, found.partition and day_of(found.partition), started)
    return _with_shared_urls(found.name, bring)


def _bytes_of(rows: Rows) -> int:
    batch, rejected = rows
    return int(batch.nbytes) + sum(MAX_QUARANTINE_HEAD + len(each.head) for each in rejected)


class _SharedUrlsError(Exception):
    """Ends an attempt at the end of its rows: URLs turned out to be shared, so these records need other keys."""

    def __init__(self, urls: frozenset[int], records: int) -> None:
        super().__init__(urls, records)
        self.urls, self.records = urls, records


def _watched(rows: Iterator[Rows]) -> Generator[Rows, None, None]:
    """The rows; raises _SharedUrlsError after the last one where records share their URL."""
    watch = SharedUrls()
    for batch, rejected in rows:
        watch.add(batch)
        yield batch, rejected
    if urls := watch.found():
        raise _SharedUrlsError(urls, watch.records)


def _with_shared_urls(name: str, attempt: Callable[[frozenset[int]], T]) -> T:
    """The result of an attempt; where URLs turn out to be shared, of a second one that knows them, and a warning.

    The first leaves no trace then.  Such files are rare, and a look at each before it is read would cost all of them.
    """
    try:
        return attempt(frozenset())
    except _SharedUrlsError as found:
        log.warning(
            "%s: %d records share %d URLs with records of other texts in their file; each is an article of its own,"
            " known by its id or its place",
            name, found.records, len(found.urls),
        )  # fmt: skip
        return attempt(found.urls)


def told_of_others(refused: Refused, names: Sequence[str], number: int) -> Refused:
    """A refusal of one of several partitions that also says what became of the others.  number: its place, from 0."""
    if len(names) == 1:
        return refused
    kept, left = _range(names[:number]), _range(names[number + 1 :])
    said, *examples = str(refused).split("\n")
    return Refused("\n".join([f"{said}.  Before it, kept: {kept}; after it, not read: {left}", *examples]))


def _range(names: Sequence[str]) -> str:
    return "none" if not names else names[0] if len(names) == 1 else f"{names[0]} to {names[-1]} ({len(names)})"


def limits_of(settings: Settings) -> Limits:
    """What the guard allows, by the settings."""
    return Limits(
        settings.max_duplicate_share,
        settings.max_quarantine_share,
        settings.max_replaced_share,
        settings.max_cluster_growth,
        settings.max_lately_replaced_share,
        settings.max_run_records,
        settings.max_run_bytes,
        settings.min_judged_records,
    )
