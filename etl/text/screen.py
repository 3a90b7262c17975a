"""Guard: a look at a page before any parser sees it.  Pure; one regex pass, about 2 ms a page.

What hung a parser in tests: a million attributes on one tag (quadratic in lexbor and libxml2), 100,000 levels of
nesting (lexbor), a million elements (BeautifulSoup), a document far larger than any page.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum
from itertools import islice

from etl.errors import Rejected

# Elements without an end tag, or whose end tag is often left out, do not nest.
NESTING = re.compile(
    r"<(/?)(?!(?:area|base|br|col|embed|hr|img|input|li|link|meta|option|p|path|source|td|th|tr|track|wbr)[\s/>])[a-zA-Z]",
    re.IGNORECASE,
)
ATTRIBUTE = re.compile(r"\s[\w:.-]+=")
# A comment's beginning, or a whole start tag; quotes mean something only after "=".
MARKUP = re.compile(
    r"<(?:(?P<comment>!--)|(?:(?P<raw>script|style)(?=[\s/>])|[a-z])(?:=\s*+(?:\"[^\"]*+\"|'[^']*+')|[^>])*+>?)",
    re.IGNORECASE,
)
RAW_END = {name: re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE) for name in ("script", "style")}
COMMENT_END = re.compile(r"(?<=<!--)-?>|--!?>")
XML_TAG = re.compile(r"<(/?)[^\W\d][^<>]*?(/?)(?=[<>]|\Z)")  # one that does not end opens an element, too
MAX_XML_DEPTH = 500  # levels; news has 20, and BeautifulSoup's time grows with the square of the depth
MAX_CHARACTERS = 16_000_000  # the largest of 1,452 real pages has 3.6 million
MAX_TAGS = 250_000  # start and end tags; of 1,452 real pages none has more than 30,000
MAX_ATTRIBUTES = 400  # on one tag
LONG_TAG = 4_000  # characters, below which attributes are not counted
STEEP = 3_000  # levels, for which lexbor takes 20 ms; its time grows with the square of the depth
MAX_DEPTH = 120_000  # levels, for which BeautifulSoup takes 2 s


class Verdict(Enum):
    """Which parser a page may be given to."""

    PLAIN = "any"
    DEEP = "tolerant"


def screen_xml(text: str) -> None:
    """Raises Rejected ("read", "hostile: …") for XML that no parser is to see."""
    tags = text.count("<")
    if tags > MAX_TAGS:
        raise Rejected("read", f"hostile: {tags} tags, more than {MAX_TAGS}")
    if tags <= MAX_XML_DEPTH:
        return
    depth = deepest = 0
    for closes, empty in XML_TAG.findall(text):
        depth += -1 if closes else 0 if empty else 1
        deepest = max(deepest, depth)
    if deepest > MAX_XML_DEPTH:
        raise Rejected("read", f"hostile: {deepest} levels of XML, more than {MAX_XML_DEPTH}")


def screen(html: str) -> Verdict:
    """Verdict on a page.  Raises Rejected ("extract", "hostile: …") if no parser is to see it."""
    if len(html) > MAX_CHARACTERS:
        raise Rejected("extract", f"hostile: {len(html)} characters, more than {MAX_CHARACTERS}")
    tags = html.count("<")
    if tags > MAX_TAGS:
        raise Rejected("extract", f"hostile: {tags} tags, more than {MAX_TAGS}")
    # Of a script, only the tag: its code is the most of many pages.
    suspects = [
        piece.partition(">")[0] if piece.startswith(("script", "style")) else piece
        for piece in html.split("<")
        if len(piece) > LONG_TAG
    ]
    if any(map(_has_too_many_attributes, suspects)) and any(map(_has_too_many_attributes, _tags(html))):
        raise Rejected("extract", f"hostile: a tag with more than {MAX_ATTRIBUTES} attributes")
    if tags - html.count("</") <= STEEP:  # too few start tags to nest that deep
        return Verdict.PLAIN
    depth = deepest = 0
    for slash in NESTING.findall(html):
        if slash:
            depth = depth - 1 if depth else 0
        else:
            depth += 1
            if depth > deepest:
                deepest = depth
    if deepest > MAX_DEPTH:
        raise Rejected("extract", f"hostile: {deepest} levels of nesting, more than {MAX_DEPTH}")
    return Verdict.DEEP if deepest > STEEP else Verdict.PLAIN


def _has_too_many_attributes(tag: str) -> bool:
    if len(tag) <= LONG_TAG:
        return False
    return next(islice(ATTRIBUTE.finditer(tag), MAX_ATTRIBUTES, None), None) is not None


def _tags(html: str) -> Iterator[str]:
    """Start tags of a page as an HTML tokenizer cuts them: none in a comment, a script or a style sheet.

    Linear in the page's length.  Scripts compare and assign ("i<n", "x=1"), so a long one looks like a tag with many
    attributes to a search that does not know where it stands.
    """
    at = 0
    while (match := MARKUP.search(html, at)) is not None:
        if match["raw"]:  # runs to its own end tag, or to the end of the page
            yield match[0]
            end = RAW_END[match["raw"].lower()].search(html, match.end())
        elif match["comment"]:
            end = COMMENT_END.search(html, match.end())
        else:
            yield match[0]
            end = match
        if end is None:
            return
        at = end.end()
