"""Maintain the store: each day tell which sources are quiet; on Sundays recompute, tidy and sweep, too.

* `quiet_sources` asks which sources are silent, or brought far less than usual.  `quiet` fails for each of them, with
  the reason: the alarm of the settings is called once a day and once a source.
* `sunday` lets the others run on Sundays alone, or whenever the DAG is triggered by hand.
* `verify` fails if a table differs from what the articles give, and lists the differences.  It only reads.
* `tidy` brings the planner's statistics up to date; runs go on meanwhile.  It finishes erasures that were interrupted.
* `sweep` removes staging folders in which nothing was written for a week.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import CronTriggerTimetable, dag, task
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException
from defaults import LONG_AGO, default_args

ABANDONED_AFTER = timedelta(days=7)
SUNDAY = 6


@dag(
    dag_id="maintain_store",
    doc_md=__doc__,
    tags=["wirecopy"],
    schedule=CronTriggerTimetable("30 3 * * *", timezone="UTC"),
    start_date=LONG_AGO,
    catchup=False,
    is_paused_upon_creation=False,
    max_active_runs=1,
    default_args=default_args(retries=1),
)
def maintain() -> None:
    @task(execution_timeout=timedelta(minutes=30))
    def quiet_sources() -> list[str]:
        from etl.pipeline import tasks

        return tasks.quiet_sources()

    @task(execution_timeout=timedelta(minutes=5), map_index_template="{{ task.op_kwargs['said'] }}")
    def quiet(said: str) -> None:
        raise AirflowFailException(said)

    @task(execution_timeout=timedelta(minutes=5))
    def sunday(dag_run: Any = None) -> None:
        if dag_run.run_type != "manual" and dag_run.run_after.weekday() != SUNDAY:
            raise AirflowSkipException("the store is verified, tidied and swept on Sundays")

    @task(execution_timeout=timedelta(hours=12))
    def verify() -> int:
        from etl.pipeline import tasks

        return tasks.verify()

    @task(execution_timeout=timedelta(hours=4))
    def tidy() -> None:
        from etl.pipeline import tasks

        tasks.tidy()

    @task(execution_timeout=timedelta(hours=1))
    def sweep() -> list[str]:
        from etl.pipeline import tasks

        return tasks.sweep(ABANDONED_AFTER.total_seconds())

    found: Any = quiet_sources()
    quiet.expand(said=found)
    # Independent: the rest is maintained even if the store is wrong.
    sunday() >> [verify(), tidy(), sweep()]


maintain()
