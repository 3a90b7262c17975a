"""Relations: whatever comes, goes or moves, and in whatever order, they are those of their definition."""

from __future__ import annotations

import shutil
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from etl.commit import curate, overlaps, relate, samples
from etl.commit.precedence import set_rank
from etl.commit.rebuild import rebuild
from etl.decide.definition import Definition
from etl.errors import Usage
from etl.fingerprint import passages
from etl.fingerprint.recipe import Recipe
from etl.pages import queries
from etl.pages.story import story_page
from etl.report.explain import explain
from etl.settings import Settings
from etl.store import database, relations
from schemas.tables import relation, sample, sample_hash
from tests.support.relating import bring, made, wrong
from tests.support.stores import NOW, decide, dump, rows

FEW = Definition(14, 2)
TABLES = [sample, sample_hash, relation]
PAIRS = "SELECT a.source_key, b.source_key, kind FROM relation AS r JOIN article AS a USING (article_id) JOIN article AS b ON b.article_id = r.other_id ORDER BY 1, 2"  # noqa: E501
FEED = "SELECT a.source_key, b.source_key, change, kind FROM relation_change AS r JOIN article AS a USING (article_id) JOIN article AS b ON b.article_id = r.other_id ORDER BY position"  # noqa: E501

KEYS = [f"k{n}" for n in range(7)]
BODIES = [(0, 10), (0, 11), (0, 12), (0, 1, 13), (0, 1), (1, 14), (1, 2, 15), (2, 16), (0,), ("A short one.",)]
DAYS = [None, 0, 1, 7, 14, 15, 28, 29]


@st.composite
def written(draw, keys=KEYS):
    key = draw(st.sampled_from(keys))
    title = draw(st.sampled_from(["Crane drivers walk out", "Crane drivers walk back in", "Orle floods Tarnwick"]))
    source = ("agency", "gazette")[int(key[1:]) % 2]
    url = draw(st.sampled_from([None, "https://a.example/crane-strike-ends", "https://a.example/crane-strike-goes-on"]))
    return made(key, draw(st.sampled_from(BODIES)), draw(st.sampled_from(DAYS)), source, title=title, url=url,
                partition_date=NOW.date() + timedelta(draw(st.integers(0, 3))))  # fmt: skip


PARTS = [(samples, "TEXTS_AT_ONCE", 3), (samples, "ROWS_AT_ONCE", 20), (samples, "ONE_OF", 2),
         (samples, "SPANS_AT_ONCE", 5), (overlaps, "TEXTS_A_READ", 2), (overlaps, "TEXTS_A_BLOCK", 2),
         (relate, "TEXTS_A_BLOCK", 2), (overlaps, "MAX_FACTS", 2)]  # fmt: skip


@given(data=st.data())
@examples(max_examples=12)
def test_any_history_ends_in_the_rows_of_the_definition(data, ready_sqlite, tmp_path_factory):
    """However many parts the work is done in."""
    with pytest.MonkeyPatch.context() as patch:
        for module, name, size in PARTS if data.draw(st.booleans()) else ():
            patch.setattr(module, name, size)
        history(data, ready_sqlite, tmp_path_factory)


def history(data, ready_sqlite, tmp_path_factory):
    path = tmp_path_factory.mktemp("history") / "corpus.db"
    shutil.copy(ready_sqlite, path)
    url = f"sqlite:///{path}"
    settings = Settings(store=url)
    bring(url, data.draw(st.lists(written(), min_size=1, max_size=8)), FEW)
    for _ in range(data.draw(st.integers(0, 3))):
        known = dict(rows(url, "SELECT source_key, article_id FROM article"))
        one, other = (data.draw(st.sampled_from(sorted(known.values()))) for _ in range(2))
        act = data.draw(st.sampled_from(["bring", "bring", "retract", "restore", "judge", "rank"]))
        if act == "bring":
            bring(url, data.draw(st.lists(written(), min_size=1, max_size=5)), FEW)
        elif act == "retract":
            decide(settings, curate.retract, [one], "test")
        elif act == "restore":
            decide(settings, curate.restore, [one])
        elif act == "judge":
            try:
                word = data.draw(st.sampled_from(["same", "different", None]))
                decide(settings, curate.judge, one, other, word, "test")
            except Usage:
                continue
        else:
            rank_source(settings, "gazette", data.draw(st.integers(-1, 1)))
        assert wrong(url) == []
    assert told(url) == pairs(url)
    path.unlink()


def rank_source(settings, name, rank):
    engine = database.connect(settings.store)
    with database.writing(engine) as connection:
        connection.exec_driver_sql("INSERT INTO source (name) VALUES ('gazette') ON CONFLICT DO NOTHING")
        set_rank(connection, name, rank, curate.Said("ana", "", "test", NOW))
    engine.dispose()


def pairs(url):
    """The related pairs of articles, each with its kind."""
    return {(a, b): kind for a, b, kind in rows(url, "SELECT article_id, other_id, kind FROM relation")}


def told(url):
    """The same, as who follows the feed has them."""
    held: dict[tuple[str, str], str] = {}
    for a, b, change, kind in rows(
        url, "SELECT article_id, other_id, change, kind FROM relation_change ORDER BY position"
    ):
        assert ((a, b) in held) == (change != "added"), "a pair is added once, and only one that is there goes"
        if change == "removed":
            assert held.pop((a, b)) == kind
        else:
            held[a, b] = kind
    return held


NEWS = [
    made("k1", [0, 1, 2], 0, "agency", title="Crane drivers walk out at Port Ansel", fetched_at=NOW + timedelta(1)),
    made("k2", [0], 1, "gazette"),
    made("k3", [0, 1, 3], 2, "agency", title="Crane drivers still out at Port Ansel"),
    made("k4", [2, 4, 5], 15, "gazette"),
    made("k5", [4, 6, 7, 8], None, "gazette"),
    made("k6", [6, 9, 10], None, "courier"),
]


@pytest.mark.parametrize("wanted", [None, Definition(1, 2), Definition(400, 50)], ids=str)
def test_a_rebuilt_store_has_the_relations_of_a_first_run_by_the_definition(tmp_path, ready_sqlite, wanted):
    """As a store of an earlier version has none before, and gets them."""
    urls = []
    for name, first in (("a", wanted), ("b", None if wanted else FEW)):
        shutil.copy(ready_sqlite, tmp_path / name)
        urls.append(f"sqlite:///{tmp_path}/{name}")
        bring(urls[-1], NEWS, first)
    with database.opened(urls[1]) as engine, database.writing(engine) as connection:
        report = rebuild(connection, Recipe(), "test", NOW, lambda done, total: None, wanted)
    assert report.run_id == 2
    assert dump(urls[1]) == dump(urls[0])
    assert told(urls[1]) == pairs(urls[1])
    assert wrong(urls[1]) == []
    with database.opened(urls[1]) as engine, database.writing(engine) as connection:
        assert rebuild(connection, Recipe(), "test", NOW, lambda done, total: None, wanted).run_id is None


def test_a_series_and_a_template_cost_a_bounded_look_at_each_text(tmp_path, ready_sqlite, monkeypatch):
    """Work is counted in pairs compared: it grows with the texts, not with their square."""
    pairs_seen: list[int] = []
    count = passages.shared_shingles

    def counted(lot, large, small, least):
        pairs_seen.append(len(large))
        return count(lot, large, small, least)

    monkeypatch.setattr(passages, "shared_shingles", counted)
    shutil.copy(ready_sqlite, tmp_path / "c.db")
    url = f"sqlite:///{tmp_path}/c.db"
    series = [made(f"s{n}", [0, 100 + n], n // 10) for n in range(120)]
    work = []
    for part in (series[:40], series[40:80], series[80:]):
        bring(url, part, Definition(14, 5))
        work.append(sum(pairs_seen))
        pairs_seen.clear()
    assert work == [0, 0, 0], "the passage of a series is common from the first day on"
    bring(url, [made(f"t{n}", [0, 1, 2, f"word{n}"], 30) for n in range(40)], Definition(14, 5))
    assert sum(pairs_seen) == 0, "copies of a template are duplicates"
    assert wrong(url) == []


def test_each_text_is_read_once_however_many_it_is_compared_with(tmp_path, ready_sqlite, monkeypatch):
    """To read those of each block anew was the square of a window of days that holds many articles."""
    read: list[int] = []
    comparisons = relations.comparisons

    def counted(connection, text_ids):
        read.extend(text_ids)
        return comparisons(connection, text_ids)

    for module, name, size in PARTS:
        monkeypatch.setattr(module, name, size)
    monkeypatch.setattr(relations, "comparisons", counted)
    shutil.copy(ready_sqlite, tmp_path / "c.db")
    url = f"sqlite:///{tmp_path}/c.db"
    bring(url, [made(f"k{n}", [n, n + 1, 100 + n, 200 + n % 5], None) for n in range(30)], Definition())
    assert len(read) == len(set(read)) == 30
    read.clear()
    bring(url, [made("k30", [30, 31, 130], None)], Definition())
    assert len(read) == len(set(read)) == 8, "it, the one that it shares a passage with, and those that this one has"
    monkeypatch.undo()
    assert wrong(url) == []


def test_rows_of_the_index_are_written_in_parts_of_a_bounded_size(tmp_path, ready_sqlite, monkeypatch):
    """Most hashes of samples are near to zero, so that parts of equal spans would be one."""
    written: list[int] = []
    add_hashes = relations.add_hashes

    def counted(connection, rows):
        written.append(len(rows[0]))
        add_hashes(connection, rows)

    monkeypatch.setattr(samples, "ROWS_AT_ONCE", 50)
    monkeypatch.setattr(samples, "ONE_OF", 4)
    monkeypatch.setattr(relations, "add_hashes", counted)
    shutil.copy(ready_sqlite, tmp_path / "c.db")
    bring(f"sqlite:///{tmp_path}/c.db", [made(f"k{n}", [n, 100 + n, 200 + n], None) for n in range(60)], Definition())
    assert max(written) < 2 * 50 < sum(written) / 3


def test_what_a_common_hash_hid_comes_to_light_when_one_that_had_it_goes(tmp_path, ready_sqlite):
    shutil.copy(ready_sqlite, tmp_path / "c.db")
    url = f"sqlite:///{tmp_path}/c.db"
    bring(url, [made(f"k{n}", [0, n, 20 + n], n, f"paper {n}") for n in (1, 2, 3)], FEW)
    assert rows(url, PAIRS) == [("k2", "k1", "shares")]
    known = dict(rows(url, "SELECT source_key, article_id FROM article"))
    decide(Settings(store=url), curate.retract, [known["k1"]], "test")
    assert rows(url, PAIRS) == [("k3", "k2", "shares")]
    assert wrong(url) == []


def test_an_article_is_explained_with_what_it_is_related_to(tmp_path, ready_sqlite):
    shutil.copy(ready_sqlite, tmp_path / "c.db")
    url = f"sqlite:///{tmp_path}/c.db"
    bring(url, NEWS, Definition())
    with database.opened(url) as engine, database.reading(engine) as connection:
        (found,) = explain(connection, "k2")
    assert [(each.kind, each.is_earlier, each.source_key, each.longest_passage) for each in found.related] == [
        ("excerpt", False, "k3", 60), ("excerpt", True, "k1", 60),
    ]  # fmt: skip
    assert {each.mine for each in found.related} == {1.0}
    assert f"excerpt, with the later agency: {NEWS[2].title}" in "\n".join(found.lines())
    page = story_page(queries.Story(found, "", "", (), 0))
    assert all(each.other_id in page for each in found.related)
    bring(url, [made("copy", [0], 3, "herald")], Definition())
    with database.opened(url) as engine, database.reading(engine) as connection:
        (copy,) = explain(connection, "copy")
    assert (copy.state, copy.related) == ("duplicate", found.related), "of its canonical, k2"
    line = next(line for line in copy.lines() if "excerpt" in line)
    assert line.startswith("its canonical is related: excerpt, with the later agency: ")
    assert "1.0000 of the canonical in that" in line
    assert "Related articles of its canonical" in story_page(queries.Story(copy, "", "", (), 0))


def test_orders_portions_and_repeats_end_in_the_same_rows_on_both_databases(store_url, tmp_path, ready_sqlite):
    settings = Settings(store=store_url)
    stale = made("k1", [7, 8], 0, "agency", fetched_at=NOW)
    for article in [NEWS[5], NEWS[2], stale, NEWS[4], NEWS[1], NEWS[3], NEWS[0]]:
        bring(store_url, [article], Definition())
    known = dict(rows(store_url, "SELECT source_key, article_id FROM article"))
    decide(settings, curate.retract, [known["k1"]], "test")
    assert not [pair for pair in rows(store_url, PAIRS) if "k1" in pair]
    decide(settings, curate.restore, [known["k1"]])
    assert wrong(store_url) == []
    first = f"sqlite:///{tmp_path}/first.db"
    shutil.copy(ready_sqlite, tmp_path / "first.db")
    bring(first, NEWS, Definition())
    bring(first, NEWS, Definition())
    assert rows(store_url, PAIRS) == rows(first, PAIRS) == [
        ("k2", "k1", "excerpt"), ("k3", "k1", "rewrite"), ("k3", "k2", "excerpt"), ("k6", "k5", "shares"),
    ]  # fmt: skip
    assert told(store_url) == pairs(store_url)
