"""Extract: where on a page the article stands, and its lines.  Pure.

Three steps: skip what is hidden or named as furniture; give every element the prose below it and pick the container
that holds the article; cut the container into lines, one per block.  A page that comes out thin is read a second time
without the rules on class names, since some sites call their text "widget" or "print".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Set
from dataclasses import dataclass
from typing import NamedTuple

from etl.extract.html.furniture import ARTICLE_NAMES, is_furniture
from etl.extract.html.page import Page

DROPPED = frozenset({
    "script", "head", "button", "input", "textarea", "label", "nav", "aside", "footer", "dialog", "picture",
    "figure", "figcaption", "menu"
})  # fmt: skip
# Of these, the line filter looks at the ones that sometimes hold the article, or a part of it.
ASIDE = frozenset({"aside", "figure", "figcaption"})
NEVER_READ = DROPPED - ASIDE
FURNITURE_ROLES = frozenset({
    "navigation", "complementary", "banner", "contentinfo", "search", "dialog", "menu"
})  # fmt: skip
NEVER_SKIPPED = frozenset({"html", "body", "article", "main", "section"})
INLINE = frozenset({
    "a", "em", "strong", "b", "i", "u", "span", "font", "mark", "sup", "sub", "small", "cite", "q", "abbr",
    "time", "code"
})  # fmt: skip
BLOCKS = frozenset({
    "p", "h1", "h2", "h3", "h4", "h5", "h6", "li", "blockquote", "pre", "dd", "dt", "td", "th", "div", "section",
    "article", "main", "ul", "ol", "dl", "table", "tr", "tbody", "thead", "header", "center", "address", "hr",
    "aside", "figure", "figcaption"
})  # fmt: skip
HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
# Prose in these counts 0.4: menus and tables are made of it.
LISTED = frozenset({"li", "td", "th", "dd", "dt", "h1", "h2", "h3", "h4"})
PARTS_OF_TEXT = frozenset({"ul", "ol", "dl", "blockquote", "table", "tbody", "tr"})
NOT_ENTERED = frozenset({"p", "ul", "ol", "table", "blockquote"})  # a container is not one of these
HIDING_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
BLANK_LINE = re.compile(r"\n[ \t]{0,20}\n")
PUNCTUATION = re.compile(r"[.!?…。！？:;,»”\"]")
SMALL_SHARE = 0.3  # what holds more of the page's text is a wrapper of the page, whatever its name
OWN_TEXT = 400  # characters below an element that make it the article's own
THIN = 250  # characters; a text below this is worth the second reading


class Line(NamedTuple):
    """One block's text, spaces collapsed; `element` is the block, `links` how many characters stand in links."""

    element: int
    tag: str
    text: str
    links: int

    @property
    def prose(self) -> bool:
        """Whether it reads like a sentence rather than a label, a link or a number."""
        own = len(self.text) - self.links
        return (
            own >= 25 and 2 * self.links < len(self.text) and (own >= 80 or PUNCTUATION.search(self.text) is not None)
        )


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read a page.

    body       element that all lines are in
    container  element that holds the article
    skipped    elements taken for furniture
    lines      of the container, in order, furniture left out
    """

    body: int
    container: int
    skipped: Set[int]
    lines: list[Line]


def readings(page: Page) -> Iterable[Reading]:
    """The page read with the rules on class names, then without; the second is made only if asked for."""
    body = next(iter(page.elements("body")), 0)
    length, own = _measure(page, body)
    for by_class in (True, False):
        skipped = _skipped(page, body, length, own, by_class)
        whole = lines_below(page, body, skipped)
        container = _container(page, body, _prose_below(page, whole))
        yield Reading(body, container, skipped, _lines_in(page, container, skipped, whole))


def _lines_in(page: Page, container: int, skipped: Set[int], whole: list[Line]) -> list[Line]:
    """Lines below a container, out of all; read anew where text or a link around it may reach into them."""
    above = page.parent[container]
    while above > 0 and page.tag[above] != "a":
        above = page.parent[above]
    if page.tag[container] not in BLOCKS or above > 0:
        return lines_below(page, container, skipped)
    return [line for line in whole if container <= line.element < page.end[container]]


def lines_below(page: Page, root: int, skipped: Set[int], dropped: Set[str] = DROPPED) -> list[Line]:
    """Lines below an element, one per block; two line breaks in a row part lines, too, and blank lines in <pre>.

    skipped, dropped  elements and tags that are left out with all below them
    """
    found: list[Line] = []
    pieces: list[str] = []
    tags, texts, ends = page.tag, page.text, page.end
    blocks = [(ends[root], root)]
    links = link_end = 0

    def flush() -> None:
        nonlocal links
        text = " ".join("".join(pieces).split())
        if text:
            block = blocks[-1][1]
            found.append(Line(block, tags[block], text, links))
        pieces.clear()
        links = 0

    i, end = root + 1, ends[root]
    while i < end:
        while i >= blocks[-1][0]:
            if pieces:
                flush()
            blocks.pop()
        tag = tags[i]
        if not tag:
            text = texts[i]
            if tags[blocks[-1][1]] == "pre" and "\n" in text:
                *paragraphs, text = BLANK_LINE.split(text)
                for paragraph in paragraphs:
                    pieces.append(paragraph)
                    flush()
            if pieces or not text.isspace():  # most of a page's texts are the space between its blocks
                pieces.append(text)
                if i < link_end:
                    links += len(text.strip())
        elif i in skipped or tag in dropped:
            i = ends[i]
            continue
        elif tag == "br":
            if pieces and pieces[-1] == "\n":
                flush()
            else:
                pieces.append("\n")
        elif tag == "a" and "href" in page.attributes[i]:  # without one it is an anchor, perhaps around the story
            link_end = max(link_end, ends[i])
        elif tag in BLOCKS:
            if pieces:
                flush()
            blocks.append((ends[i], i))
        i += 1
    while blocks:
        if pieces:
            flush()
        blocks.pop()
    return found


def blocks_around(page: Page, lines: list[Line]) -> list[int]:
    """The element that each line's own stands in; a list, a quotation and a table are parts of the text around them."""
    outer: dict[int, int] = {}  # of parts that were climbed before: a page may nest a line in each of 100,000 levels
    found = []
    for line in lines:
        above, climbed = page.parent[line.element], []
        while above not in outer and page.tag[above] in PARTS_OF_TEXT:
            climbed.append(above)
            above = page.parent[above]
        above = outer.get(above, above)
        outer.update(dict.fromkeys(climbed, above))
        found.append(above)
    return found


def _measure(page: Page, body: int) -> tuple[list[int], list[bool]]:
    """(characters below each element, whether it is or holds the article's own container), dropped tags left out."""
    size = page.end[body]
    tags, texts, parents = page.tag, page.text, page.parent
    length, own = [0] * size, [False] * size
    for i in range(size - 1, body - 1, -1):
        tag = tags[i]
        if not tag:
            length[parents[i]] += len(texts[i].strip())
            continue
        if tag in DROPPED:
            continue
        n = length[i]
        if not own[i]:
            own[i] = (tag == "h1" and n > 8) or (n > OWN_TEXT and _is_named_article(page, i, tag))
        if i > body:
            length[parents[i]] += n
            own[parents[i]] = own[parents[i]] or own[i]
    return length, own


def _is_named_article(page: Page, i: int, tag: str) -> bool:
    if tag == "main":
        return True
    attributes = page.attributes[i]
    named = "articleBody" in (attributes.get("itemprop") or "")
    return named or (bool(attributes) and ARTICLE_NAMES.search(page.names(i)) is not None)


def _skipped(page: Page, body: int, length: list[int], own: list[bool], by_class: bool) -> Set[int]:
    """Elements to leave out with all below them: hidden ones, small ones whose role or name is furniture."""
    limit = SMALL_SHARE * (length[body] or 1)
    skipped: set[int] = set()
    for i in range(body + 1, page.end[body]):
        tag = page.tag[i]
        if not tag or tag in NEVER_SKIPPED or tag in DROPPED:
            continue
        attributes = page.attributes[i]
        if tag == "form":  # ASP.NET wraps whole pages in a form
            if page.count_below(i, "p") <= 3 and length[i] < limit:
                skipped.add(i)
            continue
        if not attributes:
            continue
        style = attributes.get("style")
        if "hidden" in attributes or attributes.get("aria-hidden") == "true" or (style and HIDING_STYLE.search(style)):
            if length[i] < limit:
                skipped.add(i)
            continue
        if length[i] >= limit or (own[i] and length[i] > OWN_TEXT):
            continue
        if attributes.get("role") in FURNITURE_ROLES or (
            by_class and tag not in INLINE and is_furniture(page.names(i))
        ):
            skipped.add(i)
    return skipped


def _prose_below(page: Page, lines: list[Line]) -> list[float]:
    """Characters of prose below each element."""
    prose = [0.0] * len(page.tag)
    for line in lines:
        if line.prose:
            prose[line.element] += (len(line.text) - line.links) * (0.4 if line.tag in LISTED else 1)
    for i in range(len(prose) - 1, 0, -1):
        if prose[i]:
            prose[page.parent[i]] += prose[i]
    return prose


def _container(page: Page, body: int, prose: list[float]) -> int:
    """The element that holds the article: by tag, then by name, then downwards while one child holds nearly all."""
    root = _by_tag(page, body, prose)
    inside = range(root, page.end[root])
    item = [
        i for i in inside if (found := page.attributes[i]) and ("itemprop" in found or "property" in found)
        and "articleBody" in (page.attribute(i, "itemprop") + page.attribute(i, "property"))
    ]  # fmt: skip
    named = _first_big(item, prose, 0.5)
    if named is None or prose[named] < 0.4 * prose[root]:
        floor = max(THIN, 0.2 * prose[root])
        candidates = (i for i in inside if prose[i] >= floor and page.tag[i] in ("div", "section", "td", "span"))
        named = _first_big((i for i in candidates if ARTICLE_NAMES.search(page.names(i))), prose, 0.5)
        if named is not None and prose[named] < 0.5 * prose[root] and root != body:
            named = None
    container = root if named is None else named
    share = 0.75 if container == body else 0.9
    while True:
        below = _children(page, container)
        richest = max(below, key=prose.__getitem__, default=None)
        if richest is None or not prose[richest] or prose[richest] < share * prose[container]:
            return container
        if page.tag[richest] in NOT_ENTERED:
            return container
        container = richest


def _by_tag(page: Page, body: int, prose: list[float]) -> int:
    """The <article> with the headline, the first large <article>, <main>, else the body."""
    articles: list[int] = []
    for i in page.elements("article"):
        if not articles or i >= page.end[articles[-1]]:  # outermost ones
            articles.append(i)
    headed = [i for i in articles if prose[i] >= THIN and page.count_below(i, "h1")]
    pick = _first_big(headed, prose, 0.3)
    if pick is not None:
        return pick
    pick = _first_big(articles, prose, 0.5)
    if pick is not None and prose[pick] >= 0.35 * prose[body]:
        return pick
    roles = (i for i in range(body, page.end[body]) if page.attributes[i].get("role") == "main")
    pick = _first_big([*page.elements("main"), *roles], prose, 0.5)
    return pick if pick is not None and prose[pick] >= 0.35 * prose[body] else body


def _first_big(elements: Iterable[int], prose: list[float], share: float) -> int | None:
    """The first element with 200 characters of prose and this share of the largest."""
    big = [i for i in elements if prose[i] >= 200]
    most = max((prose[i] for i in big), default=0.0)
    return next((i for i in big if prose[i] >= share * most), None)


def _children(page: Page, element: int) -> Iterable[int]:
    i = element + 1
    while i < page.end[element]:
        if page.tag[i]:
            yield i
        i = page.end[i]
