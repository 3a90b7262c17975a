"""Several machines: a CeleryExecutor and two workers that share staging in a store of objects, and the databases.

The settings are those of docs/deployment.md.  Each worker has a folder of its own for all else, as on a machine of its
own; what it says as its host's name tells where a task ran.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, suppress
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest

from dags import local
from etl.settings import Settings
from etl.sources.source import Source
from tests.support import compose, objects
from tests.support.deployment import documented
from tests.support.paths import ROOT
from tests.support.processes import Airflow, copy_dags, until, unused_port, write_corpus
from tests.support.stores import dump, ingest, writing

REDIS = shutil.which("redis-server")
pytestmark = [
    pytest.mark.e2e,
    pytest.mark.timeout(600),
    pytest.mark.skipif(not REDIS, reason="no redis-server; .ci/install-debian brings Debian's"),
]
FIRST, DAYS = date(2026, 3, 1), 4
LOCATION = "s3://news/gazette/{date:%Y/%m/%d}"
WORKERS = ("north", "south")
SOURCES = f'[gazette]\nlocation = "{LOCATION}"\nschedule = "0 6 * * *"\n'
IMPATIENT = {
    "AIRFLOW__CORE__DEFAULT_TASK_RETRY_DELAY": "1",
    "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.2",
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "15",
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "2",
    "AIRFLOW__SCHEDULER__TASK_QUEUED_TIMEOUT": "40",
    "AIRFLOW__SCHEDULER__TASK_QUEUED_TIMEOUT_CHECK_INTERVAL": "5",
    "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL": "1",
}


class Machines(Airflow):
    """The processes of a deployment, each with what it reaches in its environment and nothing else."""

    def __init__(self, folder: Path, places: Mapping[str, str], port: int, aws: Mapping[str, str]) -> None:
        super().__init__(folder / "head", port)
        self.folder, self.places, self.aws = folder, places, aws

        for name in ("head", *WORKERS):
            home = folder / name
            (copy_dags(home, "ingest.py") / "sources.toml").write_text(SOURCES, encoding="utf-8")
            (home / "host.py").write_text(f"def name():\n    return {name!r}\n", encoding="utf-8")
        (self.home / "passwords.json").write_text(json.dumps({"admin": self.password}), encoding="utf-8")

    def environ(self, name: str) -> dict[str, str]:
        home = self.folder / name
        said = documented("Every process of Airflow:")
        if name in WORKERS:
            said |= documented("Every worker besides, whose command is `airflow celery worker`:")
        for there, place in {**self.places, "/opt/wirecopy": str(home)}.items():
            said = {key: value.replace(there, place) for key, value in said.items()}
        return {
            **local.environment(home, self.port),
            **IMPATIENT,
            "AIRFLOW__CORE__DAGS_FOLDER": str(home / "dags"),
            "AIRFLOW__CORE__HOSTNAME_CALLABLE": "host.name",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(self.home / "passwords.json"),
            "HOME": str(home),
            "PATH": os.environ["PATH"],
            "PYTHONPATH": f"{home}:{ROOT}",
            **said,
            **(self.aws if name in WORKERS else {}),
        }

    def begin(self, name: str, machine: str, *command: str) -> None:
        with (self.folder / f"{name}.log").open("wb") as log:
            self.processes[name] = subprocess.Popen(
                [sys.executable, "-m", "airflow", *command],
                cwd=self.folder / machine,
                env=self.environ(machine),
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def instances(self, dag_id: str) -> list[dict[str, Any]]:
        """Attempts that are under way or the last of a task, of all runs."""
        path = f"/api/v2/dags/{dag_id}/dagRuns/~/taskInstances?limit=1000"
        return list(self.call("GET", path)["task_instances"])

    def kill(self, name: str) -> None:
        """As a machine that loses its power: all its processes at once."""
        processes = [psutil.Process(self.processes[name].pid)]
        processes += processes[0].children(recursive=True)
        for process in processes:
            process.kill()
        psutil.wait_procs(processes, timeout=10)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("corpus")
    write_corpus(folder / "gazette", FIRST, DAYS)
    return folder


@pytest.fixture(scope="module")
def machines(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machines]:
    folder = tmp_path_factory.mktemp("machines")
    folder.chmod(0o755)
    api, broker, port = unused_port(), unused_port(), unused_port()
    with ExitStack() as stack:
        reach = stack.enter_context(compose.postgres(port, "secret"))
        for name in ("airflow", "corpus"):
            query = f"CREATE ROLE {name} LOGIN PASSWORD 'secret'", f"CREATE DATABASE {name} OWNER {name}"
            subprocess.run(
                ["psql", "-q", "-U", "postgres", "-c", query[0], "-c", query[1]], env=dict(reach), check=True
            )
        aws = objects.environment(stack.enter_context(objects.running("news", "staging")))
        redis = subprocess.Popen(
            [str(REDIS), "--port", str(broker), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)],
            stdout=subprocess.DEVNULL,
        )
        stack.callback(redis.wait)
        stack.callback(redis.kill)
        places = {
            "redis:6379": f"127.0.0.1:{broker}",
            "postgres:5432": f"127.0.0.1:{port}",
            "api-server:8080": f"127.0.0.1:{api}",
            "s3://bucket/": "s3://staging/",
            "PASSWORD": "secret",
            "SECRET": "0" * 64,
        }
        deployed = Machines(folder, places, api, aws)
        deployed.store = f"postgresql+psycopg://corpus:secret@127.0.0.1:{port}/corpus"
        put(corpus, aws)
        try:
            start(deployed)
            yield deployed
        finally:
            for process in deployed.processes.values():
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def put(corpus: Path, aws: Mapping[str, str]) -> None:
    """The corpus into the store of objects, by a process of its own: botocore reads its settings once."""
    script = "import fsspec, sys; fsspec.filesystem('s3').put(sys.argv[1], 's3://news/gazette', recursive=True)"
    subprocess.run([sys.executable, "-c", script, f"{corpus}/gazette/"], env=os.environ | aws, check=True)


def start(deployed: Machines) -> None:
    def wait(ready: Callable[[], bool]) -> None:
        deadline = time.monotonic() + local.READY_S
        while not ready():
            ended = [name for name, process in deployed.processes.items() if process.poll() is not None]
            assert not ended, (deployed.folder / f"{ended[0]}.log").read_text()[-3000:]
            assert time.monotonic() < deadline
            time.sleep(0.2)

    deployed.begin("migrate", "head", "db", "migrate")
    assert deployed.processes.pop("migrate").wait(240) == 0, (deployed.folder / "migrate.log").read_text()
    deployed.begin("api-server", "head", "api-server")
    wait(lambda: bool(local.health(deployed.port)))
    deployed.log_in()
    for name, slots in (("wirecopy_prepare", 4), ("wirecopy_commit", 1)):
        deployed.call("POST", "/api/v2/pools", {"name": name, "slots": slots, "include_deferred": False})
    deployed.begin("scheduler", "head", "scheduler", "--skip-serve-logs")
    deployed.begin("dag-processor", "head", "dag-processor")
    for name in WORKERS:
        deployed.begin(name, name, "celery", "worker", "--skip-serve-logs", "--celery-hostname", name)
    logs = [deployed.folder / f"{name}.log" for name in WORKERS]
    wait(lambda: all(" ready." in log.read_text() for log in logs))
    deployed.wait_for("ingest_gazette")


def test_a_backfill_over_two_workers_of_which_one_is_lost_ends_in_the_tables_of_one_machine(
    machines, tmp_path, monkeypatch
):
    def ran() -> set[str]:
        return {each["hostname"] for each in machines.instances("ingest_gazette") if each["state"] == "success"}

    def commits() -> list[dict[str, Any]]:
        """The commit that holds the one slot."""
        found = [each for each in machines.instances("ingest_gazette") if each["task_id"] == "commit"]
        return [each for each in found if each["state"] == "running" and each["hostname"]]

    last = FIRST + timedelta(days=DAYS - 1)
    span = {"from_date": f"{FIRST}T00:00:00Z", "to_date": f"{last}T23:59:59Z", "max_active_runs": DAYS}
    with writing(machines.store):
        machines.call("POST", "/api/v2/backfills", {"dag_id": "ingest_gazette", **span})
        until(lambda: ran() == set(WORKERS) and commits(), 120)
        (lost,) = commits()
        machines.kill(lost["hostname"])
        until(lambda: any(each["hostname"] != lost["hostname"] for each in commits()), 120)
    assert machines.backfill_states("ingest_gazette", {}, DAYS) == ["success"] * DAYS
    tries = {each["dag_run_id"]: each for each in machines.instances("ingest_gazette") if each["task_id"] == "commit"}
    again = tries[lost["dag_run_id"]]
    assert (again["try_number"], again["hostname"]) == (2, *({*WORKERS} - {lost["hostname"]}))
    alone = Settings(store=f"sqlite:///{tmp_path}/alone.db", staging=str(tmp_path / "staging"), workers=1)
    days = [FIRST + timedelta(days=number) for number in range(DAYS)]
    for name, value in machines.aws.items():
        monkeypatch.setenv(name, value)
    ingest(alone, Source("gazette", (LOCATION,)), days)
    assert dump(machines.store) == dump(alone.store)
