"""Shards: the files of a shard to rows, read and prepared in worker processes.  Shell.

One child reads the files and sends documents in batches; others make each batch to rows.  The fence is around a record.
An exception over a document quarantines it, and its process goes on.  A document over which a process ends
(etl.prepare.workers) is quarantined with the reason, and everything else of the shard is read: another process prepares
the rest of the batch, or reads on behind the record (etl.prepare.reading).

What children do is imported by them alone (etl.prepare.documents): it takes longer than a small run has to wait, and
whoever started them has the time for what it does itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from etl.decide.keep import KeepRule
from etl.extract.identity import Identity
from etl.fingerprint.recipe import Recipe
from etl.prepare import reading
from etl.prepare.packed import Packed
from etl.prepare.shard_list import Shard
from etl.prepare.worker_process import Budget, Mark
from etl.prepare.workers import Kills, Lost, Workers
from etl.read.file import ReadResults
from etl.settings import Settings
from schemas.records import Quarantined

if TYPE_CHECKING:
    from schemas.article import Article

Rows = tuple[pa.RecordBatch, list[Quarantined]]


def _read(*given: Any, **named: Any) -> ReadResults:
    from etl.read.files import read

    return read(*given, **named)


def _extract(*given: Any) -> Article:
    from etl.extract.article import extract

    return extract(*given)


def _prepare(mark: Mark, job: Job) -> Iterator[Rows]:
    from etl.prepare.documents import prepare_documents

    return prepare_documents(mark, job)


def warm() -> None:
    """Load what preparing needs at its first document, before workers are forked from here."""
    from etl.prepare.documents import warm

    warm()


@dataclass(frozen=True, slots=True)
class Stages:
    """What is done to a file and to a document; functions that pickle finds by name."""

    read: reading.Reader = _read
    extract: Callable[..., Article] = _extract


@dataclass(frozen=True, slots=True)
class Job:
    """Documents, and what to make of them."""

    documents: tuple[Packed, ...]
    source: str
    day: date | None
    columns: Mapping[str, str]
    identity: Identity
    keep: KeepRule
    recipe: Recipe
    stages: Stages
    earliest: date | None = None
    now: datetime = field(default_factory=lambda: datetime.now(UTC))


AS_EVER = Stages()


def start_workers(count: int, settings: Settings) -> Workers:
    """Workers with the settings' limits to a document."""
    return Workers(count, Budget(settings.max_document_seconds, settings.max_document_memory), warm)


def prepared_rows(
    shard: Shard,
    limits: reading.ReadLimits,
    workers: Workers,
    progress: Callable[[int], None],
    stages: Stages = AS_EVER,
    shared_urls: frozenset[int] = frozenset(),
) -> Iterator[Rows]:
    """Rows of a shard's articles and what is quarantined, batch by batch, in the order of its files.

    progress     called with the bytes of files that were read
    shared_urls  of its files, as etl.prepare.shared_urls found them in these rows
    """
    recipe, columns = Recipe.parse(shard.recipe), dict(shard.columns)
    identity = Identity(shard.ids_by_file, shared_urls, shard.id_name)

    def jobs() -> Iterator[Job]:
        for batch in _read_on(shard, limits, workers, stages.read):
            progress(batch.size)
            if batch.documents:
                place = shard.source, shard.partition_date
                yield Job(batch.documents, *place, columns, identity, shard.keep, recipe, stages, shard.earliest)

    return workers.map(_prepare, jobs(), _without)


def _without(job: Job, lost: Lost) -> list[Job]:
    """The job without the document that it was lost at; one document at a time where it was lost with them all.

    The documents up to that one, and those behind it, are a job each: none is prepared more than twice.
    """
    documents = job.documents
    number, phase = lost.step or (-1, 0)
    if len(documents) > 1 and not 0 <= number < len(documents):
        return [replace(job, documents=(document,)) for document in documents]
    number = min(max(number, 0), len(documents) - 1)
    culprit = documents[number]._replace(lost=documents[number].lost or lost.reason, blind=phase == 0)
    parts = (*documents[:number], culprit), documents[number + 1 :]
    return [replace(job, documents=part) for part in parts if part]


def _read_on(
    shard: Shard, limits: reading.ReadLimits, workers: Workers, read: reading.Reader
) -> Iterator[reading.Batch]:
    """Batches of a shard's documents; where the process that reads ends, another goes on behind the record."""
    begin, kills, spent = reading.At(), Kills(), 0.0
    faults: tuple[reading.Fault, ...] = ()
    while True:
        try:
            for batch in workers.stream(reading.read_documents, shard, limits, read, begin, faults, spent):
                spent = spent if batch.end.file == begin.file else 0.0
                begin = batch.end
                faults = tuple(fault for fault in faults if fault.at >= begin)
                yield batch
            return
        except Lost as lost:
            if kills.forgive(lost):
                continue
            spent += lost.seconds
            faults = reading.add_fault(faults, reading.At.of(lost.step) if lost.step else begin, lost.reason)
