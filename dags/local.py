"""Airflow on this machine alone: embedded SQLite, everything under var/airflow, nothing to set up.

    python dags/local.py run ingest_seeds   one run of a DAG, here and now (airflow dags test)
    python dags/local.py up                 its processes and its pages on 127.0.0.1, until Ctrl-C

No DAG: Airflow passes it over (.airflowignore).  A deployment is described by docker-compose.yml instead.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import json
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
POOLS = PROJECT / "dags" / "pools.json"
AIRFLOW = (sys.executable, "-m", "airflow")
# One process for both: half of what each takes is importing Airflow.
READY = (sys.executable, "-c", """import sys
from airflow.__main__ import main
for sys.argv[1:] in ["db", "migrate"], ["pools", "import", sys.argv[1]]:
    main()
""")  # fmt: skip
PORT = 8080
READY_S = 240  # to be healthy: 15 s on a quiet machine with two cores, 80 s while two more of it start
STOP_S = {"scheduler": 30, "dag-processor": 5, "triggerer": 2, "api-server": 10}
"""Seconds until a process is killed: the scheduler waits for running tasks; the triggerer has none of ours."""
API_SERVER = ("api-server",)
OTHERS = (("scheduler", "--skip-serve-logs"), ("dag-processor",), ("triggerer", "--skip-serve-logs"))
LOCKED_S = 300
"""How long a process waits for another's transaction.  Making a backfill of 237 days is one, of 40 s on a busy machine:
after sqlite3's own 5 s the scheduler would end with "database is locked"."""
REPORT = re.compile(r"read \d+ = new \d+ .*? near \d+(?:; retracted \d+)?")


TUNING = {
    "AIRFLOW__CORE__PARALLELISM": "4",  # it forks that many workers at once, 32 if not told
    "AIRFLOW__CORE__DEFAULT_TASK_RETRY_DELAY": "15",
    "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "10",  # a new file shows up after that many seconds
    "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "10",  # and so does a new source
    "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.2",
    "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL": "1",  # a worker waits that long after its task has ended
    "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": "admin:admin",  # and others behind a comma, such as vera:viewer
    "AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT": "30",  # the first call to a cold server takes longer than 5 s
}
"""Settings for one machine; the environment overrides them."""


def environment(home: Path, port: int = PORT) -> dict[str, str]:
    """Locations and addresses of this Airflow, which override those of another Airflow in the environment."""
    address = f"http://127.0.0.1:{port}"
    return {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(PROJECT / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(PROJECT / "dags" / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{address}/execution/",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(home / "passwords.json"),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db?timeout={LOCKED_S}",
        "AIRFLOW__API__HOST": "127.0.0.1",  # 0.0.0.0 if not told
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__BASE_URL": address,
    }


def run(dag_id: str, home: Path) -> int:
    """Run a DAG once and print its report.  Returns the exit status."""
    make_ready(home)
    print(f"running {dag_id} …", flush=True)
    started = time.monotonic()
    log = _log(home, f"run-{dag_id}")
    if not _succeeds((*AIRFLOW, "dags", "test", dag_id), home, log):
        return 1
    reports = REPORT.findall(log.read_text(encoding="utf-8", errors="replace"))
    print(reports[-1] if reports else f"{dag_id} found nothing to read")
    print(f"{time.monotonic() - started:.0f} s; Airflow's log is {_shown(log)}")
    return 0


def make_ready(home: Path) -> None:
    """Create Airflow's own tables, and the pools that the DAGs name; existing ones are kept."""
    wanted = hashlib.sha256(version("apache-airflow").encode() + POOLS.read_bytes()).hexdigest()
    stamp = home / "ready"
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    print("preparing Airflow …", flush=True)
    if not _succeeds((*READY, str(POOLS)), home, _log(home, "ready")):
        raise SystemExit(1)
    stamp.write_text(wanted)


def _succeeds(command: Sequence[str], home: Path, log: Path) -> bool:
    """Run a command of Airflow's with its output in a log, whose end is shown if it fails."""
    with log.open("wb") as output:
        status = subprocess.run(
            command, cwd=PROJECT, env=environ(home), stdout=output, stderr=subprocess.STDOUT, check=False
        ).returncode
    if status:
        _show_end(log)
        print(f"airflow failed with status {status}; its log is {_shown(log)}", file=sys.stderr)
    return status == 0


def environ(home: Path, port: int = PORT) -> dict[str, str]:
    """The environment of Airflow's processes."""
    return {**TUNING, **os.environ, **environment(home, port)}


def up(home: Path, port: int) -> int:
    """Run Airflow until a person stops it or one of its processes ends.  Returns the exit status."""
    make_ready(home)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    with _alone(home):
        port = free_port(port)
        password = _password(home)
        processes: dict[str, subprocess.Popen[bytes]] = {}
        try:
            print("starting Airflow …", flush=True)
            started = datetime.now(UTC)
            deadline = time.monotonic() + READY_S
            start(API_SERVER, home, port, processes)
            # The API server comes first: without it, tasks fail before their first line runs.
            wait(lambda: bool(health(port)), processes, home, deadline)
            for command in OTHERS:
                start(command, home, port, processes)
            wait(lambda: beating(health(port), started), processes, home, deadline)
            print(f"Airflow is ready: http://127.0.0.1:{port}   user: admin   password: {password}")
            print("Ctrl-C stops it.", flush=True)
            wait(lambda: False, processes, home, None)
        except KeyboardInterrupt:
            print("stopping Airflow; tasks that run may finish, a second Ctrl-C ends them …", flush=True)
            return 0
        finally:
            stop(processes)
    return 1


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    """Refuse to start twice: SQLite does not bear two schedulers."""
    with (home / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SystemExit(f"Airflow is running already, with its files in {_shown(home)}") from None
        yield


def free_port(port: int) -> int:
    """The port, or the next free one."""
    for candidate in range(port, port + 50):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", candidate))
            except OSError:
                continue
            return candidate
    raise SystemExit(f"no port from {port} to {port + 49} is free; name another with PORT=…")


def _password(home: Path) -> str:
    """The password of admin, drawn once; the file is Airflow's, readable by its owner alone."""
    path = home / "passwords.json"
    if not path.is_file():
        with open(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="utf-8") as file:
            json.dump({"admin": secrets.token_urlsafe(12)}, file)
    return str(json.loads(path.read_text(encoding="utf-8"))["admin"])


def start(command: Sequence[str], home: Path, port: int, processes: dict[str, subprocess.Popen[bytes]]) -> None:
    with _log(home, command[0]).open("wb") as output:
        processes[command[0]] = subprocess.Popen(
            [*AIRFLOW, *command],
            cwd=PROJECT,
            env=environ(home, port),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is for us: the scheduler is stopped before what it needs
        )


def wait(
    ready: Callable[[], bool], processes: Mapping[str, subprocess.Popen[bytes]], home: Path, deadline: float | None
) -> None:
    """Wait for something, while all processes live.  Raises SystemExit after the deadline, or when one has ended."""
    while not ready():
        ended = [name for name, process in processes.items() if process.poll() is not None]
        late = deadline is not None and time.monotonic() > deadline
        if ended or late:
            name = ended[0] if ended else list(processes)[-1]
            _show_end(_log(home, name))
            what = f"airflow {name} has ended" if ended else f"Airflow is not ready after {READY_S} s"
            raise SystemExit(f"{what}; see {_shown(_log(home, name))}")
        time.sleep(0.3)


def health(port: int) -> Mapping[str, Mapping[str, str | None]]:
    """The API server's report on all processes; empty while it is not up."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v2/monitor/health", timeout=5) as answer:
            found: Mapping[str, Mapping[str, str | None]] = json.load(answer)
            return found
    except (OSError, ValueError):
        return {}


def beating(
    health: Mapping[str, Mapping[str, str | None]],
    since: datetime,
    names: Sequence[str] = ("scheduler", "dag_processor", "triggerer"),
) -> bool:
    """Whether all processes have had a heartbeat since; Airflow counts an earlier one as healthy, too."""
    beats = [health.get(name, {}).get(f"latest_{name}_heartbeat") for name in names]
    return all(beat is not None and datetime.fromisoformat(beat) >= since for beat in beats)


def stop(processes: Mapping[str, subprocess.Popen[bytes]]) -> None:
    """Stop all processes, the API server last; those that take too long are killed."""
    try:
        for names in (set(processes) - set(API_SERVER), set(processes) & set(API_SERVER)):
            for name in names:
                processes[name].terminate()
            deadline = time.monotonic()
            for name in names:
                with suppress(subprocess.TimeoutExpired):
                    processes[name].wait(max(0.0, deadline + STOP_S[name] - time.monotonic()))
    except KeyboardInterrupt:
        pass
    finally:
        for process in processes.values():
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # its workers too, which may outlive it
            process.wait()


def _log(home: Path, name: str) -> Path:
    folder = home / "logs" / "processes"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{name}.log"


def _show_end(log: Path, lines: int = 40) -> None:
    print("".join(log.read_text(encoding="utf-8", errors="replace").splitlines(True)[-lines:]), file=sys.stderr)


def _shown(path: Path) -> Path:
    return path.relative_to(PROJECT) if path.is_relative_to(PROJECT) else path


def main() -> int:
    parser = argparse.ArgumentParser(description="Airflow on this machine alone.")
    parser.add_argument("--home", type=Path, default=PROJECT / "var" / "airflow", help="where Airflow keeps its files")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("run", help="run a DAG once, here and now").add_argument("dag_id")
    commands.add_parser("up", help="run Airflow with its pages").add_argument("--port", type=int, default=PORT)
    asked = parser.parse_args()
    asked.home.mkdir(parents=True, exist_ok=True)
    home = asked.home.resolve()
    return run(asked.dag_id, home) if asked.command == "run" else up(home, asked.port)


if __name__ == "__main__":
    raise SystemExit(main())
