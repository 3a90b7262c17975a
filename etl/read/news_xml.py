"""Read: the XML of news agencies: NITF, NewsML-G2, NewsML 1, RCV1.  Pure.

Each reader gives the fields of its records under names of schemas.field_names.
"""

from __future__ import annotations

from collections.abc import Sequence

from bs4.element import Tag

from etl.read.file import File, ReadResults
from etl.read.xml import attribute, document, items_of, left_out, markup_in, soup_of, text_in

Fields = dict[str, object]
WITHOUT_TEXT = "empty: a NewsML item without text"
UNTIL_FURTHER_NOTICE = "further notice"
CANCELED = ("canceled", "cancelled")  # status of an item that its agency withdraws; it may have no text
NEWSML_RIGHTS = ("copyrightHolder", "copyrightNotice", "usageTerms")
NEWSML1_RIGHTS = ("CopyrightHolder", "CopyrightDate", "CopyrightLine", "RightsLine", "UsageType", "RightsHolder")
RIGHTS_OF_NITF = ("owner", "type", "limitations", "geography", "startdate", "enddate")  # attributes of doc.rights
PICTURES = ["media", "media-reference", "media-caption", "media-producer", "media-metadata"]


def read_nitf(file: File) -> ReadResults:
    """Stories of NITF documents, most often one a file."""
    found = soup_of(file).find_all("nitf")
    for number, story, lost in items_of(file, found):
        record = number if len(found) > 1 else None
        yield left_out(file, record, story, lost) if lost else document(file, record, **_nitf(story))


def read_newsml(file: File) -> ReadResults:
    """Items of a NewsML-G2 message, or the one item of a document; items without text (pictures) are quarantined."""
    items = soup_of(file).find_all("newsItem")
    for number, item, lost in items_of(file, items):
        record = number if len(items) > 1 else None
        if lost:
            yield left_out(file, record, item, lost)
            continue
        content = item.find("contentSet")
        inline = content.find(["inlineXML", "inlineData"]) if isinstance(content, Tag) else None
        story = _inside(inline)
        about = item.find("contentMeta")
        about = about if isinstance(about, Tag) else item
        status = attribute(item.find("pubStatus"), "qcode")
        if not story["body"] and not status.endswith(CANCELED):
            yield left_out(file, number, item, WITHOUT_TEXT)
            continue
        own = {
            "title": text_in(about.find("headline")),
            "byline": text_in(about.find("by")),
            "authors": [text_in(name) for creator in about.find_all("creator") for name in creator.find_all("name")],
            "credit": text_in(about.find("creditline")),
            "dateline": text_in(about.find("dateline")),
            "published": text_in(about.find("contentCreated"))
            or text_in(item.find("firstCreated"))
            or text_in(item.find("versionCreated")),
            "updated": text_in(item.find("versionCreated")),
            "language": attribute(about.find("language"), "tag") or attribute(item, "xml:lang"),
            "id": attribute(item, "guid"),
            "pubstatus": status,
            "embargoed": _embargo(item.find("embargoed")),
            "site": text_in(next(iter(item.select("provider > name")), None)),
            **_rights(item, NEWSML_RIGHTS),
        }
        yield document(file, record, **(story | {k: v for k, v in own.items() if v}))


def read_newsml1(file: File) -> ReadResults:
    """Items of NewsML 1.0 to 1.2; items without text are quarantined."""
    items = soup_of(file).find_all("NewsItem")
    for number, item, lost in items_of(file, items):
        record = number if len(items) > 1 else None
        if lost:
            yield left_out(file, record, item, lost)
            continue
        story = next((found for data in item.find_all("DataContent") if (found := _inside(data))["body"]), None)
        if story is None:
            yield left_out(file, number, item, WITHOUT_TEXT)
            continue
        own = {
            "title": text_in(item.find("HeadLine")),
            "kicker": text_in(item.find("SlugLine")),
            "byline": text_in(item.find("ByLine")),
            "dateline": text_in(item.find("DateLine")),
            "credit": text_in(item.find("CreditLine")),
            "published": text_in(item.find("FirstCreated")),
            "updated": text_in(item.find("ThisRevisionCreated")),
            "language": attribute(item.find("Language"), "FormalName"),
            "id": text_in(item.find("PublicIdentifier")) or text_in(item.find("NewsItemId")),
            "embargoed": _newsml1_embargo(item),
            **_rights(item, NEWSML1_RIGHTS),
        }
        yield document(file, record, **(story | {k: v for k, v in own.items() if v}))


def read_rcv1(file: File) -> ReadResults:
    """Stories of Reuters Corpus Volume 1 and others with its root <newsitem>."""
    items = soup_of(file).find_all("newsitem")
    for number, item, lost in items_of(file, items):
        record = number if len(items) > 1 else None
        if lost:
            yield left_out(file, record, item, lost)
            continue
        published = next((dc for dc in item.find_all("dc") if attribute(dc, "element") == "dc.date.published"), None)
        yield document(
            file,
            record,
            title=text_in(item.find("headline")) or text_in(item.find("title")),
            body=markup_in(item.find("text")),
            byline=text_in(item.find("byline")),
            dateline=text_in(item.find("dateline")),
            published=attribute(item, "date") or attribute(published, "value"),
            id=attribute(item, "itemid"),
            language=attribute(item, "xml:lang"),
        )


def _embargo(element: object) -> str:
    """The end of an embargo; of one without a time, words that are no time."""
    return (text_in(element) or UNTIL_FURTHER_NOTICE) if isinstance(element, Tag) else ""


def _newsml1_embargo(item: Tag) -> str:
    status = item.find("Status")
    if attribute(status, "FormalName").lower() != "embargoed":
        return ""
    change = item.find("StatusWillChange")
    return text_in(change.find("DateAndTime") if isinstance(change, Tag) else None) or UNTIL_FURTHER_NOTICE


def _rights(item: Tag, names: Sequence[str]) -> Fields:
    """What an item says of the terms of its use, by the names of its elements."""
    return {name: found for name in names if (found := list(filter(None, map(_said_in, item.find_all(name)))))}


def _said_in(element: Tag) -> str:
    """The text of an element, or the name or address in its attributes."""
    return text_in(element) or next(filter(None, (attribute(element, name) for name in ("literal", "href", "uri"))), "")


def _inside(inline: object) -> Fields:
    """The story of a document inside a message: NITF, a page of which all is the story, or text."""
    nitf = inline.find("nitf") if isinstance(inline, Tag) else None
    if isinstance(nitf, Tag):
        return _nitf(nitf)
    inside = inline.find(["body", "body.content"]) if isinstance(inline, Tag) else None
    title = inline.find("title") if isinstance(inside, Tag) and isinstance(inline, Tag) else None
    return {"title": text_in(title), "body": markup_in(inside or inline)}


def _nitf(story: Tag) -> Fields:
    found = story.find("body.head")
    head = found if isinstance(found, Tag) else story
    issued = story.find("date.issue") or story.find("date.release") or head.find("story.date")
    published_in = story.find("pubdata")
    byline = _byline(head)
    doc_id = attribute(story.find("doc-id"), "id-string")
    docdata = story.find("docdata")
    status = attribute(docdata, "management-status")
    if status.endswith(CANCELED):  # a notice, which may be a document of its own
        doc_id = attribute(docdata, "management-doc-idref") or doc_id
    return {
        "pubstatus": status,
        "title": text_in(head.find("hl1")) or text_in(head.find("hedline")) or text_in(story.find("title")),
        "body": _nitf_body(story),
        "byline": text_in(byline),
        "authors": [text_in(person) for person in byline.find_all("person")] if isinstance(byline, Tag) else [],
        "dateline": text_in(next(iter(head.select("dateline > location")), None)) or text_in(head.find("dateline")),
        "credit": text_in(head.find("distributor")),
        "published": attribute(issued, "norm")
        or text_in(issued)
        or attribute(published_in, "date.publication")
        or _date_in_meta(story),
        "id": doc_id,
        "url": attribute(published_in, "ex-ref"),
        "section": attribute(published_in, "position.section"),
        "site": attribute(published_in, "name"),
        "language": attribute(story, "xml:lang"),
        "embargoed": attribute(story.find("date.release"), "norm"),
        "doc.copyright holder": attribute(story.find("doc.copyright"), "holder"),
        "doc.copyright year": attribute(story.find("doc.copyright"), "year"),
        "doc.rights": " ".join(filter(None, (attribute(story.find("doc.rights"), name) for name in RIGHTS_OF_NITF))),
        "rights": text_in(head.find("rights")),
    }


def _byline(head: Tag) -> Tag | None:
    """The byline as it was printed, without the title or paper of who wrote it."""
    bylines = head.find_all("byline")
    printed = [line for line in bylines if "print_byline" in attribute(line, "class")]
    byline: Tag | None = next(iter(printed or bylines), None)
    for title in byline.find_all("byttl") if byline else ():
        title.decompose()
    return byline


def _nitf_body(story: Tag) -> str:
    """The text without pictures; of blocks the one of the full text, which repeats the lead that stands before it."""
    content = story.find("body.content")
    if not isinstance(content, Tag):
        return ""
    for picture in content.find_all(PICTURES):
        if not picture.decomposed:
            picture.decompose()
    full = [block for block in content.find_all("block") if "full_text" in attribute(block, "class")]
    return "\n".join(map(markup_in, full)) or markup_in(content)


def _date_in_meta(story: Tag) -> str:
    """The day that <meta> elements name in parts."""
    named = {attribute(meta, "name"): attribute(meta, "content") for meta in story.find_all("meta")}
    parts = [named.get(f"publication_{part}", "") for part in ("year", "month", "day_of_month")]
    return "-".join(part.zfill(2) for part in parts) if all(part.isdigit() for part in parts) else ""
