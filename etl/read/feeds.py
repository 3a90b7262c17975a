"""Read: feeds, a record an item: RSS 0.9 to 2.0, RSS 1.0 (RDF), Atom.  Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from urllib.parse import urljoin

from bs4.element import PageElement, Tag

from etl.read.file import File, ReadResults
from etl.read.xml import (
    CDATA_BEGINS,
    attribute,
    child,
    document,
    full_name,
    items_of,
    left_out,
    markup_in,
    parsed,
    text_in,
    text_of,
)

ITEMS = ["item", "entry"]
TEXTS = ["title", "description", "content:encoded", "content", "summary"]
ELEMENTS = frozenset([
    "item", "entry", "title", "link", "description", "content", "summary", "subtitle", "guid", "id",
    "pubdate", "published", "updated", "created", "issued", "modified", "date", "author", "contributor",
    "creator", "managingeditor", "webmaster", "category", "comments", "enclosure", "source", "rights",
    "copyright", "language", "generator", "docs", "cloud", "ttl", "image", "icon", "logo", "rating",
    "textinput", "skiphours", "skipdays", "lastbuilddate", "items", "name", "url", "uri", "email", "tagline",
    "info",
])  # fmt: skip
"""Names of elements in feeds, in lower case."""
RIGHTS = frozenset([
    "copyright", "rights", "dc:rights", "dcterms:rights", "dcterms:license", "cc:license", "creativecommons:license",
    "media:license",
])  # fmt: skip
"""Those of them that say under which terms a text may be used."""
WEB = re.compile(r"https?://\S", re.IGNORECASE)
NAMED_ADDRESS = re.compile(r"\s*+[^\s@]++@\S++\s++\(([^()]{2,200})\)\s*+$")  # desk@paper.example (Ann Pell)


def read_feed(file: File) -> ReadResults:
    """Items of an RSS channel, entries of an Atom feed."""
    soup = parsed(with_escaped_html(text_of(file)))
    channel = soup.find(["channel", "feed"])
    channel = channel if isinstance(channel, Tag) else soup
    site = text_in(channel.find("title"))
    language = text_in(soup.find("language")) or attribute(soup.find("feed"), "xml:lang")
    home = text_in(child(channel, "link"))
    authors = [_author(author) for author in channel.find_all("author", recursive=False)]
    items = soup.find_all(ITEMS)
    of_all = _rights(channel)
    for element in [channel, *items]:
        _unwrap(element)
    for record, item, lost in items_of(file, items):
        if lost:
            yield left_out(file, record, item, lost)
            continue
        own = _rights(item)
        printed_in = text_in(child(item, "source")) if item.name == "item" else ""
        yield document(
            file,
            record,
            title=_title(item, printed_in),
            body=markup_in(child(item, "content:encoded", "content", "encoded"))
            or markup_in(child(item, "description", "summary"))
            or _loose_text(item),  # the tag of its body is damaged
            url=_url(item, home),
            id=text_in(child(item, "guid", "id")) or attribute(item, "rdf:about"),
            published=text_in(child(item, "pubDate", "published", "dc:date", "date", "issued", "updated")),
            updated=text_in(child(item, "updated", "dcterms:modified", "modified")),
            authors=[_author(name) for name in item.find_all(["author", "dc:creator", "creator"])] or authors,
            category=text_in(child(item, "category")) or attribute(child(item, "category"), "term"),
            site=printed_in or site,
            language=attribute(item, "xml:lang") or language,
            **(own | of_all | own),
        )
    outside = [text for element in [channel, *items] for text in _outside(element)]
    for record, text in enumerate(outside, len(items)):
        yield file.quarantined(record, "broken XML: a text outside of any item", text.encode("utf-8", "replace"))


def _rights(element: Tag) -> dict[str, object]:
    """What a channel or an item says of the terms of use, by the names of its elements; a licence is a link."""
    found: dict[str, object] = {}
    for each in element.contents:
        if isinstance(each, Tag) and (name := full_name(each)).lower() in RIGHTS:
            found.setdefault(name, text_in(each) or attribute(each, "rdf:resource"))
        elif isinstance(each, Tag) and each.name == "link" and attribute(each, "rel").lower() == "license":
            found.setdefault("link license", attribute(each, "href"))
    return found


def _outside(element: Tag) -> Iterator[str]:
    """Texts in a channel or an item that are those of another item: the tags around them are damaged.

    These are texts although it has one of that name, and, with such a one or among items, text in no element.
    """
    first: dict[str, str] = {}
    named = [(full_name(each), text_in(each)) for each in element.contents if isinstance(each, Tag)]
    second = [text for name, text in named if name in TEXTS and first.setdefault(name, text) != text]
    yield from second
    if second or element.name not in ITEMS or element.find(ITEMS, recursive=False):
        yield from filter(None, [_loose_text(element)])


def _loose_text(element: Tag) -> str:
    return " ".join(" ".join(piece for piece in element.contents if isinstance(piece, str)).split())


def _unwrap(element: Tag) -> None:
    """Puts what is in elements that feeds do not have in their place, in time that is linear in all of them."""
    waiting, contents = element.contents[::-1], list[PageElement]()
    while waiting:
        piece = waiting.pop()
        if isinstance(piece, Tag) and not (piece.prefix or ":" in piece.name or piece.name.lower() in ELEMENTS):
            waiting.extend(reversed(piece.contents))
        else:
            contents.append(piece)
    element.contents = contents


def with_escaped_html(text: str) -> str:
    """The text of an RSS feed with the HTML in its items escaped, as it should be: its tags need not be closed."""
    if "<feed" in text[:8192]:  # Atom has XHTML
        return text
    for name in ("description", "content:encoded", "title"):
        begin, end = f"<{name}>", f"</{name}>"
        first, *rest = text.split(begin)
        pieces = [first]
        for piece in rest:
            inside, closed, after = piece.partition(end)
            if closed and "<" in inside and CDATA_BEGINS not in inside:
                inside = escape(inside)
            pieces += [begin, inside, closed, after]
        text = "".join(pieces)
    return text


def _title(item: Tag, printed_in: str) -> str:
    """The headline, without the name of the paper that a news search puts behind it."""
    title = text_in(child(item, "title"))
    return title.removesuffix(f" - {printed_in}") if printed_in else title


def _url(item: Tag, home: str) -> str:
    """The address of an item, made whole by the nearest xml:base, or the address of its site.

    home  address of the site
    """
    links = item.find_all("link", recursive=False)
    link = next((attribute(a, "href") for a in links if attribute(a, "rel") in ("", "alternate")), "")
    link = link or next(filter(None, map(text_in, links)), "")
    guid = child(item, "guid")
    if not link and attribute(guid, "isPermaLink").lower() != "false":
        link = next((text for text in (text_in(guid), attribute(item, "rdf:about")) if WEB.match(text)), "")
    if not link or WEB.match(link):
        return link
    bases = [attribute(parent, "xml:base") for parent in reversed([item, *item.parents])]
    for base in [home, *filter(None, bases), link]:
        try:
            home = urljoin(home, base)
        except ValueError:  # a bracket that is no IPv6 address
            continue
    return home


def _author(element: Tag) -> str:
    name = text_in(element.find("name")) or text_in(element)
    named = NAMED_ADDRESS.match(name)
    return named[1] if named else name
