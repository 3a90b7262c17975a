"""What the README and docs/relations.md show is what happens."""

from __future__ import annotations

import re
import shlex
import sqlite3

import pytest
from click.testing import CliRunner

from etl.cli.main import cli
from tests.support.paths import ROOT, SEEDS

README, RELATIONS = ((ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "docs/relations.md"))
CONSOLE = re.compile(r"^\$ (.+)\n((?:(?!\$ |```).*\n)*)", re.MULTILINE)
COMMANDS = CONSOLE.findall(README)
"""(command, what it prints) of every console block."""
SHOWN = [(command, output) for command, output in COMMANDS if output]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """A store that holds the seeds, and what the run that filled it printed."""
    folder = tmp_path_factory.mktemp("readme")
    environment = {"WIRECOPY_STORE": f"sqlite:///{folder}/corpus.db", "WIRECOPY_STAGING": f"{folder}/staging"}
    ran = CliRunner().invoke(cli, ["run", str(SEEDS)], env=environment, catch_exceptions=False)
    return folder / "corpus.db", environment, ran.stdout.rpartition("  (")[0] + "\n"


def test_the_readme_shows_commands_with_their_output():
    assert [command.split()[0] for command, _ in SHOWN] == ["make", "sqlite3", "sqlite3", "sqlite3", "wirecopy"]
    assert [command.split()[0] for command, _ in CONSOLE.findall(RELATIONS)] == ["sqlite3", "wirecopy"]


@pytest.mark.parametrize(("command", "output"), SHOWN + CONSOLE.findall(RELATIONS), ids=lambda shown: shown[:40])
def test_what_the_pages_show_is_what_is_printed(corpus, command, output):
    path, environment, report = corpus
    words = shlex.split(command)
    if words[0] == "make":
        printed = report  # test_dags runs the DAG itself
    elif words[0] == "sqlite3":
        with sqlite3.connect(path) as connection:
            printed = "".join("|".join(map(str, row)) + "\n" for row in connection.execute(words[2]))
        connection.close()
    else:
        printed = CliRunner().invoke(cli, words[1:], env=environment, catch_exceptions=False).stdout
    assert printed == output


@pytest.mark.parametrize("command", [c for c, output in COMMANDS if not output and c.startswith("wirecopy")])
def test_commands_without_output_in_the_readme_take_the_options_that_are_shown(command):
    words = shlex.split(command.partition("#")[0])[1:]
    name, *arguments = words
    found = cli.commands[name]
    found.make_parser(found.make_context(name, list(arguments), resilient_parsing=True)).parse_args(list(arguments))


def test_every_command_is_in_the_readme():
    missing = [name for name in cli.commands if f"wirecopy {name}" not in README and name not in ("sources", "store")]
    assert missing == []
