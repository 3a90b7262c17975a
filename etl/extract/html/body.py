"""Extract: an HTML page to a draft, body and metadata from one parse.  Pure."""

from __future__ import annotations

from etl.extract.draft import Draft
from etl.extract.html.features import Sayings, features
from etl.extract.html.line_filter import is_article
from etl.extract.html.lines import THIN, Line, Reading, lines_below, readings
from etl.extract.html.metadata import about, metadata
from etl.extract.html.page import Page, parse_page, parse_page_tolerantly
from etl.extract.html.rules import kept_lines, without_repeats
from etl.text.screen import Verdict, screen

LINES_AT_MOST = 20_000  # of a page; a longer one is a list, of which the rules alone choose


def extract_html(html: str, url: str | None) -> Draft:
    """Draft of a page; its body may be empty.

    url  where the page came from, if known: it may hold the date and names the site

    Raises Rejected ("extract", "hostile: …") for a page that no parser takes in bounded time.
    """
    page = parsed(html)
    said = about(page)
    return metadata(page, said, url, body_of(page, said.sayings()))


def text_of_fragment(markup: str) -> str:
    """All text of a piece of a page (a feed's item, a field with markup), paragraphs apart by one blank line."""
    return "\n\n".join(line.text for line in lines_below(parsed(markup), 0, frozenset()))


def parsed(html: str) -> Page:
    """Page of a document, by the parser that can take it.  Raises Rejected where none can."""
    if not html.isascii():  # half a character ("\\ud800" in JSON) is none, and lexbor takes none
        html = html.encode("utf-8", "replace").decode("utf-8")
    return parse_page(html) if screen(html) is Verdict.PLAIN else parse_page_tolerantly(html)


def body_of(page: Page, says: Sayings) -> str:
    """The article's paragraphs, each once, apart by one blank line."""
    reading, kept = fuller_reading(page)
    lines = lines_below(page, reading.body, frozenset())
    if kept and len(lines) <= LINES_AT_MOST:
        chosen = is_article(features(page, reading, lines, kept, says))
        kept = [line for line, keep in zip(lines, chosen.tolist(), strict=True) if keep] or kept
    return "\n\n".join(without_repeats([line.text for line in kept]))


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
