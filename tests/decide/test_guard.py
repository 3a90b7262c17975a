"""The guard: a run that would change too much is undone, says why, and passes when it is accepted."""

from __future__ import annotations

from dataclasses import replace

import pytest
from click.testing import CliRunner

from etl.cli.main import cli
from etl.commit.erase import erase
from etl.decide.guard import Limits, examples, margins
from etl.errors import Refused
from etl.pipeline import local
from etl.settings import decider
from etl.sources import source as sources
from schemas.tables import metadata
from tests.support.stores import Quiet, check, decide, dump, ids, ingest_files, rows
from tests.support.stories import story

STATE = [t for t in metadata.sorted_tables if t.name != "run"]
LIMITS = Limits(0.9, 0.5, 0.1, 5_000)
SMALL = replace(LIMITS, cluster_growth=49)


def added(count, canonical=None):
    return [(f"a{n}", "added", canonical or f"a{n}") for n in range(count)]


def exceeded(*facts, **more):
    """What the guard says of a run, of each limit beyond which it goes."""
    return [each.said for each in margins(*facts, **more) if each.said]


def replaced(count):
    return [(f"a{n}", "became_duplicate", f"b{n}") for n in range(count)]


@pytest.mark.parametrize(
    ("limits", "unread", "within", "beyond", "says"),
    [
        (
            LIMITS,
            0,
            added(20) + added(180, "x"),
            added(19) + added(181, "x"),
            "181 of 200 new articles are duplicates: 90.5 %",
        ),
        (LIMITS, 1, [], [], "101 of 200 records are quarantined: 50.5 %, the limit is 50 %"),
        (LIMITS, 0, replaced(100), replaced(101), "101 of 1000 articles of the corpus would be replaced: 10.1 %"),
        (
            SMALL,
            0,
            added(150) + added(49, "x"),
            added(150) + added(50, "x"),
            "50 articles would become duplicates of x",
        ),
    ],
)
def test_each_limit_stops_a_run_just_beyond_it_and_says_by_how_much_with_examples(limits, unread, within, beyond, says):
    def reasons(quarantined, changes):
        counts = {"read": 200, "quarantined": quarantined}
        return exceeded(limits, counts, 1_000, changes, [f"f{n}.txt: empty" for n in range(quarantined)])

    assert reasons(100 if unread else 0, within) == []
    (reason,) = reasons(101 if unread else 0, beyond)
    assert says in reason
    assert reason.count(",") >= 2, "three examples"
    assert "(as " in reason


@pytest.mark.parametrize("least", [100, 10])
def test_a_handful_of_records_is_not_judged_by_shares(least):
    def reasons(count):
        counts = {"read": count, "quarantined": count}
        return exceeded(replace(LIMITS, least=least), counts, count, added(count, "x"), ["a.txt: empty"] * count)

    assert reasons(least - 1) == []
    assert len(reasons(least)) == 2


def test_a_refused_run_leaves_the_corpus_as_it_was_is_written_down_and_passes_when_accepted(settings, tmp_path):
    ingest_files(settings, tmp_path / "in", {"a.txt": story(1)}, label="1")
    before = dump(settings.store, STATE)
    strict = replace(settings, max_cluster_growth=2)
    copies = {f"{n}.txt": story(1, words=60 - n) for n in range(1, 4)}
    with pytest.raises(Refused, match=r"3 articles would become duplicates of .* the limit is 2 .*accept") as said:
        ingest_files(strict, tmp_path / "in", copies, label="2")
    lines = [f"test: Headline 1  [{n}.txt] would join test: Headline 1" for n in range(1, 4)]
    assert sorted(str(said.value).split("\n")[1:]) == lines
    assert dump(settings.store, STATE) == before
    ((refused, new, articles),) = rows(settings.store, "SELECT refused, new, articles FROM corpus_run WHERE run_id = 2")
    assert "the limit is 2" in refused
    assert (new, articles) == (3, 1)
    check(settings.store)

    (source,) = sources.from_locations([str(tmp_path / "in")], "test")
    report = local.run([source], None, "3", strict, Quiet(), accept=True)
    assert (report.new, report.near, report.run_id) == (3, 3, 3)
    ((run, accepted, by),) = rows(
        settings.store, "SELECT run_id, accepted, accepted_by FROM corpus_run WHERE accepted_by IS NOT NULL"
    )
    assert (run, by, accepted) == (3, decider(), refused)
    assert report.remarks() == [f"accepted by {by}: {accepted}"]
    shown = CliRunner().invoke(cli, ["report", "--run", "2", "--store", settings.store], catch_exceptions=False)
    assert f"refused, and undone: {refused}" in shown.output
    assert [line for line in lines if line in shown.output] == lines, "nothing else keeps them: the run was undone"
    check(settings.store)
    decide(settings, erase, [ids(settings)["1.txt"]], "a court's order")
    shown = CliRunner().invoke(cli, ["report", "--run", "2", "--store", settings.store], catch_exceptions=False)
    assert [line for line in lines if line in shown.output] == lines[1:], "what was erased is in no example"


def test_examples_are_of_each_kind_and_of_the_story_that_would_grow_most():
    changes = [*added(5), *[(f"n{n}", "added", "c") for n in range(5)], *replaced(5), ("z", "added", "c")]
    assert examples(changes) == [
        ("n0", "c"), ("n1", "c"), ("n2", "c"), ("a0", "b0"), ("a1", "b1"), ("a2", "b2"),
    ]  # fmt: skip
    assert examples([*added(2), ("gone", "retracted", None)]) == []


def test_portions_below_the_limit_of_a_run_are_stopped_by_that_of_the_days_together():
    limits = replace(LIMITS, lately_replaced_share=0.15)
    counts = {"read": 200, "quarantined": 0}
    assert exceeded(limits, counts, 1_000, replaced(100), [], lately_replaced=50) == []
    (reason,) = exceeded(limits, counts, 1_000, replaced(100), [], lately_replaced=51)
    assert reason.startswith("151 articles of a corpus of 1000 would be replaced within 30 days: the limit is 15 %")
    assert exceeded(limits, counts, 1_000, replaced(1), [], lately_replaced=900) == [], "it hardly replaces any"


@pytest.mark.parametrize("limit", [{"records": 4}, {"row_bytes": 1_000}])
def test_a_run_of_more_than_it_may_bring_leaves_the_corpus_as_it_was(settings, tmp_path, limit):
    names = {"records": "max_run_records", "row_bytes": "max_run_bytes"}
    limited = replace(settings, **{names[name]: value for name, value in limit.items()})
    files = {f"{number}.txt": story(number) for number in range(5)}
    with pytest.raises(Refused, match="more than"):
        ingest_files(limited, tmp_path / "in", files)
    assert rows(settings.store, "SELECT count(*) FROM article") == [(0,)]
    assert ingest_files(settings, tmp_path / "in", files).new == 5
