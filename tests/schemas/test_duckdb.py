"""A store on SQLite opens in DuckDB, which reads each view's own text: its words must be none that DuckDB reserves."""

from __future__ import annotations

import re
from importlib import metadata

import duckdb
import pytest

from benchmarks.views import QUERIES, fill, values
from schemas.contract import CONTRACT

ARTICLES = 1_000


@pytest.fixture(scope="module")
def attached(tmp_path_factory):
    """DuckDB with a store attached; its extension is the wheel's, since it would be downloaded otherwise."""
    path = tmp_path_factory.mktemp("duckdb") / "corpus.db"
    fill(f"sqlite:///{path}", ARTICLES, body=100)
    files = metadata.files("duckdb-ext-sqlite") or []
    (extension,) = [file.locate() for file in files if file.name == "sqlite_scanner.duckdb_extension"]
    with duckdb.connect(config={"allow_unsigned_extensions": "true"}) as connection:
        connection.execute(f"LOAD '{extension}'")
        connection.execute(f"ATTACH '{path}' AS store (TYPE sqlite, READ_ONLY)")
        connection.execute("USE store")
        yield connection


def test_every_view_is_listed_and_has_its_columns(attached):
    listed = {name for (name,) in attached.execute("SHOW TABLES").fetchall()}
    assert listed >= CONTRACT.keys()
    for view, columns in CONTRACT.items():
        assert [column[0] for column in attached.execute(f"SELECT * FROM {view}").description] == list(columns)


@pytest.mark.parametrize("query", QUERIES)
def test_every_documented_query_finds_something(attached, query):
    given = {name: value for name, value in values(ARTICLES).items() if f":{name}" in query}
    assert attached.execute(re.sub(r":(\w+)", r"$\1", query), given).fetchone() is not None
