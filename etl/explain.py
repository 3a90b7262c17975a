"""Explain: what became of one article, and why.  I/O: it only reads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa

from etl.errors import Usage
from schemas.records import UNDATED
from schemas.tables import article, change, cluster_member, quarantine, retraction, revision


@dataclass(frozen=True, slots=True)
class Explanation:
    """One article's standing.

    state       canonical, duplicate, retracted or quarantined
    relation    exact, near or judged, of a duplicate; None otherwise
    order       what decided the order between it and its canonical, in words
    copies      articles that it stands for, itself included; 0 unless canonical
    """

    state: str
    article_id: str | None
    source: str
    source_key: str
    title: str
    relation: str | None = None
    canonical_id: str | None = None
    canonical_key: str | None = None
    canonical_title: str | None = None
    jaccard: float | None = None
    bands: int | None = None
    order: str | None = None
    copies: int = 0
    revisions: int = 0
    runs: tuple[int, ...] = ()
    reason: str | None = None

    def lines(self) -> list[str]:
        """For a person, a fact a line."""
        head = f"{self.source}: {self.source_key}" + (f"  [{self.article_id}]" if self.article_id else "")
        lines = [head]
        if self.title:
            lines.append(f"  {self.title}")
        if self.state in ("quarantined", "retracted"):
            return [*lines, f"is not in the corpus: {self.state}, {self.reason}"]
        history = f"runs {', '.join(map(str, self.runs))}; revisions {self.revisions}"
        if self.state == "canonical":
            return [*lines, f"is in the corpus and stands for {_articles(self.copies)}, itself included", history]
        lines.append(f"is not in the corpus: {self.relation} duplicate of")
        lines.append(f"  {self.canonical_key}  [{self.canonical_id}]")
        lines.append(f"  {self.canonical_title}")
        measure = "the same comparison text" if self.relation == "exact" else f"exact Jaccard {self.jaccard:.4f}"
        measure = f"a person called the two the same; {measure}" if self.relation == "judged" else measure
        lines.append(f"because: {measure}, {self.bands} band keys shared; {self.order}")
        return [*lines, history]


def explain(connection: sa.Connection, named: str) -> list[Explanation]:
    """What became of the articles that a name fits: an id or its first 6 digits or more, a URL, a key or a path.

    Raises Usage when nothing of that name was ever read.
    """
    found = [_explained(connection, row) for row in articles_named(connection, named)]
    found += [
        Explanation("quarantined", None, row.source, row.path if row.record < 0 else f"{row.path}#{row.record}", "",
                    reason=f"{row.stage}: {row.reason}")
        for row in connection.execute(sa.select(quarantine).where(quarantine.c.path == named))
    ]  # fmt: skip
    if not found:
        raise Usage(
            f"nothing named {named!r} was read; give an article's id, URL, key or path as corpus_article shows it"
        )
    return found


def articles_named(connection: sa.Connection, named: str) -> list[sa.Row[tuple[Any, ...]]]:
    """Rows of the articles that a name fits, 20 at most, by the first of id, key, URL and path that fits any."""
    current = sa.and_(revision.c.article_id == article.c.article_id, revision.c.content_hash == article.c.content_hash)
    query = sa.select(article, revision.c.title, revision.c.url, revision.c.published_at, revision.c.first_date).join(
        revision, current
    )
    conditions = [article.c.source_key == named, revision.c.url == named, revision.c.path == named]
    if len(named) >= 6 and all(c in "0123456789abcdef" for c in named):
        conditions.insert(0, sa.and_(article.c.article_id >= named, article.c.article_id < named + "g"))
    for condition in conditions:
        rows = connection.execute(query.where(condition).order_by(article.c.article_id).limit(20)).all()
        if rows:
            return list(rows)
    return []


def _explained(connection: sa.Connection, row: sa.Row[tuple[Any, ...]]) -> Explanation:
    if row.text_id is None:
        withdrawn = connection.execute(sa.select(retraction).where(retraction.c.article_id == row.article_id)).one()
        reason = f"{withdrawn.at:%Y-%m-%d %H:%M} UTC, {withdrawn.reason or 'without a reason'}"
        return Explanation("retracted", row.article_id, row.source, row.source_key, row.title, reason=reason)
    mine = connection.execute(sa.select(cluster_member).where(cluster_member.c.text_id == row.text_id)).one()
    head = connection.execute(sa.select(cluster_member).where(cluster_member.c.text_id == mine.canonical_id)).one()
    facts: dict[str, Any] = {
        "article_id": row.article_id,
        "source": row.source,
        "source_key": row.source_key,
        "title": row.title,
        "revisions": connection.scalar(
            sa.select(sa.func.count()).select_from(revision).where(revision.c.article_id == row.article_id)
        ),
        "runs": tuple(
            connection.scalars(
                sa.select(change.c.run_id)
                .distinct()
                .where(change.c.article_id == row.article_id)
                .order_by(change.c.run_id)
            )
        ),
    }
    if head.article_id == row.article_id:
        copies = connection.scalar(
            sa.select(sa.func.count())
            .select_from(article.join(cluster_member, cluster_member.c.text_id == article.c.text_id))
            .where(cluster_member.c.canonical_id == mine.canonical_id)
        )
        return Explanation("canonical", copies=copies or 0, **facts)
    (canonical,) = articles_named(connection, head.article_id)
    return Explanation(
        "duplicate",
        relation="exact" if mine.text_id == mine.canonical_id else "judged" if mine.judged else "near",
        canonical_id=head.article_id,
        canonical_key=canonical.source_key,
        canonical_title=canonical.title,
        jaccard=mine.jaccard,
        bands=mine.bands,
        order=_order(row, canonical),
        **facts,
    )


def _order(mine: sa.Row[tuple[Any, ...]], canonical: sa.Row[tuple[Any, ...]]) -> str:
    """What put the canonical first: the day, else the length, else the id."""
    if canonical.day < mine.day:
        return f"the canonical is of {_day(canonical.day)}, this one {_day(mine.day, 'of ')}"
    if canonical.day == mine.day and canonical.length > mine.length:
        lengths = f"{canonical.length} characters, this one {mine.length}"
        return f"both are {_day(mine.day, 'of ')}, the canonical is longer ({lengths})"
    if canonical.day == mine.day and canonical.length == mine.length:
        return f"both are {_day(mine.day, 'of ')} and equally long, the canonical has the smaller id"
    return "another article with this very text stands before it"


def _day(day: int, before: str = "") -> str:
    return "without a date" if day == UNDATED else f"{before}{date.fromordinal(day)}"


def _articles(count: int) -> str:
    return f"{count} article{'s' if count != 1 else ''}"
