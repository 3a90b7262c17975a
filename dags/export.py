"""Keep a folder of Parquet files, one a source and day, up to date with the corpus: an example of a DAG behind it.

It runs after every run that changed the corpus (the asset `wirecopy/corpus`), once for several that came close
together.  All files are looked at, not only those of the days that were taken in: an older copy of a story that arrives
late changes what stands on other days.  What did not change is not written again.

It comes paused.  Where the folder is, WIRECOPY_EXPORT says.
"""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import dag, task
from defaults import CORPUS, LONG_AGO, default_args


@dag(
    dag_id="export_corpus",
    doc_md=__doc__,
    tags=["wirecopy"],
    schedule=[CORPUS],
    start_date=LONG_AGO,
    catchup=False,
    is_paused_upon_creation=True,
    max_active_runs=1,
    default_args=default_args(),
)
def build() -> None:
    @task(execution_timeout=timedelta(hours=4))
    def export() -> dict[str, object]:
        from etl.pipeline import tasks

        return tasks.export_standing()

    export()


build()
