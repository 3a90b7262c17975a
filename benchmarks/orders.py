"""Does the order of arrival matter?  orders.py FOLDER [--postgres URL] [--orders forwards,backwards,…]

FOLDER has one folder a day (YYYY/MM/DD) of article files.  All days are prepared once; then they are committed day by
day forwards, backwards and shuffled, in groups of 1, 7 and all days a transaction, and by four processes at once,
into a new store each.  The views that consumers see must have the same rows every time.

Without --postgres (a URL with {} for the name of a database that is made and dropped) it runs on SQLite alone.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import json
import multiprocessing
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

import sqlalchemy as sa

from etl.pipeline import steps
from etl.report import verify
from etl.settings import Settings
from etl.sources.source import Source
from etl.store import articles, database

CONTRACT = {
    "corpus_article": "article_id",
    "corpus_duplicate": "article_id",
    "corpus_quarantine": "source, path, record",
}
"""State that consumers see, and an order of its rows; corpus_run and corpus_change are history."""
SEED = 7


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--postgres", metavar="URL")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(arguments.folder).resolve()
        source = Source(folder.name.lower(), (f"{folder}/{{date:%Y/%m/%d}}",))
        shards = prepare(source, folder, Path(scratch))
        shuffled = random.Random(SEED).sample(list(shards), len(shards))
        days = list(shards)
        orders = {
            "forwards, a day at a time": [[d] for d in days],
            "backwards, a day at a time": [[d] for d in reversed(days)],
            "shuffled, a day at a time": [[d] for d in shuffled],
            "forwards, 7 days at a time": grouped(days, 7),
            "shuffled, 7 days at a time": grouped(shuffled, 7),
            "all days at once": [days],
            "four processes at once": [[d] for d in shuffled],
        }
        seen = set()
        for name, groups in orders.items():
            for kind in ("sqlite", "postgresql") if arguments.postgres else ("sqlite",):
                with new_store(kind, Path(scratch), arguments.postgres) as url:
                    began = time.perf_counter()
                    processes = 4 if name.startswith("four") else 1
                    commit_all(url, Path(scratch), source, shards, groups, processes)
                    seconds, fingerprint = time.perf_counter() - began, digest(url)
                    seen.add(fingerprint)
                    print(f"{name:28} {kind:10} {seconds:6.1f} s  {fingerprint}", flush=True)
        print("equal" if len(seen) == 1 else f"{len(seen)} DIFFERENT RESULTS")
        sys.exit(len(seen) > 1)


def prepare(source: Source, folder: Path, scratch: Path) -> dict[date, list[str]]:
    """Shards of every day, prepared."""
    settings = Settings(staging=str(scratch / "staging"), store=f"sqlite:///{scratch}/none.db")
    days = sorted(date(*map(int, path.relative_to(folder).parts)) for path in folder.glob("[0-9]*/[0-9]*/[0-9]*"))
    shards = {day: steps.discover(source, day, "orders", settings) for day in days}
    with ProcessPoolExecutor(mp_context=multiprocessing.get_context("spawn")) as pool:
        waiting = [pool.submit(steps.prepare, shard, settings) for shard in itertools.chain(*shards.values())]
        print(f"{len(days)} days, {sum(w.result().articles for w in waiting)} articles", flush=True)
    return shards


def grouped(days: list[date], size: int) -> list[list[date]]:
    return [days[at : at + size] for at in range(0, len(days), size)]


def commit_all(
    url: str, scratch: Path, source: Source, shards: dict[date, list[str]], groups: list[list[date]], processes: int
) -> None:
    """Commit groups of days in their order, or dealt out to several processes."""
    hands = [groups[n::processes] for n in range(processes)]
    if processes == 1:
        commit(url, source, shards, groups)
        return
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=commit, args=(url, source, shards, hand)) for hand in hands]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
        if worker.exitcode:
            raise SystemExit(f"a process ended with status {worker.exitcode}")


def commit(url: str, source: Source, shards: dict[date, list[str]], groups: list[list[date]]) -> None:
    settings = Settings(store=url)
    for group in groups:
        listed = [shard for day in group for shard in shards[day]]
        steps.commit(listed, source, group[0], f"{group[0]}", settings, datetime.now(UTC), accept=True)


def digest(url: str) -> str:
    """One line for all that consumers see; the store is verified first."""
    engine = database.connect(url)
    found = hashlib.sha256()
    with database.reading(engine) as connection:
        differences = list(verify.verify(connection, articles.stored_recipe(connection), lambda part: None))
        if differences:
            raise SystemExit(f"{url}: {len(differences)} differences, as {differences[0]}")
        for view, order in CONTRACT.items():
            for row in connection.execute(sa.text(f"SELECT * FROM {view} ORDER BY {order}")):
                found.update(repr([plain(value) for value in row if value is not None]).encode())
    engine.dispose()
    return found.hexdigest()[:16]


def plain(value: object) -> object:
    """A value alike on both databases: SQLite gives instants and JSON as text."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")
    if isinstance(value, (date, bytes, memoryview)):
        return str(value) if isinstance(value, date) else bytes(value)
    if isinstance(value, (list, tuple)):
        return json.dumps(value, ensure_ascii=False)
    return value


@contextmanager
def new_store(kind: str, scratch: Path, postgres: str | None) -> Iterator[str]:
    """A new, empty store, gone afterwards."""
    name = f"orders_{random.randrange(1 << 40):x}"
    if kind == "sqlite":
        yield f"sqlite:///{scratch}/{name}.db"
        return
    assert postgres is not None
    admin = sa.create_engine(postgres.replace("{}", "postgres"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
        yield postgres.replace("{}", name)
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")


if __name__ == "__main__":
    main()
