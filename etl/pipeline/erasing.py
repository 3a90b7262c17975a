"""Erasing: an erasure to its end, in the store and in every file that wirecopy wrote.  Shell.

    erase     the transaction (etl.commit.erase): the articles are gone for readers, tombstones say what is left to do
    landing   segments of fetched pages, and of the listings that name them
    staging   shards of runs that are not over, or were given up
    scrub     the database's own copies of deleted rows

Each step may be repeated.  Whoever is killed leaves nothing done, or tombstones from which resume() goes on.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import groupby

from etl.commit.erase import NOTHING, Pending
from etl.fetch.forgetting import forget_pages
from etl.fetch.session import ABANDONED_AFTER_S
from etl.prepare import staging
from etl.settings import Settings
from etl.sources import locations
from etl.store import database, tombstones, visits
from etl.store.scrub import scrub

log = logging.getLogger(__name__)


def resume(settings: Settings) -> int:
    """Finish what erasures have left to do; how many articles that was.

    Pages that were fetched under another URL since, and refused, leave the landing zone too.

    Raises Retryable or Fatal where the database cannot be scrubbed now, or not by this user.
    """
    with database.opened(settings.store, sorts=True) as engine:
        with database.reading(engine) as connection:
            pending = [Pending.of(each) for each in tombstones.pending(connection)]
            refused = [Pending("", source, frozenset({place})) for source, place in tombstones.refused(connection)]
        if not (pending or refused):
            return 0
        ids = [each.article_id for each in pending]
        asked = {source: _forget(settings, source, those) for source, those in _by_source(pending + refused).items()}
        with database.writing(engine) as connection:
            for source, urls in asked.items():
                visits.forbid(connection, source, urls, datetime.now(UTC))
            tombstones.set_pending(connection, ids, NOTHING)  # paths and URLs are scrubbed with the rest
        if not ids:
            return 0
        scrub(engine)
        with database.writing(engine) as connection:
            tombstones.set_pending(connection, ids, None)
    log.info("erased for good: %d articles", len(ids))
    return len(ids)


def _by_source(pending: Sequence[Pending]) -> dict[str, list[Pending]]:
    ordered = sorted(pending, key=lambda each: each.source)
    return {source: list(those) for source, those in groupby(ordered, key=lambda each: each.source)}


def _forget(settings: Settings, source: str, pending: Sequence[Pending]) -> set[str]:
    """Take articles of a source out of the files; the canonical URLs by which their pages were asked."""
    seen = {place for each in pending for place in each.seen}
    urls = {each.url for each in pending if each.url is not None}
    locations.sweep(locations.join(settings.landing, source), ABANDONED_AFTER_S)
    asked = forget_pages(settings.landing, source, seen, urls)
    staging.forget(settings.staging, source, {each.article_id for each in pending}, seen)
    return asked
