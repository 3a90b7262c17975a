"""A preview does everything but keep it: of it stays what a run would do, or that the guard would refuse it."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from etl.commit.erase import erase
from etl.errors import Refused, Usage
from etl.pipeline import local
from etl.settings import Settings
from etl.sources.source import Source
from etl.store import database, previews
from schemas.tables import metadata
from tests.support.stores import Quiet, check, decide, dump, ids, ingest_files, rows
from tests.support.stories import story

STORED = [table for table in metadata.sorted_tables if table.name != "preview"]


def kept(settings):
    """The latest preview."""
    with database.opened(settings.store) as engine, database.reading(engine) as connection:
        return previews.latest(connection, 1)[0]


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
    before = dump(settings.store, STORED)
    shown = local.run([source], None, "preview", settings, Quiet(), preview=True)
    assert dump(settings.store, STORED) == before
    done = local.run([source], None, "run", settings, Quiet())
    assert (shown.read, shown.new, shown.near, shown.quarantined) == (3, 2, 1, 1)
    assert replace(shown, seconds=0) == replace(done, seconds=0, run_id=None)
    check(settings.store)
    outcome = kept(settings)
    assert (outcome.label, outcome.report) == ("preview", replace(shown, seconds=outcome.report.seconds))
    assert dict(outcome.changes) == {"added": 2}
    assert [(each.path, each.canonical_title) for each in outcome.examples] == [("b.txt", "Headline 1")]
    ((margins,),) = rows(settings.store, "SELECT margins FROM run WHERE label = 'run'")
    assert [each.as_json() for each in outcome.margins] == (json.loads(margins) if type(margins) is str else margins)
    assert ["records are quarantined", 1, 3, 0.5, False] in [each.as_json() for each in outcome.margins]


def test_a_preview_says_that_the_guard_would_refuse_and_writes_down_no_refusal(settings, source):
    before = dump(settings.store, STORED)
    strict = replace(settings, max_quarantine_share=0.1, min_judged_records=1)
    with pytest.raises(Refused, match="would be refused: 1 of 3 records are quarantined"):
        local.run([source], None, "preview", strict, Quiet(), preview=True)
    assert dump(settings.store, STORED) == before
    outcome = kept(settings)
    assert outcome.report.refused == "1 of 3 records are quarantined: 33.3 %, the limit is 10 % (as none.txt: empty)"
    assert [each.path for each in outcome.examples] == ["b.txt"]
    (margin,) = [each for each in outcome.margins if each.what == "records are quarantined"]
    assert (margin.judged, round(margin.reached, 2)) == (True, 3.33)
    assert local.run([source], None, "preview", strict, Quiet(), accept=True, preview=True).quarantined == 1


def test_a_preview_makes_no_store(tmp_path, source):
    missing = Settings(store=f"sqlite:///{tmp_path}/none.db", staging=str(tmp_path / "s"), workers=1)
    with pytest.raises(Usage, match="wirecopy run"):
        local.run([source], None, "preview", missing, Quiet(), preview=True)
    assert not (tmp_path / "none.db").exists()


def test_an_erased_article_is_in_no_example_of_a_preview_and_of_many_previews_the_latest_are_kept(settings, source):
    local.run([source], None, "preview", settings, Quiet(), preview=True)
    decide(settings, erase, [ids(settings)["a.txt"]], "a court's order")
    assert kept(settings).examples == []
    with database.opened(settings.store) as engine, database.writing(engine) as connection:
        numbers = [previews.keep(connection, kept(settings)) for _ in range(previews.MAX_PREVIEWS)]
        assert [each.number for each in previews.latest(connection, 1_000)] == numbers[::-1]
        with pytest.raises(Usage, match="there is no preview 1;"):
            previews.find(connection, 1)
