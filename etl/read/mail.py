"""Read: mail, a record a message: .eml and mbox.  Pure; memory is that of one message."""

from __future__ import annotations

import email
import email.policy
import itertools
import re
from collections.abc import Iterator
from email.header import decode_header, make_header
from email.message import Message
from email.utils import parseaddr

from etl.read.documents import MAX_PARTS, MAX_TYPE
from etl.read.file import MAX_QUARANTINE_HEAD, File, ReadResults, too_large
from etl.text.decode import decode
from schemas.records import Quarantined, RawDocument

MBOX_BEGINS = re.compile(rb"From [^\r\n]{0,200}\d\d:\d\d[^\r\n]{0,40}\d{4}[^\r\n]{0,40}\r?\n")
HEADER_LINE = re.compile(rb"(?:[!-9;-~]{1,70}:|[ \t])[^\r\n]*\r?\n")
QUOTED_FROM = re.compile(rb"^>(>*From )", re.MULTILINE)
HEADERS = ("from:", "to:", "subject:", "date:", "message-id:", "received:", "return-path:", "mime-version:",
           "content-type:", "reply-to:", "delivered-to:", "sender:", "x-mailer:")  # fmt: skip
LEAST_HEADERS = 3  # of these, in a text that is a message; prose may begin with "Date:"
MAX_HEADER = 20_000  # characters, of which the words are decoded: that takes the square of their number
MUCH_LONGER = 4  # times as much text in HTML as in the plain part says that the plain part is a notice
TAGS = re.compile(r"<[^<>]{0,2000}>")


def is_mbox(head: str) -> bool:
    """Whether a text begins like an mbox: a line of the day it came, then a header."""
    begin = MBOX_BEGINS.match(head[:500].encode("utf-8", "replace"))
    return begin is not None and HEADER_LINE.match(head.encode("utf-8", "replace"), begin.end()) is not None


def is_message(head: str) -> bool:
    """Whether a text begins like a message: with headers, several of which every mail has."""
    found = set()
    for line in head[:8192].splitlines():
        if line[:1] not in (" ", "\t"):
            name, colon, _ = line.partition(":")
            if not colon or " " in name:
                break
            found.add(f"{name.lower()}:")
    return len(found.intersection(HEADERS)) >= LEAST_HEADERS


def read_mail(file: File) -> ReadResults:
    """The one message of a file."""
    yield _record(file, None, file.whole())


def read_mbox(file: File) -> ReadResults:
    """Messages in their order.  A line "From …" begins one only where a header follows."""
    for record, (content, cut), lost in file.each(_messages(file)):
        if lost or cut:
            yield file.quarantined(record, lost or too_large(file.max_bytes), content)
        else:
            yield _record(file, record, QUOTED_FROM.sub(rb"\1", content))


def _messages(file: File) -> Iterator[tuple[tuple[bytes, bool], int]]:
    """((a message without the line before it, whether the rest of it is left out), where the next begins) of each."""
    at = file.first[1]
    stream = file.from_byte(at)
    held: list[bytes] = []
    size, before, line = 0, b"\n", stream.readline(file.max_bytes)
    while line:
        after = stream.readline(file.max_bytes)
        if not before.strip() and MBOX_BEGINS.fullmatch(line) and HEADER_LINE.fullmatch(after):
            if any(piece.strip() for piece in held):
                yield (b"".join(held), size > file.max_bytes), at
            held, size = [], 0
        else:
            if size <= file.max_bytes:
                held.append(line)
            size += len(line)
        at += len(line)
        before, line = line, after
    if any(piece.strip() for piece in held):
        yield (b"".join(held), size > file.max_bytes), at


def _record(file: File, record: int | None, content: bytes) -> RawDocument | Quarantined:
    try:
        message = email.message_from_bytes(content, policy=email.policy.compat32)
        body = _body(message)
    except RecursionError:
        return file.quarantined(record, "hostile: nested too deep", content)
    if not body:
        return file.quarantined(record, "empty: a message without text", content[:MAX_QUARANTINE_HEAD])
    sender, address = parseaddr(_header(message, "From"))
    fields = {
        "title": _header(message, "Subject"),
        "body": body,
        "author": sender if sender != address else "",
        "date": _header(message, "Date"),
        "url": _header(message, "Archived-At").strip("<>"),
        "id": _header(message, "Message-ID").strip("<> "),
    }
    return RawDocument(file.path, record, "fields", {k: v for k, v in fields.items() if v}, file.fetched_at)


def _body(message: Message) -> str:
    """The text of a message: its plain part, or its HTML where the plain part says no more than that there is one."""
    found: dict[str, str] = {}
    for part in itertools.islice(message.walk(), MAX_PARTS):
        if len(str(part["Content-Type"])) > MAX_TYPE:
            continue
        kind = part.get_content_type()
        if kind not in ("text/plain", "text/html") or part.get_content_disposition() == "attachment":
            continue
        payload = part.get_payload(decode=True)
        if isinstance(payload, bytes) and payload.strip():
            text = decode(payload, _charset(part)).replace("\r\n", "\n").strip()
            found.setdefault(kind, text)
    plain, page = found.get("text/plain", ""), found.get("text/html", "")
    return page if len(TAGS.sub("", page)) > MUCH_LONGER * len(plain) else plain or page


def _charset(part: Message) -> str | None:
    try:
        return part.get_content_charset()
    except (LookupError, ValueError):  # a label that is no text
        return None


def _header(message: Message, name: str) -> str:
    value = message.get(name) or ""
    try:
        long = len(str(value)) > MAX_HEADER
        return " ".join(str(value if long else make_header(decode_header(value))).split())
    except (LookupError, ValueError):  # an encoded word in no charset
        return " ".join(str(value).split())
