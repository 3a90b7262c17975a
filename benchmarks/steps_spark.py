"""The step of builds on Spark: what a build costs whatever its size, what an article adds, what is shuffled.

CPU seconds are those of all processes of a build: Java, its Python workers, and the children in which they prepare.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import measure, news
from benchmarks.measure import contend
from benchmarks.plan import Plan, Say, corpus, job
from benchmarks.steps_store import a_folder
from etl.fingerprint.recipe import Recipe

SMALLER = 5  # the larger corpus is as many times the smaller one
ADOPT = 36  # PR_SET_CHILD_SUBREAPER: who loses its parent becomes ours, and so does its time
LEFT_S = 60  # a process that a step of before has left may outlive the wait
SHUFFLED = "Shuffle Bytes Written"
WIRECOPY = (sys.executable, "-m", "etl")


def step(plan: Plan, say: Say) -> dict[str, Any]:
    """CPU seconds, shuffled bytes and comparisons of builds of two sizes, beside one machine's."""
    large = sorted(plan.growth)[:2][-1]
    sizes = []
    for size in (large // SMALLER, large):
        path = corpus(f"news-{size}-s{plan.seed}", partial(news.corpus, size, plan.seed))
        with a_folder() as folder:
            entry = {"articles": size, **_built(path, folder)}
            own, report = _seconds([*WIRECOPY, "run", str(path), *_store(folder), "--accept", "--json"], folder)
            entry["one_machine_cpu_s"] = round(own, 1)
            if any(report[name] != entry["counts"][name] for name in entry["counts"]):
                raise measure.Failed(f"the build has {entry['counts']}, one machine {report}")
        done = contend("wirecopy_decisions", sys.executable, path, job())
        entry["one_machine_comparisons"] = done.result["facts"]["verified"]
        say(f"{size}: {entry['cpu_s']} s CPU, one machine {entry['one_machine_cpu_s']}")
        sizes.append(entry)
    first, last = sizes
    marginal = (last["cpu_s"] - first["cpu_s"]) / (last["articles"] - first["articles"])
    return {
        "sizes": sizes,
        "marginal_ms": round(1e3 * marginal, 3),
        "fixed_cpu_s": round(first["cpu_s"] - marginal * first["articles"], 1),
        "recipe": Recipe().name,
        "seed": plan.seed,
    }


def _store(folder: Path) -> list[str]:
    return ["--store", f"sqlite:///{folder}/corpus.db", "--source", "bench"]


def _built(path: Path, folder: Path) -> dict[str, Any]:
    (folder / "log").mkdir()
    (folder / "sources.toml").write_text(f'[bench]\nlocation = "{path.resolve()}"\n', encoding="utf-8")
    conf = {
        "spark.driver.memory": "2g",
        "spark.eventLog.enabled": "true",
        "spark.eventLog.dir": f"file://{folder.resolve()}/log",
        "spark.eventLog.compress": "false",
        "spark.eventLog.rolling.enabled": "false",
    }
    options = [word for name, value in conf.items() for word in ("--conf", f"{name}={value}")]
    sources = ["--all", "--file", str(folder / "sources.toml"), "--master", "local[2,3]"]
    cpu, said = _seconds([*WIRECOPY, "build", str(folder / "lake"), *sources, *options, "--accept", "--json"], folder)
    (log,) = (folder / "log").iterdir()
    with open(log, encoding="utf-8") as file:
        tasks = [json.loads(line).get("Task Metrics") for line in file if SHUFFLED in line]
    shuffled = sum(task["Shuffle Write Metrics"][SHUFFLED] for task in tasks if task)
    counts = {name: said[name] for name in ("read", "articles", "canonical", "exact", "near")}
    return {
        "mb": round(path.stat().st_size / 1e6, 1),
        "cpu_s": round(cpu, 1),
        "shuffled_bytes_an_article": round(shuffled / said["read"]),
        "rounds": said["rounds"],
        "comparisons": said["comparisons"],
        "counts": counts,
    }


def _seconds(command: Sequence[str], folder: Path) -> tuple[float, dict[str, Any]]:
    """CPU seconds of a command with all its descendants, and the JSON it prints.  Raises Failed."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(ADOPT, 1, 0, 0, 0)
    own = {**os.environ, "PYTHONWARNINGS": "ignore", "WIRECOPY_STAGING": str(folder / "staging")}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=own, timeout=measure.LIMIT_S)
    if done.returncode:
        raise measure.Failed(done.stderr.strip().splitlines()[-1][-300:])
    end = time.monotonic() + LEFT_S
    with suppress(ChildProcessError):  # none is left
        while time.monotonic() < end:
            if os.waitpid(-1, os.WNOHANG) == (0, 0):
                time.sleep(0.1)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    said: dict[str, Any] = json.loads(done.stdout)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, said
