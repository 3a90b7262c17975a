"""Read: feeds, a record an item: RSS 0.9 to 2.0, RSS 1.0 (RDF), Atom.  Pure."""

from __future__ import annotations

import re
from html import escape
from urllib.parse import urljoin

from bs4.element import Tag

from etl.read.file import File, ReadResults
from etl.read.xml import CDATA_BEGINS, attribute, child, document, markup_in, parsed, text_in, text_of

WEB = re.compile(r"https?://\S", re.IGNORECASE)
NAMED_ADDRESS = re.compile(r"\s*\S+@\S+\s+\(([^()]{2,200})\)\s*$")  # desk@paper.example (Ann Pell)


def read_feed(file: File) -> ReadResults:
    """Items of an RSS channel, entries of an Atom feed."""
    soup = parsed(with_escaped_html(text_of(file)))
    channel = soup.find(["channel", "feed"])
    channel = channel if isinstance(channel, Tag) else soup
    site = text_in(channel.find("title"))
    language = text_in(soup.find("language")) or attribute(soup.find("feed"), "xml:lang")
    home = text_in(child(channel, "link"))
    authors = [_author(author) for author in channel.find_all("author", recursive=False)]
    for record, item in enumerate(soup.find_all(["item", "entry"])):
        printed_in = text_in(child(item, "source")) if item.name == "item" else ""
        yield document(
            file,
            record,
            title=_title(item, printed_in),
            body=markup_in(child(item, "content:encoded", "content", "encoded"))
            or markup_in(child(item, "description", "summary")),
            url=_url(item, home),
            id=text_in(child(item, "guid", "id")) or attribute(item, "rdf:about"),
            published=text_in(child(item, "pubDate", "published", "dc:date", "date", "issued", "updated")),
            updated=text_in(child(item, "updated", "dcterms:modified", "modified")),
            authors=[_author(name) for name in item.find_all(["author", "dc:creator", "creator"])] or authors,
            category=text_in(child(item, "category")) or attribute(child(item, "category"), "term"),
            site=printed_in or site,
            language=attribute(item, "xml:lang") or language,
        )


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
