"""Visits: the store's memory of requested URLs, so that only changed pages are requested again.  I/O."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import fields, replace
from datetime import datetime

import sqlalchemy as sa

from etl.store.bulk import among, insert
from schemas.fetched import ERASED, Visit
from schemas.tables import visit

VISIT_FIELDS = tuple(f.name for f in fields(Visit))
VISIT_COLUMNS = [visit.c[name] for name in VISIT_FIELDS]


def find(connection: sa.Connection, source: str, urls: Collection[str]) -> dict[str, Visit]:
    """The visits of these URLs that the store knows, by URL."""
    if not urls:
        return {}
    query = sa.select(*VISIT_COLUMNS).where(visit.c.source == source, among(connection, visit.c.url, urls))
    return {row.url: Visit(**row._mapping) for row in connection.execute(query)}


def shared(connection: sa.Connection, source: str) -> dict[str, dict[str, Visit]]:
    """Pages whose body other URLs gave as well, by digest and URL."""
    pages = (visit.c.source == source, visit.c.role == "page", visit.c.digest.is_not(None))
    many = sa.select(visit.c.digest).where(*pages).group_by(visit.c.digest).having(sa.func.count() > 1)
    found: dict[str, dict[str, Visit]] = {}
    for row in connection.execute(sa.select(*VISIT_COLUMNS).where(*pages, visit.c.digest.in_(many))):
        found.setdefault(row.digest, {})[row.url] = Visit(**row._mapping)
    return found


def children(connection: sa.Connection, source: str, index: str) -> list[Visit]:
    """The listings that an index named when it was last read."""
    query = sa.select(*VISIT_COLUMNS).where(
        visit.c.source == source, visit.c.listing == index, visit.c.role == "listing"
    )
    return [Visit(**row._mapping) for row in connection.execute(query.order_by(visit.c.url))]


def forget_children(connection: sa.Connection, source: str, index: str, at: datetime) -> None:
    """Listings that an index named before, and at that time not, are no longer asked."""
    gone = (visit.c.source == source, visit.c.listing == index, visit.c.role == "listing", visit.c.listed_at < at)
    connection.execute(sa.update(visit).where(*gone).values(listing=None))


def save(connection: sa.Connection, source: str, visits: Collection[Visit]) -> None:
    """Store these visits, each in the place of the earlier one of its URL."""
    rows = {v.url: tuple(getattr(v, name) for name in VISIT_FIELDS) for v in visits}
    if rows:
        connection.execute(sa.delete(visit).where(visit.c.source == source, among(connection, visit.c.url, rows)))
        insert(connection, visit, [[source] * len(rows), *zip(*rows.values(), strict=True)])


def listed(connection: sa.Connection, source: str, listing: str, urls: Collection[str], at: datetime) -> None:
    """Note that a sitemap lists these URLs; one that was marked as gone from it is back."""
    here = (visit.c.source == source, among(connection, visit.c.url, urls))
    back = sa.case((visit.c.gone == UNLISTED, None), else_=visit.c.gone)
    since = sa.case((visit.c.gone == UNLISTED, None), else_=visit.c.gone_at)
    connection.execute(sa.update(visit).where(*here).values(listing=listing, listed_at=at, gone=back, gone_at=since))


UNLISTED = "no longer in its sitemap"


def unlisted(connection: sa.Connection, source: str, listing: str, at: datetime) -> int:
    """Mark landed pages as gone that a sitemap listed before and did not at that time; how many."""
    gone = (
        sa.update(visit)
        .where(visit.c.source == source, visit.c.listing == listing, visit.c.role == "page")
        .where(visit.c.listed_at < at, visit.c.gone_at.is_(None), visit.c.landed_at.is_not(None))
        .values(gone_at=at, gone=UNLISTED)
    )
    return connection.execute(gone).rowcount


def forbid(connection: sa.Connection, source: str, urls: Collection[str], at: datetime) -> None:
    """Mark pages as erased: they are not asked for again (etl.fetch.polling.is_wanted).

    A URL that was never asked is marked, too, where the source is fetched at all.
    """
    if not urls or connection.scalar(sa.select(visit.c.url).where(visit.c.source == source).limit(1)) is None:
        return
    known = find(connection, source, urls)
    save(
        connection,
        source,
        [
            replace(known.get(url) or Visit(url, "page", at), gone=ERASED, gone_at=at, etag=None, digest=None)
            for url in sorted(urls)
        ],
    )
