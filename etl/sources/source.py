"""Sources: the locations of their files by partition; a location of the command line is a source, too.

etl.sources.declarations reads the sources of sources.toml.
"""

from __future__ import annotations

import fnmatch
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from itertools import takewhile

from etl.decide.keep import KEEP_ALL, KeepRule
from etl.errors import Usage
from etl.sources.limits import NO_LIMITS, SourceLimits

SOURCE_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,62}")
HOUR_FORMAT = re.compile(r"%[-_0]?[HIkl]")
DATE_LETTERS = re.compile(r"%[-_]?([A-Za-z%])")
OF_DAY_OR_HOUR = frozenset("aAbBCdeFgGhHIjklmpPuUVwWyY%")
DATE_FIELD = re.compile(r"\{date(?::([^{}]*))?\}")
PASSWORD = re.compile(r"://[^/@]*:[^/]*@")
WEB_KINDS = ("feed", "sitemap", "urls")
WARC_FILE = re.compile(r"\.(?:warc|wet|arc)(?:\.[a-z0-9]+)?$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Source:
    """One source of articles.

    locations  folders or files, with {date:…} where a partition's day stands
    schedule   cron expression in UTC, or None: it is run by hand
    start      its first day, of a source with dates
    catchup    whether the scheduler runs the days since start by itself
    limits     settings that differ for it
    kind       files, warc (only WARC files), feed, sitemap or urls
    columns    our names of fields, and its records' names of them
    pick       a pattern of file names, with {date:…}: selects a day's files in a folder of many days
    ids_by_file  an id in its records names one within its file, as a row's number does; else within the source
    publisher  the publisher of all its articles; "": the registrable name of each URL's host
    rank       of its articles in the order of election, the greater first; None: as the store has it, 0 at first
    is_reference  its documents are references (etl.decide.references), and no articles
    earliest   dates of publication before that day are not believed; None: as the store has it
    keep       which of its articles are wanted
    id_name    the name by which ids of its articles are computed, where it had another first; None: as the store has it
    connection the orchestrator's name for the credentials of its locations; "": those of the environment
    """

    name: str
    locations: tuple[str, ...]
    schedule: str | None = None
    start: date | None = None
    catchup: bool = False
    owner: str = "wirecopy"
    tags: tuple[str, ...] = ()
    limits: SourceLimits = NO_LIMITS
    kind: str = "files"
    columns: tuple[tuple[str, str], ...] = ()
    pick: str = ""
    connection: str = ""
    ids_by_file: bool = False
    publisher: str = ""
    rank: int | None = None
    is_reference: bool = False
    earliest: date | None = None
    keep: KeepRule = KEEP_ALL
    id_name: str | None = None

    @property
    def role(self) -> str | None:
        """As a store writes it down: "reference", or None."""
        return "reference" if self.is_reference else None

    @property
    def fetched(self) -> bool:
        """Whether it is fetched from the web; its days are the days of fetching."""
        return self.kind in WEB_KINDS

    def landed(self, landing: str) -> Source:
        """The source as files: fetched ones lie in the landing zone, others at their declared locations."""
        if not self.fetched:
            return self
        return replace(self, kind="files", locations=(f"{landing.rstrip('/')}/{self.name}/{{date:%Y-%m-%d}}",))

    @property
    def dated(self) -> bool:
        return self.fetched or any(DATE_FIELD.search(each) for each in (*self.locations, self.pick))

    def picks(self, path: str, partition: date | None) -> bool:
        """Whether a file at its locations belongs to the source and this partition."""
        name = path.rpartition("/")[2]
        if self.kind == "warc" and not WARC_FILE.search(name):
            return False
        return not self.pick or fnmatch.fnmatchcase(name, _filled(self.pick, partition))

    @property
    def hourly(self) -> bool:
        """Whether its partitions are hours."""
        fields = (field for each in (*self.locations, self.pick) for field in DATE_FIELD.findall(each))
        return not self.fetched and any(HOUR_FORMAT.search(field) for field in fields)

    @property
    def root(self) -> str:
        """The folder to which paths of its files are relative: the part before any {date} that all locations share."""
        if "://" in self.locations[0]:
            return _remote_root(self.locations)
        fixed = []
        for location in self.locations:
            whole = DATE_FIELD.split(location, maxsplit=1)[0]
            cut = whole != location
            path = os.path.abspath(whole)
            fixed.append(path if (cut and whole.endswith("/")) or os.path.isdir(path) else os.path.dirname(path))
        return os.path.commonpath(fixed)

    def places(self, partition: date | None) -> list[str]:
        """Locations of the files of a partition; a day of a source with hours is all 24.

        Raises Usage for a missing day, and for an hour of a source with days.
        """
        if self.dated and partition is None:
            each = "hour" if self.hourly else "day"
            raise Usage(f"source {self.name} has one folder a {each}; say which with --date, or --from and --to")
        if isinstance(partition, datetime) and self.dated and not self.hourly:
            raise Usage(f"source {self.name} has one folder a day, not an hour; name a day alone")
        moments = [partition]
        if self.hourly and partition is not None and not isinstance(partition, datetime):
            moments = [datetime.combine(partition, time(hour), UTC) for hour in range(24)]
        found = [_filled(location, moment) for location in self.locations for moment in moments]
        return list(dict.fromkeys(found))


def _remote_root(locations: Sequence[str]) -> str:
    """The folder that remote locations share; of lists of files the host or bucket."""
    fixed = []
    for location in locations:
        whole = DATE_FIELD.split(location, maxsplit=1)[0]
        is_folder = whole == location and "." not in whole.rstrip("/").rpartition("/")[2]
        host = "/".join(whole.split("/")[:3])
        is_list = location.endswith((".paths", ".paths.gz"))
        fixed.append(host if is_list else whole.rstrip("/") if is_folder else whole.rpartition("/")[0])
    levels = zip(*(each.split("/") for each in fixed), strict=False)
    return "/".join(level[0] for level in takewhile(lambda level: len(set(level)) == 1, levels))


def _filled(location: str, moment: date | None) -> str:
    return DATE_FIELD.sub(lambda field: f"{moment:{field[1] or '%Y-%m-%d'}}", location)


def from_locations(locations: Sequence[str], name: str | None) -> list[Source]:
    """Sources of the command line: one for each location, named by its folder or file; with a name, one for all.

    Several files of one folder, as a shell writes them for a pattern, are one source, named by the folder.
    """
    if not all(locations):
        raise Usage("'' names no file or folder")
    require_no_password(locations)
    if name is not None:
        return [Source(_checked(name), tuple(locations))]
    together: dict[str, list[str]] = {}
    for location in locations:
        is_file = "://" not in location and os.path.isfile(location)
        together.setdefault(os.path.dirname(os.path.abspath(location)) if is_file else location, []).append(location)
    found: dict[str, Source] = {}
    for folder, places in together.items():
        source = Source(_checked(name_of(folder if len(places) > 1 else places[0])), tuple(places))
        if source.name in found:
            raise Usage(
                f"two locations would be source {source.name!r}; give them one name with --source, or run them apart"
            )
        found[source.name] = source
    return list(found.values())


def require_date_patterns(locations: Iterable[str]) -> None:
    """Raises Usage for braces that are no {date:…}, and for one that is written without strftime's letters of a day."""
    for location in locations:
        if braced := re.search(r"[{}].{0,20}", DATE_FIELD.sub("", location)):
            raise Usage(f"location has {braced[0]!r}; the place of a day is written {{date:%Y/%m/%d}}")
        for pattern in filter(None, DATE_FIELD.findall(location)):
            letters = DATE_LETTERS.findall(pattern)
            if not letters or not OF_DAY_OR_HOUR.issuperset(letters):
                raise Usage(
                    f"location has {{date:{pattern}}}; it takes %Y, %m, %d, %H and the like, as {{date:%Y/%m/%d}}"
                )


def require_no_password(locations: Sequence[str]) -> None:
    """Raises Usage for a location with a password: locations are printed, and stand in the pages of Airflow."""
    if any(PASSWORD.search(each) for each in locations):
        raise Usage("a location holds a password; leave it to a connection of Airflow, or to the environment")


def name_of(location: str) -> str:
    """A source's name: that of the folder or file before any {date}, in small letters."""
    fixed = os.path.abspath(DATE_FIELD.split(location, maxsplit=1)[0])
    base = os.path.basename(fixed).split(".")[0]
    return re.sub(r"[^a-z0-9_-]+", "-", base.lower()).strip("-_") or "files"


def _checked(name: str) -> str:
    require_name(name)
    return name


def require_name(name: str) -> None:
    """Raises Usage for what cannot be the name of a source."""
    if not SOURCE_NAME.fullmatch(name):
        raise Usage(f"{name!r} is no name for a source; it has small letters, digits, '_', '-' and '.', 63 at most")
