"""Holdings: the contents of a store in numbers, and as tables of text.  Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

MAX_DAYS_SHOWN = 14  # in the table on a terminal, the latest
JACCARD_BINS = 50  # of the histogram: each is 0.02 wide


class Day(NamedTuple):
    """The counts of a source and day (the view corpus_source_day)."""

    source: str
    day: date | None
    read: int
    new: int
    revised: int
    articles: int
    canonical: int
    exact: int
    duplicates: int
    quarantined: int

    @property
    def rate(self) -> float:
        """The share of duplicates among the articles."""
        return self.duplicates / self.articles if self.articles else 0.0

    def __add__(self, other: tuple[Any, ...]) -> Day:
        return Day(self.source, None, *(a + b for a, b in zip(self[2:], other[2:], strict=True)))


class Cluster(NamedTuple):
    article_id: str
    articles: int
    title: str


class Reason(NamedTuple):
    stage: str
    reason: str
    records: int


@dataclass(frozen=True, slots=True)
class Holdings:
    """The contents of a store in numbers.

    days      by source and day, those without one last
    clusters  the largest; sizes: articles in a cluster -> clusters of that size
    jaccard   of near-duplicates with their canonicals: number of the bin of 1 / JACCARD_BINS -> duplicates
    reasons   of quarantine, the commonest
    related   pairs of canonical articles by kind
    """

    days: tuple[Day, ...]
    clusters: tuple[Cluster, ...]
    sizes: dict[int, int]
    jaccard: dict[int, int]
    reasons: tuple[Reason, ...]
    related: dict[str, int] = field(default_factory=dict)

    def sources(self) -> list[Day]:
        """All days of each source together."""
        found: dict[str, Day] = {}
        for day in self.days:
            found[day.source] = found[day.source] + day if day.source in found else day._replace(day=None)
        return list(found.values())

    def as_json(self) -> dict[str, object]:
        days = [
            {**row._asdict(), "day": row.day and row.day.isoformat(), "duplicate_rate": row.rate} for row in self.days
        ]
        return {
            "days": days,
            "clusters": [row._asdict() for row in self.clusters],
            "cluster_sizes": self.sizes,
            "jaccard": [{"from": n / JACCARD_BINS, "duplicates": count} for n, count in self.jaccard.items()],
            "quarantine": [row._asdict() for row in self.reasons],
            "relations": self.related,
        }


TABLE_HEAD = ("source", "read", "new", "revised", "canonical", "exact", "near", "duplicates", "quarantined")


def cells(row: Day) -> tuple[Any, ...]:
    """A row under TABLE_HEAD."""
    counts = (row.read, row.new, row.revised, row.canonical, row.exact, row.duplicates - row.exact)
    return (row.source, *counts, f"{100 * row.rate:.1f} %", row.quarantined)


def tables(found: Holdings) -> list[str]:
    """Articles by source and day, the largest clusters and the reasons of quarantine, as lines."""
    lines: list[str] = []
    if found.days:
        lines += _table(TABLE_HEAD, [cells(row) for row in found.sources()])
    dated = sorted((row for row in found.days if row.day), key=lambda row: (row.day, row.source))[-MAX_DAYS_SHOWN:]
    if dated:
        lines += ["", *_table(("day", *TABLE_HEAD), [(row.day, *cells(row)) for row in dated])]
    if found.clusters:
        head = ("largest clusters", "articles", "headline of the canonical")
        lines += ["", *_table(head, found.clusters)]
    if found.related:
        lines += ["", *_table(("related articles", "pairs"), list(found.related.items()))]
    if found.reasons:
        lines += ["", *_table(("quarantined at", "because", "records"), found.reasons)]
    return lines


def _table(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[str]:
    """Lines of a table: two spaces between columns, numbers aligned right."""
    cells = [[str(value) for value in row] for row in rows]
    widths = [max(len(row[i]) for row in [list(head), *cells]) for i in range(len(head))]
    right = [all(isinstance(row[i], int) or str(row[i]).endswith(" %") for row in rows) for i in range(len(head))]
    return [
        "  ".join(c.rjust(w) if r else c.ljust(w) for c, w, r in zip(row, widths, right, strict=True)).rstrip()
        for row in [list(head), *cells]
    ]
