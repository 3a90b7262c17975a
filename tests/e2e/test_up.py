"""`make up`: Airflow for a person at this machine, with nothing to set up and nothing left behind.

The source that dags/sources.toml has as an example is fetched on its schedule, from a site on this machine.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import psutil
import pytest

from dags import local
from etl.fetch.tdmrep import PATH
from tests.support import website
from tests.support.begun import command_of, listens_at
from tests.support.paths import ROOT
from tests.support.processes import DONE, Airflow, until, unused_port
from tests.support.stores import rows

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]
STORIES = [f"/news/{number}.html" for number in range(3)]


def up(home: Path) -> list[str]:
    return [sys.executable, "dags/local.py", "--home", str(home), "up", "--port", str(unused_port())]


@contextmanager
def running(home: Path, **settings: str) -> Iterator[subprocess.Popen[str]]:
    pipe = subprocess.PIPE
    environ = os.environ | settings
    with subprocess.Popen(up(home), cwd=ROOT, env=environ, stdout=pipe, stderr=pipe, text=True) as process:
        yield process
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=60)


def ready_line(process: subprocess.Popen[str]) -> re.Match[str]:
    assert process.stdout
    for line in process.stdout:
        found = re.match(r"Airflow is ready: (http://127\.0\.0\.1:(\d+))   user: admin   password: (\S+)", line)
        if found:
            return found
    raise AssertionError("it ended before it was ready")


def children(process: subprocess.Popen[str]) -> list[Any]:
    return list(psutil.Process(process.pid).children(recursive=True))


def example() -> str:
    """The source on the web that dags/sources.toml shows, without the signs that make it a comment."""
    text = (ROOT / "dags" / "sources.toml").read_text(encoding="utf-8")
    found = re.search(r"^# \[herald\]\n(# .+\n)+", text, re.MULTILINE)
    assert found
    return re.sub("^# ", "", found[0], flags=re.MULTILINE)


@pytest.fixture(scope="module")
def herald() -> Iterator[website.Site]:
    with website.running() as site:
        for number in range(3):
            site.add_story(number)
        site.add("/copy.html", website.story(2, more="<p>As other papers say it.</p>"))
        site.add_feed("/rss", [*STORIES, "/copy.html"])
        yield site


@pytest.fixture(scope="module")
def gazette() -> Iterator[website.Site]:
    with website.running() as site:
        site.add_feed("/rss", [site.add_story(number) for number in range(10, 14)])
        yield site


@pytest.fixture(scope="module")
def settings(
    herald: website.Site, gazette: website.Site, tmp_path_factory: pytest.TempPathFactory
) -> Mapping[str, str]:
    """Two sources by the example: the herald is asked each minute, the gazette once a day, the last time just now."""
    folder = tmp_path_factory.mktemp("up")
    ago = datetime.now(UTC) - timedelta(minutes=2)
    written = ""
    for name, site, schedule in (("herald", herald, "* * * * *"), ("gazette", gazette, f"{ago:%M} {ago:%H} * * *")):
        ours = {"[herald]": f"[{name}]", "https://herald.example": site.url, "*/30 * * * *": schedule}
        text = example()
        for theirs, own in ours.items():
            assert theirs in text
            text = text.replace(theirs, own)
        written += text
    (folder / "sources.toml").write_text(f'{written}\n[seeds]\nlocation = "seeds"\n', encoding="utf-8")
    return {
        "WIRECOPY_SOURCES": str(folder / "sources.toml"),
        "WIRECOPY_STORE": f"sqlite:///{folder}/corpus.db",
        "WIRECOPY_STAGING": str(folder / "staging"),
        "WIRECOPY_LANDING": str(folder / "landing"),
        "WIRECOPY_USER_AGENT": "wirecopy-test/1.0 (test@example.org)",
        "WIRECOPY_ALLOW_HOSTS": f"127.0.0.1:{herald.port} 127.0.0.1:{gazette.port}",
        "WIRECOPY_HOST_DELAY_S": "0",
        "WIRECOPY_POLL_LEAST_S": "0",
        "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "60",  # no source is written after the start
    }


@pytest.fixture(scope="module")
def process(settings: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[subprocess.Popen[str]]:
    with running(tmp_path_factory.mktemp("home"), **settings) as process:
        yield process


@pytest.fixture(scope="module")
def server(process: subprocess.Popen[str]) -> Airflow:
    """The Airflow that was started, by what it says of itself."""
    _, port, password = ready_line(process).groups()
    server = Airflow(Path(cast("list[str]", process.args)[3]), int(port))
    server.password = password
    server.log_in()
    server.wait_for("ingest_seeds")
    return server


def scheduled(server: Airflow, dag_id: str) -> list[str]:
    """States of the runs that the scheduler has made and that have ended."""
    runs = server.call("GET", f"/api/v2/dags/{dag_id}/dagRuns?limit=100")["dag_runs"]
    return [run["state"] for run in runs if run["run_type"] == "scheduled" and run["state"] in DONE]


def test_the_example_is_fetched_and_deduplicated_on_its_schedule_and_then_only_what_changed(server, herald, settings):
    until(lambda: scheduled(server, "ingest_herald"), 120)
    store = settings["WIRECOPY_STORE"]
    assert rows(store, "SELECT count(*) FROM corpus_article WHERE source = 'herald'") == [(3,)]
    assert rows(store, "SELECT relation FROM corpus_duplicate WHERE source = 'herald'") == [("near",)]
    herald.add_feed("/rss", [*STORIES, "/copy.html", herald.add_story(7)])
    until(lambda: "/news/7.html" in herald.paths, 180)
    until(lambda: rows(store, "SELECT count(*) FROM corpus_article WHERE source = 'herald'") == [(4,)], 120)
    assert set(scheduled(server, "ingest_herald")) == {"success"}
    asked = Counter(herald.paths)
    polls = [request.status for request in herald.asked if request.path == "/rss"]
    assert polls.count(200) == 2
    assert set(polls) <= {200, 304}
    assert asked == {"/rss": len(polls)} | dict.fromkeys(
        ["/robots.txt", PATH, *STORIES, "/copy.html", "/news/7.html"], 1
    )


def test_a_backfill_of_a_day_that_has_landed_makes_no_request(server, gazette, settings):
    until(lambda: scheduled(server, "ingest_gazette"), 120)
    asked = list(gazette.asked)
    assert len(asked) == 7
    (landed,) = Path(settings["WIRECOPY_LANDING"], "gazette").glob("2*")
    day = date.fromisoformat(landed.name) - timedelta(days=2)  # just after midnight, yesterday's run has been
    landed.rename(landed.with_name(day.isoformat()))
    assert server.backfill("ingest_gazette", day, day) == ["success"]
    assert gazette.asked == asked
    days = "SELECT DISTINCT partition_date FROM corpus_article WHERE source = 'gazette'"
    assert rows(settings["WIRECOPY_STORE"], days) == [(day.isoformat(),)]


def test_one_request_at_a_time_may_write(server):
    plugins = server.call("GET", "/api/v2/plugins")["plugins"]
    assert [m["name"] for plugin in plugins for m in plugin["fastapi_root_middlewares"]] == ["one writer"]


def test_it_listens_to_this_machine_alone_and_leaves_nothing_behind(process, server):
    started = children(process)
    assert set().union(*map(listens_at, started)) == {"127.0.0.1"}
    second = subprocess.run(up(server.home), cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert (second.returncode, "is running already" in second.stderr) == (1, True)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 0
    assert psutil.wait_procs(started, timeout=5)[1] == []
    assert local.health(server.port) == {}


def test_it_starts_again_and_a_process_that_ends_is_told_of_and_the_others_are_stopped(server, settings):
    with running(server.home, **settings) as process:
        ready_line(process)
        started = children(process)
        (processor,) = (p for p in started if "dag-processor" in command_of(p) and p.ppid() == process.pid)
        processor.kill()
        _, told = process.communicate(timeout=60)
        assert process.returncode == 1
        assert "airflow dag-processor has ended; see " in told
        assert psutil.wait_procs(started, timeout=5)[1] == []
