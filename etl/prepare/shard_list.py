"""Shard lists: the files of a partition in portions for one task each, as JSON in the staging folder.  I/O."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from etl.decide.keep import KEEP_ALL, KeepRule
from etl.errors import Fatal
from etl.sources import locations, remote
from etl.sources.discover import FileInfo, real_roots
from etl.sources.locations import Reach, is_below, is_remote
from etl.sources.partitions import day_of
from etl.sources.source import Source

MAX_SHARDS = 200  # mapped tasks a run: each costs a scheduler about a second


@dataclass(frozen=True, slots=True)
class Shard:
    """Files that one task prepares, where they belong, what their fields mean, and the name of the recipe to go by.

    count   shards of its partition
    inside  real paths of folders and files: what a file's name leads to must be one of these, or below it.  Empty: the
            root.  They follow from the source and are not written down.
    ids_by_file, earliest, keep  as in etl.sources.source.Source
    is_due  its files are of another day than the run, and hold articles whose embargo has ended
    id_name  the name of the source by which the store computes ids; None: the one that it has
    """

    source: str
    partition_date: date | None
    root: str
    recipe: str
    files: tuple[FileInfo, ...]
    columns: tuple[tuple[str, str], ...] = ()
    inside: tuple[str, ...] = ()
    count: int = 0
    ids_by_file: bool = False
    earliest: date | None = None
    keep: KeepRule = KEEP_ALL
    is_due: bool = False
    id_name: str | None = None


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
        yield replace(shard, root=folder, inside=())


def cut(files: Iterable[FileInfo], shard_bytes: int, most: int | None = MAX_SHARDS) -> list[list[FileInfo]]:
    """Files in shards of about that size, `most` at most (None: any number); a file is never cut."""
    listed = list(files)
    # A small file costs as much to open as 4 kB cost to read.
    room = max(shard_bytes, sum(f.size + 4096 for f in listed) // most + 1) if most else shard_bytes
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
        "count": shard.count,
        "ids_by_file": shard.ids_by_file,
        "earliest": shard.earliest and shard.earliest.isoformat(),
        "keep": shard.keep.declared(),
        "is_due": shard.is_due,
        "id_name": shard.id_name,
        "files": [(f.path, f.size, f.modified) for f in shard.files],
    }
    locations.write(path, json.dumps(fields).encode())


def read_shard(path: str) -> Shard:
    """A shard's list of files.  Raises Fatal where it is not there, or is no such list.

    Each path in it is below the root, as far as its name tells; reading looks at its links (etl.prepare.reading).
    """
    content = locations.read(path)
    if content is None:
        raise Fatal(
            f"{path} is not there: all workers need the same WIRECOPY_STAGING; clear the whole run to do it again"
        )
    try:
        fields = json.loads(content)
        day, earliest = fields["partition_date"], fields["earliest"]
        files = tuple(FileInfo(str(name), int(size), float(modified)) for name, size, modified in fields["files"])
        columns = tuple((str(field), str(column)) for field, column in fields["columns"])
        place = str(fields["source"]), date.fromisoformat(day) if day else None, str(fields["root"])
        shard = Shard(
            *place,
            str(fields["recipe"]),
            files,
            columns,
            count=int(fields["count"]),
            ids_by_file=fields["ids_by_file"] is True,
            earliest=date.fromisoformat(earliest) if earliest else None,
            keep=KeepRule.parse(fields["keep"]),
            is_due=fields["is_due"] is True,
            id_name=fields["id_name"] and str(fields["id_name"]),
        )
    except (ValueError, TypeError, KeyError, OverflowError):
        raise Fatal(f"{path} is no list of files of a shard; clear the whole run to do it again") from None
    outside = next((file.path for file in files if not is_below(file.path)), None)
    if outside is not None:
        raise Fatal(f"{path} names {outside!r}, which is not below {shard.root}; clear the whole run to do it again")
    return shard


def read_shard_of(source: Source, partition: date | None, path: str) -> Shard:
    """A list of files that must be of this partition of the source, or due.  Raises Fatal, as read_shard() does."""
    shard = read_shard(path)
    said = shard.source, shard.partition_date, shard.root, shard.columns, shard.ids_by_file, shard.keep
    day = shard.partition_date if shard.is_due else partition and day_of(partition)
    if said != (source.name, day, source.root, source.columns, source.ids_by_file, source.keep):
        raise Fatal(
            f"{path} is of another source or day, or the source changed since; clear the whole run to do it again"
        )
    return replace(shard, inside=real_roots(source))
