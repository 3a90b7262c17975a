"""Fetching: a visit, the record of a URL that was asked, and the report of a fetch."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Literal

Role = Literal["page", "listing", "robots"]
ERASED = "erased"
"""`gone` of a page whose article was erased."""


@dataclass(frozen=True, slots=True)
class Visit:
    """What is known of a URL of a source.

    etag, last_modified  as the server gave them with the answer that was landed
    digest       of the body that was landed, as WARC files write it
    stamp        what its listing said of its last change
    failures     answers in a row that were none
    landed_at    when the answer was asked for that was landed last
    listing, listed_at  which sitemap named it last, and when
    gone_at, gone  since when it is gone and how that is known
    interval_s, next_at  of a listing, robots.txt or tdmrep.json: when it is due, and how far apart polls of it are
    content      of a robots.txt or tdmrep.json, whose role is "robots"
    """

    url: str
    role: Role
    asked_at: datetime
    status: int = 0
    etag: str | None = None
    last_modified: str | None = None
    digest: str | None = None
    stamp: str | None = None
    failures: int = 0
    landed_at: datetime | None = None
    listing: str | None = None
    listed_at: datetime | None = None
    gone_at: datetime | None = None
    gone: str | None = None
    interval_s: int | None = None
    next_at: datetime | None = None
    content: str | None = None


@dataclass(frozen=True, slots=True)
class FetchReport:
    """What fetching a source's day did, in counts that add up.

    listed = landed + unchanged + known + gone + disallowed + rejected + failed + left: pages that listings named.
    landed      new or changed, now in the landing zone
    unchanged   asked, and the same as before
    known       not asked: landed before, and not said to have changed; or a repetition within the run
    gone        404 or 410
    disallowed  by robots.txt
    rejected    in quarantine with a reason: no web address, too large, forbidden …
    failed      not answered, or with an error; tried again by a later run
    left        not asked for want of time, requests or bytes; asked by a later run
    listings    feeds, sitemaps and lists asked; broken: those of them that gave nothing
    vanished    pages that their sitemap does not name any more
    """

    source: str
    date: str
    listed: int = 0
    landed: int = 0
    unchanged: int = 0
    known: int = 0
    gone: int = 0
    disallowed: int = 0
    rejected: int = 0
    failed: int = 0
    left: int = 0
    listings: int = 0
    broken: int = 0
    vanished: int = 0
    requests: int = 0
    bytes: int = 0
    seconds: float = 0.0
    note: str = ""

    def __post_init__(self) -> None:
        if self.listed != sum(getattr(self, name) for name in OUTCOMES):
            raise AssertionError(f"pages were lost: {self.line()}")

    def line(self) -> str:
        """The report as one line whose numbers add up."""
        if self.note:
            return f"{self.source} {self.date}: {self.note}"
        counts = " + ".join(f"{name} {getattr(self, name)}" for name in OUTCOMES)
        return f"{self.source} {self.date}: listed {self.listed} = {counts}; {self.requests} requests"

    def as_json(self) -> dict[str, object]:
        return {f.name: getattr(self, f.name) for f in fields(self)}


OUTCOMES = ("landed", "unchanged", "known", "gone", "disallowed", "rejected", "failed", "left")
