"""Sessions of Spark: with what a build needs of its configuration, and its errors as one line."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from etl.errors import Fatal, Usage, WirecopyError
from etl.spark import java

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

INSTALL = "`pip install 'wirecopy[spark]'`"
CONFIGURATION = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",  # INT96, the default, is read without a time zone
    "spark.sql.parquet.compression.codec": "zstd",
    "spark.io.compression.codec": "zstd",  # of what is shuffled: a third less of news than by lz4, for the same time
    "spark.sql.execution.arrow.maxRecordsPerBatch": "4000",
    "spark.python.daemon.module": "etl.spark.daemon",
    "spark.sql.execution.pyspark.udf.simplifiedTraceback.enabled": "false",  # or SQL has workers, and a daemon, apart
    "spark.ui.showConsoleProgress": "false",
}
"""What the rows depend on, or the workers; an option of the caller's goes before it."""
LOCAL = {
    "spark.ui.enabled": "false",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.memory": "3g",
    "spark.buffer.pageSize": "2m",  # else up to 64, made anew for each sort and join of a task
    "spark.broadcast.blockSize": "256k",  # else 4m for each of some hundred small ones
    "spark.sql.ui.explainMode": "simple",  # plans are told to nobody, but are spelled out at each of their changes
    # Java's second compiler is a third of a small build, whose steps end before it pays.  Without it Java has room for
    # a fifth of the code by default; when that is full it compiles no more, and says so on stdout, before the JSON.
    # A heap that begins small is collected whole each time that it grows, and so is one for each growth of the classes.
    # To verify the code of Spark's own classes, which come with Python's, takes a seventh of a session's first seconds.
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=240m -XX:+UseParallelGC"
    " -XX:InitialRAMPercentage=25 -XX:MetaspaceSize=256m"
    " -XX:+UnlockDiagnosticVMOptions -XX:-BytecodeVerificationRemote",
}
"""The same for a cluster that is this one machine."""
PARTITIONS = 16  # of what one machine shuffles
SMALL_LAKE = 10_000_000  # bytes of its sources' files
SMALL = {
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.adaptive.enabled": "false",
}
"""For a small lake: to compile code for its rows, and to plan anew between stages, costs more than it spares."""


@contextmanager
def session(master: str | None, conf: Mapping[str, str]) -> Iterator[SparkSession]:
    """A session, ended with the block unless it was there before (spark-submit has made it).

    master  of Spark; None: that of the submitter, else all cores of this machine
    """
    _require_packages()
    java.provide()
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)  # else the first python3 of the path, without wirecopy
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException
    from pyspark.sql import SparkSession

    there = SparkSession.getActiveSession()
    builder = SparkSession.builder.appName("wirecopy build")
    submitted = "PYSPARK_GATEWAY_PORT" in os.environ or there is not None
    if master or not submitted:
        builder = builder.master(master or "local[*,3]")  # a failed task is tried again, which local[*] would not
    local = not submitted and (master or "local").startswith("local")
    for name, value in {**CONFIGURATION, **(LOCAL if local else {}), **conf}.items():
        builder = builder.config(name, value)
    with named_errors():
        try:
            spark = builder.getOrCreate()
        except (PySparkException, Py4JError) as error:
            raise Usage(f"Spark does not start: {_line(error)}; what it says is above, {_STARTS}") from error
        spark.sparkContext.setLogLevel("ERROR")
        try:
            yield spark
        finally:
            if there is None:
                spark.stop()


def suit(spark: SparkSession, size: int | None) -> None:
    """Have Spark plan for a lake of this size, but where the caller's options say otherwise.

    size  bytes of the files that are in it; None: an earlier version has not told, and it is not taken for small
    """
    is_small = size is not None and size <= SMALL_LAKE
    options = dict(SMALL) if is_small else {}
    if is_small or (spark.sparkContext.master or "").startswith("local"):
        cores = spark.sparkContext.defaultParallelism
        options["spark.sql.shuffle.partitions"] = str(min(PARTITIONS, cores) if is_small else PARTITIONS)
    for name, value in options.items():
        if spark.conf.get(name, None) is None:
            spark.conf.set(name, value)


@contextmanager
def named_errors() -> Iterator[None]:
    """Raises Fatal with one line for an error of Spark's, which has pages."""
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    try:
        yield
    except WirecopyError:
        raise
    except (PySparkException, Py4JError) as error:
        raise Fatal(f"the build stopped: {_line(error)}; the same command goes on where it was") from error


def frame_of_rows(spark: SparkSession, rows: Iterable[Sequence[Any]], schema: str) -> DataFrame:
    """Rows that the driver has.  Spark knows how few they are, so it shuffles nothing to join them.

    schema  of Spark's DDL
    """
    import pyarrow as pa
    from pyspark.sql.pandas.types import to_arrow_schema
    from pyspark.sql.types import StructType

    fields = to_arrow_schema(cast("StructType", StructType.fromDDL(schema)), timezone="UTC")
    given = list(rows)
    columns = [pa.array([row[at] for row in given], field.type) for at, field in enumerate(fields)]
    return spark.createDataFrame(pa.Table.from_arrays(columns, schema=fields))


def for_hadoop(location: str) -> str:
    """A location of fsspec as Spark names it."""
    if location.startswith("s3://"):
        return f"s3a://{location.removeprefix('s3://')}"
    # Not as_uri(): Hadoop takes the name as it stands.
    return location if "://" in location else f"file://{Path(location).absolute()}"


_STARTS = "and it needs spark.driver.memory to be free, and a master that answers"


def _line(error: Exception) -> str:
    """The one line of an error that says most: of Python's in an executor the last of its traceback."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip() and not line.startswith("\tat ")]
    ours = [line for line in lines if line.startswith(("etl.errors.", "OSError", "MemoryError"))]
    memory = [line for line in lines if "OutOfMemoryError" in line]
    if memory:
        return f"{memory[0]:.200} (give it more by --conf spark.driver.memory=8g, or spark.executor.memory)"
    if any("Python worker exited unexpectedly" in line for line in lines):
        return "a Python worker was killed, as for want of memory (give spark.executor.memoryOverhead 1.2 GB a core)"
    last = [line for line in lines if "Error" in line or "Exception" in line]
    said = (ours or last[-1:] or lines or ["no reason given"])[0]
    return f"{said.removeprefix(': '):.300}"


def _require_packages() -> None:
    """Raises Usage where a package is missing, or pandas is of a version that Spark does not know."""
    for package in ("pyspark", "pandas"):
        try:
            found = version(package)
        except PackageNotFoundError:
            raise Usage(f"a build on Spark needs {package}: {INSTALL}") from None
        if package == "pandas" and int(found.split(".")[0]) >= 3:
            raise Usage(f"Spark 4.3 does not know pandas {found}: {INSTALL} brings one before 3")
