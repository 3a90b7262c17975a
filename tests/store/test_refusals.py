"""A store that says no: one line that says what to do, the exit status that is documented, the store as it was."""

from __future__ import annotations

import errno
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path
from tempfile import gettempdir

import pytest
import sqlalchemy as sa

from etl.cli import main
from etl.errors import Fatal, Retryable
from etl.pipeline import steps
from etl.settings import Settings
from etl.sources.source import Source
from etl.store import database
from schemas.tables import metadata
from tests.support.paths import ROOT
from tests.support.stores import NOW, check, dump, ingest_files, rows
from tests.support.stories import story

FEW = {"a.txt": story(1), "b.txt": story(1, (3, "x"), words=70), "c.txt": story(2)}
MORE = {f"{n}.txt": story(n, words=75) for n in range(1, 9)}


@pytest.fixture
def wirecopy(monkeypatch, capsys, settings):
    """The command line on the store of the test: its exit status and what it says of a mistake."""

    def call(*arguments):
        monkeypatch.setenv("WIRECOPY_STAGING", settings.staging)
        monkeypatch.setattr(sys, "argv", ["wirecopy", *map(str, arguments), "--store", settings.store])
        with pytest.raises(SystemExit) as stopped:
            main.main()
        printed = capsys.readouterr()
        lines = [line for line in printed.err.splitlines() if "compiling" not in line]
        assert printed.out == ""
        (line,) = lines
        assert line.startswith("wirecopy: ")
        return stopped.value.code, line

    return call


def write(url, *statements):
    engine = database.connect(url)
    with database.writing(engine) as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
    engine.dispose()


def prepared(settings, root, files, label="more"):
    """Shards that wait for their commit, and how to commit them."""
    root.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (root / name).write_text(content)
    source = Source("test", (str(root),))
    shards = steps.discover(source, None, label, settings)
    for shard in shards:
        steps.prepare(shard, settings)
    return lambda: steps.commit(shards, source, None, label, settings, NOW)


@pytest.mark.parametrize(
    ("version", "command", "says"),
    [
        ("0007", ("report",), "run `wirecopy store upgrade`"),
        ("0007", ("verify",), "run `wirecopy store upgrade`"),
        ("9999", ("report",), "newer than this wirecopy's"),
        ("9999", ("run", "files"), "newer than this wirecopy's"),
        ("9999", ("store", "upgrade"), "newer than this wirecopy's"),
        ("9999", ("retract", "abcdef"), "newer than this wirecopy's"),
    ],
)
def test_a_store_of_another_schema_is_left_alone(settings, tmp_path, wirecopy, monkeypatch, version, command, says):
    ingest_files(settings, tmp_path / "files", FEW)
    write(settings.store, f"UPDATE alembic_version SET version_num = '{version}'")
    before = dump(settings.store, metadata.sorted_tables)
    monkeypatch.chdir(tmp_path)
    status, line = wirecopy(*command)
    assert status == 1
    assert version in line
    assert says in line
    assert dump(settings.store, metadata.sorted_tables) == before


@pytest.mark.empty_store
@pytest.mark.parametrize("command", [("run", "files"), ("report",), ("store", "upgrade"), ("verify",)])
def test_a_database_of_somebody_else_is_left_alone(settings, tmp_path, wirecopy, monkeypatch, command):
    write(settings.store, "CREATE TABLE accounts (id INTEGER)", "INSERT INTO accounts VALUES (1)")
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "a.txt").write_text(story(1))
    monkeypatch.chdir(tmp_path)
    status, line = wirecopy(*command)
    assert status == 1
    assert "is no wirecopy store: it has other tables (accounts" in line
    assert rows(settings.store, "SELECT id FROM accounts") == [(1,)]


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("command", [("run", "files"), ("report",)])
def test_a_file_that_is_no_database_is_left_alone(settings, tmp_path, wirecopy, monkeypatch, command):
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "a.txt").write_text(story(1))
    path = Path(settings.store.removeprefix("sqlite:///"))
    path.write_text("Dear diary, " * 500)
    monkeypatch.chdir(tmp_path)
    status, line = wirecopy(*command)
    assert status == 1
    assert line.endswith("refused: file is not a database; --store names a file that something else has written")
    assert path.read_text() == "Dear diary, " * 500


def test_a_store_that_another_run_keeps_is_waited_for_and_then_left(settings, tmp_path, wirecopy, monkeypatch):
    ingest_files(settings, tmp_path / "files", FEW)
    before = dump(settings.store, metadata.sorted_tables)
    (tmp_path / "files" / "d.txt").write_text(story(4))
    monkeypatch.setattr(database, "LOCK_TIMEOUT_S", 0.3)
    engine = database.connect(settings.store)
    with database.writing(engine):
        status, line = wirecopy("run", tmp_path / "files")
        assert status == 1
        assert "is being written by another run" in line
        assert "try again later" in line
        assert dump(settings.store, metadata.sorted_tables) == before
    engine.dispose()
    assert ingest_files(settings, tmp_path / "files", {}, label="later").new == 1


@pytest.fixture
def open_folder():
    """A folder that everybody may enter: pytest's own are for their user."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    folder.chmod(0o755)
    shutil.rmtree(folder)


@pytest.mark.parametrize("what", ["file", "folder"])
def test_a_store_that_cannot_be_written_stays_as_it_was(open_folder, what):
    settings = Settings(store=f"sqlite:///{open_folder}/corpus.db", staging=str(open_folder / "s"), workers=1)
    ingest_files(settings, open_folder / "in", FEW)
    before = dump(settings.store, metadata.sorted_tables)
    commit = prepared(settings, open_folder / "in", MORE)
    path = open_folder / "corpus.db"
    path.chmod(0o444)
    if what == "folder":
        open_folder.chmod(0o555)
    user = os.geteuid()
    try:
        if user == 0:  # who may write everything
            os.seteuid(65534)
        with pytest.raises(Fatal, match="let this user write the file and its folder"):
            commit()
    finally:
        os.seteuid(user)
    open_folder.chmod(0o755)
    path.chmod(0o644)
    assert dump(settings.store, metadata.sorted_tables) == before
    assert commit().new > 0
    check(settings.store)


def test_a_database_that_was_made_read_only_stays_as_it_was(settings, tmp_path, postgres_url, wirecopy):
    if "sqlite" in settings.store:
        pytest.skip("SQLite has files and folders instead")
    ingest_files(settings, tmp_path / "in", FEW)
    before = dump(settings.store, metadata.sorted_tables)
    (tmp_path / "in" / "z.txt").write_text(story(9))
    name = sa.make_url(settings.store).database
    write(settings.store, f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
    status, line = wirecopy("run", tmp_path / "in")
    assert status == 1
    assert "in a read-only transaction; nothing was changed, let this user write it" in line
    assert dump(settings.store, metadata.sorted_tables) == before


def test_a_disk_that_is_full_at_any_moment_of_a_commit_leaves_the_store_as_it_was(tmp_path):
    """SQLite counts the pages it may use: one more each time, from none that is free to enough."""
    settings = Settings(store=f"sqlite:///{tmp_path}/corpus.db", staging=str(tmp_path / "s"), workers=1)
    ingest_files(settings, tmp_path / "in", FEW)
    before = dump(settings.store, metadata.sorted_tables)
    commit = prepared(settings, tmp_path / "in", MORE)
    with sqlite3.connect(tmp_path / "corpus.db") as connection:
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.close()
    said = []
    for more in range(200):

        def limit(connection, record, pages=pages + more):
            connection.execute(f"PRAGMA max_page_count = {pages}")

        sa.event.listen(sa.Engine, "connect", limit)
        try:
            report = commit()
            break
        except Fatal as error:
            said.append(str(error))
        finally:
            sa.event.remove(sa.Engine, "connect", limit)
        assert dump(settings.store, metadata.sorted_tables) == before
    assert report.new == len(MORE)
    assert len(said) > 2
    assert all(line.endswith("is full; nothing was changed, make room and run again") for line in said), said
    check(settings.store)


IN_A_CHILD = """
import resource, sys
import sqlalchemy as sa
from etl.cli import main
limit, when = int(sys.argv.pop(1)), sys.argv.pop(1)
def limited(connection, cursor, statement, *rest):
    if when in statement:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
if when:
    sa.event.listen(sa.Engine, "before_cursor_execute", limited)
else:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
main.main()
"""


def test_a_disk_that_is_full_beside_the_store_is_told_in_one_line(monkeypatch, capsys):
    def refuse(**options):
        raise OSError(errno.ENOSPC, "No space left on device", "/landing/new")

    monkeypatch.setattr(main.cli, "main", refuse)
    with pytest.raises(SystemExit, match="1"):
        main.main()
    said = "cannot write /landing/new: No space left on device; the store has nothing of the unfinished run, make room"
    assert capsys.readouterr().err == f"wirecopy: {said}\n"


@pytest.mark.parametrize("when", ["INSERT INTO text", ""])
def test_files_that_may_not_grow_leave_the_store_as_it_was(tmp_path, when):
    """The system itself refuses to write: from that statement of the commit on, or from the start."""
    settings = Settings(store=f"sqlite:///{tmp_path}/corpus.db", staging=str(tmp_path / "s"), workers=1)
    ingest_files(settings, tmp_path / "in", FEW)
    before = dump(settings.store, metadata.sorted_tables)
    (tmp_path / "in" / "long.txt").write_text(story(7, words=20_000))
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "WIRECOPY_STAGING": str(tmp_path / "s")}
    command = ["run", str(tmp_path / "in"), "--source", "test", "--store", settings.store, "--workers", "1"]
    limit = (tmp_path / "corpus.db").stat().st_size if when else 100_000
    ran = subprocess.run(
        [sys.executable, "-c", IN_A_CHILD, str(limit), when, *command], env=environment, capture_output=True, text=True
    )
    (line,) = [line for line in ran.stderr.splitlines() if "compiling" not in line]
    by_itself = "wirecopy: store .* refused: .*; nothing was changed, make room and run again"
    beside = (
        f"wirecopy: cannot write {gettempdir()}: File too large; the store has nothing of the unfinished run, make room"
    )
    assert re.fullmatch(by_itself if when else beside, line)
    assert ran.returncode == 1
    assert dump(settings.store, metadata.sorted_tables) == before


def test_a_connection_that_is_lost_at_any_statement_leaves_the_store_as_it_was(tmp_path, postgres_url):
    """Another session ends ours before every fourth statement in turn, COPY among them, and at last before COMMIT."""
    settings = Settings(store=postgres_url, staging=str(tmp_path / "s"), workers=1)
    ingest_files(settings, tmp_path / "in", FEW)
    before = dump(settings.store, metadata.sorted_tables)
    commit = prepared(settings, tmp_path / "in", MORE)
    other = sa.create_engine(postgres_url, isolation_level="AUTOCOMMIT")
    killer = other.connect()
    said, at, done = [], 1, False
    while not done:
        left = at

        def end(connection, *rest):
            nonlocal left
            left -= 1
            if left == 0 and connection.engine.url == sa.make_url(postgres_url) and connection is not killer:
                pid = connection.connection.driver_connection.info.backend_pid
                killer.exec_driver_sql(f"SELECT pg_terminate_backend({pid}, 5000)")

        for event in ("before_cursor_execute", "commit"):
            sa.event.listen(sa.Engine, event, end)
        try:
            commit()
            done = True
        except Retryable as error:
            said.append(str(error))
        finally:
            for event in ("before_cursor_execute", "commit"):
                sa.event.remove(sa.Engine, event, end)
        if not done:
            assert dump(settings.store, metadata.sorted_tables) == before
        at += 4
    killer.close()
    other.dispose()
    assert len(said) > 6
    assert all("cannot be reached" in line for line in said), said
    check(settings.store)


def test_a_store_where_nothing_can_be_written_is_read(tmp_path, monkeypatch):
    settings = Settings(store=f"sqlite:///{tmp_path}/corpus.db", staging=str(tmp_path / "staging"))
    ingest_files(settings, tmp_path / "in", {"a.txt": "One\n\nBody."})
    before = sorted(path.name for path in tmp_path.iterdir())
    monkeypatch.setattr("os.access", lambda path, mode: False)
    assert rows(settings.store, "SELECT count(*) FROM article") == [(1,)]
    assert sorted(path.name for path in tmp_path.iterdir()) == before, "nothing was written beside it"
    with (
        pytest.raises(Fatal, match="readonly"),
        database.opened(settings.store) as engine,
        database.writing(engine) as connection,
    ):
        connection.exec_driver_sql("DELETE FROM change")
