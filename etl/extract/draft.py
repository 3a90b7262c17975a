"""Draft: what an extractor found in one document, before it has an identity and is held to the contract."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple

from schemas.article import Evidence
from schemas.rights import Statement


class Draft(NamedTuple):
    """Fields as in schemas.article.Article, text not yet normalised; a time without a zone is UTC.

    key  the id that a record gives itself, if it does
    statements  what it says of the terms of its use
    """

    title: str = ""
    body: str = ""
    kicker: str | None = None
    byline: str | None = None
    authors: tuple[str, ...] = ()
    credit: str | None = None
    dateline: str | None = None
    trailer: str | None = None
    published_at: datetime | None = None
    modified_at: datetime | None = None
    section: str | None = None
    site: str | None = None
    language: str | None = None
    url: str | None = None
    key: str | None = None
    statements: tuple[Statement, ...] = ()
    evidence: Mapping[str, Evidence] = MappingProxyType({})
