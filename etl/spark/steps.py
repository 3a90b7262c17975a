"""Steps: frames of a build that are written down, so that what an attempt has done is not done again.  I/O."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from etl.pipeline.local import Progress
from etl.settings import Settings
from etl.sources import locations
from etl.spark import staged
from etl.spark.lease import Lease
from etl.spark.plan import Plan
from etl.spark.session import for_hadoop

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


class Steps:
    """Durable steps of a build, which has the lease of its lake."""

    def __init__(self, spark: SparkSession, listed: Plan, progress: Progress, lease: Lease) -> None:
        self.spark, self._folder, self._progress, self._lease = spark, listed.folder, progress, lease

    def keep(self, frame: DataFrame, name: str) -> DataFrame:
        """The frame as written, until the build is finished: what an attempt has done is not done again."""
        return self.keep_at(f"steps/{name}", frame)

    def keep_at(
        self,
        name: str,
        frame: DataFrame,
        by: Sequence[str] = (),
        link: Callable[[str], None] | None = None,
    ) -> DataFrame:
        """The same elsewhere in the folder of the build, for longer.

        by    columns of the frame, with a folder for each of their values
        link  called with the folder that is written: gives it files of another
        """
        path = locations.join(self._folder, name)
        if not locations.exists(locations.join(path, "_SUCCESS")):
            self._lease.require()
            self._progress.say(name.rpartition("/")[2])
            frame.write.mode("overwrite").parquet(for_hadoop(path), partitionBy=list(by) if by else None)
        if link:
            link(path)
        kept = self.spark.read.schema(frame.schema).parquet(for_hadoop(path))
        if by and not kept.inputFiles():  # readers ask for a file
            self.spark.createDataFrame([], frame.schema).write.mode("append").parquet(for_hadoop(path))
        return kept

    def prepare(self, listed: Plan, settings: Settings) -> None:
        """Prepare all shards that are new, a task each."""
        tasks = listed.tasks(settings)
        if tasks:
            self._progress.say("preparing")
            self.spark.sparkContext.parallelize(tasks, len(tasks)).foreachPartition(staged.prepare)
