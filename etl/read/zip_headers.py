"""Read: a zip archive that has lost the list at its end, by the header before each of its members.  Pure.

A download that broke off leaves such an archive.  Layout: PKWARE, APPNOTE.TXT, 4.3.7 to 4.3.9 and 4.5.3.
"""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Iterator
from typing import BinaryIO

HEADER = struct.Struct("<4x2x4H3I2H")  # flags, method, time, date; CRC, packed, unpacked bytes; bytes of name, extra
HEADER_MARK, SIZES_MARK = b"PK\x03\x04", b"PK\x07\x08"
UTF8, SIZES_FOLLOW = 0x800, 0x8  # bits of the flags
IN_EXTRA = 0xFFFFFFFF  # for a size that takes eight bytes, which the field of kind 1 has
UNKNOWN = 1 << 62  # unpacked bytes: the packed ones say where they end
PIECE = 64  # bytes looked through at first, and twice as many each time: marks may stand close or far apart
MOST = 1 << 20


class Headless(zipfile.ZipFile):
    """The members whose headers are there; the last may be cut short, and fails when it is read."""

    def _RealGetContents(self) -> None:  # what zipfile calls to read the list
        stream: BinaryIO = self.fp  # type: ignore[assignment]
        for member in _members(stream):
            self.filelist.append(member)
            self.NameToInfo[member.filename] = member
        if not self.filelist:
            raise zipfile.BadZipFile("it has no members")
        self.start_dir = stream.seek(0, io.SEEK_END)


def _members(stream: BinaryIO) -> Iterator[zipfile.ZipInfo]:
    end, at = stream.seek(0, io.SEEK_END), 0
    while (begin := _find(stream, at, HEADER_MARK)) is not None:
        stream.seek(begin)
        head = stream.read(HEADER.size)
        if len(head) < HEADER.size:
            return
        flags, method, time, date, crc, packed, unpacked, name_bytes, extra_bytes = HEADER.unpack(head)
        name, extra = stream.read(name_bytes), stream.read(extra_bytes)
        content = begin + HEADER.size + name_bytes + extra_bytes
        if content >= end:
            return
        if flags & SIZES_FOLLOW:
            crc, packed, unpacked, at = _told_behind(stream, content, end)
        else:
            packed, unpacked = _long(extra, packed, unpacked)
            at = content + packed
        member = zipfile.ZipInfo(
            name.decode("utf-8" if flags & UTF8 else "cp437", "replace"),
            ((date >> 9) + 1980, date >> 5 & 15, date & 31, time >> 11, time >> 5 & 63, (time & 31) * 2),
        )
        member.header_offset, member.flag_bits, member.compress_type = begin, flags, method
        member.compress_size, member.file_size = packed, unpacked
        if unpacked != UNKNOWN:
            member.CRC = crc
        yield member


def _told_behind(stream: BinaryIO, content: int, end: int) -> tuple[int, int, int, int]:
    """CRC, packed and unpacked bytes of a member that has them behind it, and where they end.

    They are known by their mark and by the packed bytes, which are those before the mark.  Where the archive ends
    before them, the member has a byte more than there is.
    """
    at = content
    while (mark := _find(stream, at, SIZES_MARK)) is not None:
        stream.seek(mark + 4)
        told = stream.read(20)
        for form, size in (("<3I", 12), ("<I2Q", 20)):
            if len(told) >= size:
                crc, packed, unpacked = struct.unpack(form, told[:size])
                if packed == mark - content:
                    return crc, packed, unpacked, mark + 4 + size
        at = mark + 4
    return 0, end - content + 1, UNKNOWN, end


def _long(extra: bytes, packed: int, unpacked: int) -> tuple[int, int]:
    """Packed and unpacked bytes, from the field of eight-byte sizes where they stand there."""
    at = 0
    while IN_EXTRA in (packed, unpacked) and at + 4 <= len(extra):
        kind, size = struct.unpack_from("<2H", extra, at)
        if kind == 1 and size >= 16 and at + 20 <= len(extra):
            unpacked, packed = struct.unpack_from("<2Q", extra, at + 4)
        at += 4 + size
    return packed, unpacked


def _find(stream: BinaryIO, at: int, mark: bytes) -> int | None:
    """Where a mark of four bytes stands next, at a byte or behind it."""
    stream.seek(at)
    kept, most = b"", PIECE
    while piece := stream.read(most):
        found = (kept + piece).find(mark)
        if found >= 0:
            return at - len(kept) + found
        at, kept, most = at + len(piece), (kept + piece)[-3:], min(2 * most, MOST)
    return None
