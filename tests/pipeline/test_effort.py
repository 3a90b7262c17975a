"""What a fixed corpus costs, counted and not timed: an algorithm that does more work than it did fails here.

The figures are in effort.json.  After a change that is meant to move them:

    python -m tests.pipeline.test_effort        # writes them anew, and says what moved
"""

from __future__ import annotations

import collections
import json
import re
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from benchmarks import news
from benchmarks.decisions import decide
from etl.fingerprint.recipe import Recipe
from etl.fingerprint.signatures import fingerprint
from etl.settings import Settings
from etl.sources.source import Source
from etl.store import database, schema
from tests.support.stores import ingest

RECORDED = Path(__file__).with_name("effort.json")
FIRST, THEN = 1_000, 150  # articles of the first run, and of the second
SLACK = 3  # a feature may ask one more question, or read a row more; a question for each article is another matter
# Where a batch ends decides what of it is read again, and versions of SQLite lay out their pages a little differently.
SHARE = 1.1
GAIN = 0.8  # who does so much less work writes the figures anew, so that it stays
SCHEMA = ("sqlite_master", "alembic_version", "no table")  # looking at the schema is no work on the corpus
TABLE = re.compile(r"(?:FROM|INTO|UPDATE)\s+\"?(\w+)", re.IGNORECASE)


class Counts:
    """Statements, rows read and rows written, by table, on every SQLite connection."""

    def __init__(self):
        self.statements: collections.Counter[str] = collections.Counter()
        self.read: collections.Counter[str] = collections.Counter()
        self.written: collections.Counter[str] = collections.Counter()
        self._table = {}

    def before(self, connection, cursor, statement, parameters, context, executemany):
        found = TABLE.search(statement)
        table = found[1] if found else "no table"
        self._table[id(cursor)] = table
        if table in SCHEMA:
            return
        self.statements[f"{statement.split()[0].upper()} {table}"] += 1
        cursor.row_factory = self._row

    def after(self, connection, cursor, statement, parameters, context, executemany):
        table = self._table[id(cursor)]
        if cursor.rowcount > 0 and table not in SCHEMA:
            self.written[table] += cursor.rowcount

    def _row(self, cursor, row):
        self.read[self._table[id(cursor)]] += 1
        return row

    def as_json(self):
        return {
            "statements": dict(sorted(self.statements.items())),
            "rows_read": dict(sorted(self.read.items())),
            "rows_written": dict(sorted(self.written.items())),
        }


@contextmanager
def counted():
    counts = Counts()
    listeners = (("before_cursor_execute", counts.before), ("after_cursor_execute", counts.after))
    for event, listener in listeners:
        sa.event.listen(sa.Engine, event, listener)
    try:
        yield counts
    finally:
        for event, listener in listeners:
            sa.event.remove(sa.Engine, event, listener)


def measured(folder, first=FIRST, then=THEN):
    """Counts of two runs into one store, and of the decisions without one."""
    planted = list(news.corpus(first + then, seed=5))
    store = folder / "corpus.db"
    settings = Settings(store=f"sqlite:///{store}", staging=str(folder / "staging"), workers=1, max_duplicate_share=1)
    with database.opened(settings.store) as engine:
        schema.upgrade(engine)
    found = {}
    for name, part in (("first", planted[:first]), ("then", planted[first:])):
        path = folder / name / "news.jsonl"
        path.parent.mkdir()
        news.write(iter(part), path)
        news.copies_of(path).unlink()
        with counted() as counts:
            report = ingest(settings, Source(name, (str(path),)))
        assert (report.read, report.quarantined) == (len(part), 0)
        found[name] = counts.as_json()
    found["store_bytes"] = store.stat().st_size
    recipe = Recipe()
    clusters, verified = decided(planted, recipe)
    _, of_template = decided(list(news.template(500)), recipe)
    found["decisions"] = {"canonical": len(set(clusters.values())), "verified": verified, "of_template": of_template}
    return found


def decided(planted, recipe):
    texts = [p.text for p in planted]
    return decide([p.id for p in planted], list(map(len, texts)), fingerprint(texts, recipe), recipe)


@pytest.fixture(scope="module")
def effort(tmp_path_factory):
    return measured(tmp_path_factory.mktemp("effort"))


@pytest.fixture(scope="module")
def recorded():
    return json.loads(RECORDED.read_text(encoding="utf-8"))


def test_the_same_decisions_take_the_same_exact_comparisons(effort, recorded):
    assert effort["decisions"] == recorded["decisions"]


@pytest.mark.parametrize("run", ["first", "then"])
@pytest.mark.parametrize("what", ["statements", "rows_read", "rows_written"])
def test_a_run_asks_reads_and_writes_no_more_than_it_did(effort, recorded, run, what):
    now, before = effort[run][what], recorded[run][what]
    most = {name: SLACK + SHARE * before.get(name, 0) for name in now}
    more = {name: (before.get(name, 0), n) for name, n in now.items() if n > most[name]}
    assert not more, f"{what} as (recorded, now); if it has to be so: python -m tests.pipeline.test_effort"
    assert sum(now.values()) >= GAIN * sum(before.values()), "much less than recorded: write the figures anew"


def test_the_store_is_no_larger_than_it_was(effort, recorded):
    assert GAIN * recorded["store_bytes"] <= effort["store_bytes"] <= SHARE * recorded["store_bytes"]


def test_what_a_day_reads_depends_on_the_day_and_not_on_the_archive(effort, tmp_path):
    """Twice the archive: more copies find their original in it, but that is not twice the rows."""
    small = measured(tmp_path, first=FIRST // 2)
    rows = [sum(found["then"]["rows_read"].values()) for found in (small, effort)]
    assert rows[1] <= 1.5 * rows[0]


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        new = measured(Path(scratch))
    old = json.loads(RECORDED.read_text(encoding="utf-8")) if RECORDED.exists() else {}
    for part in new:
        if new[part] != old.get(part):
            sys.stderr.write(f"{part}:\n  was {old.get(part)}\n  is  {new[part]}\n")
    RECORDED.write_text(json.dumps(new, indent=1) + "\n", encoding="utf-8")
