"""What is said of an article: why it stands where it does, and in which words it differs."""

from __future__ import annotations

import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.commit import curate
from etl.fingerprint.comparison import compared_by
from etl.fingerprint.signatures import shingles
from etl.report import diff
from etl.report.diff import Piece
from etl.report.explain import explain
from etl.report.explanation import Dates, Explanation, containment, marked, order
from etl.store import database
from tests.support.stores import decide, ids, ingest_files, rows
from tests.support.stories import story

DAY, NEXT = date(2026, 3, 1), date(2026, 3, 2)


def told(settings, name):
    engine = database.connect(settings.store)
    try:
        with database.reading(engine) as connection:
            (found,) = explain(connection, name)
    finally:
        engine.dispose()
    return found


def test_a_duplicate_is_explained_by_figures_dates_judgements_and_runs(settings, tmp_path):
    ingest_files(settings, tmp_path / "a", {"long.txt": story(1, words=80), "other.txt": story(2)}, DAY, "first")
    ingest_files(settings, tmp_path / "b", {"short.txt": story(1, words=65)}, NEXT, "second")
    known = ids(settings)
    decide(settings, curate.judge, known["short.txt"], known["other.txt"], "different", "two fires")
    found = told(settings, "short.txt")
    assert (found.state, found.relation, found.canonical_key) == ("duplicate", "near", "long.txt")
    stored = rows(
        settings.store, "SELECT title, body FROM article JOIN revision USING (article_id) ORDER BY source_key"
    )
    long, _, short = compared_by(stored)
    sets = [shingles(short, 5), shingles(long, 5)]
    assert (found.contained, found.contains) == (1.0, pytest.approx(len(sets[0]) / len(sets[1])))
    assert found.dates[1:4] == ("2026-03-02", None, "2026-03-02")
    assert found.canonical_dates[1:4] == ("2026-03-01", None, "2026-03-01")
    assert found.order == "the canonical is of 2026-03-01, this one of 2026-03-02"
    assert [(t.run_id, t.label, t.change, t.canonical_id) for t in found.history] == [
        (2, "second", "added", known["long.txt"])
    ]
    (said,) = found.decisions
    assert (said.other_id, said.other_key, said.word, said.who, said.reason) == (
        known["other.txt"], "other.txt", "different", "ana", "two fires",
    )  # fmt: skip
    assert told(settings, "other.txt").decisions[0].other_key == "short.txt"
    assert "contained: 1.0000 of this one in the canonical" in "\n".join(found.lines())
    assert f"2026-03-20, ana: another story than other.txt  [{known['other.txt']}]: two fires" in found.lines()
    plain = json.loads(json.dumps(found.as_json()))
    assert (plain["decisions"][0]["who"], plain["dates"]["day"], plain["history"][0]["run_id"]) == (
        "ana", "2026-03-02", 2,
    )  # fmt: skip
    assert plain["diff"]["pieces"][0]["op"] == "same"


def test_the_diff_leads_from_the_canonicals_text_to_the_articles(settings, tmp_path):
    ingest_files(settings, tmp_path / "in", {"a.txt": story(1, words=80), "b.txt": story(1, (40, "NEW"), words=79)})
    found = told(settings, "b.txt")
    assert [piece for piece in found.diff.pieces if piece.op != "same"] == [
        Piece("removed", "1word40"), Piece("added", "NEW"),
        Piece("removed", "1word78 1word79."), Piece("added", "1word78."),
    ]  # fmt: skip
    assert told(settings, "a.txt").diff is None


def test_a_retracted_article_keeps_its_history(settings, tmp_path):
    ingest_files(settings, tmp_path / "in", {"a.txt": story(1)})
    decide(settings, curate.retract, [ids(settings)["a.txt"]], "wrong")
    found = told(settings, "a.txt")
    assert found.state == "retracted"
    assert [touch.change for touch in found.history] == ["added", "retracted"]
    assert "retracted, 2026-03-20 12:00 UTC, wrong" in found.lines()[2]
    assert found.lines()[3] == "2026-03-20, ana: retracted it: wrong"


words = st.lists(st.sampled_from(["a", "b", "c", "the", "\n\n", "Zürich"]), max_size=40).map(" ".join)


@given(words, words)
def test_a_diff_holds_both_texts(old, new):
    found = diff.diff(old, new)
    for side, text in (("removed", old), ("added", new)):
        kept = " ".join(piece.text for piece in found.pieces if piece.op in ("same", side))
        assert diff._words(kept) == diff._words(text)
    assert all(a.op != b.op for a, b in zip(found.pieces, found.pieces[1:], strict=False))


def test_a_diff_of_equal_texts_is_one_piece_and_of_none_no_piece():
    assert diff.diff("a b", "a  b").pieces == (Piece("same", "a b"),)
    assert diff.diff("", "").pieces == ()


def test_a_diff_of_huge_texts_stops_and_says_so(monkeypatch):
    monkeypatch.setattr(diff, "MAX_DIFF_WORDS", 10)
    old = " ".join(f"old{n}" for n in range(100)) + " end"
    new = " ".join(f"new{n}" for n in range(50)) + " end"
    found = diff.diff(f"begin {old}", f"begin {new}")
    assert found.pieces[0] == Piece("same", "begin")
    assert [len(piece.text.split()) for piece in found.pieces] == [1, 10, 10]
    assert found.left_out == 91
    assert list(marked(found))[-1].text == "[… and 91 words more, not compared]"


def test_what_is_the_same_is_shown_beside_what_differs_only():
    text = [f"w{n}" for n in range(100)]
    found = diff.diff(" ".join(text), " ".join([*text[:50], "NEW", *text[51:]]))
    shown = [piece.text for piece in marked(found)]
    assert shown == [
        "[… 42 words alike …] " + " ".join(text[42:50]),
        "[-w50-]",
        "{+NEW+}",
        " ".join(text[51:59]) + " [… 41 words alike …]",
    ]


@pytest.mark.parametrize(("mine", "canonical", "says"), [
    (Dates(0, "2026-03-01", None, None, 9), Dates(1, "2026-03-02", None, None, 1), "source has rank 1, this one's 0"),
    (Dates(0, "2026-03-02", None, None, 9), Dates(0, "2026-03-01", None, None, 1), "this one of 2026-03-02"),
    (Dates(0, None, None, None, 9), Dates(0, "2026-03-01", None, None, 1), "this one without a date"),
    (Dates(0, None, None, None, 5), Dates(0, None, None, None, 9), "both are without a date, the canonical is longer"),
    (Dates(0, None, None, None, 5), Dates(0, None, None, None, 5), "equally long, the canonical has the smaller id"),
    (Dates(0, "2026-03-01", None, None, 5), Dates(0, "2026-03-02", None, None, 5), "another article with this very"),
])  # fmt: skip
def test_the_order_is_told_by_what_decided_it(mine, canonical, says):
    assert says in order(mine, canonical)


@given(st.sets(st.integers(0, 50), min_size=1), st.sets(st.integers(0, 50), min_size=1))
def test_containment_follows_from_jaccard_and_sizes(mine, canonical):
    shared = len(mine & canonical)
    found = containment(shared / len(mine | canonical), len(mine), len(canonical))
    assert found == (shared / len(mine), shared / len(canonical))


def test_an_explanation_of_nothing_known_says_little():
    assert Explanation("quarantined", None, "s", "k", "", reason="read: empty").lines() == [
        "s: k", "is not in the corpus: quarantined, read: empty",
    ]  # fmt: skip
