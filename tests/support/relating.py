"""Articles made of passages, brought into a store run by run, and what their relations must be."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from etl.commit.partition import Incoming, commit_partition
from etl.decide.definition import Definition
from etl.decide.guard import Limits
from etl.fingerprint.recipe import Recipe
from etl.prepare.rows import prepare
from etl.prepare.shard_list import Shard
from etl.report.verify_relations import relation_differences
from etl.store import database, runs
from schemas.article import Article
from tests.support.stores import NOW

FIRST = date(2026, 3, 1).toordinal()
NO_LIMITS = Limits(1.0, 1.0, 1.0, 1_000_000)


def passage(number: int, words: int = 60) -> str:
    """A run of words that no other passage has."""
    draw = random.Random(number)
    return " ".join("".join(draw.choices("abcdefghijklmnopqrst", k=6)) for _ in range(words))


def made(key: str, passages: Sequence[int | str], day: int | None = 0, source: str = "test", **more: Any) -> Article:
    """An article of these passages, by number or in words, published on that day (None: on no day)."""
    published = None if day is None else datetime.combine(date.fromordinal(FIRST + day), time(6), UTC)
    parts = [passage(each) if isinstance(each, int) else each for each in passages]
    facts = {"title": f"Headline of {key}", "path": key, "published_at": published, **more}
    return Article(source=source, source_key=key, body="\n\n".join(parts), **facts)


def bring(url: str, articles: Sequence[Article], definition: Definition | None, recipe: Recipe = Recipe()) -> None:  # noqa: B008
    """Bring articles into a store, in one run; an empty one takes that definition."""
    run = runs.Run("test", "test", None, NOW)
    shards = [Shard("test", None, "/", recipe.name, ())]
    rows: list[tuple[pa.RecordBatch, list[Any]]] = [(prepare(articles, recipe), [])]
    commit_partition(url, Incoming(run, "test", shards, rows, relations=definition), 4_000_000, NO_LIMITS)


def wrong(url: str, recipe: Recipe = Recipe()) -> list[str]:  # noqa: B008  it is frozen
    """Differences of a store's samples and relations from their definition, and references that lead nowhere."""
    engine = database.connect(url)
    with database.reading(engine) as connection:
        found = [str(each) for each in relation_differences(connection, recipe)]
        if connection.dialect.name == "sqlite":
            found += [str(row) for row in connection.execute(sa.text("PRAGMA foreign_key_check"))]
    engine.dispose()
    return found
