"""Plan: what a build is of, and the files that it reads, listed once; a retry reads the same.  I/O.

A file that the lake has read already, and that has not changed since, is not read again.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from hashlib import blake2b
from importlib.metadata import version
from typing import Any, NamedTuple

import pyarrow.parquet as pq

from etl.decide.revisions import EARLIEST, FETCHED_BEFORE, Precedence
from etl.errors import Usage
from etl.extract.embargoes import has_ended
from etl.fingerprint.recipe import Recipe
from etl.pipeline.listing import cut, find
from etl.prepare import shard_list, staging
from etl.settings import Settings
from etl.sources import locations
from etl.sources.discover import FileInfo, stored_path
from etl.sources.partitions import day_of, parse, shown
from etl.sources.source import WEB_KINDS, Source
from etl.spark import lake as lakes
from etl.spark.staged import Task
from etl.store.quarantine import around
from etl.store.sources import Declared

_Partition = tuple[str, date | None]
LISTED = "plan.json"  # written when all lists of shards are


class Place(NamedTuple):
    """What a shard is of.

    partition  as shown
    declared   tells declarations of its source apart
    build      number of the build that prepared it
    """

    source: str
    partition: str
    declared: str
    build: int

    @property
    def day(self) -> date | None:
        return day_of(parse(self.partition)) if self.partition else None


class Reread(NamedTuple):
    """A file, by the path that records have of it, that was read again because it had changed; by which shard."""

    source: str
    path: str
    shard: int


@dataclass(frozen=True, slots=True)
class Plan:
    """A build of a lake: where its shards wait, and which of them it has to prepare.

    number   of the build
    name     of what it is of (name_of)
    started  when it was begun, first attempts included
    places   of all shards, by number: what earlier builds have prepared stands first
    size     bytes of the files that it reads
    sources  by name, of those that it reads
    begun    an earlier attempt has written it down
    """

    lake: str
    number: int
    name: str
    started: datetime
    places: tuple[Place, ...]
    size: int
    reread: tuple[Reread, ...] = ()
    sources: Mapping[str, Source] = field(default_factory=dict)
    begun: bool = False

    @property
    def folder(self) -> str:
        return lakes.folder(self.lake, self.number)

    @property
    def shards(self) -> lakes.Shards:
        return lakes.Shards.of(self.lake, [place.build for place in self.places])

    @property
    def builds(self) -> list[int]:
        """Those that brought records."""
        return sorted({place.build for place in self.places})

    def new(self) -> list[int]:
        """Numbers of the shards that this build prepares."""
        return [number for number, place in enumerate(self.places) if place.build == self.number]

    def tasks(self, settings: Settings) -> list[Task]:
        """The shards to prepare, each under the limits of its source."""
        shards, found = self.shards, list[Task]()
        for number in self.new():
            place = self.places[number]
            source, partition = self.sources[place.source], parse(place.partition) if place.partition else None
            limited = replace(source.limits.over(settings), staging=locations.join(self.folder, "records"))
            found.append(Task(shards.path(number), source, partition, limited))
        return found

    def write(self) -> None:
        """Write it down: from now on this build is begun, and no other goes before it."""
        said = {
            "build": self.name, "started": self.started.isoformat(), "size": self.size, "shards": self.places,
            "reread": self.reread,
        }  # fmt: skip
        locations.write(locations.join(self.folder, LISTED), json.dumps(said).encode())

    def turns(self) -> list[tuple[int, int]]:
        """(shard, the first shard of the partition and the build that it is of), as runs would have followed."""
        first: dict[tuple[int, str, str], int] = {}
        return [(n, first.setdefault((p.build, p.source, p.partition), n)) for n, p in enumerate(self.places)]

    def order(self) -> list[tuple[int, int, str, date | None]]:
        """(number, place in the order of reading, source, day) of each shard: as if one build read all, day by day."""
        names = list(dict.fromkeys(place.source for place in self.places))

        def by_day(number: int) -> tuple[int, str, int]:
            return names.index(self.places[number].source), self.places[number].partition, number

        ordered = sorted(range(len(self.places)), key=by_day)
        return [(n, at, self.places[n].source, self.places[n].day) for at, n in enumerate(ordered)]


def name_of(sources: Sequence[Source], partitions: Sequence[date | None], recipe: Recipe) -> str:
    """The name of a build: another choice of sources, days, recipe or version has another."""
    said = [[repr(source) for source in sources], [shown(p) for p in partitions], recipe.name, version("wirecopy")]
    return _digest(json.dumps(said))


def _digest(text: str) -> str:
    return blake2b(text.encode(), digest_size=6).hexdigest()


def plan(
    lake: str,
    done: Mapping[str, Any] | None,
    sources: Sequence[Source],
    partitions: Sequence[date | None],
    recipe: Recipe,
    settings: Settings,
) -> Plan:
    """List the files of a build in shards, or read the lists that an earlier attempt has written down.

    done  the run of the finished build on which it goes on; None: there is none

    Raises Usage where another build is unfinished, and where a first build has no file.
    """
    number = done["number"] + 1 if done else 1
    folder, name = lakes.folder(lake, number), name_of(sources, partitions, recipe)
    by_name = {source.name: source for source in sources}
    written = _read(folder)
    if written is not None:
        if written["build"] != name:
            raise Usage(
                f"{lake} holds an unfinished build of other sources, days, recipe or version: finish it by its own"
                f" command, remove {folder}, or name another folder"
            )
        shards = tuple(Place(*each) for each in written["shards"])
        reread = tuple(Reread(*each) for each in written["reread"])
        return Plan(
            lake,
            number,
            name,
            datetime.fromisoformat(written["started"]),
            shards,
            written["size"],
            reread,
            by_name,
            True,
        )
    before = _read(lakes.folder(lake, number - 1)) if done else None
    listing = _Listing(lake, number, before, recipe)
    due: dict[_Partition, set[str]] = {}
    if done:
        _require_names(lake, done, listing.places, sources)
        due = _due(lakes.tables_of(lake, done))
    started = datetime.now(UTC)
    for source in sources:
        limited = source.limits.over(settings)
        for partition in partitions if source.dated else [None]:
            listing.add(source, partition, limited, due.pop((source.name, partition), ()))
        for of, day in sorted(due, key=str):
            if of == source.name:
                listing.add(source, day, limited, due[of, day], due_only=True)
    if not listing.places:
        raise Usage("there is nothing to build: no source has a file for these days")
    shards, reread = tuple(listing.places), tuple(listing.reread)
    return Plan(lake, number, name, started, shards, listing.size, reread, by_name)


def _read(folder: str) -> dict[str, Any] | None:
    found = locations.read(locations.join(folder, LISTED))
    return None if found is None else json.loads(found)


class _Listing:
    """Lists partitions in shards, after those that the lake has."""

    def __init__(self, lake: str, number: int, before: Mapping[str, Any] | None, recipe: Recipe) -> None:
        self._number, self._recipe = number, recipe
        self._folder = locations.join(lakes.folder(lake, number), "records")
        self.places = [Place(*each) for each in before["shards"]] if before else []
        self._shards = lakes.Shards.of(lake, [place.build for place in self.places])
        self.reread = [Reread(*each) for each in before["reread"]] if before else []
        self.size = 0

    def add(
        self,
        source: Source,
        partition: date | None,
        settings: Settings,
        due: Collection[str] = (),
        due_only: bool = False,
    ) -> None:
        """Add what a partition has of files that are new, or due: paths with articles whose embargo has ended."""
        found, declared = find(source, partition, settings), _digest(repr(source))
        paths, known = self._known(source, partition, declared)
        again = {file.path for file in found.files if stored_path(file.path) in due}
        files = [file for file in found.files if file.path in again or not (due_only or file in known)]
        found = replace(found, files=files)
        self.size += found.size
        for shard in cut(found, self._recipe, source.id_name, settings.shard_bytes, most=None) if files else ():
            self.places.append(Place(source.name, shown(partition), declared, self._number))
            number = len(self.places) - 1
            shard_list.write_shard(shard, staging.shard_path(self._folder, number))
            self.reread += [
                Reread(source.name, stored_path(f.path), number) for f in shard.files if f.path in paths | again
            ]

    def _known(self, source: Source, partition: date | None, declared: str) -> tuple[set[str], set[FileInfo]]:
        """Paths of the files of a partition that the lake has read, and the files as it has read them last."""
        paths, last = set[str](), dict[str, FileInfo]()
        for number, place in enumerate(self.places):
            if place.build != self._number and (place.source, place.partition) == (source.name, shown(partition)):
                for file in shard_list.read_shard(self._shards.path(number)).files:
                    paths.add(file.path)
                    last.pop(file.path, None)
                    if place.declared == declared:
                        last[file.path] = file
        return paths, set(last.values())


def _due(folder: str) -> dict[_Partition, set[str]]:
    """Paths of files that hold articles whose embargo has ended, by source and day.  folder: of a build's tables."""
    found, now = dict[_Partition, set[str]](), datetime.now(UTC)
    folder, names = locations.join(folder, "quarantine"), ["source", "partition_date", "path", "reason"]
    for file in locations.names(folder):
        if file.endswith(".parquet"):
            with locations.opened(locations.join(folder, file)) as opened:
                rows = pq.read_table(opened, columns=names, filters=[("stage", "=", "embargo")])
            for source, day, path, reason in zip(*(rows[name].to_pylist() for name in names), strict=True):
                if has_ended(reason, now):
                    found.setdefault((source, day), set()).update(around(path))
    return found


def _require_names(lake: str, done: Mapping[str, Any], places: Sequence[Place], sources: Sequence[Source]) -> None:
    """Raises Usage where a source of the lake has another name now, or its ids are computed by another."""
    first = {row["name"]: row.get("id_name") or row["name"] for row in done["sources"]}
    for name in sorted({place.source for place in places}):
        for source in sources:
            mine, its = source.id_name or source.name, first.get(name, name)
            if (name == source.name) != (its == mine):
                raise Usage(
                    f"{lake} computes ids of source {name!r} by the name {its!r}, and those of {source.name!r} are to"
                    f" be computed by {mine!r}: a lake keeps its names; build into another folder"
                )


def precedences_of(
    listed: Plan, declared: Sequence[Declared], before: Mapping[str, Precedence]
) -> dict[str, Precedence]:
    """The precedence of each source of a build, as days that are brought in one by one end with.

    before  of the sources of a store or a lake: what a declaration leaves open stays
    """
    web = {each.name for each in declared if each.kind in WEB_KINDS}
    found, fixed = dict(before), set[str]()
    spoken: list[Declared | Source] = [*declared, *listed.sources.values()]
    for each in spoken:
        was = found.get(each.name, Precedence())
        rank = was.rank if each.rank is None else each.rank
        found[each.name] = Precedence(rank, each.earliest or was.earliest)
        fixed |= {each.name} if each.earliest else set()
    for place in listed.places:
        if place.day and place.source in web - fixed:
            bound, was = place.day - FETCHED_BEFORE, found[place.source]
            earliest = bound if was.earliest == EARLIEST else min(was.earliest, bound)
            found[place.source] = replace(was, earliest=earliest)
    return found


def source_rows(
    done: Mapping[str, Any] | None, declared: Sequence[Declared], precedences: Mapping[str, Precedence]
) -> list[dict[str, Any]]:
    """Rows of the table `source`, for JSON: of declared sources, and of those that earlier builds knew."""
    rows = {row["name"]: row for row in (done["sources"] if done else ())}
    for each in declared:
        its = precedences.get(each.name, Precedence(each.rank or 0, each.earliest or EARLIEST))
        earliest = None if its.earliest == EARLIEST else its.earliest.isoformat()
        rows[each.name] = {**each._asdict(), "agency": each.agency, "rank": its.rank, "earliest": earliest}
    return list(rows.values())
