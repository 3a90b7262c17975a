"""Extract: an HTML page to a draft, body and metadata from one parse.  Pure."""

from __future__ import annotations

import re

from etl.errors import Rejected
from etl.extract.draft import Draft
from etl.extract.html.features import Sayings, features
from etl.extract.html.hydration import hydrated_text, is_markup
from etl.extract.html.line_filter import is_article
from etl.extract.html.lines import NEVER_READ, THIN, Line, Reading, blocks_around, lines_below, readings
from etl.extract.html.metadata import about, metadata
from etl.extract.html.page import OPAQUE, Page, parse_page, parse_page_tolerantly
from etl.extract.html.page_rights import page_rights
from etl.extract.html.rules import is_caption, is_first_on, kept_lines, without_repeats
from etl.extract.html.several import articles_on
from etl.text.people import plain
from etl.text.screen import Verdict, screen

LINES_AT_MOST = 20_000  # of a page; a longer one is a list, of which the rules alone choose
MUCH_TEXT = 600  # characters on a page without an article that are worth a reason
# The body in JSON-LD is taken where it is long and more than twice what the page shows, which is then a teaser.
LEAST_DECLARED, MUCH_MORE = 600, 2
TEMPLATE = re.compile(r"<(/?)template\b", re.IGNORECASE)  # a shadow root that is declared in markup is shown


def extract_html(html: str, url: str | None) -> Draft:
    """Draft of a page.

    url  where the page came from, if known: it may hold the date and names the site

    Raises Rejected ("extract"): "hostile: …" for a page that no parser takes in bounded time, "no article found" for
    one that shows much text, none of which is an article; "several articles on one page" for a front page of them.
    """
    page = parsed(html)
    said = about(page)
    lines = all_lines(page)
    if several := articles_on(page, said, lines):
        raise Rejected("extract", f"several articles on one page: {several}")
    body = body_of(page, lines, said.sayings())
    if len(body) < THIN:
        body = max(body, _hidden(html), key=len)
    body = shown_or_declared(body, said.linked.body())
    if not body:
        shown = sum(len(line.text) for line in lines)
        if shown > MUCH_TEXT:
            raise Rejected("extract", f"no article found: {shown} characters of text, none of them an article")
    draft = metadata(page, said, url, body, lines)
    return draft._replace(
        body=without_headline(draft.body, draft.title),
        statements=page_rights(page, said, draft.url or url),
    )


def without_headline(body: str, title: str) -> str:
    """The body without its headline above it, in whatever tag that stands."""
    first, _, rest = body.partition("\n\n")
    return rest if title and rest and plain(first) == plain(title) else body


def shown_or_declared(shown: str, declared: str) -> str:
    """The body that a page shows, or the one in its JSON-LD where the page shows a teaser of it."""
    return declared if len(declared) > max(LEAST_DECLARED, MUCH_MORE * len(shown)) else shown


def all_lines(page: Page) -> list[Line]:
    """Lines of a whole page, of asides and captions too."""
    return lines_below(page, next(iter(page.elements("body")), 0), frozenset(), NEVER_READ)


def _hidden(html: str) -> str:
    """The text of a page that shows next to none: what it has without scripts, in shadow roots, or for its scripts."""
    without_scripts, lowered = "", html.lower()
    if ("<noscript" in lowered or "shadowroot" in lowered) and screen(html) is Verdict.PLAIN:
        page = parse_page(TEMPLATE.sub(r"<\1div", html), OPAQUE - {"noscript"})
        without_scripts = body_of(page, all_lines(page), about(page).sayings())
    text = hydrated_text(html)
    return max(without_scripts, text_of_fragment(text) if is_markup(text) else text, key=len)


def text_of_fragment(markup: str) -> str:
    """All text of a piece of a page (a feed's item, a field with markup), paragraphs apart by one blank line.

    Only the line that WordPress adds to the items of its feeds ("The post … appeared first on …") is left out.
    """
    lines = lines_below(parsed(markup), 0, frozenset())
    return "\n\n".join(line.text for line in lines if not is_first_on(line.text))


def parsed(html: str) -> Page:
    """Page of a document, by the parser that can take it.  Raises Rejected where none can."""
    if not html.isascii():  # half a character ("\\ud800" in JSON) is none, and lexbor takes none
        html = html.encode("utf-8", "replace").decode("utf-8")
    return parse_page(html) if screen(html) is Verdict.PLAIN else parse_page_tolerantly(html)


def body_of(page: Page, lines: list[Line], says: Sayings) -> str:
    """The article's paragraphs, each once, apart by one blank line.

    lines  of the whole page, in order
    """
    reading, kept = fuller_reading(page)
    if kept and len(lines) <= LINES_AT_MOST:
        chosen = is_article(features(page, reading, lines, kept, says))
        article = [
            line for line, keep in zip(lines, chosen.tolist(), strict=True) if keep and not is_caption(line.text)
        ]
        kept = article or kept
    texts = [line.text for line in kept]
    return "\n\n".join(without_repeats(list(zip(texts, blocks_around(page, kept), strict=True))))


def fuller_reading(page: Page) -> tuple[Reading, list[Line]]:
    """The fuller of two readings of a page, and the lines that the rules keep of it."""
    found: list[tuple[int, Reading, list[Line]]] = []
    for reading in readings(page):
        kept = kept_lines(reading.lines)
        found.append((sum(len(line.text) for line in kept), reading, kept))
        if found[-1][0] >= THIN:
            break
    # The second must be worth more than twice the first.
    _, reading, kept = found[1] if len(found) > 1 and found[1][0] > 2 * found[0][0] else found[0]
    return reading, kept
