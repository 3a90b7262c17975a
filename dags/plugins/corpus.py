"""The corpus in Airflow's navigation.  Every process reads this; only the API server makes the pages."""

from __future__ import annotations

from typing import Any

from airflow.plugins_manager import AirflowPlugin

VIEWS = [{"name": "Corpus", "href": "corpus/", "destination": "nav", "url_route": "corpus", "nav_top_level": True}]


class CorpusPlugin(AirflowPlugin):
    """Airflow's plugin: an entry of the navigation, and the application behind it."""

    name = "wirecopy corpus"
    external_views = VIEWS

    @property
    def fastapi_apps(self) -> list[Any]:  # type: ignore[override]  # Airflow reads it of an instance
        """The application; scheduler, DAG processor and workers do not ask, and load nothing of it."""
        from corpus_app import app

        return [{"app": app, "url_prefix": "/corpus", "name": "Corpus"}]
