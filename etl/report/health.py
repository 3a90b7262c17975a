"""Health: what is wrong with a store and its sources, in one look.  I/O: it only reads."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from etl.errors import WirecopyError
from etl.report.silence import SourceState, source_states
from etl.settings import Settings, variable
from etl.sources.locations import is_remote
from etl.store import database, refusals, schema
from schemas.tables import quarantine, run

LATELY = timedelta(days=7)  # refused runs and quarantined records of this time are looked at
BEFORE = timedelta(days=35)  # and compared with those from then on
GROWTH = 2.0  # quarantined records grow when their share of what is read is that many times what it was
MIN_GROWN_SHARE = 0.05  # of the records read lately; less is not called growth
MIN_GROWN_RECORDS = 20


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that is wrong.  about: "store", "run", "quarantine", "disk", or "source" and its name."""

    about: str
    says: str


@dataclass(frozen=True, slots=True)
class Health:
    """A store in one look.  facts: by name, plain values."""

    problems: tuple[Problem, ...]
    sources: tuple[SourceState, ...]
    facts: dict[str, Any]

    def as_json(self) -> dict[str, object]:
        sources = [
            {**asdict(state), "last_day": state.last_day and state.last_day.isoformat()} for state in self.sources
        ]
        return {
            "ok": not self.problems,
            "problems": [asdict(problem) for problem in self.problems],
            "sources": sources,
            **self.facts,
        }

    def lines(self) -> list[str]:
        """For people: what is wrong first."""
        said = [f"{problem.about}: {problem.says}" for problem in self.problems] or ["nothing is wrong"]
        watched = [state for state in self.sources if state.watched]
        said += ["", f"store       {self.facts['store']}"]
        if last := self.facts.get("last_run"):
            day = f" {last['partition_date']}" if last["partition_date"] else ""
            said.append(f"last run    {last['run_id']}, {last['source']}{day}, finished {last['finished_at']}")
        if "guard" in self.facts:
            guard, held = self.facts["guard"], self.facts["quarantine"]
            wrong = sum(1 for state in watched if state.problem)
            said += [
                f"sources     {len(watched)} of {len(self.sources)} are watched, {wrong} silent or low",
                f"guard       in {LATELY.days} days {guard['refused']} runs were refused, {guard['accepted']} accepted",
                f"quarantine  {held['records']} records; of those read in {LATELY.days} days"
                f" {100 * held['share']:.1f} %, before {100 * held['share_before']:.1f} %",
            ]
        return said + [f"disk        {free / 1e9:,.1f} GB free at {path}" for path, free in self.facts["disk"].items()]


def health(settings: Settings, now: datetime) -> Health:
    """Look at the store of the settings, its sources, and the room on this machine's disks.

    A store that cannot be asked is a problem like any other.  Raises Usage for a URL that is none of a store.
    """
    free = {path: shutil.disk_usage(path).free for path in _folders(settings)}
    least = f"{variable('min_disk_free')} is {settings.min_disk_free}"
    problems = [
        Problem("disk", f"{left / 1e9:.1f} GB are free at {path}: {least}")
        for path, left in free.items()
        if left < settings.min_disk_free
    ]
    facts: dict[str, Any] = {"store": refusals.shown(settings.store), "disk": free}
    sources: list[SourceState] = []
    with database.opened(settings.store) as engine:
        try:
            schema.require_current(engine)
            with database.asking(engine) as connection:
                states, asked = source_states(connection, settings, now), dict[str, Any]()
                found = _of_runs(connection, now, asked) + _of_quarantine(connection, now, asked)
                json.dumps([asked, [state.source for state in states]])  # bytes where text should be are damage, too
            sources, facts, problems = states, {**facts, **asked}, problems + found
        except WirecopyError as error:
            problems.insert(0, Problem("store", str(error)))
    silent = [Problem(f"source {state.source}", state.problem) for state in sources if state.problem]
    return Health((*silent, *problems), tuple(sources), facts)


def _of_runs(connection: sa.Connection, now: datetime, facts: dict[str, Any]) -> list[Problem]:
    """Refused runs of which nobody has made a committed one since."""
    names = ("run_id", "label", "source", "partition_date", "finished_at", "refused")
    last = connection.execute(sa.select(*(run.c[name] for name in names)).order_by(run.c.run_id.desc()).limit(1))
    facts["last_run"] = next(({**row, "partition_date": row["partition_date"] and str(row["partition_date"]),
                               "finished_at": row["finished_at"].isoformat(timespec="seconds")}
                              for row in last.mappings()), None)  # fmt: skip
    lately = run.c.finished_at >= now - LATELY
    counts = sa.select(sa.func.count(run.c.refused), sa.func.count(run.c.accepted)).where(lately)
    facts["guard"] = dict(zip(("refused", "accepted"), connection.execute(counts).one(), strict=True))
    later = run.alias("later")
    mended = sa.exists().where(
        later.c.run_id > run.c.run_id, later.c.source == run.c.source, later.c.refused.is_(None),
        later.c.partition_date.is_not_distinct_from(run.c.partition_date),
    )  # fmt: skip
    open_ = sa.select(run.c.run_id, run.c.source, run.c.partition_date, run.c.refused)
    waiting = open_.where(lately, run.c.refused.is_not(None), ~mended).order_by(run.c.run_id)
    return [
        Problem("run", f"{row.run_id} of {row.source}{day} was refused: {row.refused}")
        for row in connection.execute(waiting)
        for day in [f" {row.partition_date}" if row.partition_date else ""]
    ]


def _of_quarantine(connection: sa.Connection, now: datetime, facts: dict[str, Any]) -> list[Problem]:
    """Sources of which a greater share of the records is quarantined than before, by what runs have read."""
    is_late = run.c.finished_at >= now - LATELY
    sums = [
        sa.func.coalesce(sa.func.sum(sa.case((late, column), else_=0)), 0)
        for late in (is_late, ~is_late)
        for column in (run.c.quarantined, run.c.read)
    ]
    query = sa.select(run.c.source, *sums).where(run.c.finished_at >= now - BEFORE, run.c.refused.is_(None))
    found, totals = [], [0, 0, 0, 0]
    for source, *numbers in connection.execute(query.group_by(run.c.source).order_by(run.c.source)):
        totals = [total + int(number) for total, number in zip(totals, numbers, strict=True)]
        late, before, (lately, _, _, read_before) = _share(*numbers[:2]), _share(*numbers[2:]), numbers
        if read_before and lately >= MIN_GROWN_RECORDS and late >= MIN_GROWN_SHARE and late > GROWTH * before:
            said = f"{100 * late:.1f} % of what {source} brought in {LATELY.days} days"
            found.append(Problem("quarantine", f"{said}, {lately} records; before it was {100 * before:.1f} %"))
    held = connection.scalar(sa.select(sa.func.count()).select_from(quarantine)) or 0
    facts["quarantine"] = {"records": held, "share": _share(*totals[:2]), "share_before": _share(*totals[2:])}
    return found


def _share(part: int, whole: int) -> float:
    return int(part) / int(whole) if whole else 0.0


def _folders(settings: Settings) -> list[str]:
    """A folder of each disk of this machine that the store, staging or landing lies on."""
    url = database.connect(settings.store).url
    named = [url.database or ""] if url.get_backend_name() == "sqlite" else []
    named += [place for place in (settings.staging, settings.landing) if not is_remote(place)]
    found: dict[int, str] = {}
    for place in named:
        path = Path(os.path.abspath(place))
        there = next(each for each in (path, *path.parents) if each.is_dir())
        found.setdefault(there.stat().st_dev, str(there))
    return list(found.values())
