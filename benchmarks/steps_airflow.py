"""The step of a day on Airflow's own processes: the scheduled run of a source's day of small files.

CPU seconds are those of the processes of the tasks, with their children.  A part of them is the DAG's own functions;
the rest is Airflow's: to fork, to read the DAG file, to ask its server, to hand on results.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks import measure, news
from benchmarks.measure import spread
from benchmarks.plan import Plan, Say
from benchmarks.steps_store import a_folder
from dags import local

FILES = 50
PROBE = Path(__file__).parent / "probe"
SOURCE = """
[{name}]
location = "{folder}/{{date:%Y/%m/%d}}"
schedule = "0 0 * * *"
"""


def step(plan: Plan, say: Say) -> dict[str, Any]:
    """CPU seconds of the tasks of a day of 50 files: each source has a day, and Airflow runs them when it starts."""
    names = [f"bench{number}" for number in range(plan.rounds)]
    with a_folder() as folder:
        for number, name in enumerate(names):
            _write_day(folder / name, plan.seed + number)
        declared = "".join(SOURCE.format(name=name, folder=folder / name) for name in names)
        (folder / "sources.toml").write_text(declared, encoding="utf-8")
        tasks = _tasks(folder, [f"ingest_{name}" for name in names])
    parts = {part: [sum(task[part] for task in day.values()) for day in tasks] for part in ("all", "function", "parse")}
    say(", ".join(f"{each:.2f}" for each in parts["all"]) + " s CPU a day")
    return {
        "files": FILES,
        "cpu_s": {part: spread(found) for part, found in parts.items()},
        "tasks": {name: {part: spread([day[name][part] for day in tasks]) for part in parts} for name in tasks[0]},
    }


def _tasks(folder: Path, dag_ids: list[str]) -> list[dict[str, dict[str, float]]]:
    """What each task of the scheduled run of each DAG took."""
    from tests.support.processes import DONE, airflow, until

    settings = local.TUNING | {
        "PYTHONPATH": str(PROBE),
        "BENCH_TASKS": str(folder / "tasks.jsonl"),
        "WIRECOPY_SOURCES": str(folder / "sources.toml"),
        "WIRECOPY_STORE": f"sqlite:///{folder}/corpus.db",
        "WIRECOPY_STAGING": str(folder / "staging"),
    }
    with airflow(folder / "airflow", settings) as server:

        def runs() -> list[tuple[str, str]]:
            asked = (server.call("GET", f"/api/v2/dags/{dag_id}/dagRuns") for dag_id in dag_ids)
            return [(run["run_type"], run["state"]) for found in asked for run in found["dag_runs"]]

        for dag_id in dag_ids:
            server.wait_for(dag_id)
        until(lambda: len(found := runs()) >= len(dag_ids) and all(state in DONE for _, state in found), 300)
        if {*runs()} != {("scheduled", "success")}:
            raise measure.Failed(f"the runs of the day: {runs()}")
    days: dict[str, dict[str, dict[str, float]]] = {dag_id: {} for dag_id in dag_ids}
    for line in (folder / "tasks.jsonl").read_text(encoding="utf-8").splitlines():
        task = json.loads(line)
        days.get(task["dag_id"], {})[task["task_id"]] = task
    return [days[dag_id] for dag_id in dag_ids]


def _write_day(folder: Path, seed: int) -> None:
    """A file an article: of yesterday, and of today, should midnight pass."""
    now = datetime.now(UTC)
    for day in (now - timedelta(days=1), now):
        place = folder / f"{day:%Y/%m/%d}"
        place.mkdir(parents=True)
        for number, planted in enumerate(news.corpus(FILES, seed)):
            (place / f"{number:02}.txt").write_text(planted.text, encoding="utf-8")
