"""Soak: 200 kills of whole runs and of their workers, on each database.  `make soak` runs it, for some minutes.

A round is a new store.  Its run is killed at random, the command itself, a worker or their server, and started again
until it comes to its end; then the store is verified, and is that of a clean run.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
import sqlalchemy as sa

from etl.settings import Settings, variable
from tests.support.stores import check, dump, ingest_files
from tests.support.stories import story

KILLS = 200
TABLES = ("article", "text", "signature", "cluster_member", "bucket", "quarantine")
FILES = {f"{n:03}.txt": story(n % 110, *((at, "new") for at in range(n // 110)), words=90) for n in range(330)} | {
    "a.txt": "", "b.jsonl": '{"title": "A", "body": "It rained on the ferry."}\n{broken\n',
}  # fmt: skip
pytestmark = pytest.mark.skipif(not os.environ.get("WIRECOPY_SOAK"), reason="`make soak` runs it, for some minutes")


def killed_at_random(settings: Settings, root: Path, chance: random.Random) -> int:
    """Start a run over and over and kill something of it each time, until one comes to its end; how many kills."""
    names = ("store", "staging", "workers")
    environment = os.environ | {variable(name): str(getattr(settings, name)) for name in names}
    kills, ended, wanted = 0, None, chance.randrange(4, 12)
    while ended != 0:
        command = [sys.executable, "-m", "etl", "run", str(root), "--source", "test"]
        run = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        begun = psutil.Process(run.pid)
        while run.poll() is None:
            with suppress(psutil.NoSuchProcess):
                if kills < wanted and (workers := begun.children(recursive=True)):
                    time.sleep(chance.uniform(0, 0.5))
                    chance.choice([begun, *workers]).kill()
                    kills += 1
            time.sleep(0.01)
        assert run.stderr is not None
        with run.stderr:
            said = run.stderr.read().decode()
        ended = run.returncode
        assert "Traceback" not in said, said
    return kills


@pytest.fixture
def new_store(request: pytest.FixtureRequest, tmp_path: Path, store_url: str) -> Callable[[], str]:
    """Makes a new, empty store on the test's database."""

    def make() -> str:
        name = f"s{time.monotonic_ns()}"
        if store_url.startswith("sqlite"):
            return f"sqlite:///{tmp_path}/{name}.db"
        admin = sa.create_engine(store_url, isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {name}")
        admin.dispose()
        return str(sa.make_url(store_url).set(database=name).render_as_string(hide_password=False))

    return make


def test_whatever_is_killed_the_store_is_that_of_a_clean_run(tmp_path: Path, new_store: Callable[[], str]) -> None:
    root, chance, kills, rounds = tmp_path / "in", random.Random(11), 0, 0
    clean = Settings(store=f"sqlite:///{tmp_path}/clean.db", staging=str(tmp_path / "clean"), workers=1)
    ingest_files(clean, root, FILES)
    expected = {name: rows for name, rows in dump(clean.store).items() if name in TABLES}
    while kills < KILLS:
        settings = replace(clean, store=new_store(), staging=str(tmp_path / f"staging{rounds}"))
        kills += killed_at_random(settings, root, chance)
        ingest_files(settings, root, {}, label="again")  # a document at which two kills met comes now
        check(settings.store)
        found = dump(settings.store)
        assert {name: found[name] for name in TABLES} == expected
        rounds += 1
