"""Declarations: the sources of sources.toml, each checked by itself; messages name file, source and field.

    [seeds]                                   # the source's name, part of every article's identity
    location = "seeds"                        # a folder or file, or several; relative to the working folder

    [gazette]
    location = "/data/gazette/{date:%Y/%m/%d}"  # one folder a day: {date:…} takes strftime's letters
    # with an hour in it, as in {date:%Y/%m/%d/%H}, one folder an hour, and partitions are hours
    schedule = "0 6 * * *"                    # cron, UTC: each run takes the day (or hour) before its tick
    start = 2026-01-01                        # the first day
    catchup = true                            # the scheduler runs the days since then
    owner = "archive desk"                    # the person or team responsible
    tags = ["daily", "english"]               # of its DAG
    columns = { title = "hed", body = "txt" }  # what its records call our fields; others are guessed by their names
    ids = "file"                              # each file numbers its records anew; by default an id is one article
    rank = 1                                  # its articles stand before those of a lesser rank, 0 by default
    earliest = 1851-09-18                     # dates of publication before it are not believed
    keep = { language = ["en"], words = 50 }  # which articles are wanted (etl.decide.keep); by default all
    publisher = "gazette.example"             # of all its articles; by default the name of each URL's host
    id_name = "gazette-daily"                 # its first name, by which ids are computed (wirecopy sources rename)
    role = "reference"                        # no articles: a benchmark or a licensed corpus, to find passages of
    limits.max_duplicate_share = 0.98         # in the place of the setting (etl.sources.limits)

    [agency]
    location = "s3://bucket/agency/{date}"    # any file system of fsspec
    connection = "agency_s3"                  # Airflow's connection with the credentials

    [herald]
    kind = "feed"                             # or "sitemap", "urls": fetched by etl.fetch.run, landed by day
    location = "https://herald.example/rss"

The default schedule of a source with dates is nightly, of one with hours hourly.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TypeVar

from etl.decide.keep import KeepRule
from etl.errors import Usage
from etl.sources import cron
from etl.sources.build_table import is_build
from etl.sources.limits import SourceLimits
from etl.sources.source import SOURCE_NAME, WEB_KINDS, Source, require_date_patterns, require_no_password
from etl.text.closest import meant
from schemas.field_names import FIELD_NAMES
from schemas.records import MAX_RANK

NIGHTLY, HOURLY = "0 0 * * *", "0 * * * *"
EACH_HOUR = re.compile(r"\d+ \* \* \* \*")
SOURCE_FIELDS = (
    "location", "kind", "pick", "schedule", "start", "catchup", "owner", "tags", "columns", "limits", "connection",
    "ids", "publisher", "rank", "keep", "role", "earliest", "id_name",
)  # fmt: skip
SOURCE_KINDS = ("files", "warc", *WEB_KINDS)
# Airflow refuses longer tags and other names of connections; dates beyond these overflow in its calendar.  It would say
# so while it reads the DAG file, of which all sources are part.
MAX_LABEL_CHARS = 100  # of a tag, of an owner
CONNECTION_NAME = re.compile(r"[\w.:/-]{1,200}", re.ASCII)
EARLIEST_BOUNDS = date(1400, 1, 1), date(2199, 12, 31)
START_BOUNDS = date(1600, 1, 1), date(2199, 12, 31)
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
SAMPLE_DAY = date(2026, 3, 14)


def load(path: str) -> dict[str, Source]:
    """Sources declared in a file, by name.  Raises Usage that names file, source and field."""
    found = {}
    for name, source in declared(path).items():
        if isinstance(source, Usage):
            raise source
        found[name] = source
    return found


def named(path: str, name: str) -> Source:
    """A declared source by its name, whatever the others are.  Raises Usage for an unknown or a broken one."""
    found = declared(path)
    source = found.get(name)
    if source is None:
        raise Usage(f"{path} declares no source {name!r}; {meant(name, found)}")
    if isinstance(source, Usage):
        raise source
    return source


class BrokenDeclaration(Usage):
    """A source that is declared wrongly.  owner: the one it declares, else ""."""

    def __init__(self, error: Usage, fields: object) -> None:
        super().__init__(str(error))
        owner = fields.get("owner") if isinstance(fields, Mapping) else None
        self.owner = owner if isinstance(owner, str) and _is_label(owner) and not CONTROL.search(owner) else ""


def declared(path: str) -> dict[str, Source | BrokenDeclaration]:
    """The declarations of a file by name: the source, or its error.  Raises Usage for a file that is no TOML."""
    return declarations_of(read_toml(path), path)


def read_toml(path: str) -> str:
    """The text of a file that is TOML.  Raises Usage for any other."""
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
        tomllib.loads(text)
    except FileNotFoundError:
        raise Usage(
            f"{path} does not exist; declare the sources in it, or name another file in WIRECOPY_SOURCES"
        ) from None
    except UnicodeDecodeError as error:
        raise Usage(f"{path} is no UTF-8, from byte {error.start} on; save it as UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise Usage(f"{path}: {error}") from None
    return text


def declarations_of(text: str, path: str) -> dict[str, Source | BrokenDeclaration]:
    """The declarations of a text that is TOML.  path: for messages."""
    found: dict[str, Source | BrokenDeclaration] = {}
    first: dict[str, str] = {}  # the sources by the names of which ids are computed
    for name, fields in tomllib.loads(text).items():
        if is_build(name, fields):
            continue
        try:
            source = parse(name, fields, path)
            other = first.setdefault(source.id_name or name, name)
            if other != name:
                raise Usage(f"{path}: [{name}]: its articles would have the ids of [{other}]; see id_name of both")
            found[name] = source
        except Usage as error:
            found[name] = BrokenDeclaration(error, fields)
    return found


def parse(name: str, fields: object, path: str) -> Source:
    """One declared source.  Raises Usage that names file, source and field."""
    where = f"{path}: [{name}]"
    if not SOURCE_NAME.fullmatch(name):
        raise Usage(f"{where}: a name has small letters, digits, '_', '-' and '.', 63 at most")
    if not isinstance(fields, Mapping):
        raise Usage(f"{where}: must be a table of fields, such as location")
    unknown = fields.keys() - set(SOURCE_FIELDS)
    if unknown:
        raise Usage(f"{where}: unknown field {min(unknown)!r}; there are {', '.join(SOURCE_FIELDS)}")
    if fields.get("kind", "files") not in SOURCE_KINDS:
        raise Usage(f"{where}: kind is {fields['kind']!r}; there is {', '.join(SOURCE_KINDS)}")
    kind = fields.get("kind", "files")
    _require_printable(fields, where)
    source = Source(
        name,
        _locations(fields.get("location"), name, where),
        _schedule(fields.get("schedule"), where),
        _typed(fields.get("start"), date, f"{where}: start must be a day, such as 2026-01-01 (without quotes)"),
        _typed(fields.get("catchup"), bool, f"{where}: catchup must be true or false") or False,
        _typed(fields.get("owner"), str, f"{where}: owner must be a name in quotes") or "wirecopy",
        _strings(fields.get("tags", []), f'{where}: tags must be a list, such as ["daily"]'),
        _limits(fields.get("limits", {}), kind, where),
        kind,
        _columns(fields.get("columns", {}), where),
        _typed(fields.get("pick"), str, f'{where}: pick must be a pattern of file names, such as "*-{{date:%Y%m%d}}-*"')
        or "",
        _typed(fields.get("connection"), str, f"{where}: connection must be the name of one of Airflow's, in quotes")
        or "",
        _ids(fields.get("ids", "source"), where),
        _typed(fields.get("publisher"), str, f"{where}: publisher must be a name in quotes") or "",
        _typed(fields.get("rank"), int, f"{where}: rank must be a whole number, such as 1"),
        _role(fields.get("role", "corpus"), where),
        _typed(fields.get("earliest"), date, f"{where}: earliest must be a day, such as 1851-09-18 (without quotes)"),
        _keep(fields.get("keep", {}), where),
        _id_name(fields.get("id_name"), where),
    )
    _require_bounds(source, where)
    if source.fetched:
        _require_web(source, where)
    elif len({location.partition("://")[0] if "://" in location else "" for location in source.locations}) > 1:
        raise Usage(f"{where}: locations must all be paths, or all begin alike, with s3:// for example")
    if source.connection and ("://" not in source.locations[0] or source.locations[0].startswith("http")):
        raise Usage(f"{where}: connection is for locations such as s3:// or sftp://, not {source.locations[0]!r}")
    if not source.dated and (source.start or source.catchup):
        field = "start" if source.start else "catchup"
        raise Usage(f"{where}: {field} is for a location with {{date:…}}; this one has none")
    if source.catchup and not source.start:
        raise Usage(f"{where}: catchup needs start, the first day to run")
    if source.dated and source.schedule is None:
        # Without one Airflow's form would offer no backfill.
        source = replace(source, schedule=HOURLY if source.hourly else NIGHTLY)
    if source.hourly and not EACH_HOUR.fullmatch(source.schedule or ""):
        raise Usage(f'{where}: schedule must be once an hour, such as "5 * * * *": location has a folder an hour')
    return source


def _locations(value: object, name: str, where: str) -> tuple[str, ...]:
    wrong = f'{where}: location must be a path, such as "/data/{name}/{{date:%Y/%m/%d}}", or a list of them'
    found = _strings([value] if isinstance(value, str) else value, wrong)
    if not found:
        raise Usage(wrong)
    try:
        require_no_password(found)
        require_date_patterns(found)
    except Usage as error:
        raise Usage(f"{where}: {error}") from None
    return found


def _schedule(value: object, where: str) -> str | None:
    if value is None:
        return None
    wrong = f'{where}: schedule must be a cron expression in numbers, such as "0 6 * * *", not {value!r}'
    if not isinstance(value, str):
        raise Usage(wrong)
    try:
        days = cron.parse(value)
    except ValueError as error:
        raise Usage(f"{wrong}: {error}") from None
    if cron.next_day(days, SAMPLE_DAY) is None:
        raise Usage(f"{where}: schedule {value!r} names no day that there is")
    return value


def _require_printable(value: object, where: str) -> None:
    """Raises Usage for a control character, wherever in a source's fields: no database of Airflow's takes a NUL."""
    if isinstance(value, Mapping):
        for name, each in value.items():
            _require_printable(name, where)
            _require_printable(each, where)
    elif isinstance(value, list):
        for each in value:
            _require_printable(each, where)
    elif isinstance(value, str) and CONTROL.search(value):
        raise Usage(f"{where}: {value!r} holds a control character")


def _is_label(text: str) -> bool:
    return len(text) <= MAX_LABEL_CHARS and bool(text.strip())


def _require_bounds(source: Source, where: str) -> None:
    """Raises Usage for values of which Airflow could make no DAG."""
    for field, text in (("owner", source.owner), *(("tags", tag) for tag in source.tags)):
        if not _is_label(text):
            raise Usage(f"{where}: {field} must have 1 to {MAX_LABEL_CHARS} characters, not {len(text)}")
    if abs(source.rank or 0) > MAX_RANK:
        raise Usage(f"{where}: rank must lie between {-MAX_RANK} and {MAX_RANK}, not at {source.rank}")
    if source.start and not START_BOUNDS[0] <= source.start <= START_BOUNDS[1]:
        raise Usage(f"{where}: start must lie between {START_BOUNDS[0]} and {START_BOUNDS[1]}, not on {source.start}")
    if source.earliest and not EARLIEST_BOUNDS[0] <= source.earliest <= EARLIEST_BOUNDS[1]:
        first, last = EARLIEST_BOUNDS
        raise Usage(f"{where}: earliest must lie between {first} and {last}, not on {source.earliest}")
    if source.connection and not CONNECTION_NAME.fullmatch(source.connection):
        raise Usage(f"{where}: connection must be the name of one of Airflow's, not {source.connection!r}")
    try:
        source.places(SAMPLE_DAY if source.dated else None)
    except (ValueError, OverflowError, MemoryError) as error:
        raise Usage(f"{where}: location has a date that cannot be written: {error}") from None


def _columns(value: object, where: str) -> tuple[tuple[str, str], ...]:
    if not isinstance(value, Mapping):
        raise Usage(f'{where}: columns must be a table, such as columns.body = "txt"')
    for field, column in value.items():
        if field not in FIELD_NAMES:
            raise Usage(f"{where}: columns.{field} is no field of an article; there are {', '.join(FIELD_NAMES)}")
        if not isinstance(column, str) or not column.strip():
            raise Usage(f"{where}: columns.{field} must be the name of a field in its records, not {column!r}")
    return tuple(value.items())


def _ids(value: object, where: str) -> bool:
    """Whether ids in records are those of a file."""
    if value not in ("source", "file"):
        raise Usage(
            f'{where}: ids must be "source", where an id in a record is one article in every file, or "file", where'
            f" each file numbers its records anew; not {value!r}"
        )
    return value == "file"


def _role(value: object, where: str) -> bool:
    """Whether its documents are references."""
    if value not in ("corpus", "reference"):
        raise Usage(
            f'{where}: role must be "corpus", where its documents are articles, or "reference", where they are texts to'
            f" look for in articles; not {value!r}"
        )
    return value == "reference"


def _id_name(value: object, where: str) -> str | None:
    if value is not None and not (isinstance(value, str) and SOURCE_NAME.fullmatch(value)):
        raise Usage(f"{where}: id_name must be the name that the source had first, in quotes, not {value!r}")
    return value


def _require_web(source: Source, where: str) -> None:
    """Raises Usage for a location that is not on the web, and for catchup."""
    if source.catchup:
        raise Usage(f"{where}: catchup is not for kind {source.kind}: a web site has no past days to fetch")
    for location in source.locations:
        on_the_web = location.startswith(("http://", "https://"))
        if not on_the_web and ("://" in location or source.kind != "urls"):
            raise Usage(f"{where}: location of a {source.kind} must begin with https:// or http://, not {location!r}")
        if on_the_web and "@" in location.split("/")[2]:
            raise Usage(f"{where}: location holds a name or password, which would appear in logs and archives")


def _keep(value: object, where: str) -> KeepRule:
    try:
        return KeepRule.parse(value)
    except ValueError as error:
        raise Usage(f"{where}: {error}") from None


def _limits(value: object, kind: str, where: str) -> SourceLimits:
    try:
        return SourceLimits.parse(value, fetched=kind in WEB_KINDS)
    except ValueError as error:
        raise Usage(f"{where}: {error}") from None


Kind = TypeVar("Kind")


def _typed(value: object, kind: type[Kind], wrong: str) -> Kind | None:
    if value is None:
        return None
    if type(value) is not kind:  # a datetime is a date, and True a number
        raise Usage(wrong)
    return value


def _strings(value: object, wrong: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
        raise Usage(wrong)
    return tuple(value)
