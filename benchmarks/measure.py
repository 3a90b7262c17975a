"""Whole processes, timed in turn: contenders alternate, so that what slows the machine for a while slows them all."""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from benchmarks.environments import HOME, ROOT

CONTENDERS = Path(__file__).parent / "contenders"
SAMPLE_S = 0.1  # between two looks at the memory, at least
SAMPLED = 0.02  # of a core, at most: to count a gigabyte of pages takes long
LIMIT_S = 3600
ONCE_S = 45  # a contender that takes longer runs once: others show how far the machine makes runs differ


@dataclass(frozen=True, slots=True)
class Done:
    """One run of a process: its seconds, its peak memory in MB with that of its children, what it wrote."""

    wall: float
    peak_mb: float
    stdout: str
    result: dict[str, Any] = field(default_factory=dict)

    def seconds(self) -> float:
        """Without the interpreter's start, imports and compiling, where the process says how long they took."""
        phases = self.result.get("phases", {})
        return sum(s for name, s in phases.items() if name != "start") if phases else self.wall


class Failed(Exception):
    """A process ended with an error; the message is its last words."""


def run(
    command: Sequence[str | Path], environment: Mapping[str, str] | None = None, cwd: Path = ROOT, watched: bool = True
) -> Done:
    """Run a command to its end.  Raises Failed.

    watched  look at its memory meanwhile, which is a fifth of the time of one that takes a second; its peak is 0 if not
    """
    own = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore", **(environment or {})}
    own.pop("PYTHONDONTWRITEBYTECODE", None)
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
        began = time.monotonic()
        own["BENCH_BEGAN"] = str(began)
        process = subprocess.Popen([str(part) for part in command], stdout=out, stderr=errors, env=own, cwd=cwd)
        watch = _Watch(process.pid) if watched else None
        try:
            status = process.wait(LIMIT_S)
            wall = time.monotonic() - began
        finally:
            if watch:
                watch.stop()
            if process.poll() is None:
                process.kill()
        if status:
            errors.seek(0)
            said = errors.read().decode(errors="replace").strip().splitlines() or [f"status {status}"]
            raise Failed(said[-1][-300:])
        out.seek(0)
        return Done(wall, watch.peak / 1e6 if watch else 0.0, out.read().decode(errors="replace"))


class _Watch:
    """Looks at the memory of a process and its children: shared pages count once, where that is told."""

    def __init__(self, pid: int) -> None:
        self.peak = 0
        self._process = psutil.Process(pid)
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._end.set()
        self._thread.join()

    def _look(self) -> None:
        took = 0.0
        while not self._end.wait(max(SAMPLE_S, took / SAMPLED)):
            began, total = time.thread_time(), 0
            try:
                family = [self._process, *self._process.children(recursive=True)]
            except psutil.Error:
                return
            for each in family:
                try:
                    memory = each.memory_full_info()
                except (psutil.Error, OSError):  # it has just ended
                    continue
                total += getattr(memory, "pss", 0) or memory.uss
            self.peak = max(self.peak, total)
            took = time.thread_time() - began


def contend(
    script: str, python: str | Path, corpus: Path, job: Mapping[str, Any], environment: Mapping[str, str] | None = None
) -> Done:
    """Run a contender on a corpus, in a new scratch folder."""
    scratch = Path(tempfile.mkdtemp(dir=_made(HOME / "scratch")))
    try:
        given = {**job, "corpus": str(corpus), "out": str(scratch / "out.json"), "scratch": str(scratch / "work")}
        (scratch / "work").mkdir()
        (scratch / "job.json").write_text(json.dumps(given))
        caches = {"HF_HOME": str(scratch / "hf"), "XDG_CACHE_HOME": str(scratch / "cache"), "TMPDIR": str(scratch)}
        command = [python, CONTENDERS / f"{script}.py", scratch / "job.json"]
        done = run(command, {**caches, **(environment or {})})
        return Done(done.wall, done.peak_mb, done.stdout, json.loads((scratch / "out.json").read_text()))
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def alternate(
    contenders: Mapping[str, Callable[[], Done]], rounds: int, say: Callable[[str], None]
) -> tuple[dict[str, list[Done]], dict[str, str]]:
    """Each contender once a round, in turn; one that takes more than ONCE_S once.

    Returns their runs, and why some have none.
    """
    runs: dict[str, list[Done]] = {name: [] for name in contenders}
    failed: dict[str, str] = {}
    for number in range(rounds):
        for name, start in contenders.items():
            if name in failed or any(done.wall > ONCE_S for done in runs[name]):
                continue
            try:
                done = start()
            except Failed as error:
                failed[name] = str(error)
                say(f"{name}: {error}")
                continue
            runs[name].append(done)
            say(f"{number + 1}/{rounds} {name}: {done.seconds():.2f} s, {done.peak_mb:.0f} MB")
    return {name: listed for name, listed in runs.items() if name not in failed}, failed


def summary(runs: Sequence[Done]) -> dict[str, Any]:
    """Least, median and greatest of what was measured."""
    phases = {p for done in runs for p in done.result.get("phases", {})}
    return {
        "rounds": len(runs),
        "seconds": spread([done.seconds() for done in runs]),
        "wall": spread([done.wall for done in runs]),
        "peak_mb": round(max(done.peak_mb for done in runs)),
        "phases": {p: spread([d.result["phases"].get(p, 0.0) for d in runs])["median"] for p in sorted(phases)},
    }


def spread(values: Sequence[float], digits: int = 3) -> dict[str, float]:
    return {
        "min": round(min(values), digits),
        "median": round(statistics.median(values), digits),
        "max": round(max(values), digits),
    }


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder
