"""A preview does everything but keep it: it reports what a run would, or that the guard would refuse it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from etl.errors import Refused, Usage
from etl.pipeline import local
from etl.settings import Settings
from etl.sources.source import Source
from schemas.tables import metadata
from tests.support.stores import Quiet, check, dump, ingest_files
from tests.support.stories import story


@pytest.fixture
def source(settings, tmp_path):
    """A source with a copy, an article of its own and an empty file, for a store that has an article."""
    ingest_files(settings, tmp_path / "before", {"a.txt": story(1)})
    folder = tmp_path / "in"
    folder.mkdir()
    for name, text in {"b.txt": story(1, words=55), "c.txt": story(2), "none.txt": ""}.items():
        (folder / name).write_text(text, encoding="utf-8")
    return Source("test", (str(folder),))


def test_a_preview_reports_what_the_run_then_does_and_leaves_the_store_as_it_was(settings, source):
    before = dump(settings.store, metadata.sorted_tables)
    shown = local.run([source], None, "preview", settings, Quiet(), preview=True)
    assert dump(settings.store, metadata.sorted_tables) == before
    done = local.run([source], None, "run", settings, Quiet())
    assert (shown.read, shown.new, shown.near, shown.quarantined) == (3, 2, 1, 1)
    assert replace(shown, seconds=0) == replace(done, seconds=0, run_id=None)
    check(settings.store)


def test_a_preview_says_that_the_guard_would_refuse_and_writes_down_no_refusal(settings, source):
    before = dump(settings.store, metadata.sorted_tables)
    strict = replace(settings, max_quarantine_share=0.1, min_judged_records=1)
    with pytest.raises(Refused, match="would be refused: 1 of 3 records are quarantined"):
        local.run([source], None, "preview", strict, Quiet(), preview=True)
    assert dump(settings.store, metadata.sorted_tables) == before
    assert local.run([source], None, "preview", strict, Quiet(), accept=True, preview=True).quarantined == 1


def test_a_preview_makes_no_store(tmp_path, source):
    missing = Settings(store=f"sqlite:///{tmp_path}/none.db", staging=str(tmp_path / "s"), workers=1)
    with pytest.raises(Usage, match="wirecopy run"):
        local.run([source], None, "preview", missing, Quiet(), preview=True)
    assert not (tmp_path / "none.db").exists()
