"""Revisions: which text of an article is current, and whether a record is new, revised, unchanged or stale.  Pure.

The current revision is the greatest by (partition date, time fetched, reader's version, content hash).  So an older
day that arrives later does not win, and the same files end alike in any order.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Literal

from schemas.records import RANK_DAYS, UNDATED

READER = 3  # version of the extraction; raise it when the same bytes give another article
_NEVER = datetime.min.replace(tzinfo=UTC)

EARLIEST = date(1800, 1, 1)  # of publication; digitised newspapers are older, but not their texts' claims
FETCHED_BEFORE = timedelta(days=30)  # how old an article of a site may be when the site is fetched for the first time
LATEST_AFTER = timedelta(days=1)  # after the partition's day: it is tomorrow already elsewhere

READ_NOTHING = dict.fromkeys(("read", "new", "revised", "unchanged", "stale", "quarantined"), 0)

RecordVerdict = Literal["new", "revised", "unchanged", "stale"]
RECORD_VERDICTS: tuple[RecordVerdict, ...] = ("new", "revised", "unchanged", "stale")


@dataclass(frozen=True, slots=True)
class Revision:
    """One text of an article, and when it was seen.

    first_date, last_date  the first and the last partition that brought it; None: it came without a date
    fetched_at             its latest time of fetching on last_date
    path, record           the file, and the record in it, of that sighting; of several the last by name
    """

    content_hash: str
    first_date: date | None
    last_date: date | None
    fetched_at: datetime | None
    reader: int = READER
    path: str = ""
    record: int | None = None

    def recency(self) -> tuple[date, datetime, int, str]:
        return (self.last_date or date.min, self.fetched_at or _NEVER, self.reader, self.content_hash)

    def seen_again(self, other: Revision) -> Revision:
        """This revision, merged with another sighting of the same content."""
        latest = max(self, other, key=Revision._sighting)
        dates = [d for d in (self.first_date, other.first_date) if d is not None]
        return replace(latest, first_date=min(dates, default=None))

    def _sighting(self) -> tuple[object, ...]:
        return (*self.recency(), self.path, -1 if self.record is None else self.record)


@dataclass(frozen=True, slots=True)
class Precedence:
    """How a source's articles are placed in the order of election, beside their own dates.

    rank      each puts them RANK_DAYS earlier
    earliest  dates of publication before that day are not believed
    """

    rank: int = 0
    earliest: date = EARLIEST


USUAL = Precedence()


def day_of(published_at: datetime | None, first_date: date | None, precedence: Precedence = USUAL) -> int:
    """The day of a revision in the order of election: published, if believed, else first partition, else UNDATED.

    precedence  of its source
    """
    believed = published_at is not None and is_believed(published_at, first_date, precedence.earliest)
    found = published_at.date() if published_at is not None and believed else first_date
    return (found.toordinal() if found is not None else UNDATED) - precedence.rank * RANK_DAYS


def is_believed(published_at: datetime, partition_date: date | None, earliest: date = EARLIEST) -> bool:
    """Whether a text may have been published then: not before its source's earliest day, nor after it was received.

    The first of several equal texts is canonical.  Without these bounds a copy that claims the year 1600 would be.
    """
    day = published_at.date()
    if day < earliest:
        return False
    return partition_date is None or day <= partition_date + LATEST_AFTER


def body_digest(body: str) -> bytes:
    """What tells bodies apart: 16 bytes."""
    return hashlib.blake2b(body.encode(), digest_size=16).digest()


def text_day(revisions: Iterable[Revision], bodies: Mapping[str, object], current: str) -> date | None:
    """The day under which an article is filed: the first that brought the body of its current revision.

    bodies   content hash -> what tells its body from others, of its revisions
    current  content hash of the current one

    Another headline, section or time of change over the same body moves it to no other day.
    """
    days = [r.first_date for r in revisions if r.first_date and bodies[r.content_hash] == bodies[current]]
    return min(days, default=None)


def told_by_day(
    source: str, before: Mapping[str, Sequence[Revision]], after: Mapping[str, Mapping[str, Revision]]
) -> dict[tuple[str, date | None], tuple[int, int]]:
    """(source, first day) -> change of the numbers of revisions, and of those that are the first of their article.

    before, after  revisions of the articles of a source; articles that are not in `after` stay as they are
    """
    change: dict[tuple[str, date | None], tuple[int, int]] = {}
    for article_id, revisions in after.items():
        for sign, seen in ((-1, before.get(article_id, ())), (1, revisions.values())):
            days = sorted((r.first_date for r in seen), key=lambda day: (day is None, day))
            for number, day in enumerate(days):
                texts, first = change.get((source, day), (0, 0))
                change[source, day] = texts + sign, first + (sign if number == 0 else 0)
    return change


@dataclass(slots=True)
class Revised:
    """The changes of a batch of records.

    counts    records by verdict; they add up to the records given
    added     (article_id, revision, position of its record in the batch) of new revisions
    moved     (article_id, revision) of known revisions, seen on another day, at another time or in another file
    current   article_id -> position of the record whose text is now current, of articles that are new or changed
    revisions article_id -> content hash -> revision, all there are now of articles that have new or moved ones
    """

    counts: dict[RecordVerdict, int] = field(default_factory=lambda: dict.fromkeys(RECORD_VERDICTS, 0))
    added: list[tuple[str, Revision, int]] = field(default_factory=list)
    moved: list[tuple[str, Revision]] = field(default_factory=list)
    current: dict[str, int] = field(default_factory=dict)
    revisions: dict[str, dict[str, Revision]] = field(default_factory=dict)


def revise(
    records: Sequence[tuple[str, Revision]],
    known: Mapping[str, Sequence[Revision]],
    current: Mapping[str, str],
) -> Revised:
    """Decide whether each record is new, revised, unchanged or stale.

    records  (article_id, revision that was seen), in the order of reading
    known    revisions stored for these articles
    current  article_id -> content hash of the current revision, of stored articles
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
        best = max(texts.values(), key=Revision.recency).content_hash
        verdict: RecordVerdict = "unchanged"
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
    result.revisions = {article: revisions[article] for article, _ in (*added, *moved)}
    return result
