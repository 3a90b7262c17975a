"""The table [build]: what it says, as the words of `wirecopy build`; a wrong one is named."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from etl.cli.build import build
from etl.errors import Usage
from etl.sources.build_table import declared_build
from etl.sources.declarations import declared

TABLE = """
[gazette]
location = "in/{date}"

[build]
lake = "s3://news/lake"
sources = ["gazette"]
from = 2016-01-01
to = 2025-12-31
decisions = "sqlite:///old.db"
master = "spark://host:7077"
conf = { "spark.executor.memory" = "4g" }
"""


def written(tmp_path: Path, text: str) -> str:
    path = tmp_path / "sources.toml"
    path.write_text(text)
    return str(path)


def test_a_table_says_what_the_command_is_given(tmp_path: Path) -> None:
    path = written(tmp_path, TABLE)
    found = declared_build(path)
    assert found is not None
    assert list(declared(path)) == ["gazette"]
    given = build.make_context("build", found.arguments()).params
    assert given | {} == {
        "lake": "s3://news/lake", "names": ("gazette",), "everything": False, "file": None, "first": date(2016, 1, 1),
        "last": date(2025, 12, 31), "master": "spark://host:7077", "conf": ("spark.executor.memory=4g",),
        "accept": False, "decisions": "sqlite:///old.db", "store": None, "as_json": False,
    }  # fmt: skip
    everything = declared_build(written(tmp_path, '[build]\nlake = "lake"'))
    assert everything is not None
    assert build.make_context("build", everything.arguments()).params["everything"]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("lakes = 1", "unknown field 'lakes'"),
        ('from = "2016"', "from must be a date"),
        ("from = 2016-01-01", "from and to go together"),
        ("from = 2016-01-02\nto = 2016-01-01", "from and to go together"),
        ("conf = { memory = '4g' }", "conf has 'memory'"),
        ("conf = { 'spark.cores' = 4 }", "conf a table of texts"),
        ("sources = [1]", "sources is a list of names"),
    ],
)
def test_a_wrong_table_is_named(tmp_path: Path, line: str, said: str) -> None:
    with pytest.raises(Usage, match=said):
        declared_build(written(tmp_path, f'[build]\nlake = "lake"\n{line}\n'))


def test_a_source_may_be_called_build(tmp_path: Path) -> None:
    path = written(tmp_path, '[build]\nlocation = "in"')
    assert list(declared(path)) == ["build"]
    assert declared_build(path) is None
