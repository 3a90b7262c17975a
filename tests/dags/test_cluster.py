"""An archive's DAG on a standalone cluster, a master and two workers; what dies there or in Airflow changes no row."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from threading import Event

import psutil
import pyarrow.parquet as pq
import pyspark
import pytest

from etl.commit.curate import Said, retract
from etl.pipeline import local
from etl.settings import Settings
from etl.sources.source import Source
from etl.store import database
from tests.dags.conftest import OURS, published, states
from tests.support.begun import command_of
from tests.support.lakes import differences, write_hard
from tests.support.processes import until, unused_port
from tests.support.stores import NOW, Quiet

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1200), OURS]
READY_S = 500
SOURCES = """
[hard]
location = "{folder}/in"

[build]
lake = "{folder}/lake"
decisions = "sqlite:///{folder}/alone.db"
master = "{master}"
[build.conf]
"""
SPARK_CLASS = (sys.executable, "-m", "etl.spark.java", str(Path(pyspark.__file__).with_name("bin") / "spark-class"))
"""As docs/spark-compose.yml starts it."""
FRUGAL = (
    "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=240m -XX:+UseSerialGC"
    " -XX:+UnlockDiagnosticVMOptions -XX:-BytecodeVerificationRemote"
)
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
    "spark.sql.codegen.factoryMode": "FALLBACK",  # its lake is small, but here expressions are compiled
    "spark.sql.adaptive.enabled": "false",
    "spark.python.daemon.module": "fateful_daemon",
    "spark.executorEnv.PYTHONPATH": "{folder}",
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


def test_an_archive_is_built_and_loaded_whoever_dies_executor_driver_or_what_reads_a_document(
    load, tmp_path, monkeypatch
):
    write_hard(tmp_path / "in", size=24)
    alone = f"sqlite:///{tmp_path}/alone.db"
    settings = Settings(store=alone, workers=1)
    local.run([Source("hard", (str(tmp_path / "in"),))], None, "test", settings, Quiet(), accept=True)
    withdraw_one(alone)
    for name in FATES:
        (tmp_path / "in" / name).write_text("A headline\n\nAnd that is all of it.\n")
    (tmp_path / "fateful_daemon.py").write_text(FATEFUL)
    monkeypatch.setenv("WIRECOPY_SHARD_BYTES", "20000")
    monkeypatch.setenv("WIRECOPY_MAX_DOCUMENT_SECONDS", "2")
    over = Event()
    with cluster(tmp_path) as (master, workers), ThreadPoolExecutor(1) as beside:
        sources = SOURCES + "".join(f'"{name}" = "{value}"\n' for name, value in CONF.items())
        dag = load(sources.format(folder=tmp_path, master=master)).dags["build_corpus"]
        deaths = beside.submit(kill_both, tmp_path / "lake", workers, over)
        try:
            run = dag.test()
        finally:
            over.set()
        deaths.result()
    assert states(run) == dict.fromkeys(("build", "load", "publish"), "success")
    assert published()[-1]["retracted"] == 1
    quarantined = pq.read_table(tmp_path / "lake/1/tables/quarantine").to_pylist()
    assert {row["path"] for row in quarantined} == FATES.keys()
    assert all(row["reason"].startswith(FATES[row["path"]]) for row in quarantined)
    # The store's changes tell of the retraction, too; the lake's tell what stands.
    assert differences(tmp_path / "lake", alone).keys() == {"change", "quarantine"}
    assert members(tmp_path / "corpus.db") == members(tmp_path / "alone.db") != []


def kill_both(lake: Path, workers: list[psutil.Process], over: Event) -> None:
    """Kill an executor while documents are read, then the driver between two rounds; Airflow tries its task again."""

    def reached(pattern: str) -> None:
        until(lambda: over.is_set() or any((lake / "1").glob(pattern)), READY_S, 0.05)
        assert not over.is_set(), f"the DAG ended before {pattern}"

    reached("records/*.articles.parquet")
    next(executor for worker in workers for executor in worker.children()).kill()
    reached("steps/tested-1/_SUCCESS")
    below = psutil.Process().children(recursive=True)
    (driver,) = (each for each in below if command_of(each)[1:4] == ["-m", "etl", "build"])
    for each in (driver, *driver.children(recursive=True)):
        with suppress(psutil.NoSuchProcess):
            each.kill()
    assert not (lake / "run.json").exists()


def members(store: Path) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(store)) as connection:
        return connection.execute("SELECT article_id, canonical_id, jaccard FROM corpus_member ORDER BY 1").fetchall()


def withdraw_one(url: str) -> None:
    """Retract an article for which others stand."""
    with database.opened(url) as engine, database.writing(engine) as connection:
        near = "SELECT min(canonical_id) FROM corpus_duplicate WHERE relation = 'near'"
        (article_id,) = connection.exec_driver_sql(near).one()
        retract(connection, [article_id], Said("me", "because", "test", NOW))
