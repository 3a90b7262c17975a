"""Keep: articles that their source's rule leaves out now, though it did not when they came, and the way back.  I/O.

The rule (etl.decide.keep) is applied while records are read.  Here a record that is not wanted takes out the article
whose current text it gave, and one that is wanted again brings back what the rule took out: each a decision as people
make them, by "keep of SOURCE".  The last word on an article is a person's, where one brought it back.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime

import sqlalchemy as sa

from etl.commit.curate import Said, restore, retract
from etl.decide.changes import Effect
from etl.store import runs
from etl.store.bulk import select
from schemas.records import RunReport
from schemas.tables import article, decision, is_current, revision

RULE = "keep of "
LEFT_OUT, WANTED = "the rule of its source leaves it out", "the rule of its source wants it"


def keep(connection: sa.Connection, run: runs.Run, effect: Effect) -> RunReport | None:
    """Take out what a run found to be unwanted, and bring back what it found to be wanted; None: nothing moved."""
    unwanted = {q.article_id: (q.path, q.record) for q in effect.rejected if q.article_id is not None}
    last = _last_words(connection, {*unwanted, *effect.wanted})
    going = [a for a in _given_by(connection, unwanted) if last.get(a) != ("restore", False)]
    coming = [a for a in effect.wanted if last.get(a) == ("retract", True)]
    report = None
    for decide, ids, reason in ((retract, going, LEFT_OUT), (restore, coming, WANTED)):
        if ids:
            said = Said(f"{RULE}{run.source}", reason, run.label, datetime.now(UTC))
            report = decide(connection, sorted(ids), said)
    return report


def _given_by(connection: sa.Connection, places: Mapping[str, tuple[str, int | None]]) -> list[str]:
    """The standing articles among these whose current text was last read at this path and record."""
    columns = [article.c.article_id, revision.c.path, revision.c.record]
    joined, stands = article.join(revision, is_current), article.c.text_id.is_not(None)
    rows = select(connection, columns, article.c.article_id, places, joined, stands)
    return [article_id for article_id, *place in rows if tuple(place) == places[article_id]]


def _last_words(connection: sa.Connection, article_ids: Collection[str]) -> dict[str, tuple[str, bool]]:
    """article_id -> the last decision on it alone, and whether a rule made it."""
    columns = [decision.c.position, decision.c.article_id, decision.c.word, decision.c.who]
    rows = select(connection, columns, decision.c.article_id, article_ids, extra=decision.c.other_id.is_(None))
    return {article_id: (word, who.startswith(RULE)) for _, article_id, word, who in sorted(map(tuple, rows))}
