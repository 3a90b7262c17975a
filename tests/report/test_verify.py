"""Verify on a damaged store: each damaged value is named, and everything else is still compared."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from etl.report.verify import verify
from etl.settings import Settings
from etl.store import articles, database
from tests.support.stores import ingest_files
from tests.support.stories import story

DAMAGE = {
    "UPDATE revision SET body = CAST(X'ff80' AS TEXT) WHERE path = '2.txt'": "revision: body is no UTF-8",
    "UPDATE revision SET evidence = '{' WHERE path = '2.txt'": "revision: evidence is no JSON",
    "UPDATE revision SET fetched_at = 'noon' WHERE path = '2.txt'": "revision: fetched_at is no datetime",
    "UPDATE text SET digest = X'00'": "id and digest of text",
    "UPDATE signature SET minima = X'00'": "reading of election",
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_value_is_named_by_row_and_column_and_the_other_parts_are_compared(tmp_path, damage):
    settings = Settings(store=f"sqlite:///{tmp_path}/corpus.db", staging=str(tmp_path / "staging"))
    ingest_files(settings, tmp_path / "in", {f"{number}.txt": story(number) for number in range(4)})
    with closing(sqlite3.connect(tmp_path / "corpus.db")) as file, file:
        file.execute(damage)
        file.execute("UPDATE run SET articles = articles + 1, canonical = canonical + 1")
    with database.opened(settings.store) as engine, database.reading(engine) as connection:
        found = [str(each) for each in verify(connection, articles.stored_recipe(connection), lambda part: None)]
    assert [each for each in found if DAMAGE[damage] in each]
    assert [each for each in found if each.startswith("number of articles of the last run")], "the counts come after"
