"""Quarantine: what is in it can be listed, shown and read again, and nothing stays in it that was mended."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace
from datetime import date

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from etl.cli.main import cli
from etl.errors import Usage
from etl.pipeline import retry
from etl.sources.source import Source
from etl.store import database, schema
from etl.store.quarantine import around, spelled
from schemas.tables import quarantine
from tests.support.stores import ingest, ingest_files, rows

STORY = "Ferry returns\n\nThe ferry to the outer islands sails again after a week in dock, its owner said."
LINE = json.dumps({"title": "Ferry returns", "body": STORY})


def zipped(**members):
    """A zip archive of these members, "_" in a name for its dot."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as written:
        for name, content in members.items():
            written.writestr(name.replace("_", "."), content)
    return archive.getvalue()


@pytest.fixture
def wirecopy(settings):
    """Runs a command of `wirecopy quarantine` on the test's store; what it prints."""

    def call(*arguments):
        environment = {"WIRECOPY_STORE": settings.store, "WIRECOPY_STAGING": settings.staging}
        return CliRunner().invoke(cli, ["quarantine", *arguments], env=environment, catch_exceptions=False).stdout

    return call


FILES = {"a.txt": "", "b.jsonl": f"{LINE}\n{{broken\x1b[31m\n", "c.zip": zipped(good_txt=STORY, bad_txt="")}


def test_what_is_no_article_is_listed_with_its_place_and_reason(settings, tmp_path, wirecopy):
    ingest_files(settings, tmp_path / "in", FILES)
    assert [line.split("  ")[:2] for line in wirecopy("list").splitlines()] == [
        ["test", "a.txt"], ["test", "b.jsonl#1"], ["test", "c.zip/bad.txt"],
    ]  # fmt: skip
    assert "test  a.txt  read: empty\n" in wirecopy("list", "--source", "test")
    assert wirecopy("list", "--source", "seeds") == "nothing is in quarantine\n"
    assert [(q["path"], q["record"], q["stage"]) for q in json.loads(wirecopy("list", "--json"))] == [
        ("a.txt", None, "read"), ("b.jsonl", 1, "read"), ("c.zip/bad.txt", None, "read"),
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["b.jsonl", "b.jsonl#1"])
def test_one_is_shown_with_how_it_begins_and_nothing_a_terminal_obeys(settings, tmp_path, wirecopy, name):
    ingest_files(settings, tmp_path / "in", FILES)
    shown = wirecopy("show", name)
    assert shown.splitlines()[0] == "test: b.jsonl#1"
    assert shown.splitlines()[1].startswith("read: broken JSON")
    assert shown.splitlines()[3] == "  {broken\\x1b[31m"
    (found,) = json.loads(wirecopy("show", name, "--json"))
    assert found["begins"] == "{broken\\x1b[31m\n"
    assert spelled(b"caf\xe9 \x00\n") == "caf\\xe9 \\x00\n"


@pytest.mark.parametrize("name", ["b.jsonl#0", "b.jsonl#x", "none.txt", "#1"])
def test_what_is_not_in_quarantine_cannot_be_shown(settings, tmp_path, wirecopy, name):
    ingest_files(settings, tmp_path / "in", FILES)
    with pytest.raises(Usage, match="quarantine list"):
        wirecopy("show", name)


def test_retry_reads_the_files_in_quarantine_and_no_other(settings, tmp_path, wirecopy):
    ingest_files(settings, tmp_path / "in", {**FILES, "d.txt": "", "e.txt": ""})
    (tmp_path / "in" / "a.txt").write_text(STORY)
    (tmp_path / "in" / "b.jsonl").write_text(LINE)
    (tmp_path / "in" / "c.zip").write_bytes(zipped(good_txt=STORY, bad_txt=f"{STORY} It is full."))
    (tmp_path / "in" / "e.txt").unlink()
    (tmp_path / "in" / "new.txt").write_text(STORY)
    told = wirecopy("retry", str(tmp_path / "in"), "--source", "test").splitlines()
    assert told[:-1] == [
        f"a.txt: {retry.ARTICLE}",
        f"b.jsonl#1: {retry.GONE}",
        f"c.zip/bad.txt: {retry.ARTICLE}",
        f"d.txt: {retry.HELD}, read: empty",
        f"e.txt: {retry.MISSING}",
    ]
    assert told[-1].startswith("read 5 = new 2 + revised 0 + unchanged 2 + stale 0 + quarantined 1;")
    assert rows(settings.store, "SELECT path FROM corpus_quarantine ORDER BY path") == [("d.txt",), ("e.txt",)]
    found = json.loads(wirecopy("retry", str(tmp_path / "in"), "--source", "test", "--json"))
    assert [(r["path"], r["became"]) for r in found["records"]] == [("d.txt", retry.HELD), ("e.txt", retry.MISSING)]
    assert (found["read"], found["quarantined"]) == (1, 1)
    assert len(list((tmp_path / "staging").glob("test/undated/*"))) == 1  # what ingest_files left


def test_retry_takes_each_day_apart(settings, tmp_path):
    for day in (2, 3):
        folder = tmp_path / "in" / f"2026-03-0{day}"
        folder.mkdir(parents=True)
        (folder / "x.txt").write_text("")
    source = Source("test", (str(tmp_path / "in" / "{date}"),))
    ingest(settings, source, [date(2026, 3, 2), date(2026, 3, 3)])
    (tmp_path / "in" / "2026-03-03" / "x.txt").write_text(STORY)
    outcomes, report = retry.retry(source, "again", settings)
    assert [(o.before.name, o.became) for o in outcomes] == [
        ("2026-03-02/x.txt", retry.HELD), ("2026-03-03/x.txt", retry.ARTICLE),
    ]  # fmt: skip
    assert rows(settings.store, "SELECT CAST(partition_date AS TEXT) FROM corpus_article") == [("2026-03-03",)]
    assert report.read == 2


def test_the_rest_of_a_file_is_read_by_a_retry_when_what_ended_its_reading_is_gone(settings, tmp_path):
    lines = "".join(json.dumps({"title": f"Ferry {n}", "body": f"{STORY} It has {n} decks."}) + "\n" for n in range(9))
    limited = replace(settings, max_file_records=4)
    ingest_files(limited, tmp_path / "in", {"a.jsonl": lines})
    source = Source("test", (str(tmp_path / "in"),))
    held = rows(settings.store, "SELECT path, record, reason FROM corpus_quarantine")
    assert held == [("a.jsonl", None, "too large: more than 4 records in one file; rest of file, from record 4")]
    ((outcome,), report) = retry.retry(source, "again", limited)
    assert (outcome.became, report.unchanged, report.quarantined) == (retry.HELD, 4, 1)
    ((outcome,), report) = retry.retry(source, "and again", settings)
    assert (outcome.became, report.new, report.unchanged, report.quarantined) == (retry.ARTICLE, 5, 4, 0)
    assert rows(settings.store, "SELECT path FROM corpus_quarantine") == []


def test_retry_says_where_there_is_nothing_to_read_again(settings, tmp_path):
    ingest_files(settings, tmp_path / "in", FILES)
    with pytest.raises(Usage, match="no source 'other'"):
        retry.retry(Source("other", (str(tmp_path / "in"),)), "again", settings)
    (tmp_path / "elsewhere").mkdir()
    with pytest.raises(Usage, match=r"such as a\.txt"):
        retry.retry(Source("test", (str(tmp_path / "elsewhere"),)), "again", settings)


@pytest.mark.parametrize(
    ("before", "after", "left"),
    [
        ({"c.zip": zipped(bad_txt="")}, {"c.zip": zipped(bad_txt="")}, ["c.zip/bad.txt"]),
        ({"c.zip": zipped(bad_txt="")}, {"c.zip": zipped(bad_txt=STORY)}, []),
        ({"c.zip": zipped(bad_txt="")}, {"c.zip": b"PK\x03\x04"}, ["c.zip"]),
        ({"c.zip": b"PK\x03\x04"}, {"c.zip": zipped(bad_txt="")}, ["c.zip/bad.txt"]),
        ({"bell\x07.txt": ""}, {"bell\x07.txt": ""}, ["bell\ufffd.txt"]),
    ],
)
def test_a_file_read_again_leaves_in_quarantine_what_is_unreadable_now(settings, tmp_path, before, after, left):
    ingest_files(settings, tmp_path / "in", before)
    ingest_files(settings, tmp_path / "in", after, label="again")
    assert rows(settings.store, "SELECT path FROM corpus_quarantine") == [(path,) for path in left]


def test_a_file_lies_in_all_that_is_around_it():
    assert around("a/b.zip/c.txt") == ["a/b.zip/c.txt", "a/b.zip", "a"]


HOSTILE = "https://e.example/\x1b]0;taken\x07\x1b[2J\nseeds  forged.txt  read: empty \u202e"


@pytest.mark.parametrize("arguments", [["list"], ["list", "--json"], ["show", HOSTILE], ["show", HOSTILE, "--json"]])
def test_what_was_quarantined_commands_no_terminal_and_forges_no_line(wirecopy, settings, arguments):
    row = {"source": "herald", "record": -1, "stage": "fetch", "head": b"<html>\x1b[2J", "quarantine_id": "q"}
    with database.opened(settings.store) as engine:
        schema.upgrade(engine)
        with database.writing(engine) as connection:
            connection.execute(sa.insert(quarantine), {**row, "path": HOSTILE, "reason": f"bad: {HOSTILE}"})
    printed = wirecopy(*arguments)
    assert "taken" in printed
    assert not [c for c in printed if c != "\n" and not c.isprintable()]
    assert not [line for line in printed.splitlines() if line.startswith("seeds")]
