"""Read: the files inside zip and tar archives, one after the other.  Pure; nothing is written anywhere.

A member is known by the archive's path and its own name.  A name that climbs out of the archive, a link, a device, an
encrypted or damaged member is quarantined by itself, and the rest is read.
"""

from __future__ import annotations

import io
import lzma
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import BinaryIO, Self

from etl.errors import Rejected
from etl.read.file import File, ReadResults, printable
from etl.read.zip_headers import Headless
from etl.text.unpack import Pieces
from schemas.records import Quarantined

ReadMember = Callable[[BinaryIO, str, datetime | None], ReadResults]

MEMBER_RATIO_FROM = 10_000_000  # bytes of one member below which its ratio does not matter
MAX_MEMBER_RATIO = 200  # text packs 3:1 to 20:1, a bomb 1000:1
TAR_KINDS = {
    tarfile.SYMTYPE: "symbolic link", tarfile.LNKTYPE: "hard link", tarfile.FIFOTYPE: "named pipe",
    tarfile.CHRTYPE: "device", tarfile.BLKTYPE: "device",
}  # fmt: skip
TAR_END = ("end of file header", "empty header")  # as tarfile says it
NO_DIRECTORY = "File is not a zip file"  # as zipfile says it of one that is cut short
DAMAGE = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError, RuntimeError, ValueError, OSError
)  # fmt: skip


class Bounded(Pieces):
    """A zip member that stops where it expands like a bomb, and names its damage."""

    def __init__(self, member: BinaryIO, packed_bytes: int) -> None:
        self._member, self._most = member, max(MEMBER_RATIO_FROM, MAX_MEMBER_RATIO * packed_bytes)
        self._read = 0

    def piece(self, most: int) -> bytes:
        try:
            piece = self._member.read(most)
        except DAMAGE as error:
            raise Rejected("read", f"broken zip: {error}") from error
        self._read += len(piece)
        if self._read > self._most:
            raise Rejected("read", f"too large: zip expands more than {MAX_MEMBER_RATIO} times")
        return piece


def read_zip(file: File, read_member: ReadMember, wanted: Callable[[str], bool]) -> ReadResults:
    """Members in the order of the archive's directory; those whose names are not wanted are passed over.

    Raises Rejected in the end where the directory is lost: members that are whole are read all the same.
    """
    stream = file.seekable()
    archive, damage = _zip_archive(stream)
    members = [member for member in archive.infolist() if member.filename and not member.is_dir()]
    if not damage and sum(member.compress_size for member in members) > 1.1 * stream.seek(0, io.SEEK_END):
        raise Rejected("read", "hostile: zip members overlap")
    if any(member.filename == "datapackage.json" for member in members):  # WACZ: the rest describes its archives
        members = [member for member in members if member.filename.startswith("archive/")] or members
    for number, member in enumerate(members[file.first[0] :], file.first[0]):
        file.enters(number)
        path = f"{file.path}/{printable(member.filename)}"
        if not wanted(member.filename):
            continue
        if is_unsafe(member.filename):
            yield Quarantined(path, None, "read", "unsafe name: it leads out of the archive", b"")
        elif stat.S_ISLNK(member.external_attr >> 16):  # its content is the path that it leads to
            yield Quarantined(path, None, "read", f"unsupported: {TAR_KINDS[tarfile.SYMTYPE]}", b"")
        elif member.flag_bits & 1:
            yield Quarantined(path, None, "read", "unsupported: encrypted zip member", b"")
        else:
            yield from _zip_member(archive, member, path, read_member)
    if damage:
        raise Rejected("read", f"broken zip: {damage}; {len(archive.infolist())} members were found by their headers")


def _zip_archive(stream: BinaryIO) -> tuple[zipfile.ZipFile, str]:
    """The archive, and what is wrong with its list of members.  Raises Rejected where it has no member either."""
    try:
        try:
            return zipfile.ZipFile(stream), ""
        except DAMAGE as error:
            damage = "no list of its members at its end" if str(error) == NO_DIRECTORY else str(error)
            return Headless(stream), damage
    except DAMAGE as error:
        raise Rejected("read", f"broken zip: {damage}, and {error}") from error


def _zip_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, path: str, read_member: ReadMember) -> ReadResults:
    try:
        opened = archive.open(member)
    except DAMAGE as error:
        yield Quarantined(path, None, "read", f"broken zip: {error}", b"")
        return
    with opened:
        try:
            changed = datetime(*member.date_time, tzinfo=UTC)
        except ValueError:  # a month 0, which zip writers leave where they know no date
            changed = None
        inside = io.BufferedReader(Bounded(opened, member.compress_size))  # type: ignore[arg-type]  # IO[bytes]
        yield from read_member(inside, path, changed)


class Tar(tarfile.TarFile):
    """An archive that goes on behind a header that is none.  damage: why one is none; "" for a whole archive."""

    ended = False
    damage = ""


class TarMember(tarfile.TarInfo):
    """A member whose archive is told of headers that are none; behind its end anything may stand."""

    @classmethod
    def fromtarfile(cls, archive: tarfile.TarFile) -> Self:
        try:
            return super().fromtarfile(archive)
        except tarfile.HeaderError as error:
            if isinstance(archive, Tar) and not archive.ended:
                archive.ended = str(error) in TAR_END
                archive.damage = archive.damage or ("" if archive.ended else str(error))
            raise


def read_tar(file: File, read_member: ReadMember, wanted: Callable[[str], bool]) -> ReadResults:
    """Members in their order, streamed; behind a damaged header from the next one on.

    Raises Rejected in the end where a header was damaged: what it named is lost.
    """
    try:
        with Tar.open(fileobj=file.from_start(), mode="r|", ignore_zeros=True, tarinfo=TarMember) as archive:
            for number, member in enumerate(archive):
                if number < file.first[0]:
                    continue
                file.enters(number)
                name = printable(member.name)
                path = f"{file.path}/{name}"
                if member.isdir() or not wanted(name):
                    continue
                content = archive.extractfile(member) if member.isreg() else None
                if is_unsafe(name):
                    yield Quarantined(path, None, "read", "unsafe name: it leads out of the archive", b"")
                elif content is None:
                    yield Quarantined(
                        path, None, "read", f"unsupported: {TAR_KINDS.get(member.type, 'tar entry')}", b""
                    )
                else:
                    changed = datetime.fromtimestamp(member.mtime, UTC) if 0 < member.mtime < 1e10 else None
                    yield from read_member(content, path, changed)  # type: ignore[arg-type]  # IO[bytes]
            if archive.damage:
                raise Rejected("read", f"broken tar: {archive.damage}; what it names is lost")
    except (tarfile.TarError, EOFError) as error:
        raise Rejected("read", f"broken tar: {error}") from error


def is_unsafe(name: str) -> bool:
    """Whether a member's name leads out of the archive: absolute, with a drive, or upwards."""
    name = name.replace("\\", "/")
    return name.startswith("/") or name[1:2] == ":" or ".." in name.split("/")
