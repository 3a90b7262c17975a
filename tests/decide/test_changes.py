"""The change feed: who follows it by a cursor has what the views show, after every run."""

from __future__ import annotations

import random
import threading
from dataclasses import replace
from datetime import date, timedelta
from hashlib import blake2b
from typing import Any

import pytest
import sqlalchemy as sa

from etl.commit import curate, rebuild
from etl.decide.changes import MOVES_AT_ONCE, Effect, State, compare, total
from etl.decide.revisions import READ_NOTHING
from etl.errors import Usage
from etl.fingerprint.recipe import Recipe
from etl.store import database, run_end, runs
from schemas.records import Quarantined
from tests.support.paths import ROOT, found_in
from tests.support.stores import NOW, OTHERS, check, decide, ids, ingest_files, rows
from tests.support.stories import story

GUIDE = (ROOT / "docs" / "consumers.md").read_text(encoding="utf-8")
FOLLOW = found_in(GUIDE, r"```python\n(.*?)```")
AS_OF = found_in(GUIDE, r"```sql\n(SELECT article_id[^`]*?:run[^`]*?)```")


def follow(connection, copy, cursor):
    """The consumer of the guide, as it stands there."""
    namespace: dict[str, Any] = {}
    exec(FOLLOW, namespace)
    return namespace["follow"](connection, copy, cursor)


def views(connection):
    """{article_id: what the views show of it}, but for the counts over its cluster."""
    columns = "article_id, title, partition_date, published_at"
    stands = connection.execute(sa.text(f"SELECT {columns}, body FROM corpus_article"))
    shown = {row[0]: (row[0], *row[1:]) for row in stands}
    copies = f"SELECT {columns}, canonical_id, relation, jaccard, bands FROM corpus_duplicate"
    return shown | {row[0]: tuple(row) for row in connection.execute(sa.text(copies))}


class Mirror:
    """A reader who reads again what the feed names, and nothing else."""

    def __init__(self, url):
        self.engine, self.cursor, self.canonical, self.shown = database.connect(url), 0, {}, {}
        self.guided: tuple[Any, int] = ({}, 0)
        self.history: dict[int, Any] = {}

    def look(self):
        """Catch up with the feed, and compare with all that the views show."""
        with database.reading(self.engine) as connection:
            news = connection.execute(sa.text("SELECT * FROM corpus_change WHERE position > :p ORDER BY position"),
                                      {"p": self.cursor}).mappings().all()  # fmt: skip
            assert [row["position"] for row in news] == list(range(self.cursor + 1, self.cursor + len(news) + 1))
            shown = views(connection)
            for row in news:
                self.cursor = row["position"]
                self.canonical[row["article_id"]] = row["canonical_id"]
                self.shown[row["article_id"]] = shown.get(row["article_id"])
            copy, cursor = self.guided
            self.guided = copy, follow(connection, copy, cursor)
            keys = {a for (a,) in connection.execute(sa.text("SELECT article_id FROM corpus_article"))}
            run = connection.scalar(sa.text("SELECT max(run_id) FROM corpus_run")) or 0
        standing = {a: c for a, c in self.canonical.items() if c is not None}
        assert {a: s for a, s in self.shown.items() if s} == shown
        assert {a for a, c in standing.items() if a == c} == keys
        assert {a: c for a, c in standing.items() if a != c} == {a: s[4] for a, s in shown.items() if a not in keys}
        assert {a for a, canonical in self.guided[0].items() if a == canonical} == keys
        assert self.guided[0] == standing
        self.history[run] = keys

    def look_back(self):
        """The corpus as of every run, by the query of the guide."""
        with database.reading(self.engine) as connection:
            for run, keys in self.history.items():
                assert {row[0] for row in connection.execute(sa.text(AS_OF), {"run": run})} == keys


def runs_of(random_, settings, root):
    """Thirty runs, one at a time: days in any order with repeats, withdrawals, words, other recipes."""
    names = [f"{c}.txt" for c in "abcdefghij"]
    days = [date(2026, 3, 1) + timedelta(days=n) for n in range(5)]
    files = {
        day: {
            name: story(random_.randint(1, 3), (random_.randrange(60), "new"), words=random_.choice([60, 66, 75]))
            for name in random_.sample(names, 5)
        }
        for day in days
    }
    recipe = Recipe()
    for n in range(30):
        known = ids(settings) if n else {}
        kind = random_.choice(["day", "day", "day", "retract", "restore", "judge", "rebuild"]) if known else "day"
        picked = [known[name] for name in random_.sample(sorted(known), min(2, len(known)))]
        if kind == "day":
            day, undated = random_.choice(days), random_.random() < 0.2
            small = replace(settings, batch_bytes=random_.choice([1, 32_000_000]), recipe=recipe.name)
            ingest_files(small, root / f"{day}", files[day], None if undated else day, f"{n}")
        elif kind == "retract":
            decide(settings, curate.retract, picked, "")
        elif kind == "restore":
            withdrawn = [a for (a,) in rows(settings.store, "SELECT article_id FROM retraction")]
            decide(settings, curate.restore, withdrawn)
        elif kind == "judge" and len(picked) == 2:
            try:
                decide(settings, curate.judge, *picked, random_.choice(["same", "same", "different", None]), "")
            except Usage:
                continue
        elif kind == "rebuild":
            recipe = random_.choice([*OTHERS, Recipe()])
            engine = database.connect(settings.store)
            with database.writing(engine) as connection:
                rebuild.rebuild(connection, recipe, f"{n}", NOW, lambda done, total: None)
            engine.dispose()
        yield kind


@pytest.mark.parametrize("seed", [1])
def test_whoever_follows_the_feed_has_what_the_views_show_after_every_run(seed, settings, tmp_path):
    mirror = Mirror(settings.store)
    for _ in runs_of(random.Random(seed), settings, tmp_path):
        mirror.look()
    mirror.look_back()
    assert len(mirror.history) > 15
    mirror.engine.dispose()
    ((recipe,),) = rows(settings.store, "SELECT name FROM recipe")
    check(settings.store, Recipe.parse(recipe))


def test_a_run_tells_what_it_changed_not_how_its_batches_came_to_it(settings, tmp_path):
    """One article a batch: the shorter stands until the longer comes, but nobody ever saw that."""
    files = {f"{n}.txt": story(1, words=60 + n) for n in range(5)} | {"z.txt": story(2)}
    ingest_files(replace(settings, batch_bytes=1, shard_bytes=1), tmp_path / "in", files)
    told = rows(settings.store, "SELECT article_id, change, canonical_id FROM corpus_change ORDER BY position")
    assert [change for _, change, _ in told] == ["added"] * 6
    assert [article for article, _, _ in told] == sorted(ids(settings).values())
    assert len({canonical for *_, canonical in told}) == 2


def test_what_batches_do_and_undo_is_no_change():
    here, there = State("a", "exact", 1.0, 32), State("b", "near", 0.8, 9)
    parts = [
        Effect(changes=compare({"a": here}, {"a": there}, ())),
        Effect(changes=compare({"a": there}, {"a": here}, ())),
    ]
    assert [*total(parts).changes.rows()] == []
    parts.append(Effect(changes=compare({"a": here}, {"a": there}, ["a"])))
    assert [*total(parts).changes.rows()] == [("a", "revised", "b"), ("a", "became_duplicate", "b")]
    parts.append(Effect(changes=compare({"a": there, "c": there}, {"d": there}, ())))
    found = total(parts).changes
    assert [*found.rows()] == [("a", "retracted", None), ("c", "retracted", None), ("d", "added", "b")]
    assert {kind: found.delta.get(kind, 0) for kind in ("canonical", "exact", "near")} == {
        "canonical": -1, "exact": 0, "near": 0,
    }  # fmt: skip


def test_changes_of_several_parts_are_told_once_and_in_order_though_they_are_joined_a_slice_at_a_time():
    article_ids = [blake2b(b"%d" % n, digest_size=16).hexdigest() for n in range(MOVES_AT_ONCE)]
    here, there = State("-", "near", 0.8, 9), State("z", "near", 0.8, 9)
    again = article_ids[::5]
    parts = [
        Effect(changes=compare({}, dict.fromkeys(article_ids, here), ())),
        Effect(changes=compare(dict.fromkeys(again, here), dict.fromkeys(again, there), ())),
    ]
    found = total(parts).changes
    moved = set(again)
    assert [*found.rows()] == [(a, "added", "z" if a in moved else "-") for a in sorted(article_ids)]
    assert found.count()["added"] == len(article_ids)


def test_the_effect_of_parts_is_the_sum_of_theirs_whatever_each_did():
    one = Effect({"new": 2}, retracted=1, rejected=(Quarantined("a", None, "read", "empty", b""),))
    other = Effect(
        {"new": 1, "stale": 4}, retracted=-3, rejected=(Quarantined("b", 1, "read", "empty", b""),), written=True
    )
    found = total([one, Effect(), other])
    assert (found.counts, found.retracted, found.written) == ({"new": 3, "stale": 4}, -2, True)
    assert [each.path for each in found.rejected] == ["a", "b"]
    assert total([]) == Effect()


def test_an_older_day_with_the_same_text_is_told_since_the_article_is_filed_under_it(settings, tmp_path):
    later, earlier = date(2026, 3, 2), date(2026, 3, 1)
    ingest_files(settings, tmp_path / "in", {"a.txt": story(1)}, later, "1")
    ingest_files(settings, tmp_path / "in", {}, earlier, "2")
    ingest_files(settings, tmp_path / "in", {}, later, "3")
    assert rows(settings.store, "SELECT run_id, change FROM corpus_change ORDER BY position") == [
        (1, "added"),
        (2, "revised"),
    ]


def test_a_position_is_never_seen_before_an_earlier_one(settings, tmp_path):
    """A writer that waits for another has no position until the other's are visible."""
    ingest_files(settings, tmp_path / "in", {"a.txt": story(1)}, label="1")
    engines = [database.connect(settings.store) for _ in range(3)]
    order, inside, go_on = [], threading.Event(), threading.Event()

    def write(engine, name, wait):
        effect = Effect(changes=compare({}, {name: State(name, "exact", 1.0, 32)}, ()), written=True)
        with database.writing(engine) as connection:
            run_end.finish(connection, runs.Run(name, "-", None, NOW), dict(READ_NOTHING), effect)
            order.append(name)
            inside.set()
            assert not wait or go_on.wait(30)

    def positions():
        with database.reading(engines[2]) as connection:
            return connection.execute(sa.text("SELECT position FROM corpus_change ORDER BY position")).scalars().all()

    first = threading.Thread(target=write, args=(engines[0], "b", True))
    first.start()
    assert inside.wait(30)
    second = threading.Thread(target=write, args=(engines[1], "c", False))
    second.start()
    assert positions() == [1]
    go_on.set()
    for thread in (first, second):
        thread.join(30)
    assert order == ["b", "c"]
    assert positions() == [1, 2, 3]
    for engine in engines:
        engine.dispose()
