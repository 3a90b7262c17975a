"""Queries of the report: contents by source and day, clusters, Jaccard, reasons.  I/O: it only reads."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

import sqlalchemy as sa

from etl.report.holdings import JACCARD_BINS, Cluster, Day, Holdings, Reason
from schemas.tables import article, cluster_member, is_current, quarantine, revision

MAX_CLUSTERS = 10  # the largest
MAX_REASONS = 20  # of quarantine, the most frequent


def holdings(connection: sa.Connection) -> Holdings:
    """The contents of the store now, in numbers."""
    sizes = _cluster_sizes().subquery()
    by_size = sa.select(sizes.c.articles, sa.func.count()).group_by(sizes.c.articles).order_by(sizes.c.articles)
    return Holdings(
        tuple(days(connection)),
        tuple(Cluster(*row) for row in connection.execute(_largest())),
        {row[0]: row[1] for row in connection.execute(by_size)},
        _jaccard(connection),
        tuple(Reason(*row) for row in connection.execute(_reasons())),
        _related(connection),
    )


def _related(connection: sa.Connection) -> dict[str, int]:
    """Pairs by kind.  Asks the view, which a reader may."""
    kind: sa.ColumnClause[str] = sa.column("kind")
    query = sa.select(kind, sa.func.count()).select_from(sa.table("corpus_relation", kind)).group_by(kind)
    return {row[0]: row[1] for row in connection.execute(query.order_by(kind))}


def days(connection: sa.Connection, since: date | None = None) -> Iterable[Day]:
    """Counts by source and day, those without a day last; since: of this day and later ones alone."""
    names = ["source", "partition_date", "records", "new", "revised", "articles", "canonical", "exact", "duplicates"]
    view = sa.table("corpus_source_day", *map(sa.column, [*names, "quarantined"]))
    dated = sa.type_coerce(view.c.partition_date, sa.Date)
    query = sa.select(view.c.source, dated, *(view.c[name] for name in names[2:]), view.c.quarantined)
    if since is not None:
        query = query.where(dated >= since)
    return (Day(*row) for row in connection.execute(query.order_by(view.c.source, dated.nulls_last())))


def _cluster_sizes() -> sa.Select[Any]:
    members = cluster_member.join(article, article.c.text_id == cluster_member.c.text_id)
    counted = sa.select(cluster_member.c.canonical_id, sa.func.count().label("articles"))
    return counted.select_from(members).group_by(cluster_member.c.canonical_id)


def _largest() -> sa.Select[Any]:
    sizes = _cluster_sizes().having(sa.func.count() > 1).subquery()
    head = cluster_member.alias("head")
    return (
        sa.select(article.c.article_id, sizes.c.articles, revision.c.title)
        .select_from(sizes)
        .join(head, head.c.text_id == sizes.c.canonical_id)
        .join(article, article.c.article_id == head.c.article_id)
        .join(revision, is_current)
        .order_by(sizes.c.articles.desc(), article.c.article_id)
        .limit(MAX_CLUSTERS)
    )


def _jaccard(connection: sa.Connection) -> dict[int, int]:
    """Near-duplicate articles by bin.  By comparison with the bounds, since not every SQLite has floor()."""
    member = cluster_member.c
    bin_number = sa.case(
        *((member.jaccard < (n + 1) / JACCARD_BINS, n) for n in range(JACCARD_BINS - 1)), else_=JACCARD_BINS - 1
    )
    query = (
        sa.select(bin_number.label("bin"), sa.func.count())
        .join(article, article.c.text_id == member.text_id)
        .where(member.text_id != member.canonical_id)
        .group_by("bin")
        .order_by("bin")
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def _reasons() -> sa.Select[Any]:
    records = sa.func.count().label("records")
    columns = (quarantine.c.stage, quarantine.c.reason)
    return sa.select(*columns, records).group_by(*columns).order_by(records.desc(), *columns).limit(MAX_REASONS)
