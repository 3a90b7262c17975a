"""Every kind of run on Airflow's real processes ends in the tables of `wirecopy run`; killed ones too.

The tests share a store, which each compares with one that has no Airflow: what was taken in is in `taken`.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest
import sqlalchemy as sa

from dags import local
from etl.settings import Settings
from etl.sources.source import Source
from schemas.tables import metadata
from tests.support.paths import ROOT, SEEDS
from tests.support.processes import DONE, Airflow, airflow, story, until, write_corpus
from tests.support.stores import dump, ingest, writing

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]
FIRST = date(2026, 3, 1)
TODAY = datetime.now(UTC).date()
SOURCES = """
[seeds]
location = "{seeds}"

[gazette]
location = "{corpus}/gazette/{{date:%Y/%m/%d}}"
schedule = "0 6 * * *"
start = 2026-03-01

[diary]
location = "{corpus}/diary/{{date:%Y/%m/%d}}"
start = {diary}
catchup = true

[bulk]
location = "{corpus}/bulk/{{date:%Y/%m/%d}}"

[vanished]
location = "{corpus}/vanished"

[broken]
location = 7
"""
ALARM = """
import os

def tell(context):
    ti = context["task_instance"]
    with open(os.environ["AIRFLOW_HOME"] + "/alarms", "a") as file:
        print(ti.dag_id, ti.run_id, ti.task_id, context.get("exception"), file=file)
"""
IMPATIENT = {
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "8",
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "2",
    "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "4",
    "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_THRESHOLD": "8",
    "AIRFLOW__SCHEDULER__SCHEDULER_HEARTBEAT_SEC": "2",
}


def days(first: date, count: int) -> list[date]:
    return [first + timedelta(days=number) for number in range(count)]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("corpus")
    write_corpus(folder / "gazette", FIRST, 12)
    write_corpus(folder / "diary", TODAY - timedelta(days=3), 3)
    (folder / "bulk/2026/03/01").mkdir(parents=True)
    for number in range(800):  # a second of work, at least
        (folder / f"bulk/2026/03/01/{number}.txt").write_text(story(f"bulk{number}"), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def store(postgres: str) -> str:
    admin = sa.create_engine(postgres.replace("{}", "postgres"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.exec_driver_sql("CREATE DATABASE e2e_runs")
    admin.dispose()
    return postgres.replace("{}", "e2e_runs")


@pytest.fixture(scope="module")
def server(corpus: Path, store: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Airflow]:
    home = tmp_path_factory.mktemp("airflow")
    sources = SOURCES.format(seeds=SEEDS, corpus=corpus, diary=TODAY - timedelta(days=3))
    (home / "sources.toml").write_text(sources, encoding="utf-8")
    settings = {
        "WIRECOPY_SOURCES": str(home / "sources.toml"),
        "WIRECOPY_STORE": store,
        "WIRECOPY_STAGING": str(home / "staging"),
        "WIRECOPY_ON_FAILURE": "desk_alarm:tell",
        "PYTHONPATH": str(home),
    }
    (home / "desk_alarm.py").write_text(ALARM, encoding="utf-8")
    with airflow(home, settings | IMPATIENT, "ingest.py") as running:
        for name in ("seeds", "gazette", "diary", "bulk", "vanished", "broken"):
            running.wait_for(f"ingest_{name}")
        # The scheduler makes up for the days of the diary by itself; what it does is looked at in a test.
        runs = "/api/v2/dags/ingest_diary/dagRuns"
        made = lambda: [run["state"] in DONE for run in running.call("GET", runs)["dag_runs"]]  # noqa: E731
        until(lambda: len(done := made()) >= 4 and all(done), 300)  # five, where a midnight has come meanwhile
        yield running


@pytest.fixture(scope="module")
def taken() -> dict[str, set[date]]:
    """Days that the tests so far have taken in, by source."""
    return {"diary": set(days(TODAY - timedelta(days=3), 3)), "gazette": set()}


@pytest.fixture(scope="module")
def alone(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[Mapping[str, set[date]]], Any]:
    """What tells the tables of a store that `wirecopy run` has filled with these days: each time with the new ones."""
    folder = tmp_path_factory.mktemp("alone")
    settings = Settings(store=f"sqlite:///{folder}/alone.db", staging=str(folder / "staging"), workers=1)
    there: dict[str, set[date]] = {}

    def tables(taken: Mapping[str, set[date]]) -> Any:
        for name, which in taken.items():
            new = which - there.get(name, set())
            if new:
                ingest(settings, Source(name, (f"{corpus}/{name}/{{date:%Y/%m/%d}}",)), sorted(new))
            elif name == "seeds" and name not in there:  # they are of no day
                ingest(settings, Source(name, (str(SEEDS),)))
            there[name] = set(which)
        return dump(settings.store)

    return tables


def test_the_scheduler_makes_up_for_the_days_since_start(server, store, taken, alone):
    runs = server.call("GET", "/api/v2/dags/ingest_diary/dagRuns")["dag_runs"]
    before = TODAY - timedelta(days=4)  # of the tick at midnight of start, when its first day is not over
    states = {run["partition_key"]: run["state"] for run in runs}
    assert states.keys() >= {str(d) for d in {before, *taken["diary"]}}  # today too, where a midnight has come
    assert set(states.values()) == {"success"}
    assert dump(store) == alone(taken)


def test_a_run_by_hand_takes_the_seeds_in(server, store, taken, alone):
    taken["seeds"] = set()
    run = server.trigger("ingest_seeds")
    assert server.finish("ingest_seeds", run) == "success"
    assert dump(store) == alone(taken)


def test_runs_by_hand_take_in_the_day_they_name(server, store, taken, alone):
    taken["gazette"] |= {date(2026, 3, 1), date(2026, 3, 2), date(2026, 3, 3)}
    runs = [
        server.trigger("ingest_gazette", conf={"date": "2026-03-01"}),
        server.trigger("ingest_gazette", partition_key="2026-03-02"),
        server.trigger("ingest_gazette", logical_date="2026-03-03T00:00:00Z"),
        server.trigger("ingest_gazette", conf={"date": "2026-03-01"}),
    ]
    assert [server.finish("ingest_gazette", run) for run in runs] == ["success"] * 4
    assert dump(store) == alone(taken)


def test_a_backfill_gives_the_tables_of_the_command_line_and_again_changes_nothing(server, store, taken, alone):
    first, last = date(2026, 3, 3), date(2026, 3, 5)  # of which one day has been taken in by hand
    taken["gazette"] |= set(days(first, 3))
    assert server.backfill("ingest_gazette", first, last) == ["success"] * 3
    assert dump(store) == alone(taken)
    before = dump(store, metadata.sorted_tables)
    assert server.backfill("ingest_gazette", first, last, reprocess_behavior="completed") == ["success"] * 3
    assert dump(store, metadata.sorted_tables) == before


def test_a_backfill_from_the_command_line_beside_runs_by_hand(server, store, taken, alone):
    taken["gazette"] |= {date(2026, 3, 7), date(2026, 3, 8)}
    server.backfill_may_begin("ingest_gazette")
    before = server.backfilled("ingest_gazette")
    command = ["backfill", "create", "--dag-id", "ingest_gazette", "--run-backwards", "--max-active-runs", "4"]
    span = ["--from-date", "2026-03-07", "--to-date", "2026-03-08T23:59:59"]
    environ = local.environ(server.home, server.port)
    subprocess.run([sys.executable, "-m", "airflow", *command, *span], cwd=ROOT, env=environ, check=True)
    beside = [server.trigger("ingest_gazette", conf={"date": f"2026-03-0{day}"}) for day in (7, 8)]
    assert [server.finish("ingest_gazette", run) for run in beside] == ["success"] * 2
    assert server.backfill_states("ingest_gazette", before, 2) == ["success"] * 2
    assert dump(store) == alone(taken)


@pytest.mark.parametrize(
    ("dag_id", "conf", "task"),
    [
        ("ingest_vanished", {}, "discover"),
        ("ingest_broken", {}, "declaration"),
        ("ingest_gazette", {"date": "2026-02-01"}, "partition"),
        ("ingest_seeds", {"date": "2026-03-01"}, "partition"),
    ],
)
def test_what_cannot_work_fails_that_run_at_once_and_nothing_else(server, store, dag_id, conf, task):
    before = dump(store, metadata.sorted_tables)
    run = server.trigger(dag_id, conf=conf)
    assert server.finish(dag_id, run) == "failed"
    found = server.tasks(dag_id, run)[task]
    assert (found["state"], found["try_number"]) == ("failed", 1)
    assert f"{dag_id} {run} {task} " in (server.home / "alarms").read_text(encoding="utf-8")
    assert server.call("GET", "/api/v2/monitor/health")["scheduler"]["status"] == "healthy"
    assert dump(store, metadata.sorted_tables) == before


def test_a_malformed_param_is_refused_before_there_is_a_run(server):
    with pytest.raises(AssertionError, match=r"400|422"):
        server.trigger("ingest_gazette", conf={"date": "yesterday"})


@pytest.mark.parametrize(("victim", "day"), [("task", 9), ("worker", 10), ("scheduler", 11)])
def test_a_run_whose_process_is_killed_ends_in_the_same_tables(server, store, taken, alone, victim, day):
    taken["gazette"] |= {date(2026, 3, day)}
    with writing(store):
        run = server.trigger("ingest_gazette", conf={"date": f"2026-03-{day:02}"})
        until(lambda: commit_of(server, run).get("pid") and commit_of(server, run)["state"] == "running", 60)
        task = psutil.Process(commit_of(server, run)["pid"])
        if victim == "scheduler":
            server.processes["scheduler"].kill()
            server.start_again("scheduler")
        else:
            {"task": task, "worker": task.parent()}[victim].kill()
            until(
                lambda: commit_of(server, run)["try_number"] == 2 and commit_of(server, run)["state"] == "running", 90
            )
    assert server.finish("ingest_gazette", run) == "success"
    assert dump(store) == alone(taken)


def commit_of(server: Airflow, run: str) -> dict[str, object]:
    return server.tasks("ingest_gazette", run).get("commit") or {}


def test_a_run_that_is_killed_in_the_midst_of_a_shard_ends_in_the_same_tables(server, store, taken, alone):
    taken["bulk"] = {FIRST}
    run = server.trigger("ingest_bulk", conf={"date": str(FIRST)})
    victims: list[psutil.Process] = []

    def half_written() -> bool:
        """Kill whoever writes the first file of articles that is not whole yet; its name has the process in it."""
        for partial in (server.home / "staging/bulk").rglob(".*.articles.parquet.*.part"):
            victims.append(psutil.Process(int(partial.name.split(".")[-3])))
            victims[0].kill()
            return True
        return False

    until(half_written, 60, every_s=0.005)
    assert server.finish("ingest_bulk", run) == "success"
    assert server.tasks("ingest_bulk", run)["prepare"]["try_number"] == 2
    assert dump(store) == alone(taken)
    assert not list((server.home / "staging/bulk").rglob("*.*"))


def test_a_cleared_run_is_run_again(server, corpus, store, taken, alone):
    taken["gazette"] |= {date(2026, 3, 12)}
    moved = corpus / "gazette/2026/03/12"
    aside = moved.rename(corpus / "aside")
    run = server.trigger("ingest_gazette", conf={"date": "2026-03-12"})
    assert server.finish("ingest_gazette", run) == "success"
    os.rename(aside, moved)
    server.call("POST", f"/api/v2/dags/ingest_gazette/dagRuns/{run}/clear", {"dry_run": False})
    assert server.finish("ingest_gazette", run) == "success"
    assert dump(store) == alone(taken)
