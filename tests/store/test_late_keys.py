"""A large run into an empty store: what it writes at the end, all at once, is what would be there row by row."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
import sqlalchemy as sa

from etl.commit import batches
from etl.commit.settle import settle
from etl.settings import Settings
from etl.store import band_runs, database, late_keys
from tests.support.stores import check, dump, ingest_files
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


@pytest.fixture
def many(tmp_path, store_url, monkeypatch):
    """Settings by which every run is a large one, of many elections; and what each of these finds of keys."""
    monkeypatch.setattr(late_keys, "LARGE", 1)
    monkeypatch.setattr(band_runs, "ROWS_AT_ONCE", 100)
    monkeypatch.setattr(batches, "TEXTS_AN_ELECTION", 3)
    met: list[int] = []

    def watched(connection, *args):
        met.append(len(keys(connection)))
        return settle(connection, *args)

    monkeypatch.setattr("etl.commit.batches.settle", watched)
    return Settings(store=store_url, staging=str(tmp_path / "t"), workers=1, batch_bytes=1, shard_bytes=1), met


def test_an_archive_is_the_same_by_one_election_and_by_many_in_large_runs(tmp_path, many, monkeypatch):
    """Texts come at random and are as long as they are: later ones take clusters over, whose rows of the index go."""
    settings, met = many
    made = keys_of(settings.store)
    lines = [json.dumps({"id": str(n), "text": story(n % 7, (n, f"v{n}"), words=100 + n * 13 % 40)}) for n in range(28)]
    files = {f"{n}.jsonl": "\n".join(lines[n::4]) for n in range(4)}
    ingest_files(settings, tmp_path / "in", files)
    assert len(met) > 2
    assert max(met) < len(made), "no index is filled row by row that nobody looks at"
    assert keys_of(settings.store) == made
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
    assert keys_of(settings.store) == made
    ingest_files(settings, tmp_path / "in", files)
    ingest_files(replace(settings, staging=str(tmp_path / "u")), tmp_path / "in", {"4.txt": story(4)}, label="2")
    assert max(met[:2]) < len(made) == met[-1], "who has rows keeps what is there"
    assert keys_of(settings.store) == made
    check(settings.store)
