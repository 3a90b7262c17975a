"""Read: files that are one document each: text, page, saved page, Markdown.  Pure."""

from __future__ import annotations

import email
import email.policy
import itertools
import re
from collections.abc import Callable

from etl.errors import Rejected
from etl.read.file import File, ReadResults
from etl.read.front_matter import front_matter
from etl.text.decode import decode
from schemas.records import RawDocument

FIRST_LINE = re.compile(r"\s*+([^\n]*+)(?:\n|\Z)")
UNDERLINE = re.compile(r"=++[ \t]*+(?:\n|\Z)")
FENCES = ("```", "~~~")
MAX_PARTS = 10_000  # of a saved page: its pictures are parts
MAX_TYPE = 2_000  # characters of a Content-Type
MAX_COMMENT = 20_000  # characters, beyond which a comment's mark was none
# What a reader sees of Markdown, mark by mark, in this order.  Each is bounded: marks may never be closed.
MARKS: tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = (
    (re.compile(r"!\[[^\]]{0,1000}+\]\([^)\s]{0,2000}+(?:[ \t]{1,20}+\"[^\"]{0,1000}+\")?\)"), ""),
    (
        re.compile(
            r"\[([^\]]{1,1000}+)\](?:\([^)\s]{0,2000}+(?:[ \t]{1,20}+\"[^\"]{0,1000}+\")?\)|\[[^\]]{0,1000}+\])"
        ),
        r"\1",
    ),
    (re.compile(r"^\[[^\]\n]++\]:[ \t]*+\S.*$", re.MULTILINE), ""),
    (re.compile(r"^[ \t]{0,3}#{1,6}[ \t]++([^\n]*+)$", re.MULTILINE), lambda found: _heading(found[1])),
    (re.compile(r"^[ \t]{0,3}(?:=++|-{3,}+|\*{3,}+|_{3,}+)[ \t]*+$", re.MULTILINE), ""),
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
    """The file as a record: its front matter, its first heading, its text."""
    text = decode(file.whole()).removeprefix("\ufeff").replace("\r\n", "\n")
    fields, text = front_matter(text)
    first = FIRST_LINE.match(text)
    if first and (under := UNDERLINE.match(text, first.end())) and first[1]:
        fields.setdefault("title", shown(first[1]))
        text = text[under.end() :]
    elif first and first[1].startswith(("# ", "#\t")) and (title := _heading(first[1][1:].lstrip())):
        fields.setdefault("title", shown(title))
        text = text[first.end() :]
    yield RawDocument(file.path, None, "fields", {**fields, "body": shown(text)}, file.fetched_at)


def read_mhtml(file: File) -> ReadResults:
    """The page of a web archive (.mhtml): its first HTML part, with the address it was saved from."""
    try:
        # Headers as they are: the parser of structured ones takes cubic time in nested comments.
        message = email.message_from_bytes(file.whole(), policy=email.policy.compat32)
        parts = list(itertools.islice(message.walk(), MAX_PARTS))
    except RecursionError:
        raise Rejected("read", "hostile: nested too deep") from None
    for part in parts:
        if part.get_content_type() == "text/html" and len(str(part["Content-Type"])) <= MAX_TYPE:
            content = part.get_payload(decode=True)
            if isinstance(content, bytes):
                url = part.get("Content-Location") or message.get("Snapshot-Content-Location")
                charset = part.get_content_charset()
                yield RawDocument(file.path, None, "html", content, file.fetched_at, url and str(url), charset)
                return
    raise Rejected("read", "no page: a MIME message without an HTML part")


def shown(markdown: str) -> str:
    """What a reader sees of Markdown; lists keep their marks."""
    markdown = _without_comments(_without_fences(markdown))
    for mark, seen in MARKS:
        markdown = mark.sub(seen, markdown)
    return markdown.strip()


def _heading(text: str) -> str:
    """The text of a heading without the marks that may close it."""
    return text.rstrip(" \t").rstrip("#").rstrip(" \t")


def _without_fences(text: str) -> str:
    """The text without the lines that fence code in; a fence that is not closed is no fence."""
    if "```" not in text and "~~~" not in text:
        return text
    lines = text.split("\n")
    last = {line.rstrip(" \t"): number for number, line in enumerate(lines) if line[:3] in FENCES}
    kept, fence = list[str](), ""
    for number, line in enumerate(lines):
        if fence:
            if line.rstrip(" \t") == fence:
                fence = ""
                continue
        elif line[:3] in FENCES and last.get(line[:3], -1) > number:
            fence = line[:3]
            continue
        kept.append(line)
    return "\n".join(kept)


def _without_comments(text: str) -> str:
    pieces, at, end = list[str](), 0, -1
    while (begin := text.find("<!--", at)) >= 0:
        if end < begin + 4:
            end = text.find("-->", begin + 4)
        if end < 0:
            break
        comment = end - begin <= MAX_COMMENT
        pieces.append(text[at : begin if comment else begin + 4])
        at = end + 3 if comment else begin + 4
    return "".join([*pieces, text[at:]])
