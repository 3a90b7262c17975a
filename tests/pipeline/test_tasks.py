"""Tasks: what an orchestrator calls, repeated as it may repeat it."""

from pathlib import Path

import pytest
import sqlalchemy as sa

from etl.errors import Fatal
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


def run(label: str) -> tuple[list[str], dict[str, object]]:
    shards = tasks.discover(SOURCE, "", label)
    for shard in shards:
        tasks.prepare(shard)
    return shards, tasks.commit(shards, SOURCE, "", label, STARTED)


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


def test_staging_is_cleared_of_one_run_and_swept_of_those_that_were_given_up(store: str, tmp_path: Path) -> None:
    done, _ = run("run 1")
    given_up, _ = run("run 2")
    staging.clear(done)
    assert not Path(done[0]).parent.exists()
    assert staging.sweep(f"{tmp_path}/staging", older_than_s=3600) == []
    assert staging.sweep(f"{tmp_path}/staging", older_than_s=-1) == [str(Path(given_up[0]).parent)]
    assert not Path(given_up[0]).parent.exists()


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
        connection.execute(sa.text("UPDATE text SET comparison = comparison || ' more'"))
    with pytest.raises(Fatal, match="from what its articles give"):
        tasks.verify()
