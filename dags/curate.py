"""Curate the corpus: retract articles or bring them back, judge pairs the same story or different ones, erase articles.

The pages of the corpus start its runs; so may anyone with the right to trigger it.  One run is one decision, kept with
the name of the user who triggered it (the view `corpus_change` tells what it changed, `wirecopy explain` who said it).
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import Metadata, Param, dag, task
from airflow.sdk.exceptions import AirflowSkipException
from defaults import CORPUS, LONG_AGO, default_args

WORDS = {
    "retract": "withdraw these articles from the corpus",
    "restore": "bring these retracted articles back",
    "same": "these two are the same story",
    "different": "these two are different stories",
    "undo": "take back what was said of these two",
    "erase": "erase these articles for good, which nothing undoes; it needs a reason",
}


@dag(
    dag_id="curate_corpus",
    doc_md=__doc__,
    tags=["wirecopy"],
    schedule=None,
    start_date=LONG_AGO,
    catchup=False,
    is_paused_upon_creation=False,
    params={
        "word": Param("different", type="string", enum=list(WORDS), values_display=WORDS, title="Decision"),
        "articles": Param(
            [], type="array", items={"type": "string", "minLength": 1}, minItems=1, title="Articles",
            description_md="Ids, URLs, keys or paths, one a line; two for a pair.",
        ),
        "story": Param(
            False, type="boolean", title="Whole story", description_md="All copies of these articles, too; of no pair.",
        ),
        "reason": Param("", type="string", maxLength=1000, title="Reason", description_md="For people who ask later."),
    },
    default_args=default_args(retries=3),
)  # fmt: skip
def curate() -> None:
    @task(pool="wirecopy_commit", outlets=[CORPUS], execution_timeout=timedelta(hours=1))
    def decide(params: Any = None, dag_run: Any = None) -> Any:
        from etl.pipeline import tasks

        who = dag_run.triggering_user_name or ""
        label = f"{dag_run.dag_id} {dag_run.run_id}"
        report: Any = tasks.curate(params["word"], params["articles"], params["reason"], who, label, params["story"])
        if report["run_id"] is None:
            raise AirflowSkipException("it stood so already: nothing was changed")
        yield Metadata(CORPUS, extra=report)

    decide()


curate()
