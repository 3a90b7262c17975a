"""Extract: a raw document to an article that satisfies the contract, or Rejected with stage and reason.  Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

from pydantic import ValidationError

from etl.decide.revisions import EARLIEST, is_believed
from etl.errors import Rejected
from etl.extract.draft import Draft
from etl.extract.html.body import extract_html
from etl.extract.identity import BY_SOURCE, Identity, keys
from etl.extract.notices import embargo, withdrawal
from etl.extract.record import extract_fields
from etl.extract.rights import in_headers, rights_of
from etl.extract.wire_text import extract_text
from etl.text.dates import in_utc
from etl.text.decode import decode
from etl.text.language import UNKNOWN, detected_language
from etl.text.plain import stored_body
from etl.text.stored import stored_line, stored_text
from etl.web.urls import canonical_url
from schemas.article import Article, Evidence
from schemas.records import RawDocument

MAX_TITLE = 5_000  # characters; a longer one is a text under a wrong name
MAX_BODY = 20_000_000  # characters; the longest books have fewer
MAX_LINE = 2_000  # characters of a byline and the like; a longer one is none
LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?=$|[-_])")


def extract(
    document: RawDocument,
    source: str,
    partition_date: date | None,
    columns: Mapping[str, str] | None = None,
    identity: Identity = BY_SOURCE,
    earliest: date | None = None,
) -> Article:
    """The article in a document.

    source, partition_date  where and to which day it belongs; the day also resolves datelines, which have no year
    columns  which field of a record is meant, by our names ("body", "published_at" …), where the source declares it
    identity  how records of the source are told apart
    earliest  dates of publication before that day are doubted; None: before the usual one

    Raises Rejected: stage "extract", "empty" for a document without text; stage "validate" for one that breaks the
    contract: too large, or refused by the Article record itself.
    """
    draft = _draft(document, partition_date, columns)
    url, asked = canonical_url(draft.url or document.url), canonical_url(document.url)
    why = withdrawal(document.content, draft) if isinstance(document.content, Mapping) else None
    source_key, own_key = keys(document, url, asked, draft.key, identity)
    title, body = stored_line(draft.title), stored_body(draft.body)
    if not (title or body):
        raise Rejected("extract", "empty: neither title nor body")
    if len(title) > MAX_TITLE or len(body) > MAX_BODY:
        raise Rejected("validate", f"too large: a title of {len(title)} and a body of {len(body)} characters")
    declared = language_subtag(draft.language)
    terms = rights_of((*in_headers(document.headers), *draft.statements))
    try:
        return Article(
            source=source,
            source_key=source_key,
            id_name=identity.id_name,
            own_key=own_key,
            withdrawn=stored_line(why) if why else None,
            embargo=embargo(document.content) if isinstance(document.content, Mapping) else None,
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
            language=detected_language(body or title, declared) or declared or UNKNOWN,
            licence=terms.licence,
            rights=terms.rights,
            tdm_reserved=terms.tdm_reserved,
            free_to_read=terms.free_to_read,
            evidence=_with_doubt(draft, partition_date, earliest or EARLIEST),
        )
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "article"
        raise Rejected("validate", f"{where}: {first['msg']}") from error


def _with_doubt(draft: Draft, partition_date: date | None, earliest: date) -> Mapping[str, Evidence]:
    """Evidence of the draft, which says where the date of publication is not believed."""
    if draft.published_at is None or is_believed(in_utc(draft.published_at), partition_date, earliest):
        return draft.evidence
    return {**draft.evidence, "published_at": "doubted"}


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
