"""The landing zone: which files a partition has, and how they are cut into shards.  I/O: it lists, and reads no article."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

from etl.errors import Usage
from etl.read import is_article_file
from etl.sources import Source

MAX_SHARDS = 200  # mapped tasks a run: each costs a scheduler about a second


@dataclass(frozen=True, slots=True)
class FileInfo:
    """A file of a partition: path relative to the source's root, bytes, modification time in seconds."""

    path: str
    size: int
    modified: float


@dataclass(frozen=True, slots=True)
class Shard:
    """Files that one task prepares, and where they belong."""

    source: str
    partition_date: date | None
    root: str
    files: tuple[FileInfo, ...]


def find_files(source: Source, day: date | None) -> list[FileInfo]:
    """Files of a partition, in the order of their paths; none where a day has no folder.

    Links are followed inside the source's root and nowhere else; what is no regular file is passed over.
    Raises Usage for a location without {date} that is not there.
    """
    root = os.path.realpath(source.root)
    found: dict[str, FileInfo] = {}
    for place in source.places(day):
        if not os.path.exists(place):
            if source.dated and os.path.isdir(root):
                continue
            raise Usage(f"{place}: no such file or folder")
        for path in _walk(place):
            real = os.path.realpath(path)
            if os.path.commonpath([real, root]) != root:
                continue
            try:
                facts = os.stat(real)
            except FileNotFoundError:  # a dangling link, or a file that went while we looked
                continue
            if stat.S_ISREG(facts.st_mode):
                relative = os.path.relpath(os.path.abspath(path), source.root).replace(os.sep, "/")
                found[relative] = FileInfo(relative, facts.st_size, facts.st_mtime)
    return [found[path] for path in sorted(found)]


def _walk(place: str) -> Iterator[str]:
    if not os.path.isdir(place):
        yield place
        return
    for folder, folders, names in os.walk(place):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (os.path.join(folder, name) for name in sorted(names) if is_article_file(name))


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


def write_shard(shard: Shard, path: Path) -> None:
    """Write a shard's list of files, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(f".{os.getpid()}.tmp")
    partial.write_text(json.dumps(asdict(shard), default=str), encoding="utf-8")
    os.replace(partial, path)


def read_shard(path: Path) -> Shard:
    fields = json.loads(path.read_text(encoding="utf-8"))
    day = fields["partition_date"]
    files = tuple(FileInfo(**f) for f in fields["files"])
    return Shard(fields["source"], date.fromisoformat(day) if day else None, fields["root"], files)
