"""A large run into an empty store: what it writes at the end, all at once, is what would be there row by row."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from etl.commit import batches
from etl.commit.settle import settle
from etl.settings import Settings
from etl.store import band_runs, database, late_keys
from tests.support.stores import check, dump, ingest_files, rows
from tests.support.stories import story


def keys(connection):
    """All keys, references and indexes that there are, as the database tells them."""
    if connection.dialect.name == "sqlite":
        return sorted(connection.execute(sa.text("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")).all())
    constraints = connection.execute(sa.text("SELECT conrelid, conname, pg_get_constraintdef(oid) FROM pg_constraint"))
    indexes = connection.execute(sa.text("SELECT tablename, indexname, indexdef FROM pg_indexes"))
    return sorted(map(str, [*constraints, *indexes]))


def keys_of(url):
    engine = database.connect(url)
    with database.reading(engine) as connection:
        found = keys(connection)
    engine.dispose()
    return found


def file_of(url):
    """The file of a store; None: it is on PostgreSQL."""
    name = sa.make_url(url).database if url.startswith("sqlite") else None
    return Path(name) if name else None


def has_log(url):
    """Whether a store writes ahead to a log, as the header of a SQLite file says."""
    file = file_of(url)
    return file is None or file.read_bytes()[18] == 2


@pytest.fixture
def many(tmp_path, store_url, monkeypatch):
    """Settings by which every run is a large one, of many elections; how many keys each of these finds, and a log."""
    monkeypatch.setattr(late_keys, "LARGE", 1)
    monkeypatch.setattr(band_runs, "ROWS_AT_ONCE", 100)
    monkeypatch.setattr(batches, "TEXTS_AN_ELECTION", 3)
    met: list[tuple[int, bool]] = []

    def watched(connection, *args):
        log = connection.dialect.name != "sqlite" or connection.scalar(sa.text("PRAGMA journal_mode")) == "wal"
        met.append((len(keys(connection)), log))
        if file := file_of(store_url):
            for name in (file.name, f"{file.name}-journal"):
                if (there := file.with_name(name)).exists():
                    shutil.copy(there, tmp_path / f"killed-{name}")
        return settle(connection, *args)

    monkeypatch.setattr("etl.commit.batches.settle", watched)
    settings = Settings(store=store_url, staging=str(tmp_path / "t"), workers=1, batch_bytes=1, shard_bytes=1)
    return replace(settings, cache_bytes=20_480), met


def test_an_archive_is_the_same_by_one_election_and_by_many_in_large_runs(tmp_path, many, monkeypatch, ready_sqlite):
    """Texts come at random and are as long as they are: later ones take clusters over, whose rows of the index go."""
    settings, met = many
    made = keys_of(settings.store)
    lines = [json.dumps({"id": str(n), "text": story(n % 7, (n, f"v{n}"), words=100 + n * 13 % 40)}) for n in range(28)]
    files = {f"{n}.jsonl": "\n".join(lines[n::4]) for n in range(4)}
    # Two batches bring and change an article before any election: its first text is gone, and its signature.
    files |= {f"{n}.jsonl": json.dumps({"url": "http://x.org/1", "text": story(n)}) for n in (8, 9)}
    ingest_files(settings, tmp_path / "in", files)
    assert len(met) > 2
    assert max(met) < (len(made), False), "no index is filled row by row that nobody looks at"
    assert {log for _, log in met} == {file_of(settings.store) is None}, "no page is written twice"
    assert has_log(settings.store)
    assert keys_of(settings.store) == made
    if file := file_of(settings.store):
        killed = file.with_name(f"killed-{file.name}")
        assert killed.stat().st_size > ready_sqlite.stat().st_size, (
            "pages were in the file, and what undoes them beside it"
        )
        with monkeypatch.context() as patched:  # where nothing can be written
            patched.setattr("os.access", lambda path, mode: False)
            assert keys_of(f"sqlite:///{killed}") == made, "it is not read as a killed run left it"
        assert keys_of(f"sqlite:///{killed}") == made
        assert rows(f"sqlite:///{killed}", "SELECT count(*) FROM article") == [(0,)]
    monkeypatch.undo()
    once = Settings(store=f"sqlite:///{tmp_path}/once.db", staging=str(tmp_path / "s"), workers=1)
    ingest_files(once, tmp_path / "in", {})
    assert dump(settings.store) == dump(once.store)
    check(settings.store)


def test_a_large_run_that_fails_leaves_an_empty_store_with_its_keys_and_a_later_one_does_without(tmp_path, many):
    settings, met = many
    made, files = keys_of(settings.store), {f"{n}.txt": story(n) for n in range(3)}
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(batches, "total", lambda effects: [*effects] and 1 / 0)
        with pytest.raises(ZeroDivisionError):
            ingest_files(settings, tmp_path / "in", files)
    assert has_log(settings.store)
    assert keys_of(settings.store) == made
    with ExitStack() as stack:
        if file := file_of(settings.store):
            stack.enter_context(closing(sqlite3.connect(file))).execute("SELECT count(*) FROM article").fetchall()
        ingest_files(settings, tmp_path / "in", files)
    assert met[1][1], "who has the file open needs its log"
    ingest_files(replace(settings, staging=str(tmp_path / "u")), tmp_path / "in", {"4.txt": story(4)}, label="2")
    assert max(met[:2]) < (len(made), True) == met[-1], "who has rows keeps what is there"
    assert keys_of(settings.store) == made
    check(settings.store)
