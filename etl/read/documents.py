"""Read: files that are one document each: text, page, saved page, Markdown.  Pure."""

from __future__ import annotations

import email
import email.policy
import re
from email.message import EmailMessage

from etl.errors import Rejected
from etl.read.file import File, ReadResults
from etl.text.decode import decode
from schemas.records import RawDocument

FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?)\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
FRONT_LINE = re.compile(r"^([A-Za-z][\w -]*):[ \t]*(\S.*)$", re.MULTILINE)
FIRST_HEADING = re.compile(r"\A\s*(?:#[ \t]+(?P<hashed>[^\n]+?)[ \t]*#*|(?P<underlined>[^\n]+)\n=+)[ \t]*(?:\n|\Z)")
# What Markdown marks up, and what a reader sees of it; in this order.  Each is bounded: marks may never be closed.
MARKS = (
    (re.compile(r"^(```|~~~)[^\n]*\n(.*?)^\1[ \t]*$", re.MULTILINE | re.DOTALL), r"\2"),
    (re.compile(r"<!--.{0,20000}?-->", re.DOTALL), ""),
    (re.compile(r"!\[[^\]]{0,1000}\]\([^)\s]*(?:[ \t]+\"[^\"]*\")?\)"), ""),
    (re.compile(r"\[([^\]]{1,1000})\](?:\([^)\s]*(?:[ \t]+\"[^\"]*\")?\)|\[[^\]]*\])"), r"\1"),
    (re.compile(r"^\[[^\]\n]+\]:[ \t]*\S+.*$", re.MULTILINE), ""),
    (re.compile(r"^[ \t]{0,3}#{1,6}[ \t]+(.*?)[ \t]*#*$", re.MULTILINE), r"\1"),
    (re.compile(r"^[ \t]{0,3}(?:=+|-{3,}|\*{3,}|_{3,})[ \t]*$", re.MULTILINE), ""),
    (re.compile(r"^[ \t]{0,3}>[ \t]?", re.MULTILINE), ""),
    (re.compile(r"(?<![\w\\])(\*\*\*|\*\*|\*|___|__|_)(?=\S)(.{1,500}?)(?<=\S)\1(?!\w)", re.DOTALL), r"\2"),
    (re.compile(r"`([^`\n]+)`"), r"\1"),
    (re.compile(r"\\([\\`*_{}\[\]()#+\-.!>])"), r"\1"),
)


def read_text(file: File) -> ReadResults:
    """The file as one text."""
    yield RawDocument(file.path, None, "text", file.whole(), file.fetched_at)


def read_html(file: File) -> ReadResults:
    """The file as one page."""
    yield RawDocument(file.path, None, "html", file.whole(), file.fetched_at)


def read_markdown(file: File) -> ReadResults:
    """The file as a record: its front matter (simple `name: value` lines), its first heading as title, its text."""
    text = decode(file.whole()).removeprefix("\ufeff").replace("\r\n", "\n")
    fields: dict[str, object] = {}
    front = FRONT_MATTER.match(text)
    if front:
        fields = {name: value.strip(" \t\"'") for name, value in FRONT_LINE.findall(front[1])}
        text = text[front.end() :]
    heading = FIRST_HEADING.match(text)
    if heading:
        fields.setdefault("title", shown(heading["hashed"] or heading["underlined"]))
        text = text[heading.end() :]
    yield RawDocument(file.path, None, "fields", {**fields, "body": shown(text)}, file.fetched_at)


def read_mhtml(file: File) -> ReadResults:
    """The page of a web archive (.mhtml): its first HTML part, with the address it was saved from."""
    message = email.message_from_bytes(file.whole(), policy=email.policy.default)
    for part in message.walk():
        if isinstance(part, EmailMessage) and part.get_content_type() == "text/html":
            content = part.get_payload(decode=True)
            if isinstance(content, bytes):
                url = part.get("Content-Location") or message.get("Snapshot-Content-Location")
                charset = part.get_content_charset()
                yield RawDocument(file.path, None, "html", content, file.fetched_at, url and str(url), charset)
                return
    raise Rejected("read", "no page: a MIME message without an HTML part")


def shown(markdown: str) -> str:
    """What a reader sees of Markdown; lists keep their marks."""
    for mark, seen in MARKS:
        markdown = mark.sub(seen, markdown)
    return markdown.strip()
