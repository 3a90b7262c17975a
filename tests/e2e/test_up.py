"""`make up`: Airflow for a person at this machine, with nothing to set up and nothing left behind."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from conftest import ROOT
from processes import Airflow, unused_port

from dags import local

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


def up(home: Path) -> list[str]:
    return [sys.executable, "dags/local.py", "--home", str(home), "up", "--port", str(unused_port())]


def ready_line(process: subprocess.Popen[str]) -> re.Match[str]:
    assert process.stdout
    for line in process.stdout:
        found = re.match(r"Airflow is ready: (http://127\.0\.0\.1:(\d+))   user: admin   password: (\S+)", line)
        if found:
            return found
    raise AssertionError("it ended before it was ready")


def children(process: subprocess.Popen[str]) -> list[Any]:
    return psutil.Process(process.pid).children(recursive=True)


@pytest.fixture
def process(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    pipe = subprocess.PIPE
    with subprocess.Popen(up(tmp_path), cwd=ROOT, stdout=pipe, stderr=pipe, text=True) as process:
        yield process
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=60)


def test_it_says_where_to_click_and_leaves_nothing_behind(process, tmp_path):
    _, port, password = ready_line(process).groups()
    server = Airflow(tmp_path, int(port))
    server.password = password
    server.log_in()
    server.wait_for("ingest_seeds")
    started = children(process)
    listening = {c.laddr.ip for p in started for c in p.net_connections() if c.status == "LISTEN"}
    assert listening == {"127.0.0.1"}
    second = subprocess.run(up(tmp_path), cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert (second.returncode, "is running already" in second.stderr) == (1, True)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 0
    assert psutil.wait_procs(started, timeout=5)[1] == []
    assert local.health(int(port)) == {}


def test_a_process_that_ends_is_told_of_and_the_others_are_stopped(process):
    ready_line(process)
    started = children(process)
    (processor,) = (p for p in started if "dag-processor" in p.cmdline() and p.ppid() == process.pid)
    processor.kill()
    _, told = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "airflow dag-processor has ended; see " in told
    assert psutil.wait_procs(started, timeout=5)[1] == []
