"""The corpus in Airflow's navigation and on the page of each run.  Only the API server makes the pages."""

from __future__ import annotations

from typing import Any

from airflow.plugins_manager import AirflowPlugin

VIEWS = [
    {"name": "Corpus", "href": "corpus/", "destination": "nav", "url_route": "corpus", "nav_top_level": True},
    # A tab of each run, with what it did: a task cannot write into the note of its run.
    {
        "name": "Corpus",
        "href": "corpus/run?of={DAG_ID}%20{RUN_ID}",
        "destination": "dag_run",
        "url_route": "corpus-run",
    },
]


class CorpusPlugin(AirflowPlugin):
    """Airflow's plugin: an entry of the navigation, a tab, and the application behind them."""

    name = "wirecopy corpus"
    external_views = VIEWS

    @property
    def fastapi_apps(self) -> list[Any]:  # type: ignore[override]  # Airflow reads it of an instance
        """The application; scheduler, DAG processor and workers do not ask, and load nothing of it."""
        from corpus_app import app

        return [{"app": app, "url_prefix": "/corpus", "name": "Corpus"}]
