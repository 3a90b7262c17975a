"""Defaults: what the DAGs of this folder have in common.  No DAG of its own: .airflowignore keeps it from the parser.

Airflow puts the folder of the DAGs on the module path, so a DAG file says `from defaults import CORPUS`.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import Any

from airflow.sdk import Asset, ExceptionRetryPolicy, RetryAction, RetryRule

from etl import alarm

CORPUS = Asset(name="wirecopy/corpus", uri="wirecopy://corpus")
"""Published with the run report after every run that changed the corpus."""

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
"""A start_date before any logical date: a manual run of an earlier date would succeed without running a task."""


class Stopped(SystemExit):
    """Ends a task for good.  Of every other exception Airflow logs the traceback, below what it says."""

    def __init__(self, said: str) -> None:
        super().__init__(said)
        self.code = 1


FAIL_FAST = ExceptionRetryPolicy(
    [RetryRule(["etl.errors.Fatal", "builtins.ImportError", "defaults.Stopped"], RetryAction.FAIL)]
)
"""No retry of an error that would be the same each time."""


def default_args(owner: str = "wirecopy", retries: int = 3) -> dict[str, Any]:
    """default_args of a DAG.  How long to wait before a retry is Airflow's [core] default_task_retry_delay."""
    return {
        "owner": owner,
        "retries": retries,
        "retry_policy": FAIL_FAST,
        "on_failure_callback": alarm.named(os.environ.get("WIRECOPY_ON_FAILURE")),
    }
