"""Shards: the files of a shard to rows, read and prepared in worker processes.  Shell.

One child reads the files and sends documents in batches; others make each batch to rows.  The fence is around a record.
An exception over a document quarantines it, and its process goes on.  A document over which a process ends
(etl.prepare.workers) is quarantined with the reason, and everything else of the shard is read: another process prepares
the rest of the batch, or reads on behind the record (etl.prepare.reading).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime

import pyarrow as pa

from etl.decide.keep import KEEP_ALL, KeepRule
from etl.errors import Rejected, is_of_machine
from etl.extract.article import Identity, extract
from etl.extract.notices import held_until
from etl.fingerprint.recipe import Recipe
from etl.prepare import reading
from etl.prepare.packed import Packed, head_of, pack, unpack
from etl.prepare.rows import prepare
from etl.prepare.shard_list import Shard
from etl.prepare.worker_process import Mark, reason_of
from etl.prepare.workers import Kills, Lost, Workers
from etl.read.file import MAX_QUARANTINE_HEAD
from etl.read.files import read
from schemas.records import Article, Quarantined, RawDocument

Rows = tuple[pa.RecordBatch, list[Quarantined]]


@dataclass(frozen=True, slots=True)
class Stages:
    """What is done to a file and to a document; functions that pickle finds by name."""

    read: reading.Reader = read
    extract: Callable[..., Article] = extract


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

    return workers.map(prepare_documents, jobs(), _without)


def warm() -> None:
    """Load what preparing needs at its first document, before workers are forked from here."""
    text = "Ein Satz, der nicht englisch ist."
    documents = [
        RawDocument("a.html", None, "html", f"<html><h1>Titel</h1><p>{text}</html>".encode()),
        RawDocument("b.txt", None, "text", text.encode()),
    ]
    job = Job(tuple(map(pack, documents)), "warm", None, {}, Identity(), KEEP_ALL, Recipe(), AS_EVER)
    list(prepare_documents(lambda *step: None, job))


def prepare_documents(mark: Mark, job: Job) -> Iterator[Rows]:
    """Documents to rows; each becomes an article or is quarantined.  Work for a worker.

    Its steps are (number of a document, 0) to unpack it, (number, 1) to extract it, and (count of documents, 0).
    """
    articles: list[Article] = []
    rejected: list[Quarantined] = []
    for number, packed in enumerate(job.documents):
        mark(number, 0)
        document = unpack(packed)
        if isinstance(document, Quarantined):
            rejected.append(document)
            continue
        mark(number, 1)
        found = _extracted(document, job)
        if isinstance(found, Quarantined):
            rejected.append(found)
        else:
            articles.append(found)
    mark(len(job.documents), 0)
    yield from _prepared(articles, rejected, job.recipe)


def _extracted(document: RawDocument, job: Job) -> Article | Quarantined:
    left_out = None
    try:
        article = job.stages.extract(document, job.source, job.day, job.columns, job.identity, job.earliest)
        unwanted = job.keep.against(article)
        if unwanted is not None:
            stage, reason, left_out = "filter", unwanted, article.article_id
        elif article.embargo and article.embargo > job.now and not article.withdrawn:
            stage, reason = "embargo", held_until(article.embargo)
        else:
            return article
    except Rejected as error:
        stage, reason = error.stage, error.reason
    except MemoryError:  # the process is not to be trusted with another document
        raise
    except RecursionError:
        stage, reason = "extract", "hostile: nested too deep"
    except Exception as error:
        if is_of_machine(error):
            raise
        stage, reason = "extract", reason_of(error)
    return Quarantined(document.path, document.record, stage, reason, head_of(document), left_out)


def _prepared(articles: list[Article], rejected: list[Quarantined], recipe: Recipe) -> Iterator[Rows]:
    """Rows of the articles, each by itself where one of them raises."""
    try:
        yield prepare(articles, recipe), rejected
    except MemoryError:
        raise
    except Exception as error:
        if is_of_machine(error):
            raise
        if len(articles) > 1:
            yield prepare([], recipe), rejected
            for article in articles:
                yield from _prepared([article], [], recipe)
        else:
            (article,) = articles
            head = article.title.encode("utf-8", "replace")[:MAX_QUARANTINE_HEAD]
            failed = Quarantined(article.path, article.record, "extract", reason_of(error), head)
            yield prepare([], recipe), [*rejected, failed]


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
