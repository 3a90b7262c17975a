"""The questions of docs/questions.md have the answers that stand below them, on SQLite, PostgreSQL and in DuckDB."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import pytest

from etl.settings import Settings
from etl.store import database
from schemas.contract.views import CONTRACT
from tests.support import newsroom
from tests.support.duck import attached
from tests.support.paths import ROOT
from tests.support.stores import check

PAGE = (ROOT / "docs" / "questions.md").read_text(encoding="utf-8")
QUESTIONS = re.findall(r"^## (.+)\n(?:(?!## |```).*\n)*```sql\n([^`]+)```\n\n((?:\|.*\n)+)", PAGE, re.MULTILINE)
"""(question, query, the table of its answer)."""


def table(names: Iterable[str], rows: Iterable[Sequence[Any]]) -> str:
    """An answer as the page shows it."""
    names = list(names)
    lines = [names, ["---"] * len(names), *([*map(shown, row)] for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def shown(value: Any) -> str:
    """A value, spelled alike whichever database gave it."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, str):
        return re.sub(r"(\d\d:\d\d):\d\d\.\d+$", r"\1", value)
    return f"{float(value):g}" if not hasattr(value, "isoformat") else value.isoformat()


@pytest.fixture(scope="module", params=["sqlite", "postgresql", "duckdb"])
def answer(request, tmp_path_factory):
    """Answers a query in a newsroom's store, as a table."""
    folder = tmp_path_factory.mktemp("newsroom")
    url = f"sqlite:///{folder}/corpus.db"
    if request.param == "postgresql":
        url = request.getfixturevalue("module_postgres_url")
    newsroom.fill(Settings(store=url, staging=str(folder / "staging"), workers=1), folder)
    check(url)
    if request.param == "duckdb":
        with attached(folder / "corpus.db") as duck:
            yield lambda query: table([c[0] for c in duck.execute(query).description], duck.execute(query).fetchall())
        return
    with database.opened(url) as engine, database.reading(engine) as connection:

        def asked(query):
            result = connection.exec_driver_sql(query)
            return table(result.keys(), result.all())

        yield asked


@pytest.mark.parametrize(("question", "query", "expected"), QUESTIONS, ids=[question for question, *_ in QUESTIONS])
def test_a_question_has_the_answer_that_is_shown(answer, question, query, expected):
    assert answer(query) == expected


def test_every_question_is_found_and_every_view_answers_one():
    assert len(QUESTIONS) == len(re.findall("^## ", PAGE, re.MULTILINE)) >= 12
    used = set(re.findall(r"corpus_\w+", "".join(query for _, query, _ in QUESTIONS)))
    assert set(CONTRACT) - used == {"corpus_quarantine", "corpus_review", "corpus_source_day"}
