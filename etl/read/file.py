"""Read: a file as readers see it, from its first byte, whether it lay on a disk or inside another file.  Pure."""

from __future__ import annotations

import io
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import BinaryIO, TypeVar

from etl.errors import Rejected
from etl.read.cursor import Cursor, Metered, Place
from etl.text.decode import charset_of_lines, decode_line
from etl.text.unpack import Kept, Pieces
from schemas.records import Quarantined, RawDocument

Found = TypeVar("Found")
ReadResults = Iterator[RawDocument | Quarantined]
"""The documents of a file, in its order, and the parts of it that are none."""

LINE = re.compile(rb"[^\r\n]*(?:\r\n?|\n)|[^\r\n]+")
TRANSCODED_CHARACTERS = 65_536  # read at a time
SKIP = 1 << 20  # bytes that are read, or passed over, at a time
MAX_QUARANTINE_HEAD = 256  # bytes of a quarantined document that are kept
NO_ARTICLES = ("readme", "license", "licence", "changelog", "copying", "notice", ".", "~", "_success", "thumbs.db")
NO_ARTICLE_SUFFIXES = (".toml", ".ini", ".cfg", ".yaml", ".yml", ".sha256", ".md5", ".part", ".tmp", ".lock")


def printable(text: str) -> str:
    """A name or reason on one line, every character that has no glyph as U+FFFD: lone bytes, controls, NUL."""
    return text if text.isprintable() else "".join(c if c.isprintable() else "\ufffd" for c in text)


def is_article_file(name: str) -> bool:
    """Whether a file of this name may hold articles: not hidden, no README or licence, no settings."""
    parts = name.replace("\\", "/").lower().split("/")
    hidden = "__macosx" in parts or any(part.startswith(".") and part not in (".", "..") for part in parts)
    base = parts[-1]
    return bool(base) and not hidden and not base.startswith(NO_ARTICLES) and not base.endswith(NO_ARTICLE_SUFFIXES)


def too_large(max_bytes: int) -> str:
    """The reason to quarantine a document for its size."""
    return f"too large: more than {max_bytes} bytes for one document"


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
    cursor      told of each record before it is read
    resume      where to begin, in this file and in the containers inside it; () at the start
    """

    head: bytes
    stream: BinaryIO
    path: str
    fetched_at: datetime | None
    max_bytes: int
    nested: int = 0
    archived: bool = False
    columns: Collection[str] = ()
    cursor: Cursor = field(default_factory=Cursor)
    resume: Place = ()

    @property
    def first(self) -> tuple[int, int]:
        """Number and position of the record to begin with."""
        return self.resume[0] if self.resume else (0, 0)

    def begins(self, record: int, at: int) -> str | None:
        """To be called before each record is read; the reason to quarantine it unread, if reading it ended a process.

        at  whatever finds the record again: the reader is called with it as `first`
        """
        lost = self.cursor.moves(self.nested, record, at)
        if lost is None:
            return None
        self.cursor.passed = True
        return lost.reason

    def each(self, records: Iterable[tuple[Found, int]]) -> Iterator[tuple[int, Found, str | None]]:
        """(number, record, reason to leave it out or None) of each; it is announced before it is looked for.

        records  from `first` on, each with where the next one begins
        """
        (number, at), left = self.first, iter(records)
        while True:
            lost = self.begins(number, at)
            found = next(left, None)
            if found is None:
                return
            yield number, found[0], lost
            number, at = number + 1, found[1]

    def enters(self, number: int) -> None:
        """To be called before a file in this one is read."""
        self.cursor.moves(self.nested, number, number)

    def inside(self, stream: BinaryIO, path: str, fetched_at: datetime | None, archived: bool = False) -> File:
        """A file in this one, at the place that the cursor was last told of; its bytes count as unpacked."""
        level, here = self.nested + 1, self.cursor.place
        # Nothing is left of `resume` for any but the one file in which reading begins.
        resume = self.resume[1:] if self.resume[:1] == here[self.nested : level] or not archived else ()
        counted = Kept(Metered(stream, self.cursor), 1 << 16)
        return File(
            b"", counted, path, fetched_at, self.max_bytes, level, archived or self.archived, self.columns, self.cursor,
            resume,
        )  # fmt: skip

    @property
    def seeks(self) -> bool:
        """Whether its stream can go to any byte of it."""
        return self.nested == 0 and self.stream.seekable()

    def whole(self) -> bytes:
        """All of it.  Raises Rejected if that is more than a document may have."""
        room = self.max_bytes - len(self.head)
        content = self.head + self.stream.read(room + 1) if room >= 0 else self.head
        self.stream.read(1)  # fails where the rest is damaged
        if len(content) > self.max_bytes:
            raise Rejected("read", too_large(self.max_bytes))
        return content

    def from_start(self) -> io.BufferedReader:
        """A buffered stream of all of it."""
        return Kept(Rejoined(self.head, self.stream), 1 << 18)

    def from_byte(self, at: int) -> io.BufferedReader:
        """A buffered stream of what begins at that byte: by seeking where the file can, else by passing over."""
        if at and self.seeks:
            self.stream.seek(at)
            return Kept(Rejoined(b"", self.stream), 1 << 18)
        stream = self.from_start()
        while at > 0 and (piece := stream.read(min(at, 1 << 18))):
            at -= len(piece)
        return stream

    def seekable(self) -> BinaryIO:
        """A stream at its first byte that can seek: the file itself, or what was inside another one held in memory.

        Raises Rejected if that is more than a document may have.
        """
        if self.seeks:
            self.stream.seek(0)
            return self.stream
        return io.BytesIO(self.whole())

    def quarantined(self, record: int | None, reason: str, content: bytes) -> Quarantined:
        """The file, or a record in it, as one that could not be read; `content` is how it begins."""
        return Quarantined(self.path, record, "read", reason, content[:MAX_QUARANTINE_HEAD])


class Rejoined(Pieces):
    """The head, then the rest of the stream it was read from."""

    def __init__(self, head: bytes, rest: BinaryIO) -> None:
        self._head, self._rest = head, rest

    def piece(self, most: int) -> bytes:
        piece, self._head = self._head[:most], self._head[most:]
        return piece or self._rest.read(most)


class Window:
    """The bytes of a stream from where it is on, as many as are needed; each byte is read once.

    at  bytes of the stream before the window
    """

    def __init__(self, stream: BinaryIO, at: int) -> None:
        self._stream, self._held, self._from, self.at = stream, bytearray(), 0, at

    def fill(self, size: int) -> int:
        """Have so many bytes in the window, or all that are left; how many there are.

        Raises Rejected where the stream fails and the window is empty: what came before is read first.
        """
        missing = self._from + size - len(self._held)
        try:
            while missing > 0 and (piece := self._stream.read(min(missing, SKIP))):
                self._held += piece
                missing -= len(piece)
        except Rejected:
            if len(self._held) == self._from:
                raise
        return min(size, len(self._held) - self._from)

    def view(self, size: int, begin: int = 0) -> bytes:
        """The bytes from `begin` to `size` of the window, as far as they are there."""
        return bytes(self._held[self._from + begin : self._from + self.fill(size)])

    def find(self, pattern: re.Pattern[bytes], size: int, begin: int = 0) -> tuple[int, int] | None:
        """Where a pattern is first found in the window's first bytes: its begin and end."""
        end = self._from + self.fill(size)
        match = pattern.search(self._held, self._from + begin, end)
        return (match.start() - self._from, match.end() - self._from) if match else None

    def matches(self, pattern: re.Pattern[bytes], at: int, most: int) -> bool:
        """Whether a pattern that has `most` bytes at most is what stands there."""
        end = self._from + self.fill(at + most)
        return pattern.match(self._held, self._from + at, end) is not None

    def go(self, size: int) -> None:
        """Move on by so many bytes, which are in the window."""
        self._from += size
        self.at += size
        if self._from > max(SKIP, len(self._held) // 2):  # seldom enough that each byte is moved once
            del self._held[: self._from]
            self._from = 0


class Transcoded(Pieces):
    """A stream of text in one charset, as UTF-8."""

    def __init__(self, stream: BinaryIO, charset: str) -> None:
        self._text = io.TextIOWrapper(stream, charset, "replace", newline="")
        self._left = b""

    def piece(self, most: int) -> bytes:
        self._left = self._left or self._text.read(TRANSCODED_CHARACTERS).encode("utf-8", "replace")
        piece, self._left = self._left[:most], self._left[most:]
        return piece


def text_lines(file: File, at: int = 0) -> Iterator[tuple[str, int]]:
    """Lines from a byte on, each with the byte behind it; with their ends, NULs taken out.

    One that is too long is cut, so that memory stays bounded.
    """
    stream, charset = file.from_byte(at), charset_of_lines(file.head)
    while content := stream.readline(file.max_bytes):
        # Lines of an old Mac end in \r alone.
        for line in LINE.findall(content) if b"\r" in content.removesuffix(b"\r\n") else (content,):
            at += len(line)
            yield decode_line(line, charset).replace("\x00", ""), at
