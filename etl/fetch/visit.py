"""Visit: what is remembered of a URL that was asked.  Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Role = Literal["page", "listing", "robots"]


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
    interval_s, next_at  of a listing or robots.txt: when it is due, and how far apart polls of it are
    content      of a robots.txt
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
