"""Metadata: what a page says of itself in JSON-LD.  Pure; never fails on a broken script."""

from __future__ import annotations

import html
import json
import re
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from etl.extract.html.page import Page

Node = Mapping[str, object]

ARTICLE_TYPE = re.compile(r"Article|BlogPosting|Report|LiveBlog|Review|SocialMediaPosting|HowTo|Recipe", re.IGNORECASE)
# Keys below which other articles stand.
ELSEWHERE = frozenset({
    "liveBlogUpdate", "comment", "hasPart", "itemListElement", "mentions", "citation", "relatedLink"
})  # fmt: skip
RANKED_BY = ("headline", "datePublished", "author", "articleBody", "mainEntityOfPage")
WRAPPED_FROM = re.compile(r"^\s*(?:<!--|//<!\[CDATA\[|/\*<!\[CDATA\[\*/|<!\[CDATA\[)")
WRAPPED_TO = re.compile(r"(?:-->|//\]\]>|/\*\]\]>\*/|\]\]>)[\s;]*$")
CONTROL = re.compile(r"[\x00-\x1f]+")
TRAILING_COMMA = re.compile(r",\s*([}\]])")
BAD_ESCAPE = re.compile(r"\\(?![\"\\/bfnrtu])")
MAX_NODES = 20_000  # of all scripts on a page; real ones have a few hundred
MAX_SCRIPT = 2_000_000  # characters
BREAK = re.compile(r"</?(?:p|br|div|li|h\d)\b[^<>]*+>", re.IGNORECASE)
MARKUP = re.compile(r"<[^<>]*+>")


@dataclass(frozen=True, slots=True)
class LinkedData:
    """Article nodes of a page, the fullest first, and all nodes that others refer to by @id."""

    articles: list[Node]
    by_id: Mapping[str, Node]

    def first(self, *names: str) -> str:
        """The first text under any of the names, names in order, within each the fullest article first."""
        values = (node.get(name) for name in names for node in self.articles)
        return next((text for value in values if (text := text_of(self._referred(value)))), "")

    def people(self, *, persons_only: bool) -> list[str]:
        """Names of the authors; organisations left out on demand."""
        for node in self.articles:
            names = list(self._names(node.get("author") or node.get("creator"), persons_only))
            if names:
                return names
        return []

    def body(self) -> str:
        """The longest articleBody, markup taken out; "" if there is none."""
        body = max((text_of(node.get("articleBody")) for node in self.articles), key=len, default="")
        return MARKUP.sub("", BREAK.sub("\n", body)) if "<" in body else body

    def _referred(self, value: object) -> object:
        """The node that a value names by its @id alone, or the value."""
        return self.by_id.get(str(value["@id"]), value) if isinstance(value, Mapping) and [*value] == ["@id"] else value

    def _names(self, value: object, persons_only: bool) -> Iterator[str]:
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, str):
                referred = self.by_id.get(item)
                yield from [text_of(referred.get("name"))] if referred else [html.unescape(item)]
            elif isinstance(item, Mapping):
                named = any(key in item for key in ("name", "givenName", "familyName"))
                known = item if named else self.by_id.get(str(item.get("@id")), item)
                if persons_only and "Organization" in str(known.get("@type")):
                    continue
                name = known.get("name")
                names = [text for text in map(text_of, name if isinstance(name, list) else [name]) if text]
                parts = (text_of(known.get(key)) for key in ("givenName", "familyName"))
                yield from names or filter(None, [" ".join(filter(None, parts))])


def linked_data(page: Page) -> LinkedData:
    """All JSON-LD of a page that can be read, broken scripts repaired where the repair is plain."""
    articles: list[Node] = []
    by_id: dict[str, Node] = {}
    for script in page.elements("script"):
        for node in _nodes(_loaded("".join(page.text[script + 1 : page.end[script]]))):
            key = node.get("@id")
            if isinstance(key, str) and len(node) > 1:
                by_id.setdefault(key, node)
            kinds = node.get("@type")
            kind = " ".join(map(str, kinds)) if isinstance(kinds, list) else str(kinds or "")
            if ARTICLE_TYPE.search(kind) and any(map(node.get, ("headline", "datePublished", "articleBody", "author"))):
                articles.append(node)
    articles.sort(key=lambda node: -sum(bool(node.get(name)) for name in RANKED_BY))
    return LinkedData(articles, by_id)


def text_of(value: object) -> str:
    """Text of a value: itself, the first of a list, or a node's @value or name; "" for anything else."""
    if isinstance(value, list):
        value = next((item for item in value if isinstance(item, (str, Mapping))), None)
    if isinstance(value, Mapping):
        value = value.get("@value") or value.get("name")
    return html.unescape(value).strip() if isinstance(value, str) else ""


def _loaded(script: str) -> object:
    script = WRAPPED_TO.sub("", WRAPPED_FROM.sub("", script.strip())).strip("; \n\t\r")
    if len(script) > MAX_SCRIPT:
        return None
    try:
        return json.loads(script, strict=False)
    except (ValueError, RecursionError):
        pass
    script = BAD_ESCAPE.sub(r"\\\\", TRAILING_COMMA.sub(r"\1", CONTROL.sub(" ", script)))
    try:
        return json.JSONDecoder(strict=False).raw_decode(script)[0]  # raw: two objects may stand in a row
    except (ValueError, RecursionError):
        return None


def _nodes(loaded: object) -> Iterator[Node]:
    """Nodes in breadth-first order: the page's own article comes before what it quotes."""
    queue, taken = deque([loaded]), 0
    while queue and taken < MAX_NODES:
        item = queue.popleft()
        taken += 1
        if isinstance(item, dict):
            yield item
            queue.extend(v for k, v in item.items() if isinstance(v, (dict, list)) and k not in ELSEWHERE)
        elif isinstance(item, list):
            queue.extend(v for v in item if isinstance(v, (dict, list)))
