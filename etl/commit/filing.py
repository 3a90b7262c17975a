"""Filing: the day under which each article stands, and its day in the order of election.

I/O, in the transaction of the caller.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from datetime import date, datetime
from typing import NamedTuple

import sqlalchemy as sa

from etl.commit.settle import Touched
from etl.decide.revisions import USUAL, Precedence, day_of, text_day
from etl.store import articles, election, sources
from schemas.tables import article, revision


class Filed(NamedTuple):
    """What the order of election asks beside the articles themselves.

    days   article_id -> the day under which it is filed, of articles that have new or moved revisions
    precedences  of sources, where not the usual
    """

    days: Mapping[str, date | None]
    precedences: Mapping[str, Precedence]

    def day(self, source: str, published_at: datetime | None, filed: date | None) -> int:
        """The day of an article in the order of election."""
        return day_of(published_at, filed, self.precedences.get(source, USUAL))


def refile(
    connection: sa.Connection,
    article_ids: AbstractSet[str],
    filed: Filed,
    current: Mapping[str, tuple[str, int | None]],
) -> dict[str, date | None]:
    """File articles whose current revision stays under the day that is known now; of the others, their day before."""
    rows, found = [], dict[str, date | None]()
    for a, source, published, length, before, *origin in election.current_facts(connection, article_ids):
        if before != filed.days[a]:
            found[a] = before
            day = filed.day(source, published, filed.days[a])
            rows.append((a, *current[a], day, length, filed.days[a], *origin))
    articles.revise_articles(connection, rows)
    return found


def refile_all(connection: sa.Connection) -> Touched:
    """File every article under the first day of its body, as versions until 0.2 did not; what that touches."""
    several = sa.select(revision.c.article_id).group_by(revision.c.article_id).having(sa.func.count() > 1)
    ids = set(connection.scalars(several))
    current = articles.current_revisions(connection, ids)
    bodies = articles.body_digests(connection, ids)
    known = articles.revisions(connection, ids)
    days = {a: text_day(known[a], bodies[a], current[a][0]) for a in ids}
    before = election.states(connection, article.c.article_id, ids)
    moved = refile(connection, ids, Filed(days, sources.precedences(connection)), current)
    standing = moved.keys() & before.keys()
    texts = {text_id for a in standing if (text_id := current[a][1]) is not None}
    places = {a: before[a] for a in standing}
    return Touched(texts=texts, articles=standing, revised=standing, before=places, refiled=moved)
