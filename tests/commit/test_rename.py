"""A renamed source keeps its articles' ids: whenever it is renamed, the store is the same, and consumers are told."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from functools import reduce
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from etl.cli.main import cli
from etl.commit import curate
from etl.commit.erase import erase
from etl.commit.remove import remove
from etl.commit.rename import NAMING, rename
from etl.errors import Retryable, Usage
from etl.export.export import export
from etl.pipeline import steps
from etl.pipeline.erasing import resume
from etl.pipeline.listing import find
from etl.settings import Settings
from etl.sources.source import Source
from etl.store import copy, database, visits
from schemas.fetched import Visit
from schemas.records import RunReport, article_id_of
from schemas.tables import metadata
from tests.support.stores import NOW, STATE, check, decide, dump, rows, shared_workers
from tests.support.stories import history, story

REPLAY = "SELECT article_id, canonical_id FROM corpus_change ORDER BY position"
MEMBERS = "SELECT article_id, canonical_id FROM corpus_member"
IDS = "SELECT source, source_key, article_id FROM article"
KNOWN = [*STATE, metadata.tables["source"]]


def days_of(name: str, root: Path, **fields: object) -> Source:
    return Source(name, (f"{root}/{{date:%Y/%m/%d}}",), **fields)  # type: ignore[arg-type]


def ingest(settings: Settings, source: Source, days: Sequence[date]) -> RunReport:
    reports = [steps.ingest(find(source, day, settings), f"{day}", settings, shared_workers()) for day in days]
    return reduce(operator.add, reports)


def renamed(settings: Settings, old: str, new: str) -> None:
    decide(settings, rename, old, new, "")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Three days of files of a source; one is no article."""
    for n, words in ((1, 60), (2, 60), (3, 75)):
        folder = tmp_path / "in" / f"2026/03/0{n}"
        folder.mkdir(parents=True)
        (folder / "a.txt").write_text(story(1, (n, "x"), words=words))
        (folder / f"{n}.txt").write_text(story(n + 1))
        (folder / "bad.txt").write_bytes(b"%PDF-1.7")
    return tmp_path / "in"


DAYS = [date(2026, 3, n) for n in (1, 2, 3)]


@pytest.mark.parametrize("seed", range(2))
def test_a_source_may_be_renamed_before_any_day_and_the_store_is_the_same(settings, tmp_path, seed):
    days = list(history(seed, tmp_path / "in"))
    (tmp_path / "in/2026/03/01/bad.txt").write_bytes(b"%PDF-1.7")
    stores: list[dict[str, list[tuple[object, ...]]]] = []
    for at in (2, len(days)):
        each = replace(settings, store=f"sqlite:///{tmp_path}/{at}.db") if stores else settings
        ingest(each, days_of("herald", tmp_path / "in"), days[:at])
        renamed(each, "herald", "gazette")
        if days[at:]:
            ingest(each, days_of("gazette", tmp_path / "in"), days[at:])
        check(each.store)
        stores.append(dump(each.store, KNOWN))
        assert dict(rows(each.store, REPLAY)) == dict(rows(each.store, MEMBERS))
        known = rows(each.store, IDS)
        assert known == [("gazette", key, article_id_of("herald", key)) for _, key, _ in known]
    assert stores[0] == stores[1]


def test_the_articles_are_known_to_the_next_run_and_told_as_revised(settings, root):
    ingest(settings, days_of("herald", root), DAYS)
    before = rows(settings.store, MEMBERS)
    renamed(settings, "herald", "gazette")
    last = "(SELECT max(run_id) FROM corpus_run)"
    told = f"SELECT article_id, canonical_id FROM corpus_change WHERE run_id = {last} AND change = 'revised'"
    assert rows(settings.store, told) == sorted(before)
    assert sorted(rows(settings.store, MEMBERS)) == sorted(before)
    report = ingest(settings, days_of("gazette", root), DAYS)
    assert (report.unchanged, report.new, report.run_id) == (report.read - report.quarantined, 0, None)
    assert rows(
        settings.store, "SELECT id_name, articles, quarantined FROM corpus_source WHERE source = 'gazette'"
    ) == [("herald", len(before), 3)]


def test_a_source_is_renamed_twice_and_back_and_names_can_be_swapped(settings, root):
    names = "SELECT name, id_name FROM source WHERE name IN ('a', 'b', 'c', 'herald') ORDER BY name"
    ingest(settings, days_of("herald", root), DAYS[:1])
    known = [row[1:] for row in rows(settings.store, IDS)]
    for old, new in (("herald", "a"), ("a", "b")):
        renamed(settings, old, new)
        check(settings.store)
    assert rows(settings.store, names) == [("b", "herald")]
    with pytest.raises(Usage, match="'herald' is called 'b'"):
        ingest(settings, days_of("herald", root), DAYS[1:])
    renamed(settings, "b", "herald")
    assert rows(settings.store, names) == [("herald", None)]
    assert [row[1:] for row in rows(settings.store, IDS)] == known
    ingest(settings, days_of("c", root), DAYS[2:])
    with pytest.raises(Usage, match="'c', and two do not become one"):
        renamed(settings, "herald", "c")
    for old, new in (("herald", "a"), ("c", "b")):
        renamed(settings, old, new)
    with pytest.raises(Usage, match="ids of source 'a' are computed by the name 'herald'"):
        renamed(settings, "b", "herald")
    for old, new in (("a", "x"), ("b", "a"), ("x", "b")):
        renamed(settings, old, new)
    assert rows(settings.store, names) == [("a", "c"), ("b", "herald")]
    ingest(settings, days_of("a", root), DAYS[1:])
    check(settings.store)
    for wrong, why in (("Herald!", "is no name"), ("a", "has a source 'a'"), ("b", "has a source 'b'")):
        with pytest.raises(Usage, match=why):
            renamed(settings, "a", wrong)
    with pytest.raises(Usage, match="no source 'nobody'"):
        renamed(settings, "nobody", "z")


def test_every_row_that_names_the_source_follows(settings, root, tmp_path):
    ingest(settings, days_of("herald", root), DAYS)
    known = sorted(row[2] for row in rows(settings.store, IDS))
    decide(settings, curate.retract, known[:1], "wrong")
    decide(settings, erase, known[1:2], "court order")
    resume(settings)
    engine = database.connect(settings.store)
    with database.writing(engine) as connection:
        visits.save(connection, "herald", [Visit("https://herald.example/a", "page", NOW, landed_at=NOW)])
    engine.dispose()
    renamed(settings, "herald", "gazette")
    assert {table.name for table in NAMING} == {
        "article", "quarantine", "visit", "source_day", "run", "tombstone", "reference",
    }  # fmt: skip
    for table in NAMING:
        assert {row[0] for row in rows(settings.store, f"SELECT DISTINCT source FROM {table.name}")} <= {
            "gazette", "curation",
        }  # fmt: skip
    check(settings.store)
    (gone,) = rows(settings.store, "SELECT article_id, source FROM tombstone")
    report = ingest(settings, days_of("gazette", root), DAYS)
    assert gone == (known[1], "gazette")
    assert rows(settings.store, "SELECT count(*) FROM corpus_quarantine WHERE stage = 'erased'") == [
        (report.quarantined - 3,)
    ]
    copied = f"sqlite:///{tmp_path}/copied.db"
    copy.copy(settings.store, copied, lambda table: None)
    check(copied)
    assert dump(copied, KNOWN) == dump(settings.store, KNOWN)
    decide(settings, remove, "gazette", "licence ended")
    assert rows(settings.store, "SELECT name, id_name, kind FROM source WHERE name = 'gazette'") == [
        ("gazette", "herald", None)
    ]
    report = ingest(settings, days_of("gazette", root), DAYS)
    assert (report.new, report.retracted) == (0, len(known) - 1)
    check(settings.store)


def test_documents_of_a_reference_keep_their_ids(settings, root):
    ingest(settings, days_of("bench", root, is_reference=True), DAYS[:2])
    before = rows(settings.store, "SELECT reference_id, source_key FROM reference ORDER BY 1")
    renamed(settings, "bench", "squad")
    ingest(settings, days_of("squad", root, is_reference=True), DAYS)
    after = rows(settings.store, "SELECT reference_id, source_key FROM reference ORDER BY 1")
    assert set(before) < set(after)
    check(settings.store)


def test_a_run_that_was_prepared_before_it_is_not_committed(settings, root):
    ingest(settings, days_of("herald", root), DAYS[:1])
    renamed(settings, "herald", "gazette")
    source = days_of("gazette", root)
    shards = steps.discover(source, DAYS[1], "one", settings)
    for shard in shards:
        steps.prepare(shard, settings, shared_workers())
    renamed(settings, "gazette", "post")
    renamed(settings, "post", "herald")
    renamed(settings, "herald", "gazette")
    steps.commit(shards, source, DAYS[1], "one", settings, NOW)  # what it was prepared by holds again
    shards = steps.discover(days_of("new", root), DAYS[2], "two", settings)
    for shard in shards:
        steps.prepare(shard, settings, shared_workers())
    renamed(settings, "gazette", "new")
    with pytest.raises(Retryable, match="source new was renamed"):
        steps.commit(shards, days_of("new", root), DAYS[2], "two", settings, NOW)
    check(settings.store)


def test_a_new_store_takes_the_first_name_from_the_declaration(settings, root):
    source = days_of("gazette", root, id_name="herald")
    ingest(settings, source, DAYS[:2])
    check(settings.store)
    assert {row[2] for row in rows(settings.store, IDS)} == {
        article_id_of("herald", row[1]) for row in rows(settings.store, IDS)
    }
    ingest(settings, days_of("gazette", root), DAYS[2:])
    check(settings.store)
    with pytest.raises(Usage, match="by the name 'herald', not by 'post'"):
        ingest(settings, days_of("gazette", root, id_name="post"), DAYS)
    with pytest.raises(Usage, match="'herald' is called 'gazette'"):
        ingest(settings, days_of("post", root, id_name="herald"), DAYS)
    ingest(settings, days_of("wire", root), DAYS[:1])
    with pytest.raises(Usage, match="sources rename wire post"):
        ingest(settings, days_of("post", root, id_name="wire"), DAYS)


def test_a_file_that_still_has_the_old_name_and_its_rank_stops_no_other_source(settings, root, tmp_path):
    ingest(settings, days_of("herald", root), DAYS[:1])
    renamed(settings, "herald", "gazette")
    (tmp_path / "sources.toml").write_text(f'[herald]\nlocation = "{root}"\nrank = 2\nearliest = 1990-01-01\n')
    declared = replace(settings, sources=str(tmp_path / "sources.toml"))
    assert ingest(declared, days_of("agency", root), DAYS[1:2]).new == 2
    with pytest.raises(Usage, match="'herald' is called 'gazette' in this store"):
        ingest(declared, days_of("herald", root), DAYS[1:2])


def test_folders_and_exports_follow_and_a_taken_folder_stops_it(settings, root, tmp_path, monkeypatch):
    landing, staging = tmp_path / "landing", tmp_path / "staging"
    declared = tmp_path / "sources.toml"
    declared.write_text('[gazette]\nlocation = "x"\n')
    for name, value in (("LANDING", landing), ("STAGING", staging), ("SOURCES", declared)):
        monkeypatch.setenv(f"WIRECOPY_{name}", str(value))
    for folder in (landing / "herald/2026-03-01", landing / "gazette", staging / "herald"):
        folder.mkdir(parents=True)
    (landing / "herald/2026-03-01/a.warc").write_text("x")
    ingest(replace(settings, sources=str(declared)), days_of("herald", root), DAYS)  # the file has the new name already
    export(settings.store, str(tmp_path / "out"), "jsonl")
    command = ["sources", "rename", "herald", "gazette", "--store", settings.store]
    refused = CliRunner().invoke(cli, command)
    assert "gazette is there already" in str(refused.exception)
    assert {row[0] for row in rows(settings.store, IDS)} == {"herald"}
    (landing / "gazette").rmdir()
    assert "keep their ids" in CliRunner().invoke(cli, command, catch_exceptions=False).output
    assert (landing / "gazette/2026-03-01/a.warc").exists()
    assert not (landing / "herald").exists()
    assert not (staging / "herald").exists()
    done = export(settings.store, str(tmp_path / "out"), "jsonl")
    assert done.removed
    assert all("herald" in path for path in done.removed)
    assert all("gazette" in path for path in done.written)
    assert len(done.written) == len(done.removed)
    declared.write_text('[herald]\nlocation = "x"\n')  # not yet renamed there: it is no second source
    ingest(replace(settings, sources=str(declared)), days_of("gazette", root), DAYS[:1])
    with database.opened(settings.store) as engine, database.reading(engine) as connection:
        assert "herald" not in connection.scalars(sa.text("SELECT source FROM corpus_source")).all()
