"""The contract of an article, which each must satisfy to be stored."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import cached_property
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from schemas.records import article_id_of
from schemas.rights import Statement

Evidence = Literal["jsonld", "og", "meta", "dom", "url", "text", "field", "file", "stub", "doubted"]
"""Where a value was found; "field" is a named field of a container, "file" the file's name or time.

"stub", of a body: a site's furniture stands where the text of a story should (etl.text.stubs).
"""


def _utc(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("a time without a time zone says nothing")
    return value.astimezone(UTC)


Utc = Annotated[datetime, AfterValidator(_utc)]


class Article(BaseModel):
    """One article that satisfies the contract: it has a source, a key in it, and a title or a body.

    source, source_key  its identity: the key is its canonical URL, else the id that it gives itself, else its place
    id_name             the name of its source by which ids are computed; None: the one that it has
    own_key             of a record whose key is a URL that only its own word gives it: the id that it gives itself,
                        "" without one; of others None
    embargo             until when its source holds it back, if it does (etl.extract.notices)
    withdrawn           of a notice by which the source withdraws the article of this key: why
    path, record        where it was read (see RawDocument)
    partition_date      the day it belongs to; None in a source without dates
    title, body         stored text (etl.text.stored): paragraphs of the body are apart by one blank line
    kicker              the line above the headline ("UKRAINE", "UPDATE 2")
    byline, authors     as printed; the people named in it
    credit              the agency or role that the byline, dateline or trailer names
    dateline            place (and agency) that opened the text, as printed; it is not part of the body
    trailer             sign-off lines cut from the end ("Reporting by …"), as printed
    language            as declared or detected, BCP 47 primary subtag; "und" when unknown
    licence             a URL, or the SPDX identifier where one is known; None: it names none
    rights              what it says of the terms of its use (etl.extract.rights)
    tdm_reserved        whether text and data mining is reserved; None: it does not say
    free_to_read        whether it may be read without paying; None: it does not say
    evidence            which evidence each metadata value came from, by field name
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str = Field(min_length=1)
    source_key: str = Field(min_length=1)
    id_name: str | None = None
    own_key: str | None = None
    withdrawn: str | None = None
    embargo: Utc | None = None
    path: str
    record: int | None = None
    partition_date: date | None = None
    fetched_at: Utc | None = None
    url: str | None = None
    title: str = ""
    body: str = ""
    kicker: str | None = None
    byline: str | None = None
    authors: tuple[str, ...] = ()
    credit: str | None = None
    dateline: str | None = None
    trailer: str | None = None
    published_at: Utc | None = None
    modified_at: Utc | None = None
    section: str | None = None
    site: str | None = None
    language: str = "und"
    licence: str | None = None
    rights: tuple[Statement, ...] = ()
    tdm_reserved: bool | None = None
    free_to_read: bool | None = None
    evidence: Mapping[str, Evidence] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _says_something(self) -> Article:
        if not (self.title or self.body):
            raise ValueError("neither title nor body")
        return self

    @cached_property
    def article_id(self) -> str:
        """Identity: 32 hex digits computed from source and source key; nothing else moves it."""
        return article_id_of(self.id_name or self.source, self.source_key)
