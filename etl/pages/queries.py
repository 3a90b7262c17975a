"""Queries of the pages: each reads what one page shows.  I/O: it only reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from etl.decide.answered import answered
from etl.decide.guard import Margin
from etl.errors import Usage
from etl.report.explain import explain
from etl.report.explanation import Explanation
from etl.report.holdings import Day
from etl.report.precision import Precision, precisions
from etl.report.queries import days
from etl.report.silence import SourceState, source_states
from etl.settings import Settings
from etl.store import election, previews, runs
from etl.store.bulk import among, select
from etl.store.lookups import articles_named
from etl.store.previews import Preview
from etl.store.quarantine import Held
from schemas import search
from schemas.records import Joined, RunReport
from schemas.relations import relation
from schemas.tables import article, change, cluster_member, is_current, preview, quarantine, revision, run, visit

MAX_RUNS = 30  # the latest
MAX_PREVIEWS = 5
MAX_DAYS = 30  # that are plotted, to the latest that a source has
MAX_CHANGES = 100  # of a run, of each kind
MAX_COPIES = 200  # of a story, the earliest
MAX_FOUND = 50  # of a search
MAX_WAITING = 200  # pairs to review that are counted
MAX_HELD = 200  # quarantined records of a reason

SOURCE_COLUMNS = (
    "source", "kind", "role", "schedule", "first_date", "last_date", "articles", "canonical_share", "usual_articles",
    "days_silent", "quarantined", "refused_runs", "rank", "earliest",
)  # fmt: skip

Row = sa.Row[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Overview:
    """The corpus in one look.

    counts  of the store, by name
    sources those with a problem first, then the quietest
    days    by source and day, MAX_DAYS to the latest
    runs    the latest, refused ones among them; previews: the latest
    """

    counts: dict[str, int]
    quarantined: int
    sources: tuple[SourceState, ...]
    days: tuple[Day, ...]
    runs: tuple[Row, ...]
    previews: Sequence[Preview]


@dataclass(frozen=True, slots=True)
class RunPage:
    """A run.

    changes   by kind: how many, and the first MAX_CHANGES of them
    margins   how near it came to each limit
    examples  of what a refused one would have done
    """

    report: RunReport
    label: str
    margins: tuple[Margin, ...]
    examples: tuple[Joined, ...]
    changes: dict[str, tuple[int, tuple[Row, ...]]]


@dataclass(frozen=True, slots=True)
class Copy:
    """An article of a story."""

    article_id: str
    source: str
    title: str
    published_at: str
    day: str
    words: int
    relation: str
    jaccard: float


@dataclass(frozen=True, slots=True)
class Story:
    """An article, and all that tell the same story; the canonical comes first.  total: copies, MAX_COPIES are here."""

    named: Explanation
    canonical_id: str
    body: str
    copies: tuple[Copy, ...]
    total: int


@dataclass(frozen=True, slots=True)
class Review:
    """The pair to judge next, if there is one, and what the answers so far say, by band of similarity and by source."""

    pair: Pair | None
    by_band: Sequence[Precision]
    by_source: Sequence[Precision]


@dataclass(frozen=True, slots=True)
class Pair:
    """A duplicate and its canonical, side by side.  left: how many pairs wait, this one included, to MAX_WAITING."""

    article_id: str
    canonical_id: str
    titles: tuple[str, str]
    sources: tuple[str, str]
    bodies: tuple[str, str]
    jaccard: float
    left: int


def overview(connection: sa.Connection, settings: Settings, now: datetime) -> Overview:
    states = source_states(connection, settings, now)
    newest = max((state.last_day for state in states if state.last_day), default=None)
    return Overview(
        runs.latest_counts(connection),
        connection.scalar(sa.select(sa.func.count()).select_from(quarantine)) or 0,
        tuple(states),
        tuple(days(connection, since=newest - timedelta(days=MAX_DAYS - 1))) if newest else (),
        tuple(connection.execute(sa.select(run).order_by(run.c.run_id.desc()).limit(MAX_RUNS))),
        previews.latest(connection, MAX_PREVIEWS),
    )


def run_page(connection: sa.Connection, run_id: int) -> RunPage:
    """Raises Usage where there is no such run."""
    report = runs.find(connection, run_id)
    row = connection.execute(sa.select(run.c.label, run.c.margins).where(run.c.run_id == run_id)).one()
    counts = sa.select(change.c.change, sa.func.count()).where(change.c.run_id == run_id).group_by(change.c.change)
    shown = (change.c.article_id, change.c.canonical_id, revision.c.title, article.c.source)
    changed = change.join(article, article.c.article_id == change.c.article_id)
    said = sa.select(*shown).select_from(changed.outerjoin(revision, is_current))
    found: dict[str, tuple[int, tuple[Row, ...]]] = {}
    for kind, count in connection.execute(counts.order_by(change.c.change)):
        mine = said.where(change.c.run_id == run_id, change.c.change == kind)
        found[kind] = count, tuple(connection.execute(mine.order_by(change.c.position).limit(MAX_CHANGES)))
    margins = tuple(Margin(*each) for each in row.margins or ())
    return RunPage(report, row.label, margins, tuple(runs.examples(connection, run_id)), found)


def labelled(connection: sa.Connection, label: str) -> tuple[list[Row], list[Preview]]:
    """Runs and previews that a run of an orchestrator made, those after it was cleared among them, by its label."""
    found = []
    for column in (run.c.label, preview.c.label):
        of_label = sa.or_(column == label, column.startswith(f"{label} again ", autoescape=True))
        number = next(iter(column.table.primary_key))
        found.append(sa.select(column.table).where(of_label).order_by(number.desc()).limit(MAX_RUNS))
    of_runs, of_previews = found
    return list(connection.execute(of_runs)), [previews.told(row) for row in connection.execute(of_previews)]


def story(connection: sa.Connection, named: str) -> Story:
    """The story of the article that a name fits: an id or its beginning, a URL, a key or a path.  Raises Usage."""
    found = explain(connection, named)[0]
    if found.article_id is None or found.state in ("retracted", "erased"):
        return Story(found, found.article_id or "", "", (), 0)
    canonical_id = found.canonical_id or found.article_id
    (canonical,) = articles_named(connection, canonical_id)
    member = cluster_member
    cluster = sa.select(member.c.canonical_id).where(member.c.text_id == canonical.text_id).scalar_subquery()
    copies = (
        sa.select(
            article.c.article_id, article.c.source, article.c.partition_date, member.c.text_id, member.c.canonical_id,
            member.c.judged, member.c.jaccard, revision.c.title, revision.c.published_at, revision.c.words,
            revision.c.body,
        )
        .select_from(member)
        .join(article, article.c.text_id == member.c.text_id)
        .join(revision, is_current)
        .where(member.c.canonical_id == cluster)
    )  # fmt: skip
    total = connection.scalar(sa.select(sa.func.count()).select_from(copies.subquery())) or 0
    first = sa.case((article.c.article_id == canonical_id, 0), else_=1)
    rows = connection.execute(copies.order_by(first, article.c.day, article.c.article_id).limit(MAX_COPIES)).all()
    told = tuple(
        Copy(
            row.article_id, row.source, row.title, str(row.published_at or ""), str(row.partition_date or ""),
            row.words,
            "canonical" if row.article_id == canonical_id else relation(row.text_id, row.canonical_id, row.judged),
            row.jaccard,
        )
        for row in rows
    )  # fmt: skip
    return Story(found, canonical_id, rows[0].body, told, total)


def sources(connection: sa.Connection) -> list[Row]:
    """The rows of corpus_source, by name, and when the store asks each one's listings next (next_at)."""
    next_at = sa.func.min(visit.c.next_at).label("next_at")
    due = sa.select(visit.c.source, next_at).where(visit.c.role == "listing").group_by(visit.c.source).subquery()
    view = sa.table("corpus_source", *map(sa.column, SOURCE_COLUMNS))
    query = sa.select(view, due.c.next_at).outerjoin(due, due.c.source == view.c.source).order_by(view.c.source)
    return list(connection.execute(query))


def review(connection: sa.Connection, skipped: Sequence[str]) -> Review:
    return Review(next_pair(connection, skipped), *precisions(connection))


def next_pair(connection: sa.Connection, skipped: Sequence[str]) -> Pair | None:
    """The pair nearest the threshold whose answer is not known, but for these duplicates; None: there is none."""
    names = ("article_id", "canonical_id", "title", "canonical_title", "source", "canonical_source", "jaccard")
    view = sa.table("corpus_review", *map(sa.column, names))
    known = {*skipped, *_answered(connection)}
    is_known = among(connection, sa.type_coerce(view.c.article_id, sa.Text), known)
    nearest = sa.select(view.c.article_id).where(sa.not_(is_known)).order_by(view.c.jaccard, view.c.article_id)
    waiting = connection.scalars(nearest.limit(MAX_WAITING)).all()
    if not waiting:
        return None
    row = connection.execute(sa.select(view).where(view.c.article_id == waiting[0])).one()
    bodies = [
        connection.scalar(sa.select(revision.c.body).select_from(article.join(revision, is_current))
                          .where(article.c.article_id == each))
        for each in (row.canonical_id, row.article_id)
    ]  # fmt: skip
    return Pair(
        row.article_id, row.canonical_id, (row.canonical_title or "", row.title or ""),
        (row.canonical_source, row.source), (bodies[0] or "", bodies[1] or ""), row.jaccard, len(waiting),
    )  # fmt: skip


def _answered(connection: sa.Connection) -> list[str]:
    """Duplicates of which judgements on other pairs say, together, whether they and their canonicals are one story."""
    judged = [row[:3] for row in election.judged_texts(connection)]
    texts = {text_id for row in judged for text_id in row[:2]}
    columns = [cluster_member.c[name] for name in ("text_id", "canonical_id", "article_id")]
    rows = select(connection, columns, cluster_member.c.text_id, texts)
    pairs = {(row[0], row[1]): row[2] for row in rows if row[0] != row[1] and row[1] in texts}
    return [pairs[pair] for pair in answered(judged, pairs)]


def reasons(connection: sa.Connection) -> list[Row]:
    """Reasons of quarantine by source: (source, stage, reason, records), the most frequent first."""
    columns = (quarantine.c.source, quarantine.c.stage, quarantine.c.reason)
    records = sa.func.count().label("records")
    query = sa.select(*columns, records).group_by(*columns).order_by(records.desc(), *columns).limit(MAX_HELD)
    return list(connection.execute(query))


def quarantined(connection: sa.Connection, source: str, reason: str) -> list[Held]:
    """Records of a source that are in quarantine for a reason, MAX_HELD at most."""
    query = sa.select(quarantine).where(quarantine.c.source == source, quarantine.c.reason == reason)
    rows = connection.execute(query.order_by(quarantine.c.path, quarantine.c.record).limit(MAX_HELD))
    return [
        Held(row.source, row.path, row.record if row.record >= 0 else None, row.partition_date, row.stage, row.reason,
             bytes(row.head))
        for row in rows
    ]  # fmt: skip


def find(connection: sa.Connection, words: str) -> list[Row]:
    """Articles that a name fits, or else those of the corpus with these words: (article_id, source, title).

    Raises Usage where the words would be searched for and no index of them is kept.
    """
    if named := articles_named(connection, words):
        return list(named)
    if not search.is_on(connection):
        raise Usage(
            "no article has this id, URL, key or path; words are searched for after `wirecopy store search --on`"
        )
    view = sa.table("corpus_search", sa.column("article_id"), sa.column("title"), sa.column("words"))
    if connection.dialect.name == "postgresql":
        fits = view.c.words.op("@@")(sa.func.plainto_tsquery("simple", words))
    else:
        quoted = " ".join('"' + word.replace('"', '""') + '"' for word in words.split())
        fits = view.c.words.op("MATCH")(quoted)
    query = sa.select(view.c.article_id, article.c.source, view.c.title).where(fits)
    return list(connection.execute(query.join(article, article.c.article_id == view.c.article_id).limit(MAX_FOUND)))
