"""Two builds of one lake: one has the lease, the other is refused; what died has it no longer."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest

from etl.errors import Fatal, Retryable, Usage
from etl.spark import lease
from etl.spark.lake import require_run
from etl.spark.plan import Plan
from etl.spark.steps import Steps
from tests.support import objects
from tests.support.processes import until
from tests.support.stores import Quiet


@pytest.fixture(scope="module")
def bucket() -> Iterator[str]:
    with objects.running("lakes") as port, pytest.MonkeyPatch.context() as patched:
        for name, value in objects.environment(port).items():
            patched.setenv(name, value)
        yield "s3://lakes"


@pytest.fixture(params=["disk", "objects"])
def lake(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return str(tmp_path) if request.param == "disk" else f"{request.getfixturevalue('bucket')}/{tmp_path.name}"


def test_a_second_build_is_refused_by_name_until_the_first_is_done(lake: str) -> None:
    with lease.held(lake) as first:
        with pytest.raises(Retryable, match=rf"is being built by .*@.*, process {os.getpid()}, since 20"):
            lease.held(lake).__enter__()
        first.require()
    with lease.held(lake), pytest.raises(Retryable):
        lease.held(lake).__enter__()
    assert lease._numbers(lake) == [2], "leases that are over stay for ever"


def test_a_number_that_was_swept_meanwhile_is_no_lease(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who saw the lake before two others had it must not take the number of the first."""
    lake = str(tmp_path)
    saw = [list[int]()]
    numbers = lease._numbers
    with lease.held(lake):
        pass
    with lease.held(lake) as other:
        monkeypatch.setattr(lease, "_numbers", lambda lake: saw.pop() if saw else numbers(lake))
        with pytest.raises(Retryable, match="at the same moment"):
            lease.held(lake).__enter__()
        other.require()


def test_of_two_that_see_the_same_lake_one_is_refused(lake: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with lease.held(lake):
        monkeypatch.setattr(lease, "_numbers", lambda lake: [])  # as the other saw it before
        with pytest.raises(Retryable, match="at the same moment"):
            lease.held(lake).__enter__()


def test_a_lease_that_is_not_renewed_ends_and_its_builder_finds_that_it_is_lost(
    lake: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lease, "RENEW_S", 3600)
    now = time.time()
    with lease.held(lake) as asleep:
        monkeypatch.setattr(time, "time", lambda: now + lease.LEASE_S + 60)
        with lease.held(lake), pytest.raises(Fatal, match=r"another build of .* has begun"):
            asleep.require()


def test_a_lake_that_is_no_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for reach in (lambda lake: lease.held(lake).__enter__(), require_run):
        with pytest.raises(Usage, match="file is no folder that can be read and written: Not a directory"):
            reach(str(tmp_path / "file"))


def test_a_build_that_has_lost_its_lake_writes_no_further_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listed = Plan(str(tmp_path), 1, "name", datetime(2026, 11, 27, tzinfo=UTC), (), 0)
    with lease.held(str(tmp_path)) as lost:
        monkeypatch.setattr(lost, "_lost", True)
        steps = Steps(cast("Any", None), listed, Quiet(), lost)
        with pytest.raises(Fatal, match=r"another build of .* has begun"):
            steps.keep(cast("Any", None), "step")


def test_a_lease_is_renewed_while_its_builder_lives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease, "RENEW_S", 0.01)
    with lease.held(str(tmp_path)):
        path = tmp_path / "lease" / "1.json"
        before = json.loads(path.read_text())["until"]
        until(lambda: json.loads(path.read_text())["until"] > before, 60, 0.01)


@pytest.mark.skipif(not lease._machine(), reason="only Linux tells machines apart")
def test_the_lease_of_a_process_that_was_killed_ends_at_once_on_its_machine(tmp_path: Path) -> None:
    held = "import os; from etl.spark import lease; held = lease.held('.'); held.__enter__(); os._exit(9)"
    subprocess.run([sys.executable, "-c", held], cwd=tmp_path, check=False)
    said = json.loads((tmp_path / "lease" / "1.json").read_text())
    assert said["until"] > time.time()
    with lease.held(str(tmp_path)):
        pass
    said |= {"machine": "another"}
    (tmp_path / "lease" / "9.json").write_text(json.dumps(said))
    with pytest.raises(Retryable, match=f"process {said['process']}"):
        lease.held(str(tmp_path)).__enter__()
