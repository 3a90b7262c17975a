"""Full-text search: the same question finds the same articles on both databases, after every kind of run."""

from __future__ import annotations

import sqlalchemy as sa
from click.testing import CliRunner

from etl.cli.main import cli
from etl.commit import curate
from etl.store import database, schema
from tests.support.paths import ROOT
from tests.support.stores import alembic, check, decide, ids, ingest_files

GUIDE = (ROOT / "docs" / "consumers.md").read_text(encoding="utf-8").partition("## Search")[2]
QUERY = {"postgresql": GUIDE.split("```")[1], "sqlite": GUIDE.split("```")[3]}


def text(*words, length=40):
    return "A headline\n\n" + " ".join([*words, *(f"{words[0]}{n}" for n in range(length))]) + "."


def found(settings, words):
    """Keys of the articles that the documented query finds."""
    engine = database.connect(settings.store)
    query = QUERY[engine.name].partition("\n")[2].strip().rstrip(";")
    with database.reading(engine) as connection:
        hits = [row[0] for row in connection.execute(sa.text(query), {"words": words})]
    engine.dispose()
    keys = {article: key for key, article in ids(settings).items()}
    return sorted(keys[hit] for hit in hits)


def switch(settings, how):
    return CliRunner().invoke(cli, ["store", "search", how, "--store", settings.store], catch_exceptions=False).output


def test_what_stands_is_found_and_nothing_else_whatever_runs(settings, tmp_path):
    files = {"a.txt": text("Ferry", length=60), "b.txt": text("ferry"), "c.txt": text("quay", "ferry")}
    ingest_files(settings, tmp_path / "in", files, label="1")
    assert switch(settings, "--on") == "full-text search is on: query corpus_search\n"
    assert found(settings, "ferry") == ["a.txt", "b.txt", "c.txt"]
    assert found(settings, "FERRY quay") == ["c.txt"]
    more = {"c.txt": text("harbour"), "d.txt": text("tide", "ferry"), "e.txt": text("tide", "ferry", length=39)}
    ingest_files(settings, tmp_path / "in", more, label="2")
    assert found(settings, "quay") == []
    assert found(settings, "harbour") == ["c.txt"]
    assert found(settings, "tide") == ["d.txt"], "its duplicate is not in the corpus"
    decide(settings, curate.retract, [ids(settings)["d.txt"]], "")
    assert found(settings, "tide") == ["e.txt"]
    check(settings.store)


def test_an_upgrade_keeps_it_and_it_can_be_switched_off(settings, tmp_path):
    ingest_files(settings, tmp_path / "in", {"a.txt": text("ferry")}, label="1")
    switch(settings, "--on")
    switch(settings, "--on")
    engine = database.connect(settings.store)
    alembic(engine, "upgrade", "head")
    assert schema.differences(engine) == []
    assert found(settings, "ferry") == ["a.txt"]
    ingest_files(settings, tmp_path / "in", {"b.txt": text("tide")}, label="2")
    assert found(settings, "tide") == ["b.txt"]
    assert switch(settings, "--off") == "full-text search is off\n"
    with database.reading(engine) as connection:
        inspector = sa.inspect(connection)
        assert not [n for n in (*inspector.get_table_names(), *inspector.get_view_names()) if "search" in n]
    engine.dispose()
    assert ingest_files(settings, tmp_path / "in", {"c.txt": text("quay")}, label="3").new == 1


def test_a_text_of_any_length_is_taken_in(settings, tmp_path):
    ingest_files(settings, tmp_path / "in", {"a.txt": text("ferry")}, label="1")
    switch(settings, "--on")
    long = text("tide", *(f"word{n}" for n in range(200_000)))
    assert ingest_files(settings, tmp_path / "in", {"b.txt": long}, label="2").new == 1
    assert found(settings, "tide") == ["b.txt"]
