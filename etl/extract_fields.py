"""Extract: a container's record of named fields to a draft.  Pure.

The names that corpora use are guessed in a stated order; a name is compared without case, "_", "-", " " and namespace.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

from etl.extract_draft import Draft
from etl.extract_text import extract_text
from etl.metadata_date import parse_date
from etl.metadata_people import split_people
from schemas.records import Evidence

# In each row the first name that has a value wins.
NAMES: dict[str, tuple[str, ...]] = {
    "title": ("title", "headline", "headlinemain", "name", "subject"),
    "body": ("body", "text", "content", "articlebody", "bodytext", "fulltext", "maintext", "plaintext", "article",
             "document", "story", "contenttext", "bodyxhtml", "bodyhtml", "contenthtml", "html", "description",
             "summary"),
    "kicker": ("kicker", "overline", "dachzeile"),
    "byline": ("byline", "bylineoriginal"),
    "authors": ("authors", "author", "byline", "creator", "creators", "by", "writer"),
    "dateline": ("dateline", "located"),
    "credit": ("credit", "agency", "creditline"),
    "published_at": ("publishedat", "datepublished", "published", "publicationdate", "publisheddate", "pubdate",
                     "publishdate", "publishtime", "date", "datetime", "timestamp", "firstcreated", "versioncreated",
                     "webpublicationdate", "datecreated", "createdat", "created", "time", "day"),
    "modified_at": ("modifiedat", "datemodified", "modified", "updatedat", "updated", "datemodify", "lastmodified"),
    "section": ("section", "sectionname", "articlesection", "category", "desk", "newsdesk"),
    "site": ("site", "sitename", "publisher", "publication", "outlet", "newspaper", "domain", "sourcedomain"),
    "language": ("language", "lang", "inlanguage"),
    "url": ("url", "link", "canonicalurl", "weburl", "sourceurl", "uri", "href", "permalink"),
    "key": ("id", "guid", "articleid", "docid", "documentid", "uuid", "identifier", "key", "newsid"),
}  # fmt: skip
SEPARATORS = re.compile(r"^.*[:}]|[\W_]+")
WEB = re.compile(r"https?://", re.IGNORECASE)


def extract_fields(fields: Mapping[str, object], partition_date: date | None) -> Draft:
    """Draft of a record; a value that is no text, number or list of such counts as absent.

    A record with a body and no title is read like a text file: corpora often put the headline into the text.
    """
    by_name = {SEPARATORS.sub("", str(name)).casefold(): value for name, value in fields.items()}
    found = {field: _first(by_name, names) for field, names in NAMES.items()}
    body, title = found["body"], found["title"]
    whole = extract_text(body, partition_date) if body and not title else Draft(title=title, body=body)
    authors = _authors(by_name)
    published_at, modified_at = parse_date(found["published_at"]), parse_date(found["modified_at"])
    values = {"authors": authors, "published_at": published_at, "modified_at": modified_at, "title": title}
    values |= {name: found[name] for name in ("section", "site", "language")}
    own: dict[str, Evidence] = {name: "field" for name, value in values.items() if value}
    return Draft(
        title=whole.title,
        body=whole.body,
        kicker=found["kicker"] or whole.kicker,
        byline=found["byline"] or whole.byline,
        authors=authors or whole.authors,
        credit=found["credit"] or whole.credit,
        dateline=found["dateline"] or whole.dateline,
        trailer=whole.trailer,
        published_at=published_at or whole.published_at,
        modified_at=modified_at,
        section=found["section"] or None,
        site=found["site"] or None,
        language=found["language"] or None,
        url=found["url"] if WEB.match(found["url"]) else None,
        key=found["key"] or None,
        evidence={**whole.evidence, **own},
    )


def _first(by_name: Mapping[str, object], names: tuple[str, ...]) -> str:
    return next((text for name in names if name in by_name and (text := as_text(by_name[name]))), "")


def as_text(value: object) -> str:
    """Text of a field: itself, a number, a list of paragraphs, or the text inside a mapping ({"name": …})."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, bool) or value is None:
        return ""
    if isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, Mapping):
        inner = (value.get(name) for name in ("name", "main", "value", "#text", "@value", "text", "$"))
        return next((text for item in inner if isinstance(item, (str, list)) and (text := as_text(item))), "")
    if isinstance(value, (list, tuple)):
        return "\n\n".join(text for item in value if not isinstance(item, (list, tuple)) and (text := as_text(item)))
    return str(value) if hasattr(value, "isoformat") else ""  # a Parquet date or time


def _authors(by_name: Mapping[str, object]) -> tuple[str, ...]:
    for name in NAMES["authors"]:
        value = by_name.get(name)
        items = value if isinstance(value, (list, tuple)) else [value]
        people = [person for item in items for person in split_people(as_text(item))]
        if people:
            return tuple(dict.fromkeys(people))
    return ()
