"""Read: XML as it is found, repaired until a parser takes all of it, and its elements.  Pure.

A document that declares entities beyond single characters is refused unread: that is how XML bombs and XML that reads
other files are made, and no news needs it.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from html import unescape
from html.entities import html5

from bs4 import BeautifulSoup
from bs4.element import Tag
from bs4.exceptions import ParserRejectedMarkup

from etl.errors import Rejected
from etl.read.file import MAX_QUARANTINE_HEAD, File
from etl.text.decode import decode
from etl.text.screen import screen_xml
from schemas.records import Quarantined, RawDocument

MAX_XML = 16_000_000  # bytes of one document; its tree takes 20 times that
ENTITY = re.compile(r"<!ENTITY", re.IGNORECASE)
CHARACTER_ENTITY = re.compile(
    r"""<!ENTITY\s+([A-Za-z][\w.-]{0,60})\s+["']((?:[^"'<%&]|&#x?[0-9a-fA-F]{1,6};){0,100})["']\s*>""", re.IGNORECASE
)
PROLOGUE = re.compile(r"<\?xml[^>]{0,1000}\?>|<!DOCTYPE[^>\[]{0,1000}(?:\[[^\]]{0,20000}\]\s{0,100})?>", re.IGNORECASE)
CDATA_BEGINS, CDATA_ENDS, COMMENT_ENDS = "<![CDATA[", "]]>", "-->"
SECTION_BEGINS = re.compile(r"<!\[CDATA\[|<!--")
INSTRUCTION = re.compile(r"<\?[^<>]*>")
TAG = re.compile(
    r"""<(?:(?P<slash>/?)(?P<name>[^\W\d][\w.:-]*+)(?P<rest>(?:[\s/](?:[^<>"']++|"[^"<]*+"|'[^'<]*+')*+)?)>)?"""
)
ATTRIBUTES = re.compile(r"""(?:\s++[^\W\d][\w.:-]*+\s*+=\s*+(?:"[^"<]*+"|'[^'<]*+'))*+\s*+/?""")
ATTRIBUTE = re.compile(r"""(?<![\w.:-])([^\W\d][\w.:-]*+)\s*+=\s*+(?:"([^"<]*+)"|'([^'<]*+)'|([^\s"'<>]++))""")
AMPERSAND = re.compile(r"&(?:#(?:\d{1,7}|[xX][0-9a-fA-F]{1,6});|([A-Za-z][A-Za-z0-9]{1,31});)?")
# By number: after its first error libxml2 leaves out every character that is escaped by name.
ESCAPED = {"&": "&#38;", "<": "&#60;", ">": "&#62;", '"': "&#34;", "'": "&#39;"}
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")  # libxml2 stops at one
SURROGATE = re.compile("[\ud800-\udfff\ufffe\uffff]")  # and at half a character


def soup_of(file: File) -> BeautifulSoup:
    """The elements of an XML file, below one of no meaning: a file may hold several documents."""
    return parsed(text_of(file))


def text_of(file: File) -> str:
    """The text of an XML file.  Raises Rejected for one that is too large to be parsed."""
    content = file.whole()
    if len(content) > MAX_XML:
        raise Rejected("read", f"too large: more than {MAX_XML} bytes of XML")
    return decode(content)


def parsed(text: str) -> BeautifulSoup:
    """The elements of XML.  Raises Rejected for XML that is made to harm."""
    entities = dict(CHARACTER_ENTITY.findall(text)) if ENTITY.search(text) else {}
    if len(ENTITY.findall(text)) > len(CHARACTER_ENTITY.findall(text)):
        raise Rejected("read", "hostile: XML that declares entities")
    screen_xml(text)
    repaired = repaired_xml(PROLOGUE.sub("", text), entities)
    try:
        return BeautifulSoup(f"<wirecopy>{repaired}</wirecopy>", "lxml-xml")
    except ParserRejectedMarkup as error:
        raise Rejected("read", "broken XML: no parser takes it") from error


def repaired_xml(text: str, entities: dict[str, str]) -> str:
    """The text as XML that a parser takes whole.

    Each "&" and "<" that begins no markup is escaped, entities of HTML are characters, end tags without an element go,
    elements without an end tag are closed with the one around them, values of attributes are quoted.  Comments,
    instructions, controls and pieces of a tag that are no attribute are left out; half a character is U+FFFD.

    entities  those that the document declares, by name
    """
    open_names: list[str] = []
    counts: Counter[str] = Counter()

    def character(found: re.Match[str]) -> str:
        name = found[1]
        if name is None:
            shown = unescape(found[0]) if len(found[0]) > 1 else "&"
        else:
            shown = unescape(entities[name]) if name in entities else html5.get(f"{name};", found[0])
        return "".join(ESCAPED.get(each, each) for each in shown)

    def attribute_of(found: re.Match[str]) -> str:
        value = found[2] or found[3] or found[4] or ""
        value = value.replace('"', ESCAPED['"'])
        return f' {found[1]}="{value}"'

    def tag(found: re.Match[str]) -> str:
        slash, name, rest = found["slash"], found["name"], found["rest"]
        if name is None:
            return ESCAPED["<"]
        if not slash:
            empty = rest.endswith("/")
            if not ATTRIBUTES.fullmatch(rest):  # libxml2 may leave out an element for them
                rest = "".join(map(attribute_of, ATTRIBUTE.finditer(rest))) + "/" * empty
            if not empty:
                open_names.append(name)
                counts[name] += 1
            return f"<{name}{rest}>"
        if not counts[name]:
            return ""
        closed = last = ""
        while last != name:
            last = open_names.pop()
            counts[last] -= 1
            closed += f"</{last}>"
        return closed

    def repair(piece: str) -> str:
        piece = AMPERSAND.sub(character, piece) if "&" in piece else piece
        return TAG.sub(tag, piece.replace(CDATA_ENDS, f"]]{ESCAPED['>']}"))

    text = SURROGATE.sub("\ufffd", CONTROL.sub("", INSTRUCTION.sub("", text)))
    repaired = [piece if piece.startswith(CDATA_BEGINS) else repair(piece) for piece in _pieces(text)]
    return "".join([*repaired, *(f"</{name}>" for name in reversed(open_names))])


def _pieces(text: str) -> Iterator[str]:
    """CDATA sections and the pieces between them, without comments; what does not end goes to the end of the text."""
    at = 0
    for begin in SECTION_BEGINS.finditer(text):
        if begin.start() < at:
            continue
        yield text[at : begin.start()]
        ends = CDATA_ENDS if begin[0] == CDATA_BEGINS else COMMENT_ENDS
        end = text.find(ends, begin.end())
        at = len(text) if end == -1 else end + len(ends)
        if ends == CDATA_ENDS:
            yield text[begin.start() : at] + (CDATA_ENDS if end == -1 else "")
    yield text[at:]


def items_of(file: File, items: Sequence[Tag]) -> Iterator[tuple[int, Tag, str | None]]:
    """The items of a file as File.each has them: it is parsed whole, and an item found again by its number."""
    return file.each(zip(items[file.first[0] :], itertools.repeat(0)))


def left_out(file: File, record: int | None, item: Tag, reason: str) -> Quarantined:
    """An item that is no document."""
    return file.quarantined(record, reason, str(item)[:MAX_QUARANTINE_HEAD].encode("utf-8", "replace"))


def document(file: File, record: int | None, **fields: object) -> RawDocument:
    """A record of the fields that have a value."""
    return RawDocument(file.path, record, "fields", {k: v for k, v in fields.items() if v}, file.fetched_at)


def full_name(element: Tag) -> str:
    """An element's name with its prefix: "media:title" is no "title"."""
    prefixed = element.prefix and ":" not in element.name
    return f"{element.prefix}:{element.name}" if prefixed else element.name


def child(parent: Tag, *names: str) -> Tag | None:
    """The first child under any of the names, names in order."""
    by_name: dict[str, Tag] = {}
    for element in parent.contents:
        if isinstance(element, Tag):
            by_name.setdefault(full_name(element), element)
    return next((by_name[name] for name in names if name in by_name), None)


def text_in(element: object) -> str:
    """All text of an element in one line."""
    return " ".join(element.get_text(" ").split()) if isinstance(element, Tag) else ""


def markup_in(element: object) -> str:
    """Content of an element: its markup if it has elements inside, else its text, which may be escaped markup."""
    if not isinstance(element, Tag):
        return ""
    return element.decode_contents().strip() if element.find(True) else element.get_text().strip()


def attribute(element: object, name: str) -> str:
    value = element.attrs.get(name) if isinstance(element, Tag) else None
    return value.strip() if isinstance(value, str) else ""
