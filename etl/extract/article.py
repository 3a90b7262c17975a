"""Extract: a raw document to an article that satisfies the contract, or Rejected with stage and reason.  Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

from pydantic import ValidationError

from etl.errors import Rejected
from etl.extract.draft import Draft
from etl.extract.html.body import extract_html
from etl.extract.record import extract_fields
from etl.extract.wire_text import extract_text
from etl.text.dates import in_utc
from etl.text.decode import decode
from etl.text.language import UNKNOWN, detected_language
from etl.text.stored import stored_line, stored_text
from etl.web.urls import canonical_url
from schemas.records import Article, RawDocument

MAX_TITLE = 5_000  # characters; a longer one is a text under a wrong name
MAX_BODY = 20_000_000  # characters; the longest books have fewer
MAX_LINE = 2_000  # characters of a byline and the like; a longer one is none
# Ids that nobody else gives out: a URL or URN, a tag URI, a UUID, a hash.  Any other (a running number) is only known
# within its container.
GLOBAL_ID = re.compile(
    r"[a-z][a-z0-9+.\-]{1,20}:\S{4,}$|[0-9a-f]{8}(?:-?[0-9a-f]{4}){3}-?[0-9a-f]{12}$|[0-9a-f]{16,}$", re.IGNORECASE
)
LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?=$|[-_])")


def extract(
    document: RawDocument, source: str, partition_date: date | None, columns: Mapping[str, str] | None = None
) -> Article:
    """The article in a document.

    source, partition_date  where and to which day it belongs; the day also resolves datelines, which have no year
    columns  which field of a record is meant, by our names ("body", "published_at" …), where the source declares it

    Raises Rejected: stage "extract", "empty" for a document without text; stage "validate" for one that breaks the
    contract: too large, or refused by the Article record itself.
    """
    draft = _draft(document, partition_date, columns)
    url = canonical_url(draft.url or document.url)
    title, body = stored_line(draft.title), stored_text(draft.body)
    if not (title or body):
        raise Rejected("extract", "empty: neither title nor body")
    if len(title) > MAX_TITLE or len(body) > MAX_BODY:
        raise Rejected("validate", f"too large: a title of {len(title)} and a body of {len(body)} characters")
    try:
        return Article(
            source=source,
            source_key=source_key(document, url, draft.key),
            path=document.path,
            record=document.record,
            partition_date=partition_date,
            fetched_at=document.fetched_at,
            url=url,
            title=title,
            body=body,
            kicker=_line(draft.kicker),
            byline=_line(draft.byline),
            authors=tuple(name for author in draft.authors if (name := _line(author))),
            credit=_line(draft.credit),
            dateline=_line(draft.dateline),
            trailer=stored_text(draft.trailer) or None if draft.trailer else None,
            published_at=in_utc(draft.published_at) if draft.published_at else None,
            modified_at=in_utc(draft.modified_at) if draft.modified_at else None,
            section=_line(draft.section),
            site=_line(draft.site),
            language=detected_language(body or title) or language_subtag(draft.language) or UNKNOWN,
            evidence=draft.evidence,
        )
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "article"
        raise Rejected("validate", f"{where}: {first['msg']}") from error


def source_key(document: RawDocument, url: str | None, key: str | None) -> str:
    """What identifies a document within its source: its URL, else its id, else its place.

    An id that is unique by its form (URN, UUID, hash) is the key itself, so that the same article in tomorrow's
    container is the same article; a plain one is prefixed with its container's path.
    """
    if url:
        return url
    key = stored_line(key) if key else ""
    if key:
        return key if GLOBAL_ID.match(key) else f"{document.path}#{key}"
    return document.path if document.record is None else f"{document.path}#{document.record}"


def language_subtag(tag: str | None) -> str | None:
    """Primary subtag of a language tag ("en-GB" to "en"); None for what is no tag."""
    match = LANGUAGE.match((tag or "").strip())
    return match[0].lower() if match else None


def _draft(document: RawDocument, partition_date: date | None, columns: Mapping[str, str] | None) -> Draft:
    content = document.content
    if isinstance(content, Mapping):
        return extract_fields(content, partition_date, columns)
    text = decode(content, document.charset)
    return extract_html(text, document.url) if document.media == "html" else extract_text(text, partition_date)


def _line(text: str | None) -> str | None:
    return (stored_line(text) or None) if text and len(text) <= MAX_LINE else None
