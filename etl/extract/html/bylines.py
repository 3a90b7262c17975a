"""Metadata: the byline of an article as the page marks or shows it among its elements.  Pure; each look is bounded."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

from etl.extract.html.lines import HEADINGS, Line
from etl.extract.html.page import Page
from etl.extract.html.titles import headline_of
from etl.text.dates import find_dates
from etl.text.people import is_organisation

Items = Mapping[str, list[int]]

MARKS = ("class", "data-testid", "data-test-id", "data-component", "data-qa")

# Classes of what holds a byline; the plain search with AUTHOR_WORD first, since most classes have none of the words.
AUTHOR_WORD = re.compile(r"by|auth?[eo]u?r|writer|contributor|redakteur|journalist|verfasser|poster", re.IGNORECASE)
AUTHOR_NAMES = re.compile(
    r"(?:^|[\s_-])(?:by-?lines?|authors?(?:-?name|_name)?|article-?author|writer|posted-?by|contributors?|itemposter"
    r"|auth?[eo]u?r(?:en|in)?|redakteur(?:in)?|journalist|verfasser)(?:$|[\s_-])|field-?-?name-field-aut",
    re.IGNORECASE,
)
# Classes of what says something of the article; a name alone among it is a byline.
ABOUT_NAMES = re.compile(r"meta|author|autor|byline|writer|credit|signature|post-?info|article-?info", re.IGNORECASE)
# Classes of what holds a name and nothing else.
NAME_NAMES = re.compile(
    r"(?:^|[\s_-])(?:fn|author-?_*(?:name|link)|byline-?_*(?:name|link)|username)(?:$|[\s_-])", re.IGNORECASE
)
AUTHOR_PAGE = re.compile(
    r"/(?:authors?|autor(?:en|es|i)?|auteurs?|journalists?|periodistas?|profiles?|profil|people|contributors?|writers?"
    r"|redakteure?|journaliste)/[\w%.-]+",
    re.IGNORECASE,
)
# Classes of what belongs to another article, or to a reader.
OTHERS = re.compile(
    r"comment|related|teaser|sidebar|widget|recent|popular|latest|recommend|reply|kommentar|trending", re.IGNORECASE
)
PREPOSITION = r"(?:by|von|par|por|di|door|av|af|od|автор)"
ROLE = (
    r"(?:(?:text|words|texte)\s(?:&|\+|und|and|et)\s(?:fotos?|photos?|images)|text|texte|autor(?:in|en)?|authors?|auteure?s?|redaktion|words|story|fonte|escribe|escrito|written|posted"
    r"|published|verfasst|geschrieben|erstellt|publiziert|eingestellt|veröffentlicht|publié|(?:ein |eine |un |blog )?"
    r"(?:artikel|beitrag|kolumne|kommentar|gastbeitrag|bericht|analyse|interview|article|column|essay))"
)
LEAD_IN = re.compile(rf"{ROLE}?(?:(?<=\w)\s*:\s*|(?:\s*:)?\s*\b{PREPOSITION}\b:?\s+)(?=\S)", re.IGNORECASE)
# After a date, a separator or the start of a line a byline may begin.
BYLINE_START = re.compile(
    rf"(?:^|[\d|•·∙–—,.\-)\]]\s+|\s(?=(?:{ROLE}\b|by |von )))(?={ROLE}?\W*\b|{PREPOSITION})", re.IGNORECASE
)
NO_NAME = (
    r"(?:Illustration|Fotos?|Photos?|Photography|Bild(?:er)?|Symbolbild|Video|Kommentare?|Comments?|Uhr|Text"
    r"|Stand|Veröffentlicht|Published|Updated|Posted|Aktualisiert|Publié|Publicado)\b"
)
WORD = rf"(?!{NO_NAME})[^\W\d_a-zà-ÿ][\w'’.\-]*"
PARTICLES = r"(?:(?:van|von|de|der|den|da|di|du|del|della|dos|la|le|el|al|bin|ten|ter|zu|y)\s+){0,2}"
NAME = rf"{WORD}(?:\s+{PARTICLES}{WORD}){{0,3}}"
BETWEEN = r"\s*(?:,|&|;|/|\b(?:and|und|et|y|e|en|och|og|im Gespräch mit|in conversation with)\b)\s*"
NAMES = re.compile(rf"{NAME}(?:{BETWEEN}{NAME}){{0,5}}")
APART = re.compile(BETWEEN)
HANDLE = re.compile(r"[\w.\-]{2,30}")
NAME_SHAPE = re.compile(r"[^\W\d_a-zà-ÿ][\w'’.\-]*(?:\s+[\w'’.\-]+){1,4}")
WEEKDAY = re.compile(r",?\s(?:Mo|Di|Mi|Do|Fr|Sa|So)\.?$")  # of a date in another language than its month
# What may follow a byline in its line.
BYLINE_END = re.compile(
    rf"\s*(?:$|[|•·∙\n(@–—,]|-\s|\d|(?:on|am|le|el|em|il|um|in|vom|at|for|für|published|updated|posted|veröffentlicht"
    rf"|publié|publicado|aktualisiert|stand|erstellt|{NO_NAME}|\w+day|\w+tag)\b)",
    re.IGNORECASE,
)
MARKED_AT_MOST = 20  # elements looked at; a page full of them is a list of other articles
MANY_TIMES = 100  # <time> elements looked at
PROFILES_AT_MOST = 3  # more are the authors of other articles
ABOVE_HEADLINE, BELOW_HEADLINE = 3, 8  # lines in which a byline stands
BYLINE_WITHIN = 160  # characters of a line
NAME_WITHIN = 60  # characters
ANCESTORS = 5  # elements above one, whose names tell whether it belongs to another article
INSIDE = 14  # elements and texts of a line looked at


def items_of(page: Page) -> Items:
    """Elements by the microdata property they hold, in document order."""
    items: dict[str, list[int]] = {}
    for i, attributes in enumerate(page.attributes):
        if "itemprop" in attributes:
            for name in (attributes["itemprop"] or "").split():
                items.setdefault(name, []).append(i)
    return items


def shown_authors(page: Page, items: Items, lines: list[Line], title: str) -> Iterator[list[str]]:
    """Bylines on the page, the surest first; each is a list of the names, or texts with one, that stand together.

    lines  of the whole page, in order
    title  the article's, by which its headline is found
    """
    headline = headline_of(lines, title)
    top = lines[headline].element if headline is not None else 0
    near: list[Line] = []
    if headline is not None:
        near = lines[headline + 1 : headline + BELOW_HEADLINE + 1]
        near += reversed(lines[max(0, headline - ABOVE_HEADLINE) : headline])
        near = [line for line in near if len(line.text) < BYLINE_WITHIN and not is_of_another(page, line.element)]
    yield _microdata(page, items)
    yield _related(page)
    yield from (_names_inside(page, line.element, min(page.end[line.element], line.element + INSIDE)) for line in near)
    yield from (_led_in(_spaced(page, line)) for line in near)
    yield from _classed(page, top)
    yield from (_beside_date(_spaced(page, line)) for line in near)
    yield from (_alone(page, line) for line in near)
    yield from (_led_in(line.text) for line in lines if len(line.text) < NAME_WITHIN and ":" in line.text)
    told = {line.element for line in lines if line.prose and len(line.text) > BYLINE_WITHIN}
    linked = [
        i for i in page.elements("a")
        if page.parent[i] not in told and AUTHOR_PAGE.search(page.attribute(i, "href"))
    ]  # fmt: skip
    profiles = {page.text_of(i): None for i in linked if not is_of_another(page, i)}
    people = [name for name in profiles if NAME_SHAPE.fullmatch(name)]
    yield people if len(people) <= PROFILES_AT_MOST else []


def _microdata(page: Page, items: Items) -> list[str]:
    marked = items.get("author", [])[:MARKED_AT_MOST]
    names = [i for i in items.get("name", [])[:200] if any(a < i < page.end[a] for a in marked)]
    for elements in (names, marked):
        texts = [page.attribute(i, "content") or page.text_of(i) for i in elements[:6] if not is_of_another(page, i)]
        texts = [text for text in texts if text and len(text) < 100]
        if texts:
            return texts
    return []


def _related(page: Page) -> list[str]:
    """Texts of rel="author"."""
    linked = [
        i for i, found in enumerate(page.attributes) if "rel" in found and "author" in (found["rel"] or "").split()
    ]
    texts = (page.text_of(i) for i in linked[:6] if not is_of_another(page, i))
    return [text for text in texts if 0 < len(text) < NAME_WITHIN]


def _classed(page: Page, top: int) -> Iterator[list[str]]:
    """Of the elements that are named as authors, the texts that hold a name; those from `top` on come first."""
    found = [
        i for i, attributes in enumerate(page.attributes)
        if attributes and (names := _marks(attributes)) and AUTHOR_WORD.search(names) and AUTHOR_NAMES.search(names)
    ]  # fmt: skip
    found = [i for i in found if i >= top] + [i for i in found if i < top]
    for i in [i for i in found if not is_of_another(page, i)][:MARKED_AT_MOST]:
        text = page.text_of(i)
        if len(text) < BYLINE_WITHIN:
            yield _names_inside(page, i, page.end[i]) or _led_in(text, plainly=True) or _cut(text)


def _marks(attributes: Mapping[str, str | None]) -> str:
    """Classes, and the names for tests that stand in for them where classes are made by a machine."""
    return " ".join(filter(None, (attributes.get(name) for name in MARKS)))


def _spaced(page: Page, line: Line) -> str:
    """A line's text with its inline elements apart, as they stand on the page."""
    whole = page.text_of(line.element)
    return whole if len(whole) < len(line.text) + INSIDE else line.text


def _beside_date(text: str) -> list[str]:
    """The name that is all of a line but its date."""
    dates = list(find_dates(text))
    if not dates:
        return []
    rest = f"{text[: dates[0].start]} {text[dates[-1].end :]}".strip(" -–—|•·∙/,.")
    if rest.count(" ") > 1:
        rest = WEEKDAY.sub("", rest)
    return [rest] if NAME_SHAPE.fullmatch(rest) and NAMES.fullmatch(rest) and len(rest) < NAME_WITHIN else []


def _alone(page: Page, line: Line) -> list[str]:
    """The name that is all of a line among what a page says of its article."""
    names = f"{page.names(line.element)} {page.names(page.parent[line.element])}"
    is_name = line.tag not in HEADINGS and NAME_SHAPE.fullmatch(line.text) and NAMES.fullmatch(line.text)
    return [line.text] if is_name and len(line.text) < NAME_WITHIN and ABOUT_NAMES.search(names) else []


def _names_inside(page: Page, element: int, end: int) -> list[str]:
    """Texts of the elements in a range whose whole text is a name, by their links or marks."""
    names: dict[str, None] = {}
    after = 0
    for i in range(element, end):
        if i < after or not page.tag[i]:
            continue
        attributes = page.attributes[i]
        is_name = page.tag[i] == "a" and (
            "author" in (attributes.get("rel") or "").split() or AUTHOR_PAGE.search(attributes.get("href") or "")
        )
        if is_name or (attributes and i > element and NAME_NAMES.search(attributes.get("class") or "")):
            text = page.text_of(i)
            if 1 < len(text) < NAME_WITHIN and not any(character.isdigit() for character in text):
                names[text] = None
                after = page.end[i]
    return list(names) or _apart(page, element, end)


def _apart(page: Page, element: int, end: int) -> list[str]:
    """Names that stand each in its own element, with nothing but separators between them."""
    texts = [text for i in range(element, end) if (text := page.text[i].strip(" \n\t,;&|•·/"))]
    people = [text for text in texts if " " in text and NAMES.fullmatch(text)]
    return people if len(people) > 1 and len(people) == len(texts) and not all(map(is_organisation, people)) else []


def _led_in(text: str, *, plainly: bool = False) -> list[str]:
    """The names after "By" and the like, where little stands before it and they end with the line or its byline.

    plainly  whether one word will do, because the text is marked as a byline; so it is with one that holds a date
    """
    date = next(iter(find_dates(text)), None)
    if date:
        text = f"{text[: date.start]} | {text[date.end :]}"
    for start in BYLINE_START.finditer(text[:BYLINE_WITHIN]):
        lead = LEAD_IN.match(text, start.end())
        if lead is None:
            continue
        names = NAMES.match(text, lead.end())
        if names and BYLINE_END.match(text, names.end()) and (plainly or date or _has_whole_name(names[0])):
            return [names[0]]
        handle = HANDLE.match(text, lead.end()) if date else None
        if handle and BYLINE_END.match(text, handle.end()):
            return [handle[0]]
    return []


def _has_whole_name(names: str) -> bool:
    """Whether one of the names has two words; "Von Booten und Menschen" is a headline."""
    return any(" " in name for name in APART.split(names))


def _cut(text: str) -> list[str]:
    """The text of an element named as an author, up to where the byline ends; empty where that is no name."""
    date = next(iter(find_dates(text)), None)
    text = (text[: date.start] or text[date.end :]) if date else text
    names = NAMES.match(text)
    if names and BYLINE_END.match(text, names.end()):
        return [names[0]]
    return [text] if len(text) < NAME_WITHIN and len(text.split()) <= 3 and not text.isdigit() else []


def is_of_another(page: Page, element: int) -> bool:
    """Whether an element stands among comments or teasers."""
    for _ in range(ANCESTORS):
        if element <= 0:
            return False
        names = page.names(element)
        if len(names) > 1 and page.tag[element] not in ("body", "html") and OTHERS.search(names):
            return True
        element = page.parent[element]
    return False


def shown_dates(page: Page, items: Items) -> Iterable[str]:
    """Texts of the elements that are marked as the time of publication, the surest first; none of comments, teasers."""
    for i in items.get("datePublished", [])[:4]:
        yield from (page.attribute(i, "content"), page.attribute(i, "datetime"), page.text_of(i)[:40])
    times = [i for i in page.elements("time")[:MANY_TIMES] if page.attributes[i] and not is_of_another(page, i)]
    for name in ("pubdate", "datetime"):
        for i in [i for i in times if name in page.attributes[i]][:4]:
            yield from (page.attribute(i, "datetime"), page.text_of(i)[:40])
    # As microformats have it: <abbr class="published" title="2019-09-04T10:00Z">.
    for name in ("published", "updated"):
        marked = (
            i for i, found in enumerate(page.attributes)
            if "title" in found and name in (found.get("class") or "").split()
        )  # fmt: skip
        yield from (page.attribute(i, "title") for i in islice(marked, 4) if not is_of_another(page, i))
