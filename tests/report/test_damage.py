"""A SQLite store whose rows are damaged at random: verify names it, and no command that reads ends in a traceback."""

from __future__ import annotations

import random
import re
import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from types import NoneType

import click
import pytest
from click.testing import CliRunner

from etl.cli.main import cli
from etl.commit import curate
from etl.errors import WirecopyError
from etl.settings import Settings
from schemas.tables import metadata
from tests.support.stores import decide, ids, ingest_files
from tests.support.stories import story

CASES = 20
SAID_ONCE = (
    "recipe|run|decision|visit|quarantine|change|revision|bucket.own|FROM judgement"
    "|(judgement|retraction)[.](reason|at)|source[.]|FROM source"
)
"""Tables and columns of which nothing else in a store says what they hold, so that not each damage shows."""
STORIES = {f"{n}.txt": story(n) for n in range(6)} | {
    "7.txt": story(1, (3, "new")), "8.txt": story(2), "9.txt": "", "10.txt": story(10),
}  # fmt: skip
VALUES = (None, b"\x00\xff\xfe", "no such thing", "", -1, 2**62, 0.5, "9999-99-99", "{", "[1]", "0001-01-01 00:00:00")
COMMANDS = (
    ["verify"], ["verify", "--json"], ["report"], ["report", "--json"], ["report", "--html", "-"], ["explain", "1.txt"],
    ["explain", "7.txt", "--diff"], ["quarantine", "list"], ["export", "parquet"],
    ["export", "all", "--all", "--format", "jsonl"], ["export", "csv", "--format", "csv"],
)  # fmt: skip


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A store with copies, a retraction, a judgement and a quarantined record."""
    folder = tmp_path_factory.mktemp("whole")
    settings = Settings(store=f"sqlite:///{folder}/corpus.db", staging=str(folder / "staging"))
    ingest_files(settings, folder / "in", STORIES)
    of = ids(settings)
    decide(settings, curate.judge, of["3.txt"], of["4.txt"], "different", "looked")
    decide(settings, curate.retract, [of["10.txt"]], "withdrawn")
    with closing(sqlite3.connect(folder / "corpus.db")) as file:
        file.execute("PRAGMA journal_mode = DELETE")
    return (folder / "corpus.db").read_bytes()


def damage(path: Path, chance: random.Random) -> str:
    """Change a value of a row, or take a row away; what was done."""
    with closing(sqlite3.connect(path)) as file, file, suppress(sqlite3.IntegrityError):  # a row id is a number
        file.execute("PRAGMA ignore_check_constraints = ON")
        table = chance.choice([t for t in metadata.sorted_tables if file.execute(f"SELECT 1 FROM {t.name}").fetchone()])
        key = [c.name for c in table.primary_key]
        row = chance.choice(file.execute(f"SELECT {', '.join(key)} FROM {table.name}").fetchall())
        where = " AND ".join(f"{name} = ?" for name in key)
        if chance.random() < 0.25:
            done = f"DELETE FROM {table.name}"
            file.execute(f"{done} WHERE {where}", row)
        else:
            column, value = chance.choice(list(table.columns)).name, chance.choice(VALUES)
            done = f"{table.name}.{column} = {value!r}"
            file.execute(f"UPDATE OR IGNORE {table.name} SET {column} = ? WHERE {where}", (value, *row))
        return done
    return "nothing"


@pytest.mark.parametrize("case", range(CASES))
def test_verify_names_each_damage_to_what_the_corpus_stands_on(whole: bytes, tmp_path: Path, case: int) -> None:
    path = tmp_path / "corpus.db"
    path.write_bytes(whole)
    done, chance = "nothing", random.Random(f"one {case}")
    while path.read_bytes() == whole or re.search(rf"(^| )({SAID_ONCE})\b", done):
        path.write_bytes(whole)
        done = damage(path, chance)
    result = CliRunner().invoke(cli, ["verify", "--store", f"sqlite:///{path}"])
    assert result.exit_code == 1, done
    assert "no difference" not in result.output


def test_verify_names_bytes_of_the_file_that_a_disk_has_changed(whole: bytes, tmp_path: Path) -> None:
    chance, named = random.Random(5), 0
    for case in range(6):
        path, changed = tmp_path / f"{case}.db", bytearray(whole)
        for _ in range(20):
            changed[chance.randrange(4096, len(whole))] ^= 1 << chance.randrange(8)
        path.write_bytes(changed)
        for command in (["verify"], ["export", str(tmp_path / f"out{case}")]):
            result = CliRunner().invoke(cli, [*command, "--store", f"sqlite:///{path}"])
            assert isinstance(result.exception, (NoneType, WirecopyError, SystemExit)), repr(result.exception)
            named += command == ["verify"] and result.exit_code == 1
    assert named


@pytest.mark.parametrize("case", range(CASES))
def test_no_damage_to_rows_ends_a_command_in_a_traceback(
    whole: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: int
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("corpus.db").write_bytes(whole)
    chance = random.Random(case)
    done = [damage(Path("corpus.db"), chance) for _ in range(chance.choice([1, 1, 3]))]
    for command in COMMANDS:
        result = CliRunner().invoke(cli, [*command, "--store", "sqlite:///corpus.db"])
        ends = result.exception is None or isinstance(
            result.exception, (WirecopyError, SystemExit, click.ClickException)
        )
        assert ends, f"{command} after {done}: {result.exception!r}"
