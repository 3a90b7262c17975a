"""Extract: a container's record of named fields to a draft.  Pure.

The names that corpora use are guessed in a stated order; a source can declare its own instead.  Names are compared
without case, "_", "-", " " and namespace.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache

from etl.extract.draft import Draft
from etl.extract.html.body import extract_html, text_of_fragment, without_headline
from etl.extract.html.rules import is_first_on
from etl.extract.rights import in_field, named_rights
from etl.extract.wire_patterns import parse_byline
from etl.extract.wire_text import extract_body, extract_text
from etl.text.dates import parse_date
from etl.text.people import split_people
from etl.text.stored import unescaped
from schemas.article import Evidence
from schemas.field_names import FIELD_NAMES, plain_name

NO_VALUES = frozenset({"nan", "nat", "none", "null", "<na>", "\\n", "undefined"})
"""Values that pandas, databases and programs write for none, in lower case."""
MAX_NO_VALUE = max(map(len, NO_VALUES))
MAX_LEVELS = 3  # of mappings inside each other, in which the text of a field is looked for
TEXT_INSIDE = (
    "name", "main", "value", "#text", "@value", "text", "$", "rendered", "original", "$date", "$numberLong", "$oid",
)  # fmt: skip
"""Names under which a mapping keeps the text of a field; those with "$" are MongoDB's."""
NAME_PARTS = (("first", "last"), ("firstname", "lastname"), ("givenname", "familyname"), ("given", "family"))
QUOTED = re.compile(r"'([^']*)'|\"([^\"]*)\"")
ESCAPED_MARKUP = re.compile(
    r"&lt;/?(?:p|br|div|a|b|i|em|strong|span|h[1-6]|ul|ol|li|img|blockquote|table)\b", re.IGNORECASE
)
WEB = re.compile(r"https?://", re.IGNORECASE)
MARKUP = re.compile(
    r"</?(?:p|br|div|a|b|i|em|strong|span|h[1-6]|ul|ol|li|img|blockquote|table)(?:\s[^<>]*)?/?>", re.IGNORECASE
)
WHOLE_PAGE = re.compile(
    r"\s*+(?:<\?xml[^>]*+>\s*+|(?><!--.*?-->)\s*+)*+(?:<!doctype html|<html)", re.IGNORECASE | re.DOTALL
)


def extract_fields(
    fields: Mapping[str, object], partition_date: date | None, columns: Mapping[str, str] | None = None
) -> Draft:
    """Draft of a record; a value that is no text, number or list of such counts as absent.

    columns  which field of the record is meant, by our names ("body", "published_at" …); others are guessed

    A record with a body and no title is read like a text file: corpora often put the headline into the text.
    """
    meant = _meant(tuple(fields), tuple(columns.items()) if columns else ())
    found = {field: _first(fields, names) if names else "" for field, names in meant.items()}
    url = next(filter(WEB.match, _texts(fields, meant["url"])), None)
    if WEB.match(found["site"]):
        found["site"] = next((site for site in _texts(fields, meant["site"]) if not WEB.match(site)), "")
    whole = _whole(_line(found["title"]), found["body"], url, partition_date)
    byline = found["byline"] or (found["authors"] if found["authors"] and parse_byline(found["authors"]) else "")
    parsed = parse_byline(byline) if byline else None
    authors = (parsed.authors if parsed else ()) or _authors(fields, meant["authors"])
    published_at = _date(fields, meant["published_at"], found["language"])
    modified_at = _date(fields, meant["modified_at"], found["language"])
    values = {"authors": authors, "published_at": published_at, "modified_at": modified_at, "title": found["title"]}
    values |= {name: found[name] for name in ("section", "site", "language")}
    said = [each for name, kind in named_rights(tuple(fields)) for each in in_field(kind, name, fields[name])]
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
        statements=(*said, *whole.statements),
        evidence={**whole.evidence, **own},
    )


def as_text(value: object, levels: int = MAX_LEVELS) -> str:
    """Text of a field: itself, a number, a list of paragraphs, or the text inside a mapping ({"name": …})."""
    if isinstance(value, str):
        text = value.strip()
        return "" if len(text) <= MAX_NO_VALUE and text.lower() in NO_VALUES else text
    if isinstance(value, bool) or value is None:
        return ""
    if isinstance(value, (int, float)):
        return str(value) if value == value else ""  # not a number, as pandas writes what is missing
    if isinstance(value, Mapping):
        inner = (value.get(name) for name in TEXT_INSIDE)
        return next((text for item in inner if levels and (text := as_text(item, levels - 1))), "")
    if isinstance(value, (list, tuple)):
        return "\n\n".join(
            text for item in value if not isinstance(item, (list, tuple)) and (text := as_text(item, levels))
        )
    return str(value) if hasattr(value, "isoformat") else ""  # a Parquet date or time


def _whole(title: str, body: str, url: str | None, partition_date: date | None) -> Draft:
    """Draft of what title and body say; the body may be a page, a piece of one, or text."""
    if WHOLE_PAGE.match(body):
        page = extract_html(body, url)
        return page._replace(title=title) if title else page
    if "&" in body and "<" not in body and ESCAPED_MARKUP.search(body):
        body = html.unescape(body)
    if "<" in body and MARKUP.search(body):
        body = text_of_fragment(body)
    body = unescaped(body)
    text, _, last = body.rstrip().rpartition("\n\n")
    if is_first_on(last):
        body = text
    if not title:
        return extract_text(body, partition_date) if body else Draft()
    return extract_body(without_headline(body, title), title, partition_date)


@lru_cache(100)  # the records of a file have the same names
def _meant(names: tuple[str, ...], columns: tuple[tuple[str, str], ...]) -> dict[str, tuple[str, ...]]:
    """Which of a record's names may hold each of our fields, in the order in which they are asked."""
    by_name = {plain_name(name): name for name in names}
    guesses = FIELD_NAMES | {field: (plain_name(column),) for field, column in columns}
    return {field: tuple(by_name[guess] for guess in known if guess in by_name) for field, known in guesses.items()}


def _first(fields: Mapping[str, object], names: tuple[str, ...]) -> str:
    return next((text for name in names if (text := as_text(fields[name]))), "")


def _texts(fields: Mapping[str, object], names: tuple[str, ...]) -> Iterator[str]:
    return (text for name in names if (text := as_text(fields[name])))


def _date(fields: Mapping[str, object], names: tuple[str, ...], language: str) -> datetime | None:
    """The first value that is understood."""
    return next(filter(None, (parse_date(text, language) for text in _texts(fields, names))), None)


def _line(text: str) -> str:
    """A title without markup and entities, which feeds and content systems escape once or twice."""
    for _ in range(2):
        if "<" in text:
            text = MARKUP.sub("", text)
        text = unescaped(text)
    return MARKUP.sub("", text) if "<" in text else text


def _authors(fields: Mapping[str, object], names: tuple[str, ...]) -> tuple[str, ...]:
    for name in names:
        people = [person for item in _items(fields[name]) for person in split_people(_name(item))]
        if people:
            return tuple(dict.fromkeys(people))
    return ()


def _items(value: object) -> Sequence[object]:
    """Authors of a field: a list, or one that was written as text ("['A', 'B']")."""
    if isinstance(value, str) and value.strip()[:1] in ("[", "{") and value.strip()[-1:] in ("]", "}"):
        text = value.strip()
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            quoted = [one or other for one, other in QUOTED.findall(text)]
            return quoted or text[1:-1].split(",")
    return value if isinstance(value, (list, tuple)) else [value]


def _name(item: object) -> str:
    """The name of an author; a number is an id, and no name."""
    if isinstance(item, (int, float)):
        return ""
    if isinstance(item, Mapping):
        parts = {plain_name(name): value for name, value in item.items()}
        for first, last in NAME_PARTS:
            if parts.get(last):
                return f"{as_text(parts.get(first))} {as_text(parts[last])}".strip()
    return as_text(item)
