"""Starting Spark: what is missing is said in one line, before anything starts."""

from __future__ import annotations

import os
import subprocess
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError

import pyarrow as pa
import pytest
from click.testing import CliRunner
from pyspark.sql import functions as F

from etl.cli.main import cli
from etl.errors import Fatal, Usage
from etl.spark import java
from etl.spark import session as spark_session


def of_version(versions):
    def found(package):
        if package not in versions:
            raise PackageNotFoundError(package)
        return versions[package]

    return found


@pytest.mark.parametrize(
    ("versions", "says"),
    [
        ({}, r"needs pyspark: `pip install 'wirecopy\[spark\]'`"),
        ({"pyspark": "4.3.0"}, "needs pandas"),
        ({"pyspark": "4.3.0", "pandas": "3.0.1"}, r"does not know pandas 3\.0\.1"),
    ],
)
def test_a_package_that_is_missing_or_wrong_is_named(monkeypatch, versions, says):
    monkeypatch.setattr(spark_session, "version", of_version(versions))
    with pytest.raises(Usage, match=says), spark_session.session(None, {}):
        pass


@pytest.mark.parametrize(
    ("script", "says"),
    [
        (None, "there is none: install one, or `pip install"),
        ("echo 'openjdk version \"11.0.2\"' >&2", "bin/java is 11: install one"),
        ("exit 1", "bin/java is none that starts: install one"),
    ],
)
def test_without_a_java_that_it_can_use_it_says_what_to_do(monkeypatch, tmp_path, script, says):
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setattr("shutil.which", lambda name: None)
    if script is not None:
        (tmp_path / "bin").mkdir()
        (tmp_path / "bin/java").write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / "bin/java").chmod(0o700)
        monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    java.provide()  # that of the wheel
    monkeypatch.setenv("JAVA_HOME", str(tmp_path) if script else "")
    monkeypatch.setattr(java, "find_spec", lambda name: None)
    with pytest.raises(Usage, match=f"Spark needs Java 17 or newer, and .*{says}"):
        java.provide()


def test_the_java_of_the_wheel_starts_as_spark_starts_it(monkeypatch):
    monkeypatch.setenv("JAVA_HOME", "")
    java.provide(own=False)
    command = [f"{os.environ['JAVA_HOME']}/bin/java", "--add-modules=jdk.incubator.vector", "-version"]
    assert "64-Bit" in subprocess.run(command, capture_output=True, text=True, check=True).stderr


@pytest.mark.parametrize(
    ("said", "line"),
    [
        (
            "Traceback (most recent call last):\netl.errors.Fatal: no room\n",
            r"stopped: etl\.errors\.Fatal: no room; the same",
        ),
        (
            "Job aborted\njava.lang.OutOfMemoryError: Java heap\nat x\n",
            r"OutOfMemoryError: Java heap \(give it more by",
        ),
        (
            "An error occurred\n: org.apache.spark.SparkException: Job 0 cancelled\n\tat java.lang.Error.log(A)\n",
            r"stopped: org\.apache\.spark\.SparkException: Job 0 cancelled; the same",
        ),
        (
            "SparkException: Python worker exited unexpectedly (crashed)\n",
            r"memoryOverhead 1\.2 GB",
        ),
    ],
)
def test_an_error_of_spark_is_one_line(said, line):
    from pyspark.errors import PySparkException

    with pytest.raises(Fatal, match=line), spark_session.named_errors():
        raise PySparkException(said)


def test_rows_of_the_driver_are_joined_without_a_shuffle_and_none_spare_what_they_are_joined_to(spark):
    given = [(1, "a", datetime(2026, 3, 14, tzinfo=UTC)), (None, None, None)]
    few = spark_session.frame_of_rows(spark, given, "id long, word string, at timestamp")
    assert few.agg(F.count("id"), F.max("word"), F.max(F.unix_timestamp("at"))).first() == (1, "a", 1_773_446_400)
    many = spark.range(10_000_000_000)
    assert "Exchange" not in plan_of(many.join(few, "id")).replace("BroadcastExchange", "")
    none = spark_session.frame_of_rows(spark, [], "id long, word string")
    assert "Range" not in plan_of(many.join(none, "id"))


def plan_of(frame):
    return frame._jdf.queryExecution().executedPlan().toString()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["lake"], "name sources with --source, or take --all"),
        (["lake", "--all", "--source", "a"], "name sources with --source, or take --all"),
        (["lake", "--source", "nobody"], "declares no source 'nobody'"),
        (["lake", "--all", "--conf", "memory=4g"], "is no option of Spark"),
    ],
)
def test_wrong_usage_is_told_before_spark_starts(arguments, says, tmp_path):
    with pytest.raises(Usage, match=says):
        CliRunner().invoke(cli, ["build", *arguments], standalone_mode=False, catch_exceptions=False)


def test_a_lake_without_a_finished_build_is_not_loaded(tmp_path):
    with pytest.raises(Usage, match="holds no finished build"):
        CliRunner().invoke(cli, ["load", str(tmp_path)], standalone_mode=False, catch_exceptions=False)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--master", "local[2]"], "--master and --conf are for a lake"),
        (["lake", "--store", "sqlite:///a.db"], "a lake is verified or a store"),
        (["lake", "--conf", "memory=1g"], "is no option of Spark"),
        (["no-lake"], "no-lake holds no finished build"),
    ],
)
def test_verify_takes_a_lake_or_a_store(arguments, says):
    with pytest.raises(Usage, match=says):
        CliRunner().invoke(cli, ["verify", *arguments], standalone_mode=False, catch_exceptions=False)


def test_all_workers_are_forked_by_one_daemon(spark):
    """Those that prepare shards, and those of frames: each daemon takes seconds to load what they need."""

    def parents(batches):
        return (pa.RecordBatch.from_pydict({"parent": [os.getppid()]}) for _ in batches)

    prepare = spark.sparkContext.parallelize([0], 1).map(lambda _: os.getppid()).collect()
    assert [row[0] for row in spark.range(1, numPartitions=1).mapInArrow(parents, "parent long").collect()] == prepare


@pytest.mark.parametrize(("size", "is_small"), [(spark_session.SMALL_LAKE, True), (10**9, False), (None, False)])
def test_a_small_lake_goes_without_what_pays_for_large_ones_alone_unless_the_caller_wants_it(spark, size, is_small):
    own, partitions, given = spark.newSession(), "spark.sql.shuffle.partitions", "spark.sql.adaptive.enabled"
    for name in (*spark_session.SMALL, partitions):
        own.conf.unset(name)
    own.conf.set(given, "true")
    spark_session.suit(own, size)
    whole = own.conf.get("spark.sql.codegen.wholeStage")
    assert (own.conf.get(partitions), whole) == (("2", "false") if is_small else ("16", "true"))
    assert own.conf.get(given) == "true"
