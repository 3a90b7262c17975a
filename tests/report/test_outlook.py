"""The outlook: what a store will be asked for is told before, on both databases."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from etl.report import outlook
from etl.settings import Settings
from etl.store import database
from schemas.tables import recipe, revision
from tests.support.stores import ingest_files
from tests.support.stories import story


def told(settings: Settings) -> list[str]:
    engine = database.connect(settings.store)
    with database.reading(engine) as connection:
        found = list(outlook.outlook(connection))
    engine.dispose()
    return found


def test_a_store_is_told_what_the_next_version_asks_for(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ingest_files(settings, tmp_path / "in", {"a.txt": story(1)})
    assert told(settings) == []
    engine = database.connect(settings.store)
    with database.writing(engine) as connection:
        connection.execute(sa.update(revision).values(reader=1))
        connection.execute(sa.update(recipe).values(name="k5-p128-s1-b32x4-t0.7-n1"))
    engine.dispose()
    for name, least in (("PYTHON", (9, 0)), ("POSTGRESQL", 990000), ("SQLITE", (9, 0, 0))):
        monkeypatch.setattr(outlook, f"LEAST_{name}", least)
    server = "SQLite" if settings.store.startswith("sqlite") else "PostgreSQL"
    signs = ("wirecopy rebuild", "1 revisions", "Python", server)
    assert [sign in line for sign, line in zip(signs, told(settings), strict=True)] == [True] * 4
