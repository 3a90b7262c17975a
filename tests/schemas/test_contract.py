"""The contract: what the views are on both databases, what is written of them, and what may not change."""

from __future__ import annotations

import re
from datetime import date

import pytest
import sqlalchemy as sa
import yaml

from etl.commit import curate
from etl.settings import Settings
from etl.sources.source import Source
from etl.store import database, schema
from schemas import views, write_contract
from schemas.contract import views as contract
from schemas.contract.columns import TYPES, Column
from schemas.contract.promises import breaking, promises, successor
from schemas.contract.views import ABOUT, CONTRACT
from schemas.tables import metadata
from tests.support.paths import SEEDS
from tests.support.stores import decide, ids, ingest, ingest_files, rows
from tests.support.stories import history, story

POSTGRESQL = {
    "text": {"text", "character varying"},
    "integer": {"integer", "bigint"},
    "real": {"double precision"},
    "boolean": {"boolean"},
    "date": {"date"},
    "timestamp": {"timestamp with time zone"},
    "json": {"json"},
    "bytes": {"bytea"},
}
SQLITE = dict.fromkeys(("text", "date", "timestamp", "json"), "text") | {
    "integer": "integer", "real": "real", "boolean": "integer", "bytes": "blob",
}  # fmt: skip


@pytest.fixture
def filled(settings, tmp_path):
    """A store with rows in every view: the seeds, a day, a revision, a withdrawal, a word."""
    ingest(settings, Source("seeds", (str(SEEDS),)))
    files = {
        "a.txt": story(1),
        "b.txt": story(1, (3, "x"), words=70),
        "c.txt": story(2),
        "d.txt": story(3),
        "e.txt": "",
    }
    ingest_files(settings, tmp_path / "in", files, date(2026, 3, 14), "1")
    ingest_files(settings, tmp_path / "in", {"c.txt": story(2, (5, "y"))}, date(2026, 3, 15), "2")
    (tmp_path / "bench").mkdir()
    (tmp_path / "bench" / "a.txt").write_text(story(1))
    ingest(settings, Source("bench", (str(tmp_path / "bench"),), is_reference=True))
    known = ids(settings)
    decide(settings, curate.retract, [known["d.txt"]], "")
    decide(settings, curate.judge, known["b.txt"], known["c.txt"], "same", "")
    return settings


def columns_of(url):
    """view → column → type, as the database says; SQLite says it of the values alone."""
    if url.startswith("postgresql"):
        found = rows(url, "SELECT table_name, column_name, data_type FROM information_schema.columns"
                          " WHERE table_name LIKE 'corpus%' ORDER BY table_name, ordinal_position")  # fmt: skip
        return {view: {c: t for v, c, t in found if v == view} for view in {v for v, *_ in found}}
    shown = rows(
        url, "SELECT m.name, p.name FROM sqlite_master AS m, pragma_table_info(m.name) AS p WHERE m.type = 'view'"
    )
    query = "SELECT group_concat(DISTINCT typeof({})) FROM {} WHERE {} IS NOT NULL"
    types = {(v, c): rows(url, query.format(f'"{c}"', v, f'"{c}"'))[0][0] for v, c in shown}
    return {view: {c: types[v, c] for v, c in shown if v == view} for view in {v for v, _ in shown}}


def test_both_databases_have_the_views_of_the_contract_with_its_names_order_and_types(filled):
    found = columns_of(filled.store)
    assert {view: list(columns) for view, columns in found.items()} == {v: list(c) for v, c in CONTRACT.items()}
    for view, columns in CONTRACT.items():
        for name, column in columns.items():
            kind = found[view][name]
            right = (
                kind in POSTGRESQL[column.type] if "postgresql" in filled.store else kind in (SQLITE[column.type], None)
            )
            assert right, f"{view}.{name} is {kind}, the contract says {column.type}"


def test_what_is_promised_never_to_be_null_is_never_null_and_keys_are_unique(filled):
    for view, columns in CONTRACT.items():
        never = [f'"{name}" IS NULL' for name, column in columns.items() if not column.nullable]
        assert rows(filled.store, f"SELECT count(*) FROM {view} WHERE {' OR '.join(never)}") == [(0,)], view
        key = ", ".join(ABOUT[view][1])
        ((count,),) = rows(filled.store, f"SELECT count(*) FROM {view}")
        assert count > 0, view
        assert rows(filled.store, f"SELECT count(*) FROM (SELECT DISTINCT {key} FROM {view}) AS d") == [(count,)], view
        for name, column in columns.items():
            if column.values:
                found = {v for (v,) in rows(filled.store, f'SELECT DISTINCT "{name}" FROM {view}')}
                assert found - ({None} if column.nullable else set()) <= set(column.values), f"{view}.{name}"
            if column.refers:
                other, _, field = column.refers.partition(".")
                orphans = f"SELECT count(*) FROM {view} WHERE {name} NOT IN (SELECT {field} FROM {other})"
                assert rows(filled.store, orphans) == [(0,)], f"{view}.{name}"


@pytest.mark.parametrize(
    "view", [v for v in CONTRACT if "JOIN" in views.VIEWS[v] and not re.search(r"FROM \(|WITH ", views.VIEWS[v])]
)
def test_a_column_that_comes_from_a_table_as_it_is_can_be_null_just_when_it_can_there(view):
    select, _, rest = views.VIEWS[view].partition("\n          FROM ")
    tables = {alias: name for name, alias in re.findall(r"(\w+) AS (\w)\b", rest)}
    found = 0
    for alias, name, shown in re.findall(r"(?<![\w(.])(\w)\.(\w+)(?: AS (\w+))?(?=,|\s*$)", select):
        assert CONTRACT[view][shown or name].nullable == metadata.tables[tables[alias]].c[name].nullable, (
            f"{view}.{name}"
        )
        found += 1
    assert found >= 6


def test_what_is_written_of_the_contract_is_up_to_date():
    for path, content in write_contract.files().items():
        assert path.read_text(encoding="utf-8") == content, f"{path.name} is out of date: run `make contract`"


def test_the_contract_keeps_what_was_recorded():
    then, version = write_contract.recorded()
    assert breaking(then, promises(), write_contract.withdrawable(then, version)) == []


def test_every_column_has_a_type_a_meaning_and_an_example_and_says_when_it_is_null():
    assert list(ABOUT) == list(CONTRACT) == list(views.VIEWS)
    for view, columns in CONTRACT.items():
        for name, column in columns.items():
            assert column.type in TYPES, f"{view}.{name}"
            assert column.meaning, f"{view}.{name}"
            assert column.example, f"{view}.{name}"
            assert ("null" in column.meaning) == column.nullable, f"{view}.{name}: {column.meaning}"


THEN = {"corpus_article": {"id": Column("text", "", ""), "url": Column("text", "", "", nullable=True)}}


@pytest.mark.parametrize(("now", "said"), [
    ({}, "corpus_article is gone"),
    ({"corpus_article": {"id": THEN["corpus_article"]["id"]}}, "corpus_article.url is gone, or has another name"),
    ({"corpus_article": THEN["corpus_article"] | {"id": Column("integer", "", "")}},
     "corpus_article.id was text, and is integer"),
    ({"corpus_article": THEN["corpus_article"] | {"id": Column("text", "", "", nullable=True)}},
     "corpus_article.id was never null, and can be"),
    ({"corpus_article": dict(reversed(THEN["corpus_article"].items()))}, "another order"),
    ({"corpus_article": {"new": Column("text", "", ""), **THEN["corpus_article"]}}, "new ones come last"),
])  # fmt: skip
def test_a_breaking_change_is_named(now, said):
    (found,) = breaking(promises(THEN), promises(now))
    assert said in found


def test_what_is_added_or_promised_more_breaks_nothing():
    more = {"corpus_article": {**THEN["corpus_article"], "new": Column("text", "", "")}, "corpus_other": {}}
    more["corpus_article"]["url"] = Column("text", "", "")
    assert breaking(promises(THEN), promises(more)) == []


def test_the_contract_is_not_recorded_anew_when_it_would_break(monkeypatch, capsys):
    narrower = {**CONTRACT, "corpus_run": {n: c for n, c in CONTRACT["corpus_run"].items() if n != "label"}}
    monkeypatch.setattr(write_contract, "promises", lambda: promises(narrower))
    monkeypatch.setattr(write_contract, "files", lambda: pytest.fail("nothing is to be written"))
    assert write_contract.main() == 1
    assert "corpus_run.label is gone" in capsys.readouterr().err


@pytest.mark.empty_store
def test_two_versions_of_a_view_stand_side_by_side_until_the_next_may_drop_the_first(store_url, monkeypatch):
    name = successor("corpus_run", 2)
    assert (name, successor("corpus_run", 1)) == ("corpus_v2_run", "corpus_run")
    monkeypatch.setitem(views.VIEWS, name, "SELECT run_id AS number, label FROM run")
    monkeypatch.setattr(contract, "VERSION", 2)
    engine = database.connect(store_url)
    schema.upgrade(engine)
    with database.reading(engine) as connection:
        assert connection.exec_driver_sql("SELECT number FROM corpus_v2_run").all() == []
        assert connection.exec_driver_sql("SELECT run_id FROM corpus_run").all() == []
    engine.dispose()
    both = promises({"corpus_run": CONTRACT["corpus_run"], name: {"number": Column("integer", "", "")}})
    after = {name: both[name]}
    monkeypatch.setattr(write_contract, "VERSION", 2)
    assert breaking(promises(CONTRACT), after, write_contract.withdrawable(promises(CONTRACT), 1)) != []
    assert breaking(both, after, write_contract.withdrawable(both, 2)) == ["corpus_run is gone"]
    monkeypatch.setattr(write_contract, "VERSION", 3)
    assert breaking(both, after, write_contract.withdrawable(both, 2)) == []


def test_postgresql_says_what_views_and_columns_mean(postgres_url):
    engine = database.connect(postgres_url)
    schema.upgrade(engine)
    inspector = sa.inspect(engine)
    for view, columns in CONTRACT.items():
        assert (inspector.get_table_comment(view)["text"] or "").startswith(ABOUT[view][0])
        comments = {c["name"]: c["comment"] or "" for c in inspector.get_columns(view)}
        assert all(comments[name].startswith(column.meaning) for name, column in columns.items())
    engine.dispose()


def test_the_file_for_dbt_has_every_column_with_the_tests_that_follow():
    (source,) = yaml.safe_load(write_contract.files()[write_contract.ROOT / "docs" / "dbt" / "models" / "sources.yml"])[
        "sources"
    ]
    tables = {t["name"]: {c["name"]: c for c in t["columns"]} for t in source["tables"]}
    assert {t: list(c) for t, c in tables.items()} == {v: list(c) for v, c in CONTRACT.items()}
    assert tables["corpus_article"]["article_id"]["data_tests"] == ["not_null", "unique"]
    assert tables["corpus_duplicate"]["canonical_id"]["data_tests"] == [
        "not_null",
        {"relationships": {"arguments": {"to": "source('wirecopy', 'corpus_article')", "field": "article_id"}}},
    ]


def test_a_day_counts_what_it_brought_and_where_that_stands_now(filled):
    shown = "SELECT * FROM corpus_source_day WHERE source = 'test' ORDER BY partition_date"
    names = list(CONTRACT["corpus_source_day"])
    found = [dict(zip(names, row, strict=True)) for row in rows(filled.store, shown)]
    facts = [{n: row[n] for n in names[2:]} for row in found]
    assert facts == [
        {"records": 4, "new": 4, "revised": 0, "articles": 2, "canonical": 1, "duplicates": 1, "exact": 0,
         "duplicate_rate": 0.5, "retracted": 1, "quarantined": 0},
        {"records": 2, "new": 0, "revised": 1, "articles": 1, "canonical": 0, "duplicates": 1, "exact": 0,
         "duplicate_rate": 1.0, "retracted": 0, "quarantined": 1},
    ]  # fmt: skip
    totals = "SELECT sum(articles), sum(canonical), sum(retracted), sum(quarantined) FROM corpus_source_day"
    last = "SELECT articles, canonical, retracted, (SELECT count(*) FROM corpus_quarantine) FROM corpus_run"
    assert rows(filled.store, totals) == rows(filled.store, f"{last} ORDER BY run_id DESC LIMIT 1")


def test_days_run_in_another_order_or_twice_count_the_same(settings, tmp_path):
    folders = history(3, tmp_path / "in")
    forwards = Settings(store=f"sqlite:///{tmp_path}/forwards.db", staging=str(tmp_path / "s"), workers=1)
    for day, folder in folders.items():
        ingest_files(forwards, folder, {}, day, f"{day}")
    for n, day in enumerate([*reversed(folders), *folders]):
        ingest_files(settings, folders[day], {}, day, f"{n}")
    days = "SELECT {}, records, new, revised, articles, canonical, duplicates, exact FROM corpus_source_day ORDER BY 1"
    there = days.format("CAST(partition_date AS text)")
    assert rows(settings.store, there) == rows(forwards.store, there) != []


def test_review_shows_the_pairs_nearest_to_the_threshold_that_nobody_has_judged(settings, tmp_path):
    ingest_files(settings, tmp_path / "in", {
        "a.txt": story(1, words=80), "b.txt": story(1, (3, "x"), words=70), "c.txt": story(1, (9, "x"), words=76),
        "d.txt": story(1, (9, "x"), words=76), "e.txt": story(2),
    })  # fmt: skip
    known = ids(settings)
    nearest = "SELECT article_id, canonical_id, jaccard FROM corpus_review ORDER BY jaccard"
    (first, second) = rows(settings.store, nearest)
    assert first[:2] == (known["b.txt"], known["a.txt"])
    assert second[0] in (known["c.txt"], known["d.txt"])
    assert first[2] < second[2] < 1
    decide(settings, curate.judge, known["a.txt"], known["b.txt"], "same", "seen")
    assert [row[0] for row in rows(settings.store, nearest)] == [second[0]]
