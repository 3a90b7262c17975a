"""Airflow's roles: what SECURITY.md trusts each with is what Airflow's simple auth manager lets it do."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.dags.conftest import OURS
from tests.support.paths import ROOT

ROLES = ("viewer", "user", "op", "admin")
ACTS = {  # what is asked of the auth manager, and the least role that may
    ("dag", "GET"): "viewer",  # DAGs, runs, logs, XComs: the REST API asks for a part of a DAG
    ("dag", "POST"): "user",  # starting a run, adding an XCom
    ("dag", "PUT"): "user",  # clearing and marking tasks, changing an XCom, pausing
    ("dag", "DELETE"): "user",
    ("connection", "GET"): "op",
    ("connection", "PUT"): "op",
    ("variable", "GET"): "op",
    ("variable", "PUT"): "op",
    ("pool", "PUT"): "op",
    ("asset", "POST"): "op",
}
pytestmark = OURS
PARTS = ("CODE", "RUN", "TASK_INSTANCE", "TASK_LOGS", "XCOM")


@pytest.fixture(scope="module")
def manager(airflow: Path) -> Any:
    from airflow.api_fastapi.auth.managers.simple.simple_auth_manager import SimpleAuthManager

    return SimpleAuthManager()


def may(manager: Any, role: str | None, kind: str, method: str) -> bool:
    from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity
    from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser

    asked: dict[str, Any] = {"method": method, "user": SimpleAuthManagerUser(username="ana", role=role)}
    ask = getattr(manager, f"is_authorized_{kind}")
    if kind != "dag":
        return bool(ask(**asked))
    answers = {bool(ask(**asked, access_entity=DagAccessEntity[part])) for part in PARTS}
    assert len(answers) == 1, "a part of a DAG is as open as the whole"
    return answers.pop()


@pytest.mark.parametrize("act", ACTS, ids=" ".join)
def test_a_role_may_do_what_security_says_and_no_more(manager: Any, act: tuple[str, str]) -> None:
    least = ROLES.index(ACTS[act])
    assert [may(manager, role, *act) for role in (None, *ROLES)] == [False, *(n >= least for n in range(len(ROLES)))]


def test_security_names_each_role_and_what_it_may_change() -> None:
    rows = dict(re.findall(r"^\| Airflow, \*(\w+)\* \| ([^|]+) \|", (ROOT / "SECURITY.md").read_text(), re.MULTILINE))
    assert tuple(rows) == ROLES
    assert "XComs" in rows["viewer"]
    assert "XComs" in rows["user"]
    assert "connections" in rows["op"]
    assert "variables" in rows["op"]
