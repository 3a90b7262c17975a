"""Maintain the store once a week: recompute and compare it, tidy the database, remove files of abandoned runs.

* `verify` fails if a table differs from what the articles give, and lists the differences.  It only reads.
* `tidy` brings the planner's statistics up to date; runs go on meanwhile.
* `sweep` removes staging folders in which nothing was written for a week.
"""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import CronTriggerTimetable, dag, task
from defaults import LONG_AGO, default_args

ABANDONED_AFTER = timedelta(days=7)


@dag(
    dag_id="maintain_store",
    doc_md=__doc__,
    tags=["wirecopy"],
    schedule=CronTriggerTimetable("30 3 * * 0", timezone="UTC"),
    start_date=LONG_AGO,
    catchup=False,
    is_paused_upon_creation=False,
    max_active_runs=1,
    default_args=default_args(retries=1),
)
def maintain() -> None:
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

    # Independent: the rest is maintained even if the store is wrong.
    verify()
    tidy()
    sweep()


maintain()
