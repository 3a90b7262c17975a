"""A build on Spark: every table equals one machine's, row by row, whatever the thresholds and wherever it stops."""

from __future__ import annotations

import json
import os
import random
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa

from etl.commit.batches import TEXT_COLLISION
from etl.commit.curate import Judged, Said, judge_all
from etl.errors import Refused, Usage
from etl.fingerprint.recipe import SCANNED, Recipe
from etl.pipeline import local, steps
from etl.report.verify import verify
from etl.settings import Settings
from etl.sources.declarations import load as load_declared
from etl.sources.source import Source
from etl.spark.build import build
from etl.spark.election import Thresholds
from etl.spark.lake import read_run
from etl.spark.load import load
from etl.spark.views import NOT_IN_LAKES
from etl.store import database
from etl.store.articles import stored_recipe
from schemas import tables
from schemas.contract import CONTRACT
from schemas.views import VIEWS
from tests.support.lakes import differences, edited, words, write_hard
from tests.support.stores import NOW, Quiet

SMALL = Thresholds(small=4, block=50, gathered=80)
"""So that buckets are walked, blocks are salted and guesses are scanned in parts."""
OTHERWISE = {"spark.sql.shuffle.partitions": "3", "spark.sql.adaptive.enabled": "true"}
"""Another number of partitions, and Spark's own changes to it."""
SETTINGS = Settings(sources="none.toml")
STOPS = ("shared", "told-2", "text", "feed")
FIRST, DAYS = date(2024, 1, 1), 3
Pair = tuple[str, str, str]


class _Stop(Exception):
    """A build that is killed."""


class Stopping(Quiet):
    """Stops the build when it comes to one of these steps for the first time."""

    def __init__(self, *steps: str) -> None:
        self.steps, self.reached = set(steps), set[str]()

    def say(self, what: str) -> None:
        self.reached.add(what)
        if what in self.steps:
            self.steps.remove(what)
            raise _Stop(what)


def one_machine(url: str, source: Source, days: Sequence[date] | None, settings: Settings | None = None):
    return local.run([source], days, "test", replace(settings or SETTINGS, store=url, workers=1), Quiet(), accept=True)


@pytest.fixture(scope="session")
def hard(spark, tmp_path_factory):
    """A lake and a store of the same hard texts; the build is stopped at STOPS."""
    folder = tmp_path_factory.mktemp("hard")
    write_hard(folder / "in", size=60)
    source = Source("hard", (str(folder / "in"),))
    run = one_machine(f"sqlite:///{folder}/corpus.db", source, None)
    stopping, settings = Stopping(*STOPS), Settings(sources="none.toml", shard_bytes=30_000)
    while True:
        try:
            built = build(spark, str(folder / "lake"), [source], [None], "test", settings, stopping, None, SMALL)
            return folder, run, built, stopping.reached
        except _Stop:
            assert read_run(str(folder / "lake")) is None, "a build that is not whole can be seen"


def test_every_table_equals_one_machines_though_the_build_was_stopped_again_and_again(hard):
    folder, run, built, reached = hard
    assert built.rounds > 2, "no bucket was walked"
    assert any(re.fullmatch(r"out-\d-1", step) for step in reached), "no guess was scanned in parts"
    assert differences(folder / "lake", f"sqlite:///{folder}/corpus.db") == {}
    assert replace(built.report, seconds=0) == replace(run, seconds=0)


def test_the_views_of_a_lake_are_those_of_a_store(hard):
    """As DuckDB reads them; only times and the label of the run are others."""
    folder, *_ = hard
    engine = sa.create_engine(f"sqlite:///{folder}/corpus.db")
    with engine.connect() as connection, duckdb.connect() as lake:
        for view in VIEWS.keys() - NOT_IN_LAKES:
            names = ", ".join(f'"{n}"' for n in CONTRACT[view] if n not in ("at", "label", "started_at", "finished_at"))
            built = lake.execute(f"SELECT {names} FROM '{folder}/lake/1/views/{view}/*.parquet'").fetchall()
            stored = connection.execute(sa.text(f"SELECT {names} FROM {view}")).all()
            assert sorted(map(plain, built), key=repr) == sorted(map(plain, stored), key=repr), view
    engine.dispose()


def plain(row):
    """A row as both give it: SQLite has times and days as text."""
    return [str(value)[:19] if isinstance(value, (date, datetime, str)) else value for value in row]


def test_a_finished_build_is_not_done_again_and_a_lake_has_one_recipe(spark, hard):
    folder, _, built, _ = hard
    source = Source("hard", (str(folder / "in"),))
    again = build(spark, str(folder / "lake"), [source], [None], "again", SETTINGS, Stopping("preparing"), None)
    assert again == built
    other = replace(SETTINGS, recipe=Recipe(threshold=0.8).name)
    with pytest.raises(Usage, match=f"was built by recipe {Recipe().name}, not by"):
        build(spark, str(folder / "lake"), [source], [None], "b", other, Quiet(), None)
    with pytest.raises(Usage, match=f"takes recipes of words, and {SCANNED.name} is of characters"):
        build(spark, str(folder / "c"), [source], [None], "c", replace(SETTINGS, recipe=SCANNED.name), Quiet(), None)


def write_days(folder: Path) -> None:
    """Articles that are revised, come unchanged, come back, and records that are none."""
    dice, said = random.Random(3), dict[int, list[str]]()
    for day in range(DAYS):
        path = folder / str(FIRST + timedelta(day)) / "part.jsonl"
        path.parent.mkdir(parents=True)
        lines = []
        for number in (dice.randrange(60) for _ in range(70)):
            before, kind = said.setdefault(number, []), dice.random()
            if not before or kind < 0.15:
                text = " ".join(words(dice, 60))
            elif kind < 0.6:
                text = dice.choice(before)
            else:
                text = " ".join(edited(dice, before[-1].split(), 0.02))
            before.append(text)
            url = f"https://example.org/{number}"
            lines.append(json.dumps({"url": url, "title": f"Text {number}", "text": text}))
            lines += ["{broken"] if dice.random() < 0.05 else []
        path.write_text("\n".join(lines), encoding="utf-8")
        os.utime(path, (1_704_100_000 + 86_400 * day,) * 2)


@pytest.fixture(scope="session")
def days(spark, tmp_path_factory):
    """A lake and a store of several days of a source that has a rank, with judgements.

    The lake is built twice: the day in the middle comes later, and the first day's file has changed by then.  The
    second build is stopped on its way.
    """
    folder = tmp_path_factory.mktemp("days")
    write_days(folder / "in")
    (folder / "sources.toml").write_text(f"[days]\nlocation = '{folder}/in/{{date:%Y-%m-%d}}'\nrank = 2\n")
    settings = Settings(sources=str(folder / "sources.toml"))
    source, each = load_declared(settings.sources)["days"], [FIRST + timedelta(n) for n in range(DAYS)]
    url, lake = f"sqlite:///{folder}/corpus.db", str(folder / "lake")
    before = {name: spark.conf.get(name) for name in OTHERWISE}
    for name, value in OTHERWISE.items():
        spark.conf.set(name, value)
    one_machine(url, source, each[::2], settings)
    build(spark, lake, [source], each[::2], "test", settings, Quiet(), None, SMALL)
    first = differences(folder / "lake", url)
    rewrite(folder / "in" / str(FIRST) / "part.jsonl")
    run = one_machine(url, source, each, settings)
    judged = some_judgements(url)
    with pytest.raises(_Stop):
        build(spark, lake, [source], each, "test", settings, Stopping("bucket"), None, SMALL, judged)
    assert (read_run(lake) or {})["number"] == 1, "a build that is not whole can be seen"
    built = build(spark, lake, [source], each, "test", settings, Quiet(), None, SMALL, judged)
    for name, value in before.items():
        spark.conf.set(name, value)
    return folder, run, built, first


def rewrite(path: Path) -> None:
    """A file as it comes again: some records are gone, some are others, and what was no record is another one."""
    lines = path.read_text(encoding="utf-8").split("\n")
    changed = [line.replace('"text": "w', '"text": "once more w') for line in lines[:20]]
    path.write_text("\n".join([*changed, "{broken again", *lines[30:]]), encoding="utf-8")
    os.utime(path, (1_704_100_000 + 43_200,) * 2)


def some_judgements(url: str) -> list[Pair]:
    """Judgements on a store, and the same for a build: half of what it joined is parted, and others are joined."""
    dice = random.Random(5)
    with database.opened(url) as engine, database.writing(engine) as connection:
        near = connection.execute(
            sa.text("SELECT article_id, canonical_id FROM corpus_duplicate WHERE relation = 'near' ORDER BY 1")
        ).all()
        ids = [row[0] for row in connection.execute(sa.select(tables.article.c.article_id).order_by("article_id"))]
        pairs: dict[tuple[str, str], str] = {(min(a, b), max(a, b)): "different" for a, b in near[::2]}
        for _ in range(8):
            one, other = sorted(dice.sample(ids, 2))
            pairs.setdefault((one, other), "same")
        assert near
        judge_all(
            connection,
            [Judged(a, b, word, "me", "") for (a, b), word in pairs.items()],  # type: ignore[arg-type]
            Said("me", "", "test", NOW),
        )
    return [(a, b, word) for (a, b), word in pairs.items()]


def test_days_with_revisions_and_judgements_end_in_the_tables_of_the_runs_day_by_day(days):
    """Whichever day comes first, and though a file has changed in between."""
    folder, run, built, found = days
    assert found.keys() <= {"change"}, found  # several runs tell of what was only for a while
    found = differences(folder / "lake", f"sqlite:///{folder}/corpus.db")
    assert found.keys() <= {"change"}, found
    assert built.report.articles == run.articles
    records = folder / "lake" / "2" / "records"
    assert len(list(records.glob("*.articles.parquet"))) == 2, "not just the new day and the changed file were read"
    assert min(built.report.revised, built.report.unchanged, built.report.stale, built.report.quarantined) > 0


def test_a_loaded_build_is_a_store_as_any_other(hard, store_url, tmp_path):
    """Verify finds nothing, and the next day's run ends as on the store that one machine filled."""
    folder, *_ = hard
    run = read_run(str(folder / "lake"))
    assert run is not None
    load(str(folder / "lake"), run, store_url, lambda part: None)
    assert differences(folder / "lake", store_url) == {}
    own = tmp_path / "own.db"
    own.write_bytes((folder / "corpus.db").read_bytes())
    write_hard(tmp_path / "more", size=20, files=1)
    source = Source("hard", (str(tmp_path / "more"),))
    reports = [one_machine(url, source, None) for url in (store_url, f"sqlite:///{own}")]
    assert replace(reports[0], seconds=0) == replace(reports[1], seconds=0)
    states = []
    for url in (store_url, f"sqlite:///{own}"):
        with database.opened(url) as engine, database.reading(engine) as connection:
            assert list(verify(connection, stored_recipe(connection), lambda part: None)) == []
            states.append(set(connection.execute(sa.select(tables.cluster_member)).all()))
    assert states[0] == states[1]


def test_a_build_is_loaded_into_an_empty_store_alone(hard, tmp_path):
    folder, *_ = hard
    run = read_run(str(folder / "lake"))
    assert run is not None
    with pytest.raises(Exception, match="runs already"):
        load(str(folder / "lake"), run, f"sqlite:///{folder}/corpus.db", lambda part: None)


def test_the_guard_judges_a_build_before_anything_can_be_seen(spark, tmp_path):
    """And a record whose text_id is another text's is quarantined, as a commit does it; the first one stands."""
    write_hard(tmp_path / "in", size=40, files=1)
    source, lake = Source("hard", (str(tmp_path / "in"),)), tmp_path / "lake"
    with pytest.raises(_Stop):
        build(spark, str(lake), [source], [None], "test", SETTINGS, Stopping("shared-ids"), None)
    collided = make_collide(next(lake.glob("1/records/*.articles.parquet")))
    limits = replace(steps.limits_of(SETTINGS), cluster_growth=3, duplicate_share=0.1)
    with pytest.raises(Refused, match=r"new articles are duplicates.*the limit is 10 %.*would become duplicates of"):
        build(spark, str(lake), [source], [None], "test", SETTINGS, Quiet(), limits)
    with pytest.raises(Usage, match="holds an unfinished build of other sources"):
        build(spark, str(lake), [Source("b", source.locations)], [None], "test", SETTINGS, Quiet(), limits)
    assert read_run(str(lake)) is None
    assert not (lake / "1" / "tables").exists()
    progress = Stopping()
    built = build(spark, str(lake), [source], [None], "test", SETTINGS, progress, None)  # it goes on where it was
    assert not {"revisions", "states"} & progress.reached
    assert (built.report.quarantined, built.report.new) == (1, built.report.read - 1)
    (row,) = pq.read_table(lake / "1" / "tables" / "quarantine").to_pylist()
    assert (row["stage"], row["reason"], row["head"]) == ("commit", TEXT_COLLISION, collided.encode()[:256])


def make_collide(path: Path) -> str:
    """Give the last record of a prepared shard the text_id of the first; its body."""
    table = pq.read_table(path)
    ids = table.column("text_id").to_pylist()
    column = pa.array([*ids[:-1], ids[0]], pa.int64())
    pq.write_table(table.set_column(table.schema.get_field_index("text_id"), "text_id", column), path)
    body: str = table.column("body")[-1].as_py()
    return body
