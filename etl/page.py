"""Page: an HTML document as parallel lists in document order, from either of two parsers.  Pure.

lexbor (by selectolax) is the parser of the hot path; BeautifulSoup on lxml is the tolerant one, for pages on which the
guard expects lexbor to take long.  All that looks at pages looks at these lists, so both parsers follow the same rules,
and no rule can recurse into a page that is 100,000 levels deep.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bs4 import BeautifulSoup
from bs4.element import NavigableString, Tag
from selectolax.lexbor import LexborHTMLParser, LexborNode

# Nothing below these is text or metadata.
OPAQUE = frozenset({
    "style", "noscript", "template", "iframe", "svg", "canvas", "object", "embed", "select", "math", "audio",
    "video", "map"
})  # fmt: skip
NO_ATTRIBUTES: Mapping[str, str | None] = {}


@dataclass(frozen=True, slots=True)
class Page:
    """Elements and texts; index 0 is the root, a parent comes before its children.

    tag         element name in lower case, "" for a text
    parent      index of the parent, -1 for the root
    end         index after the last descendant, so that `range(i + 1, end[i])` is all below i
    text        the characters of a text, "" for an element
    attributes  of an element, by name in lower case; None is a name without a value
    """

    tag: list[str]
    parent: list[int]
    end: list[int]
    text: list[str]
    attributes: list[Mapping[str, str | None]]

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

    def elements(self, *tags: str) -> Iterator[int]:
        """Elements of these names in document order."""
        return (i for i, tag in enumerate(self.tag) if tag in tags)


def parse_page(html: str) -> Page:
    """Page of a document by lexbor."""
    root = LexborHTMLParser(html).root
    page = Page([], [], [], [], [])
    stack: list[tuple[LexborNode, int]] = [(root, -1)] if root is not None else []
    while stack:
        node, parent = stack.pop()
        tag = node.tag or ""
        if tag == "-text":
            _add(page, "", parent, node.text_content or "", NO_ATTRIBUTES)
            continue
        if (
            tag in OPAQUE
            or tag[:1] in "-!"
            or (tag == "script" and "ld+json" not in (node.attributes.get("type") or ""))
        ):
            continue
        here = _add(page, tag, parent, "", node.attributes)
        child = node.last_child
        while child is not None:
            stack.append((child, here))
            child = child.prev
    return _closed(page)


def parse_page_tolerantly(html: str) -> Page:
    """Page of a document by BeautifulSoup on lxml: about ten times slower, steady on any nesting."""
    page = Page([], [], [], [], [])
    stack: list[tuple[Tag | NavigableString, int]] = [(BeautifulSoup(html, "lxml"), -1)]
    while stack:
        node, parent = stack.pop()
        if isinstance(node, NavigableString):
            if type(node) is NavigableString or page.tag[parent] == "script":  # comments and the like are subclasses
                _add(page, "", parent, str(node), NO_ATTRIBUTES)
            continue
        tag = node.name.lower()
        if tag in OPAQUE or (tag == "script" and "ld+json" not in str(node.attrs.get("type", ""))):
            continue
        attributes = {name: value if isinstance(value, str) else " ".join(value) for name, value in node.attrs.items()}
        here = _add(page, tag, parent, "", attributes)
        stack.extend((child, here) for child in reversed(node.contents) if isinstance(child, (Tag, NavigableString)))
    return _closed(page)


def _add(page: Page, tag: str, parent: int, text: str, attributes: Mapping[str, str | None]) -> int:
    here = len(page.tag)
    page.tag.append(tag)
    page.parent.append(parent)
    page.end.append(here + 1)
    page.text.append(text)
    page.attributes.append(attributes)
    return here


def _closed(page: Page) -> Page:
    """The page with its ends filled in, children before parents."""
    end, parent = page.end, page.parent
    for i in range(len(end) - 1, 0, -1):
        if end[parent[i]] < end[i]:
            end[parent[i]] = end[i]
    return page
