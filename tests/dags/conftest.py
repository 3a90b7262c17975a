"""Airflow in the tests' own process, on a metadata database of its own."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from dags import local

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
