"""Random kills of worker processes during runs: no record is lost or blamed, the corpus is that of a clean run."""

from __future__ import annotations

import random
import threading
from contextlib import contextmanager, suppress
from dataclasses import replace

import psutil
import pytest
import sqlalchemy as sa

from etl.pipeline import local
from etl.sources.source import Source
from tests.support.begun import begun_since_now
from tests.support.stores import Quiet, check, dump, ingest, ingest_files
from tests.support.stories import history, story

KILLS = 12
FILES = {f"{number:03}.txt": story(number, words=80) for number in range(600)}


def is_tracker(process):
    """Whether it is the one that Python begins beside a new interpreter; when it is gone, Python warns."""
    try:
        return any("resource_tracker" in argument for argument in process.cmdline())
    except psutil.Error:
        return True


def kill_at_random(kills, over, chance, begun):
    """Kill a worker, or the server that forks them, each time that there are some; note each kill."""
    while not over.is_set() and len(kills) < KILLS:
        if len(workers := [each for each in begun() if not is_tracker(each)]) > 1:
            victim = chance.choice(workers)
            with suppress(psutil.NoSuchProcess):
                victim.kill()
                kills.append(victim.pid)
            over.wait(chance.uniform(0.05, 0.4))  # so that some work is done between two


def test_runs_whose_workers_are_killed_at_random_end_as_a_clean_run(settings, tmp_path):
    root = tmp_path / "in"
    root.mkdir()
    for name, content in FILES.items():
        (root / name).write_text(content)
    kills, over = list[int](), threading.Event()
    killer = threading.Thread(target=kill_at_random, args=(kills, over, random.Random(7), begun_since_now()))
    killer.start()
    try:
        report = local.run([Source("test", (str(root),))], None, "test", settings, Quiet())
    finally:
        over.set()
        killer.join()
    assert kills
    assert report.new + report.quarantined == len(FILES)
    ingest_files(settings, root, {}, label="again")  # two kills at one document quarantine it: it comes now
    check(settings.store)
    clean = replace(settings, store=f"sqlite:///{tmp_path}/clean.db", staging=str(tmp_path / "other"))
    ingest_files(clean, root, {})
    tables = ("article", "text", "cluster_member", "quarantine")
    killed, other = dump(settings.store), dump(clean.store)
    assert {name: killed[name] for name in tables} == {name: other[name] for name in tables}


class Killed(BaseException):
    """As a process ends: nothing of ours takes it for an error."""


@contextmanager
def killed_at(statement):
    """Kill what asks a database, at that statement from now on."""
    left = iter(range(statement))

    def kill(*_):
        if next(left, None) is None:
            raise Killed

    sa.event.listen(sa.Engine, "before_cursor_execute", kill)
    try:
        yield
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", kill)


@pytest.mark.parametrize("seed", range(2))
def test_days_in_any_order_whose_runs_are_killed_anywhere_end_as_a_clean_run(settings, tmp_path, seed):
    days = list(history(seed, tmp_path / "in"))
    source = Source("test", (f"{tmp_path}/in/{{date:%Y/%m/%d}}",))
    clean = replace(settings, store=f"sqlite:///{tmp_path}/clean.db", staging=str(tmp_path / "other"))
    ingest(clean, source, days)
    chance, kills = random.Random(seed), 0
    waiting = chance.sample(days, len(days)) * 2
    while waiting:
        day = waiting.pop(0)
        with killed_at(chance.choice([1_000_000, chance.randrange(60)])):
            try:
                ingest(settings, source, [day], label=f"{day} {kills}")
            except Killed:  # others come first
                kills += 1
                waiting.insert(chance.randrange(len(waiting) + 1), day)
    assert kills > 2
    check(settings.store)
    assert dump(settings.store) == dump(clean.store)
