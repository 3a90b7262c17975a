"""Metadata: the headline of an article, of all that a page calls its title.  Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from etl.extract.html.lines import HEADINGS, Line
from etl.text.people import plain
from schemas.article import Evidence

SEPARATORS = (" | ", " – ", " — ", " - ", " :: ", " » ", " · ", " • ", " › ", ": ", "|")
EDGES = frozenset("-|–—·»ㅣ│_｜：")
WORD = re.compile(r"\w+")
# Words that the name of a site has in one place and lacks in another.
GENERIC = frozenset({
    "the", "der", "die", "das", "le", "la", "les", "el", "il", "de", "of", "online", "news", "nachrichten", "com",
    "net", "org", "www", "uk", "co", "at", "ch", "fr", "es", "it", "magazin", "zeitung", "blog", "home", "startseite",
})  # fmt: skip
SHORT_HEADING = 8  # characters; shorter ones are sections and logos, but for wide ones that <title> has, too
WIDE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")  # kana, Han and Hangul
SHORT_TITLE = 12  # letters; a shorter heading may be part of any title
SAME_STORY = 0.3  # share of the shorter title's words that another wording of it has; fitted with the next on 676 pages
WHOLE_HEADLINE = 4  # words; a shorter heading is a label
LONG_WORD = 3  # letters of a word that tells what a title is about


def chosen_title(
    declared: tuple[str, str, str], marked: Sequence[str], headings: Sequence[tuple[str, str]], head: str, site: str
) -> tuple[str, Evidence | None]:
    """(title, where it was found) of a page; ("", None) where nothing names it.

    declared  the titles of JSON-LD, OpenGraph and other <meta>, in this order; "" where there is none
    marked    texts marked as the headline by microdata
    headings  (tag, text) of the page's headings, in order; only <h1> are asked for where JSON-LD or OpenGraph name it
    head      text of <title>
    site      name of the site, as far as it is known

    The declared ones come first, in their order: a vote among them was right less often (.81 of fundus' titles against
    .85).  The shown headline is taken before JSON-LD's where OpenGraph says the same, and before OpenGraph's where it
    words the same story otherwise: what only machines read is shortened and optimised for searching.
    """
    linked, og, _ = declared
    long = [text for _, text in headings if len(text) + len(WIDE.findall(text)) > SHORT_HEADING]
    tops = [text for tag, text in headings if tag == "h1" and len(text) > SHORT_HEADING]
    shown = next(filter(None, marked), "")
    if not shown:
        shown = max(tops, key=len, default="") if linked or og else headline_in(head, long, tops, site)
    known = [shown, linked, og]
    of_linked, of_og, of_meta = (
        without_site(title, site, [] if title == shown else [other for other in known if other != title])
        for title in declared
    )
    spelled = " ".join(shown.split())
    key, linked_key, og_key = plain(shown), plain(of_linked), plain(of_og)
    if linked and key and og_key == key and not linked_key.endswith(key):
        return spelled, "dom"
    if og and not linked and key and _words_same_story(shown, of_og) and og_key not in key:
        return spelled, "dom"
    sources: tuple[tuple[str, Evidence], ...] = (
        (of_linked, "jsonld"), (of_og, "og"), (of_meta, "meta"),
        (without_site(shown, site, []), "dom"), (without_site(head, site, known), "dom"),
    )  # fmt: skip
    return next(((title, source) for title, source in sources if title), ("", None))


def headline_in(head: str, headings: Sequence[str], tops: Sequence[str], site: str) -> str:
    """The heading that <title> has, the first in it and the longest there; else the longest <h1>.

    A menu, a logo or the site's motto may be the only <h1>; the site's name stands in <title> behind the headline.
    """
    key, own = plain(head), plain(site)
    inside = [text for text in headings if (part := plain(text)) and part in key and part != own]
    first = min(inside, key=lambda text: (key.index(plain(text)), -len(text)), default="")
    return first or max(tops, key=len, default="")


def headline_of(lines: list[Line], title: str) -> int | None:
    """The line that is the headline: that with the title's words, else the first <h1>, else a part of the title."""
    key = plain(title)
    keys = {i: plain(line.text) for i, line in enumerate(lines) if line.tag in HEADINGS}
    tops = [i for i in keys if lines[i].tag == "h1"]
    same = [i for i in tops if keys[i] == key] or [i for i, line in enumerate(lines) if key and plain(line.text) == key]
    parts = [i for i, own in keys.items() if min(len(own), len(key)) > SHORT_TITLE and (own in key or key in own)]
    return next(iter(same or tops or parts), None)


def without_site(title: str, site: str, others: Iterable[str]) -> str:
    """A title without the site's name before or after it.

    others  other titles of the same page: a part that equals one of them is the title
    """
    title, known = " ".join(title.split()), {plain(other) for other in others if other}
    for other in filter(None, others):
        rest = title[len(other) :].lstrip()
        if title.startswith(other) and rest[:1] in EDGES:
            title = other
    for separator in SEPARATORS:
        while separator in title:
            head, tail = title.rsplit(separator, 1)
            if not (separator != ": " and names_site(tail, site)) and plain(head) not in known:
                break
            title = head.strip()
        head, _, tail = title.partition(separator)
        if tail and plain(head) in known:
            title = head.strip()
        elif tail and (plain(tail) in known or (separator != ": " and plain(head) == plain(site))):
            title = tail.strip()  # before it stands a kicker, or the site
    return title


def names_site(part: str, site: str) -> bool:
    """Whether a part of a title is the site's name, word for word: "The Sun" is not in "the sun-drenched summer"."""
    words, own = (frozenset(WORD.findall(text.casefold())) for text in (part, site))
    named = (words & own) - GENERIC
    return bool(part and site) and (plain(part) == plain(site) or (bool(named) and not words - own - GENERIC))


def _words_same_story(shown: str, other: str) -> bool:
    ours, theirs = (
        {word for word in WORD.findall(text.casefold()) if len(word) >= LONG_WORD} for text in (shown, other)
    )  # fmt: skip
    share = len(ours & theirs) / max(1, min(len(ours), len(theirs)))
    return plain(shown) != plain(other) and share >= SAME_STORY and len(WORD.findall(shown)) >= WHOLE_HEADLINE
