"""Recipes: a store can be elected by another, in one step, and asked what that would change."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from benchmarks import scanned
from etl.commit import curate, rebuild
from etl.errors import Retryable, Usage
from etl.fingerprint.recipe import SCANNED, Recipe
from etl.pipeline import steps
from etl.report.explain import explain
from etl.settings import Settings
from etl.sources.source import Source
from etl.store import database, schema, source_days
from schemas.tables import metadata
from tests.support.paths import SEEDS
from tests.support.stores import NOW, OTHERS, STATE, check, dump, ingest, ingest_files, rows
from tests.support.stories import story

SEED_SOURCE = Source("seeds", (str(SEEDS),))


def change(settings, function, *arguments):
    engine = database.connect(settings.store)
    try:
        with database.writing(engine) as connection:
            return function(connection, *arguments, lambda done, total: None)
    finally:
        engine.dispose()


@pytest.mark.parametrize("other", OTHERS, ids=lambda r: r.name)
def test_a_rebuilt_store_is_that_of_a_first_run_by_the_recipe(settings, tmp_path, other):
    first = Settings(store=f"sqlite:///{tmp_path}/first.db", staging=str(tmp_path / "s"), workers=1, recipe=other.name)
    expected = ingest(first, SEED_SOURCE)
    ingest(settings, SEED_SOURCE)
    report = change(settings, rebuild.rebuild, other, "test", NOW)
    assert dump(settings.store) == dump(first.store)
    assert (report.canonical, report.exact, report.near) == (expected.canonical, expected.exact, expected.near)
    check(settings.store, other)


def test_scanned_copies_are_joined_by_the_recipe_for_them_in_any_order_and_told_by_what(settings, tmp_path):
    """The later half first, or a rebuild of what words found: one corpus."""
    records = [
        json.dumps({"id": scan.id, "title": "", "body": scan.text, "published_at": scan.date})
        for scan in sorted(scanned.corpus(80, seed=3), key=lambda scan: scan.date)
    ]
    early, late = {"a.jsonl": "\n".join(records[:40])}, {"b.jsonl": "\n".join(records[40:])}
    ingest_files(settings, tmp_path / "words", early | late)
    near = "SELECT article_id, jaccard FROM corpus_duplicate WHERE relation = 'near' ORDER BY jaccard"
    by_words = rows(settings.store, near)
    told = change(settings, lambda c, say: rebuild.what_if(c, lambda c: rebuild.elected_anew(c, SCANNED, say)))
    change(settings, rebuild.rebuild, SCANNED, "test", NOW)
    check(settings.store, SCANNED)
    found = rows(settings.store, near)
    assert len(told.changes) == told.report.near - len(by_words) == len(found) - len(by_words) > 20
    backwards = Settings(f"sqlite:///{tmp_path}/back.db", staging=str(tmp_path / "s"), workers=1, recipe=SCANNED.name)
    for n, half in enumerate((late, early)):
        ingest_files(backwards, tmp_path / f"{n}", half, label=f"{n}")
    elected = [table for table in STATE if table.name in ("recipe", "text", "signature", "bucket", "cluster_member")]
    assert dump(backwards.store, elected) == dump(settings.store, elected)
    engine = database.connect(settings.store)
    with database.reading(engine) as connection:
        (said,) = explain(connection, found[0][0])
    engine.dispose()
    assert max(said.contained or 0, said.contains or 0) == said.jaccard == found[0][1] >= SCANNED.threshold
    assert f"because: exact aligned share {said.jaccard:.4f}" in "\n".join(said.lines())


def test_there_and_back_is_where_it_was_and_the_feed_tells_both_ways(settings):
    ingest(settings, SEED_SOURCE)
    before = dump(settings.store)
    change(settings, rebuild.rebuild, OTHERS[0], "test", NOW)
    change(settings, rebuild.rebuild, Recipe(), "test", NOW)
    assert dump(settings.store) == before
    told = {run: set(rows(settings.store, f"SELECT article_id FROM change WHERE run_id = {run}")) for run in (2, 3)}
    assert told[2] == told[3] != set()


def test_what_if_tells_what_a_rebuild_does_and_changes_nothing(settings):
    ingest(settings, SEED_SOURCE)
    before = dump(settings.store, metadata.sorted_tables)
    told = change(settings, lambda c, say: rebuild.what_if(c, lambda c: rebuild.elected_anew(c, OTHERS[0], say)))
    assert dump(settings.store, metadata.sorted_tables) == before
    report = change(settings, rebuild.rebuild, OTHERS[0], "test", NOW)
    done = rows(
        settings.store, "SELECT article_id, change, canonical_id FROM change WHERE run_id = 2 ORDER BY position"
    )
    assert told.changes == done != []
    assert (told.report.canonical, told.report.near) == (report.canonical, report.near)


def test_judgements_outlive_a_rebuild(settings, tmp_path):
    ingest_files(settings, tmp_path / "in", {"a.txt": story(1), "b.txt": story(2)})
    known = dict(rows(settings.store, "SELECT source_key, article_id FROM article"))
    engine = database.connect(settings.store)
    with database.writing(engine) as connection:
        curate.judge(connection, known["a.txt"], known["b.txt"], "same", curate.Said("ana", "", "test", NOW))
    engine.dispose()
    change(settings, rebuild.rebuild, OTHERS[2], "test", NOW)
    assert rows(settings.store, "SELECT relation FROM corpus_duplicate") == [("judged",)]
    check(settings.store, OTHERS[2])


def test_a_day_without_files_asks_for_no_recipe(settings, tmp_path):
    ingest_files(settings, tmp_path / "in", {"a.txt": story(1)})
    change(settings, rebuild.rebuild, OTHERS[2], "test", NOW)
    (tmp_path / "empty").mkdir()
    report = ingest_files(settings, tmp_path / "empty", {}, label="new")
    assert (report.read, report.run_id, report.articles) == (0, None, 1)


def test_later_runs_use_the_store_s_recipe_and_one_prepared_before_the_rebuild_is_run_again(settings, tmp_path):
    ingest_files(settings, tmp_path / "in", {"a.txt": story(1)})
    (tmp_path / "in" / "b.txt").write_text(story(1, words=66))
    source = Source("test", (str(tmp_path / "in"),))
    shards = steps.discover(source, None, "old", settings)
    steps.prepare(shards[0], settings)
    change(settings, rebuild.rebuild, OTHERS[2], "test", NOW)
    with pytest.raises(Retryable, match="run again"):
        steps.commit(shards, source, None, "old", settings, NOW)
    ingest_files(replace(settings, recipe=Recipe().name), tmp_path / "in", {}, label="new")
    check(settings.store, OTHERS[2])


def test_a_store_of_an_earlier_normaliser_is_carried_over_by_a_rebuild_and_refused_before(tmp_path):
    """The store was made by wirecopy 0.1.0 (normaliser 1) from seven records; one is retracted."""
    path = tmp_path / "old.db"
    path.write_bytes(gzip.decompress(Path(__file__).with_name("store-n1.db.gz").read_bytes()))
    old = Settings(store=f"sqlite:///{path}", staging=str(tmp_path / "s"), workers=1)
    keys = "SELECT source_key FROM corpus_article ORDER BY 1"
    assert rows(old.store, keys) == [(f"wire.jsonl#{key}",) for key in ("coeur", "coeur-2", "quay", "stub-1")]
    engine = database.connect(old.store)
    schema.upgrade(engine)
    engine.dispose()
    with pytest.raises(Usage, match=r"prepared by another recipe, .*-n1: `wirecopy rebuild` carries it over"):
        ingest_files(old, tmp_path / "in", {"a.txt": story(1)})
    report = change(old, rebuild.rebuild, Recipe(), "test", NOW)
    assert (report.articles, report.canonical, report.exact, report.near, report.retracted) == (6, 4, 1, 1, 1)
    assert rows(old.store, keys) == [(f"wire.jsonl#{key}",) for key in ("coeur", "quay", "stub-1", "stub-2")]
    marked = 'SELECT count(*) FROM revision WHERE evidence LIKE \'%"body": "stub"%\''
    assert rows(old.store, marked) == [(2,)]
    check(old.store)
    assert ingest_files(old, tmp_path / "in", {"a.txt": story(1)}, label="2").new == 1


def test_texts_made_anew_are_those_of_a_first_run(settings, tmp_path):
    ingest(settings, SEED_SOURCE)
    before = dump(settings.store)
    engine = database.connect(settings.store)
    with database.writing(engine) as connection:
        connection.exec_driver_sql(f"UPDATE recipe SET name = '{Recipe().name.rpartition('-n')[0]}-n1'")
    engine.dispose()
    report = change(settings, rebuild.rebuild, Recipe(), "test", NOW)
    assert dump(settings.store) == before
    assert report.articles > 0
    check(settings.store)


def test_a_rebuild_files_what_an_earlier_version_filed_by_its_last_change_of_metadata(settings, tmp_path):
    told = {"id": "a", "title": "Bridge", "body": story(1), "section": "City"}
    ingest_files(settings, tmp_path / "1", {"a.jsonl": json.dumps(told)}, date(2026, 3, 1), "1")
    ingest_files(settings, tmp_path / "2", {"a.jsonl": json.dumps(told | {"section": "Front"})}, date(2026, 3, 2), "2")
    right = dump(settings.store)
    engine = database.connect(settings.store)
    with database.writing(engine) as connection:  # as it was: under the day of the revision that is current
        for table in ("article", "cluster_member"):
            connection.exec_driver_sql(f"UPDATE {table} SET day = day + 1")
        connection.exec_driver_sql("UPDATE article SET partition_date = '2026-03-02'")
        source_days.recount(connection)
    engine.dispose()
    report = change(settings, rebuild.rebuild, Recipe(), "test", NOW)
    assert dump(settings.store) == right
    assert rows(settings.store, f"SELECT change FROM corpus_change WHERE run_id = {report.run_id}") == [("revised",)]
    assert change(settings, rebuild.rebuild, Recipe(), "test", NOW).run_id is None
    check(settings.store)
