"""What does a backfill cost?  backfill.py FOLDER [--backwards] [--slots N] [--postgres URL]

FOLDER has one folder a day (YYYY/MM/DD) of article files.  All days from the first to the last, empty ones too, are
taken in by one `wirecopy run`, and then by a backfill on Airflow's own processes (LocalExecutor, metadata on SQLite)
into a second store.  Both must show consumers the same rows.  Prints how long each took, and where the time went.

The stores are on SQLite; with --postgres (a URL with {} for the name of a database that is made and dropped) they
are there.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from datetime import date, datetime
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))
from benchmarks.orders import digest, new_store  # noqa: E402
from dags import local  # noqa: E402
from tests.support.processes import Airflow, airflow  # noqa: E402

DAG = "ingest_backfilled"
TASKS = ("partition", "discover", "prepare", "commit", "publish")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--backwards", action="store_true")
    parser.add_argument("--slots", type=int, default=4, help="tasks, and runs, at a time")
    parser.add_argument("--postgres", metavar="URL")
    asked = parser.parse_args()
    folder = asked.folder.resolve()
    days = sorted(date(*map(int, path.relative_to(folder).parts)) for path in folder.glob("[0-9]*/[0-9]*/[0-9]*"))
    first, last = days[0], days[-1]
    count = (last - first).days + 1
    print(f"{count} days from {first} to {last}, {len(days)} of them with files", flush=True)
    kind = "postgresql" if asked.postgres else "sqlite"
    with tempfile.TemporaryDirectory() as scratch:
        with new_store(kind, Path(scratch), asked.postgres) as url:
            alone_s = at_once(folder, first, last, url)
            expected = digest(url)
        print(f"one `wirecopy run`: {alone_s:.0f} s", flush=True)
        with new_store(kind, Path(scratch), asked.postgres) as url:
            backfill_s = backfilled(folder, first, last, url, Path(scratch), asked)
            found = digest(url)
    print(
        f"backfill, {asked.slots} slots, {kind}: {backfill_s:.0f} s; {(backfill_s - alone_s) / count:.2f} s a day more"
    )
    print("equal" if found == expected else "DIFFERENT RESULTS")
    sys.exit(found != expected)


def at_once(folder: Path, first: date, last: date, url: str) -> float:
    """Seconds of one run on the command line."""
    began = time.perf_counter()
    location = f"{folder}/{{date:%Y/%m/%d}}"
    command = ["run", location, "--source", "backfilled", "--from", f"{first}", "--to", f"{last}", "--store", url]
    environ = os.environ | {"WIRECOPY_STAGING": str(Path(tempfile.gettempdir()) / "wirecopy-backfill")}
    subprocess.run([sys.executable, "-m", "etl", *command, "--accept"], cwd=PROJECT, env=environ, check=True)
    return time.perf_counter() - began


def backfilled(folder: Path, first: date, last: date, url: str, scratch: Path, asked: argparse.Namespace) -> float:
    """Seconds of a backfill, from asking for it to the end of its last run."""
    home = scratch / "airflow"
    home.mkdir()
    location = f"{folder}/{{date:%Y/%m/%d}}"
    limits = "limits.max_replaced_share = 1.0\nlimits.max_duplicate_share = 1.0"
    (home / "sources.toml").write_text(f'[backfilled]\nlocation = "{location}"\n{limits}\n', encoding="utf-8")
    settings = local.TUNING | {
        "WIRECOPY_SOURCES": str(home / "sources.toml"),
        "WIRECOPY_STORE": url,
        "WIRECOPY_STAGING": str(home / "staging"),
        "AIRFLOW__CORE__PARALLELISM": str(asked.slots),
    }
    with airflow(home, settings) as server:
        server.wait_for(DAG)
        before = server.backfilled(DAG)
        span = {"from_date": f"{first}T00:00:00Z", "to_date": f"{last}T23:59:59Z", "run_backwards": asked.backwards}
        began = time.perf_counter()
        # It makes all the runs before it answers: hundreds take minutes on a busy machine.
        server.call("POST", "/api/v2/backfills", {"dag_id": DAG, "max_active_runs": asked.slots, **span}, 900)
        print(f"{time.perf_counter() - began:5.0f} s  the backfill is made", flush=True)
        wait(server, (last - first).days + 1, began)
        seconds = time.perf_counter() - began
        assert not before
        print_times(server)
    return seconds


def wait(server: Airflow, count: int, began: float) -> None:
    """Wait for so many runs; says each minute how many have ended."""
    path = f"/api/v2/dags/{DAG}/dagRuns?run_type=backfill&limit=1"
    said = 0.0
    while True:
        done = sum(server.call("GET", f"{path}&state={state}")["total_entries"] for state in ("success", "failed"))
        passed = time.perf_counter() - began
        if passed - said >= 60:
            said = passed
            print(f"{passed:5.0f} s  {done} of {count} days", flush=True)
        if done >= count:
            failed = server.call("GET", f"{path}&state=failed")["total_entries"]
            if failed:
                raise SystemExit(f"{failed} days failed")
            return
        time.sleep(2)


def print_times(server: Airflow) -> None:
    """Where the time of the tasks went: waiting for a slot, and running."""
    ran: dict[str, list[float]] = defaultdict(list)
    waited: dict[str, list[float]] = defaultdict(list)
    for task in listed(server, f"/api/v2/dags/{DAG}/dagRuns/~/taskInstances", "task_instances"):
        if task["start_date"] and task["end_date"] and task["state"] == "success":
            name = task["task_id"]
            ran[name].append(seconds(task["start_date"], task["end_date"]))
            waited[name].append(seconds(task["queued_when"] or task["start_date"], task["start_date"]))
    print(f"{'task':12}{'ran':>6}{'running':>12}{'each':>9}{'queued':>12}{'each':>9}")
    for name in TASKS:
        count, run_s, wait_s = len(ran[name]), sum(ran[name]), sum(waited[name])
        each = max(count, 1)
        print(f"{name:12}{count:6}{run_s:10.0f} s{run_s / each:7.2f} s{wait_s:10.0f} s{wait_s / each:7.2f} s")


def listed(server: Airflow, path: str, what: str) -> list[dict[str, Any]]:
    """All entries of a list that the server gives in pages."""
    found: list[dict[str, Any]] = []
    while True:
        page = server.call("GET", f"{path}?limit=100&offset={len(found)}")
        found += page[what]
        if not page[what] or len(found) >= page["total_entries"]:
            return found


def seconds(first: str, last: str) -> float:
    return (datetime.fromisoformat(last) - datetime.fromisoformat(first)).total_seconds()


if __name__ == "__main__":
    main()
