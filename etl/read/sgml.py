"""Read: SGML of text collections: Reuters-21578; TREC, TIPSTER and Gigaword.  Pure; memory is that of one document."""

from __future__ import annotations

import html
import itertools
import re
from collections.abc import Iterator

from bs4.element import Tag

from etl.errors import Rejected
from etl.read.file import MAX_QUARANTINE_HEAD, File, ReadResults, text_lines, too_large
from etl.read.xml import document, parsed, text_in

REUTERS_ITEM = re.compile(r"<REUTERS\b([^<>]*)>")
REUTERS_ATTRIBUTE = re.compile(r'(?<!\w)(\w+)="([^"]*)"')  # without the first part, quadratic in a long word
DOC_BEGINS = re.compile(r"\s{0,100}+<DOC(?:\s[^<>]{0,1000})?>", re.IGNORECASE)
DOC_ENDS = re.compile(r"</DOC\s*>", re.IGNORECASE)
DOC_ID = re.compile(r"""\bid\s*=\s*["']([^"'<>]{1,200})""", re.IGNORECASE)
AROUND_DOCS = re.compile(
    r"\s{0,100}+(?:</?(?:DOCS|ROOT|DATA|add|collection|xml)\b[^<>]*>|<\?[^<>]*>|<![^<>]*>)\s*$", re.IGNORECASE
)
PARAGRAPH = re.compile(r"\s{0,100}+</?(?:P|BR|PARAGRAPH)\s*/?>\s*", re.IGNORECASE)
TAG = re.compile(r"<[/!?]?[A-Za-z][^<>]{0,1000}>")
INDENTED = re.compile(r"\n(?:[ \t]{2,}|\t)(?=\S)")
DAY_IN_ID = re.compile(r"(?<!\d)((?:19|20)\d\d)([01]\d)([0-3]\d)(?!\d)")
DAY_IN_OLD_ID = re.compile(r"(?<=[A-Z])([6-9]\d)([01]\d)([0-3]\d)(?=-)")  # AP880212-0001
# Names of elements in the collections of TREC, TIPSTER and LDC, for each of our fields.
ELEMENTS = {
    "id": ("DOCNO", "DOCID"),
    "title": ("HEADLINE", "HEAD", "HL", "TI", "TITLE", "H3"),
    "byline": ("BYLINE", "AUTHOR", "BY"),
    "dateline": ("DATELINE",),
    "date": ("DATE_TIME", "DATETIME", "DATE1", "DATE", "DD", "PUBDATE"),
    "section": ("SECTION",),
    "site": ("SOURCE", "SO"),
    "url": ("URL",),
    "body": ("TEXT", "BODY", "LEADPARA", "CONTENT"),
}


def read_reuters(file: File) -> ReadResults:
    """Stories of a file of Reuters-21578, SGML without a document type: each is made XML and parsed by itself."""
    text = file.whole().decode("latin-1")  # its few bytes above ASCII are noise
    items = itertools.islice(_reuters_items(text), file.first[0], None)
    for record, (attributes, inside), lost in file.each(zip(items, itertools.repeat(0))):
        try:
            if lost:
                raise Rejected("read", lost)
            soup = parsed(f"<REUTERS>{inside}</REUTERS>")
        except Rejected as error:
            yield file.quarantined(record, error.reason, inside[:MAX_QUARANTINE_HEAD].encode("latin-1"))
            continue
        whole, inner = soup.find("TEXT"), soup.find("BODY")
        body = inner.get_text().strip() if isinstance(inner, Tag) else ""
        if not body and isinstance(whole, Tag):  # briefs have a title only, unprocessed stories no parts at all
            body = "\n".join(piece for piece in whole.find_all(string=True, recursive=False)).strip()
        yield document(
            file,
            record,
            id=dict(REUTERS_ATTRIBUTE.findall(attributes)).get("NEWID", ""),
            title=text_in(soup.find("TITLE")),
            byline=text_in(soup.find("AUTHOR")),
            dateline=text_in(soup.find("DATELINE")),
            date=" ".join(text_in(soup.find("DATE")).split()[:2]),  # a few have marks of the wire after the time
            body=re.sub(r"\n {2,}", "\n\n", body),
            language="en",
        )


def _reuters_items(text: str) -> Iterator[tuple[str, str]]:
    """Attributes and content of each item; one whose end is missing ends where the next begins."""
    starts = list(REUTERS_ITEM.finditer(text))
    for start, after in itertools.zip_longest(starts, starts[1:]):
        yield start[1], text[start.end() : after.start() if after else None].partition("</REUTERS>")[0]


def read_trec(file: File) -> ReadResults:
    """Documents between <DOC> and </DOC>; one without an end ends where the next begins.

    Text outside of them is quarantined, a piece between two documents as one.
    """
    docs = _docs(text_lines(file, file.first[1]), file.first[1], file.max_bytes)
    for record, (is_document, text), lost in file.each(docs):
        head = text[:MAX_QUARANTINE_HEAD].encode("utf-8", "replace")
        if lost:
            yield file.quarantined(record, lost, head)
        elif not is_document:
            yield file.quarantined(record, "no record: text outside of <DOC>", head)
        elif len(text) > file.max_bytes:
            yield file.quarantined(record, too_large(file.max_bytes), head)
        else:
            yield document(file, record, **_fields(text))


def _docs(lines: Iterator[tuple[str, int]], at: int, max_characters: int) -> Iterator[tuple[tuple[bool, str], int]]:
    """((whether it is a document, its text), where the next begins) of each piece.

    Of one that is too long, more than may be is kept.

    at  the byte where the lines begin
    """
    held: list[str] = []
    inside, size = False, 0
    for line, end in lines:
        begins = DOC_BEGINS.match(line)
        if begins and held:
            yield (inside, "".join(held)), at
            held, size = [], 0
        inside = inside or begins is not None
        ends = DOC_ENDS.search(line) if inside else None
        if size <= max_characters and (inside or not (AROUND_DOCS.match(line) or not line.strip())):
            held.append(line)
            size += len(line)
        at = end
        if ends:
            yield (True, "".join(held)), at
            held, size, inside = [], 0, False
    if held:
        yield (inside, "".join(held)), at


def _fields(text: str) -> dict[str, object]:
    found: dict[str, object] = {}
    for field, names in ELEMENTS.items():
        pieces = next((pieces for name in names if (pieces := list(_contents(text, name)))), [])
        found[field] = "\n\n".join(pieces) if field == "body" else " ".join(" ".join(pieces).split())
    opening = DOC_BEGINS.match(text)
    if not found["id"] and opening and (named := DOC_ID.search(opening[0])):
        found["id"] = named[1]
    if not found["date"]:
        found["date"] = _day_in(str(found["id"]))
    if not (found["body"] or found["title"]):
        found["body"] = _shown(text)
    return found


def _contents(text: str, name: str) -> Iterator[str]:
    """What a reader sees of each element of that name; one without an end goes to the next tag of that name."""
    for piece in re.split(rf"<{name}(?:\s[^<>]{{0,1000}})?>", text, flags=re.IGNORECASE)[1:]:
        shown = _shown(re.split(rf"</{name}\s*>|</DOC\s*>", piece, maxsplit=1, flags=re.IGNORECASE)[0])
        if shown:
            yield shown


def _shown(text: str) -> str:
    """Text without tags, paragraphs apart by a blank line: marked, or indented as on the wire."""
    text = TAG.sub(" ", PARAGRAPH.sub("\n\n", text))
    return html.unescape(INDENTED.sub("\n\n", text)).strip()


def _day_in(name: str) -> str:
    """The day in an id such as NYT_ENG_20040103.0012 or AP880212-0001."""
    if found := DAY_IN_ID.search(name):
        return "-".join(found.groups())
    old = DAY_IN_OLD_ID.search(name)
    return f"19{old[1]}-{old[2]}-{old[3]}" if old else ""
