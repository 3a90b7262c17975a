"""Read: the shapes that databases, news APIs and crawlers give to JSON, as records of plain named fields.  Pure.

Elasticsearch, Solr, MongoDB, the Guardian's and the New York Times' API, JSON Feed, WordPress REST, fundus, the
Washington Post collection of TREC, tables by pandas.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from schemas.field_names import FIELD_NAMES, is_known_name, plain_name

# An object that wraps its records keeps them under one of these, possibly one inside the other.
LISTS = (
    "articles", "items", "documents", "docs", "stories", "results", "records", "data", "hits", "entries", "posts",
    "response", "rss", "channel", "item", "feed", "entry", "value",
)  # fmt: skip
MAX_WRAPPED = 4  # levels
TEXTS = frozenset(FIELD_NAMES["body"]) - {"description", "summary", "abstract", "snippet", "excerpt"}
"""Names of a body, which a list of records has not; a list has a description."""
PARAGRAPHS = ("paragraph", "header", "subhead", "blockquote", "list")  # subtypes of text in contents of TREC's records


def records_in(value: object) -> Iterator[object]:
    """Records of a value: itself, those that it wraps, or the rows of a table that was written by columns."""
    if not isinstance(value, dict) or any(isinstance(v, str) and plain_name(k) in TEXTS for k, v in value.items()):
        yield value
        return
    wrapped = _wrapped(value, MAX_WRAPPED)
    if wrapped is not None:
        about = _about(value)
        for item in wrapped:
            yield {**about, **item} if about and isinstance(item, dict) else item
        return
    yield from _rows(value) or (value,)


def plain_record(record: dict[str, Any]) -> dict[str, Any]:
    """A record with the fields that a known source nests at its top level."""
    source = record.get("_source")
    if isinstance(source, dict):  # Elasticsearch
        return plain_record({"id": record.get("_id"), **source})
    fields = record.get("fields")
    if isinstance(fields, dict) and any(map(is_known_name, fields)):  # the Guardian
        record = {**record, **fields}
    contents = record.get("contents")
    if isinstance(contents, list):  # TREC Washington Post
        record = {**_of_contents(contents), **record}
    body = record.get("body")
    if isinstance(body, dict) and isinstance(body.get("sections"), list):  # fundus
        record = {**record, "body": "\n\n".join(_of_sections(body))}
    embedded = record.get("_embedded")
    if isinstance(embedded, dict) and isinstance(embedded.get("author"), list):  # WordPress
        record = {**record, "author": embedded["author"]}
    return record


def _wrapped(value: dict[str, Any], levels: int) -> list[Any] | None:
    for name in LISTS:
        inside = value.get(name)
        if isinstance(inside, list) and inside and isinstance(inside[0], dict):
            return inside
        if isinstance(inside, dict) and levels:
            found = _wrapped(inside, levels - 1)
            if found is None:  # one article
                found = next(([one] for one in (inside, inside.get("content")) if _is_record(one)), None)
            if found is not None:
                return found
    return None


def _is_record(value: object) -> bool:
    return isinstance(value, dict) and sum(map(is_known_name, value)) >= 3


def _about(feed: dict[str, Any]) -> dict[str, Any]:
    """Fields that a JSON Feed says once for all its items."""
    if "jsonfeed.org" not in str(feed.get("version")):
        return {}
    return {"site": feed.get("title"), "language": feed.get("language"), "authors": feed.get("authors")}


def _rows(table: dict[str, Any]) -> list[dict[str, Any]]:
    """Rows of a table as pandas writes it (orient columns, index, split and list); none for anything else."""
    names, data = table.get("columns"), table.get("data")
    if isinstance(names, list) and isinstance(data, list) and all(isinstance(row, list) for row in data):
        return [dict(zip(map(str, names), row, strict=False)) for row in data]
    inside = list(table.values())
    if not inside or not all(isinstance(value, type(inside[0])) for value in inside):
        return []
    known = sum(map(is_known_name, table))
    if isinstance(inside[0], dict):
        if known >= 2 and all(value.keys() == inside[0].keys() for value in inside) and not _is_field(inside[0]):
            return [{name: column[row] for name, column in table.items()} for row in inside[0]]
        if not known and all(any(map(is_known_name, row)) for row in inside):
            return [{"id": key, **row} for key, row in table.items()]
    elif isinstance(inside[0], list) and known >= 2 and len({len(value) for value in inside}) == 1 < len(inside[0]):
        return [dict(zip(table, row, strict=True)) for row in zip(*inside, strict=True)]
    return []


def _is_field(value: Mapping[str, Any]) -> bool:
    """Whether a mapping is the value of one field ({"rendered": …}), rather than a column by its row numbers."""
    return not all(str(key).isdigit() for key in value)


def _of_contents(contents: list[Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    paragraphs = []
    for item in contents:
        if not isinstance(item, dict) or not isinstance(text := item.get("content"), str):
            continue
        kind = item.get("type")
        if kind == "sanitized_html" and item.get("subtype") in (None, *PARAGRAPHS):
            paragraphs.append(f"<p>{text}</p>")
        elif kind in ("kicker", "byline", "title"):
            found.setdefault(kind, text)
    return {**found, "body": "".join(paragraphs)} if paragraphs else found


def _of_sections(body: dict[str, Any]) -> Iterator[str]:
    sections = [section for section in body["sections"] if isinstance(section, dict)]
    for part in (
        body.get("summary"),
        *(section.get(name) for section in sections for name in ("headline", "paragraphs")),
    ):
        texts = part if isinstance(part, list) else [part]
        yield from (text for text in texts if isinstance(text, str) and text)
