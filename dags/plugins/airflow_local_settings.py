"""Read by every process of Airflow when it starts.

In the scheduler, and in Celery's workers: load what the tasks run and what their DAG file imports, before the processes
are forked that run them.  Otherwise every task would load it anew: over a second of modules and compiled loops each
time.  So after a change to etl/ these have to be started again; DAG files are read as they are.

In all: look for garbage a hundredth as often.  Starting makes a million objects that stay, and looking through them
again and again is a quarter of what the API server does until it answers.
"""

import gc
import sys

gc.set_threshold(100_000, 10, 10)
if sys.argv[1:2] == ["scheduler"] or sys.argv[1:3] == ["celery", "worker"]:
    import airflow.providers.common.compat.lineage.entities
    import airflow.providers.standard.decorators.python
    import airflow.sdk.definitions.asset.metadata
    import airflow.sdk.definitions.decorators
    import airflow.sdk.definitions.retry_policy  # noqa: F401
    import jinja2.ext  # templates of DAGs  # noqa: F401

    import etl.pipeline.tasks
    import etl.sources.credentials
    import etl.sources.last_good  # noqa: F401
    from etl.decide import walk
    from etl.fingerprint import passages, signatures
    from etl.fingerprint.recipe import Recipe
    from etl.prepare import shards

    signatures.warm(Recipe())
    passages.warm()
    walk.warm()
    shards.warm()
