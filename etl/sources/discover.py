"""Discover: which files a partition has.  I/O: it lists, and reads no article."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import BinaryIO

from etl.errors import Usage
from etl.read.file import is_article_file, printable
from etl.sources import remote
from etl.sources.locations import Reach, is_remote
from etl.sources.source import DATE_FIELD, Source
from etl.web.urls import without_credentials

READ_ONLY = os.O_RDONLY | os.O_NONBLOCK  # of a FIFO it would wait for a writer


@dataclass(frozen=True, slots=True)
class FileInfo:
    """A file of a partition: path relative to the source's root, bytes, modification time in seconds."""

    path: str
    size: int
    modified: float


def find_files(source: Source, partition: date | None, reach: Reach = Reach()) -> list[FileInfo]:  # noqa: B008
    """Files of a partition, by path; none where a day or hour has no folder.

    Links are followed inside the source's root and nowhere else, except those that a location without {date} names;
    only regular files count.  Raises Usage for a location without {date} that does not exist, and for the folder of a
    day that is a link out of the root.
    """
    root = source.root
    found: dict[str, FileInfo] = {}
    for place in source.places(partition):
        if is_remote(root):
            elsewhere = remote.find(place, root, reach)
            if elsewhere is None and not source.dated:
                raise Usage(f"{without_credentials(place)}: no such file or folder")
            found |= {path: FileInfo(path, size, modified) for path, size, modified in elsewhere or ()}
            continue
        if not os.path.exists(place):
            if source.dated and os.path.isdir(root):
                continue
            raise Usage(f"{place}: no such file or folder")
        if source.dated and not _is_within(os.path.realpath(place), real_roots(source)):
            raise Usage(f"{place} is a link out of {root}; declare the folder that it names as a location")
        for path, facts in _walk(os.path.abspath(place), os.path.realpath(root)):
            relative = path[len(root) :].lstrip("/") if path.startswith(root) else os.path.relpath(path, root)
            found[relative] = FileInfo(relative, facts.st_size, facts.st_mtime)
    return [found[path] for path in sorted(found) if source.picks(path, partition)]


def real_roots(source: Source) -> tuple[str, ...]:
    """Real paths of the folders and files that a source is read from on this machine.

    They are its root, and what a location without {date} names: that may be a link to anywhere.
    """
    if is_remote(source.root):
        return ()
    named = [location for location in source.locations if not DATE_FIELD.search(location)]
    return tuple(os.path.realpath(place) for place in (source.root, *named))


def _is_within(path: str, roots: Sequence[str]) -> bool:
    return any(path == root or path.startswith(f"{root.rstrip('/')}/") for root in roots)


class Within:
    """Opens regular files that lie below some real paths, links resolved, whatever happens to their names meanwhile.

    What is open is looked at, not its name: another process may put a link in its place at any time.  A folder is
    looked at once, for all of its files that follow each other; a file only if it is a link.
    """

    def __init__(self, roots: Sequence[str]) -> None:
        self._roots = roots
        self._folder, self._handle = "", -1

    def open(self, path: str) -> BinaryIO:
        """The file, to read.  Raises OSError, also for what is no regular file or lies elsewhere."""
        folder, name = os.path.split(path)
        if folder != self._folder:
            self.close()
            handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
            self._folder, self._handle = folder, handle
            self._require(handle, folder)
        try:
            handle = os.open(name, READ_ONLY | os.O_NOFOLLOW, dir_fd=self._handle)
        except OSError as error:
            if error.errno != errno.ELOOP:
                raise
            handle = os.open(name, READ_ONLY, dir_fd=self._handle)
            try:
                self._require(handle, path)
            except OSError:
                os.close(handle)
                raise
        stream = os.fdopen(handle, "rb")
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            stream.close()
            raise OSError(errno.EINVAL, "no regular file")
        return stream

    def close(self) -> None:
        if self._handle >= 0:
            os.close(self._handle)
        self._folder, self._handle = "", -1

    def _require(self, handle: int, path: str) -> None:
        try:
            real = os.readlink(f"/proc/self/fd/{handle}")
        except OSError:  # not on Linux: a race of some microseconds is left
            real = os.path.realpath(path)
        if not _is_within(real, self._roots):
            if path == self._folder:
                self.close()
            raise OSError(errno.EACCES, "a link out of the source's folder")


def _walk(place: str, root: str) -> Iterator[tuple[str, os.stat_result]]:
    """Regular files at or below a path, with their stat."""
    if not os.path.isdir(place):
        itself = os.stat(place)
        if stat.S_ISREG(itself.st_mode):
            yield place, itself
        return
    with os.scandir(place) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                if not entry.name.startswith("."):
                    yield from _walk(entry.path, root)
            elif is_article_file(entry.name):
                facts = _facts(entry, root)
                if facts is not None:
                    yield entry.path, facts


def _facts(entry: os.DirEntry[str], root: str) -> os.stat_result | None:
    """The stat of a regular file, or of one inside root that a link names; None for anything else."""
    try:
        if entry.is_symlink():
            real = os.path.realpath(entry.path)
            if os.path.commonpath([real, root]) != root:
                return None
        facts = entry.stat()
    except OSError:  # a dangling link, or a file that went while we looked
        return None
    return facts if stat.S_ISREG(facts.st_mode) else None


def stored_path(path: str) -> str:
    """A path as the store keeps it: bytes that are no UTF-8 spelled out (\\xff), characters without a glyph U+FFFD."""
    return printable(os.fsencode(path).decode("utf-8", "backslashreplace"))
