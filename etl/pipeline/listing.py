"""Listing: the files of a partition, listed once, and cut into shards; with those of other days that are due.  Shell.

An article under an embargo waits in quarantine.  When its time has come, the next run of its source, of whatever day,
reads its file again: the file goes with that run as a shard of the day that it is of.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from types import MappingProxyType
from typing import Any

from etl.extract.embargoes import has_ended
from etl.fingerprint.recipe import Recipe
from etl.prepare import shard_list
from etl.settings import Settings
from etl.sources.discover import FileInfo, find_files, real_roots, stored_path
from etl.sources.locations import Reach
from etl.sources.look import look
from etl.sources.partitions import day_of, shown
from etl.sources.source import Source
from etl.store import database, schema
from etl.store.quarantine import around, embargoed
from etl.web.urls import without_credentials

NO_OPTIONS: Mapping[str, Any] = MappingProxyType({})
MAX_DUE_DAYS = 50  # a run: each is a mapped task, and a folder to list; the next run takes others
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Partition:
    """A partition of a source and its files, listed once.

    partition  a day, or an hour (etl.sources.partitions); None: the source has no dates
    due        files of other days that hold articles whose embargo has ended
    """

    source: Source
    partition: date | None
    files: Sequence[FileInfo]
    due: Sequence[tuple[date, Sequence[FileInfo]]] = ()

    @property
    def name(self) -> str:
        """Source and partition, for people."""
        return f"{self.source.name} {shown(self.partition)}".strip()

    @property
    def size(self) -> int:
        return sum(file.size for file in self.files)


def find(
    source: Source, partition: date | None, settings: Settings, options: Mapping[str, Any] = NO_OPTIONS
) -> Partition:
    """List the files of a partition; where there are none, the log says where it looked, and what is likely wrong.

    options  of the file system that the source lies on, where not its environment's (etl.sources.credentials)
    """
    how = reach(settings, options)
    found = Partition(source, partition, find_files(source, partition, how))
    if not found.files:
        places = ", ".join(map(without_credentials, source.places(partition)))
        log.info("%s: no files at %s", found.name, places)
        for each in look(source, how) if source.dated else ():
            if each.problem:
                log.warning("%s: %s", found.name, each.problem)
    return found


def with_due(found: Partition, settings: Settings, options: Mapping[str, Any] = NO_OPTIONS) -> Partition:
    """The partition, and files of other days of its source that hold articles whose embargo has ended since."""
    if not found.source.dated:  # all its files are read in each run
        return found
    days: dict[date, set[str]] = {}
    with database.opened(settings.store) as engine:
        if schema.schema_version(engine) is None:
            return found
        with database.reading(engine) as connection:
            now = datetime.now(UTC)
            for each in embargoed(connection, found.source.name):
                if each.partition_date is not None and has_ended(each.reason, now):
                    days.setdefault(each.partition_date, set()).update(around(each.path))
    here, how = {stored_path(file.path) for file in found.files}, reach(settings, options)
    due = []
    for day, paths in sorted(days.items())[:MAX_DUE_DAYS]:
        files = [file for file in find_files(found.source, day, how) if stored_path(file.path) in paths - here]
        if files:
            log.info("%s: %d files of %s, whose embargo has ended", found.name, len(files), day)
            due.append((day, files))
    return replace(found, due=due)


def cut(
    found: Partition,
    recipe: Recipe,
    id_name: str | None,
    shard_bytes: int,
    most: int | None = shard_list.MAX_SHARDS,
) -> list[shard_list.Shard]:
    """A partition cut into shards of about that size, `most` at most, to be prepared by a recipe.

    id_name  the name of the source by which ids are computed; None: the one that it has
    """
    source, inside = found.source, real_roots(found.source)
    day = found.partition and day_of(found.partition)
    parts = [(day, files, False) for files in shard_list.cut(found.files, shard_bytes, most)]
    for earlier, due in found.due:
        parts += [(earlier, files, True) for files in shard_list.cut(due, shard_bytes, most)]
    facts = len(parts), source.ids_by_file, source.earliest, source.keep
    return [
        shard_list.Shard(
            source.name, day, source.root, recipe.name, tuple(files), source.columns, inside, *facts, due, id_name
        )
        for day, files, due in parts
    ]


def reach(settings: Settings, options: Mapping[str, Any] = NO_OPTIONS) -> Reach:
    """How far this run may go on the network."""
    return Reach(settings.user_agent, settings.allow_hosts, options)
