"""Airflow's real processes for a test: started in order on a free port, asked over REST, ended when the test ends."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from subprocess import Popen
from typing import Any

from dags import local
from tests.support.paths import ROOT

FRUGAL = {
    "AIRFLOW__CORE__DEFAULT_TASK_RETRY_DELAY": "1",
    "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "60",  # no test writes DAGs after the start
    "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.5",  # looking at the runs anew is most of what a scheduler does
    "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": "admin:admin,vera:viewer",
}
NEEDED = [command for command in local.OTHERS if command[0] != "triggerer"]
"""Processes beside the API server: no task of ours waits in the triggerer, which tests of `make up` start."""
VIEWER = "vera"
DONE = ("success", "failed")


class Airflow:
    """A running Airflow."""

    def __init__(self, home: Path, port: int) -> None:
        self.home = home
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self.password = secrets.token_urlsafe(12)
        self.store = ""
        self.processes: dict[str, Popen[bytes]] = {}
        self.left: list[int] = []
        """Processes that were killed: what they had started may live on in their group."""
        self._token = ""

    def start(self) -> None:
        since = datetime.now(UTC)
        deadline = time.monotonic() + local.READY_S
        local.start(local.API_SERVER, self.home, self.port, self.processes)
        local.wait(lambda: bool(local.health(self.port)), self.processes, self.home, deadline)
        for command in NEEDED:
            local.start(command, self.home, self.port, self.processes)
        names = [command[0].replace("-", "_") for command in NEEDED]
        local.wait(lambda: local.beating(local.health(self.port), since, names), self.processes, self.home, deadline)
        self.log_in()

    def log_in(self) -> None:
        self._token = self.call("POST", "/auth/token", {"username": "admin", "password": self.password})["access_token"]

    def start_again(self, name: str) -> None:
        """Start a process once more that has ended."""
        (command,) = (c for c in local.OTHERS if c[0] == name)
        self.processes[name].wait(30)
        self.left.append(self.processes[name].pid)
        local.start(command, self.home, self.port, self.processes)

    def call(self, method: str, path: str, body: Mapping[str, Any] | None = None, timeout_s: float = 60) -> Any:
        """The answer of the REST API; AssertionError with its words if it refuses."""
        request = urllib.request.Request(
            self.url + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json", "Authorization": f"Bearer {self._token}"},
        )
        try:
            with urllib.request.urlopen(request, timeout=timeout_s) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{method} {path}: {error.code} {error.read().decode()}") from None

    def page(self, path: str) -> str:
        """A page as its HTML."""
        request = urllib.request.Request(self.url + path, headers={"Authorization": f"Bearer {self._token}"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            return str(answer.read().decode())

    def wait_for(self, dag_id: str) -> None:
        """Wait until a DAG is there."""
        until(lambda: any(d["dag_id"] == dag_id for d in self.call("GET", "/api/v2/dags")["dags"]), 60)

    def trigger(self, dag_id: str, **body: Any) -> str:
        """Start a run by hand; its id."""
        started = self.call("POST", f"/api/v2/dags/{dag_id}/dagRuns", {"logical_date": None, **body})
        return str(started["dag_run_id"])

    def finish(self, dag_id: str, run_id: str, timeout_s: float = 120) -> str:
        """Wait until a run has ended; its state."""
        path = f"/api/v2/dags/{dag_id}/dagRuns/{run_id}"
        until(lambda: self.call("GET", path)["state"] in DONE, timeout_s)
        return str(self.call("GET", path)["state"])

    def tasks(self, dag_id: str, run_id: str) -> dict[str, Any]:
        """Task instances of a run, by task."""
        found = self.call("GET", f"/api/v2/dags/{dag_id}/dagRuns/{run_id}/taskInstances")["task_instances"]
        return {task["task_id"]: task for task in found}

    def backfill(self, dag_id: str, first: date, last: date, timeout_s: float = 300, **body: Any) -> list[str]:
        """Backfill days; the states of the runs that this made, when they have ended."""
        self.backfill_may_begin(dag_id)
        before = self.backfilled(dag_id)
        # The last day is in only if its tick is: a `to` at midnight would leave it out.
        span = {"from_date": f"{first}T00:00:00Z", "to_date": f"{last}T23:59:59Z"}
        self.call("POST", "/api/v2/backfills", {"dag_id": dag_id, "max_active_runs": 4, **span, **body})
        return self.backfill_states(dag_id, before, (last - first).days + 1, timeout_s)

    def backfill_may_begin(self, dag_id: str) -> None:
        """Wait for the one before: it counts as active for half a minute after its last run."""
        path = f"/api/v2/backfills?dag_id={dag_id}"
        until(lambda: all(b["completed_at"] for b in self.call("GET", path)["backfills"]), 90, 1)

    def backfill_states(self, dag_id: str, before: Mapping[str, str], count: int, timeout_s: float = 300) -> list[str]:
        """Wait for so many runs that were not there before; their states."""
        made: list[str] = []

        def ended() -> bool:
            made[:] = [state for run, state in self.backfilled(dag_id).items() if run not in before]
            return len(made) >= count and all(state in DONE for state in made)

        until(ended, timeout_s, 1)
        return made

    def backfilled(self, dag_id: str) -> dict[str, str]:
        """States of the runs that backfills have made, by run."""
        runs = self.call("GET", f"/api/v2/dags/{dag_id}/dagRuns?limit=100")["dag_runs"]
        return {run["dag_run_id"]: run["state"] for run in runs if run["run_type"] == "backfill"}


def unused_port() -> int:
    """A port that nobody listens on, another one each time: several suites may run on one machine."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(ready: Callable[[], Any], timeout_s: float, every_s: float = 0.5) -> None:
    """Wait for something, with a deadline."""
    deadline = time.monotonic() + timeout_s
    while not ready():
        assert time.monotonic() < deadline, f"nothing after {timeout_s} s"
        time.sleep(every_s)


def copy_dags(home: Path, *names: str) -> Path:
    """A folder of these DAG files and of what they share: where all are, Airflow runs maintain_store at once."""
    others = {path.name for path in (ROOT / "dags").glob("*.py")} - {"defaults.py", *names}
    return Path(shutil.copytree(ROOT / "dags", home / "dags", ignore=lambda *_: {*others, "__pycache__", "plugins"}))


@contextmanager
def airflow(home: Path, settings: Mapping[str, str], *dags: str) -> Iterator[Airflow]:
    """Airflow with its files in home, these settings in its environment, and of the files of DAGs these, or all."""
    home.mkdir(parents=True, exist_ok=True)
    before = dict(os.environ)
    os.environ.update(FRUGAL | dict(settings))
    if dags:
        folder = {
            "name": "dags-folder",
            "classpath": "airflow.dag_processing.bundles.local.LocalDagBundle",
            "kwargs": {"path": str(copy_dags(home, *dags))},
        }
        os.environ["AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST"] = json.dumps([folder])
    server = Airflow(home, unused_port())
    users = dict.fromkeys(("admin", VIEWER), server.password)
    (home / "passwords.json").write_text(json.dumps(users), encoding="utf-8")
    try:
        local.make_ready(home)
        server.start()
        yield server
    finally:
        local.stop(server.processes)
        for group in server.left:
            with suppress(ProcessLookupError):
                os.killpg(group, signal.SIGKILL)
        os.environ.clear()
        os.environ.update(before)


def write_corpus(folder: Path, first: date, days: int) -> None:
    """A made corpus, one folder a day: two stories of the day, a copy of the first, and one that runs all week."""
    for number in range(days):
        day = first + timedelta(days=number)
        place = folder / f"{day:%Y/%m/%d}"
        place.mkdir(parents=True)
        texts = [story(f"{day:%d%m}a"), story(f"{day:%d%m}b"), story(f"{day:%d%m}a"), story("serial")]
        for index, text in enumerate(texts):
            (place / f"{index:03}.txt").write_text(text, encoding="utf-8")


def story(seed: str) -> str:
    body = " ".join(f"{seed}word{number % 61}of{number}" for number in range(120))
    return f"TOWN: News of {seed}\n\nBy Ada Finch\n\n{body}.\n"
