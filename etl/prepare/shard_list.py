"""Shard lists: the files of a partition in portions for one task each, as JSON in the staging folder.  I/O."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from etl.errors import Fatal
from etl.sources import locations, remote
from etl.sources.discover import FileInfo
from etl.sources.locations import Reach, is_remote

MAX_SHARDS = 200  # mapped tasks a run: each costs a scheduler about a second


@dataclass(frozen=True, slots=True)
class Shard:
    """Files that one task prepares, where they belong, what their fields mean, and the name of the recipe to go by."""

    source: str
    partition_date: date | None
    root: str
    recipe: str
    files: tuple[FileInfo, ...]
    columns: tuple[tuple[str, str], ...] = ()


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
