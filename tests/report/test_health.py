"""Health: what is wrong with a store in one look, on both databases, and what a run says that brought too little."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from etl.report.health import health
from etl.report.silence import source_states, too_little
from etl.sources.declarations import declared
from etl.sources.source import Source
from etl.store import database
from schemas.records import NO_DAY
from schemas.tables import DAY_COUNTS, READ_COUNTS, STORE_COUNTS, run, source_day

TODAY = date(2026, 3, 20)  # a Friday
NOON = datetime(2026, 3, 20, 12, tzinfo=UTC)
DECLARED = """
[daily]
location = "{root}/daily/{{date}}"
[weekly]
location = "{root}/weekly/{{date}}"
[silent]
location = "{root}/silent/{{date}}"
[never]
location = "{root}/never/{{date}}"
[slow]
location = "{root}/silent/{{date}}"
limits.quiet_after = "30d"
[feed]
kind = "feed"
location = "https://feed.example/rss"
limits.quiet_after = "6h"
[inbox]
location = "{root}/inbox"
schedule = "0 6 * * *"
[archive]
location = "{root}/archive"
[benchmark]
location = "{root}/daily/{{date}}"
role = "reference"
[broken]
location = 7
"""


def days_before(number: int) -> date:
    return TODAY - timedelta(days=number)


BROUGHT: dict[str, Mapping[Any, int]] = {
    "daily": {days_before(n): 20 for n in range(1, 30)} | {days_before(1): 3},
    "weekly": {days_before(n): 20 for n in range(5, 80, 7)},
    "silent": {days_before(n): 5 for n in range(4, 30)},
    "slow": {days_before(n): 5 for n in range(10, 30)},
    "feed": {days_before(n): 5 for n in range(30)},
    "inbox": {None: 4},
    "archive": {days_before(900): 10},
}
"""Articles by source and day."""


def runs_of(source: str, day: date | None, at: datetime, new: int, **more: object) -> dict[str, object]:
    counts = {**dict.fromkeys((*READ_COUNTS, *STORE_COUNTS), 0), "new": new, "read": new}
    facts = {"refused": None, "accepted": None, "accepted_by": None, "label": "test", "version": "0"}
    return {**counts, **facts, "source": source, "partition_date": day, "started_at": at, "finished_at": at, **more}


RUNS = [
    runs_of("feed", TODAY, NOON - timedelta(hours=7), 1),
    runs_of("inbox", None, NOON - timedelta(days=9), 4),
    runs_of("daily", days_before(20), NOON - timedelta(days=19), 98, read=100, quarantined=2),
    runs_of("daily", days_before(1), NOON - timedelta(hours=5), 70, read=100, quarantined=30),
    runs_of("daily", days_before(3), NOON - timedelta(days=2), 0, refused="more than the limit (as x)"),
    runs_of("weekly", days_before(5), NOON - timedelta(days=4), 0, refused="too many"),
    runs_of("weekly", days_before(5), NOON - timedelta(days=4), 20, accepted="too many", accepted_by="ana"),
]  # fmt: skip


@pytest.fixture
def looked_after(settings, tmp_path):
    """Settings of an installation of nine sources and a reference, whose store has rows of their articles and runs."""
    (tmp_path / "sources.toml").write_text(DECLARED.format(root=tmp_path))
    days = [
        {"source": source, "day": day or NO_DAY, **dict.fromkeys(DAY_COUNTS, 0), "articles": articles}
        for source, brought in BROUGHT.items()
        for day, articles in brought.items()
    ]
    with database.opened(settings.store) as engine, database.writing(engine) as connection:
        connection.execute(sa.insert(source_day), days)
        connection.execute(sa.insert(run), [{**each, "run_id": number} for number, each in enumerate(RUNS, 1)])
    return replace(settings, sources=str(tmp_path / "sources.toml"), landing=str(tmp_path / "landing"))


FEW_DAYS = "7 days are waited where the last 120 have fewer than 5 of its days"


def test_a_look_names_what_is_wrong_and_nothing_else(looked_after):
    found = health(looked_after, NOON)
    assert [(problem.about, problem.says) for problem in found.problems] == [
        ("source never", "it has brought nothing yet"),
        ("source inbox", f"it has brought nothing since 2026-03-11, for 9 days: {FEW_DAYS}"),
        ("source silent", "it has brought nothing since 2026-03-16, for 3 days: it comes every day"),
        ("source daily", "2026-03-19 brought 3 articles, 15 % of the usual 20: min_share_of_usual is 0.2"),
        ("source feed", "it has brought nothing since 2026-03-20, for 7 hours: quiet_after is 6 hours"),
        ("run", "5 of daily 2026-03-17 was refused: more than the limit (as x)"),
        ("quarantine", "30.0 % of what daily brought in 7 days, 30 records; before it was 2.0 %"),
    ]
    assert [state.source for state in found.sources if not state.watched] == ["archive"]
    assert found.facts["guard"] == {"refused": 2, "accepted": 1}
    assert found.facts["last_run"]["run_id"] == 7
    assert not json.loads(json.dumps(found.as_json()))["ok"]


def test_once_a_source_has_come_again_nothing_is_wrong_with_it(looked_after):
    with database.opened(looked_after.store) as engine, database.writing(engine) as connection:
        come = sa.update(source_day).where(source_day.c.source == "silent", source_day.c.day == days_before(4))
        connection.execute(come.values(day=days_before(1)))
    assert "source silent" not in {problem.about for problem in health(looked_after, NOON).problems}


def test_without_a_file_of_declarations_those_are_watched_that_runs_have_written_down(looked_after):
    with database.opened(looked_after.store) as engine:
        with database.writing(engine) as connection:
            connection.execute(
                sa.text("INSERT INTO source (name, kind, schedule) VALUES ('slow', 'files', '0 0 * * *')")
            )
        with database.reading(engine) as connection:
            states = source_states(connection, replace(looked_after, sources="nowhere.toml"), NOON)
    assert [(state.source, bool(state.problem)) for state in states if state.watched] == [("slow", True)]


def test_a_disk_that_fills_and_a_store_that_is_not_there_are_wrong(looked_after, tmp_path):
    found = health(replace(looked_after, store=f"sqlite:///{tmp_path}/none.db", min_disk_free=10**18), NOON)
    assert [problem.about for problem in found.problems] == ["store", "disk"]
    assert "wirecopy run" in found.problems[0].says
    assert not (tmp_path / "none.db").exists()


RUN_SAYS: list[tuple[str, date | None, str]] = [
    ("daily", days_before(1), "2026-03-19 brought 3 articles"),
    ("daily", days_before(2), ""),
    ("silent", days_before(3), "nothing since 2026-03-16, for 1 day: it comes every day"),
    ("silent", days_before(4), ""),
    ("weekly", days_before(1), ""),  # it comes on Sundays
    ("never", days_before(1), "it has brought nothing yet"),
    ("feed", TODAY, "quiet_after is 6 hours"),  # its day is not over: by the clock
    ("inbox", None, "for 9 days"),
]


def test_a_run_that_brought_too_little_says_so(looked_after):
    with database.opened(looked_after.store) as engine, database.reading(engine) as connection:
        for name, day, says in RUN_SAYS:
            source = declared(looked_after.sources)[name]
            assert isinstance(source, Source)
            told = "; ".join(too_little(connection, source, [day], looked_after, NOON))
            assert says in told if says else told == "", (name, day)


def test_a_value_that_a_disk_has_changed_is_a_problem_and_ends_no_look(settings):
    if not settings.store.startswith("sqlite"):
        pytest.skip("PostgreSQL keeps types")
    with database.opened(settings.store) as engine, engine.begin() as connection:
        values = dict.fromkeys((*READ_COUNTS, *STORE_COUNTS), 0)
        connection.execute(
            sa.insert(run).values(
                run_id=1, version="1", label="l", source="s", started_at=NOON, finished_at=NOON, **values
            )
        )
        connection.exec_driver_sql("UPDATE run SET source = x'ff'")
    found = health(settings, NOON)
    assert json.loads(json.dumps(found.as_json()))["ok"] is False
    assert "cannot be read" in "\n".join(found.lines())
