"""Read: what is inside a compressed file, as a stream with bounded memory and a limit on how much it expands.  Pure."""

from __future__ import annotations

import bz2
import io
import lzma
import sys
import zlib
from collections.abc import Callable
from typing import BinaryIO, Protocol

from etl.errors import Rejected

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

CHUNK_BYTES = 65_536  # bytes read at a time
PIECE_BYTES = 16_384  # at most written at a time; of damaged bytes the piece before the damage is lost
STREAM_RATIO_FROM = 100_000_000  # bytes of output, read in under a second; below, the ratio does not matter
MAX_STREAM_RATIO = 200  # text packs 3:1 to 20:1, a bomb 1000:1
GZIP_MEMBER = b"\x1f\x8b\x08"
GAP = b"\x00\n"  # in the place of what is damaged between two records of WARC: it ends a record, and is none


class Unpacker(Protocol):
    """What zlib, bz2 and lzma have in common, with zlib's differences smoothed."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int) -> bytes: ...


class Gunzip:
    """One gzip member; like bz2.BZ2Decompressor."""

    def __init__(self) -> None:
        self._zlib = zlib.decompressobj(wbits=31)  # 31: a gzip header and its checksum
        self.given = b""  # what the last call was to unpack

    @property
    def eof(self) -> bool:
        return self._zlib.eof

    @property
    def needs_input(self) -> bool:
        return not self._zlib.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        return self._zlib.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        self.given = self._zlib.unconsumed_tail + data
        return self._zlib.decompress(self.given, max_length)


UNPACKERS: dict[str, Callable[[], Unpacker]] = {
    "gzip": Gunzip,
    "bzip2": bz2.BZ2Decompressor,
    "xz": lzma.LZMADecompressor,
    "zstd": zstd.ZstdDecompressor,
}
SUFFIXES = (".gz", ".bz2", ".xz", ".zst", ".gzip", ".z")


class Pieces(io.RawIOBase):
    """A stream of the bytes that piece() gives.  Closing it leaves open what they come from."""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # any buffer, of which BufferedReader gives this
        piece = self.piece(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)

    def piece(self, most: int) -> bytes:
        """The next bytes, at most this many; b"" at the end."""
        raise NotImplementedError


class Kept(io.BufferedReader):
    """A buffered stream that gives what came before its source failed; the next reading fails.

    Reading gives fewer bytes than it was asked for at the end, as any stream does, or before a failure.
    """

    def read(self, size: int | None = -1, /) -> bytes:
        if size is None or size < 0:
            return super().read(size)
        pieces: list[bytes] = []
        while size > 0:
            try:
                piece = self.read1(size)
            except Rejected:
                if pieces:
                    break
                raise
            if not piece:
                break
            pieces.append(piece)
            size -= len(piece)
        return b"".join(pieces) if len(pieces) != 1 else pieces[0]


class Unpacked(Pieces):
    """The bytes inside a compressed stream; several members one after the other are read as one.

    Reading raises Rejected: "broken gzip: …" where the bytes stop making sense or stop too early, "too large: …" where
    they expand like a bomb; so does each reading after it.  WARC has a member for each record: reading goes on at the
    next one, behind a GAP.
    """

    def __init__(self, packed: BinaryIO, kind: str) -> None:
        self._packed, self._kind = packed, kind
        self._unpacker = UNPACKERS[kind]()
        self._read = self._written = 0
        self._failed: Rejected | None = None
        self._ahead = b""  # the member behind a damaged one

    def piece(self, most: int) -> bytes:
        if self._failed is not None:
            raise self._failed
        try:
            return self._unpack(min(most, PIECE_BYTES))
        except Rejected as error:
            self._failed = error
            raise

    def _unpack(self, most: int) -> bytes:
        while True:
            data, self._ahead = self._ahead, b""
            if data:
                self._unpacker = UNPACKERS[self._kind]()
            elif self._unpacker.eof:
                if not (data := self._behind_padding()):
                    return b""
                self._unpacker = UNPACKERS[self._kind]()
            elif self._unpacker.needs_input:
                data = self._fetch()
                if not data:
                    raise Rejected("read", f"broken {self._kind}: it ends early")
            try:
                piece = self._unpacker.decompress(data, most)
            except (zlib.error, OSError, lzma.LZMAError, zstd.ZstdError, EOFError, ValueError) as error:
                if isinstance(self._unpacker, Gunzip) and self._finds_record(self._unpacker.given):
                    return GAP
                raise Rejected("read", f"broken {self._kind}: {error}") from error
            if piece:
                self._written += len(piece)
                if self._written > STREAM_RATIO_FROM and self._written > MAX_STREAM_RATIO * self._read:
                    raise Rejected("read", f"too large: {self._kind} expands more than {MAX_STREAM_RATIO} times")
                return piece

    def _behind_padding(self) -> bytes:
        """What follows a member, without the zeros by which tapes and blocks are filled up; b"" at the end."""
        data = self._unpacker.unused_data.lstrip(b"\x00")
        while not data and (more := self._fetch()):
            data = more.lstrip(b"\x00")
        return data

    def _finds_record(self, held: bytes) -> bool:
        """Whether a member that is a record of WARC begins behind the damage; the next piece is of that one."""
        while True:
            at = held.find(GZIP_MEMBER, 1)
            seen = len(held) - at if at > 0 else 0
            if seen < CHUNK_BYTES and (more := self._fetch()):
                held = held[-seen - 1 if seen else -len(GZIP_MEMBER) :] + more
            elif at < 0:
                return False
            elif _begins(held[at : at + CHUNK_BYTES], b"WARC/"):
                self._ahead = held[at:]
                return True
            else:
                held = held[at:]

    def _fetch(self) -> bytes:
        data = self._packed.read(CHUNK_BYTES)
        self._read += len(data)
        return data


def _begins(packed: bytes, wanted: bytes) -> bool:
    try:
        return Gunzip().decompress(packed, len(wanted)) == wanted
    except zlib.error:
        return False


def unpacked(packed: BinaryIO, kind: str) -> io.BufferedReader:
    """Buffered stream of what is inside."""
    return Kept(Unpacked(packed, kind), CHUNK_BYTES)


def unpack_whole(packed: bytes, kind: str, most: int) -> bytes:
    """What is inside, at most so many bytes of it.  Raises Rejected where any of these is damaged."""
    return io.BufferedReader(Unpacked(io.BytesIO(packed), kind), CHUNK_BYTES).read(most)


def name_inside(name: str) -> str:
    """A file's name without the suffix of its compression: "a.jsonl.gz" to "a.jsonl"."""
    lower = name.lower()
    return next((name[: -len(suffix)] for suffix in SUFFIXES if lower.endswith(suffix)), name)
