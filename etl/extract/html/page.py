"""Page: an HTML document as parallel lists in document order, from either of two parsers.  Pure.

lexbor (by selectolax) is the parser of the hot path; BeautifulSoup on lxml is the tolerant one, for pages on which the
guard expects lexbor to take long.  All that looks at pages looks at these lists, so both parsers follow the same rules,
and no rule can recurse into a page that is 100,000 levels deep.
"""

from __future__ import annotations

import re
import warnings
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Mapping, Set
from dataclasses import dataclass

from selectolax.lexbor import LexborHTMLParser, LexborNode

# Nothing below these is text of an article or metadata; leaving them out saves a third of a page's elements.
OPAQUE = frozenset({
    "style", "noscript", "template", "iframe", "svg", "canvas", "object", "embed", "select", "math", "audio", "video",
    "map", "nav", "dialog", "menu", "button", "input", "textarea", "label", "picture", "img", "rt", "rp",
    "amp-ad", "amp-consent", "amp-sidebar", "amp-sticky-ad", "amp-user-notification",
})  # fmt: skip
ARCHIVE_BAR = "wm-ipp"  # id of the bar that the Wayback Machine puts over a page
# The foot of an article, with its byline and date, not that of the page.
ARTICLE_FOOTER = re.compile(r"entry|post|article", re.IGNORECASE)
WHOLE_TAG = re.compile(r"<(/?)([a-zA-Z][^\s/<>]*)[^<>]*>?")
NO_ATTRIBUTES: Mapping[str, str | None] = {}


@dataclass(frozen=True, slots=True)
class Page:
    """Elements and texts; index 0 is the root, a parent comes before its children.

    tag         element name in lower case, "" for a text
    parent      index of the parent, -1 for the root
    end         index after the last descendant, so that `range(i + 1, end[i])` is all below i
    text        the characters of a text, "" for an element
    attributes  of an element, by name in lower case; None is a name without a value
    named       elements by their tag, in document order
    """

    tag: list[str]
    parent: list[int]
    end: list[int]
    text: list[str]
    attributes: list[Mapping[str, str | None]]
    named: Mapping[str, list[int]]

    def attribute(self, element: int, name: str) -> str:
        """Value of an attribute; "" where there is none."""
        return self.attributes[element].get(name) or ""

    def names(self, element: int) -> str:
        """Class and id, by which sites say what an element is for."""
        attributes = self.attributes[element]
        return f"{attributes.get('class') or ''} {attributes.get('id') or ''}"

    def text_of(self, element: int) -> str:
        """All text below an element but scripts, words apart by one space."""
        texts = (self.text[i] for i in range(element, self.end[element]) if self.tag[self.parent[i]] != "script")
        return " ".join(" ".join(texts).split())

    def count_below(self, element: int, tag: str) -> int:
        """How many elements of this name are below an element, itself not counted."""
        named = self.named.get(tag, [])
        return bisect_left(named, self.end[element]) - bisect_right(named, element)

    def elements(self, tag: str) -> list[int]:
        """Elements of this name in document order."""
        return self.named.get(tag, [])


def parse_page(html: str, opaque: Set[str] = OPAQUE) -> Page:
    """Page of a document by lexbor.

    opaque  tags that are left out with all below them
    """
    root = LexborHTMLParser(html).root
    tags: list[str] = []
    parents: list[int] = []
    texts: list[str] = []
    attributes: list[Mapping[str, str | None]] = []
    stack: list[tuple[LexborNode, int]] = [(root, -1)] if root is not None else []
    while stack:
        node, parent = stack.pop()
        tag = node.tag or ""
        if tag == "-text":
            tags.append("")
            parents.append(parent)
            texts.append(node.text_content or "")
            attributes.append(NO_ATTRIBUTES)
            continue
        if tag in opaque or tag[:1] in "-!":
            continue
        found = node.attributes
        if tag == "script" and "ld+json" not in (found.get("type") or ""):
            continue
        if tag == "div" and (found.get("id") or "").startswith(ARCHIVE_BAR):
            continue
        if tag == "footer" and not ARTICLE_FOOTER.search(found.get("class") or ""):
            continue
        here = len(tags)
        tags.append(tag)
        parents.append(parent)
        texts.append("")
        attributes.append(found)
        child = node.last_child
        while child is not None:
            stack.append((child, here))
            child = child.prev
    return _page(tags, parents, texts, attributes)


def _without_stray_ends(html: str) -> str:
    """The page without end tags that close nothing: for each of them libxml2 looks through all open elements."""
    opened: Counter[str] = Counter()
    pieces, done = [], 0
    for tag in WHOLE_TAG.finditer(html):
        name = tag[2].lower()
        if not tag[1]:
            opened[name] += 1
        elif opened[name]:
            opened[name] -= 1
        else:
            pieces.append(html[done : tag.start()])
            done = tag.end()
    return "".join([*pieces, html[done:]])


def parse_page_tolerantly(html: str) -> Page:
    """Page of a document by BeautifulSoup on lxml: about ten times slower, steady on any nesting."""
    from bs4 import BeautifulSoup, XMLParsedAsHTMLWarning  # 60 ms, which nearly all pages spare
    from bs4.element import NavigableString, Tag

    nodes: list[tuple[str, int, str, Mapping[str, str | None]]] = []
    with warnings.catch_warnings():  # an XML declaration makes no XML of XHTML
        warnings.simplefilter("ignore", XMLParsedAsHTMLWarning)
        stack: list[tuple[object, int]] = [(BeautifulSoup(_without_stray_ends(html), "lxml"), -1)]
    while stack:
        node, parent = stack.pop()
        if isinstance(node, Tag):
            tag = node.name.lower()
            if tag in OPAQUE or (tag == "script" and "ld+json" not in str(node.attrs.get("type", ""))):
                continue
            if tag == "div" and str(node.attrs.get("id", "")).startswith(ARCHIVE_BAR):
                continue
            if tag == "footer" and not ARTICLE_FOOTER.search(" ".join(node.get_attribute_list("class", []))):
                continue
            here = len(nodes)
            values = node.attrs.items()
            attributes = {name: value if isinstance(value, str) else " ".join(value) for name, value in values}
            nodes.append((tag, parent, "", attributes))
            stack.extend((child, here) for child in reversed(node.contents))
        elif type(node) is NavigableString or (isinstance(node, NavigableString) and nodes[parent][0] == "script"):
            nodes.append(("", parent, str(node), NO_ATTRIBUTES))  # comments and the like are subclasses, left out
    tags, parents, texts, all_attributes = map(list, zip(*nodes, strict=True))
    return _page(tags, parents, texts, all_attributes)


def _page(tag: list[str], parent: list[int], text: list[str], attributes: list[Mapping[str, str | None]]) -> Page:
    """Page of lists in document order; of empty ones, one without content."""
    if not tag:
        return Page(["html"], [-1], [1], [""], [NO_ATTRIBUTES], {"html": [0]})
    end = list(range(1, len(tag) + 1))
    for i in range(len(end) - 1, 0, -1):  # children before parents
        above, last = parent[i], end[i]
        if end[above] < last:
            end[above] = last
    named: dict[str, list[int]] = {}
    for i, name in enumerate(tag):
        if name:
            named.setdefault(name, []).append(i)
    return Page(tag, parent, end, text, attributes, named)
