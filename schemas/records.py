"""What flows through the pipeline beside articles (schemas.article): documents as found, rejects, reports."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime
from typing import Any, Literal, NamedTuple

Media = Literal["text", "html", "fields"]
UNDATED = 9_999_999
"""`day` of what has no date at all: after every real day (date.toordinal() ends at 3,652,059, in the year 9999)."""
NO_DAY = date.min
"""The day of counts of what has no partition date."""
RANK_DAYS = 10_000_000
"""Days by which each rank of its source puts an article earlier in the order of election; more than there are."""
MAX_RANK = 100  # of a source, either way: days so far apart fit in 32 bits


class RawDocument(NamedTuple):
    """One document as a reader found it, undecoded where the reader could not know better.

    path        its file, relative to the root of its source, "/" between parts
    record      its place in a container, from 0; None where the file is the document
    media       what `content` is: "text" and "html" are bytes, "fields" a mapping of a record's named fields
    fetched_at  when the bytes were received (a file's modification time, a WARC record's date), UTC
    url, charset  as the container declares them, if it does
    headers     those of the HTTP answer that speak of rights (etl.extract.rights), if it was one
    """

    path: str
    record: int | None
    media: Media
    content: bytes | Mapping[str, object]
    fetched_at: datetime | None = None
    url: str | None = None
    charset: str | None = None
    headers: tuple[tuple[str, str], ...] = ()

    def __reduce__(self) -> tuple[object, ...]:  # the zone of a time takes pickle 10 µs, all else of a document 2
        return _unpickled, (
            *self[:4],
            self.fetched_at and self.fetched_at.astimezone(UTC).replace(tzinfo=None),
            *self[5:],
        )


def _unpickled(
    path: str, record: int | None, media: Media, content: Any, moment: datetime | None, *declared: Any
) -> RawDocument:
    """The document of these values, of which moment, its time, is in UTC."""
    return RawDocument(path, record, media, content, moment and moment.replace(tzinfo=UTC), *declared)


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A document that did not become an article: where it stands, why, and how it begins.

    stage, reason  as in etl.errors.Rejected
    head           its first bytes, 256 at most
    article_id     of one that its source's rule leaves out: the article that it is
    """

    path: str
    record: int | None
    stage: str
    reason: str
    head: bytes
    article_id: str | None = None


def article_id_of(source: str, source_key: str) -> str:
    """The id of an article.  source: the name that its source had first, whatever it is called now."""
    return hashlib.blake2b(f"{source}\n{source_key}".encode(), digest_size=16).hexdigest()


def is_article_id(text: str) -> bool:
    """Whether a text has the form of a whole id."""
    return len(text) == 32 and set(text) <= set("0123456789abcdef")


class Joined(NamedTuple):
    """An article that a refused run would have made a duplicate, and the canonical that it would have joined."""

    article_id: str
    source: str
    title: str
    path: str
    canonical_id: str
    canonical_source: str
    canonical_title: str

    def line(self) -> str:
        mine, theirs = self.title or "(no headline)", self.canonical_title or "(no headline)"
        return f"{self.source}: {mine}  [{self.path}] would join {self.canonical_source}: {theirs}"


RECORD_COUNTS = ("new", "revised", "unchanged", "stale", "quarantined")


@dataclass(frozen=True, slots=True)
class RunReport:
    """What a run did, in counts that add up.

    read = new + revised + unchanged + stale + quarantined: the records of this run.
    articles = canonical + exact + near: the store after it; retracted articles are not among them.
    run_id is None for a run that changed nothing: it leaves no trace in the store.
    refused: why the guard undid it; accepted, accepted_by: the limits beyond which somebody let it pass, and who.
    """

    source: str
    partition_date: date | None
    run_id: int | None = None
    read: int = 0
    new: int = 0
    revised: int = 0
    unchanged: int = 0
    stale: int = 0
    quarantined: int = 0
    articles: int = 0
    canonical: int = 0
    exact: int = 0
    near: int = 0
    retracted: int = 0
    seconds: float = 0.0
    refused: str | None = None
    accepted: str | None = None
    accepted_by: str | None = None

    def __post_init__(self) -> None:
        if self.read != self.new + self.revised + self.unchanged + self.stale + self.quarantined:
            raise AssertionError(f"records were lost: {self.line()}")
        if self.articles != self.canonical + self.exact + self.near:
            raise AssertionError(f"articles were lost: {self.line()}")

    def line(self) -> str:
        """The report as one line whose numbers add up."""
        retracted = f"; retracted {self.retracted}" if self.retracted else ""
        return (
            f"read {self.read} = new {self.new} + revised {self.revised} + unchanged {self.unchanged}"
            f" + stale {self.stale} + quarantined {self.quarantined};"
            f" corpus {self.articles} = canonical {self.canonical} + exact {self.exact} + near {self.near}{retracted}"
        )

    def remarks(self) -> list[str]:
        """What the guard had to say, a line each; nothing for most runs."""
        said = [f"refused, and undone: {self.refused}"] if self.refused else []
        return said + ([f"accepted by {self.accepted_by}: {self.accepted}"] if self.accepted else [])

    def __add__(self, later: RunReport) -> RunReport:
        """Both runs as one: records added up, the store as the later left it."""
        records = {n: getattr(self, n) + getattr(later, n) for n in ("read", *RECORD_COUNTS)}
        day = self.partition_date if self.partition_date == later.partition_date else None
        source = self.source if self.source == later.source else f"{self.source}, {later.source}"
        return replace(later, source=source, partition_date=day, seconds=self.seconds + later.seconds, **records)

    def as_json(self) -> dict[str, object]:
        """Plain values, for JSON and XCom."""
        return {f.name: _plain(getattr(self, f.name)) for f in fields(self)}


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else value
