"""Shards: the files of a shard to rows, read and prepared in worker processes.  Shell.

One child reads the files and sends documents in batches; others make each batch to rows.  A document over which a child
ends (etl.prepare.workers) is quarantined with the reason, and everything else of the shard is read: a batch is given
again without it, a file is read again up to it.
"""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import partial
from typing import NamedTuple

import pyarrow as pa

from etl.errors import Fatal, Rejected
from etl.extract.article import extract
from etl.fingerprint.recipe import Recipe
from etl.prepare.rows import prepare
from etl.prepare.shard_list import Shard
from etl.prepare.workers import Lost, Mark, Workers
from etl.read.file import MAX_QUARANTINE_HEAD
from etl.read.files import read
from etl.sources.discover import FileInfo, stored_path
from schemas.records import Article, Quarantined, RawDocument

BATCH_DOCUMENTS = 256  # documents that a worker is given at once: some 50 ms of work
BATCH_BYTES = 4_000_000  # or fewer, when they are large

Documents = list[RawDocument | Quarantined]
Rows = tuple[pa.RecordBatch, list[Quarantined]]
Reader = Callable[..., Iterator[RawDocument | Quarantined]]


@dataclass(frozen=True, slots=True)
class Stages:
    """What is done to a file and to a document; functions that pickle finds by name."""

    read: Reader = read
    extract: Callable[..., Article] = extract


class Place(NamedTuple):
    """A place in a shard: the number of a file, and of items that were read of it."""

    file: int = 0
    items: int = 0


@dataclass(frozen=True, slots=True)
class Read:
    """A batch of documents, packed; where it ends, and the bytes of the files that came to their end in it."""

    packed: bytes
    end: Place
    size: int


@dataclass(frozen=True, slots=True)
class Batch:
    """Documents, packed as one child hands them to the other, and what to make of them."""

    packed: bytes
    source: str
    day: date | None
    columns: Mapping[str, str]
    recipe: Recipe
    stages: Stages


AS_EVER = Stages()


def prepared_rows(
    shard: Shard, max_bytes: int, workers: Workers, progress: Callable[[int], None], stages: Stages = AS_EVER
) -> Iterator[Rows]:
    """Rows of a shard's articles and what is quarantined, batch by batch, in the order of its files.

    max_bytes  of one document
    progress   called with the bytes of files that were read
    """
    recipe, columns = Recipe.parse(shard.recipe), dict(shard.columns)

    def batches() -> Iterator[Batch]:
        for found in _read_on(shard, max_bytes, workers, stages):
            progress(found.size)
            if found.packed:
                yield Batch(found.packed, shard.source, shard.partition_date, columns, recipe, stages)

    return workers.map(prepare_batch, batches(), _without)


def warm() -> None:
    """Load what preparing needs at its first document, a second's work, before workers are forked from here."""
    text = "Ein Satz, der nicht englisch ist."
    documents = [
        RawDocument("a.html", None, "html", f"<html><h1>Titel</h1><p>{text}</html>".encode()),
        RawDocument("b.txt", None, "text", text.encode()),
    ]
    list(
        prepare_batch(lambda first, second=0: None, Batch(_pack(list(documents)), "warm", None, {}, Recipe(), AS_EVER))
    )


def prepare_batch(mark: Mark, batch: Batch) -> Iterator[Rows]:
    """Documents to rows; each becomes an article or is quarantined.  Work for a worker: its steps are the documents."""
    articles: list[Article] = []
    rejected: list[Quarantined] = []
    documents = _unpack(batch.packed)
    for number, document in enumerate(documents):
        if isinstance(document, Quarantined):
            rejected.append(document)
            continue
        mark(number)
        try:
            articles.append(batch.stages.extract(document, batch.source, batch.day, batch.columns))
        except Rejected as error:
            rejected.append(Quarantined(document.path, document.record, error.stage, error.reason, _head(document)))
    mark(len(documents))
    yield prepare(articles, batch.recipe), rejected


def _without(batch: Batch, lost: Lost) -> list[Batch]:
    """The batch without the document that it was lost at; one document at a time where it was lost with them all."""
    number, documents = lost.step[0], _unpack(batch.packed)
    if len(documents) > 1 and not 0 <= number < len(documents):
        return [replace(batch, packed=_pack([document])) for document in documents]
    number = number if 0 <= number < len(documents) else 0
    culprit = documents[number]
    if isinstance(culprit, RawDocument):
        culprit = Quarantined(culprit.path, culprit.record, "extract", lost.reason, _head(culprit))
    return [replace(batch, packed=_pack([*documents[:number], culprit, *documents[number + 1 :]]))]


def _read_on(shard: Shard, max_bytes: int, workers: Workers, stages: Stages) -> Iterator[Read]:
    """Batches of a shard's documents; where reading is lost in a file, it begins again and leaves the file there."""
    begin, left = Place(), dict[int, tuple[int, str]]()
    while True:
        try:
            for found in workers.stream(read_documents, shard, max_bytes, stages, begin, left):
                begin = found.end
                yield found
            return
        except Lost as lost:
            file, items = lost.step
            if file < 0 or (file in left and left[file][0] <= items):  # what was left is not read: no document's fault
                raise Fatal(
                    f"reading ends at {shard.files[max(file, 0)].path} again and again: {lost.reason}"
                ) from lost
            left[file] = items, lost.reason


def read_documents(
    mark: Mark, shard: Shard, max_bytes: int, stages: Stages, begin: Place, left: Mapping[int, tuple[int, str]]
) -> Iterator[Read]:
    """Documents of a shard's files from a place on.  Work for a worker: its steps are places.

    left  files that are left after that many items, and why
    """
    read_one = partial(stages.read, max_bytes=max_bytes, columns=[column for _, column in shard.columns])
    batch, held, size = Documents(), 0, 0
    for number in range(begin.file, len(shard.files)):
        file = shard.files[number]
        path = os.path.join(shard.root, file.path)
        found = _documents(partial(mark, number), path, file, read_one, left.get(number))
        for items, document in enumerate(found, 1):
            if (number, items) <= begin:
                continue
            batch.append(document)
            held += _size(document)
            if len(batch) >= BATCH_DOCUMENTS or held >= BATCH_BYTES:
                yield Read(_pack(batch), Place(number, items), size)
                batch, held, size = [], 0, 0
        size += file.size
    yield Read(_pack(batch) if batch else b"", Place(len(shard.files)), size)


def _documents(
    mark: Callable[[int], None], path: str, file: FileInfo, read: Reader, left: tuple[int, str] | None
) -> Iterator[RawDocument | Quarantined]:
    """Documents of one file; mark is called with the number of each before it is read."""
    name = stored_path(file.path)
    if left and left[0] == 0:
        yield Quarantined(name, None, "read", left[1], _begins(path))
        return
    mark(0)
    try:
        with open(path, "rb") as stream:
            # 0: whoever keeps the file does not say when it was written.
            documents = read(stream, name, datetime.fromtimestamp(file.modified, UTC) if file.modified else None)
            for items, document in enumerate(documents, 1):
                yield document
                if left and left[0] == items:
                    yield Quarantined(name, None, "read", f"{left[1]}; after {items} records", b"")
                    return
                mark(items)
    except OSError as error:
        yield Quarantined(name, None, "read", f"unreadable: {error.strerror or error}", b"")


def _begins(path: str) -> bytes:
    """The first bytes of a file, as far as they come at once."""
    try:
        with open(path, "rb", buffering=0, opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK)) as stream:
            return stream.read(MAX_QUARANTINE_HEAD) or b""
    except OSError:
        return b""


def _pack(documents: Documents) -> bytes:
    return pickle.dumps(documents, pickle.HIGHEST_PROTOCOL)


def _unpack(packed: bytes) -> Documents:
    documents: Documents = pickle.loads(packed)  # noqa: S301  what _pack made
    return documents


def _size(document: RawDocument | Quarantined) -> int:
    if isinstance(document, Quarantined):
        return len(document.head)
    if isinstance(document.content, bytes):
        return len(document.content)
    return sum(len(v) for v in document.content.values() if isinstance(v, (str, bytes)))


def _head(document: RawDocument) -> bytes:
    content = document.content
    return (
        content[:MAX_QUARANTINE_HEAD]
        if isinstance(content, bytes)
        else repr(dict(content)).encode("utf-8", "replace")[:MAX_QUARANTINE_HEAD]
    )
