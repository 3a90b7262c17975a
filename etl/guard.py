"""Guard: a look at a page before any parser sees it.  Pure; one regex pass, about 2 ms a page.

What hung a parser in tests: a million attributes on one tag (quadratic in lexbor and libxml2), 100,000 levels of
nesting (lexbor), a million elements (BeautifulSoup), a document far larger than any page.
"""

from __future__ import annotations

import re
from enum import Enum

from etl.errors import Rejected

TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]{0,15})([^<>]*)>?")
ATTRIBUTE = re.compile(r"\s[\w:.-]+=")
# Elements without an end tag, or whose end tag is often left out: they do not nest.
FLAT = frozenset({
    "area", "base", "br", "col", "embed", "hr", "img", "input", "li", "link", "meta", "option", "p", "path",
    "source", "td", "th", "tr", "track", "wbr"
})  # fmt: skip
MAX_CHARACTERS = 8_000_000  # the largest of 1,452 real pages has 3.6 million
MAX_TAGS = 120_000  # of 1,452 real pages none has more than 30,000
MAX_DEPTH = 3_000
MAX_ATTRIBUTES = 400  # on one tag
ATTRIBUTES_FROM = 4_000  # characters in one tag, below which its attributes are not counted
STEEP = 256  # levels; above it lexbor's time grows with the square of the depth


class Verdict(Enum):
    """Which parser a page may be given to."""

    PLAIN = "any"
    DEEP = "tolerant"


def screen(html: str) -> Verdict:
    """Verdict on a page.  Raises Rejected ("extract", "hostile: …") if no parser is to see it."""
    if len(html) > MAX_CHARACTERS:
        raise Rejected("extract", f"hostile: {len(html)} characters, more than {MAX_CHARACTERS}")
    tags = depth = deepest = 0
    for match in TAG.finditer(html):
        tags += 1
        inside = match[3]
        if len(inside) > ATTRIBUTES_FROM and len(ATTRIBUTE.findall(inside)) > MAX_ATTRIBUTES:
            raise Rejected("extract", f"hostile: a tag with more than {MAX_ATTRIBUTES} attributes")
        if inside.endswith("/") or match[2].lower() in FLAT:
            continue
        depth = max(0, depth - 1) if match[1] else depth + 1
        deepest = max(deepest, depth)
    if tags > MAX_TAGS:
        raise Rejected("extract", f"hostile: {tags} tags, more than {MAX_TAGS}")
    if deepest > MAX_DEPTH:
        raise Rejected("extract", f"hostile: {deepest} levels of nesting, more than {MAX_DEPTH}")
    return Verdict.DEEP if deepest > STEEP else Verdict.PLAIN
