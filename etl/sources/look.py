"""Look: what lies where a source is declared to be, and whether its {date:…} fits the names there.  I/O: it lists."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from etl.sources.locations import Reach, exists, filesystem, is_remote, named_errors
from etl.sources.source import DATE_FIELD, Source
from etl.web.urls import without_credentials

MAX_FOLDERS = 2_000  # of one depth, the latest by name: 150 years of months, 5 of days
MAX_STRAYS = 3
_LETTER = re.compile(r"%[-_0]?([A-Za-z%])")
_WIDTHS = {"Y": r"\d{4}", "j": r"\d{1,3}", **dict.fromkeys("ymdHIMSwuWUV", r"\d{1,2}")}
_SAME = {"e": "d", "k": "H", "l": "I"}  # letters that strptime does not know


@dataclass(frozen=True, slots=True)
class Look:
    """What lies at a location.

    place    the location, without credentials
    exists   whether the folder or file before any {date:…} is there
    newest   the last day of which there is something; None: there is none, or the location has no {date:…}
    strays   some of the names that stand where those of days should, where not one of them fits
    """

    place: str
    exists: bool
    newest: date | None = None
    strays: tuple[str, ...] = ()

    @property
    def problem(self) -> str:
        """What is wrong; "" if nothing is."""
        if not self.exists:
            return f"{self.place}: no such file or folder"
        if not self.strays:
            return ""
        return f"{self.place}: its {{date:…}} fits none of the names there ({', '.join(self.strays)}); mend the pattern"


def look(source: Source, reach: Reach = Reach()) -> list[Look]:  # noqa: B008  it is frozen
    """A look at each location of a source of files."""
    return [_look(location, reach) for location in source.locations]


def _look(location: str, reach: Reach) -> Look:
    place, field = without_credentials(location), DATE_FIELD.search(location)
    if not field:
        return Look(place, exists(location, reach))
    cut = location.rfind("/", 0, field.start()) + 1
    fixed = location[:cut] or "."
    found: list[tuple[str, Mapping[str, str]]] = [("", {})]
    for depth, (wanted, letters) in enumerate(map(_name_pattern, _parts(location[cut:]))):
        fitting, strays = [], []
        for below, known in found[:MAX_FOLDERS]:
            names = _names(f"{fixed.rstrip('/') or '/'}/{below}" if below else fixed, reach)
            if names is None and not depth:
                return Look(place, False)
            for name in names or ():
                path = f"{below}/{name}".lstrip("/")
                if match := wanted.fullmatch(name):
                    fitting.append((path, {**dict(zip(letters, match.groups(), strict=True)), **known}))
                else:
                    strays.append(path)
        if not fitting:
            return Look(place, True, None, tuple(sorted(strays)[-MAX_STRAYS:]))
        found = sorted(fitting, key=lambda each: each[0], reverse=True)
    return Look(place, True, max(filter(None, (_day(known) for _, known in found)), default=None))


def _parts(below: str) -> list[str]:
    """The names of a path, each as strftime writes it."""
    pieces = enumerate(DATE_FIELD.split(below))  # text and forms in turn; None: the usual form
    written = "".join(p or "%Y-%m-%d" if number % 2 else p.replace("%", "%%") for number, p in pieces)
    return written.strip("/").split("/")


def _name_pattern(part: str) -> tuple[re.Pattern[str], list[str]]:
    """Names that strftime may write of a part, with a group for each of its letters."""
    pattern, letters, at = "", [], 0
    for found in _LETTER.finditer(part):
        letter = _SAME.get(found[1], found[1])
        pattern += re.escape(part[at : found.start()]) + ("%" if letter == "%" else f"({_WIDTHS.get(letter, '.+')})")
        letters += [letter] if letter != "%" else []
        at = found.end()
    return re.compile(pattern + re.escape(part[at:])), letters


def _day(known: Mapping[str, str]) -> date | None:
    """The day that letters of strftime stand for; None where they stand for none (a month 13)."""
    try:
        return datetime.strptime(" ".join(known.values()), " ".join(f"%{each}" for each in known)).date()  # noqa: DTZ007
    except ValueError:
        return None


def _names(folder: str, reach: Reach) -> list[str] | None:
    """Names in a folder, hidden ones left out; None where there is no such folder."""
    try:
        if not is_remote(folder):
            found = os.listdir(folder)
        else:
            files, path = filesystem(folder, reach)
            with named_errors(folder):
                found = [str(name).rstrip("/").rpartition("/")[2] for name in files.ls(path, detail=False)]
    except (FileNotFoundError, NotADirectoryError):
        return None
    return [name for name in found if name and not name.startswith(".")]
