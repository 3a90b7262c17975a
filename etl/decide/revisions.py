"""Revisions: which of the texts that an article has had is current, and what a record that comes says new.  Pure.

The current revision is the greatest by (partition date, time fetched, reader's version, content hash), so an older
day that arrives later does not win, and the same files in any order end alike.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Literal

from schemas.records import UNDATED

READER = 1  # version of what extraction makes of a file; raise it when it makes something else of the same bytes
_NEVER = datetime.min.replace(tzinfo=UTC)

READ_NOTHING = dict.fromkeys(("read", "new", "revised", "unchanged", "stale", "quarantined"), 0)

Verdict = Literal["new", "revised", "unchanged", "stale"]


@dataclass(frozen=True, slots=True)
class Revision:
    """One text of an article, and when it was seen.

    first_date, last_date  the first and the last partition that brought it; None: only sources without dates did
    fetched_at             when it was fetched last, among those of last_date
    path, record           where it was read then: of several places the last by name, whichever was read first
    """

    content_hash: str
    first_date: date | None
    last_date: date | None
    fetched_at: datetime | None
    reader: int = READER
    path: str = ""
    record: int | None = None

    def rank(self) -> tuple[date, datetime, int, str]:
        return (self.last_date or date.min, self.fetched_at or _NEVER, self.reader, self.content_hash)

    def seen_again(self, other: Revision) -> Revision:
        """This revision and another sighting of the same content, as one."""
        latest = max(self, other, key=Revision._sighting)
        dates = [d for d in (self.first_date, other.first_date) if d is not None]
        return replace(latest, first_date=min(dates, default=None))

    def _sighting(self) -> tuple[object, ...]:
        return (*self.rank(), self.path, -1 if self.record is None else self.record)


def day_of(published_at: datetime | None, first_date: date | None) -> int:
    """The day by which a revision stands in the order of election: published, else first partition, else UNDATED."""
    found = published_at.date() if published_at is not None else first_date
    return found.toordinal() if found is not None else UNDATED


@dataclass(slots=True)
class Revised:
    """What a batch of records changes.

    counts    records by verdict; they add up to the records given
    added     (article_id, revision, position of its record in the batch), not seen before
    moved     (article_id, revision) seen before, on other days, at other times or in other places than until now
    current   article_id -> position of the record whose text is now current, of articles that are new or changed
    refiled   articles whose current text is seen to have come on an earlier day than was known
    """

    counts: dict[Verdict, int] = field(
        default_factory=lambda: dict.fromkeys(("new", "revised", "unchanged", "stale"), 0)
    )
    added: list[tuple[str, Revision, int]] = field(default_factory=list)
    moved: list[tuple[str, Revision]] = field(default_factory=list)
    current: dict[str, int] = field(default_factory=dict)
    refiled: set[str] = field(default_factory=set)


def revise(
    records: Sequence[tuple[str, Revision]],
    known: Mapping[str, Sequence[Revision]],
    current: Mapping[str, str],
) -> Revised:
    """Decide what each record is: new, revised, unchanged or stale.

    records  (article_id, what was seen), in the order they were read
    known    revisions stored for these articles
    current  content hash of their current revision, of those that are stored
    """
    result = Revised()
    revisions = {article: {r.content_hash: r for r in stored} for article, stored in known.items()}
    now = dict(current)
    added: dict[tuple[str, str], int] = {}
    moved: set[tuple[str, str]] = set()
    for position, (article, seen) in enumerate(records):
        texts = revisions.setdefault(article, {})
        before, key = texts.get(seen.content_hash), (article, seen.content_hash)
        after = seen if before is None else before.seen_again(seen)
        texts[seen.content_hash] = after
        if before is None:
            added[key] = position
        elif after != before and key not in added:
            moved.add(key)
        best = max(texts.values(), key=Revision.rank).content_hash
        verdict: Verdict = "unchanged"
        if article not in now:
            verdict = "new"
        elif best != now[article]:
            verdict = "revised"
        elif before is None:
            verdict = "stale"
        if verdict in ("new", "revised"):
            now[article] = best
            result.current[article] = position
        result.counts[verdict] += 1
    result.added = [(article, revisions[article][content], at) for (article, content), at in added.items()]
    result.moved = [(article, revisions[article][content]) for article, content in moved]
    first_dates = {(article, r.content_hash): r.first_date for article in known for r in known[article]}
    result.refiled = {
        article
        for article, r in result.moved
        if now[article] == r.content_hash and first_dates[article, r.content_hash] != r.first_date
    }
    return result
