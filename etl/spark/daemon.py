"""Spark's Python daemon, with everything loaded before it forks workers (spark.python.daemon.module).

A worker that loads the language model and the compiled loops by itself takes seconds, and each has a copy.
"""

from __future__ import annotations

from etl.fingerprint import signatures
from etl.fingerprint.recipe import Recipe
from etl.prepare import shards

if __name__ == "__main__":
    from pyspark.daemon import manager

    shards.warm()
    signatures.warm(Recipe())
    manager()
