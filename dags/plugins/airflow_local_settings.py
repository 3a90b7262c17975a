"""Read by every process of Airflow when it starts.

In the scheduler: load what the tasks run, before its workers are forked.  Otherwise every task would import it anew,
two seconds each time.  So after a change to etl/ the scheduler has to be started again; DAG files are read as they are.
"""

import sys

if sys.argv[1:2] == ["scheduler"]:
    import etl.tasks  # noqa: F401
    from etl import fingerprint
    from etl.recipe import Recipe

    fingerprint.warm(Recipe())
