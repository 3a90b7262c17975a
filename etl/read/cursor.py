"""Read: where a reader is in its file, so that another process can go on where one died.  Pure.

A reader that can find a record again tells the cursor of each before it reads it (File.begins).  When the process dies,
the last place is still known; the file is opened again at that place, the record that was lost is quarantined, and
nothing before it is read a second time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO

from etl.text.unpack import Pieces

Place = tuple[tuple[int, int], ...]
"""A pair for each container that a record is in, outermost first: its number there, and where it is found again (a
byte, a member, a row group: the reader's choice).  () is the file before its first record."""


class Exhausted(Exception):
    """The file is not read further: a limit of the whole file is reached.  Its text is the reason."""


@dataclass(frozen=True, slots=True)
class FileLimits:
    """What a file may come to with all that is in it; 0: no limit.

    unpacked_bytes  what is inside its compressed and archived parts, added up
    unpacked_ratio  the same, as a multiple of the file's own size; not judged below RATIO_FROM bytes
    records         documents
    """

    unpacked_bytes: int = 0
    unpacked_ratio: int = 0
    records: int = 0


RATIO_FROM = 20_000_000  # bytes: what one document may have is no flood


@dataclass(frozen=True, slots=True)
class LostAt:
    """A record over which reading failed: how many documents had come from its place, and why."""

    count: int
    reason: str


@dataclass(slots=True)
class Cursor:
    """
    lost    the records that are to be left out, by their places
    tell    called at each new place
    size    bytes of the file; 0: unknown
    place   of the record that is being read
    count   documents that have come from that place
    passed  whether a lost record has just been left out
    """

    lost: Mapping[Place, LostAt] = field(default_factory=dict)
    tell: Callable[[Cursor], None] | None = None
    limits: FileLimits = field(default_factory=FileLimits)
    size: int = 0
    place: Place = ()
    count: int = 0
    passed: bool = False
    unpacked: int = 0
    records: int = 0

    def moves(self, level: int, record: int, at: int) -> LostAt | None:
        """Note a place at a level of containers; how it was lost, if it was."""
        above = self.place[:level]
        if len(above) < level:  # a compressed file is a container of one
            above += ((0, 0),) * (level - len(above))
        self.place, self.count = (*above, (record, at)), 0
        if self.tell is not None:
            self.tell(self)
        return self.lost.get(self.place) if self.lost else None

    def came(self) -> None:
        """Note a document that came from this place.  Raises Exhausted beyond the file's limit of them."""
        self.count += 1
        self.records += 1
        if self.limits.records and self.records > self.limits.records:
            raise Exhausted(f"too large: more than {self.limits.records} records in one file")

    def unpack(self, size: int) -> None:
        """Note bytes that were unpacked.  Raises Exhausted beyond the file's limits."""
        self.unpacked += size
        limits = self.limits
        if limits.unpacked_bytes and self.unpacked > limits.unpacked_bytes:
            raise Exhausted(f"too large: more than {limits.unpacked_bytes} bytes inside one file")
        most = limits.unpacked_ratio * self.size
        if most and self.unpacked > max(most, RATIO_FROM):
            raise Exhausted(f"too large: what is inside is more than {limits.unpacked_ratio} times the file")


class Metered(Pieces):
    """A stream whose bytes the cursor counts as unpacked."""

    def __init__(self, stream: BinaryIO, cursor: Cursor) -> None:
        self._stream, self._cursor = stream, cursor

    def piece(self, most: int) -> bytes:
        piece = self._stream.read(most)  # no more than is there before a failure
        self._cursor.unpack(len(piece))
        return piece
