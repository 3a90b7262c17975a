"""Guard: a look at a page before any parser sees it.  Pure; one regex pass, about 2 ms a page.

What hung a parser in tests: a million attributes on one tag (quadratic in lexbor and libxml2), 100,000 levels of
nesting (lexbor), a million elements (BeautifulSoup), a document far larger than any page.
"""

from __future__ import annotations

import re
from collections import Counter
from enum import Enum

from etl.errors import Rejected

MAX_ATTRIBUTES = 400  # on one tag
# Attributes as an HTML tokenizer reads them, as many as a tag may have, and its end.  Possessive throughout: linear.
_ATTRIBUTE = r"""[\s/]*+[^\s/>][^\s/>=]*+(?:\s*+=\s*+(?:"[^"]*+(?:"|\Z)|'[^']*+(?:'|\Z)|[^\s>"'][^\s>]*+)?)?"""
_TAG_END = rf"(?:>|(?:{_ATTRIBUTE}){{0,{MAX_ATTRIBUTES}}}+[\s/]*+(?:>|\Z))"
_COMMENT = r"!--(?:-?>|(?:[^-]++|-(?!-!?>))*+(?:--!?>|\Z))"
# Elements in which no tag counts but their own end; inside svg and math they are elements like any other.
_RAW = "|".join(
    rf"{name}(?=[\s/>]){_TAG_END}(?:[^<]++|<(?!/{name}[\s/>]))*+"
    for name in ("script", "style", "title", "textarea", "xmp", "iframe", "noembed", "noframes")
)
_FOREIGN = (
    rf"(?:svg|math)(?=[\s/>]){_TAG_END}"
    rf"(?:[^<]++|<(?:{_COMMENT}|(?!/(?:svg|math)[\s/>])/?[a-z][^\s/>]*+{_TAG_END}|(?!/?[a-z]|!--)))*+"
)
PAGE = re.compile(
    rf"(?:[^<]++|<(?:/[a-z][^\s/>]*+>|(?![stxinm/!])[a-z][^\s/>]*+{_TAG_END}|{_RAW}|{_FOREIGN}"
    rf"|/?[a-z][^\s/>]*+{_TAG_END}|{_COMMENT}|(?!/?[a-z]|!--)))*+",
    re.IGNORECASE,
)
"""Matches a page up to the first tag with more than MAX_ATTRIBUTES attributes.

Scripts compare and assign ("i<n", "x=1"), so a long one would look like such a tag where it is not known as a script.
"""
# Elements without an end tag, or whose end tag is often left out, do not nest.
NESTING = re.compile(
    r"<(/?)(?!(?:area|base|br|col|embed|hr|img|input|li|link|meta|option|p|path|source|td|th|tr|track|wbr)[\s/>])"
    r"([a-zA-Z][^\s/>]{0,40})",
    re.IGNORECASE,
)
XML_TAG = re.compile(r"<(/?)[^\W\d][^<>]*?(/?)(?=[<>]|\Z)")  # one that does not end opens an element, too
MAX_XML_DEPTH = 500  # levels; news has 20, and BeautifulSoup's time grows with the square of the depth
MAX_CHARACTERS = 16_000_000  # the largest of 1,452 real pages has 3.6 million
MAX_TAGS = 250_000  # start and end tags; of 1,452 real pages none has more than 30,000
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
    match = PAGE.match(html)
    if match is None or match.end() < len(html):
        raise Rejected("extract", f"hostile: a tag with more than {MAX_ATTRIBUTES} attributes")
    if tags - html.count("</") <= STEEP and tags <= 2 * STEEP:  # too few start tags to nest that deep
        return Verdict.PLAIN
    deepest = _depth(html)
    if deepest > MAX_DEPTH:
        raise Rejected("extract", f"hostile: {deepest} levels of nesting, more than {MAX_DEPTH}")
    return Verdict.DEEP if deepest > STEEP else Verdict.PLAIN


def _depth(html: str) -> int:
    """The deepest nesting of elements.  An end tag that closes nothing changes nothing, whatever it hides."""
    open_names, counts, deepest = list[str](), Counter[str](), 0
    for slash, name in NESTING.findall(html):
        name = name.lower()
        if not slash:
            open_names.append(name)
            counts[name] += 1
            deepest = max(deepest, len(open_names))
        elif counts[name]:
            while (closed := open_names.pop()) != name:
                counts[closed] -= 1
            counts[name] -= 1
    return deepest
