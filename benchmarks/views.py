"""The documented queries of consumers, on a store of articles that are made up.

The store is filled straight by COPY: a year of days, ten sources, three duplicates to seven that have none.
"""

from __future__ import annotations

import hashlib
import re
import statistics
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from etl.store import bulk, database, schema, source_days
from schemas import tables

GUIDE = Path(__file__).resolve().parent.parent / "docs" / "consumers.md"
QUERIES = [
    query.strip()
    for block in re.findall(r"```sql\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    for query in block.split(";")
    if query.strip() and "corpus_search" not in query  # there when it is switched on
]
"""Every query that is documented."""
BATCH = 50_000
ROUNDS, ENOUGH_S = 5, 10.0  # of a query that takes long, fewer
NOW = datetime(2026, 3, 20, tzinfo=UTC)
FIRST = date(2025, 3, 1)
SOURCES = 10


def timed(connection: sa.Connection, articles: int) -> dict[str, dict[str, float]]:
    """Each documented query on a store that fill() made: median milliseconds once it is warm, and its rows."""
    found = {}
    for query in QUERIES:
        given = {name: value for name, value in values(articles).items() if f":{name}" in query}
        if connection.dialect.name == "sqlite":
            given = {name: _as_text(value) for name, value in given.items()}
        taken: list[float] = []
        rows = len(connection.execute(sa.text(query), given).all())
        while len(taken) < ROUNDS and sum(taken) < ENOUGH_S:
            started = time.perf_counter()
            rows = len(connection.execute(sa.text(query), given).all())
            taken.append(time.perf_counter() - started)
        found[" ".join(query.split())] = {"ms": round(1000 * statistics.median(taken), 1), "rows": rows}
    return found


def _as_text(value: object) -> object:
    """Days and times as SQLite holds them."""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S.%f}"
    return value.isoformat() if isinstance(value, date) else value


def values(articles: int) -> dict[str, object]:
    """What the documented queries ask for, in a store of so many articles."""
    number = articles // 2 // 10 * 10
    day = day_of(number)
    return {
        "article_id": name(number),
        "copy_id": name(number + 7),
        "copy_url": f"https://{(number + 7) % SOURCES}.example/{number + 7}",
        "url": f"https://{number % SOURCES}.example/{number}",
        "source": f"source{number % SOURCES}",
        "agency": "Reuters",
        "day": day,
        "start": datetime(day.year, day.month, day.day, tzinfo=UTC),
        "until": datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(hours=1),
        "cursor": articles - 1_000,
        "run": 1,
    }


def fill(url: str, articles: int, body: int = 2_000) -> None:
    """A store with so many articles, each tenth a cluster of four; no signatures, which no view shows."""
    with database.opened(url) as engine:
        schema.upgrade(engine)
    with database.opened(url) as engine:
        if engine.name == "sqlite":  # to check references would take longer than the rows
            sa.event.listen(
                engine, "connect", lambda connection, record: connection.execute("PRAGMA foreign_keys = OFF")
            )
        with database.writing(engine) as connection:
            if engine.name == "postgresql":
                connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
            _run(connection, articles)
            for first in range(0, articles, BATCH):
                _batch(connection, range(first, min(first + BATCH, articles)), articles, body)
            source_days.recount(connection)
        schema.tidy(engine)


def name(number: int) -> str:
    """An article's id."""
    return hashlib.blake2b(number.to_bytes(8, "big"), digest_size=16).hexdigest()


def day_of(number: int) -> date:
    return FIRST + timedelta(days=number // SOURCES % 365)


def _head(number: int) -> int:
    """The canonical of an article: of ten in a row, the last three stand behind the first, the last as its copy."""
    return number - number % 10 if number % 10 >= 7 else number


def _batch(connection: sa.Connection, numbers: range, articles: int, body: int) -> None:
    ids = [name(n) for n in numbers]
    text_ids = [_head(n) if n % 10 == 9 else n for n in numbers]
    own = [n for n in numbers if n % 10 != 9]
    days = [day_of(n) for n in numbers]
    text = "The ferry of the morning was late again, and nobody on the quay knew why. "
    text = (text * (body // len(text) + 1))[:body]
    none: list[Any] = [None] * len(numbers)
    published = [
        datetime(d.year, d.month, d.day, n % 24, n % 60, tzinfo=UTC) for n, d in zip(numbers, days, strict=True)
    ]
    revision: dict[str, list[Any]] = {
        "article_id": ids, "content_hash": ids, "first_date": days, "last_date": days, "reader": [1] * len(ids),
        "path": [f"{n}.html" for n in numbers], "url": [f"https://{n % SOURCES}.example/{n}" for n in numbers],
        "title": [f"Headline of article {n}" for n in numbers], "authors": ["[]"] * len(ids),
        "published_at": published, "language": ["en"] * len(ids), "evidence": ["{}"] * len(ids),
        "words": [body // 5] * len(ids), "body": [f"{n} {text}" for n in numbers],
    }  # fmt: skip
    bulk.insert(connection, tables.text, [own, [b"x" * 32] * len(own)])
    bulk.insert(connection, tables.article, [
        ids, [f"source{n % SOURCES}" for n in numbers], [str(n) for n in numbers], ids, text_ids,
        [d.toordinal() for d in days], [body] * len(ids), days,
        [("Reuters", "AP", "AFP", None)[n % 4] for n in numbers], [f"{n % SOURCES}.example" for n in numbers],
        [("Reuters", "AP", "AFP", None)[n % 4] for n in numbers],
        [("credit", "dateline", "foot", None)[n % 4] for n in numbers], ["en"] * len(ids),
    ])  # fmt: skip
    bulk.insert(connection, tables.revision, [revision.get(c.name, none) for c in tables.revision.c])
    bulk.insert(connection, tables.cluster_member, [
        own, [_head(n) for n in own], [0.7 + n % 1000 / 4000 if n % 10 >= 7 else 1.0 for n in own], [32] * len(own),
        [day_of(n).toordinal() for n in own], [body] * len(own), [name(n) for n in own], [40] * len(own),
        [False] * len(own),
    ])  # fmt: skip
    quoting = [n for n in own if n % 10 == 0]
    same = [[each] * len(quoting) for each in (1, 20, 388, 32, 1)]
    bulk.insert(connection, tables.reference_match, [quoting, *same])
    bulk.insert(connection, tables.change, [
        [n + 1 for n in numbers], [1 + n // 1000 for n in numbers], ids, ["added"] * len(ids),
        [name(_head(n)) for n in numbers], [NOW] * len(ids),
    ])  # fmt: skip


def _run(connection: sa.Connection, articles: int) -> None:
    counts = dict.fromkeys((*tables.READ_COUNTS, *tables.STORE_COUNTS), 0)
    made = {"label": "made up", "source": "-", "version": "-", "started_at": NOW, "finished_at": NOW} | counts
    document = {"number": 1, "reference_id": name(0), "source": "benchmark", "source_key": "q1", "content_hash": "-"}
    document |= {"reader": 1, "path": "-", "title": "", "body": "-", "shingles": 388, "run_id": 1}
    connection.execute(sa.insert(tables.reference).values(document))
    runs = range(1, articles // 1000 + 2)
    connection.execute(sa.insert(tables.run), [{"run_id": n, **made} for n in runs])
