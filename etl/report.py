"""Report: what the store holds, in tables for a person.  I/O: it only reads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

LARGEST = 5  # clusters shown

_BY_SOURCE = """
    SELECT a.source, count(*) AS articles,
           sum(CASE WHEN a.article_id = c.article_id THEN 1 ELSE 0 END) AS canonical,
           sum(CASE WHEN a.article_id <> c.article_id AND m.text_id = m.canonical_id THEN 1 ELSE 0 END) AS exact_copies,
           sum(CASE WHEN m.text_id <> m.canonical_id THEN 1 ELSE 0 END) AS near_copies
      FROM article AS a
      JOIN cluster_member AS m ON m.text_id = a.text_id
      JOIN cluster_member AS c ON c.text_id = m.canonical_id
     GROUP BY a.source ORDER BY a.source"""
_QUARANTINE = "SELECT stage, reason, count(*) AS records FROM quarantine GROUP BY stage, reason ORDER BY 3 DESC, 1, 2"
_LARGEST = """
    SELECT c.article_id, count(*) AS articles, r.title
      FROM article AS a
      JOIN cluster_member AS m ON m.text_id = a.text_id
      JOIN cluster_member AS c ON c.text_id = m.canonical_id
      JOIN article AS b ON b.article_id = c.article_id
      JOIN revision AS r ON r.article_id = b.article_id AND r.content_hash = b.content_hash
     GROUP BY c.article_id, r.title HAVING count(*) > 1 ORDER BY 2 DESC, 1 LIMIT :largest"""


def tables(connection: sa.Connection) -> list[str]:
    """Articles by source, the largest clusters and the reasons of quarantine, as lines."""
    lines: list[str] = []
    sources = [tuple(row) for row in connection.execute(sa.text(_BY_SOURCE))]
    if sources:
        rows = [(*row, f"{100 * (row[1] - row[2]) / row[1]:.1f} %") for row in sources]
        lines += _table(("source", "articles", "canonical", "exact", "near", "duplicates"), rows)
    largest = [tuple(row) for row in connection.execute(sa.text(_LARGEST), {"largest": LARGEST})]
    if largest:
        lines += ["", *_table(("largest clusters", "articles", "headline of the canonical"), largest)]
    reasons = [tuple(row) for row in connection.execute(sa.text(_QUARANTINE))]
    if reasons:
        lines += ["", *_table(("quarantined at", "because", "records"), reasons)]
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
