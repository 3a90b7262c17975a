"""Reading: the files of a shard to batches of packed documents, in a child process; from any place on.  Shell.

An exception over a record costs that record, as an end of the process does: reading goes on from its place
(etl.read.cursor).
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple

from etl.errors import is_of_machine
from etl.prepare.packed import Document, Packed, pack
from etl.prepare.shard_list import Shard
from etl.prepare.worker_process import MEGABYTE, Mark, reason_of
from etl.read.cursor import Cursor, Exhausted, FileLimits, LostAt, Place
from etl.read.file import MAX_QUARANTINE_HEAD
from etl.sources.discover import FileInfo, Within, stored_path
from schemas.records import Quarantined

BATCH_DOCUMENTS = 256  # documents that a worker is given at once: some 50 ms of work
MAX_MODIFIED = 253_402_214_400  # seconds to the last day of the year 9999; what is later is no time
BATCH_BYTES = 4_000_000  # or fewer, when they are large

Reader = Callable[..., Iterator[Document]]


@dataclass(frozen=True, slots=True)
class ReadLimits:
    """Limits of a document, and of a file with all that is in it; 0: no limit.

    document_bytes  of one document
    file_seconds    of the processor to read a file, and as much again for every megabyte in it
    file            see FileLimits
    """

    document_bytes: int
    file_seconds: float = 0
    file: FileLimits = field(default_factory=FileLimits)


class At(NamedTuple):
    """A place in a shard: the number of a file, a place in it, and how many documents have come from that place."""

    file: int = 0
    place: Place = ()
    documents: int = 0

    @classmethod
    def of(cls, step: Sequence[int]) -> At:
        """The place that a step of read_documents() names."""
        number, documents, *pairs = step
        return cls(number, tuple(zip(pairs[::2], pairs[1::2], strict=True)), documents)

    def step(self) -> Iterator[int]:
        yield from (self.file, self.documents)
        for pair in self.place:
            yield from pair


@dataclass(frozen=True, slots=True)
class Fault:
    """Where reading a shard has failed: the record is left out, or the rest of its file from there."""

    at: At
    reason: str
    rest: bool = False


@dataclass(frozen=True, slots=True)
class Batch:
    """Documents as they were read, where they end, and the bytes of the files that came to their end with them."""

    documents: tuple[Packed, ...]
    end: At
    size: int


def add_fault(faults: Sequence[Fault], at: At, reason: str) -> tuple[Fault, ...]:
    """The faults with one more; a second one at a place takes the rest of the file: passing over it has failed."""
    again = any(fault.at[:2] == at[:2] for fault in faults)
    return (*(fault for fault in faults if fault.at[:2] != at[:2]), Fault(at, reason, again))


def read_documents(
    mark: Mark, shard: Shard, limits: ReadLimits, read: Reader, begin: At, faults: Sequence[Fault], spent: float
) -> Iterator[Batch]:
    """Documents of a shard's files from a place on.  Work for a worker: its steps are places (At.step).

    faults  where earlier processes ended
    spent   seconds that they took over the file in which this one begins
    """
    with closing(Within(shard.inside or (os.path.realpath(shard.root),))) as inside:
        yield from _batches(mark, shard, inside, limits, read, begin, faults, spent)


def _batches(
    mark: Mark,
    shard: Shard,
    inside: Within,
    limits: ReadLimits,
    read: Reader,
    begin: At,
    faults: Sequence[Fault],
    spent: float,
) -> Iterator[Batch]:
    columns = [column for _, column in shard.columns]
    batch, held, size, end = list[Packed](), 0, 0, begin
    for number in range(begin.file, len(shard.files)):
        file = shard.files[number]
        here = begin if number == begin.file else At(number)
        path = os.path.join(shard.root, file.path)
        reading = _Reading(mark, file, path, inside, limits, read, columns, here, tuple(faults))
        reading.started -= spent if number == begin.file else 0
        for document in reading.documents():
            full = len(batch) >= BATCH_DOCUMENTS or held >= BATCH_BYTES
            if batch and (full or reading.passed):
                yield Batch(tuple(batch), end, size)
                batch, held, size = [], 0, 0
            batch.append(document)
            held += len(document.content)
            end = reading.at
            if reading.passed:  # at once: behind it reading can go on, whatever comes
                yield Batch(tuple(batch), end, size)
                batch, held, size = [], 0, 0
        size += file.size
        end = At(number + 1)
        if reading.over:
            yield Batch(tuple(batch), end, size)
            batch, held, size = [], 0, 0
    yield Batch(tuple(batch), At(len(shard.files)), size)


@dataclass(slots=True)
class _Reading:
    """One file while it is read.

    at      how far it is
    passed  whether the last document stands for a record that was lost
    over    whether the file was given up before its end
    """

    mark: Mark
    file: FileInfo
    path: str
    inside: Within
    limits: ReadLimits
    read: Reader
    columns: Sequence[str]
    at: At
    faults: tuple[Fault, ...]
    passed: bool = False
    over: bool = False
    started: float = field(default_factory=time.process_time)

    def documents(self) -> Iterator[Packed]:
        """Documents from where it is on; what cannot be read is quarantined."""
        name = stored_path(self.file.path)
        while not self.over:
            try:
                yield from self._on(name)
                return
            except Exhausted as error:
                record = self.at.place[-1][0] if self.at.place else self.at.documents
                reason, head = f"{error}; rest of file, from record {record}", b""
                if self.at[1:] == ((), 0):
                    reason, head = str(error), _begins(self.path, self.inside)
                self.over = True
                yield pack(Quarantined(name, None, "read", reason, head))
            except OSError as error:
                if is_of_machine(error):
                    raise
                self.over = True
                yield pack(Quarantined(name, None, "read", f"unreadable: {error.strerror or error}", b""))
            except MemoryError:  # the process is not to be trusted with another document
                raise
            except Exception as error:
                self.faults = add_fault(self.faults, self.at, reason_of(error))

    def _on(self, name: str) -> Iterator[Packed]:
        begin, fetched_at = self.at, None
        if 0 < self.file.modified < MAX_MODIFIED:  # 0: the file system does not say when it was written
            fetched_at = datetime.fromtimestamp(self.file.modified, UTC)
        lost = {f.at.place: LostAt(f.at.documents, f.reason) for f in self.faults if f.at.file == begin.file}
        cursor = Cursor(lost, self._moved, self.limits.file, self.file.size)
        self._moved(cursor)
        with self.inside.open(self.path) as stream:
            found = self.read(
                stream, name, fetched_at, self.limits.document_bytes, columns=self.columns, cursor=cursor,
                resume=begin.place,
            )  # fmt: skip
            for document in found:
                cursor.came()
                if cursor.place != begin.place or cursor.count > begin.documents:
                    self.at = At(begin.file, cursor.place, cursor.count)
                    self.passed, cursor.passed = cursor.passed, False
                    yield pack(document)
                self._moved(cursor)

    def _moved(self, cursor: Cursor) -> None:
        """Note how far the cursor is, and begin a step.  Raises Exhausted where the file is not to be read further."""
        self.at = At(self.at.file, cursor.place, cursor.count)
        seconds = self.limits.file_seconds
        if seconds:
            seconds *= 1 + max(self.file.size, cursor.unpacked) / MEGABYTE
            if time.process_time() - self.started > seconds:
                raise Exhausted(f"too slow: more than {seconds:.0f} s for one file")
        for fault in self.faults:
            if fault.rest and fault.at == self.at:
                raise Exhausted(fault.reason)
        self.mark(*self.at.step())


def _begins(path: str, inside: Within) -> bytes:
    """The first bytes of a file."""
    try:
        with inside.open(path) as stream:
            return stream.read(MAX_QUARANTINE_HEAD)
    except OSError:
        return b""
