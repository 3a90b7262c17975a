"""docker-compose.yml: the very commands and settings of its services, as processes on a PostgreSQL of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pyarrow.parquet as pq
import pytest

from dags import local
from etl.errors import Fatal
from etl.store import database, schema
from tests.support import compose
from tests.support.paths import ROOT
from tests.support.processes import Airflow, until, unused_port
from tests.support.stores import rows

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]
ORDER = ["init", "api-server", "scheduler", "dag-processor", "triggerer"]


@pytest.fixture(scope="module")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    lineage = {"type": "file", "log_file_path": "/opt/wirecopy/airflow/lineage.jsonl", "append": True}
    return compose.write_env(tmp_path_factory.mktemp("env")) | {"OPENLINEAGE_TRANSPORT": json.dumps(lineage)}


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What is /opt/wirecopy in the image."""
    folder = tmp_path_factory.mktemp("opt")
    for name in ("dags", "seeds"):
        (folder / name).symlink_to(ROOT / name)
    for name in ("airflow/logs", "staging", "export"):
        (folder / name).mkdir(parents=True)
    return folder


@pytest.fixture(scope="module")
def deployed(machine: Path, secrets: dict[str, str]) -> Iterator[Airflow]:
    services = compose.load(secrets)["services"]
    api, database = unused_port(), unused_port()
    places = {
        "postgres:5432": f"127.0.0.1:{database}",
        "api-server:8080": f"127.0.0.1:{api}",
        "127.0.0.1:8080": f"127.0.0.1:{api}",
        "/opt/wirecopy": str(machine),
    }

    def here(text: str) -> str:
        for there, place in places.items():
            text = text.replace(there, place)
        return text

    def environ(name: str) -> dict[str, str]:
        settings = {key: here(str(value)) for key, value in services[name]["environment"].items()}
        image = {
            "AIRFLOW_HOME": f"{machine}/airflow",
            "AIRFLOW__API__HOST": "127.0.0.1",
            "AIRFLOW__API__PORT": str(api),
        }
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        return {"HOME": str(machine), "PATH": path, "PYTHONPATH": str(ROOT), **image, **settings}

    server = Airflow(machine, api)
    server.store = environ("scheduler")["WIRECOPY_STORE"]
    server.password = secrets["AIRFLOW_ADMIN_PASSWORD"]
    with compose.postgres(database, secrets["POSTGRES_PASSWORD"]) as reach:
        script = compose.load(secrets)["configs"]["databases"]["content"]
        given = {**reach, **services["postgres"]["environment"]}
        subprocess.run(["sh", "-c", script], env=given, check=True, capture_output=True)
        try:
            for name in ORDER:
                command = [here(word) for word in services[name]["command"]]
                with (machine / f"{name}.log").open("wb") as log:
                    server.processes[name] = subprocess.Popen(
                        command, cwd=machine, env=environ(name), stdout=log, stderr=log, start_new_session=True
                    )
                if name == "init":
                    assert server.processes.pop(name).wait(240) == 0, (machine / "init.log").read_text()
                else:
                    check = [here(word) for word in services[name]["healthcheck"]["test"][1:]]
                    until(healthy(check, machine, environ(name)), 240)
            server.log_in()
            yield server
        finally:
            local.stop(server.processes)


def healthy(check: list[str], folder: Path, environ: dict[str, str]) -> Callable[[], Any]:
    return lambda: subprocess.run(check, cwd=folder, env=environ, capture_output=True, check=False).returncode == 0


def test_a_run_by_hand_takes_the_seeds_into_the_store(deployed, machine, secrets):
    deployed.wait_for("ingest_seeds")
    deployed.wait_for("export_corpus")
    deployed.call("PATCH", "/api/v2/dags/export_corpus", {"is_paused": False})
    run = deployed.trigger("ingest_seeds")
    assert deployed.finish("ingest_seeds", run) == "success", (machine / "scheduler.log").read_text()[-3000:]
    assert not list((machine / "staging").rglob("*.parquet"))
    assert rows(deployed.store, "SELECT count(*) FROM corpus_article") == [(44,)]
    # What waits for the asset is woken by it.
    exports = "/api/v2/dags/export_corpus/dagRuns"
    until(lambda: [r["state"] for r in deployed.call("GET", exports)["dag_runs"]] == ["success"], 120)
    assert sum(pq.read_table(file).num_rows for file in (machine / "export").rglob("*.parquet")) == 44


def test_lineage_is_told_of_runs_and_tasks_and_what_they_read_and_wrote(deployed, machine):
    run = deployed.trigger("ingest_seeds")
    assert deployed.finish("ingest_seeds", run) == "success"

    def ended() -> dict[str, dict[str, Any]]:
        lines = (machine / "airflow/lineage.jsonl").read_text(encoding="utf-8").splitlines()
        events = [event for event in map(json.loads, lines) if event["job"]["name"].startswith("ingest_seeds")]
        return {event["job"]["name"]: event for event in events if event["eventType"] == "COMPLETE"}

    tasks = ("partition", "discover", "prepare", "commit")  # `publish` may be skipped: another run has told already
    until(lambda: {"ingest_seeds", *(f"ingest_seeds.{task}" for task in tasks)} <= ended().keys(), 30)
    commit = ended()["ingest_seeds.commit"]
    assert commit["job"]["namespace"] == "wirecopy"
    assert [(d["namespace"], d["name"]) for d in commit["inputs"]] == [("file://", f"{machine}/seeds"[1:])]
    store = deployed.store.partition("@")[2].removesuffix("/corpus")
    assert [(d["namespace"], d["name"]) for d in commit["outputs"]] == [
        (f"postgres://{store}", "corpus.public.corpus_article")
    ]


def test_a_role_sees_its_own_database_only(deployed):
    own = deployed.store.replace("+psycopg", "")
    with psycopg.connect(own) as connection:
        assert connection.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").fetchone() == (False,)
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        psycopg.connect(own.replace("/corpus", "/airflow"))


def test_the_pages_of_the_corpus_are_read_by_a_role_that_cannot_write(deployed, secrets):
    assert "Sources, the quiet ones first" in deployed.page("/corpus/")
    own = deployed.store.replace("+psycopg", "").replace("wirecopy:", "pages:", 1)
    own = own.replace(secrets["WIRECOPY_DB_PASSWORD"], secrets["PAGES_DB_PASSWORD"])
    with psycopg.connect(own) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("DELETE FROM change")


@pytest.mark.parametrize("wrong", ["wirecopy:guessed", "wirecopy", "nobody:guessed"])
def test_a_store_that_lets_nobody_in_fails_a_run_at_once_and_says_why(deployed, wrong):
    server = deployed.store.partition("@")[2]
    with database.opened(f"postgresql+psycopg://{wrong}@{server}") as engine, pytest.raises(Fatal) as refused:
        schema.upgrade(engine)
    assert "lets nobody in" in str(refused.value)
    assert "password" in str(refused.value)
    assert "guessed" not in str(refused.value)


def test_nobody_gets_in_without_the_password(deployed):
    with pytest.raises(AssertionError, match="401"):
        deployed.call("POST", "/auth/token", {"username": "admin", "password": "admin"})
