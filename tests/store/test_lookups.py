"""What is documented as quick reads no whole table, in a store of 100,000 articles."""

from __future__ import annotations

import json
import re

import pytest
import sqlalchemy as sa

from benchmarks.views import NOW, fill, name, values
from etl.pages import queries
from etl.settings import Settings
from etl.store import database
from tests.support.paths import ROOT

ARTICLES = 100_000
GUIDE = (ROOT / "docs" / "consumers.md").read_text(encoding="utf-8")
QUICK, ALL = re.findall(r"```sql\n(.*?)```", GUIDE.partition("## Quick queries")[2], re.DOTALL)
LARGE = {"article", "revision", "cluster_member", "text", "change"}
BY_SIMILARITY = "ix_cluster_member_jaccard"  # has pairs to review alone, in the order in which they are shown


def documented(block):
    return [query.strip() for query in block.split(";") if query.strip()]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def large(request, tmp_path_factory):
    """A connection to a store of 100,000 articles."""
    url = f"sqlite:///{tmp_path_factory.mktemp('large')}/corpus.db"
    if request.param == "postgresql":
        url = request.getfixturevalue("module_postgres_url")
    fill(url, ARTICLES, body=100)
    with database.opened(url) as engine, database.reading(engine) as connection:
        yield connection


def plan(connection, query):
    """How the database would answer."""
    given = {name: value for name, value in values(ARTICLES).items() if f":{name}" in query}
    if connection.dialect.name == "postgresql":
        (found,) = connection.scalar(sa.text(f"EXPLAIN (FORMAT JSON) {query}"), given)
        return found["Plan"]
    return [row.detail for row in connection.execute(sa.text(f"EXPLAIN QUERY PLAN {query}"), given)]


def whole(found):
    """Tables that a plan reads from end to end."""
    if isinstance(found, list):
        scans = [line for line in found if line.startswith("SCAN ") and BY_SIMILARITY not in line]
        made = {"CONSTANT", *(line.split()[1] for line in found if line.startswith(("CO-ROUTINE", "MATERIALIZE")))}
        return [line for line in scans if line.split()[1] not in made]  # what a query makes itself is not stored
    mine = [found["Relation Name"]] if found["Node Type"] == "Seq Scan" and found["Relation Name"] in LARGE else []
    return mine + [table for child in found.get("Plans", []) for table in whole(child)]


@pytest.mark.parametrize("query", documented(QUICK))
def test_what_is_quick_reads_no_whole_table(large, query):
    found = plan(large, query)
    assert whole(found) == [], json.dumps(found, indent=1)


def test_the_test_sees_a_query_that_reads_a_whole_table(large):
    assert whole(plan(large, "SELECT article_id FROM corpus_article WHERE title = 'Headline of article 7'")) != []


@pytest.mark.parametrize("query", documented(QUICK + ALL))
def test_what_is_documented_finds_something(large, query):
    given = {name: value for name, value in values(ARTICLES).items() if f":{name}" in query}
    assert large.execute(sa.text(query), given).first() is not None


def test_counts_over_clusters_and_texts_are_not_made_for_those_who_do_not_ask(large):
    few = str(plan(large, "SELECT article_id, partition_date FROM corpus_article"))
    all_ = str(plan(large, "SELECT * FROM corpus_article"))
    for word in ("revision", "SubPlan") if large.dialect.name == "postgresql" else (" r ", "CORRELATED"):
        assert word in all_
        assert word not in few


def test_counts_over_clusters_are_made_for_the_rows_that_are_shown_alone(large):
    if large.dialect.name != "postgresql":
        pytest.skip("SQLite does not tell how often it did what")
    query = "SELECT article_id, copies FROM corpus_article ORDER BY published_at DESC, article_id LIMIT 10"
    found = large.scalar(sa.text(f"EXPLAIN (ANALYZE, FORMAT JSON) {query}"))
    loops = re.findall(r"'Parent Relationship': 'SubPlan'.*?'Actual Loops': (\d+)", str(found))
    assert loops
    assert max(map(int, loops)) <= 10


def test_no_page_of_the_corpus_reads_a_whole_table(large):
    if large.dialect.name != "postgresql":
        pytest.skip("SQLite names tables as a query does, small ones and large ones alike")
    copy, settings = name(ARTICLES // 2 + 7), Settings()
    asked = []

    def note(connection, cursor, statement, parameters, context, executemany):
        asked.append((statement, parameters))

    sa.event.listen(large, "before_cursor_execute", note)
    try:
        queries.overview(large, settings, NOW)
        queries.run_page(large, 7)
        queries.labelled(large, "ingest_gazette by hand")
        queries.story(large, copy)
        queries.sources(large)
        queries.review(large, [copy])
        queries.reasons(large)
        queries.quarantined(large, "source1", "empty")
        for each in (copy, f"{ARTICLES // 2}.html"):
            assert len(queries.find(large, each)) == 1
    finally:
        sa.event.remove(large, "before_cursor_execute", note)
    plans = {each: large.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {each}", given).scalar() for each, given in asked}
    assert len(plans) > 20
    assert {each: whole(found[0]["Plan"]) for each, found in plans.items() if whole(found[0]["Plan"])} == {}
