"""A build on a standalone cluster: a master, two workers, executors of their own; what dies there changes no row."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pyarrow.parquet as pq
import pyspark
import pytest

from etl.commit.curate import Said, retract
from etl.pipeline import local
from etl.settings import Settings
from etl.sources.build_table import declared_build
from etl.sources.source import Source
from etl.store import database
from tests.support.lakes import differences, write_hard
from tests.support.processes import until, unused_port
from tests.support.stores import NOW, Quiet

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1200)]
READY_S = 500
SOURCES = """
[hard]
location = "{folder}/in"

[build]
lake = "{folder}/lake"
decisions = "sqlite:///{folder}/corpus.db"
master = "{master}"
"""
SPARK_CLASS = (sys.executable, "-m", "etl.spark.java", str(Path(pyspark.__file__).with_name("bin") / "spark-class"))
"""As docs/spark-compose.yml starts it."""
FRUGAL = "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=240m -XX:+UseSerialGC"
CONF = {
    "spark.ui.enabled": "false",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.memory": "512m",
    "spark.driver.extraJavaOptions": FRUGAL,
    "spark.executor.memory": "512m",
    "spark.executor.extraJavaOptions": FRUGAL,
    "spark.sql.shuffle.partitions": "2",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.adaptive.enabled": "false",
    "spark.python.daemon.module": "fateful_daemon",
}
FATEFUL = """
import os, runpy
from etl.prepare import documents

def fateful(document, job, extracted=documents._extracted):
    if document.path == "aborts.txt":
        os.abort()
    while document.path == "hangs.txt":
        pass
    return extracted(document, job)

documents._extracted = fateful
if __name__ == "__main__":
    runpy.run_module("etl.spark.daemon", run_name="__main__")
"""
"""Spark's daemon, in whose workers some documents meet an end that no document of a test may bring about by itself."""
FATES = {"aborts.txt": "crash: SIGABRT", "hangs.txt": "too slow: more than 2 s"}


@contextmanager
def cluster(folder: Path) -> Iterator[tuple[str, list[psutil.Process]]]:
    """The URL of a master on loopback, and its two workers."""
    options = {"SPARK_LOCAL_IP": "127.0.0.1", "SPARK_DAEMON_MEMORY": "128m", "SPARK_DAEMON_JAVA_OPTS": FRUGAL}
    started: list[subprocess.Popen[bytes]] = []

    def start(name: str, *arguments: str) -> Path:
        log = folder / f"{len(started)}.log"
        command = [*SPARK_CLASS, f"org.apache.spark.deploy.{name}", "--host", "127.0.0.1", "--webui-port", "0"]
        with open(log, "wb") as out:
            running = subprocess.Popen(
                [*command, *arguments], env={**os.environ, **options}, stdout=out, stderr=out, start_new_session=True
            )
        started.append(running)
        return log

    try:
        master = f"spark://127.0.0.1:{(port := unused_port())}"
        logs = [start("master.Master", "--port", str(port))]
        for number in range(2):
            work = ("--cores", "1", "--memory", "512m", "--work-dir", str(folder / f"work{number}"), master)
            logs.append(start("worker.Worker", *work))
        until(lambda: all("registered with master" in log.read_text() for log in logs[1:]), READY_S)
        yield master, [psutil.Process(each.pid) for each in started[1:]]
    finally:
        for each in started:
            with suppress(ProcessLookupError):
                os.killpg(each.pid, signal.SIGKILL)
            each.wait()


def test_a_build_goes_on_though_an_executor_dies_then_the_driver_and_documents_end_their_workers(tmp_path):
    write_hard(tmp_path / "in", size=24)
    settings = Settings(store=f"sqlite:///{tmp_path}/corpus.db", workers=1)
    local.run([Source("hard", (str(tmp_path / "in"),))], None, "test", settings, Quiet(), accept=True)
    withdraw_one(settings.store)
    for name in FATES:
        (tmp_path / "in" / name).write_text("A headline\n\nAnd that is all of it.\n")
    (tmp_path / "fateful_daemon.py").write_text(FATEFUL)
    with cluster(tmp_path) as (master, workers):
        (tmp_path / "sources.toml").write_text(SOURCES.format(folder=tmp_path, master=master))
        told = declared_build(str(tmp_path / "sources.toml"))  # as the DAG build_corpus tells its task
        assert told is not None
        conf = {**CONF, "spark.executorEnv.PYTHONPATH": str(tmp_path)}
        options = [word for name, value in conf.items() for word in ("--conf", f"{name}={value}")]
        command = [sys.executable, "-m", "etl", "build", "--json", *options, *told.arguments()]
        environment = {
            **os.environ,
            "WIRECOPY_SOURCES": str(tmp_path / "sources.toml"),
            "WIRECOPY_SHARD_BYTES": "20000",
            "WIRECOPY_MAX_DOCUMENT_SECONDS": "2",
        }
        log = tmp_path / "driver.log"
        with open(log, "wb") as out:
            driver = subprocess.Popen(command, env=environment, stdout=out, stderr=out, start_new_session=True)

        def reached(pattern: str) -> None:
            until(lambda: driver.poll() is not None or any((tmp_path / "lake/1").glob(pattern)), READY_S, 0.05)
            assert driver.poll() is None, log.read_text()

        try:
            reached("records/*.articles.parquet")
            next(executor for worker in workers for executor in worker.children()).kill()
            reached("steps/tested-1/_SUCCESS")
        finally:
            with suppress(ProcessLookupError):
                os.killpg(driver.pid, signal.SIGKILL)
        assert driver.wait() == -signal.SIGKILL, log.read_text()
        assert not (tmp_path / "lake/run.json").exists()
        again = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert again.returncode == 0, again.stderr
    assert json.loads(again.stdout)["retracted"] == 1
    quarantined = pq.read_table(tmp_path / "lake/1/tables/quarantine").to_pylist()
    assert {row["path"] for row in quarantined} == FATES.keys()
    assert all(row["reason"].startswith(FATES[row["path"]]) for row in quarantined)
    # The store's changes tell of the retraction, too; the lake's tell what stands.
    assert differences(tmp_path / "lake", settings.store).keys() == {"change", "quarantine"}


def withdraw_one(url: str) -> None:
    """Retract an article for which others stand."""
    with database.opened(url) as engine, database.writing(engine) as connection:
        near = "SELECT min(canonical_id) FROM corpus_duplicate WHERE relation = 'near'"
        (article_id,) = connection.exec_driver_sql(near).one()
        retract(connection, [article_id], Said("me", "because", "test", NOW))
