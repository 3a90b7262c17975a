"""Page rights: what a page says of the terms of its use, in <meta>, links and JSON-LD.  Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from urllib.parse import urljoin

from etl.extract.html.jsonld import Node, text_of
from etl.extract.html.metadata import About
from etl.extract.html.page import Page
from schemas.rights import RightsKind, Statement

META: Mapping[str, RightsKind] = {
    "tdm-reservation": "reservation", "tdm-policy": "policy", "robots": "robots", "isaccessibleforfree": "free",
    "article:content_tier": "free", "license": "licence", "dcterms.license": "licence", "dc.rights.license": "licence",
    "dcterms.rightsholder": "holder", "dc.rightsholder": "holder", "copyrightholder": "holder",
    "copyright": "notice", "rights": "notice", "dc.rights": "notice", "dcterms.rights": "notice",
    "copyrightnotice": "notice", "copyrightyear": "year", "usageinfo": "usage", "dcterms.accessrights": "usage",
}  # fmt: skip
"""Names of <meta>, in lower case."""
ROBOTS = frozenset({"slurp", "google-extended", "applebot-extended", "anthropic-ai", "bytespider", "teoma"})
"""Robots whose names do not end in "bot"."""
LINKED: Mapping[str, RightsKind] = {
    "license": "licence", "usageInfo": "usage", "copyrightHolder": "holder", "copyrightNotice": "notice",
    "copyrightYear": "year", "isAccessibleForFree": "free",
}  # fmt: skip
"""Properties of an article in JSON-LD (schema.org)."""
LICENCE_RELATIONS = frozenset({"license", "cc:license", "dct:license", "dcterms:license"})
MAX_OF_A_KIND = 8  # values, parts or links that are looked at
MAX_DIRECTIVES = 500  # characters of them


def page_rights(page: Page, said: About, url: str | None) -> tuple[Statement, ...]:
    """Statements of a page in the order in which the first counts.  url: its own, for relative links."""
    return tuple(_stated(page, said, url))


def _stated(page: Page, said: About, url: str | None) -> Iterator[Statement]:
    yield from _links(page, "link", url)
    for name, values in said.meta.items():
        if kind := META.get(name):
            yield from (Statement(kind, value, f"meta {name}") for value in values[:MAX_OF_A_KIND])
        elif name.endswith("bot") or name in ROBOTS:
            yield from (Statement("robots", _of_robot(name, value), f"meta {name}") for value in values[:MAX_OF_A_KIND])
    for node in said.linked.articles[:MAX_OF_A_KIND]:
        yield from _in_node(node, said.linked.by_id)
    yield from _links(page, "a", url)


def _links(page: Page, tag: str, url: str | None) -> Iterator[Statement]:
    attributes = page.attributes
    # By a part of the word first: pages have hundreds of links, and few of a licence.
    likely = [i for i in page.elements(tag) if "rel" in (found := attributes[i]) and "icense" in (found["rel"] or "")]
    if tag == "link":
        likely += [i for i in page.elements(tag) if attributes[i].get("itemprop") == "license"]
    for i in likely[:MAX_OF_A_KIND]:
        relation = page.attribute(i, "rel") or page.attribute(i, "itemprop")
        if not LICENCE_RELATIONS.isdisjoint(relation.lower().split()):
            with suppress(ValueError):  # a bracket that is no IPv6 address
                yield Statement("licence", urljoin(url or "", page.attribute(i, "href").strip()), f"{tag} {relation}")


def _of_robot(name: str, directives: str) -> str:
    return ", ".join(f"{name}: {each}" for each in directives[:MAX_DIRECTIVES].split(","))


def _in_node(node: Node, by_id: Mapping[str, Node]) -> Iterator[Statement]:
    for name, kind in LINKED.items():
        if (value := node.get(name)) is not None:
            for item in (value if isinstance(value, list) else [value])[:MAX_OF_A_KIND]:
                yield Statement(kind, _plain(item, by_id), f"jsonld {name}")
    parts = node.get("hasPart")
    for part in (parts if isinstance(parts, list) else [parts])[:MAX_OF_A_KIND]:
        if isinstance(part, Mapping) and "isAccessibleForFree" in part:
            yield Statement("free", _plain(part["isAccessibleForFree"], by_id), "jsonld hasPart")


def _plain(value: object, by_id: Mapping[str, Node]) -> str:
    """A value of JSON-LD as text: itself, its name or its address."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Mapping):
        known = by_id.get(str(value.get("@id")), value)
        address = value.get("url") or value.get("@id")
        return text_of(value) or text_of(known) or (address if isinstance(address, str) else "")
    return text_of(value)
