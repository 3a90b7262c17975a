"""The benchmarks' own promises: their corpus, their truth and their scores; and pages that show what was measured."""

from __future__ import annotations

import itertools
import random
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest

from benchmarks import decisions, news, pages, plots, results, scanned, score, steps_scanned, tables, truth
from benchmarks.goals import goals
from etl.fingerprint.recipe import Recipe
from tests.support.paths import ROOT

K, THRESHOLD = 5, 0.7


def plainly(text):
    words = re.findall(r"\w+", text.casefold())
    return {tuple(words[i : i + K]) for i in range(max(1, len(words) - K + 1))}


@pytest.fixture(scope="module")
def corpus():
    return list(news.corpus(600, seed=3))


@pytest.fixture(scope="module")
def known(corpus):
    return score.Truth.of([p.id for p in corpus], [p.text for p in corpus], K, THRESHOLD)


def test_a_corpus_is_a_function_of_its_seed_and_begins_every_larger_one(corpus):
    assert list(news.corpus(1200, seed=3))[:600] == corpus
    assert next(news.corpus(1, seed=4)).text != corpus[0].text
    assert [p.id for p in corpus] == [str(n) for n in range(600)]


def test_the_generator_writes_the_same_news_for_ever():
    """Results of two days are on one corpus; a change of the generator is told by this."""
    assert (
        next(news.corpus(1, seed=7)).text.splitlines()[0] == "Short ruling suspended pier in Elifell, planner estimated"
    )


def test_articles_that_are_no_copies_are_unlike_and_bulletins_are_between():
    sets = truth.sets_of(news.Newsroom(1).articles(1500), K)
    assert len(truth.pairs(sets, THRESHOLD)[0]) == 0
    near = len(truth.pairs(sets, 0.3)[0])
    assert 20 < near < 500, "bulletins that differ in their numbers are near one another, articles are not"


def test_scans_are_a_function_of_the_seed_and_copies_of_a_story_are_of_one_week():
    scans = list(scanned.corpus(150, seed=3))
    assert scans == list(scanned.corpus(150, seed=3))
    assert scans != list(scanned.corpus(150, seed=3, profile=scanned.PROFILES["even"]))
    assert scans[0].text.splitlines()[0] == "Ransawell. Falneoff."
    days: dict[int, set[str]] = {}
    for scan in scans:
        days.setdefault(scan.story, set()).add(scan.date)
    spans = [date.fromisoformat(max(each)) - date.fromisoformat(min(each)) for each in days.values()]
    assert timedelta() < max(spans) < timedelta(scanned.WEEK)


def test_clusters_are_scored_by_the_pairs_that_are_copies():
    assert steps_scanned.scores(["a", "a", "b", "b"], [1, 1, 1, 2]) == {
        "rand": 0.0, "recall": 0.3333, "precision": 0.5,
    }  # fmt: skip
    assert steps_scanned.scores("ccd", [1, 1, 2])["rand"] == 1.0


def test_every_planted_copy_names_a_text_and_most_reach_the_threshold(corpus, known):
    number = {p.id: n for n, p in enumerate(corpus)}
    copies = [p for p in corpus if p.copy_of in number]
    similarity = truth.jaccards(known.sets, [number[p.id] for p in copies], [number[p.copy_of or ""] for p in copies])
    assert {p.kind for p in copies} >= {"words", "trim", "boilerplate", "case", "exact", "noise", "headline"}
    assert all(s == 1 for p, s in zip(copies, similarity, strict=True) if p.kind in ("exact", "case"))
    assert 0.6 < (similarity >= THRESHOLD).mean() < 0.95


@pytest.mark.parametrize("threshold", [0.2, 0.5, 0.7, 1.0])
def test_the_truth_is_what_comparing_every_pair_gives(corpus, threshold):
    texts = [p.text for p in corpus[:150]] + ["one", "one", "two words", "", ""]
    sets = [plainly(text) if text else set() for text in texts]
    plain = {
        (a, b): len(sets[a] & sets[b]) / len(sets[a] | sets[b])
        for a, b in itertools.combinations(range(len(texts)), 2)
        if sets[a] and sets[b]
    }
    left, right, found = truth.pairs(truth.sets_of(texts, K), threshold)
    assert dict(zip(zip(left.tolist(), right.tolist(), strict=True), found.tolist(), strict=True)) == {
        pair: similarity for pair, similarity in plain.items() if similarity >= threshold
    }


def test_the_election_of_the_truth_keeps_no_chain():
    found = ([0, 1], [1, 2], [0.8, 0.8])
    assert truth.election(tuple(map(_array, found)), [0, 1, 2]) == [0, 0, 2]
    assert truth.election(tuple(map(_array, found)), [1, 0, 2]) == [1, 1, 1]


def _array(values):
    import numpy as np

    return np.array(values)


def test_wirecopy_decides_what_the_truth_elects_wherever_the_corpus_is_cut(corpus, known, tmp_path, monkeypatch):
    recipe, path = Recipe(), tmp_path / "news.jsonl"
    news.write(iter(corpus), path)
    monkeypatch.setattr(decisions, "PART", path.read_bytes().index(b"\n") + 1)  # the second part begins with a line
    with ThreadPoolExecutor(1) as pool:
        signed = decisions.signed(str(path), recipe, pool)
    assert (signed.ids, signed.lengths) == ([p.id for p in corpus], [len(p.text) for p in corpus])
    clusters, verified = decisions.decide(*signed, recipe)
    figures = score.score(clusters, known)
    assert (figures["states"], figures["rand"], figures["unlike"]) == (1, 1, 0)
    assert 0 < verified < len(corpus)


def test_scores_tell_good_clusters_from_bad(corpus, known):
    ids = known.ids
    elected = {own: ids[head] for own, head in zip(ids, known.elected, strict=True)}
    perfect = score.score(elected, known)
    assert (perfect["states"], perfect["rand"], perfect["unlike"]) == (1, 1, 0)
    alone = score.score({}, known)
    assert (alone["recall"], alone["precision"], alone["kept"]) == (0, 0, len(ids))
    one = score.score(dict.fromkeys(ids, ids[0]), known)
    assert one["recall"] == 1
    assert one["precision"] < 0.01
    assert one["unlike"] > 0.9
    turned = {own: max(i for i in ids if elected[i] == elected[own]) for own in ids}
    assert score.score(turned, known)["states"] == 1, "which member of a cluster is kept is not judged"


def test_the_adjusted_rand_index_is_that_of_its_definition():
    assert score.adjusted_rand([0, 0, 1, 1], [1, 1, 0, 0]) == 1
    assert score.adjusted_rand([0, 0, 1, 2], [0, 0, 1, 1]) == pytest.approx(0.5714, abs=1e-4)  # scikit-learn's example
    draw = random.Random(1)
    chance = [score.adjusted_rand(*([draw.randrange(5) for _ in range(200)] for _ in "ab")) for _ in range(50)]
    assert sum(chance) / 50 == pytest.approx(0, abs=0.01)  # a standard error is 0.001


def test_the_score_of_a_text_is_one_for_the_gold_and_falls_with_what_is_missing_or_too_much():
    gold = " ".join(f"w{n}" for n in range(100))
    assert score.text_f1([gold], [gold])["f1"] == 1
    half = score.text_f1([gold], [" ".join(gold.split()[:50])])
    assert half["precision"] == 1
    assert half["recall"] == pytest.approx(47 / 97)
    assert score.text_f1([gold], [""])["f1"] == 0


def test_generated_pages_hold_their_article_and_more():
    for page in pages.made(8):
        text = page.html.decode()
        assert page.text.split("\n\n")[0].split("’")[0][:40] in text
        assert "cookies" in text


def test_damage_grows_with_its_degree():
    planted = list(news.damaged(6))
    texts = [p.text for p in planted]
    number = {p.id: n for n, p in enumerate(planted)}
    copies = [p for p in planted if p.copy_of]
    similarity = truth.jaccards(
        truth.sets_of(texts, K), [number[p.id] for p in copies], [number[p.copy_of or ""] for p in copies]
    )
    for kind, levels in news.NOISE.items():
        means = [
            sum(s for p, s in zip(copies, similarity, strict=True) if p.kind == f"{kind}|{level}") for level in levels
        ]
        assert means == sorted(means, reverse=True)


@pytest.mark.parametrize("page", tables.PAGES)
def test_pages_show_what_was_measured(page):
    """Write them anew with `python -m benchmarks --show`."""
    text = (ROOT / page).read_text(encoding="utf-8")
    assert tables.written(page, results.load()) == text
    assert set(re.findall(r"<!-- results: (\w+)", text)) <= tables.TABLES.keys()
    assert text.count("<!-- results:") == text.count("<!-- end -->")


@pytest.mark.parametrize("name", plots.PLOTS)
def test_plots_show_what_was_measured(name):
    step, data, *_ = plots.PLOTS[name]
    held = results.load()
    if step in held["steps"]:
        assert f"results {plots.digest(data(held))}" in plots.path_of(name).read_text(encoding="utf-8")


def test_a_goal_is_met_by_what_was_measured_and_by_nothing_else():
    queries = {"SELECT * FROM a WHERE x = 1": {"ms": 51.0}, "SELECT * FROM corpus_source_day": {"ms": 1499.0}}
    queries |= {"SELECT * FROM corpus_source": {"ms": 201.0}}
    sizes = [{"articles": 100_000, "seconds": 40.0}, {"articles": 1_000_000, "seconds": 504.0}]
    held = {"steps": {"consumers": {"queries": queries, "explain_ms": {"max": 500.0}}, "growth": {"sizes": sizes}}}
    lines = {line.split(" | ")[0].strip("| "): line.rsplit("|", 2)[1].strip() for line in goals(held).splitlines()[2:]}
    assert lines["the slowest documented look-up on PostgreSQL"] == "**no**"
    assert lines["sources, or the stories of a day, on PostgreSQL"] == "**no**"
    assert lines["the slowest count over the whole corpus on PostgreSQL"] == "yes"
    assert lines["the slowest documented look-up on SQLite"] == ""
    assert lines["`explain`, warm"] == "yes"
    assert lines["an article beyond 100,000, against one before"] == "yes", "1.29 times its time"
    assert lines["its peak memory"] == "", "what was not measured is not met"
