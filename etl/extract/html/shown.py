"""Metadata: authors and dates as a page shows or marks them among its elements.  Pure; each look is bounded."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

from etl.extract.html.page import Page
from etl.text.dates import parse_date

Items = Mapping[str, list[int]]

BYLINE_NAMES = re.compile(
    r"(?:^|[\s_-])(?:by-?line(?:s)?|author(?:s)?(?:-?name|_name)?|article-?author|writer|posted-?by|contributor"
    r"|c-byline|autor(?:en)?|auteur|redakteur)(?:$|[\s_-])",
    re.IGNORECASE,
)
AUTHOR_PAGE = re.compile(r"/(?:authors?|autor(?:en|es)?|auteurs?|journalists?|profile|people)/[\w%.-]+", re.IGNORECASE)
PROFILES_AT_MOST = 3  # more are the authors of other articles
DATE_WORD = re.compile(r"date|time|publish|stamp|datum|fecha|tarih", re.IGNORECASE)
WRITTEN_DAY = re.compile(
    r"\b\d{1,2}\.\d{1,2}\.20\d\d\b(?:[ ,|]+\d{1,2}:\d\d)?|\b20\d\d[-./]\d{1,2}[-./]\d{1,2}\b(?:[ T]\d{1,2}:\d\d)?"
    r"|\b(?:\d{1,2} [A-Z][a-z]{2,8}|[A-Z][a-z]{2,8} \d{1,2}),? (?:19|20)\d\d\b"
)
LABEL = (
    r"(?:Datum|Date|Stand|(?:Published|Posted)(?: on)?|Veröffentlicht(?: am)?|Publié le|Publicado(?: el| em)?"
    r"|Pubblicato(?: il)?|(?:Mo|Di|Mi|Do|Fr|Sa|So)[.,]*)"
)
LABELLED_DAY = re.compile(rf"{LABEL}[\s:|]+(\d{{1,2}}\.\d{{1,2}}\.(?:20)?\d\d(?!\d)|{WRITTEN_DAY.pattern})")
SHORT_YEAR = re.compile(r"\.(\d\d)$")
LABELLED_WITHIN = 80  # characters
STAMP_WITHIN = 80  # elements and texts from the headline; stamps further off are of other articles
MARKED_AT_MOST = 20  # elements looked at; a page full of them is a list of other articles
BYLINE_WORD = re.compile(r"by|auth?[eo]u?r|writer|contributor|redakteur", re.IGNORECASE)
BYLINE_START = re.compile(r"\b(?:By|Von|Par|Por|Di|Door)\s+([A-ZÀ-Ž][^\n|•·]{3,80})")
BYLINE_END = re.compile(r"\s+(?:\d|on |am |le |Published|Updated|Posted|—|–|\||•|·)")
NAME_SHAPE = re.compile(r"[A-ZÀ-Ž][\w'’.\-]+(?:\s+[\w'’.\-]+){1,4}")


def items_of(page: Page) -> Items:
    """Elements by the microdata property they hold, in document order."""
    items: dict[str, list[int]] = {}
    for i, attributes in enumerate(page.attributes):
        if "itemprop" in attributes:
            for name in (attributes["itemprop"] or "").split():
                items.setdefault(name, []).append(i)
    return items


def shown_authors(page: Page, items: Items) -> list[str]:
    """Bylines on the page: marked as microdata, by rel, by class, then links to the pages of authors."""
    marked = items.get("author", [])[:MARKED_AT_MOST]
    names = [i for i in items.get("name", [])[:200] if any(a < i < page.end[a] for a in marked)]
    linked = [
        i for i, found in enumerate(page.attributes) if "rel" in found and "author" in (found["rel"] or "").split()
    ]
    for elements in (names, marked, linked):
        texts = [page.attribute(i, "content") or page.text_of(i) for i in elements[:6]]
        texts = [text for text in texts if text and len(text) < 100]
        if texts:
            return texts
    classed = (i for i, found in enumerate(page.attributes) if "class" in found and _names_byline(found["class"]))
    for i in islice(classed, MARKED_AT_MOST):
        text = page.text_of(i)
        if 3 < len(text) < 120:
            by = BYLINE_START.search(text)
            name = BYLINE_END.split(by[1] if by else text)[0]
            if NAME_SHAPE.match(name):
                return [name]
    profiles = {page.text_of(i): None for i in page.elements("a") if AUTHOR_PAGE.search(page.attribute(i, "href"))}
    people = [name for name in profiles if NAME_SHAPE.fullmatch(name)]
    return people if len(people) <= PROFILES_AT_MOST else []


def _names_byline(names: str | None) -> bool:
    # The plain search first: it is ten times faster, and most names have none of the words.
    return names is not None and BYLINE_WORD.search(names) is not None and BYLINE_NAMES.search(names) is not None


def shown_dates(page: Page, items: Items) -> Iterable[str]:
    """Texts of the elements that are marked as the time of publication, the surest first."""
    for i in items.get("datePublished", [])[:4]:
        yield from (page.attribute(i, "content"), page.attribute(i, "datetime"), page.text_of(i)[:40])
    times = [i for i in page.elements("time") if page.attributes[i]]
    for name in ("pubdate", "datetime"):
        for i in [i for i in times if name in page.attributes[i]][:4]:
            yield from (page.attribute(i, "datetime"), page.text_of(i)[:40])
    yield from _stamps(page)
    yield from _labelled(page)


def _stamps(page: Page) -> Iterator[str]:
    """Days in elements that are named as dates, near the headline."""
    headline = next(iter(page.elements("h1")), None)
    if headline is None:
        return
    for i in range(max(0, headline - STAMP_WITHIN), min(len(page.tag), headline + STAMP_WITHIN)):
        named = page.tag[i] == "time" or DATE_WORD.search(page.attribute(i, "class"))
        if named and page.end[i] - i < 12 and (written := WRITTEN_DAY.search(page.text_of(i))):
            yield written[0]


def _labelled(page: Page) -> Iterable[str]:
    """The day behind a label ("Date: 3 May 2021", "Do 25.04.24"), if all that the page has are of one day."""
    found: dict[object, str] = {}
    label = ""
    for text in page.text:
        text = " ".join(text[:LABELLED_WITHIN].split())
        if match := LABELLED_DAY.match(text) or LABELLED_DAY.match(f"{label} {text}"):
            day = SHORT_YEAR.sub(r".20\1", match[1])
            moment = parse_date(day)
            found[moment and moment.date()] = day
        label = text if text else label
    return found.values() if len(found) == 1 else ()
