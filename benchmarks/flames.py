"""Where the time goes: flame graphs of each stage into var/profile, and shares of time for the results file.

    python -m benchmarks.flames     what `make profile` runs

Stacks are sampled from outside by py-spy, in processes of one worker; compiled loops count for who calls them.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from benchmarks import news, pages
from benchmarks.environments import ROOT
from benchmarks.measure import CONTENDERS, Failed
from benchmarks.plan import Plan, Say, corpus, job

OUT = ROOT / "var" / "profile"
LIMIT_S = 600
RATE = 250  # samples a second
ARTICLES = 5_000
PAGES = 300
FRAME = re.compile(r"(\S+) \((?:[^()]*/)?etl/((?:\w+/)*\w+)\.py:\d+\)$")
STAGES = {
    "read": ("read", "prepare", "sources"),
    "extract": ("extract", "text"),
    "fingerprint": ("fingerprint",),
    "elect": ("decide", "commit"),
    "store": ("store",),
}
"""Stage -> the folders of its modules; the innermost frame of ours decides."""


def profile(plan: Plan, say: Say) -> dict[str, Any]:
    """Shares of time by stage and by function, of a whole run with one worker and of each stage alone."""
    OUT.mkdir(parents=True, exist_ok=True)
    found = {}
    with tempfile.TemporaryDirectory() as scratch:
        for name, command in _commands(Path(scratch)).items():
            stacks = _sampled(command, Path(scratch), "raw")
            _sampled(_commands(Path(scratch))[name], OUT / f"{name}.svg", "flamegraph")
            say(f"{name}: {OUT / name}.svg")
            found[name] = _shares(stacks)
    return {"profiles": found, "articles": ARTICLES, "pages": PAGES, "rate": RATE}


def _commands(scratch: Path) -> dict[str, list[str]]:
    """A command for each thing that is profiled; a run begins with no store."""
    articles = corpus(f"news-{ARTICLES}-s7", lambda: news.corpus(ARTICLES))
    given = scratch / "pages.jsonl"
    if not given.exists():
        pages.write(pages.made(PAGES), given)
    for old in scratch.glob("corpus.db*"):
        old.unlink()
    jobs = {}
    for name, path in (("fingerprint", articles), ("decisions", articles), ("extraction", given)):
        jobs[name] = scratch / f"{name}.json"
        jobs[name].write_text(json.dumps({**job(), "corpus": str(path), "out": str(scratch / "out.json")}))
    run = ["-m", "etl", "run", str(articles), "--store", f"sqlite:///{scratch}/corpus.db", "--workers", "1", "--json"]
    alone = {name: [str(CONTENDERS / f"wirecopy_{name}.py"), str(path)] for name, path in jobs.items()}
    return {"run": run} | alone


def _sampled(command: list[str], out: Path, form: str) -> list[str]:
    """Run Python with that command line under py-spy.  Returns the lines written."""
    target = out / "stacks.txt" if form == "raw" else out
    # Blocking, py-spy would stop a forked worker that it is not quick enough to let go again.
    spy = ["record", "--rate", str(RATE), "--nonblocking", "--subprocesses", "--format", form, "--output", str(target)]
    done = subprocess.run(
        [str(Path(sys.executable).parent / "py-spy"), *spy, "--", sys.executable, *command],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        timeout=LIMIT_S,
    )
    if not target.exists():
        raise Failed(f"py-spy: {done.stderr.strip()[-300:]}")
    return target.read_text(encoding="utf-8").splitlines()


def _shares(stacks: list[str]) -> dict[str, Any]:
    """Share of the samples after the start by stage, and of the dozen functions of ours that have most."""
    stages: Counter[str] = Counter()
    functions: Counter[str] = Counter()
    for line in stacks:
        stack, _, count = line.rpartition(" ")
        frames = stack.split(";")
        ours = [found for found in map(FRAME.match, frames) if found]
        if not ours or any("importlib" in frame for frame in frames):
            continue  # the interpreter's start, imports, waiting for a child
        function, path = ours[-1].groups()
        stages[_stage(path)] += int(count)
        functions[f"{path.replace('/', '.')}.{function}"] += int(count)
    total = max(1, stages.total())
    return {
        "stages": {name: round(count / total, 4) for name, count in stages.most_common()},
        "functions": {name: round(count / total, 4) for name, count in functions.most_common(12)},
    }


def _stage(path: str) -> str:
    return next((stage for stage, folders in STAGES.items() if path.split("/")[0] in folders), "shell")


if __name__ == "__main__":
    print(json.dumps(profile(Plan(ARTICLES, (), (), 0, PAGES, archive=0), print), indent=1))
