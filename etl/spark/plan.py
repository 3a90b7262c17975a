"""Plan: what a build is of, and the files that it reads, listed once; a retry reads the same.  I/O."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from hashlib import blake2b
from importlib.metadata import version
from typing import Any

from etl.decide.revisions import EARLIEST, FETCHED_BEFORE, Precedence
from etl.errors import Usage
from etl.fingerprint.recipe import Recipe
from etl.pipeline.listing import cut, find
from etl.prepare import shard_list, staging
from etl.settings import Settings
from etl.sources import locations
from etl.sources.partitions import day_of, shown
from etl.sources.source import WEB_KINDS, Source
from etl.spark.staged import Task
from etl.store.sources import Declared

LISTED = "plan.json"  # written when all lists of shards are


@dataclass(frozen=True, slots=True)
class Plan:
    """A build: its sources and partitions, and where its shards wait.

    folder   of the shards
    started  when it was begun, first attempts included
    places   source and partition of each shard, by number
    """

    folder: str
    started: datetime
    places: tuple[tuple[Source, date | None], ...]
    size: int

    def tasks(self, settings: Settings) -> list[Task]:
        """The shards to prepare, each under the limits of its source."""
        return [
            Task(
                staging.shard_path(self.folder, number), source, partition,
                replace(source.limits.over(settings), staging=self.folder),
            )
            for number, (source, partition) in enumerate(self.places)
        ]  # fmt: skip

    def days(self) -> list[tuple[int, str, date | None]]:
        """(number, source, day) of each shard."""
        return [(n, source.name, partition and day_of(partition)) for n, (source, partition) in enumerate(self.places)]


def name_of(sources: Sequence[Source], partitions: Sequence[date | None], recipe: Recipe) -> str:
    """The name of a build: another choice of sources, days, recipe or version has another."""
    said = [[repr(source) for source in sources], [shown(p) for p in partitions], recipe.name, version("wirecopy")]
    return blake2b(json.dumps(said).encode(), digest_size=6).hexdigest()


def plan(
    folder: str, sources: Sequence[Source], partitions: Sequence[date | None], recipe: Recipe, settings: Settings
) -> Plan:
    """List the files of a build in shards, or read the lists that an earlier attempt has made.

    Raises Usage where there is no file.
    """
    each = [(source, partition) for source in sources for partition in (partitions if source.dated else [None])]
    written = locations.read(locations.join(folder, LISTED))
    if written is not None:
        said = json.loads(written)
        places = tuple(each[number] for number in said["shards"])
        return Plan(folder, datetime.fromisoformat(said["started"]), places, said["size"])
    started, numbers, size = datetime.now(UTC), list[int](), 0
    for number, (source, partition) in enumerate(each):
        found = find(source, partition, source.limits.over(settings))
        size += found.size
        for shard in cut(found, recipe, settings.shard_bytes, most=None):
            shard_list.write_shard(shard, staging.shard_path(folder, len(numbers)))
            numbers.append(number)
    if not numbers:
        raise Usage("there is nothing to build: no source has a file for these days")
    said = {"started": started.isoformat(), "shards": numbers, "size": size}
    locations.write(locations.join(folder, LISTED), json.dumps(said).encode())
    return Plan(folder, started, tuple(each[number] for number in numbers), size)


def precedences_of(listed: Plan, declared: Sequence[Declared]) -> dict[str, Precedence]:
    """The precedence of each source of a build, as days that are brought in one by one end with."""
    web = {each.name for each in declared if each.kind in WEB_KINDS}
    found = {source.name: Precedence(source.rank or 0, source.earliest or EARLIEST) for source, _ in listed.places}
    for source, partition in listed.places:
        before = found[source.name]
        if partition and source.name in web and not source.earliest:
            bound = day_of(partition) - FETCHED_BEFORE
            earliest = bound if before.earliest == EARLIEST else min(before.earliest, bound)
            found[source.name] = replace(before, earliest=earliest)
    return found


def source_row(declared: Declared, precedences: Mapping[str, Precedence]) -> dict[str, Any]:
    """The row of the table `source` of a declared source, for JSON."""
    its = precedences.get(declared.name, Precedence(declared.rank or 0, declared.earliest or EARLIEST))
    earliest = None if its.earliest == EARLIEST else its.earliest.isoformat()
    return {**declared._asdict(), "agency": declared.agency, "rank": its.rank, "earliest": earliest}
