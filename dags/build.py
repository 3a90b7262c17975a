"""Build a whole archive on Spark and load it: the table `[build]` of sources.toml says which, and on what cluster.

There is such a DAG only where there is such a table.  It is run by hand, once: days go on by the DAGs of the sources.

* `build` writes the tables of the archive into the lake.  A retry goes on where the last attempt stopped.
* `load` brings them into the store, which must be empty.
* `publish` tells the DAGs behind it, with the run report.

The worker that runs `build` is Spark's driver, and needs `pip install 'wirecopy[spark]'`.
"""

from __future__ import annotations

import os
import shlex
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

from airflow.sdk import Metadata, dag, task
from defaults import CORPUS, LONG_AGO, default_args

from etl.sources.build_table import BuildTable, declared_build

SOURCES = os.environ.get("WIRECOPY_SOURCES") or str(Path(__file__).with_name("sources.toml"))
WIRECOPY = (sys.executable, "-m", "etl")


def build_corpus(of: BuildTable) -> None:
    @dag(
        dag_id="build_corpus",
        doc_md=__doc__,
        tags=["wirecopy"],
        schedule=None,
        start_date=LONG_AGO,
        catchup=False,
        is_paused_upon_creation=False,
        max_active_runs=1,
        default_args=default_args(),
    )
    def corpus() -> None:
        here = str(Path.cwd())  # to which locations are relative; bash would get a folder of its own

        @task.bash(execution_timeout=timedelta(days=7), cwd=here)
        def build() -> str:
            return shlex.join([*WIRECOPY, "build", *of.arguments()])

        @task.bash(execution_timeout=timedelta(days=1), cwd=here, pool="wirecopy_commit")
        def load() -> str:
            return shlex.join([*WIRECOPY, "load", "--", of.lake])

        @task(execution_timeout=timedelta(minutes=5), outlets=[CORPUS])
        def publish() -> Any:
            from etl.pipeline import tasks

            report: Any = tasks.latest_report()
            yield Metadata(CORPUS, extra=report)

        build() >> load() >> publish()

    corpus()


if found := declared_build(SOURCES):
    build_corpus(found)
