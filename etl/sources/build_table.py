"""The table [build] of sources.toml: which archive a cluster builds, and how the cluster is reached.

    [build]
    lake = "s3://news/lake"               # where the tables of the build are written
    sources = ["gazette", "agency"]       # of those that the file declares; by default all that are no references
    from = 2016-01-01                     # its days, the last one inclusive; not for sources without dates
    to = 2025-12-31
    decisions = "postgresql://me@host/old"   # a store whose decisions of people are honoured
    master = "spark://host:7077"          # by default all cores of the machine that runs the task
    conf = { "spark.executor.memory" = "4g" }

Without `lake` the table declares a source of that name, as any other.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from etl.errors import Usage

KINDS = {
    "lake": str, "sources": list, "from": date, "to": date, "decisions": str, "master": str, "conf": dict,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class BuildTable:
    """What a build is of.  sources: their names; none: all that are no references."""

    lake: str
    sources: tuple[str, ...] = ()
    first: date | None = None
    last: date | None = None
    decisions: str | None = None
    master: str | None = None
    conf: tuple[tuple[str, str], ...] = ()

    def arguments(self) -> list[str]:
        """The words of `wirecopy build` that say the same."""
        words = ["--all"] if not self.sources else [word for name in self.sources for word in ("--source", name)]
        given = {"--from": self.first, "--to": self.last, "--decisions": self.decisions, "--master": self.master}
        for option, value in given.items():
            words += [option, str(value)] if value is not None else []
        return [*words, *(word for name, value in self.conf for word in ("--conf", f"{name}={value}")), "--", self.lake]


def is_build(name: str, fields: object) -> bool:
    """Whether a table of the file is that of the build, and no source."""
    return name == "build" and isinstance(fields, Mapping) and "lake" in fields


def declared_build(path: str) -> BuildTable | None:
    """The build that a file declares; None without one.  Raises Usage that names file and field."""
    try:
        fields = tomllib.loads(Path(path).read_text(encoding="utf-8-sig")).get("build")
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Usage(f"{path}: {error}") from None
    if not isinstance(fields, Mapping) or not is_build("build", fields):
        return None
    where = f"{path}: [build]"
    for name, value in fields.items():
        if name not in KINDS:
            raise Usage(f"{where}: unknown field {name!r}; there are {', '.join(KINDS)}")
        if type(value) is not KINDS[name]:
            raise Usage(f"{where}: {name} must be a {KINDS[name].__name__}, not {value!r}")
    names, conf = fields.get("sources", []), fields.get("conf", {})
    if not all(isinstance(each, str) for each in (*names, *conf.values())):
        raise Usage(f'{where}: sources is a list of names, conf a table of texts, such as "4g"')
    if wrong := next((each for each in conf if not each.startswith("spark.")), None):
        raise Usage(f"{where}: conf has {wrong!r}, which is no option of Spark, such as spark.executor.memory")
    if ("from" in fields) != ("to" in fields) or fields.get("from", date.min) > fields.get("to", date.max):
        raise Usage(f"{where}: from and to go together, the earlier day first")
    first, last, master = (fields.get(name) for name in ("from", "to", "master"))
    return BuildTable(fields["lake"], tuple(names), first, last, fields.get("decisions"), master, tuple(conf.items()))
