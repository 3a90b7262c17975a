"""A store on SQLite opens in DuckDB, which reads each view's own text: its words must be none that DuckDB reserves."""

from __future__ import annotations

import re

import pytest

from benchmarks.views import QUERIES, fill, values
from schemas.contract.views import CONTRACT
from tests.support.duck import attached

ARTICLES = 1_000


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    path = tmp_path_factory.mktemp("duckdb") / "corpus.db"
    fill(f"sqlite:///{path}", ARTICLES, body=100)
    with attached(path) as connection:
        yield connection


def test_every_view_is_listed_and_has_its_columns(store):
    listed = {name for (name,) in store.execute("SHOW TABLES").fetchall()}
    assert listed >= CONTRACT.keys()
    for view, columns in CONTRACT.items():
        assert [column[0] for column in store.execute(f"SELECT * FROM {view}").description] == list(columns)


@pytest.mark.parametrize("query", QUERIES)
def test_every_documented_query_finds_something(store, query):
    given = {name: value for name, value in values(ARTICLES).items() if f":{name}" in query}
    assert store.execute(re.sub(r":(\w+)", r"$\1", query), given).fetchone() is not None
