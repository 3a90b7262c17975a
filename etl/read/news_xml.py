"""Read: news in XML and SGML, by BeautifulSoup on lxml: RSS, Atom, NITF, NewsML-G2, Reuters-21578.  Pure.

Each reader gives the fields of its records under the names that etl.extract.record knows.  A document that declares
entities is refused unread: that is how XML bombs and XML that reads other files are made, and no news needs it.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from bs4 import BeautifulSoup
from bs4.element import Tag
from bs4.exceptions import ParserRejectedMarkup

from etl.errors import Rejected
from etl.read.file import MAX_QUARANTINE_HEAD, File, ReadResults
from etl.text.decode import decode
from etl.text.screen import screen_xml
from schemas.records import RawDocument

Fields = dict[str, object]

MAX_XML = 16_000_000  # bytes of one document; its tree takes 20 times that
ENTITY = re.compile(r"<!ENTITY", re.IGNORECASE)
DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
SGML_ITEM = re.compile(r"<REUTERS\b([^<>]*)>")
SGML_ATTRIBUTE = re.compile(r'(?<!\w)(\w+)="([^"]*)"')  # without the first part, quadratic in a long word
CONTROL_REFERENCE = re.compile(r"&#(?:[0-8]|1[1-9]|1[24-9]|2\d|3[01]|127);")
SURROGATE_REFERENCE = re.compile(
    r"&#(?:x0*d[89a-f][0-9a-f]{2}|0*5(?:529[6-9]|5[3-9]\d\d|6\d{3}|7[0-2]\d\d|73[0-3]\d|734[0-3]));", re.IGNORECASE
)
BARE_AMPERSAND = re.compile(r"&(?!(?:amp|lt|gt|quot|apos|#\d+|#x[0-9a-fA-F]+);)")


def read_feed(file: File) -> ReadResults:
    """Items of an RSS channel, entries of an Atom feed."""
    soup = _soup(file)
    site = _text(soup.find("title"))
    language = _text(soup.find("language")) or (_attribute(soup.find("feed"), "xml:lang"))
    for record, item in enumerate(soup.find_all(["item", "entry"])):
        links = item.find_all("link", recursive=False)
        link = next((_attribute(a, "href") for a in links if _attribute(a, "rel") in ("", "alternate")), "")
        guid = _child(item, "guid", "id")
        body = _markup(_child(item, "content:encoded", "content", "encoded")) or _markup(
            _child(item, "description", "summary")
        )
        names = [_text(a.find("name")) or _text(a) for a in item.find_all(["author", "dc:creator", "creator"])]
        yield _document(
            file,
            record,
            title=_text(_child(item, "title")),
            body=body,
            url=link or next(filter(None, map(_text, links)), ""),
            id=_text(guid),
            published=_text(_child(item, "pubDate", "published", "dc:date", "date", "issued", "updated")),
            updated=_text(_child(item, "updated", "dcterms:modified", "modified")),
            authors=names,
            category=_text(_child(item, "category")) or _attribute(_child(item, "category"), "term"),
            site=site,
            language=_attribute(item, "xml:lang") or language,
        )


def read_nitf(file: File) -> ReadResults:
    """The one story of a NITF document."""
    soup = _soup(file)
    yield _document(file, None, **_nitf(soup))


def read_newsml(file: File) -> ReadResults:
    """Items of a NewsML-G2 message, or the one item of a document; items without text (pictures) are quarantined."""
    soup = _soup(file)
    items = soup.find_all("newsItem")
    for record, item in enumerate(items):
        content = item.find("contentSet")
        inline = content.find(["inlineXML", "inlineData"]) if isinstance(content, Tag) else None
        inside = inline.find("nitf") if isinstance(inline, Tag) else None
        story = _nitf(inside) if isinstance(inside, Tag) else _page(inline)
        about = item.find("contentMeta")
        about = about if isinstance(about, Tag) else item
        if not story["body"]:
            yield file.quarantined(record, "empty: a NewsML item without text", str(item)[:256].encode())
            continue
        own = {
            "title": _text(about.find("headline")),
            "byline": _text(about.find("by")),
            "authors": [_text(name) for creator in about.find_all("creator") for name in creator.find_all("name")],
            "credit": _text(about.find("creditline")),
            "dateline": _text(about.find("dateline")),
            "published": _text(about.find("contentCreated"))
            or _text(item.find("firstCreated"))
            or _text(item.find("versionCreated")),
            "updated": _text(item.find("versionCreated")),
            "language": _attribute(about.find("language"), "tag") or _attribute(item, "xml:lang"),
            "id": _attribute(item, "guid"),
            "site": _text(next(iter(item.select("provider > name")), None)),
        }
        yield _document(file, record if len(items) > 1 else None, **(story | {k: v for k, v in own.items() if v}))


def read_reuters(file: File) -> ReadResults:
    """Stories of a file of Reuters-21578, SGML without a document type: each is made XML and parsed by itself."""
    text = file.whole().decode("latin-1")  # its few bytes above ASCII are noise
    for record, (attributes, inside) in enumerate(_sgml_items(text)):
        inside = BARE_AMPERSAND.sub("&amp;", CONTROL_REFERENCE.sub("", inside))
        try:
            soup = _parsed(f"<REUTERS>{inside}</REUTERS>")
        except Rejected as error:
            yield file.quarantined(record, error.reason, inside[:MAX_QUARANTINE_HEAD].encode("latin-1"))
            continue
        whole = soup.find("TEXT")
        body = _raw(soup.find("BODY"))
        if not body and isinstance(whole, Tag):  # briefs have a title only, unprocessed stories no parts at all
            body = "\n".join(piece for piece in whole.find_all(string=True, recursive=False)).strip()
        yield _document(
            file,
            record,
            id=dict(SGML_ATTRIBUTE.findall(attributes)).get("NEWID", ""),
            title=" ".join(_text(soup.find("TITLE")).split()),
            byline=" ".join(_text(soup.find("AUTHOR")).split()),
            dateline=" ".join(_text(soup.find("DATELINE")).split()),
            date=" ".join(_text(soup.find("DATE")).split()[:2]),  # a few have marks of the wire after the time
            body=re.sub(r"\n {2,}", "\n\n", body),
            language="en",
        )


def _sgml_items(text: str) -> Iterator[tuple[str, str]]:
    """Attributes and content of each item; one whose end is missing ends where the next begins."""
    starts = list(SGML_ITEM.finditer(text))
    for start, after in itertools.zip_longest(starts, starts[1:]):
        yield start[1], text[start.end() : after.start() if after else None].partition("</REUTERS>")[0]


def _page(inline: object) -> Fields:
    """The story of a page inside a message: all of its body, in which an agency puts no furniture."""
    inside = inline.find("body") if isinstance(inline, Tag) else None
    title = inline.find("title") if isinstance(inside, Tag) and isinstance(inline, Tag) else None
    return {"title": _text(title), "body": _markup(inside or inline)}


def _nitf(soup: Tag) -> Fields:
    head = soup.find("body.head")
    head = head if isinstance(head, Tag) else soup
    issued = soup.find("date.issue") or soup.find("date.release") or head.find("story.date")
    byline = head.find("byline")
    people = [_text(person) for person in byline.find_all("person")] if isinstance(byline, Tag) else []
    published_in = soup.find("pubdata")
    return {
        "title": _text(head.find("hl1")) or _text(head.find("hedline")) or _text(soup.find("title")),
        "body": _markup(soup.find("body.content")),
        "byline": _text(byline),
        "authors": people,
        "dateline": _text(next(iter(head.select("dateline > location")), None)) or _text(head.find("dateline")),
        "credit": _text(head.find("distributor")),
        "published": _attribute(issued, "norm") or _text(issued),
        "id": _attribute(soup.find("doc-id"), "id-string"),
        "section": _attribute(published_in, "position.section"),
        "site": _attribute(published_in, "name"),
        "language": _attribute(soup.find("nitf") or soup, "xml:lang"),
    }


def _soup(file: File) -> BeautifulSoup:
    content = file.whole()
    if len(content) > MAX_XML:
        raise Rejected("read", f"too large: more than {MAX_XML} bytes of XML")
    text = decode(content)
    if ENTITY.search(text):
        raise Rejected("read", "hostile: XML that declares entities")
    return _parsed(DECLARATION.sub("", text))  # it is decoded already, whatever the declaration says


def _parsed(text: str) -> BeautifulSoup:
    screen_xml(text)
    try:
        return BeautifulSoup(SURROGATE_REFERENCE.sub("\ufffd", text), "lxml-xml")  # half a character is none
    except ParserRejectedMarkup as error:
        raise Rejected("read", "broken XML: no parser takes it") from error


def _document(file: File, record: int | None, **fields: object) -> RawDocument:
    return RawDocument(file.path, record, "fields", {k: v for k, v in fields.items() if v}, file.fetched_at)


def _child(parent: Tag, *names: str) -> Tag | None:
    """The first child under any of the names, names in order."""
    children = [child for child in parent.contents if isinstance(child, Tag)]
    named = (
        (f"{child.prefix}:{child.name}" if child.prefix and ":" not in child.name else child.name, child)
        for child in children
    )
    by_name: dict[str, Tag] = {}
    for name, child in named:
        by_name.setdefault(name, child)
    return next((by_name[name] for name in names if name in by_name), None)


def _text(element: object) -> str:
    return " ".join(element.get_text(" ").split()) if isinstance(element, Tag) else ""


def _raw(element: object) -> str:
    return element.get_text().strip() if isinstance(element, Tag) else ""


def _markup(element: object) -> str:
    """Content of an element: its markup if it has elements inside, else its text, which may be escaped markup."""
    if not isinstance(element, Tag):
        return ""
    return element.decode_contents().strip() if element.find(True) else element.get_text().strip()


def _attribute(element: object, name: str) -> str:
    value = element.attrs.get(name) if isinstance(element, Tag) else None
    return value.strip() if isinstance(value, str) else ""
