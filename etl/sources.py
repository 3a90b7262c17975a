"""Sources: what is declared in sources.toml, or named on the command line.

    [seeds]                                   # the source's name, part of every article's identity
    location = "seeds"                        # a folder or file; relative to the working folder

    [gazette]
    location = "/data/gazette/{date:%Y/%m/%d}"  # one folder a day: {date:…} takes strftime's letters
    schedule = "0 6 * * *"                    # cron, UTC: each run takes the day before
    start = 2026-01-01                        # the first day there is
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from etl.errors import Usage

NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,62}")
DATE_FIELD = re.compile(r"\{date(?::([^{}]*))?\}")
KINDS = ("files",)


@dataclass(frozen=True, slots=True)
class Source:
    """One source of articles.

    location  folder or file(s), with {date:…} where a partition's day stands
    schedule  cron expression in UTC, or None: it runs by hand
    start     its first day, of a source with dates
    """

    name: str
    locations: tuple[str, ...]
    schedule: str | None = None
    start: date | None = None

    @property
    def dated(self) -> bool:
        return any(DATE_FIELD.search(location) for location in self.locations)

    @property
    def root(self) -> str:
        """The folder that the paths of its files are relative to: what stands before any {date}, or holds all."""
        fixed = []
        for location in self.locations:
            whole = DATE_FIELD.split(location, maxsplit=1)[0]
            cut = whole != location
            path = os.path.abspath(whole)
            fixed.append(path if (cut and whole.endswith("/")) or os.path.isdir(path) else os.path.dirname(path))
        return os.path.commonpath(fixed)

    def places(self, day: date | None) -> list[str]:
        """Where the files of a partition are.  Raises Usage where a day is missing, or makes no difference."""
        if self.dated and day is None:
            raise Usage(f"source {self.name} has one folder a day; say which with --date, or --from and --to")
        return [
            DATE_FIELD.sub(lambda found: f"{day:{found[1] or '%Y-%m-%d'}}", location) for location in self.locations
        ]


def load(path: str) -> dict[str, Source]:
    """Sources declared in a file, by name.  Raises Usage that names file, source and field."""
    try:
        declared = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise Usage(f"{path} is not there; declare the sources in it, or name another file in WIRECOPY_SOURCES") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Usage(f"{path}: {error}") from None
    return {name: parse(name, fields, path) for name, fields in declared.items()}


def parse(name: str, fields: object, path: str) -> Source:
    """One declared source."""
    where = f"{path}: [{name}]"
    if not NAME.fullmatch(name):
        raise Usage(f"{where}: a name has small letters, digits, '_', '-' and '.', 63 at most")
    if not isinstance(fields, Mapping):
        raise Usage(f"{where}: must be a table of fields, such as location")
    unknown = fields.keys() - {"location", "schedule", "start", "kind"}
    if unknown:
        raise Usage(f"{where}: unknown field {min(unknown)!r}; there are location, kind, schedule and start")
    if fields.get("kind", "files") not in KINDS:
        raise Usage(f"{where}: kind is {fields['kind']!r}; there is {', '.join(KINDS)}")
    location, schedule, start = fields.get("location"), fields.get("schedule"), fields.get("start")
    if not isinstance(location, str) or not location:
        raise Usage(f"{where}: location must be a path, such as \"/data/{name}/{{date:%Y/%m/%d}}\"")
    if schedule is not None and (not isinstance(schedule, str) or len(schedule.split()) != 5):
        raise Usage(f'{where}: schedule must be a cron expression, such as "0 6 * * *"')
    if start is not None and type(start) is not date:
        raise Usage(f"{where}: start must be a day, such as 2026-01-01 (without quotes)")
    return Source(name, (location,), schedule, start)


def from_locations(locations: Sequence[str], name: str | None) -> list[Source]:
    """Sources for the command line: each location is one, named by its folder or file; with a name, all are one."""
    if name is not None:
        return [Source(_checked(name), tuple(locations))]
    found: dict[str, Source] = {}
    for location in locations:
        source = Source(_checked(name_of(location)), (location,))
        if source.name in found:
            raise Usage(f"two locations would be source {source.name!r}; give them one name with --source, or run them apart")
        found[source.name] = source
    return list(found.values())


def name_of(location: str) -> str:
    """A source's name from its location: that of the folder or file before any {date}, in small letters."""
    fixed = os.path.abspath(DATE_FIELD.split(location, maxsplit=1)[0])
    base = os.path.basename(fixed).split(".")[0]
    return re.sub(r"[^a-z0-9_-]+", "-", base.lower()).strip("-_") or "files"


def _checked(name: str) -> str:
    if not NAME.fullmatch(name):
        raise Usage(f"{name!r} is no name for a source; it has small letters, digits, '_', '-' and '.', 63 at most")
    return name
