"""A build on Spark: every table equals one machine's, row by row, whatever the thresholds and wherever it stops."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from etl.cli.main import cli
from etl.commit.batches import TEXT_COLLISION
from etl.commit.curate import Judged, Said, Word, judge_all, restore, retract
from etl.commit.erase import erase
from etl.commit.keep import LEFT_OUT
from etl.decide.definition import DEFAULT
from etl.errors import Fatal, Refused, Retryable, Usage
from etl.fingerprint.recipe import SCANNED, Recipe
from etl.pipeline import local, steps
from etl.report.difference import Difference
from etl.report.verify import verify
from etl.settings import Settings
from etl.sources import locations
from etl.sources.declarations import load as load_declared
from etl.sources.source import Source
from etl.spark import lease, session
from etl.spark import load as loading
from etl.spark import verify as verify_module
from etl.spark.build import build
from etl.spark.election import Thresholds
from etl.spark.lake import read_run, require_run, tables_of
from etl.spark.load import load
from etl.spark.verify import verify as verify_lake
from etl.spark.views import NOT_IN_LAKES, PARTED
from etl.store import database, schema
from etl.store.articles import stored_recipe
from schemas import tables
from schemas.contract.views import CONTRACT
from schemas.records import article_id_of
from schemas.views import VIEWS
from tests.support import objects
from tests.support.lakes import differences, edited, words, write_hard
from tests.support.stores import NOW, Quiet

SMALL = Thresholds(small=4, block=50, gathered=30, eager=0)
"""So that buckets are walked, blocks are salted and guesses are scanned in parts."""
CUT = replace(SMALL, part=15)
"""And so that buckets are cut as well."""
OTHERWISE = {"spark.sql.shuffle.partitions": "3", "spark.sql.adaptive.enabled": "true"}
"""Another number of partitions, and Spark's own changes to it."""
SETTINGS = Settings(sources="none.toml")
STOPS = ("walked-2", "feed")
LONG = pytest.mark.e2e
"""Of the two builds of `days`, and what else takes minutes."""
FIRST, DAYS = date(2024, 1, 1), 3
HELD, LATER, OVER = FIRST + timedelta(DAYS), "2099-05-01", "2019-05-01"
"""A day of one article, and the end of its embargo, which is over when the lake is built again."""


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
    """A lake and a store of the same hard texts.  The build of the lake is stopped at STOPS."""
    folder = tmp_path_factory.mktemp("hard")
    write_hard(folder / "in", size=40)
    source = Source("hard", (str(folder / "in"),))
    run = one_machine(f"sqlite:///{folder}/corpus.db", source, None)
    settings, stopping = Settings(sources="none.toml", shard_bytes=30_000), Stopping(*STOPS)
    while True:
        try:
            built = build(spark, f"{folder}/lake", [source], [None], "test", settings, stopping, None, CUT)
            return folder, run, built, stopping.reached
        except _Stop:
            assert read_run(f"{folder}/lake") is None, "a build that is not whole can be seen"


def test_every_table_equals_one_machines_though_the_build_was_stopped(spark, hard):
    folder, run, built, reached = hard
    assert built.rounds > 2, "no bucket was walked"
    assert "met-2" in reached, "no bucket was cut"
    assert any(re.fullmatch(r"best-\d-1", step) for step in reached), "no guess was scanned in parts"
    assert differences(folder / "lake", f"sqlite:///{folder}/corpus.db") == {}
    assert replace(built.report, seconds=0) == replace(run, seconds=0)
    files = sum(path.stat().st_size for path in (folder / "in").iterdir())
    assert (require_run(f"{folder}/lake")["size"], spark.conf.get("spark.sql.adaptive.enabled")) == (files, "false")


@pytest.mark.parametrize(("lake_of", "views"), [("hard", VIEWS), pytest.param("days", PARTED, marks=LONG)])
def test_the_views_of_a_lake_are_those_of_a_store(request, lake_of, views):
    """As DuckDB reads them; only times, runs and their labels are others."""
    folder, *_ = request.getfixturevalue(lake_of)
    apart = {"at", "label", "started_at", "finished_at"} | ({"first_run", "run_id"} if views == PARTED else set())
    engine = sa.create_engine(f"sqlite:///{folder}/corpus.db")
    catalogue = json.loads((folder / "lake/catalogue.json").read_text())
    told, views_in = catalogue["views"], folder / "lake" / catalogue["folder"]
    assert told.keys() == VIEWS.keys() - NOT_IN_LAKES
    with engine.connect() as connection, duckdb.connect() as lake:
        for view, said in ((view, told[view]) for view in views if view in told):
            assert [column["name"] for column in said["columns"]] == list(CONTRACT[view])
            names = ", ".join(f'"{n}"' for n in CONTRACT[view] if n not in apart)
            built = lake.execute(f"SELECT {names} FROM '{views_in}/{view}/**/*.parquet'").fetchall()
            stored = connection.execute(sa.text(f"SELECT {names} FROM {view}")).all()
            assert sorted(map(plain, built), key=repr) == sorted(map(plain, stored), key=repr), view
            assert said["rows"] == len(stored)
    engine.dispose()


@LONG
def test_the_catalogue_of_a_lake_tells_what_duckdb_pandas_and_spark_find_in_its_folders(spark, days):
    folder, *_ = days
    catalogue = json.loads((folder / "lake/catalogue.json").read_text())
    told, views = catalogue["views"], folder / "lake" / catalogue["folder"]
    for view, by in PARTED.items():
        path, parts = f"{views}/{view}", told[view]["partitions"]
        assert sum(part["rows"] for part in parts) == told[view]["rows"] > 0
        keys = ", ".join(f"CAST({key} AS text)" for key in by)
        with duckdb.connect() as lake:
            counted = lake.execute(f"SELECT {keys}, count(*) FROM '{path}/**/*.parquet' GROUP BY ALL").fetchall()
        assert set(counted) == {tuple(part.values()) for part in parts}
        one = [part for part in parts if part.get("in_source", "days") == "days"][-1]
        below, last = "/".join(f"{key}={one[key]}" for key in by), list(by)[-1]
        assert (len(pd.read_parquet(path)), len(pd.read_parquet(f"{path}/{below}"))) == (
            told[view]["rows"],
            one["rows"],
        )
        found = spark.read.parquet(f"file://{path}")
        stored = [(column["name"], column["stored"]) for column in told[view]["columns"]]
        assert found.dtypes[: -len(by)] == stored
        assert found.where(f"{last} = '{one[last]}'").count() == one["rows"]


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


@LONG
def test_revisions_that_an_earlier_version_kept_are_worked_out_anew(spark, hard, tmp_path):
    folder, lake, late = hard[0], tmp_path / "lake", hard[0] / "in" / "late.jsonl"
    shutil.copytree(folder / "lake", lake)
    before = pq.read_table(lake / "1/kept/revisions").to_pylist()
    make_older(lake)
    late.write_text(json.dumps({"id": "late", "title": "Late", "text": " ".join(words(random.Random(1), 60))}))
    source = Source("hard", (str(folder / "in"),))
    with pytest.raises(_Stop):
        build(spark, str(lake), [source], [None], "test", SETTINGS, Stopping("ranks"), None, CUT)
    late.unlink()
    after = pq.read_table(lake / "2/kept/revisions").to_pylist()
    (late_one,) = [row for row in after if row not in before]
    assert (late_one["row"], len(after)) == (late_one["body_row"], len(before) + 1)


def make_older(lake: Path) -> None:
    """Take out of a lake what its revisions have since version 0.2.0."""
    run = json.loads((lake / "run.json").read_text())
    del run["revisions"]
    (lake / "run.json").write_text(json.dumps(run))
    for path in (lake / "1/kept/revisions").glob("*.parquet"):
        table = pq.read_table(path).drop_columns(["body_row"])
        pq.write_table(table, path)
        path.with_name(f".{path.name}.crc").unlink()


def write_days(folder: Path) -> None:
    """Articles that are revised, come unchanged, come back or are withdrawn, blank ones, and records that are none.

    And hard texts, some with the first day and the others with the second.
    """
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
        sent = {"url": f"https://example.org/sent-{day}", "title": "Sent", "text": " ".join(words(dice, 60))}
        blank = {"url": f"https://example.org/blank-{day}", "title": "—", "text": "… — …"}
        killed = {**sent, "url": f"https://example.org/sent-{day - 1}", "pubstatus": "canceled"}
        lines += map(json.dumps, [sent, blank, {**blank, "text": ""}, killed])
        path.write_text("\n".join(lines), encoding="utf-8")
        os.utime(path, (1_704_100_000 + 86_400 * day,) * 2)
    write_hard(folder / "hard", size=10, files=2)
    for part, day in ((0, 0), (1, 1)):
        (folder / "hard" / f"part-{part}.jsonl").rename(folder / str(FIRST + timedelta(day)) / "hard.jsonl")
    (folder / "hard").rmdir()


def write_held(path: Path, until: str) -> None:
    """An article under an embargo.  Whatever that is, the file has the same size and time."""
    text = " ".join(words(random.Random(9), 60))
    record = {"url": "https://example.org/held", "title": "Held", "text": text, "embargo_until": f"{until}T00:00:00Z"}
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(record), encoding="utf-8")
    os.utime(path, (1_704_400_000,) * 2)


def end_embargo(folder: Path) -> None:
    """Have the embargo end: in the file, and in what the lake has told of it."""
    write_held(folder / "in" / str(HELD) / "part.jsonl", OVER)
    for path in (folder / "lake/1/tables/quarantine").glob("*.parquet"):
        table = pq.read_table(path)
        rows = [{**row, "reason": row["reason"].replace(LATER, OVER)} for row in table.to_pylist()]
        pq.write_table(pa.Table.from_pylist(rows, table.schema), path)
        path.with_name(f".{path.name}.crc").unlink()  # of Hadoop's, who would call it corrupt


@pytest.fixture(scope="session")
def days(spark, tmp_path_factory):
    """A lake and a store of several days of a source that has a rank and had another name, with decisions of people.

    The lake is built twice: the day in the middle comes later, and by then the first day's file has changed, and the
    embargo of an article has ended.  The second build is stopped on its way.
    """
    folder = tmp_path_factory.mktemp("days")
    write_days(folder / "in")
    write_held(folder / "in" / str(HELD) / "part.jsonl", LATER)
    write_wires(folder / "wires.jsonl")
    settings = Settings(sources=str(folder / "sources.toml"))
    source, wires = declare(folder, keep="words = 10")
    each = [FIRST + timedelta(n) for n in range(DAYS)]
    url, lake = f"sqlite:///{folder}/corpus.db", str(folder / "lake")
    configured = {name: spark.conf.get(name) for name in OTHERWISE}
    for name, value in OTHERWISE.items():
        spark.conf.set(name, value)
    one_machine(url, wires, None, settings)
    one_machine(url, source, [*each[::2], HELD], settings)
    build(spark, lake, [source, wires], [*each[::2], HELD], "test", settings, Quiet(), None, SMALL)
    first = differences(folder / "lake", url)
    rewrite(folder / "in" / str(FIRST) / "part.jsonl")
    end_embargo(folder)
    one_machine(url, source, [*each, HELD], settings)
    decide_some(url)
    source, wires = declare(folder, keep="words = 30")
    with pytest.raises(_Stop):
        build(spark, lake, [source, wires], each, "test", settings, Stopping("bucket"), None, SMALL, url)
    assert (read_run(lake) or {})["number"] == 1, "a build that is not whole can be seen"
    known, new = (pairs_of(folder / "lake/2/steps" / name) for name in ("known", "tested-1"))
    assert known, "nothing of the build before is known"
    assert not known & new, "pairs are compared again"
    before = files_of_views(folder, 1)
    built = build(spark, lake, [source, wires], each, "test", settings, Quiet(), None, SMALL, url)
    one_machine(url, wires, None, settings)  # after the lake has taken the decisions: it has to find out by itself
    run = one_machine(url, source, each, settings)  # again, so that it meets what is erased
    for name, value in configured.items():
        spark.conf.set(name, value)
    return folder, run, built, first, before


def pairs_of(step: Path) -> set[tuple[int, int]]:
    return {(row["u"], row["v"]) for row in pq.read_table(step, columns=["u", "v"]).to_pylist()}


def files_of_views(folder: Path, number: int) -> set[str]:
    return {path.name for view in PARTED for path in (folder / f"lake/{number}/views/{view}").rglob("*.parquet")}


def write_wires(path: Path) -> None:
    """Short texts and long ones: every other one is left out by a stricter rule."""
    dice = random.Random(7)
    said = [{"id": str(n), "title": f"Wire {n}", "text": " ".join(words(dice, 20 + 20 * (n % 2)))} for n in range(12)]
    path.write_text("\n".join(map(json.dumps, said)), encoding="utf-8")


def declare(folder: Path, keep: str) -> list[Source]:
    """The sources of the lake of several days; keep: the rule of the second."""
    said = f"[days]\nlocation = '{folder}/in/{{date:%Y-%m-%d}}'\nrank = 2\nid_name = 'earlier'\n"
    said += f"[wires]\nlocation = '{folder}/wires.jsonl'\nkeep = {{ {keep} }}\n"
    (folder / "sources.toml").write_text(said)
    return list(load_declared(str(folder / "sources.toml")).values())


def rewrite(path: Path) -> None:
    """A file as it comes again: some records are gone, some are others, and what was no record is another one."""
    lines = path.read_text(encoding="utf-8").split("\n")
    changed = [line.replace('"text": "w', '"text": "once more w') for line in lines[:20]]
    path.write_text("\n".join([*changed, "{broken again", *lines[30:]]), encoding="utf-8")
    os.utime(path, (1_704_100_000 + 43_200,) * 2)


def decide_some(url: str) -> None:
    """Half of what a store joined is parted, others are joined; some are withdrawn, one is restored, one is erased."""
    dice = random.Random(5)
    with database.opened(url) as engine, database.writing(engine) as connection:
        near = connection.execute(
            sa.text("SELECT article_id, canonical_id FROM corpus_duplicate WHERE relation = 'near' ORDER BY 1")
        ).all()
        mine = sa.select(tables.article.c.article_id).where(tables.article.c.source == "days")
        ids = list(connection.scalars(mine.order_by("article_id")))
        pairs: dict[tuple[str, str], Word] = {(min(a, b), max(a, b)): "different" for a, b in near[::2]}
        for _ in range(8):
            one, other = sorted(dice.sample(ids, 2))
            pairs.setdefault((one, other), "same")
        assert near
        said = Said("me", "because", "test", NOW)
        judge_all(connection, [Judged(a, b, word, "me", "") for (a, b), word in pairs.items()], said)
        gone = [near[0][1], *dice.sample(ids, 3)]
        retract(connection, gone, said)
        restore(connection, gone[1:2], said)
        wire = article_id_of("wires", "2")
        retract(connection, [wire], said)
        restore(connection, [wire], said)
        erase(connection, [near[-1][1], "0" * 32], said)


@LONG
def test_days_with_revisions_and_decisions_end_in_the_tables_of_the_runs_day_by_day(days):
    """Whichever day comes first, though a file has changed in between, and though people decided of a store alone."""
    folder, run, built, found, before = days
    assert found.keys() <= {"change"}, found  # several runs tell of what was only for a while
    found = differences(folder / "lake", f"sqlite:///{folder}/corpus.db")
    assert found.keys() <= {"change"}, found
    assert built.report.articles == run.articles
    after = files_of_views(folder, 2)
    assert min(len(before & after), len(after - before)) > 0, "not just parts of views that changed were written"
    records = folder / "lake" / "2" / "records"
    assert len(list(records.glob("*.articles.parquet"))) == 4, "not just the new day and what changed was read"
    assert "Held" in {row["title"] for row in rows_of(folder, "revision")}, "the end of an embargo was not heard"
    assert built.report.retracted == run.retracted > 3
    assert min(built.report.revised, built.report.unchanged, built.report.stale, built.report.quarantined) > 0


@LONG
def test_a_stricter_rule_takes_out_what_the_lake_had_but_for_what_a_person_brought_back(days):
    folder, *_ = days
    said = [row for row in rows_of(folder, "decision") if row["who"] == "keep of wires"]
    assert {row["article_id"] for row in said} == {article_id_of("wires", str(n)) for n in (0, 4, 6, 8, 10)}
    assert {(row["word"], row["reason"]) for row in said} == {("retract", LEFT_OUT)}


@LONG
def test_of_an_erased_article_a_lake_keeps_nothing_that_it_said(days):
    folder, *_ = days
    (gone, *_) = [row["article_id"] for row in rows_of(folder, "tombstone") if row["source"]]
    found = [
        row
        for path in (folder / "lake").glob("*/records/*.articles.parquet")
        for row in pq.read_table(path).to_pylist()
    ]
    assert {row["body"] for row in found if row["article_id"] == gone} == {None}
    assert None not in {row["body"] for row in found if row["article_id"] != gone}
    assert not (folder / "lake" / "1" / "tables").exists(), "the build before still has it"


def rows_of(folder: Path, name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = pq.read_table(folder_of(folder / "lake", name)).to_pylist()
    return rows


def folder_of(lake: Path, name: str) -> Path:
    """Of a table of the last build."""
    return Path(tables_of(str(lake), require_run(str(lake))), name)


@LONG
def test_the_commands_on_a_lake_say_what_they_find_and_end_with_a_status(spark, days, monkeypatch):
    """Verify finds nothing in a lake with decisions; a build that brings nothing says what the last one did."""
    folder, _, built, *_ = days
    lake = str(folder / "lake")
    assert run_command("verify", lake, "--json") == (0, '{"differences": []}\n')
    given = ["--file", str(folder / "sources.toml"), "--all", "--from", str(FIRST), "--to", str(FIRST + timedelta(2))]
    status, said = run_command("build", lake, *given, "--json")
    assert (status, json.loads(said)) == (0, json.loads(json.dumps(built.as_json())))
    assert run_command("build", lake, *given) == (0, f"{built.line()}  ({built.report.seconds:.1f} s)\n")
    monkeypatch.setattr(verify_module, "verify", lambda *given: [Difference("rank", "text 7", 1, 2)])
    status, said = run_command("verify", lake)
    assert (status, "text 7" in said) == (1, True)
    monkeypatch.setattr(session, "session", lambda *given: pytest.fail("Spark starts for a build that is refused"))
    with lease.held(lake), pytest.raises(Retryable, match="is being built by"):
        run_command("build", lake, *given)


def run_command(*words: str) -> tuple[int, str]:
    """Exit status and standard output of a command, on the session of the tests."""
    found = CliRunner().invoke(cli, words, standalone_mode=False, catch_exceptions=False)
    return found.exit_code, found.stdout


@LONG
def test_verify_finds_each_fault_of_a_lake(spark, hard, tmp_path):
    folder, *_ = hard
    shutil.copytree(folder / "lake", tmp_path / "lake")
    rows = rows_of(tmp_path, "cluster_member")
    near = [row for row in rows if row["jaccard"] < 1]
    heads = {row["canonical_id"] for row in near}
    alone = [row for row in rows if row["text_id"] == row["canonical_id"] and row["text_id"] not in heads]
    swapped, wrong, split, joined = near[0], near[1], near[2], alone[0]
    lost, unsigned, unheard = alone[1], alone[2], alone[3]

    def member(row):
        if row["text_id"] == swapped["text_id"]:
            row["canonical_id"] = next(iter(heads - {swapped["canonical_id"]}))
        elif row["text_id"] == wrong["text_id"]:
            row["jaccard"] += 0.001
        elif row["text_id"] == split["text_id"]:
            row.update(canonical_id=row["text_id"], jaccard=1.0, bands=Recipe().bands)
        elif row["text_id"] == joined["text_id"]:
            row.update(canonical_id=alone[4]["text_id"], jaccard=0.8)
        elif row["text_id"] == lost["text_id"]:
            return None
        return row

    def altered(row):
        row["minima"] = bytes(512) if row["text_id"] == unsigned["text_id"] else row["minima"]
        return row

    change(tmp_path, "cluster_member", member)
    change(tmp_path, "signature", altered)
    change(tmp_path, "change", lambda row: None if row["article_id"] == unheard["article_id"] else row)
    change(tmp_path, "bucket", lambda row: None if row["canonical_id"] == alone[5]["text_id"] else row)
    change(tmp_path, "revision", lambda row: None if row["article_id"] == alone[6]["article_id"] else row)
    run = require_run(str(tmp_path / "lake"))
    found = {(each.what, each.where) for each in verify_lake(spark, str(tmp_path / "lake"), run, lambda part: None)}
    assert {("standing", f"text {row['text_id']}") for row in (swapped, wrong, split, joined)} <= found
    assert {
        ("rank", f"text {lost['text_id']}"),
        ("signature", f"text {unsigned['text_id']} (article {unsigned['article_id']})"),
        ("last change", f"article {unheard['article_id']}"),
        ("article_id, content_hash", "article"),
        ("number of articles", "run.json"),
    } <= found
    assert {what for what, _ in found} >= {"bucket row", "positions"}


def change(folder: Path, name: str, changed: Callable[[dict[str, Any]], dict[str, Any] | None]) -> None:
    """Write a table of a copied lake anew, each row as `changed` gives it; None: without it."""
    path = folder_of(folder / "lake", name)
    table = pq.read_table(path)
    rows = [row for row in map(changed, table.to_pylist()) if row is not None]
    shutil.rmtree(path)
    path.mkdir()
    pq.write_table(pa.Table.from_pylist(rows, table.schema), path / "part.parquet")


@LONG
@pytest.mark.parametrize("dies_at", ["_copy", "relate_anew"])
def test_a_load_that_died_shows_nothing_and_is_done_again(hard, store_url, dies_at, monkeypatch):
    folder, *_ = hard
    run = read_run(str(folder / "lake"))
    assert run is not None
    real = getattr(loading, dies_at)

    def die(connection, table, *rest):
        if table in (tables.signature, tables.change, DEFAULT):
            raise _Stop(table)
        real(connection, table, *rest)

    with monkeypatch.context() as patched:
        patched.setattr(loading, dies_at, die)
        with pytest.raises(_Stop):
            load(str(folder / "lake"), run, store_url, lambda part: None)
    with database.opened(store_url) as engine:
        with database.reading(engine) as connection:
            assert [view for view in VIEWS if connection.execute(sa.text(f"SELECT * FROM {view}")).first()] == []
        if engine.name == "postgresql":
            with pytest.raises(Fatal, match="where that was killed, `wirecopy load` does it again"):
                schema.require_current(engine)
        load(str(folder / "lake"), run, store_url, lambda part: None)
        assert schema.differences(engine) == []
    assert differences(folder / "lake", store_url) == {}


def test_a_loaded_build_is_a_store_as_any_other(hard, store_url, tmp_path, monkeypatch):
    """Verify finds nothing, and the next day's run ends as on the store that one machine filled.

    PostgreSQL is loaded from a folder, SQLite from a store of objects.
    """
    folder, *_ = hard
    if store_url.startswith("sqlite"):
        with objects.running("lakes") as port:
            for name, value in objects.environment(port).items():
                monkeypatch.setenv(name, value)
            files, path = locations.filesystem("s3://lakes/hard")
            files.put(f"{folder}/lake/run.json", f"{path}/run.json")
            files.put(f"{folder}/lake/1/tables", f"{path}/1/", recursive=True)
            load("s3://lakes/hard", require_run("s3://lakes/hard"), store_url, lambda part: None)
    else:
        load(str(folder / "lake"), require_run(str(folder / "lake")), store_url, lambda part: None)
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


@LONG
def test_the_guard_judges_a_build_before_anything_can_be_seen(spark, tmp_path):
    """And a record whose text_id is another text's is quarantined, as a commit does it; the first one stands."""
    write_hard(tmp_path / "in", size=16, files=1)
    source, lake = Source("hard", (str(tmp_path / "in"),)), tmp_path / "lake"
    with pytest.raises(_Stop):
        build(spark, str(lake), [source], [None], "test", SETTINGS, Stopping("facts"), None)
    collided = make_collide(next(lake.glob("1/records/*.articles.parquet")))
    limits = replace(steps.limits_of(SETTINGS), cluster_growth=1, duplicate_share=0.1, least=10)
    with pytest.raises(Refused, match=r"new articles are duplicates.*the limit is 10 %.*would become duplicates of"):
        build(spark, str(lake), [source], [None], "test", SETTINGS, Quiet(), limits)
    with pytest.raises(Usage, match="holds an unfinished build of other sources"):
        build(spark, str(lake), [Source("b", source.locations)], [None], "test", SETTINGS, Quiet(), limits)
    assert read_run(str(lake)) is None
    assert not (lake / "1" / "tables").exists()
    progress = Stopping("judgement")  # the next after what is looked at here
    with pytest.raises(_Stop):
        build(spark, str(lake), [source], [None], "test", SETTINGS, progress, None)  # it goes on where it was
    assert not {"revisions", "states"} & progress.reached
    (row,) = pq.read_table(lake / "1" / "tables" / "quarantine").to_pylist()
    read, kept = (len(pq.read_table(lake / "1" / name, columns=[])) for name in ("facts", "tables/article"))
    assert kept == read - 1
    assert (row["stage"], row["reason"], row["head"]) == ("commit", TEXT_COLLISION, collided.encode()[:256])


def make_collide(path: Path) -> str:
    """Give the last record of a prepared shard the text_id of the first; its body."""
    table = pq.read_table(path)
    ids = table.column("text_id").to_pylist()
    column = pa.array([*ids[:-1], ids[0]], pa.int64())
    pq.write_table(table.set_column(table.schema.get_field_index("text_id"), "text_id", column), path)
    body: str = table.column("body")[-1].as_py()
    return body
