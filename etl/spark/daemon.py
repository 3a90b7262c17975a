"""Spark's Python daemon, with everything loaded before it forks workers (spark.python.daemon.module).

A worker that loads by itself the language model, the compiled loops and what Spark and the steps import takes seconds,
and each has a copy.
"""

from __future__ import annotations

import gc

from etl.fingerprint import signatures
from etl.fingerprint.recipe import Recipe
from etl.prepare import shards
from etl.spark import tables, verify  # noqa: F401  whose functions, and those of what they import, workers call

if __name__ == "__main__":
    import pandas  # noqa: F401  as a worker does at its first batch
    import pyspark.worker  # noqa: F401
    from pyspark.daemon import manager

    shards.warm()
    signatures.warm(Recipe())
    gc.freeze()  # not looked through by workers, and so not copied
    manager()
