"""A rule that changes takes out what it does not want when its day is run again, and brings it back."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import pytest

from etl.commit import curate
from etl.decide.keep import KeepRule
from etl.pipeline import steps
from etl.pipeline.listing import find
from etl.sources.source import Source
from tests.support.stores import NOW, check, decide, ids, rows, shared_workers
from tests.support.stories import story

STANDING = "SELECT source_key, relation FROM corpus_member ORDER BY 1"
SAID = "SELECT who, decision, reason, holds FROM corpus_decision ORDER BY position"
LEFT_OUT = ("keep of gazette", "retract", "the rule of its source leaves it out", True)
ALL = [("copy", "near"), ("long", "canonical"), ("other", "canonical"), ("short", "near")]


@pytest.fixture
def gazette(tmp_path):
    """A day of a source: a long story, a shorter near-copy of it, a copy of that, and another story."""
    texts = {"long": story(1, words=80), "short": story(1, words=66), "copy": story(1, words=66), "other": story(2)}
    write(tmp_path, 1, texts)
    return Source("gazette", (f"{tmp_path}/{{date}}.jsonl",))


def write(folder, day, texts):
    records = []
    for key, text in texts.items():
        title, _, body = text.partition("\n\n")
        records.append({"id": key, "title": title, "body": body, "section": "sport" if key == "long" else "news"})
    (folder / f"2026-03-0{day}.jsonl").write_text("\n".join(map(json.dumps, records)))


def run(settings, source, staged=False, day=1, **rule):
    source, day = replace(source, keep=KeepRule.parse(rule)), date(2026, 3, day)
    if not staged:
        return steps.ingest(find(source, day, settings), "test", settings, shared_workers())
    shards = steps.discover(source, day, "staged", settings)
    for shard in shards:
        steps.prepare(shard, settings, shared_workers())
    return steps.commit(shards, source, day, "staged", settings, NOW)


@pytest.mark.parametrize("staged", [False, True])
def test_a_stricter_rule_takes_articles_out_and_a_looser_one_brings_them_back(settings, gazette, staged):
    run(settings, gazette)
    assert rows(settings.store, STANDING) == ALL
    report = run(settings, gazette, staged, words=70)
    assert (report.quarantined, report.articles, report.retracted) == (3, 1, 3)
    assert rows(settings.store, STANDING) == [("long", "canonical")]
    assert rows(settings.store, "SELECT record, stage FROM corpus_quarantine ORDER BY 1") == [
        (n, "filter") for n in (1, 2, 3)
    ]
    assert rows(settings.store, SAID) == [LEFT_OUT] * 3
    check(settings.store)
    assert run(settings, gazette, staged, words=70).run_id is None
    report = run(settings, gazette, staged, words=65)
    assert (report.quarantined, report.articles) == (1, 3)
    assert rows(settings.store, STANDING) == [row for row in ALL if row[0] != "other"]
    run(settings, gazette, staged)
    assert rows(settings.store, STANDING) == ALL
    assert rows(settings.store, "SELECT * FROM corpus_quarantine") == []
    check(settings.store)


def test_others_stand_for_the_story_of_a_canonical_that_is_left_out(settings, gazette):
    run(settings, gazette)
    run(settings, gazette, section=["news"])
    standing = dict(rows(settings.store, STANDING))
    assert sorted(standing.values()) == ["canonical", "canonical", "exact"]
    assert "long" not in standing
    check(settings.store)
    run(settings, gazette)
    assert rows(settings.store, STANDING) == ALL
    check(settings.store)


def test_the_last_word_is_a_persons(settings, gazette):
    run(settings, gazette)
    run(settings, gazette, words=70)
    decide(settings, curate.restore, [ids(settings)["other"]])
    decide(settings, curate.retract, [ids(settings)["long"]], "wrong")
    run(settings, gazette, words=70)
    assert rows(settings.store, STANDING) == [("other", "canonical")]
    run(settings, gazette)
    assert "long" not in dict(rows(settings.store, STANDING))
    check(settings.store)


def test_only_the_record_of_the_current_text_takes_an_article_out(settings, gazette, tmp_path):
    run(settings, gazette)
    write(tmp_path, 2, {"other": story(2, words=40), "long": story(1, words=81)})
    run(settings, gazette, day=2, words=50)  # a later revision is not wanted: the earlier text stays
    assert [key for key, _ in rows(settings.store, STANDING)] == [key for key, _ in ALL]
    run(settings, gazette, words=1000)  # the text of "long" is that of the second day now
    assert rows(settings.store, STANDING) == [("long", "canonical")]
    check(settings.store)
