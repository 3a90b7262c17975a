"""Read: a file as readers see it, from its first byte, whether it lay on a disk or inside another file.  Pure."""

from __future__ import annotations

import io
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

from etl.errors import Rejected
from schemas.records import Quarantined, RawDocument

ReadResults = Iterator[RawDocument | Quarantined]
"""The documents of a file, in its order, and the parts of it that are none."""

MAX_QUARANTINE_HEAD = 256  # bytes of a quarantined document that are kept


def printable(text: str) -> str:
    """A name or reason on one line, every character that has no glyph as U+FFFD: lone bytes, controls, NUL."""
    return text if text.isprintable() else "".join(c if c.isprintable() else "\ufffd" for c in text)


@dataclass(frozen=True, slots=True)
class File:
    """
    head        its first bytes, already read from the stream
    stream      the bytes after them
    path        relative to the root of its source, "/" between parts
    fetched_at  when it was received, if known
    max_bytes   of one document; a container may be larger
    nested      how many containers it is in
    archived    whether one of them is an archive
    columns     names of fields, beyond those that are known, that mean something in it
    """

    head: bytes
    stream: BinaryIO
    path: str
    fetched_at: datetime | None
    max_bytes: int
    nested: int = 0
    archived: bool = False
    columns: Collection[str] = ()

    def whole(self) -> bytes:
        """All of it.  Raises Rejected if that is more than a document may have."""
        room = self.max_bytes - len(self.head)
        content = self.head + self.stream.read(room + 1) if room >= 0 else self.head
        if len(content) > self.max_bytes:
            raise Rejected("read", f"too large: more than {self.max_bytes} bytes for one document")
        return content

    def from_start(self) -> io.BufferedReader:
        """A buffered stream of all of it."""
        return io.BufferedReader(Rejoined(self.head, self.stream), 1 << 18)

    def seekable(self) -> BinaryIO:
        """A stream at its first byte that can seek: the file itself, or what was inside another one held in memory.

        Raises Rejected if that is more than a document may have.
        """
        if self.nested == 0 and self.stream.seekable():
            self.stream.seek(0)
            return self.stream
        return io.BytesIO(self.whole())

    def quarantined(self, record: int | None, reason: str, content: bytes) -> Quarantined:
        """The file, or a record in it, as one that could not be read; `content` is how it begins."""
        return Quarantined(self.path, record, "read", reason, content[:MAX_QUARANTINE_HEAD])


class Rejoined(io.RawIOBase):
    """The head, then the rest of the stream it was read from.  Closing it leaves that stream open."""

    def __init__(self, head: bytes, rest: BinaryIO) -> None:
        self._head, self._rest = head, rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # what BufferedReader gives
        piece, self._head = self._head[: len(buffer)], self._head[len(buffer) :]
        piece = piece or self._rest.read(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)
