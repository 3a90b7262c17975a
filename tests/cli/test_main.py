"""The command line: what it prints, its exit status, and one line for every mistake."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tests.cli.conftest import COMPILING
from tests.support.paths import ROOT, SEEDS


def test_arrays_are_made_without_pandas_which_frames_still_load():
    asked = (
        "import sys; from etl.cli.shared import spare_pandas; spare_pandas(); import pyarrow as pa;"
        "made = pa.array([1, 2]); assert 'pandas' not in sys.modules; assert made.to_pandas().sum() == 3"
    )
    subprocess.run([sys.executable, "-c", asked], check=True, cwd=ROOT)


def test_who_only_asks_a_store_loads_no_arrays_no_model_and_nothing_that_compiles():
    asked = (
        "import sys; import etl.cli.main; from etl.report import explain, queries; from etl.store import runs;"
        "sys.exit(sorted({'numba', 'numpy', 'pydantic'} & sys.modules.keys()) or None)"
    )
    subprocess.run([sys.executable, "-c", asked], check=True, cwd=ROOT)


def test_workers_are_ready_without_beautiful_soup():
    ready = "import sys; from etl.prepare.shards import warm; warm(); sys.exit('bs4' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", ready], check=False).returncode == 0


def test_run_report_explain_and_verify_tell_one_story(tmp_path):
    clean = {k: v for k, v in os.environ.items() if not k.startswith("WIRECOPY_")}

    def wirecopy(*arguments):
        found = subprocess.run(
            [sys.executable, "-m", "etl", *map(str, arguments)], cwd=tmp_path, env={**clean, "PYTHONPATH": str(ROOT)},
            capture_output=True, text=True, timeout=120,
        )  # fmt: skip
        return found.returncode, found.stdout, found.stderr

    status, line, errors = wirecopy("run", SEEDS)
    where = f"the store is {tmp_path}/var/corpus.db; --store or WIRECOPY_STORE names another\n"
    assert (status, errors.replace(COMPILING, "")) == (0, where)
    assert line.startswith(
        "read 59 = new 56 + revised 0 + unchanged 0 + stale 0 + quarantined 3; corpus 56 = canonical 44"
    )
    status, report, _ = wirecopy("report", "--json")
    assert status == 0
    assert json.loads(report)["near"] == 9
    status, told, _ = wirecopy("report")
    assert told.splitlines()[0].split("  (")[0] == line.split("  (")[0]
    assert "harbour" in told.lower() or "seeds" in told
    assert wirecopy("verify")[:2] == (0, "no difference: the store is what its articles give\n")
    assert wirecopy("store", "check")[0] == 0
    assert wirecopy("store", "upgrade")[1].endswith("up to date\n")


def test_json_is_all_that_is_printed(wirecopy):
    status, printed, _ = wirecopy("run", SEEDS, "--json")
    report = json.loads(printed)
    assert status == 0
    assert report["read"] == sum(report[n] for n in ("new", "revised", "unchanged", "stale", "quarantined"))
    assert report["articles"] == report["canonical"] + report["exact"] + report["near"]


def test_a_reference_is_run_like_a_source_and_is_none_of_the_corpus(wirecopy, tmp_path):
    wirecopy("run", SEEDS)
    quoted = (
        SEEDS / "wire" / next(p.name for p in (SEEDS / "wire").iterdir() if p.name.startswith("006_"))
    ).read_text()
    (tmp_path / "bench.jsonl").write_text(json.dumps({"id": "q1", "text": quoted.upper()}) + "\n{\n")
    bench = ("bench.jsonl", "--source", "bench")
    status, line, _ = wirecopy("run", *bench, "--reference")
    assert (status, line[:67]) == (0, "read 2 = new 1 + revised 0 + unchanged 0 + stale 0 + quarantined 1;")
    assert "; corpus 56 = canonical 44" in line
    assert wirecopy("verify")[0] == 0
    (tmp_path / "bench.jsonl").write_text(json.dumps({"id": "q1", "text": quoted.upper()}) + "\n{}\n")
    assert wirecopy("quarantine", "retry", *bench, "--reference")[0] == 0
    status, _, errors = wirecopy("run", *bench)
    assert (status, 'role = "reference"' in errors) == (2, True)
    status, _, errors = wirecopy("run", SEEDS, "--reference")
    assert (status, "has articles in the corpus" in errors) == (2, True)
    (tmp_path / "sources.toml").write_text('[bench]\nlocation = "bench.jsonl"\nrole = "reference"\n')
    status, _, errors = wirecopy("build", "lake", "--source", "bench", "--file", "sources.toml")
    assert (status, "no build takes one" in errors) == (2, True)
    assert wirecopy("sources", "remove", "bench")[0] == 0
    assert wirecopy("sources", "remove", "bench")[0] == 2


def test_explain_says_why_an_article_is_not_in_the_corpus(wirecopy):
    wirecopy("run", SEEDS)
    copy = next(p.name for p in (SEEDS / "wire").iterdir() if p.name.startswith("006_"))
    status, told, _ = wirecopy("explain", f"wire/{copy}")
    assert status == 0
    assert "is not in the corpus: exact duplicate of" in told
    assert "the same comparison text" in told
    (found,) = json.loads(wirecopy("explain", f"wire/{copy}", "--json")[1])
    status, told, _ = wirecopy("explain", found["canonical_id"])
    assert "is in the corpus and stands for 3 articles" in told
    empty = next(p.name for p in (SEEDS / "wire").iterdir() if p.stat().st_size == 0)
    assert "quarantined, read: empty" in wirecopy("explain", f"wire/{empty}")[1]


MISTAKES = {
    ("run",): (2, "LOCATION"),
    ("run", "nowhere"): (2, "nowhere: no such file or folder"),
    ("run", ".", "--folly"): (2, "--folly"),
    ("run", ".", "--date", "14.3.2026"): (2, "2026-03-14"),
    ("run", ".", "--from", "2026-03-14"): (2, "--to"),
    ("run", ".", "--from", "2026-03-14", "--to", "2026-03-13"): (2, "after"),
    ("run", ".", "--from", "2026-03-14", "--to", "2026-03-15"): (2, "{date"),
    ("run", "x/{date:%Y}"): (2, "--date"),
    ("run", ".", "--store", "oracle://x"): (2, "SQLite or PostgreSQL"),
    ("run", ".", "--store", "somewhere"): (2, "is no store"),
    ("run", ".", "--source", "No Name"): (2, "small letters"),
    ("run", ".", "--store", "postgresql://nobody@127.0.0.1:1/none"): (1, "cannot be reached"),
    ("explain", "x"): (2, "wirecopy run"),
    ("report", "--run", "0"): (2, "--run"),
    ("export",): (2, "DIR"),
    ("export", "out"): (2, "wirecopy run"),
    ("export", "out", "--format", "xlsx"): (2, "parquet"),
    ("judge", "a", "b"): (2, "--same"),
    ("judge", "a", "--same"): (2, "argument 'B'"),
    ("judge", "import", "none.csv"): (2, "wirecopy run"),
    ("sources",): (2, "dags/sources.toml"),
    ("quarantine", "list"): (2, "wirecopy run"),
    ("quarantine", "show", "a.txt"): (2, "wirecopy run"),
    ("quarantine", "retry", "."): (2, "wirecopy run"),
    ("quarantine", "retry"): (2, "LOCATION"),
    ("frobnicate",): (2, "frobnicate"),
    ("completion",): (2, "bash, zsh, fish"),
    ("run", ""): (2, "'' names no file or folder"),
    ("run", "sftp://me:hush@127.0.0.1:1/in"): (2, "a location holds a password"),
}


@pytest.mark.parametrize("arguments", MISTAKES, ids=" ".join)
def test_a_mistake_is_answered_in_one_line_that_says_what_to_do(wirecopy, arguments):
    expected, words = MISTAKES[arguments]
    status, printed, errors = wirecopy(*arguments)
    assert (status, printed) == (expected, "")
    assert errors.startswith("wirecopy: ")
    assert errors.count("\n") == 1
    assert words in errors


def test_a_setting_that_is_no_number_is_named(wirecopy):
    status, _, errors = wirecopy("settings", WIRECOPY_SHARD_BYTES="many")
    assert status == 2
    assert errors == "wirecopy: WIRECOPY_SHARD_BYTES is 'many'; it takes a whole number, 0 or more\n"


def test_no_connection_at_all_is_no_setting(wirecopy):
    """With none a fetch would wait for ever."""
    for name in ("WIRECOPY_CONNECTIONS", "WIRECOPY_HOST_CONNECTIONS"):
        status, _, errors = wirecopy("settings", **{name: "0"})
        assert (status, errors) == (2, f"wirecopy: {name} is '0'; it takes a whole number, 1 or more\n")


@pytest.mark.parametrize("name", ["STORE", "STAGING", "LANDING", "EXPORT"])
def test_no_setting_shows_a_password(wirecopy, name):
    _, printed, _ = wirecopy("settings", **{f"WIRECOPY_{name}": "postgresql://me:hush@files.example/corpus"})
    assert "hush" not in printed
    assert "@files.example/corpus" in printed or "//files.example/corpus" in printed


def test_settings_say_where_each_came_from(wirecopy):
    _, printed, _ = wirecopy("settings", WIRECOPY_STORE="sqlite:///x.db")
    assert "WIRECOPY_STORE=sqlite:///x.db  (environment): the store" in printed
    assert "WIRECOPY_WORKERS=0  (default)" in printed


def test_a_misspelt_setting_is_told_with_the_one_it_may_mean(wirecopy):
    _, _, errors = wirecopy("settings", WIRECOPY_STORRE="sqlite:///x.db", WIRECOPY_TAG="0.2.0")
    assert errors == "WIRECOPY_STORRE is no setting; did you mean WIRECOPY_STORE?\n"


def test_a_folder_is_no_store(wirecopy, tmp_path):
    (tmp_path / "data").mkdir()
    status, _, errors = wirecopy("verify", "--store", "sqlite:///data")
    assert (status, errors) == (2, "wirecopy: data is a folder; a store is a file in it, such as data/corpus.db\n")


HELPED = ["run", "report", "explain", "export", "verify", "sources list"]
HELPED += ["store upgrade", "store check", "store roles", "store search"]
HELPED += [
    "sources rank",
    "sources remove",
    "retract",
    "judge import",
    "quarantine list",
    "quarantine show",
    "quarantine retry",
]


@pytest.mark.parametrize("command", HELPED)
def test_every_command_has_help_with_examples(wirecopy, command):
    status, printed, _ = wirecopy(*command.split(), "--help")
    assert status == 0
    assert f"\n  wirecopy {command}" in printed


def test_who_decides_is_the_user_unless_somebody_is_named(wirecopy):
    wirecopy("run", SEEDS, "--source", "seeds")
    wirecopy("retract", "wire/020_662572fba47f10bb.txt", "--reason", "wrong", LOGNAME="eve")
    wirecopy("retract", "wire/020_662572fba47f10bb.txt", "--undo", "--by", "ana")
    _, told, _ = wirecopy("explain", "wire/020_662572fba47f10bb.txt", "--json")
    assert [(d["who"], d["word"], d["reason"]) for d in json.loads(told)[0]["decisions"]] == [
        ("eve", "retract", "wrong"), ("ana", "restore", ""),
    ]  # fmt: skip


HOSTILE = "\x1b]0;taken\x07\u202e\nis in the corpus and stands for 99 articles"


def test_decisions_and_mistakes_command_no_terminal_and_forge_no_line(wirecopy, tmp_path):
    wirecopy("run", SEEDS / "wire")
    article = json.loads(wirecopy("explain", sorted((SEEDS / "wire").iterdir())[0].name, "--json")[1])
    key = article[0]["article_id"] if article else ""
    assert wirecopy("retract", key, "--reason", HOSTILE, "--by", HOSTILE)[0] == 0
    for said in (("explain", key), ("explain", key, "--diff"), ("explain", HOSTILE), ("run", tmp_path / HOSTILE)):
        _, printed, errors = wirecopy(*said)
        assert "taken" in printed + errors
        assert not [c for c in printed + errors if c != "\n" and not c.isprintable()]
        assert not [line for line in (printed + errors).splitlines() if line.startswith("is in the corpus and")]
