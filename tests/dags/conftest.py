"""Airflow in the tests' own process, on a metadata database of its own."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from dags import local
from tests.support.paths import ROOT

OURS = pytest.mark.filterwarnings("ignore", "error:::etl", "error:::dags")  # Airflow's own warnings are none of ours
USERS = {"ada": "admin", "olga": "op", "vera": "viewer"}
PASSWORD = "correct horse"


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("airflow")


@pytest.fixture(scope="module")
def airflow(home: Path) -> Iterator[Path]:
    """Airflow's home.  Airflow reads its settings when it is first imported: they must stand before."""
    settings = local.environment(home) | {
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "WARNING",
        "AIRFLOW__CORE__DEFAULT_TASK_RETRY_DELAY": "1",
        "AIRFLOW__API_AUTH__JWT_SECRET": "j" * 64,
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": ",".join(f"{name}:{role}" for name, role in USERS.items()),
    }
    before = dict(os.environ)
    os.environ.update(settings)
    if not (home / "airflow.db").exists():
        (home / "passwords.json").write_text(json.dumps(dict.fromkeys(USERS, PASSWORD)), encoding="utf-8")
        from airflow.models.pool import Pool
        from airflow.utils.db import initdb
        from airflow.utils.session import create_session

        initdb()
        with create_session() as session:
            for name in ("wirecopy_prepare", "wirecopy_commit"):
                Pool.create_or_update_pool(name, slots=2, description="", include_deferred=False, session=session)
    yield home
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture
def load(airflow: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Load the DAGs of a sources.toml, those that come with it if none is given; the store is in tmp_path."""

    def bag(sources: str | None = None, broken: Sequence[str] = ()) -> Any:
        from airflow.dag_processing.dagbag import BundleDagBag

        monkeypatch.chdir(ROOT)
        monkeypatch.setenv("WIRECOPY_STORE", f"sqlite:///{tmp_path}/corpus.db")
        monkeypatch.setenv("WIRECOPY_STAGING", str(tmp_path / "staging"))
        if sources is not None:
            (tmp_path / "sources.toml").write_text(sources, encoding="utf-8")
            monkeypatch.setenv("WIRECOPY_SOURCES", str(tmp_path / "sources.toml"))
        found = BundleDagBag(dag_folder=str(ROOT / "dags"), bundle_path=ROOT / "dags")  # as Airflow does
        assert [Path(name).name for name in found.import_errors] == list(broken)
        return found

    return bag


def states(run: Any) -> dict[str, str]:
    from airflow.utils.session import create_session

    with create_session() as session:
        return {ti.task_id: str(ti.state) for ti in run.get_task_instances(session=session)}


def published() -> list[dict[str, Any]]:
    from airflow.models.asset import AssetEvent
    from airflow.utils.session import create_session

    with create_session() as session:
        return [event.extra for event in session.query(AssetEvent).order_by(AssetEvent.id)]
