"""The landing zone: which files a partition has, cut into shards.  I/O: it lists, and reads no article."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from etl.errors import Fatal, Usage
from etl.read.file import printable
from etl.read.files import is_article_file
from etl.sources import locations, remote
from etl.sources.locations import Reach, is_remote
from etl.sources.source import Source
from etl.web.urls import without_credentials

MAX_SHARDS = 200  # mapped tasks a run: each costs a scheduler about a second


@dataclass(frozen=True, slots=True)
class FileInfo:
    """A file of a partition: path relative to the source's root, bytes, modification time in seconds."""

    path: str
    size: int
    modified: float


@dataclass(frozen=True, slots=True)
class Shard:
    """Files that one task prepares, where they belong, what their fields mean, and the name of the recipe to go by."""

    source: str
    partition_date: date | None
    root: str
    recipe: str
    files: tuple[FileInfo, ...]
    columns: tuple[tuple[str, str], ...] = ()


def find_files(source: Source, partition: date | None, reach: Reach = Reach()) -> list[FileInfo]:  # noqa: B008
    """Files of a partition, in the order of their paths; none where a day or hour has no folder.

    Links are followed inside the source's root and nowhere else; what is no regular file is passed over.
    Raises Usage for a location without {date} that is not there.
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
        for path, facts in _walk(os.path.abspath(place), os.path.realpath(root)):
            relative = path[len(root) :].lstrip("/") if path.startswith(root) else os.path.relpath(path, root)
            found[relative] = FileInfo(relative, facts.st_size, facts.st_mtime)
    return [found[path] for path in sorted(found) if source.picks(path, partition)]


@contextmanager
def at_hand(shard: Shard, reach: Reach) -> Iterator[Shard]:
    """The shard with its files on this machine: those that lie elsewhere are copied here first, and removed at the end.

    So a slow network is no slow document, and what is read can seek.  A file that is not there any more is not copied.
    """
    if not is_remote(shard.root):
        yield shard
        return
    with TemporaryDirectory(prefix="wirecopy-") as folder:
        for file in shard.files:
            remote.copy(shard.root, file.path, Path(folder, file.path), reach)
        yield replace(shard, root=folder)


def _walk(place: str, root: str) -> Iterator[tuple[str, os.stat_result]]:
    """Regular files at or below a place, with their facts."""
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
    """Facts of a regular file, or of one inside root that a link names."""
    try:
        if entry.is_symlink():
            real = os.path.realpath(entry.path)
            if os.path.commonpath([real, root]) != root:
                return None
        facts = entry.stat()
    except OSError:  # a dangling link, or a file that went while we looked
        return None
    return facts if stat.S_ISREG(facts.st_mode) else None


def cut(files: Iterable[FileInfo], shard_bytes: int) -> list[list[FileInfo]]:
    """Files in shards of about that size, MAX_SHARDS at most; a file is never cut."""
    listed = list(files)
    # A small file costs as much to open as 4 kB cost to read.
    room = max(shard_bytes, sum(f.size + 4096 for f in listed) // MAX_SHARDS + 1)
    shards: list[list[FileInfo]] = []
    filled = room
    for file in listed:
        if filled >= room:
            shards.append([])
            filled = 0
        shards[-1].append(file)
        filled += file.size + 4096
    return shards


def stored_path(path: str) -> str:
    """A path as it is stored: bytes that are no UTF-8 spelled out (\\xff), what has no glyph as U+FFFD."""
    return printable(os.fsencode(path).decode("utf-8", "backslashreplace"))


def write_shard(shard: Shard, path: str) -> None:
    """Write a shard's list of files, whole or not at all."""
    fields = {
        "source": shard.source,
        "partition_date": shard.partition_date.isoformat() if shard.partition_date else None,
        "root": shard.root,
        "recipe": shard.recipe,
        "columns": shard.columns,
        "files": [(f.path, f.size, f.modified) for f in shard.files],
    }
    locations.write(path, json.dumps(fields).encode())


def read_shard(path: str) -> Shard:
    """A shard's list of files.  Raises Fatal where it is not there."""
    content = locations.read(path)
    if content is None:
        raise Fatal(
            f"{path} is not there: all workers need the same WIRECOPY_STAGING; clear the whole run to do it again"
        )
    fields = json.loads(content)
    day = fields["partition_date"]
    files = tuple(FileInfo(*f) for f in fields["files"])
    columns = tuple((field, column) for field, column in fields["columns"])
    place = fields["source"], date.fromisoformat(day) if day else None, fields["root"]
    return Shard(*place, fields["recipe"], files, columns)
