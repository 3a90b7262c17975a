"""Holdings: what a store holds, by source and day, cluster, likeness and reason; and as tables of text.  Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

SHOWN_DAYS = 14  # rows of the table of days on a terminal, the latest
BINS = 50  # of the histogram of Jaccard: each is 0.02 wide


class Day(NamedTuple):
    """What a day of a source brought, and where it stands now (corpus_source_day)."""

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
        """Duplicates among the articles."""
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
    """What a store holds.

    days      by source and day, those without one last
    clusters  the largest; sizes: articles in a cluster -> clusters of that size
    jaccard   of near-duplicates with their canonicals: number of the bin of 1 / BINS -> duplicates
    reasons   of quarantine, the commonest
    """

    days: tuple[Day, ...]
    clusters: tuple[Cluster, ...]
    sizes: dict[int, int]
    jaccard: dict[int, int]
    reasons: tuple[Reason, ...]

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
            "jaccard": [{"from": n / BINS, "duplicates": count} for n, count in self.jaccard.items()],
            "quarantine": [row._asdict() for row in self.reasons],
        }


HEAD = ("source", "read", "new", "revised", "canonical", "exact", "near", "duplicates", "quarantined")


def cells(row: Day) -> tuple[Any, ...]:
    """A row under HEAD."""
    counts = (row.read, row.new, row.revised, row.canonical, row.exact, row.duplicates - row.exact)
    return (row.source, *counts, f"{100 * row.rate:.1f} %", row.quarantined)


def tables(found: Holdings) -> list[str]:
    """Articles by source and day, the largest clusters and the reasons of quarantine, as lines."""
    lines: list[str] = []
    if found.days:
        lines += _table(HEAD, [cells(row) for row in found.sources()])
    dated = sorted((row for row in found.days if row.day), key=lambda row: (row.day, row.source))[-SHOWN_DAYS:]
    if dated:
        lines += ["", *_table(("day", *HEAD), [(row.day, *cells(row)) for row in dated])]
    if found.clusters:
        head = ("largest clusters", "articles", "headline of the canonical")
        lines += ["", *_table(head, found.clusters)]
    if found.reasons:
        lines += ["", *_table(("quarantined at", "because", "records"), found.reasons)]
    return lines


def _table(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[str]:
    """Columns apart by two spaces, numbers to the right."""
    cells = [[str(value) for value in row] for row in rows]
    widths = [max(len(row[i]) for row in [list(head), *cells]) for i in range(len(head))]
    right = [all(isinstance(row[i], int) or str(row[i]).endswith(" %") for row in rows) for i in range(len(head))]
    return [
        "  ".join(c.rjust(w) if r else c.ljust(w) for c, w, r in zip(row, widths, right, strict=True)).rstrip()
        for row in [list(head), *cells]
    ]
