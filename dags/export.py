"""Keep a folder of Parquet files, one a source and day, up to date with the corpus: an example of a DAG behind it.

It runs after every run that changed the corpus (the asset `wirecopy/corpus`), once for several in quick succession.
All files are checked, not only those of the days that were ingested: an older copy of a story that arrives late changes
other days.  Unchanged files are not written again.

It comes paused.  WIRECOPY_EXPORT names the folder.
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
