"""Extract: a container's record of named fields to a draft.  Pure.

The names that corpora use are guessed in a stated order; a source can declare its own instead.  Names are compared
without case, "_", "-", " " and namespace.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from functools import lru_cache

from etl.extract.draft import Draft
from etl.extract.html.body import extract_html, text_of_fragment
from etl.extract.wire_patterns import parse_byline
from etl.extract.wire_text import extract_body, extract_text
from etl.text.dates import parse_date
from etl.text.people import split_people
from schemas.field_names import FIELD_NAMES, plain_name
from schemas.records import Evidence

WEB = re.compile(r"https?://", re.IGNORECASE)
MARKUP = re.compile(
    r"</?(?:p|br|div|a|b|i|em|strong|span|h[1-6]|ul|ol|li|img|blockquote|table)(?:\s[^<>]*)?/?>", re.IGNORECASE
)
WHOLE_PAGE = re.compile(r"\s*(?:<\?xml[^>]*>\s*|<!--.*?-->\s*)*(?:<!doctype html|<html)", re.IGNORECASE | re.DOTALL)


def extract_fields(
    fields: Mapping[str, object], partition_date: date | None, columns: Mapping[str, str] | None = None
) -> Draft:
    """Draft of a record; a value that is no text, number or list of such counts as absent.

    columns  which field of the record is meant, by our names ("body", "published_at" …); others are guessed

    A record with a body and no title is read like a text file: corpora often put the headline into the text.
    """
    meant = _meant(tuple(fields), tuple(columns.items()) if columns else ())
    found = {field: _first(fields, names) if names else "" for field, names in meant.items()}
    url = found["url"] if WEB.match(found["url"]) else None
    whole = _whole(found["title"], found["body"], url, partition_date)
    byline = found["byline"] or (found["authors"] if found["authors"] and parse_byline(found["authors"]) else "")
    parsed = parse_byline(byline) if byline else None
    authors = (parsed.authors if parsed else ()) or _authors(fields, meant["authors"])
    published_at, modified_at = (parse_date(found[day], found["language"]) for day in ("published_at", "modified_at"))
    values = {"authors": authors, "published_at": published_at, "modified_at": modified_at, "title": found["title"]}
    values |= {name: found[name] for name in ("section", "site", "language")}
    own: dict[str, Evidence] = {name: "field" for name, value in values.items() if value}
    return Draft(
        title=whole.title,
        body=whole.body,
        kicker=found["kicker"] or whole.kicker,
        byline=byline or whole.byline,
        authors=authors or whole.authors,
        credit=found["credit"] or (parsed.credit if parsed else None) or whole.credit,
        dateline=found["dateline"] or whole.dateline,
        trailer=whole.trailer,
        published_at=published_at or whole.published_at,
        modified_at=modified_at or whole.modified_at,
        section=found["section"] or whole.section,
        site=found["site"] or whole.site,
        language=found["language"] or whole.language,
        url=url or whole.url,
        key=found["key"] or None,
        evidence={**whole.evidence, **own},
    )


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


def _whole(title: str, body: str, url: str | None, partition_date: date | None) -> Draft:
    """Draft of what title and body say; the body may be a page, a piece of one, or text."""
    if WHOLE_PAGE.match(body):
        page = extract_html(body, url)
        return replace(page, title=title) if title else page
    if "<" in body and MARKUP.search(body):
        body = text_of_fragment(body)
    if not title:
        return extract_text(body, partition_date) if body else Draft()
    return extract_body(body, title, partition_date)


@lru_cache(100)  # the records of a file have the same names
def _meant(names: tuple[str, ...], columns: tuple[tuple[str, str], ...]) -> dict[str, tuple[str, ...]]:
    """Which of a record's names may hold each of our fields, in the order in which they are asked."""
    by_name = {plain_name(name): name for name in names}
    guesses = FIELD_NAMES | {field: (plain_name(column),) for field, column in columns}
    return {field: tuple(by_name[guess] for guess in known if guess in by_name) for field, known in guesses.items()}


def _first(fields: Mapping[str, object], names: tuple[str, ...]) -> str:
    return next((text for name in names if (text := as_text(fields[name]))), "")


def _authors(fields: Mapping[str, object], names: tuple[str, ...]) -> tuple[str, ...]:
    for name in names:
        value = fields[name]
        if value is None:
            continue
        items = value if isinstance(value, (list, tuple)) else [value]
        people = [person for item in items for person in split_people(as_text(item))]
        if people:
            return tuple(dict.fromkeys(people))
    return ()
