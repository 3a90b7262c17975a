"""Read by every process of Airflow when it starts.

In the scheduler, and in Celery's workers: load what the tasks run, before the processes are forked that run them.
Otherwise every task would load it anew: over a second of modules and compiled loops each time.  So after a change to
etl/ these have to be started again; DAG files are read as they are.
"""

import sys

if sys.argv[1:2] == ["scheduler"] or sys.argv[1:3] == ["celery", "worker"]:
    import airflow.providers.standard.decorators.python
    import airflow.sdk.definitions.decorators  # noqa: F401

    import etl.pipeline.tasks  # noqa: F401
    from etl.fingerprint import signatures
    from etl.fingerprint.recipe import Recipe
    from etl.prepare import shards

    signatures.warm(Recipe())
    shards.warm()
