"""Roles on PostgreSQL: the reader sees the views alone, the writer fills the store and can break nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from etl.cli.main import cli
from etl.commit import curate
from etl.commit.erase import erase
from etl.errors import Fatal
from etl.pages import pages, queries, run
from etl.pages.story import story_page
from etl.pipeline.erasing import resume
from etl.settings import Settings
from etl.store import database, schema
from schemas.contract.views import CONTRACT
from schemas.tables import metadata
from tests.support.stores import NOW, alembic, check, decide, ids, ingest_files, rows
from tests.support.stories import story

FILES = {"a.txt": story(1), "b.txt": story(1, (3, "x"), words=70)}


@pytest.fixture
def store(postgres_url, tmp_path):
    """Settings of a store with roles, by user: the superuser, and one of each role."""
    made = Settings(store=postgres_url, staging=str(tmp_path / "s"), workers=1)
    ingest_files(made, tmp_path / "in", FILES)
    ran = CliRunner().invoke(cli, ["store", "roles", "--store", postgres_url], catch_exceptions=False)
    name = sa.make_url(postgres_url).database
    assert ran.output.count("(created;") == 3
    assert f"reader: {name}_reader" in ran.output
    users = {"superuser": made}
    engine = database.connect(postgres_url)
    with database.writing(engine) as connection:
        for kind in ("owner", "writer", "reader"):
            connection.exec_driver_sql(f'CREATE ROLE "{name}_a_{kind}" LOGIN IN ROLE "{name}_{kind}"')
            url = sa.make_url(postgres_url).set(username=f"{name}_a_{kind}")
            users[kind] = replace(made, store=url.render_as_string(hide_password=False))
    engine.dispose()
    return users


def refused(settings, statement):
    """What the database says to a statement."""
    engine = database.connect(settings.store)
    try:
        with pytest.raises(Fatal) as error, database.writing(engine) as connection:
            connection.exec_driver_sql(statement)
    finally:
        engine.dispose()
    return str(error.value)


def test_the_reader_reads_every_view_and_no_table(store):
    for view in CONTRACT:
        rows(store["reader"].store, f"SELECT * FROM {view}")
    assert rows(store["reader"].store, "SELECT count(*) FROM corpus_article") == [(1,)]
    for table in [*metadata.tables, "alembic_version"]:
        assert "permission denied for" in refused(store["reader"], f'SELECT * FROM public."{table}"')


@pytest.mark.parametrize("statement", [
    "INSERT INTO recipe (name) VALUES ('x')",
    "UPDATE article SET source = 'x'",
    "DELETE FROM quarantine",
    "DELETE FROM corpus_run",
    "TRUNCATE change",
    "CREATE TABLE mine (x integer)",
    "CREATE TEMPORARY TABLE mine (x integer)",
    "DROP VIEW corpus_article",
    "COMMENT ON VIEW corpus_article IS 'mine'",
])  # fmt: skip
def test_the_reader_writes_nothing(store, statement):
    said = refused(store["reader"], statement)
    assert "permission denied" in said or "must be owner" in said


@pytest.mark.parametrize("statement", [
    *(f"DROP {kind} {name} CASCADE" for kind, name in (("TABLE", "article"), ("VIEW", "corpus_article"))),
    "TRUNCATE change",
    "ALTER TABLE change DROP COLUMN at",
    "ALTER TABLE change DISABLE TRIGGER ALL",
    "CREATE TABLE mine (x integer)",
    "DROP INDEX ix_article_partition_date_source",
    "UPDATE alembic_version SET version_num = '9999'",
    "GRANT SELECT ON article TO PUBLIC",
])  # fmt: skip
def test_the_writer_drops_and_makes_nothing(store, statement):
    if statement.startswith("GRANT"):  # PostgreSQL warns, and grants nothing
        engine = database.connect(store["writer"].store)
        with database.writing(engine) as connection:
            connection.exec_driver_sql(statement)
        engine.dispose()
        assert "permission denied" in refused(store["reader"], "SELECT * FROM public.article")
        return
    said = refused(store["writer"], statement)
    assert "permission denied" in said or "must be owner" in said


def test_the_writer_runs_the_pipeline_and_looks_after_the_store(store, tmp_path):
    report = ingest_files(store["writer"], tmp_path / "in", {"c.txt": story(2)}, label="2")
    assert (report.new, report.unchanged) == (1, 2)
    check(store["writer"].store)
    engine = database.connect(store["writer"].store)
    schema.tidy(engine)
    engine.dispose()
    ran = CliRunner().invoke(cli, ["retract", report.source, "--store", store["writer"].store])
    assert ran.exception is not None  # no article has this name: the question was answered


def test_the_writer_erases_to_the_end_or_leaves_the_rest_to_the_owner(store):
    known = sorted(ids(store["writer"]).values())
    decide(store["writer"], erase, known[:1], "court order")
    assert resume(store["writer"]) == 1
    decide(store["writer"], erase, known[1:], "court order")
    engine = database.connect(store["owner"].store)
    with database.writing(engine) as connection:  # as on servers before PostgreSQL 17
        name = sa.make_url(store["owner"].store).database
        connection.exec_driver_sql(f'REVOKE MAINTAIN ON ALL TABLES IN SCHEMA public FROM "{name}_writer"')
    engine.dispose()
    with pytest.raises(Fatal, match="log in as its owner"):
        resume(store["writer"])
    assert rows(store["owner"].store, "SELECT count(*) FROM tombstone WHERE pending IS NOT NULL") == [(1,)]
    assert resume(store["owner"]) == 1
    check(store["owner"].store)


def test_the_reader_asks_by_commands_what_the_owner_sees_but_no_text_of_a_retracted_article(store, tmp_path):
    ingest_files(store["superuser"], tmp_path / "in", {"c.txt": story(2), "d.txt": ""}, label="2")
    asked = [
        ["report"],
        ["report", "--json"],
        ["explain", "b.txt"],
        ["explain", "headline 2"],
        ["health"],
        ["quarantine", "list", "--source", "test"],
        ["quarantine", "show", "d.txt"],
    ]
    asked += [["export", str(tmp_path / "out"), "--all", "--format", "jsonl"]]
    for command in asked:
        said = {
            kind: CliRunner().invoke(cli, [*command, "--store", store[kind].store], catch_exceptions=False).output
            for kind in ("reader", "owner")
        }
        if command[0] == "export":
            assert said["reader"].startswith("3 articles in 1 files: 1 written")
        else:
            told = {kind: [each for each in text.splitlines() if each[:6] != "store "] for kind, text in said.items()}
            assert told["reader"] == told["owner"] != []
    decide(store["superuser"], curate.retract, [ids(store["superuser"])["c.txt"]], "wrong")
    hidden = "SELECT count(*) FROM revision WHERE title LIKE '%2%'"
    assert (rows(store["reader"].store, hidden), rows(store["owner"].store, hidden)) == ([(0,)], [(1,)])


def test_the_reader_reads_the_pages_of_the_corpus_as_the_owner_does(store, tmp_path):
    ingest_files(store["superuser"], tmp_path / "in", {"c.txt": story(1, (9, "y"), words=65), "d.txt": ""}, label="2")
    known = ids(store["superuser"])
    decide(store["superuser"], curate.judge, known["a.txt"], known["b.txt"], "same", "read both")
    shown = {}
    for kind in ("reader", "owner"):
        settings = store[kind]
        with database.opened(settings.store) as engine, database.reading(engine) as connection:
            shown[kind] = [
                pages.overview(queries.overview(connection, settings, NOW)),
                run.run_page(queries.run_page(connection, 2)),
                run.labelled_page("2", *queries.labelled(connection, "2")),
                story_page(queries.story(connection, "b.txt")),
                pages.sources(queries.sources(connection)),
                pages.review(queries.review(connection, []), []),
                pages.reasons(queries.reasons(connection)),
                pages.quarantined("test", "empty", queries.quarantined(connection, "test", "empty")),
                pages.search_page("c.txt", queries.find(connection, "c.txt"), ""),
            ]
    assert shown["reader"] == shown["owner"]


def test_an_upgrade_is_the_owner_s_and_keeps_what_was_granted(store, tmp_path):
    newest = f"UPDATE alembic_version SET version_num = '{schema.newest_version()}'"
    for version in ("UPDATE alembic_version SET version_num = '0010'", newest):
        engine = database.connect(store["superuser"].store)
        with database.writing(engine) as connection:
            connection.exec_driver_sql(version)
        engine.dispose()
        if version != newest:
            with pytest.raises(Fatal, match="its owner has to run `wirecopy store upgrade`"):
                ingest_files(store["writer"], tmp_path / "in", {"c.txt": story(2)}, label="2")
    owner = database.connect(store["owner"].store)
    alembic(owner, "upgrade", "head")  # makes the views anew, like any upgrade
    assert schema.differences(owner) == []
    owner.dispose()
    test_the_reader_reads_every_view_and_no_table(store)
    assert ingest_files(store["writer"], tmp_path / "in", {"c.txt": story(2)}, label="2").new == 1
    owners = "SELECT DISTINCT relowner::regrole::text FROM pg_class WHERE relname ~ '^(corpus_|article|run|change)'"
    assert rows(store["superuser"].store, owners) == [(f"{sa.make_url(store['owner'].store).database}_owner",)]


def test_roles_may_be_given_again_and_by_other_names(store):
    url = store["superuser"].store
    name = sa.make_url(url).database
    ran = CliRunner().invoke(
        cli, ["store", "roles", "--store", url, "--reader", f"{name}_more"], catch_exceptions=False
    )
    assert ran.output.splitlines() == [
        f"owner: {name}_owner",
        f"writer: {name}_writer",
        f"reader: {name}_more (created; GRANT it to users who log in)",
    ]


def test_sqlite_has_no_roles(tmp_path):
    url = f"sqlite:///{tmp_path}/corpus.db"
    CliRunner().invoke(cli, ["store", "upgrade", "--store", url], catch_exceptions=False)
    ran = CliRunner().invoke(cli, ["store", "roles", "--store", url])
    assert "SQLite has no roles" in str(ran.exception)


def test_a_login_that_owned_the_store_stays_its_owner_and_runs_on(postgres_url, tmp_path):
    """As with docker compose, where one login migrates and runs the pipeline."""
    name = sa.make_url(postgres_url).database
    url = sa.make_url(postgres_url).set(username=f"{name}_login").render_as_string(hide_password=False)
    engine = database.connect(postgres_url)
    with database.writing(engine) as connection:
        connection.exec_driver_sql(f'CREATE ROLE "{name}_login" LOGIN')
        connection.exec_driver_sql(f'ALTER DATABASE "{name}" OWNER TO "{name}_login"')
    engine.dispose()
    mine = Settings(store=url, staging=str(tmp_path / "s"), workers=1)
    ingest_files(mine, tmp_path / "in", FILES)
    command = ["store", "roles", "--store", postgres_url, "--owner", f"{name}_login"]
    assert CliRunner().invoke(cli, command, catch_exceptions=False).output.count("(created;") == 2
    assert ingest_files(mine, tmp_path / "in", {"c.txt": story(2)}).new == 1
    check(mine.store)
