"""Tasks: what an orchestrator calls, repeated as it may repeat it."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from etl.errors import Fatal, Usage
from etl.pipeline import tasks
from etl.prepare import staging
from etl.sources.source import Source
from etl.store import database
from tests.support.paths import SEEDS
from tests.support.stores import dump, rows

STARTED = "2026-03-20T12:00:00+00:00"
SOURCE = Source("seeds", (str(SEEDS),))


@pytest.fixture
def store(store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("WIRECOPY_STORE", store_url)
    monkeypatch.setenv("WIRECOPY_STAGING", str(tmp_path / "staging"))
    return store_url


@pytest.fixture
def lite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A store in SQLite, for tests that end before anything is written."""
    monkeypatch.setenv("WIRECOPY_STORE", f"sqlite:///{tmp_path}/corpus.db")
    monkeypatch.setenv("WIRECOPY_STAGING", str(tmp_path / "staging"))
    return f"sqlite:///{tmp_path}/corpus.db"


def run(label: str, source: Source = SOURCE) -> tuple[list[dict[str, Any]], dict[str, object]]:
    shards = tasks.discover(source, "", label)
    for shard in shards:
        tasks.prepare(shard, source, "", label)
    return shards, tasks.commit(shards, source, "", label, STARTED)


def test_a_commit_that_was_killed_before_it_could_report_is_reported_by_the_next_attempt(store: str) -> None:
    shards, first = run("run 1")
    before = dump(store)
    again = tasks.commit(shards, SOURCE, "", "run 1", STARTED)
    assert again == first
    assert dump(store) == before
    assert rows(store, "SELECT count(*) FROM run") == [(1,)]


def test_every_task_of_a_run_may_be_repeated(store: str) -> None:
    _, first = run("run 1")
    before = dump(store)
    _, again = run("run 1")
    assert again == first
    _, other = run("run 2")
    assert (other["run_id"], other["unchanged"]) == (None, first["articles"])
    assert dump(store) == before


def test_a_reference_goes_through_the_same_tasks_and_its_quarantine_counts(lite: str) -> None:
    bench = replace(SOURCE, name="bench", is_reference=True)
    _, report = run("run 1", bench)
    assert [report[name] for name in ("read", "new", "quarantined", "articles", "run_id")] == [59, 56, 3, 0, 1]
    assert run("run 1", bench)[1] == report
    assert run("run 2")[1]["articles"] == 56
    assert rows(lite, "SELECT count(DISTINCT article_id) FROM corpus_reference WHERE article_share = 1") == [(56,)]


def test_staging_is_cleared_of_one_run_and_swept_of_those_that_were_given_up(store: str, tmp_path: Path) -> None:
    run("run 1")
    run("run 2")
    done, given_up = (staging.folder_of(f"{tmp_path}/staging", "seeds", None, label) for label in ("run 1", "run 2"))
    tasks.clear(SOURCE, "", "run 1")
    assert not Path(done).exists()
    assert staging.sweep(f"{tmp_path}/staging", older_than_s=3600) == []
    assert staging.sweep(f"{tmp_path}/staging", older_than_s=-1) == [given_up]
    assert not Path(given_up).exists()


def test_looking_after_a_store_leaves_it_as_it_is(store: str) -> None:
    _, report = run("run 1")
    before = dump(store)
    assert tasks.verify() == report["articles"]
    tasks.tidy()
    tasks.sweep(older_than_s=3600)
    assert dump(store) == before


def test_a_store_that_is_not_there_yet_needs_no_looking_after(store: str) -> None:
    assert tasks.verify() == 0
    tasks.tidy()


def test_a_store_that_is_not_what_its_articles_make_of_it_is_named(store: str) -> None:
    run("run 1")
    with database.opened(store) as engine, database.writing(engine) as connection:
        connection.execute(sa.text("UPDATE signature SET minima = (SELECT max(minima) FROM signature)"))
    with pytest.raises(Fatal, match="from what its articles give"):
        tasks.verify()


@pytest.mark.parametrize(
    "forged",
    [
        "/etc/passwd",
        {"partition": "", "number": "../../x"},
        {"partition": "", "number": -1},
        {"partition": "", "number": True},
        {"partition": "../..", "number": 0},
        {"partition": "2026-03-14", "number": 0},
        {"number": 0},
        {},
        None,
        ["a"],
    ],
)
def test_a_shard_that_discover_cannot_have_named_is_refused_by_each_task(lite: str, forged: Any) -> None:
    with pytest.raises(Fatal, match="names no shard of this run"):
        tasks.prepare(forged, SOURCE, "", "run 1")
    with pytest.raises(Fatal, match="names no shard of this run"):
        tasks.commit([forged], SOURCE, "", "run 1", STARTED)


def test_a_forged_list_of_shards_neither_leaves_out_nor_repeats_one(lite: str, monkeypatch) -> None:
    monkeypatch.setenv("WIRECOPY_SHARD_BYTES", "30_000")
    shards = tasks.discover(SOURCE, "", "run 1")
    for forged in (shards[1:], [shards[0], *shards], [*shards[:-1], {"partition": "", "number": 999}], shards[:-1], []):
        with pytest.raises(Fatal, match="clear the whole run to do it again"):
            tasks.commit(forged, SOURCE, "", "run 1", STARTED)


@pytest.mark.parametrize("started", ["", "yesterday", "2026-03-20", None])
def test_a_forged_beginning_is_refused(lite: str, started: Any) -> None:
    shards = tasks.discover(SOURCE, "", "run 1")
    with pytest.raises(Fatal, match="does not say when this run began"):
        tasks.commit(shards, SOURCE, "", "run 1", started)


@pytest.mark.parametrize("partitions", ["../x", "2026-03-14/2099-01-01", "2026-03-14/../x", "2026-03-14/2026-03-14"])
def test_forged_partitions_remove_nothing(lite: str, tmp_path: Path, partitions: str) -> None:
    (tmp_path / "staging" / "x").mkdir(parents=True)
    with pytest.raises(Usage):
        tasks.clear(SOURCE, partitions, "run 1")
    assert (tmp_path / "staging" / "x").exists()


def shard_list_of(tmp_path: Path, label: str) -> Path:
    return Path(staging.shard_path(staging.folder_of(f"{tmp_path}/staging", "seeds", None, label), 0))


@pytest.mark.parametrize(
    "change",
    [
        {"root": "/etc"},
        {"source": "gazette"},
        {"partition_date": "2026-03-14"},
        {"columns": [["body", "secret"]]},
        {"files": [["../../etc/hostname", 1, 0]]},
        {"files": [["/etc/hostname", 1, 0]]},
        {"files": "no list"},
        {"recipe": None, "files": None},
    ],
)
def test_a_shard_list_that_is_not_of_its_source_is_not_read(lite: str, tmp_path: Path, change: Any) -> None:
    (shard,) = tasks.discover(SOURCE, "", "run 1")
    path = shard_list_of(tmp_path, "run 1")
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(Fatal, match="clear the whole run to do it again"):
        tasks.prepare(shard, SOURCE, "", "run 1")
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_a_link_in_the_staging_folder_leads_no_task_out_of_it(lite: str, tmp_path: Path) -> None:
    shards = tasks.discover(SOURCE, "", "run 1")
    folder = shard_list_of(tmp_path, "run 1").parent
    outside = tmp_path / "outside"
    folder.rename(outside)
    folder.symlink_to(outside)
    before = sorted(outside.iterdir())
    for step in (
        lambda: tasks.discover(SOURCE, "", "run 1"),
        lambda: tasks.prepare(shards[0], SOURCE, "", "run 1"),
        lambda: tasks.commit(shards, SOURCE, "", "run 1", STARTED),
        lambda: tasks.clear(SOURCE, "", "run 1"),
    ):
        with pytest.raises(Fatal, match="a link leads it out"):
            step()
    assert sorted(outside.iterdir()) == before


def test_a_file_that_became_a_link_out_of_its_source_is_not_read(lite: str, tmp_path: Path) -> None:
    folder = tmp_path / "inbox"
    folder.mkdir()
    for name in ("kept.txt", "changed.txt"):
        (folder / name).write_text("Harbour opens\n\n" + "The harbour has opened again after the long winter. " * 9)
    source = Source("inbox", (str(folder),))
    (shard,) = tasks.discover(source, "", "run 1")
    (tmp_path / "secret.txt").write_text("Secret words\n\n" + "The secret words of the worker are kept here. " * 9)
    (folder / "changed.txt").unlink()
    (folder / "changed.txt").symlink_to(tmp_path / "secret.txt")
    assert tasks.prepare(shard, source, "", "run 1")["quarantined"] == 1
    tasks.commit([shard], source, "", "run 1", STARTED)
    assert rows(lite, "SELECT path, reason FROM quarantine") == [
        ("changed.txt", "unreadable: a link out of the source's folder")
    ]
    assert rows(lite, "SELECT title FROM corpus_article") == [("Harbour opens",)]


def test_several_days_of_a_run_are_committed_each_as_itself(lite: str, tmp_path: Path) -> None:
    for day in ("06", "08"):
        folder = tmp_path / "gazette" / f"2026-03-{day}"
        folder.mkdir(parents=True)
        words = " ".join(f"word{day}{number}" for number in range(80))
        (folder / "a.txt").write_text(f"News of day {day}\n\n{words}.\n")
    source = Source("gazette", (f"{tmp_path}/gazette/{{date}}",))
    days = "2026-03-06/2026-03-08"
    shards = tasks.discover(source, days, "run 1")
    assert shards == [{"partition": "2026-03-06", "number": 0}, {"partition": "2026-03-08", "number": 0}]
    for shard in shards:
        tasks.prepare(shard, source, days, "run 1")
    report = tasks.commit(shards, source, days, "run 1", STARTED)
    assert (report["new"], report["articles"], report["partition_date"]) == (2, 2, None)
    assert rows(lite, "SELECT partition_date FROM run ORDER BY run_id")
    assert tasks.commit(shards, source, days, "run 1", STARTED) == report
    tasks.clear(source, days, "run 1")
    assert not list((tmp_path / "staging").rglob("*.json"))
