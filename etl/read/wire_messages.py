"""Read: messages as agencies send them over a wire, by IPTC 7901 or its American sister ANPA 1312.  Pure.

    SOH a header: service and number, urgency, category, words
    STX a keyword line, headline, byline and text, in lines of some 70 characters; paragraphs are indented
    ETX when it was sent
    EOT

A file may hold many, with fill characters between them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from etl.read.file import MAX_QUARANTINE_HEAD, File, ReadResults, text_lines, too_large
from schemas.records import RawDocument

BEGINS = re.compile(rb"[\s\x00\x04\x16\x7f]{0,1000}\x01[^\x00-\x08\x0e-\x1f]{2,500}\x02")
HEADER, TEXT, SENT, OVER = "\x01", "\x02", "\x03", "\x04"
MAX_KEYWORDS = 8  # words of a keyword line
KEYWORDS = re.compile(r"(?=\S)(.{1,100}?)(?:,\s?\d{2,5})$|([A-Z]{2}-\S.{0,100}|[^\s/]+(?:/[^\s/]*)+)$")
MARK = re.compile(r"[<=]$")  # behind a headline (AP, dpa, AFP) or a line of a byline (AP)
LEADS_BYLINE = re.compile(r"\^?\s*by\s", re.IGNORECASE)
INDENT = re.compile(r"[ \t]{2}")
# "041755 GMT MAR 98", "041755 Mrz 98"; "AP-NY-03-04-98 1755EST".
SENT_IPTC = re.compile(r"\b(\d\d)(\d\d)(\d\d)\s{0,3}([A-Z]{1,5})?\s{0,3}([^\W\d]{3,9})\.?\s{1,3}(\d{4}|\d\d)\b")
SENT_ANPA = re.compile(r"\b(\d\d)-(\d\d)-(\d\d)\s{1,3}(\d\d)(\d\d)\s?([A-Z]{1,4})?\b")


def read_wire_messages(file: File) -> ReadResults:
    """A record a message; one without a text is quarantined."""
    at = file.first[1]
    for record, message, lost in file.each(_messages(text_lines(file, at), file.max_bytes)):
        head = message[:MAX_QUARANTINE_HEAD].encode("utf-8", "replace")
        if lost or len(message) > file.max_bytes:
            yield file.quarantined(record, lost or too_large(file.max_bytes), head)
            continue
        fields = {name: value for name, value in _fields(message).items() if value}
        if fields.get("body"):
            yield RawDocument(file.path, record, "fields", fields, file.fetched_at)
        else:
            yield file.quarantined(record, "no record: a message of a wire without a text", head)


def _messages(lines: Iterator[tuple[str, int]], max_characters: int) -> Iterator[tuple[str, int]]:
    """Messages, each with the byte where the line begins in which the next one does."""
    held: list[str] = []
    size = end = 0
    for line, after in lines:
        before, begins, header = line.partition(HEADER)
        if begins:
            if held:
                yield "".join([*held, before]), end
            held, size = [header], 0
        elif held and size <= max_characters:
            held.append(line)
            size += len(line)
        end = after
    if held:
        yield "".join(held), end


def _fields(message: str) -> dict[str, str]:
    text, _, after = message.partition(TEXT)[2].partition(SENT)
    lines = [line.rstrip() for line in text.splitlines()]
    while lines and not lines[0]:
        del lines[0]
    keywords = KEYWORDS.match(MARK.sub("", lines[0]).strip(" ^")) if lines else None
    if keywords and len(keywords[0].split()) <= MAX_KEYWORDS:
        del lines[0]
        keyword = keywords[1] or keywords[2]
    else:
        keyword = ""
    body = "\n\n".join("\n".join(block) for block in _blocks(lines))
    return {"slugline": keyword, "date": _sent(after.partition(OVER)[0]), "body": body.replace(" _ ", " — ")}


def _blocks(lines: Sequence[str]) -> Iterator[list[str]]:
    """Paragraphs and headings, each as its lines."""
    is_indented = not all(INDENT.match(line) for line in lines if line)  # a text that is indented as a whole is not
    block: list[str] = []
    was_heading = was_byline = False
    for line in [*lines, ""]:
        marked = line.startswith("^") or MARK.search(line) is not None
        byline = marked and (LEADS_BYLINE.match(line) is not None or (was_byline and line[-1:] == "="))
        begins = not line or marked or was_heading or (is_indented and INDENT.match(line) is not None)
        if begins and not (byline and was_byline) and block:
            yield block
            block = []
        was_heading, was_byline = marked, byline
        if line:
            block.append(MARK.sub("", line).strip(" \t^") if marked else line.strip())


def _sent(line: str) -> str:
    """When a message was sent, as dates are written; "" where it does not say so in full."""
    if found := SENT_ANPA.search(line):
        month, day, year, hour, minute, zone = found.groups()
        return f"{_year(year)}-{month}-{day} {hour}:{minute} {zone or ''}".strip()
    if found := SENT_IPTC.search(line):
        day, hour, minute, zone, month, year = found.groups()
        return f"{day} {month} {_year(year)} {hour}:{minute} {zone or ''}".strip()
    return ""


def _year(digits: str) -> str:
    """Of two digits one of 1950 to 2049."""
    return digits if len(digits) == 4 else f"{19 if digits >= '50' else 20}{digits}"
