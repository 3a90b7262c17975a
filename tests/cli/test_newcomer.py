"""The command line as a newcomer meets it: help, misspelt names, and what a command says that it did."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import click
import pytest

from etl.cli.main import cli
from tests.support.paths import ROOT
from tests.support.stories import story


@pytest.fixture
def gazette(wirecopy, tmp_path):
    """A store of a source "gazette": a story, two copies of it and one of its own."""
    folder = tmp_path / "gazette"
    folder.mkdir()
    texts = {"a.txt": story(1), "b.txt": story(1), "c.txt": story(1, words=55), "d.txt": story(2)}
    for name, text in texts.items():
        (folder / name).write_text(text)
    wirecopy("run", folder)
    return folder


def groups(command: click.Command, *path: str) -> list[tuple[str, ...]]:
    if not isinstance(command, click.Group):
        return []
    return [path, *(found for name, each in command.commands.items() for found in groups(each, *path, name))]


@pytest.mark.parametrize("path", [path for path in groups(cli) if path != ("sources",)], ids=" ".join)
def test_a_bare_group_prints_its_help_with_whole_sentences(wirecopy, path):
    status, printed, errors = wirecopy(*path)
    assert (status, errors) == (0, "")
    assert printed.startswith(f"Usage: wirecopy {' '.join(path)}".rstrip())
    assert "..." not in printed.partition("Commands:")[2]


def test_a_narrow_terminal_and_no_colour_change_no_word(wirecopy, gazette, monkeypatch):
    wide = wirecopy("explain", "c.txt", "--diff")
    assert wirecopy("explain", "c.txt", "--diff", NO_COLOR="1", COLUMNS="20") == wide
    assert wirecopy("--help", COLUMNS="30")[1].split() == wirecopy("--help")[1].split()


MISSPELT = [
    ("export", "out", "--source", "gazete"),
    ("quarantine", "list", "--source", "gazete"),
    ("quarantine", "show", "a.txt", "--source", "gazete"),
    ("quarantine", "retry", "gazette", "--source", "gazete"),
    ("sources", "rank", "gazete", "1"),
    ("retract", "--source", "gazete"),
    ("erase", "--source", "gazete", "--reason", "a court's order"),
    ("sources", "remove", "gazete"),
    ("whatif", "--rank", "gazete", "1"),
]


def test_a_misspelt_source_is_an_error_that_names_the_close_one(wirecopy, gazette, tmp_path):
    for arguments in MISSPELT:
        status, printed, errors = wirecopy(*arguments)
        assert (status, printed) == (2, ""), arguments
        assert "'gazete'; did you mean 'gazette'?" in errors
    (tmp_path / "sources.toml").write_text('[gazette]\nkind = "feed"\nlocation = "https://gazette.example/rss"')
    assert "did you mean 'gazette'?" in wirecopy("fetch", "gazete", "--file", "sources.toml")[2]
    assert "there is gazette" in wirecopy("fetch", "x", "--file", "sources.toml")[2]
    assert not (tmp_path / "out").exists()


def test_a_decision_says_where_articles_stand_now(wirecopy, gazette):
    (one,) = json.loads(wirecopy("explain", "c.txt", "--json")[1])
    status, told, _ = wirecopy("retract", one["canonical_key"])
    first = told.splitlines()
    assert status == 0
    assert first[0].startswith("gazette: Headline 1  [")
    assert first[0].endswith("] is retracted")
    assert first[1].endswith("] is in the corpus")
    assert first[-1] == "corpus 3 = canonical 2 + exact 0 + near 1; retracted 1"
    assert wirecopy("retract", one["canonical_key"])[1].startswith("nothing changed: it stood so already\ncorpus 3")
    told = json.loads(wirecopy("retract", one["canonical_key"], "--undo", "--json")[1])
    assert {(move["change"], move["title"]) for move in told["changes"]} >= {("added", "Headline 1")}
    told = wirecopy("judge", one["canonical_key"], "d.txt", "--same")[1]
    assert "] is a duplicate of\n  gazette: Headline " in told
    assert wirecopy("judge", "a.txt", "b.txt", "--same")[1].startswith("it is kept, and moves no article\n")
    told = wirecopy("sources", "rank", "gazette", "3")[1]
    assert told.startswith("it is kept, and moves no article\ncorpus 4 = ")


def test_a_judgement_is_one_word(wirecopy, gazette):
    for words in (["--same", "--different"], ["--same", "--undo"], []):
        assert wirecopy("judge", *words, "a.txt", "d.txt")[::2] == (
            2, "wirecopy: say one of --same, --different and --undo\n",
        )  # fmt: skip


def test_explain_lists_copies_and_names_the_source_of_what_stands_for_one(wirecopy, gazette):
    (canonical,) = json.loads(wirecopy("explain", "a.txt", "--json")[1])
    told = wirecopy("explain", canonical["canonical_id"] or "a.txt")[1]
    assert "stands for 3 articles, itself included\n  gazette: Headline 1  [" in told
    assert sorted(line.rpartition("  ")[2] for line in told.splitlines()[3:5])[0] == "exact"
    assert "duplicate of\n  gazette: " in wirecopy("explain", "c.txt")[1]


def test_explain_finds_words_of_a_headline_and_asks_for_enough_digits(wirecopy, gazette):
    assert wirecopy("explain", "headline", "2")[1].startswith("gazette: d.txt")
    status, printed, errors = wirecopy("explain", "headline")
    assert (status, printed) == (2, "")
    assert "4 articles have 'headline' in their headline; name one of them by its id:" in errors
    assert errors.count("gazette: Headline 1") == 3
    assert "of an id give the first 6 digits or more" in wirecopy("explain", "4f1c")[2]
    assert "of an id give the first 6 digits or more" in wirecopy("retract", "4f1c")[2]
    assert "%" in wirecopy("explain", "100%")[2], "no pattern of SQL: it fits nothing"


def test_explain_takes_a_url_as_a_browser_shows_it_and_a_name_that_is_no_utf8(wirecopy, tmp_path):
    (tmp_path / "in").mkdir()
    record = {"title": "A", "body": story(1), "url": "https://mole.example/ferry"}
    (tmp_path / "in" / "a.json").write_text(json.dumps(record))
    odd = tmp_path / "in" / "fa\udcffhre.txt"
    odd.write_text(story(2))
    wirecopy("run", tmp_path / "in")
    assert wirecopy("explain", "HTTPS://Mole.example:443/ferry?utm_source=x#top")[1].startswith("in: https://mole")
    assert wirecopy("explain", odd.name)[1].startswith(r"in: fa\xffhre.txt")
    assert wirecopy("retract", "https://mole.example/ferry#top", "--reason", "x")[0] == 0


def test_a_reason_from_a_shell_that_is_not_in_utf8_is_kept(wirecopy, gazette):
    said = ("--by", "M\udcfcller", "--reason", "f\udce4lschlich")
    assert wirecopy("judge", "a.txt", "d.txt", "--same", *said)[0] == 0
    assert "Müller" in (told := wirecopy("explain", "d.txt")[1])
    assert "fälschlich" in told


def test_a_run_of_a_number_that_no_store_counts_to_is_no_damage(wirecopy, gazette):
    status, _, errors = wirecopy("report", "--run", 10**20)
    assert (status, "is not in the range" in errors) == (2, True)


def test_explain_says_when_it_stops(wirecopy, tmp_path):
    lines = [json.dumps({"id": str(n), "title": f"Number {n}", "body": story(n)}) for n in range(21)]
    (tmp_path / "many.jsonl").write_text("\n".join(lines))
    wirecopy("run", "many.jsonl")
    status, printed, errors = wirecopy("explain", "many.jsonl")
    assert (status, printed.count("many: ")) == (0, 20)
    assert "the first 20 that 'many.jsonl' names" in errors


def test_a_refused_day_of_several_says_which_were_kept(wirecopy, tmp_path):
    for day in range(3):
        folder = tmp_path / f"wire/2026-03-1{day}"
        folder.mkdir(parents=True)
        for n in range(3 if day == 1 else 1):
            (folder / f"{n}.txt").write_text("" if day == 1 else story(10 * day + n))
    days = ("run", "wire/{date}", "--from", "2026-03-10", "--to", "2026-03-12")
    status, printed, errors = wirecopy(*days, WIRECOPY_MIN_JUDGED_RECORDS="3")
    assert (status, printed) == (1, "")
    assert errors.endswith("Before it, kept: wire 2026-03-10; after it, not read: wire 2026-03-12\n")
    assert wirecopy("report")[1].startswith("refused, and undone: 3 of 3 records are quarantined")


def test_a_day_in_the_future_is_refused_as_airflow_does(wirecopy, tmp_path):
    today = datetime.now(UTC).date()
    for days, status in ((3, 2), (0, 0)):
        said = wirecopy("run", tmp_path, "--date", today + timedelta(days=days))
        assert said[0] == status
        assert ("is in the future" in said[2]) == bool(status)


def test_a_store_with_a_misspelt_folder_makes_none(wirecopy, tmp_path):
    (tmp_path / "in").mkdir()
    status, _, errors = wirecopy("run", "in", "--store", "sqlite:///vra/corpus.db")
    assert (status, errors.count("the store's folder vra does not exist")) == (2, 1)
    assert "the store's folder" in wirecopy("store", "upgrade", "--store", f"sqlite:///{tmp_path}/vra/corpus.db")[2]
    assert [path.name for path in tmp_path.iterdir()] == ["in"]
    assert "write postgresql:// for postgres://" in wirecopy("run", "in", "--store", "postgres://me@host/corpus")[2]


def test_files_of_a_pattern_are_one_source_and_read_as_their_folder_is(wirecopy, gazette, tmp_path):
    status, told, _ = wirecopy("run", *sorted(gazette.iterdir()))
    assert (status, told[:40]) == (0, "read 4 = new 0 + revised 0 + unchanged 4")
    wirecopy("run", *sorted(gazette.iterdir()), "--source", "other")
    (tmp_path / "single.txt").write_text(story(9))
    wirecopy("run", "single.txt", "gazette")
    assert {row["source"] for row in json.loads(wirecopy("report", "--json")[1])["days"]} == {
        "gazette", "other", "single",
    }  # fmt: skip


def test_a_run_that_no_store_was_named_for_says_which_it_writes(wirecopy, tmp_path):
    (tmp_path / "in").mkdir()
    said = f"the store is {tmp_path}/var/corpus.db; --store or WIRECOPY_STORE names another\n"
    assert said in wirecopy("run", "in")[2]
    assert said not in wirecopy("run", "in", WIRECOPY_STORE="sqlite:///var/corpus.db", WIRECOPY_SOURCES="x.toml")[2]
    (tmp_path / "dags").mkdir()
    (tmp_path / "dags/sources.toml").write_text("")
    assert said not in wirecopy("run", "in")[2]


def test_whatif_shows_headlines(wirecopy, gazette):
    told = wirecopy("whatif", "--threshold", "0.99")[1]
    assert told.startswith("gazette: Headline 1  [")
    assert told.splitlines()[0].endswith("] would be in the corpus")
    assert wirecopy("whatif", "--threshold", "0.7")[1].startswith("0 articles would change; ")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_is_given_its_completion(wirecopy, shell):
    status, script, _ = wirecopy("completion", shell)
    assert (status, "_WIRECOPY_COMPLETE" in script) == (0, True)


def test_completion_completes_and_a_pipe_that_closes_early_is_no_error(tmp_path):
    said = {
        "PYTHONPATH": str(ROOT),
        "_WIRECOPY_COMPLETE": "bash_complete",
        "COMP_WORDS": "wirecopy rep",
        "COMP_CWORD": "1",
    }
    call = [sys.executable, "-c", "import sys; sys.argv[0] = 'wirecopy'; from etl.cli.main import main; main()"]
    done = subprocess.run(call, env={**os.environ, **said}, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.stdout.split() == ["plain,report"]
    read, write = os.pipe()
    os.close(read)
    try:
        closed = subprocess.run([*call, "--help"], stdout=write, stderr=subprocess.PIPE, text=True, check=False,
                                env={**os.environ, "PYTHONPATH": str(ROOT)}, cwd=tmp_path)  # fmt: skip
    finally:
        os.close(write)
    assert closed.stderr == ""


DECLARED = """
[gazette]
location = "in/{date}"
columns.body = "txt"
keep = { words = 20 }
limits = { max_quarantine_share = 0.5, min_judged_records = 1 }
[herald]
kind = "feed"
location = "https://herald.example/feed"
"""


def test_a_declared_source_is_run_by_its_name_as_its_dag_runs_it(wirecopy, tmp_path):
    (tmp_path / "sources.toml").write_text(DECLARED)
    long, short, few = (json.dumps({"id": n, "title": "T", "txt": "word " * n}) for n in (30, 3, 2))
    brought = {
        "in/2026-03-14": [long, short, few],
        "in/2026-03-15": ["{"],
        "landed/herald/2026-03-14": ['{"title": "H", "body": "Some words."}'],
    }
    for folder, lines in brought.items():
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "a.jsonl").write_text("\n".join(lines))
    declared = {"WIRECOPY_SOURCES": "sources.toml", "WIRECOPY_LANDING": "landed"}

    def counted(*arguments):
        _, printed, _ = wirecopy("run", *arguments, "--workers", "1", "--json", **declared)
        return [json.loads(printed)[count] for count in ("new", "unchanged", "quarantined")]

    assert counted("gazette", "--date", "2026-03-14") == [1, 0, 2]
    assert counted("in/2026-03-14", "--source", "gazette", "--date", "2026-03-14") == [0, 1, 2], (
        "wherever its files lie"
    )
    assert counted("gazette", "--date", "2026-03-14", "--keep", "words=3", "--dry-run") == [1, 1, 1]
    assert counted("herald", "--date", "2026-03-14") == [1, 0, 0]
    status, _, error = wirecopy("run", "gazette", "--date", "2026-03-15", "--workers", "1", **declared)
    assert (status, "quarantined" in error) == (1, True), "by the source's own limit"
