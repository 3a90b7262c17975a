"""The DAGs, run by Airflow's own task runner in this process, on a metadata database of their own."""

import asyncio
import json
import os
import sqlite3
import subprocess
import sys
import threading
import time
import tomllib
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Annotated, Any

import pendulum
import pyarrow.parquet as pq
import pytest

from dags import local
from etl import alarm
from etl.errors import Fatal, Retryable, Usage
from etl.pipeline import steps
from tests.dags.conftest import OURS, published, states
from tests.support import website
from tests.support.paths import ROOT

TASKS = ["partition", "discover", "prepare", "commit", "enough", "publish"]
pytestmark = [pytest.mark.timeout(300), OURS]


def dump(store: Path) -> list[str]:
    with sqlite3.connect(store) as connection:
        return list(connection.iterdump())


GAZETTE = """
[gazette]
location = "{folder}/gazette/{{date:%Y/%m/%d}}"
schedule = "0 6 * * *"
start = 2026-03-01
owner = "archive desk"
tags = ["daily"]
"""


def test_processes_wait_for_each_others_long_transactions(airflow: Path) -> None:
    from airflow.utils.session import create_session
    from sqlalchemy import text

    with create_session() as session:  # a big backfill is made in one; a scheduler that does not wait ends
        assert session.scalar(text("PRAGMA busy_timeout")) == local.LOCKED_S * 1000


def test_every_dag_is_loaded_and_programs_are_no_dags(load: Any) -> None:
    assert "ingest_seeds" in load().dags


def test_reading_a_dag_file_is_cheap() -> None:
    heavy = "[m for m in ('numba', 'pyarrow', 'numpy', 'etl.pipeline.steps', 'etl.store.articles') if m in sys.modules]"
    script = f"import runpy, sys; sys.path.append('dags'); runpy.run_path('dags/ingest.py'); print({heavy})"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_a_source_has_a_dag_of_its_own(load: Any, tmp_path: Path) -> None:
    dag = load(GAZETTE.format(folder=tmp_path)).dags["ingest_gazette"]
    assert [task.task_id for task in dag.topological_sort()] == TASKS
    assert dag.tags == {"wirecopy", "daily"}
    assert type(dag.timetable).__name__ == "CronPartitionTimetable"
    assert not dag.catchup
    assert not dag.is_paused_upon_creation
    assert set(dag.params) == {"accept", "date", "preview"}
    assert f"{tmp_path}/gazette" in dag.doc_md


def test_a_task_makes_the_dag_of_its_own_source_and_no_other(
    load: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sources = GAZETTE.format(folder=tmp_path) + '[herald]\nlocation = "herald"\n[broken]\nlocation = 3\n'
    assert {"ingest_gazette", "ingest_herald", "ingest_broken"} <= load(sources).dags.keys()
    monkeypatch.setenv("_AIRFLOW_PARSING_CONTEXT_DAG_ID", "ingest_gazette")  # as a task's process has it
    assert [dag_id for dag_id in load(sources).dags if dag_id.startswith("ingest_")] == ["ingest_gazette"]


def test_every_task_has_an_owner_a_time_limit_and_another_try(load: Any, tmp_path: Path) -> None:
    for task in load(GAZETTE.format(folder=tmp_path)).dags["ingest_gazette"].tasks:
        assert task.owner == "archive desk"
        assert task.execution_timeout
        assert task.retries >= 1, "Airflow fails a task whose server was slow to answer"


def test_pools_that_tasks_name_are_those_that_are_made(load: Any) -> None:
    made = json.loads(local.POOLS.read_text())
    named = {task.pool for task in load().dags["ingest_seeds"].tasks} - {"default_pool"}
    assert named == set(made)
    assert made["wirecopy_commit"]["slots"] == 1, "a store has one writer"


BUILD = """
[build]
lake = "{folder}/lake"
"""


def test_an_archive_has_a_dag_where_sources_say_what_to_build(load: Any, tmp_path: Path) -> None:
    assert "build_corpus" not in load().dags
    dag = load(BUILD.format(folder=tmp_path)).dags["build_corpus"]
    assert [task.task_id for task in dag.topological_sort()] == ["build", "load", "publish"]
    assert [task.pool for task in dag.topological_sort()][1] == "wirecopy_commit"


def test_catching_up_begins_with_the_day_of_start(load: Any, tmp_path: Path) -> None:
    from airflow.serialization.encoders import coerce_to_core_timetable
    from airflow.timetables.base import TimeRestriction

    dag = load(GAZETTE.format(folder=tmp_path) + "catchup = true").dags["ingest_gazette"]
    first = coerce_to_core_timetable(dag.timetable).next_dagrun_info_v2(
        last_dagrun_info=None, restriction=TimeRestriction(dag.start_date, None, catchup=True)
    )
    assert first is not None
    assert first.partition_key == "2026-02-28", "its first day is not over at this tick: a run without a day"
    second = coerce_to_core_timetable(dag.timetable).next_dagrun_info_v2(
        last_dagrun_info=first, restriction=TimeRestriction(dag.start_date, None, catchup=True)
    )
    assert second is not None
    assert second.partition_key == "2026-03-01"


def test_the_seeds_come_out_as_their_gold_says_and_again_unchanged(load: Any, tmp_path: Path) -> None:
    dag = load().dags["ingest_seeds"]
    before = len(published())
    first = dag.test()
    assert states(first) == dict.fromkeys(TASKS, "success")
    report = published()[before]
    gold = tomllib.loads((ROOT / "seeds" / "gold.toml").read_text(encoding="utf-8"))
    counts = ("read", "articles", "canonical", "exact", "near")
    assert [report[name] for name in counts] == [gold[name] for name in counts]
    assert not list((tmp_path / "staging").rglob("*.parquet"))
    rows = dump(tmp_path / "corpus.db")

    second = dag.test()
    assert states(second) == dict.fromkeys(TASKS, "success") | {"publish": "skipped"}
    assert dump(tmp_path / "corpus.db") == rows
    assert len(published()) == before + 1, "a run that changes nothing has nothing to tell"


def write_article(folder: Path, name: str) -> None:
    folder.mkdir(parents=True)
    body = " ".join(f"{name} {number}" for number in range(80))
    (folder / f"{name}.txt").write_text(f"TOWN: News of {name}\n\nBy Ada Finch\n\n{body}.\n", encoding="utf-8")


def partitions(store: Path) -> list[tuple[str, str]]:
    with sqlite3.connect(store) as connection:
        return list(connection.execute("SELECT title, partition_date FROM corpus_article ORDER BY title"))


def test_a_day_by_hand_takes_in_that_day(load: Any, tmp_path: Path) -> None:
    sources = GAZETTE.format(folder=tmp_path)
    write_article(tmp_path / "gazette/2026/03/05", "harbour")
    write_article(tmp_path / "gazette/2026/03/06", "orchard")
    before = len(published())
    run = load(sources).dags["ingest_gazette"].test(run_conf={"date": "2026-03-05"})
    assert states(run) == dict.fromkeys(TASKS, "success")
    assert partitions(tmp_path / "corpus.db") == [("News of harbour", "2026-03-05")]
    load(sources).dags["ingest_gazette"].test(logical_date=datetime(2026, 3, 6, tzinfo=UTC))
    assert partitions(tmp_path / "corpus.db")[1:] == [("News of orchard", "2026-03-06")]
    assert all(event["seconds"] < 60 for event in published()[before:]), "a run began when its day did"


TICKER = """
[ticker]
location = "{folder}/ticker/{{date:%Y/%m/%d/%H}}"
schedule = "5 * * * *"
start = 2026-03-01
catchup = true
"""


def test_a_source_with_hours_has_a_run_an_hour(load: Any, tmp_path: Path) -> None:
    from airflow.serialization.encoders import coerce_to_core_timetable
    from airflow.timetables.base import TimeRestriction

    dag = load(TICKER.format(folder=tmp_path)).dags["ingest_ticker"]
    write_article(tmp_path / "ticker/2026/03/05/07", "harbour")
    write_article(tmp_path / "ticker/2026/03/05/08", "orchard")
    assert states(dag.test(run_conf={"date": "2026-03-05T07"})) == dict.fromkeys(TASKS, "success")
    assert partitions(tmp_path / "corpus.db") == [("News of harbour", "2026-03-05")]
    assert not list((tmp_path / "staging").rglob("*.parquet"))
    first = coerce_to_core_timetable(dag.timetable).next_dagrun_info_v2(
        last_dagrun_info=None, restriction=TimeRestriction(dag.start_date, None, catchup=True)
    )
    assert first is not None
    assert first.partition_key == "2026-02-28T23"
    day = pendulum.datetime(2026, 3, 5)
    timetable = coerce_to_core_timetable(dag.timetable)
    backfill = timetable.iter_partition_dagrun_infos(earliest=day, latest=day.end_of("day"))
    assert [run.partition_key for run in backfill] == [f"2026-03-05T{hour:02}" for hour in range(24)]


def test_a_run_without_a_date_takes_in_the_last_whole_day(load: Any, tmp_path: Path) -> None:
    dag = load(GAZETTE.format(folder=tmp_path)).dags["ingest_gazette"]
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    write_article(tmp_path / f"gazette/{yesterday:%Y/%m/%d}", "harbour")
    dag.test(logical_date=None)
    assert partitions(tmp_path / "corpus.db") == [("News of harbour", yesterday.isoformat())]


def test_a_day_with_nothing_ends_green_and_empty(load: Any, tmp_path: Path) -> None:
    dag = load(GAZETTE.format(folder=tmp_path)).dags["ingest_gazette"]
    (tmp_path / "gazette").mkdir()
    run = dag.test(run_conf={"date": "2026-03-05"})
    assert run.state == "success"
    assert states(run) == {t: "success" if t in TASKS[:2] else "skipped" for t in TASKS}


def test_a_run_that_brought_less_than_usual_ends_in_a_skipped_task(load: Any, tmp_path: Path) -> None:
    dag = load(GAZETTE.format(folder=tmp_path) + 'limits.quiet_after = "2d"').dags["ingest_gazette"]
    write_article(tmp_path / "gazette/2026/03/05", "harbour")
    assert states(dag.test(run_conf={"date": "2026-03-05"}))["enough"] == "success"
    for day, enough in (("06", "success"), ("07", "skipped")):  # one day and two without a file
        run = dag.test(run_conf={"date": f"2026-03-{day}"})
        assert run.state == "success"
        assert states(run) == dict.fromkeys(TASKS[2:], "skipped") | dict.fromkeys(TASKS[:2], "success") | {
            "enough": enough
        }
    (told,) = (task for task in dag.test(run_conf={"date": "2026-03-07", "preview": True}).get_task_instances()
               if task.task_id == "enough")  # fmt: skip
    assert told.state == "success", "a preview is judged by nobody"


ALARM = """
import json

def tell(context):
    ti = context["task_instance"]
    told = {"dag": ti.dag_id, "task": ti.task_id, "what": str(context.get("exception")), "log": ti.log_url}
    with open(FILE, "a") as file:
        print(json.dumps(told), file=file)
"""


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[dict[str, str]]]:
    """What a callable of somebody's own, named in the settings, was told of failures."""
    file = tmp_path / "told.jsonl"
    (tmp_path / "desk_alarm.py").write_text(f"FILE = {str(file)!r}\n{ALARM}", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("WIRECOPY_ON_FAILURE", "desk_alarm:tell")
    monkeypatch.delitem(sys.modules, "desk_alarm", raising=False)
    return lambda: [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def test_a_failure_is_told_to_the_callable_of_the_settings(load: Any, tmp_path: Path, told: Any) -> None:
    bag = load(f'[gone]\nlocation = "{tmp_path}/gone"\n[wrong]\nlocation = 7\n')
    bag.dags["ingest_gone"].test()
    (gone,) = told()
    assert (gone["dag"], gone["task"]) == ("ingest_gone", "discover")
    assert gone["what"] == f"{tmp_path}/gone: no such file or folder"
    assert "ingest_gone" in gone["log"]
    bag.dags["ingest_wrong"].test()
    assert "[wrong]: location must be a path" in told()[1]["what"]
    with sqlite3.connect(tmp_path / "corpus.db") as connection:
        connection.execute("CREATE TABLE alembic_version (version_num)")
        connection.execute("INSERT INTO alembic_version VALUES ('9999')")
    bag.dags["maintain_store"].test()
    assert {failure["task"] for failure in told()[2:]} >= {"verify"}


def test_each_source_that_is_silent_is_told_of_once_a_day(load: Any, tmp_path: Path, told: Any) -> None:
    two = GAZETTE.format(folder=tmp_path) + GAZETTE.format(folder=tmp_path).replace("[gazette]", "[herald]")
    bag = load(two)
    write_article(tmp_path / "gazette/2026/03/05", "harbour")
    bag.dags["ingest_gazette"].test(run_conf={"date": "2026-03-05"})
    run = bag.dags["maintain_store"].test()
    assert run.state == "failed"
    assert sorted(failure["what"][:45] for failure in told() if failure["task"] == "quiet") == [
        "source gazette: it has brought nothing since ", "source herald: it has brought nothing yet",
    ]  # fmt: skip
    ran = states(run)
    assert {ran[task] for task in ("sunday", "verify", "tidy", "sweep")} == {"success"}


def test_the_store_is_verified_on_sundays_and_by_hand(load: Any) -> None:
    from airflow.sdk.exceptions import AirflowSkipException

    task = load().dags["maintain_store"].get_task("sunday")
    on = {day: datetime(2026, 3, day, tzinfo=UTC) for day in (22, 23)}
    for day, kind in ((22, "scheduled"), (23, "manual")):
        task.python_callable(dag_run=SimpleNamespace(run_type=kind, run_after=on[day]))
    with pytest.raises(AirflowSkipException, match="on Sundays"):
        task.python_callable(dag_run=SimpleNamespace(run_type="scheduled", run_after=on[23]))


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("desk", "write it as module:function"),
        ("no_such_desk:tell", "No module named 'no_such_desk'"),
        ("json:tell", "json has no function 'tell'"),
    ],
)
def test_an_alarm_that_is_not_there_is_seen_before_it_is_needed(name: str, wrong: str) -> None:
    with pytest.raises(Usage, match=wrong):
        alarm.named(name)


@pytest.mark.parametrize("date", ["2026-02-28", "1987-10-19", "2199-01-01"])
def test_a_day_out_of_range_fails_at_once(load: Any, tmp_path: Path, date: str) -> None:
    dag = load(GAZETTE.format(folder=tmp_path)).dags["ingest_gazette"]
    run = dag.test(run_conf={"date": date})
    assert states(run)["partition"] == "failed"
    assert tries(run, "partition") == 1


def tries(run: Any, task: str) -> int:
    from airflow.utils.session import create_session

    with create_session() as session:
        (found,) = (ti for ti in run.get_task_instances(session=session) if ti.task_id == task)
        return int(found.try_number)


def test_a_malformed_date_is_refused_before_there_is_a_run(load: Any, tmp_path: Path) -> None:
    from airflow.sdk.exceptions import ParamValidationError

    param = load(GAZETTE.format(folder=tmp_path)).dags["ingest_gazette"].params.get_param("date")
    with pytest.raises(ParamValidationError, match="yesterday"):
        param.resolve("yesterday")


@pytest.mark.parametrize(("error", "expected"), [(Fatal("the disk is full"), 1), (Retryable("locked"), 2)])
def test_only_what_may_succeed_later_is_tried_again(
    load: Any, monkeypatch: pytest.MonkeyPatch, error: Exception, expected: int
) -> None:
    dag = load().dags["ingest_seeds"]
    calls: list[int] = []

    def discover(*rest: Any, **more: Any) -> list[str]:
        calls.append(1)
        if len(calls) == 1:
            raise error
        return []

    monkeypatch.setattr(steps, "discover", discover)
    dag.test()
    assert len(calls) == expected


def test_a_day_beyond_its_limits_is_refused_once_and_passes_when_accepted(load: Any, tmp_path: Path) -> None:
    sources = GAZETTE.format(folder=tmp_path) + "limits.max_duplicate_share = 0.5"
    day = tmp_path / "gazette/2026/03/05"
    write_article(day, "harbour")
    text = (day / "harbour.txt").read_text()
    for number in range(119):
        (day / f"{number}.txt").write_text(text)
    refused = load(sources).dags["ingest_gazette"].test(run_conf={"date": "2026-03-05"})
    assert states(refused)["commit"] == "failed"
    assert tries(refused, "commit") == 1
    preview = {"date": "2026-03-05", "preview": True}
    assert states(load(sources).dags["ingest_gazette"].test(run_conf=preview))["commit"] == "failed"
    shown = states(load(sources).dags["ingest_gazette"].test(run_conf=preview | {"accept": True}))
    assert (shown["commit"], shown["publish"]) == ("success", "skipped")
    assert partitions(tmp_path / "corpus.db") == []
    accepted = load(sources).dags["ingest_gazette"].test(run_conf={"date": "2026-03-05", "accept": True})
    assert states(accepted) == dict.fromkeys(TASKS, "success")
    assert partitions(tmp_path / "corpus.db") == [("News of harbour", "2026-03-05")]


def test_a_decision_is_a_run_and_is_told_once(load: Any, tmp_path: Path) -> None:
    write_article(tmp_path / "gazette/2026/03/05", "harbour")
    bag = load(GAZETTE.format(folder=tmp_path))
    bag.dags["ingest_gazette"].test(run_conf={"date": "2026-03-05"})
    before, curate = len(published()), bag.dags["curate_corpus"]
    retract = {"word": "retract", "articles": ["2026/03/05/harbour.txt"], "reason": "withdrawn"}
    assert states(curate.test(run_conf=retract)) == {"decide": "success"}
    assert partitions(tmp_path / "corpus.db") == []
    assert [event["retracted"] for event in published()[before:]] == [1]
    assert states(curate.test(run_conf=retract)) == {"decide": "skipped"}, "it stood so already"
    for wrong in (
        {"word": "same", "articles": ["2026/03/05/harbour.txt"]},
        {"word": "retract", "articles": ["nowhere"]},
    ):
        assert states(curate.test(run_conf=wrong)) == {"decide": "failed"}
    assert states(curate.test(run_conf={"word": "restore", "articles": ["2026/03/05/harbour.txt"]})) == {
        "decide": "success"
    }
    assert partitions(tmp_path / "corpus.db") == [("News of harbour", "2026-03-05")]
    whole = {"articles": ["2026/03/05/harbour.txt"], "story": True}
    for word, left in (("retract", []), ("restore", [("News of harbour", "2026-03-05")])):
        assert states(curate.test(run_conf=whole | {"word": word})) == {"decide": "success"}
        assert partitions(tmp_path / "corpus.db") == left
    erase = whole | {"word": "erase", "reason": ""}
    assert states(curate.test(run_conf=erase)) == {"decide": "failed"}, "it needs a reason"
    assert states(curate.test(run_conf=erase | {"reason": "court order"})) == {"decide": "success"}
    assert states(curate.test(run_conf=erase | {"reason": "court order"})) == {"decide": "skipped"}, "it is erased"
    assert partitions(tmp_path / "corpus.db") == []


def test_the_store_is_looked_after(load: Any, tmp_path: Path) -> None:
    bag = load()
    bag.dags["ingest_seeds"].test()
    run = bag.dags["maintain_store"].test()
    assert states(run) == dict.fromkeys(["quiet_sources", "sunday", "verify", "tidy", "sweep"], "success") | {
        "quiet": "skipped"
    }


def test_the_corpus_is_exported_by_partition_and_again_only_what_changed(
    load: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WIRECOPY_EXPORT", str(tmp_path / "export"))
    bag = load(GAZETTE.format(folder=tmp_path))
    dag = bag.dags["export_corpus"]
    assert dag.is_paused_upon_creation, "who does not want it has no second copy of the corpus"
    for day, name in (("05", "harbour"), ("06", "orchard")):
        write_article(tmp_path / f"gazette/2026/03/{day}", name)
        bag.dags["ingest_gazette"].test(run_conf={"date": f"2026-03-{day}"})
        assert states(dag.test()) == {"export": "success"}
    files = sorted((tmp_path / "export").rglob("*.parquet"))
    assert [pq.read_table(file)["title"].to_pylist() for file in files] == [["News of harbour"], ["News of orchard"]]
    before = [file.stat().st_mtime_ns for file in files]
    dag.test()
    assert [file.stat().st_mtime_ns for file in files] == before


def test_a_broken_entry_breaks_its_own_dag_only_and_visibly(load: Any, tmp_path: Path) -> None:
    bag = load(GAZETTE.format(folder=tmp_path) + '[seeds]\nlocation = "seeds"\ncolour = "red"\n["No!"]\nlocation = "x"')
    assert set(bag.dags) >= {"ingest_gazette", "ingest_seeds", "ingest_no-"}
    dag = bag.dags["ingest_seeds"]
    assert "broken" in dag.tags
    assert "[seeds]: unknown field 'colour'" in dag.doc_md
    run = dag.test()
    assert run.state == "failed"
    assert tries(run, "declaration") == 1


def test_a_stray_character_in_the_file_keeps_the_sources_and_shows_the_error(load: Any, tmp_path: Path) -> None:
    good = GAZETTE.format(folder=tmp_path) + '[wrong]\nlocation = 7\nowner = "night desk"'
    dag = load(good).dags["ingest_wrong"]
    assert dag.get_task("declaration").owner == "night desk"
    write_article(tmp_path / "gazette/2026/03/05", "harbour")
    bag = load(good + "\n}", ["build.py"])
    assert states(bag.dags["ingest_gazette"].test(run_conf={"date": "2026-03-05"})) == dict.fromkeys(TASKS, "success")
    assert "at line 11, column 1" in bag.dags["sources"].doc_md
    assert bag.dags["sources"].test().state == "failed"
    assert "sources" not in load(good).dags


AGENCY = '[agency]\nlocation = "sftp:///wire"\nconnection = "agency_sftp"\n'


def test_files_elsewhere_are_read_with_a_connection_that_is_kept_nowhere(
    load: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("paramiko")
    from tests.support import sftp

    with sftp.running(ROOT / "seeds") as port:
        said = {"conn_type": "sftp", "host": "127.0.0.1", "port": port, "login": sftp.USER, "password": sftp.PASSWORD}
        monkeypatch.setenv("AIRFLOW_CONN_AGENCY_SFTP", json.dumps(said))
        dag = load(AGENCY).dags["ingest_agency"]
        run = dag.test()
    assert states(run) == dict.fromkeys(TASKS, "success")
    assert published()[-1]["source"] == "agency"
    kept = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    kept += [path.read_bytes() for path in Path(os.environ["AIRFLOW_HOME"]).rglob("*") if path.is_file()]
    kept += [stream.encode() for stream in capfd.readouterr()]
    assert not [each for each in kept if sftp.PASSWORD.encode() in each]


def test_a_connection_that_airflow_does_not_have_fails_its_source_at_once(load: Any) -> None:
    run = load(AGENCY).dags["ingest_agency"].test()
    assert (run.state, states(run)["discover"], tries(run, "discover")) == ("failed", "failed", 1)


def test_a_feed_is_fetched_and_ingested_and_a_day_that_has_landed_asks_nobody(
    load: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with website.running() as site:
        links = [site.add_story(n) for n in range(3)]
        site.add("/copy.html", website.story(2, more="<p>As other papers say it.</p>"))
        site.add_feed("/feed", [*links, "/copy.html"])
        for name, value in {
            "USER_AGENT": "wirecopy-test/1.0 (test@example.org)",
            "ALLOW_HOSTS": f"127.0.0.1:{site.port}",
            "LANDING": str(tmp_path / "landing"),
            "HOST_DELAY_S": "0",
            "POLL_LEAST_S": "0",
        }.items():
            monkeypatch.setenv(f"WIRECOPY_{name}", value)
        dag = load(f'[herald]\nkind = "feed"\nlocation = "{site.url}/feed"\nschedule = "0 * * * *"').dags[
            "ingest_herald"
        ]
        assert [task.task_id for task in dag.topological_sort()] == ["partition", "fetch", *TASKS[1:]]

        first = dag.test(logical_date=None)
        assert states(first) == dict.fromkeys(["fetch", *TASKS], "success")
        report = published()[-1]
        assert [report[name] for name in ("read", "new", "canonical", "near")] == [4, 4, 3, 1]
        assert report["partition_date"] == datetime.now(UTC).date().isoformat()

        site.add_feed("/feed", [*links, site.add_story(7)])
        site.asked.clear()
        dag.test(logical_date=None)
        assert site.paths == ["/feed", "/news/7.html"]
        assert (published()[-1]["new"], published()[-1]["unchanged"]) == (1, 4)

        yesterday = (datetime.now(UTC).date() - timedelta(days=1)).isoformat()
        landed = tmp_path / "landing" / "herald" / str(report["partition_date"])
        landed.rename(landed.with_name(yesterday))
        site.asked.clear()
        again = dag.test(run_conf={"date": yesterday})
        assert again.state == "success"
        assert site.asked == []
        assert partitions(tmp_path / "corpus.db")[0][1] == yesterday


@pytest.mark.parametrize(("plugged", "answers"), [(True, [200, 200]), (False, [200, 500])])
def test_a_request_that_logs_itself_waits_for_the_one_that_writes(airflow, tmp_path, plugged, answers):
    """The shape of Airflow's API server: it writes its audit log in the loop that the other needs to commit."""
    import fastapi
    import httpx
    from airflow.plugins_manager import get_fastapi_plugins

    database = tmp_path / "airflow.db"
    sqlite3.connect(database).execute("CREATE TABLE log (said TEXT)").connection.close()
    written = threading.Event()

    def session() -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(database, timeout=0.5, check_same_thread=False)) as connection, connection:
            yield connection

    Session = Annotated[sqlite3.Connection, fastapi.Depends(session)]

    def finish_task(connection: Session) -> None:
        connection.execute("INSERT INTO log VALUES ('a task has ended')")
        written.set()
        time.sleep(0.2)

    async def log_action(connection: Session) -> None:
        connection.execute("INSERT INTO log VALUES ('a button was clicked')")

    app = fastapi.FastAPI()
    app.patch("/execution")(finish_task)
    app.post("/backfills", dependencies=[fastapi.Depends(log_action)])(lambda: None)
    for found in get_fastapi_plugins()[1] if plugged else []:
        app.add_middleware(found["middleware"])

    async def both() -> list[int]:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://airflow") as client:
            task = asyncio.create_task(client.patch("/execution"))
            await asyncio.to_thread(written.wait, 5)
            return [answer.status_code for answer in await asyncio.gather(task, client.post("/backfills"))]

    assert asyncio.run(both()) == answers


def test_a_request_that_never_ends_and_one_whose_answer_nobody_reads_hold_up_no_other(airflow):
    from airflow.plugins_manager import get_fastapi_plugins

    (found,) = get_fastapi_plugins()[1]
    answered: list[bytes] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        message = await receive()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": message.get("body", b"")})

    async def never(*message: Any) -> Any:
        await asyncio.Event().wait()

    async def whole() -> Any:
        return {"type": "http.request", "body": b"whole", "more_body": False}

    async def begun() -> Any:
        if begins:
            return begins.pop()
        return await never()

    async def note(message: dict[str, Any]) -> None:
        answered.append(message.get("body", b""))

    begins: list[dict[str, Any]] = [{"type": "http.request", "body": b"{", "more_body": True}]
    post = {"type": "http", "method": "POST"}

    async def run() -> None:
        middleware = found["middleware"](app)
        stuck = [
            asyncio.create_task(middleware(post, begun, note)),
            asyncio.create_task(middleware(post, whole, never)),
        ]
        await asyncio.sleep(0)
        async with asyncio.timeout(20):
            await middleware(post, whole, note)
            await middleware({"type": "http", "method": "GET"}, whole, note)
        for task in stuck:
            task.cancel()
        await asyncio.gather(*stuck, return_exceptions=True)

    asyncio.run(run())
    assert answered == [b"", b"whole", b"", b"whole"]


def test_a_client_that_goes_in_the_midst_of_its_request_reaches_nothing(airflow):
    from airflow.plugins_manager import get_fastapi_plugins

    (found,) = get_fastapi_plugins()[1]
    messages = [{"type": "http.disconnect"}, {"type": "http.request", "body": b"{", "more_body": True}]
    reached: list[Any] = []

    async def app(*rest: Any) -> None:
        reached.append(rest)

    async def receive() -> Any:
        return messages.pop()

    asyncio.run(found["middleware"](app)({"type": "http", "method": "PATCH"}, receive, app))
    assert reached == []


def test_a_run_by_hand_for_the_first_day_of_a_source_with_catch_up_reads_it(load: Any, tmp_path: Path) -> None:
    dag = load(GAZETTE.format(folder=tmp_path) + "catchup = true").dags["ingest_gazette"]
    write_article(tmp_path / "gazette/2026/03/01", "harbour")
    run = dag.test(logical_date=datetime(2026, 3, 1, tzinfo=UTC))
    assert states(run) == dict.fromkeys(TASKS, "success")
    assert partitions(tmp_path / "corpus.db") == [("News of harbour", "2026-03-01")]


def test_the_scheduler_s_tick_before_the_first_day_is_over_is_skipped(load: Any, tmp_path: Path) -> None:
    dag = load(GAZETTE.format(folder=tmp_path) + "catchup = true").dags["ingest_gazette"]
    call = dag.get_task("partition").python_callable
    run = SimpleNamespace(
        run_after=datetime(2026, 3, 1, 6, tzinfo=UTC),
        partition_date=datetime(2026, 2, 28, 6, tzinfo=UTC),
        data_interval_start=None,
        data_interval_end=None,
        logical_date=None,
        run_type="scheduled",
    )
    with pytest.raises(Exception, match="no day of it is over yet") as skipped:
        call({"date": None}, run)
    assert type(skipped.value).__name__ == "AirflowSkipException"


WEEKDAYS = GAZETTE.replace("0 6 * * *", "0 6 * * 1-5")


def test_the_run_after_a_weekend_takes_in_all_its_days(load: Any, tmp_path: Path) -> None:
    from airflow.serialization.encoders import coerce_to_core_timetable

    dag = load(WEEKDAYS.format(folder=tmp_path)).dags["ingest_gazette"]
    timetable = coerce_to_core_timetable(dag.timetable)
    friday = pendulum.datetime(2026, 3, 6)
    (backfill,) = timetable.iter_partition_dagrun_infos(earliest=friday, latest=friday.add(days=2).end_of("day"))
    monday = pendulum.datetime(2026, 3, 9, 6)
    scheduled = timetable._get_partition_info(run_date=monday)[0]
    assert scheduled == backfill.partition_date
    call = dag.get_task("partition").python_callable
    for kind, after in (("scheduled", monday), ("backfill", backfill.run_after)):
        run = SimpleNamespace(
            run_after=after, partition_date=scheduled, data_interval_start=None, data_interval_end=None,
            logical_date=None, run_type=kind,
        )  # fmt: skip
        assert call({"date": None}, run)["day"] == "2026-03-06/2026-03-08"
    assert "leaves out days: each run takes in all days since the tick before" in dag.doc_md


def test_several_days_of_one_run_are_taken_in_each_as_itself(
    load: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dag = load(WEEKDAYS.format(folder=tmp_path)).dags["ingest_gazette"]
    write_article(tmp_path / "gazette/2026/03/06", "harbour")
    write_article(tmp_path / "gazette/2026/03/08", "orchard")
    days = [datetime(2026, 3, day, tzinfo=UTC).date() for day in (6, 7, 8)]
    partition = dag.get_task("partition").python_callable
    monkeypatch.setitem(partition.__globals__, "partitions_of_run", lambda *rest: days)
    before = len(published())
    run = dag.test(logical_date=None)
    assert states(run) == dict.fromkeys(TASKS, "success")
    found = partitions(tmp_path / "corpus.db")
    assert found == [("News of harbour", "2026-03-06"), ("News of orchard", "2026-03-08")]
    assert (published()[before]["new"], published()[before]["articles"]) == (2, 2)
    assert not list((tmp_path / "staging").rglob("*.json"))


AWKWARD = """
[good]
location = "seeds"
[A]
location = "seeds"
[a]
location = "seeds"
["a?"]
location = "seeds"
["a!"]
location = "seeds"
[tagged]
location = "seeds"
tags = ["{tag}"]
[late]
location = "seeds/{{date}}"
start = 9999-12-31
catchup = true
[never]
location = "seeds/{{date}}"
schedule = "0 0 31 2 *"
[nothing]
location = "seeds"
tags = ["a\\u0000"]
"""


def test_no_source_takes_another_s_dag_away(load: Any) -> None:
    bag = load(AWKWARD.format(tag="x" * 101))
    ours = {name: dag for name, dag in bag.dags.items() if name.startswith("ingest_")}
    broken = {name for name, dag in ours.items() if "broken" in dag.tags}
    assert set(ours) - broken == {"ingest_good", "ingest_a"}
    assert broken == {
        "ingest_a-2", "ingest_a-", "ingest_a--2", "ingest_tagged", "ingest_late", "ingest_never", "ingest_nothing",
    }  # fmt: skip
    assert "[A]: a name has small letters" in ours["ingest_a-2"].doc_md


def test_what_airflow_refuses_although_it_was_declared_well_costs_its_own_dag(
    load: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from etl.sources import declarations

    monkeypatch.setattr(declarations, "_require_bounds", lambda *rest: None)
    bag = load(f'[good]\nlocation = "seeds"\n[tagged]\nlocation = "seeds"\ntags = ["{"x" * 101}"]')
    assert "broken" not in bag.dags["ingest_good"].tags
    assert "Airflow makes no DAG of it: tag cannot be longer than 100" in bag.dags["ingest_tagged"].doc_md


def test_each_value_at_the_limits_of_a_declaration_makes_a_dag_that_airflow_can_schedule(load: Any) -> None:
    from airflow.serialization.encoders import coerce_to_core_timetable
    from airflow.serialization.serialized_objects import DagSerialization
    from airflow.timetables.base import TimeRestriction

    sources = f'[{"n" * 63}]\nlocation = "seeds"\ntags = ["{"x" * 100}"]\nowner = "{"o" * 100}"\n'
    for number, start in enumerate(("1600-01-01", "2199-12-31")):
        for cron in ("0 0 29 2 *", "59 23 31 12 *", "*/7 */5 * * 1-5"):
            name = f"s{number}{len(sources)}"
            sources += f'[{name}]\nlocation = "seeds/{{date}}"\nstart = {start}\ncatchup = true\nschedule = "{cron}"\n'
    for name, dag in load(sources).dags.items():
        if name.startswith("ingest_"):
            assert "broken" not in dag.tags, dag.doc_md
            DagSerialization.deserialize_dag(DagSerialization.serialize_dag(dag))
            if dag.catchup:
                restriction = TimeRestriction(dag.start_date, None, catchup=True)
                timetable = coerce_to_core_timetable(dag.timetable)
                assert timetable.next_dagrun_info_v2(last_dagrun_info=None, restriction=restriction)


@pytest.mark.parametrize(("role", "may_write"), [("viewer", False), ("user", True), ("op", True), ("admin", True)])
def test_airflow_s_roles_may_do_what_the_security_page_says(airflow: Path, role: str, may_write: bool) -> None:
    from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity, DagDetails
    from airflow.api_fastapi.auth.managers.simple.simple_auth_manager import SimpleAuthManager
    from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser

    manager, user, ours = (
        SimpleAuthManager(),
        SimpleAuthManagerUser(username="finch", role=role),
        DagDetails(id="ingest_seeds"),
    )
    for entity in (DagAccessEntity.RUN, DagAccessEntity.XCOM, DagAccessEntity.TASK_INSTANCE):
        for method in ("POST", "PUT", "DELETE"):
            assert manager.is_authorized_dag(method=method, user=user, access_entity=entity, details=ours) is may_write
        assert manager.is_authorized_dag(method="GET", user=user, access_entity=entity, details=ours)
