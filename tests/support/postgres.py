"""PostgreSQL servers of other versions than the wheel's, where a machine has them from its distribution."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ENGLISH = {"LC_ALL": "C", "LANG": "C"}


def installed() -> dict[str, Path]:
    """Folders of server programs that the system has, by major version."""
    found = (path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return {path.parent.name: path for path in sorted(found)}


@contextmanager
def running(programs: Path, *initdb: str) -> Iterator[str]:
    """A server in a folder of its own, on a socket alone, superuser postgres without a password; its URL with "{}" for
    the database.  initdb: more options for it, such as the encoding."""
    folder = Path(tempfile.mkdtemp(prefix="wirecopy-pg-"))
    as_user: list[str] = []
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        shutil.chown(folder, "postgres")
        as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]

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
