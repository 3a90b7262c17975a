"""Stores: ways to fill them, change them and look at them."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from etl.cli.progress import Silence
from etl.commit import curate
from etl.fingerprint.recipe import SCANNED, Recipe
from etl.pipeline import local, steps
from etl.prepare.shards import start_workers
from etl.prepare.workers import Workers
from etl.report import verify
from etl.settings import Settings
from etl.sources.source import Source
from etl.store import database, schema
from schemas.records import RunReport
from schemas.tables import metadata

NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)
STATE = [
    table
    for table in metadata.sorted_tables
    if table.name not in ("run", "preview", "change", "relation_change", "decision", "source")
]
"""Tables that are a function of the articles; the others are history, and what an installation declares."""
OTHERS = [
    Recipe(threshold=0.9),
    Recipe(threshold=0.3),
    Recipe(shingle=3, permutations=64, bands=16, rows=4, seed=7),
    SCANNED,
]


class Quiet(Silence):
    """Progress that nobody watches."""

    def note(self, what: str) -> None:
        pass


def ingest(settings: Settings, source: Source, days: Sequence[date] | None = None, label: str = "test") -> RunReport:
    return local.run([source], days, label, settings, Quiet())


@functools.cache
def shared_workers() -> Workers:
    """Workers of the whole session: a test that changes what they do, or their limits, takes its own."""
    return start_workers(1, Settings())


def ingest_files(
    settings: Settings,
    root: Path,
    files: Mapping[str, bytes | str],
    day: date | None = None,
    label: str = "test",
    workers: Callable[[], Workers | None] = shared_workers,
) -> RunReport:
    """Write files ({path: bytes or text}) below root, and ingest just what is there."""
    for path, content in files.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content if isinstance(content, bytes) else content.encode())
    source = Source("test", (str(root),))
    shards = steps.discover(source, day, label, settings)
    for shard in shards:
        steps.prepare(shard, settings, workers())
    return steps.commit(shards, source, day, label, settings, NOW)


def rows(url: str, query: str) -> list[Any]:
    engine = database.connect(url)
    with database.reading(engine) as connection:
        found = [tuple(row) for row in connection.execute(sa.text(query))]
    engine.dispose()
    return found


def dump(url: str, tables: Sequence[sa.Table] = STATE) -> dict[str, list[tuple[object, ...]]]:
    """Every row of these tables, in an order of its own: equal stores have equal dumps, whatever the database."""
    engine = database.connect(url)
    with database.reading(engine) as connection:
        found = {
            table.name: sorted((tuple(map(_plain, row)) for row in connection.execute(_all(table, tables))), key=repr)
            for table in tables
        }
    engine.dispose()
    return found


def _all(table: sa.Table, tables: Sequence[sa.Table]) -> sa.Select[Any]:
    """Its rows; where runs are left out also without the number of the run that brought each."""
    history = any(each.name == "run" for each in tables)
    return sa.select(*(column for column in table.c if history or column.name != "run_id"))


def _plain(value: object) -> object:
    return bytes(value) if isinstance(value, memoryview) else value


def check(url: str, recipe: Recipe = Recipe()) -> None:  # noqa: B008  it is frozen
    """The store is what its articles make of it, by that recipe."""
    engine = database.connect(url)
    with database.reading(engine) as connection:
        differences = [str(d) for d in verify.verify(connection, recipe, lambda part: None)]
    engine.dispose()
    assert differences == []


def decide(settings: Settings, function: Callable[..., Any], *arguments: Any, who: str = "ana") -> Any:
    """Call a function of etl.commit.curate with what it takes, and why; restore needs no reason."""
    *what, reason = (*arguments, "") if function is curate.restore else arguments
    engine = database.connect(settings.store)
    try:
        with database.writing(engine) as connection:
            return function(connection, *what, curate.Said(who, reason, "test", NOW))
    finally:
        engine.dispose()


@contextmanager
def writing(store: str) -> Iterator[None]:
    """Be the writer of a store, so that a commit waits."""
    with database.opened(store) as engine, database.writing(engine):
        yield


def ids(settings: Settings) -> dict[str, str]:
    return dict(rows(settings.store, "SELECT source_key, article_id FROM article"))


def alembic(engine: sa.Engine, name: str, target: str) -> None:
    from alembic import command

    config = schema._alembic()
    with schema.migrating(engine) as connection:
        config.attributes["connection"] = connection
        getattr(command, name)(config, target)
