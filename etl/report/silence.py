"""Silence: which sources bring too little, now or on the days of a run.  I/O: it only reads.

etl.decide.quiet says when; here is what each source brought, and which sources are watched: those that are declared
with a schedule, or with a limit of their own.  References are not: they bring no articles.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa

from etl.decide.quiet import (
    A_DAY,
    LATE,
    LOOK_BACK_DAYS,
    QuietLimits,
    end_of,
    shortfall,
    silence,
    span,
    usual_articles,
)
from etl.errors import Usage
from etl.settings import Settings, variable
from etl.sources.declarations import declared
from etl.sources.partitions import day_of
from etl.sources.source import Source
from schemas.tables import run
from schemas.tables import source as source_table

_DAYS = sa.table("corpus_source_day", sa.column("source"), sa.column("partition_date", sa.Date), sa.column("articles"))


@dataclass(frozen=True, slots=True)
class SourceState:
    """A source now.

    last_day  the last day of its articles; of a source without dates that on which it last brought something
    usual     articles a day, as etl.decide.quiet has it; None: it has too few days to say
    watched   whether too little of it is a problem
    problem   what is wrong; "" if nothing is, or it is not watched
    """

    source: str
    last_day: date | None
    usual: float | None
    watched: bool
    problem: str


@dataclass(frozen=True, slots=True)
class _Brought:
    """What a source has brought: articles by day, and since when it has brought nothing."""

    days: Mapping[date, int]
    since: datetime | None


def source_states(connection: sa.Connection, settings: Settings, now: datetime) -> list[SourceState]:
    """Every source that the store has or the installation declares: those with a problem first, then the quietest.

    A declared source that is broken has its own DAG to say so, and is not here.
    """
    watched = _watched(connection, settings)
    brought = _brought(connection, now)
    found = []
    for name in sorted(watched.keys() | brought.keys()):
        mine = brought.get(name, _Brought({}, None))
        own = watched.get(name)
        said = _problem(mine, own, now) if own is not None else ""
        last_day = (mine.since - timedelta(microseconds=1)).date() if mine.since else None
        usual = usual_articles(mine.days, now.date())
        found.append(SourceState(name, last_day, usual, own is not None, said))
    return sorted(found, key=lambda state: (not state.problem, state.last_day or date.min, state.source))


def too_little(
    connection: sa.Connection, source: Source, days: Sequence[date | None], settings: Settings, now: datetime
) -> list[str]:
    """What is wrong with the days of a run: each that brought nothing, or far less than usual, by those before it.

    Of a day that is not over, or that comes in parts, it says only whether the source is silent.
    """
    limits = quiet_limits(source.limits.over(settings))
    found = []
    for day in () if source.is_reference else days:
        if day is None or day_of(day) >= now.date():
            mine = _brought(connection, now, source.name).get(source.name, _Brought({}, None))
            said = silence(mine.days, mine.since, now, limits)
        else:
            over = end_of(day_of(day))
            until = _articles_by_day(connection, day_of(day), source.name).get(source.name, {})
            since = end_of(max(until)) if until else None
            in_parts = source.fetched or isinstance(day, datetime)  # another run may bring more of it
            said = "" if in_parts else shortfall(until, day, limits)
            said = said or silence(until, since, over, limits, LATE if in_parts else timedelta())
        if said:
            found.append(said)
    return found


def quiet_limits(settings: Settings) -> QuietLimits:
    """Raises Usage for a time that is none."""
    try:
        return QuietLimits(span(settings.quiet_after), settings.min_share_of_usual)
    except ValueError as error:
        raise Usage(f"{variable('quiet_after')}: {error}") from None


def _problem(mine: _Brought, limits: QuietLimits, now: datetime) -> str:
    over = max((day for day in mine.days if day < now.date()), default=None)
    return silence(mine.days, mine.since, now, limits) or (shortfall(mine.days, over, limits) if over else "")


def _watched(connection: sa.Connection, settings: Settings) -> dict[str, QuietLimits]:
    """Limits of the sources that are watched.

    Without a file of declarations on this machine they are those that runs have written into the store.
    """
    try:
        found = [each for each in declared(settings.sources).values() if isinstance(each, Source)]
    except Usage:
        brings = source_table.c.schedule.is_not(None), source_table.c.role.is_(None)
        scheduled = sa.select(source_table.c.name).where(*brings)
        return dict.fromkeys(connection.scalars(scheduled), quiet_limits(settings))
    return {
        each.name: quiet_limits(each.limits.over(settings))
        for each in found
        if not each.is_reference and (each.schedule is not None or each.limits.quiet_after is not None)
    }


def _brought(connection: sa.Connection, now: datetime, only: str | None = None) -> dict[str, _Brought]:
    """What sources have brought until now, by name; only: this one."""
    last = sa.select(_DAYS.c.source, sa.func.max(_DAYS.c.partition_date)).where(_DAYS.c.articles > 0)
    last = last.group_by(_DAYS.c.source)
    came = (run.c.refused.is_(None)) & (run.c.new + run.c.revised > 0)
    lately = sa.select(run.c.source, sa.func.max(run.c.finished_at)).where(came).group_by(run.c.source)
    if only is not None:
        last, lately = last.where(_DAYS.c.source == only), lately.where(run.c.source == only)
    last_day: dict[str, date | None] = {row[0]: row[1] for row in connection.execute(last)}
    at: dict[str, datetime] = {row[0]: row[1] for row in connection.execute(lately)}
    by_day = _articles_by_day(connection, now.date(), only)
    undated = [name for name, day in last_day.items() if day is None]
    if undated:
        by_day |= _runs_by_day(connection, now, undated)
    found = {}
    for name, day in last_day.items():
        moments = [end_of(day)] if day else []
        moments += [at[name]] if name in at else []
        found[name] = _Brought(by_day.get(name, {}), min(moments, default=None))
    return found


def _articles_by_day(connection: sa.Connection, until: date, only: str | None) -> dict[str, dict[date, int]]:
    """Articles by source and day, of LOOK_BACK_DAYS to that one; a day without any is not there."""
    day = _DAYS.c.partition_date
    query = sa.select(_DAYS).where(day > until - LOOK_BACK_DAYS * A_DAY, day <= until, _DAYS.c.articles > 0)
    if only is not None:
        query = query.where(_DAYS.c.source == only)
    found: dict[str, dict[date, int]] = defaultdict(dict)
    for name, each, articles in connection.execute(query):
        found[name][each] = articles
    return found


def _runs_by_day(connection: sa.Connection, now: datetime, names: Sequence[str]) -> dict[str, dict[date, int]]:
    """The same of sources without dates: by the days of their runs."""
    query = sa.select(run.c.source, run.c.finished_at, run.c.new).where(
        run.c.source.in_(names), run.c.refused.is_(None), run.c.new > 0,
        run.c.finished_at > now - LOOK_BACK_DAYS * A_DAY,
    )  # fmt: skip
    found: dict[str, dict[date, int]] = defaultdict(lambda: defaultdict(int))
    for name, finished_at, new in connection.execute(query):
        found[name][finished_at.date()] += new
    return found
