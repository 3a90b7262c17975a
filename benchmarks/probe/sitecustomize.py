"""CPU seconds of Airflow's tasks: a line of JSON a task in the file that BENCH_TASKS names.

Python loads it in each process that has this folder in PYTHONPATH.  A task has a process of its own, a fork; what its
own children take counts once they have ended.
"""

from __future__ import annotations

import importlib.util
import json
import os
import resource
import sys
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

RUNNER = "airflow.sdk.execution_time.task_runner"


def cpu_s() -> float:
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(each.ru_utime + each.ru_stime for each in used)


def watch(runner: ModuleType) -> None:
    """Time the runner's process as a whole, the reading of its DAG file, and the call of the DAG's own function."""
    took = {"parse": 0.0, "function": 0.0}

    def timed(name: str, of: str) -> None:
        function = getattr(runner, of)

        def call(*given: Any, **named: Any) -> Any:
            began = cpu_s()
            try:
                return function(*given, **named)
            finally:
                took[name] += cpu_s() - began

        setattr(runner, of, call)

    main: Any = vars(runner)["main"]

    def whole() -> None:
        try:
            main()
        finally:
            known = {name: os.environ.get(f"AIRFLOW_CTX_{name.upper()}", "") for name in ("dag_id", "task_id")}
            line = json.dumps({**known, **took, "all": cpu_s()}) + "\n"
            with open(os.environ["BENCH_TASKS"], "a", encoding="utf-8") as file:
                file.write(line)  # in one piece: tasks may end at once

    timed("parse", "parse")
    timed("function", "_run_execute_callable")
    vars(runner)["main"] = whole


class Watched:
    """Finds the module that runs tasks, once, and has it watched when it is loaded."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        if name != RUNNER:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        if spec and spec.loader:
            load = spec.loader.exec_module

            def exec_module(module: ModuleType) -> None:
                load(module)
                watch(module)

            vars(spec.loader)["exec_module"] = exec_module
        return spec


if "BENCH_TASKS" in os.environ:
    sys.meta_path.insert(0, Watched())
