"""Extract: plain text and wire copy to a draft.  Pure.

The form is: headline (perhaps after a kicker), blank line, byline, blank line, paragraphs apart by blank lines, of
which the first may open with a dateline and the last ones may be trailers.  Each part may be missing.
"""

from __future__ import annotations

import re
from datetime import date
from typing import NamedTuple

from etl.extract.draft import Draft
from etl.extract.wire_patterns import (
    BYLINE_WITHIN,
    LEADS_BYLINE,
    SIGN_OFF,
    Dateline,
    is_trailer,
    parse_byline,
    parse_dateline,
    resolve_day,
    split_kicker,
)
from schemas.records import Evidence

BLANK = re.compile(r"\n[ \t]*(?:\n[ \t]*)+|\n\s*\n")
HEADLINE_WITHIN = 220  # characters; of 22,700 headlines in our samples none is longer
LONE_HEADLINE_WITHIN = 120  # characters, for a block that stands alone and ends like a sentence
TRAILERS_AT_MOST = 6
SIGN_OFF_WITHIN = 10  # characters in which "Reuter" begins, where a paragraph ends in SIGN_OFF
WRAPPED_WITHIN = 100  # characters; no agency or editor wraps wider


class Body(NamedTuple):
    """The text below headline and byline, without its dateline and trailers, which are given as printed."""

    text: str
    dateline: str | None
    agency: str | None
    day: str | None
    trailer: str | None


def extract_text(text: str, partition_date: date | None) -> Draft:
    """Draft of a plain-text document; of an empty one, an empty draft.

    partition_date  resolves a dateline's day, which has no year
    """
    headline, blocks = _headline(_blocks(text))
    kicker, title = split_kicker(headline)
    byline, blocks = _byline(blocks)
    authors, credit = (parse_byline(byline) if byline else None) or ((), None)
    body = _body(blocks)
    published_at = resolve_day(body.day, partition_date) if body.day else None
    evidence: dict[str, Evidence] = {"title": "text"} if title else {}
    if authors:
        evidence["authors"] = "text"
    if published_at:
        evidence["published_at"] = "text"
    return Draft(
        title=title,
        body=body.text,
        kicker=kicker,
        byline=byline,
        authors=authors,
        credit=credit or body.agency,
        dateline=body.dateline,
        trailer=body.trailer,
        published_at=published_at,
        evidence=evidence,
    )


def extract_body(text: str, title: str, partition_date: date | None) -> Draft:
    """Draft of a text whose title stands elsewhere: body, dateline and trailers."""
    body = _body(_blocks(text))
    published_at = resolve_day(body.day, partition_date) if body.day else None
    return Draft(
        title=title,
        body=body.text,
        credit=body.agency,
        dateline=body.dateline,
        trailer=body.trailer,
        published_at=published_at,
        evidence={"published_at": "text"} if published_at else {},
    )


def _body(blocks: list[list[str]]) -> Body:
    blocks, sign_off = _sign_off(blocks)
    paragraphs, trailers = _trailers([paragraph for lines in blocks for paragraph in _paragraphs(lines)])
    dateline, paragraphs = _dateline(paragraphs)
    printed, agency, day = (dateline.printed, dateline.agency, dateline.day) if dateline else (None, None, None)
    return Body("\n\n".join(paragraphs), printed, agency, day, "\n".join([*trailers, *sign_off]) or None)


def _blocks(text: str) -> list[list[str]]:
    """Lines of each block between blank lines, spaces at their edges cut off."""
    return [lines for block in BLANK.split(text) if (lines := _lines(block))]


def _lines(block: str) -> list[str]:
    return list(filter(None, map(str.strip, block.split("\n"))))


def _headline(blocks: list[list[str]]) -> tuple[str, list[list[str]]]:
    """(first line, the rest); "" when the text begins with its body: too long for a headline, or one lone sentence."""
    if not blocks:
        return "", []
    first, *glued = blocks[0]  # a byline or the body may follow the headline without a blank line
    rest = [glued, *blocks[1:]] if glued else blocks[1:]
    lone_sentence = not rest and len(first) > LONE_HEADLINE_WITHIN and first[-1] in ".!?"
    opens_with_prose = len(glued) > 1 and _wrapped(blocks[0]) and parse_byline(glued[0]) is None
    if len(first) > HEADLINE_WITHIN or lone_sentence or opens_with_prose:
        return "", blocks
    return first, rest


def _byline(blocks: list[list[str]]) -> tuple[str | None, list[list[str]]]:
    """(byline, the rest); looked for in three blocks, since a standfirst may come before it."""
    for place, lines in enumerate(blocks[:3]):
        line = lines[0]
        if len(line) > BYLINE_WITHIN or not (place == 0 or LEADS_BYLINE.match(line)) or not parse_byline(line):
            continue
        rest = [lines[1:]] if len(lines) > 1 else []
        return line, [*blocks[:place], *rest, *blocks[place + 1 :]]
    return None, blocks


def _sign_off(blocks: list[list[str]]) -> tuple[list[list[str]], list[str]]:
    """(blocks, trailer lines): a trailer that is the last line of the last block, without a blank line before it."""
    if not blocks or len(blocks[-1]) < 2 or not is_trailer(blocks[-1][-1]):
        return blocks, []
    return [*blocks[:-1], blocks[-1][:-1]], [blocks[-1][-1]]


def _trailers(paragraphs: list[str]) -> tuple[list[str], list[str]]:
    """(paragraphs, trailers), both in printed order."""
    body = len(paragraphs)
    while body and len(paragraphs) - body < TRAILERS_AT_MOST and is_trailer(paragraphs[body - 1]):
        body -= 1
    paragraphs, trailers = paragraphs[:body], paragraphs[body:]
    if paragraphs and "Reuter" in paragraphs[-1][-SIGN_OFF_WITHIN:] and (sign_off := SIGN_OFF.search(paragraphs[-1])):
        trailers.insert(0, sign_off[0].strip())
        paragraphs[-1] = paragraphs[-1][: sign_off.start()]
    return paragraphs, trailers


def _dateline(paragraphs: list[str]) -> tuple[Dateline | None, list[str]]:
    """(dateline, paragraphs without it); looked for in two paragraphs, since a standfirst may come first."""
    for place, paragraph in enumerate(paragraphs[:2]):
        dateline = parse_dateline(paragraph)
        if dateline:
            return dateline, [*paragraphs[:place], paragraph[dateline.end :].lstrip(), *paragraphs[place + 1 :]]
    return None, paragraphs


def _wrapped(lines: list[str]) -> bool:
    """Whether the lines are one paragraph cut at a fixed width: nearly all but the last are long, none very long."""
    if len(lines) < 2:
        return False
    lengths = list(map(len, lines))
    long = len([length for length in lengths[:-1] if length >= 45])
    return long >= 0.8 * (len(lines) - 1) and max(lengths) <= WRAPPED_WITHIN


def _paragraphs(lines: list[str]) -> list[str]:
    """Paragraphs of one block.

    Hard-wrapped prose is one paragraph on one line; a block with a long line has a paragraph on each line; a block of
    short lines (a list, a table, verse) is one paragraph that keeps its lines.
    """
    if _wrapped(lines):
        return [" ".join(lines)]
    return lines if max(map(len, lines)) > WRAPPED_WITHIN else ["\n".join(lines)]
