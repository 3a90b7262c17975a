"""Counts of articles by source and day, kept by every run beside the rows that they count.  I/O.

A view that counted a million articles would take seconds.  Retracted and quarantined records are few, so the views
count these themselves.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from datetime import date

import sqlalchemy as sa

from etl.decide.changes import ALIKE, CANONICAL, GONE, NEAR, Effect
from etl.store.bulk import as_columns, delete, insert, select
from schemas.records import NO_DAY
from schemas.tables import DAY_COUNTS, article, source_day

Day = tuple[str, date]
"""A source and a day of it; NO_DAY: articles without a partition date."""

# The first revision of an article by its day is the article that came, every other one a revision of it.
COUNTED = """
    SELECT source, coalesce(day, '0001-01-01') AS day, CAST(sum(texts) AS bigint) AS texts,
           CAST(sum(come) AS bigint) AS come, CAST(sum(articles) AS bigint) AS articles,
           CAST(sum(canonical) AS bigint) AS canonical, CAST(sum(alike) AS bigint) AS alike
      FROM (
        SELECT a.source, a.partition_date AS day, 0 AS texts, 0 AS come, count(*) AS articles,
               count(CASE WHEN m.text_id = m.canonical_id AND m.article_id = a.article_id THEN 1 END) AS canonical,
               count(CASE WHEN m.text_id = m.canonical_id AND m.article_id <> a.article_id THEN 1 END) AS alike
          FROM article AS a JOIN cluster_member AS m ON m.text_id = a.text_id GROUP BY a.source, a.partition_date
        UNION ALL
        SELECT a.source, r.first_date, count(*), count(CASE WHEN r.number = 1 THEN 1 END), 0, 0, 0
          FROM (SELECT article_id, first_date,
                       row_number() OVER (PARTITION BY article_id ORDER BY first_date NULLS LAST) AS number
                  FROM revision) AS r
          JOIN article AS a ON a.article_id = r.article_id GROUP BY a.source, r.first_date
      ) AS fact
     GROUP BY source, coalesce(day, '0001-01-01')"""


def add(connection: sa.Connection, effect: Effect) -> None:
    """Bring the counts up to date with what a run did."""
    columns = [article.c[name] for name in ("article_id", "source", "partition_date")]
    change = Counter[tuple[Day, str]]()
    for (name, day), (texts, come) in effect.told.items():
        change[(name, day or NO_DAY), "texts"] += texts
        change[(name, day or NO_DAY), "come"] += come
    for places in effect.changes.standings():
        told = Counter[tuple[str, date | None, date | None, int, int]]()
        for article_id, name, day in select(connection, columns, article.c.article_id, places):
            told[name, effect.refiled.get(article_id, day), day, *places[article_id]] += 1
        for (name, before, day, old, new), n in told.items():
            for kind in _COUNTED_AS[old]:
                change[(name, before or NO_DAY), kind] -= n
            for kind in _COUNTED_AS[new]:
                change[(name, day or NO_DAY), kind] += n
    _write(connection, {key: n for key, n in change.items() if n})


_COUNTED_AS = {GONE: (), CANONICAL: ("articles", "canonical"), ALIKE: ("articles", "alike"), NEAR: ("articles",)}


def _write(connection: sa.Connection, change: Mapping[tuple[Day, str], int]) -> None:
    """Add to the counts; a day whose counts are all 0 has no row."""
    days = {day for day, _ in change}
    keys = [source_day.c.source, source_day.c.day]
    stored = _stored(connection, days) if days else {}
    delete(connection, source_day, keys, sorted(stored))
    rows = []
    for day in sorted(days):
        before = stored.get(day, dict.fromkeys(DAY_COUNTS, 0))
        after = [before[name] + change.get((day, name), 0) for name in DAY_COUNTS]
        if any(after):
            rows.append((*day, *after))
    insert(connection, source_day, as_columns(rows))


def _stored(connection: sa.Connection, days: Collection[Day]) -> dict[Day, dict[str, int]]:
    """The counts of these days; of each source it reads those between the first and the last of all."""
    dates, names = {day for _, day in days}, {name for name, _ in days}
    within = source_day.c.day.between(min(dates), max(dates))
    rows = select(connection, list(source_day.c), source_day.c.source, names, extra=within)
    found = {(name, day): dict(zip(DAY_COUNTS, counts, strict=True)) for name, day, *counts in rows}
    return {day: counts for day, counts in found.items() if day in days}


def kept(connection: sa.Connection) -> dict[Day, tuple[int, ...]]:
    """The counts as runs have left them, in the order of DAY_COUNTS."""
    return {(name, day): tuple(counts) for name, day, *counts in connection.execute(sa.select(source_day))}


def counted(connection: sa.Connection) -> dict[Day, tuple[int, ...]]:
    """The counts as the tables say: it reads all of them."""
    typed = sa.text(COUNTED).columns(source_day.c.source, source_day.c.day, *(source_day.c[n] for n in DAY_COUNTS))
    return {(name, day): tuple(counts) for name, day, *counts in connection.execute(typed)}


def recount(connection: sa.Connection) -> None:
    """Count all anew."""
    connection.execute(sa.delete(source_day))
    insert(connection, source_day, as_columns([(*day, *counts) for day, counts in counted(connection).items()]))
