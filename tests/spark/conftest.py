"""One session of Spark for all tests, on the Java of a wheel: a machine needs none of its own."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from etl.spark import java
from etl.spark.session import session

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

CONF = {
    "spark.driver.memory": "1g",
    "spark.sql.shuffle.partitions": "2",
    # Rows are few: what compiles code for them costs more than it saves.  The test of a cluster compiles expressions.
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=240m -XX:+UseSerialGC"
    " -XX:+UnlockDiagnosticVMOptions -XX:-BytecodeVerificationRemote",
}


@pytest.fixture(scope="session")
def spark() -> Iterator[SparkSession]:
    before = os.environ.pop("JAVA_HOME", None)
    java.provide(own=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with session("local[2,3]", CONF) as found:
            yield found
    os.environ.pop("JAVA_HOME")
    if before is not None:
        os.environ["JAVA_HOME"] = before
