"""Copies: a store is the same on the other database, wherever the copy was killed, and while others write."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from itertools import groupby
from pathlib import Path

import pytest
import sqlalchemy as sa

from etl.commit import curate
from etl.commit.erase import erase
from etl.errors import Fatal
from etl.pipeline.erasing import resume
from etl.settings import Settings
from etl.store import bulk, database, previews, schema, visits
from etl.store import copy as copying
from schemas.fetched import Visit
from schemas.records import RunReport
from schemas.tables import metadata
from tests.conftest import new_database
from tests.support.stores import NOW, check, decide, dump, ids, ingest_files
from tests.support.stories import story

EVERYTHING = metadata.sorted_tables


def silent(table: str) -> None:
    pass


@pytest.fixture
def filled(settings: Settings, tmp_path: Path) -> Settings:
    """A store with something in every table that runs, people and fetching fill."""
    settings = replace(settings, landing=str(tmp_path / "landing"))
    texts = {f"{n}.txt": story(n // 2, (n, "other")) for n in range(12)}
    texts |= {"long.txt": story(99, words=200), "excerpt.txt": story(99, words=60)}
    ingest_files(settings, tmp_path / "in", {**texts, "picture.txt": b"%PDF-1.7"})
    known = [ids(settings)[f"{n}.txt"] for n in range(4)]
    decide(settings, curate.retract, known[:1], "wrong")
    decide(settings, curate.judge, known[1], known[2], "same", "told so")
    decide(settings, erase, known[3:4], "court order")
    resume(settings)
    engine = database.connect(settings.store)
    with database.writing(engine) as connection:
        urls = [Visit(f"https://herald.example/{name}", "page", NOW, landed_at=NOW) for name in ("Z", "a", "é", "_")]
        visits.save(connection, "herald", urls)
        previews.keep(connection, previews.Preview("look", NOW, RunReport("herald", date(2026, 3, 1)), {}, [], []))
    engine.dispose()
    return settings


@pytest.fixture
def target(request: pytest.FixtureRequest, filled: Settings, tmp_path: Path) -> Iterator[str]:
    """An empty store on the database that the filled one is not on."""
    if filled.store.startswith("sqlite"):
        ready = request.getfixturevalue("ready_postgres")
        with new_database(request.getfixturevalue("postgres"), ready) as url:
            yield url
    else:
        shutil.copy(request.getfixturevalue("ready_sqlite"), tmp_path / "copy.db")
        yield f"sqlite:///{tmp_path}/copy.db"


def test_a_copy_has_every_row_and_the_next_run_is_the_same(filled: Settings, target: str, tmp_path: Path) -> None:
    copied = copying.copy(filled.store, target, silent)
    assert copied.keys() == metadata.tables.keys()
    assert {name for name, count in copied.items() if not count} <= {
        "reference", "reference_shingle", "reference_common", "reference_match"
    }  # fmt: skip
    assert dump(target, EVERYTHING) == dump(filled.store, EVERYTHING)
    check(target)
    engine = database.connect(target)
    assert schema.differences(engine) == []
    engine.dispose()
    files = {"new.txt": story(1), "copy.txt": story(1, (3, "x"))}
    for store in (filled.store, target):
        ingest_files(replace(filled, store=store), tmp_path / "in", files)
        check(store)
        files = {}
    assert dump(target) == dump(filled.store)


class Killed(BaseException):
    """The end of a process."""


def test_a_copy_that_is_killed_is_no_store_and_goes_on_even_where_the_store_has_changed(
    filled: Settings, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copying, "ROWS_A_BATCH", 20)
    inserted: list[str] = []
    real, dies_at = bulk.insert, -1

    def insert(connection: sa.Connection, table: sa.Table, columns: list[list[object]]) -> None:
        if len(inserted) == dies_at:
            raise Killed
        inserted.append(table.name)
        real(connection, table, columns)

    for at in (0, 3, 14):
        dies_at = at
        with monkeypatch.context() as patched:
            patched.setattr(bulk, "insert", insert)
            with pytest.raises(Killed):
                copying.copy(filled.store, target, silent)
        engine = database.connect(target)
        for command in (schema.require_current, schema.upgrade):
            with pytest.raises(Fatal, match="unfinished copy"):
                command(engine)
        engine.dispose()
    begun = [name for name, _ in groupby(inserted)]
    assert len(begun) == len(set(begun)), "a table that is there is not copied again"
    decide(filled, curate.retract, sorted(ids(filled).values())[5:6], "meanwhile")
    copying.copy(filled.store, target, silent)
    assert dump(target, EVERYTHING) == dump(filled.store, EVERYTHING)
    check(target)


def test_what_holds_a_store_is_not_copied_over(filled: Settings, tmp_path: Path) -> None:
    other = f"sqlite:///{tmp_path}/other.db"
    ingest_files(replace(filled, store=other), tmp_path / "in", {"a.txt": story(1)})
    before = dump(other, EVERYTHING)
    for target in (other, filled.store):
        with pytest.raises(Fatal, match="holds a store already"):
            copying.copy(filled.store, target, silent)
    assert dump(other, EVERYTHING) == before


def test_a_row_that_came_otherwise_is_seen(filled: Settings, target: str, monkeypatch: pytest.MonkeyPatch) -> None:
    real = bulk.insert

    def insert(connection: sa.Connection, table: sa.Table, columns: list[list[object]]) -> None:
        at = table.c.keys().index("body") if table.name == "revision" else None
        spoilt = [[*column[:-1], "spoilt"] if n == at else column for n, column in enumerate(columns)]
        real(connection, table, spoilt)

    monkeypatch.setattr(bulk, "insert", insert)
    with pytest.raises(Fatal, match="revision is not the same"):
        copying.copy(filled.store, target, silent)
    monkeypatch.setattr(bulk, "insert", real)
    copying.copy(filled.store, target, silent)
    check(target)


def test_a_backup_is_of_one_moment_while_others_write_and_one_file(
    filled: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = dump(filled.store, EVERYTHING)
    written = []

    def writes(table: str) -> None:
        if table == metadata.sorted_tables[3].name:
            written.append(decide(filled, curate.retract, sorted(ids(filled).values())[5:6], "meanwhile").run_id)

    file = tmp_path / "backup.db"
    copying.copy(filled.store, f"sqlite:///{file}", writes)
    assert written != [None]
    assert dump(f"sqlite:///{file}", EVERYTHING) == before
    assert [path.name for path in tmp_path.glob("backup.db*")] == ["backup.db"]
    check(f"sqlite:///{file}")
