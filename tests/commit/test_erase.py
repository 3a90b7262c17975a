"""Erasure: the texts are gone, the clusters heal, the articles stay away, and the counts add up."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sqlalchemy as sa

from etl.commit import curate
from etl.commit.erase import erase
from etl.errors import Usage
from etl.fingerprint.recipe import Recipe
from etl.pipeline.erasing import resume
from etl.report.verify import verify
from etl.store import database
from schemas import erasure
from schemas.records import article_id_of
from schemas.tables import metadata, tombstone
from tests.support.stores import alembic, check, decide, dump, ids, ingest_files, rows
from tests.support.stories import story

COPIES = {
    "a.txt": story(1, words=80),
    "b.txt": story(1, words=75),
    "c.txt": story(1, (3, "x"), words=70),
    "d.txt": story(2),
}
WORDS = (sa.String, sa.LargeBinary, sa.JSON)


@pytest.fixture
def settings(settings, tmp_path):
    return replace(settings, landing=str(tmp_path / "landing"))


def erased(settings, *names, reason):
    """Erase articles by their keys, to the end."""
    known = ids(settings)
    report = decide(settings, erase, [known[name] for name in names], reason)
    resume(settings)
    return report


def corpus(settings):
    return {key for (key,) in rows(settings.store, "SELECT source_key FROM corpus_article")}


@pytest.mark.parametrize("table", metadata.sorted_tables, ids=lambda table: table.name)
def test_every_column_that_can_hold_words_is_erased_or_known_to_hold_none(table):
    found = {column.name for column in table.c if isinstance(column.type, WORDS)}
    if table.name in erasure.ROWS:
        assert set(erasure.ROWS[table.name]) <= set(table.c.keys())
    elif table.name not in erasure.OF_TEXTS:
        known = {*erasure.EMPTIED.get(table.name, ()), *erasure.KEPT.get(table.name, ())}
        assert found == known, "say in schemas.erasure what becomes of these columns"


def test_an_erased_canonical_leaves_its_cluster_to_the_next_and_nothing_but_a_tombstone(settings, tmp_path):
    ingest_files(settings, tmp_path / "in", COPIES, label="1")
    known = ids(settings)
    decide(settings, curate.judge, known["a.txt"], known["d.txt"], "same", "told so")
    assert corpus(settings) == {"a.txt"}
    report = erased(settings, "a.txt", reason="a court's order")
    assert corpus(settings) == {"b.txt", "d.txt"}
    assert (report.articles, report.retracted, report.read) == (3, 0, 0)
    check(settings.store)
    for name, columns in erasure.ROWS.items():
        for column in columns:
            assert known["a.txt"] not in {row[0] for row in rows(settings.store, f"SELECT {column} FROM {name}")}
    assert rows(settings.store, "SELECT article_id, source, who, reason, run_id FROM tombstone") == [
        (known["a.txt"], "test", "ana", "a court's order", report.run_id)
    ]
    assert (known["a.txt"], "retracted") in rows(settings.store, "SELECT article_id, change FROM corpus_change")
    said = rows(settings.store, "SELECT decision, holds, source, source_key, title FROM corpus_decision ORDER BY 1")
    assert [(word, bool(holds), *rest) for word, holds, *rest in said] == [
        ("erase", True, "test", "", ""),
        ("same", False, *said[1][2:]),
    ]


def test_what_was_erased_is_refused_when_it_is_read_again_with_any_text(settings, tmp_path):
    ingest_files(settings, tmp_path / "in", COPIES, label="1")
    erased(settings, "a.txt", "c.txt", reason="licence ended")
    before = dump(settings.store)
    report = ingest_files(settings, tmp_path / "in", {"a.txt": story(5)}, label="2")
    assert (report.read, report.unchanged, report.quarantined) == (4, 2, 2)
    held = rows(settings.store, "SELECT path, stage, reason, length(head) FROM corpus_quarantine ORDER BY path")
    assert held == [("a.txt", "erased", "licence ended", 0), ("c.txt", "erased", "licence ended", 0)]
    after = dump(settings.store)
    assert {name: after[name] for name in after if name != "quarantine"} == {
        name: before[name] for name in before if name != "quarantine"
    }
    check(settings.store)


def test_a_store_without_an_article_is_the_same_as_one_from_which_it_was_erased(settings, tmp_path):
    others = {name: text for name, text in COPIES.items() if name != "b.txt"}
    ingest_files(settings, tmp_path / "in", others, label="1")
    without = dump(settings.store)
    ingest_files(settings, tmp_path / "in", {"b.txt": COPIES["b.txt"]}, label="2")
    decide(settings, curate.retract, [ids(settings)["b.txt"]], "first this")
    report = erased(settings, "b.txt", reason="then that")
    assert report.retracted == 0
    after = dump(settings.store)
    assert {**after, "tombstone": []} == without


def test_the_heads_that_quarantine_holds_of_its_records_are_emptied(settings, tmp_path):
    ingest_files(settings, tmp_path / "in", {"a.txt": story(1), "b.txt": b"%PDF-1.7 of another"}, label="1")
    files = {"a.txt": b"%PDF-1.7 its words"}
    ingest_files(settings, tmp_path / "in", files, label="2")
    held = "SELECT path, length(head) FROM quarantine ORDER BY path"
    assert rows(settings.store, held) == [("a.txt", 18), ("b.txt", 19)]
    decide(settings, erase, [ids(settings)["a.txt"]], "gone")
    assert rows(settings.store, held) == [("a.txt", 0), ("b.txt", 19)]


def test_an_id_that_the_store_does_not_know_is_erased_ahead(settings, tmp_path):
    coming = article_id_of("test", "a.txt")
    report = decide(settings, erase, [coming], "as in the store before")
    assert report.run_id == 1
    assert decide(settings, erase, [coming], "again").run_id is None
    ingest_files(settings, tmp_path / "in", COPIES)
    assert corpus(settings) == {"b.txt", "d.txt"}
    check(settings.store)


def test_no_erasure_without_a_reason_and_none_of_what_is_not_there(settings, tmp_path):
    ingest_files(settings, tmp_path / "in", {"a.txt": story(1)})
    with pytest.raises(Usage, match="needs a reason"):
        decide(settings, erase, [ids(settings)["a.txt"]], " ")
    with pytest.raises(Usage, match="no article"):
        decide(settings, erase, ["x"], "because")


def test_a_tombstone_that_is_lost_is_missed(settings, tmp_path):
    ingest_files(settings, tmp_path / "in", COPIES)
    erased(settings, "a.txt", reason="gone")
    engine = database.connect(settings.store)
    with database.writing(engine) as connection:
        connection.execute(sa.delete(tombstone))
    with database.reading(engine) as connection:
        found = [str(each) for each in verify(connection, Recipe(), lambda part: None)]
    engine.dispose()
    assert len(found) == 1
    assert "neither the article nor a tombstone" in found[0]


def test_no_migration_takes_the_tombstones_away(settings, tmp_path):
    ingest_files(settings, tmp_path / "in", {"a.txt": story(1)})
    decide(settings, erase, [ids(settings)["a.txt"]], "gone")
    engine = database.connect(settings.store)
    with pytest.raises(ValueError, match="would read them again"):
        alembic(engine, "downgrade", "0022")
    engine.dispose()
    assert rows(settings.store, "SELECT count(*) FROM tombstone") == [(1,)]
