"""Extract: whether a page is several articles, as the front page of a blog is, and none of its own.  Pure."""

from __future__ import annotations

from etl.extract.html.bylines import AUTHOR_NAMES, is_of_another
from etl.extract.html.lines import Line
from etl.extract.html.metadata import About
from etl.extract.html.page import Page
from etl.extract.html.titles import SHORT_TITLE
from etl.text.people import plain

HEADLINES = frozenset({"h1", "h2", "h3"})
WHOLE = 400  # characters of prose; a shorter <article> is a teaser
MOST = 0.7  # of their prose; where one <article> has more, the others stand below it


def articles_on(page: Page, said: About, lines: list[Line]) -> int:
    """How many whole articles a page has that says nowhere that it is one; 0 for any other page.

    Each is an <article> with a headline that <title> does not have, and with a byline or a time of its own.  A page
    with a headline above them (of a live blog, of a forum's thread) is one article.

    lines  of the whole page, in order
    """
    if len(page.elements("article")) < 2 or said.linked.articles or "article" in said.meta.get("og:type", []):
        return 0
    outer: list[int] = []
    for i in page.elements("article"):
        if not outer or i >= page.end[outer[-1]]:
            outer.append(i)
    prose, headlines = dict.fromkeys(outer, 0), dict[int, str]()
    title, site = plain(said.head), plain(next(iter(said.meta.get("og:site_name", [])), ""))
    at = 0
    for line in lines:
        while at < len(outer) and line.element >= page.end[outer[at]]:
            at += 1
        if at < len(outer) and line.element > outer[at]:
            prose[outer[at]] += (len(line.text) - line.links) * line.prose
            if line.tag in HEADLINES:
                headlines.setdefault(outer[at], plain(line.text))
        elif line.tag == "h1" and len(key := plain(line.text)) > SHORT_TITLE and key in title and key != site:
            return 0
    whole = [i for i in outer if prose[i] >= WHOLE and i in headlines and _is_signed(page, i)]
    most = max((prose[i] for i in whole), default=0)
    own = any(headlines[i] in title or title in headlines[i] for i in whole) if title else False
    apart = len({headlines[i] for i in whole})
    return apart if apart > 1 and not own and most <= MOST * sum(prose[i] for i in whole) else 0


def _is_signed(page: Page, article: int) -> bool:
    """Whether a byline or a time stands in an article, and the article is no comment and no teaser."""
    inside = range(article + 1, page.end[article])
    signed = any(page.tag[i] == "time" or AUTHOR_NAMES.search(page.attribute(i, "class")) for i in inside)
    return signed and not is_of_another(page, article)
