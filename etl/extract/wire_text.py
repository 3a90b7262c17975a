"""Extract: plain text and wire copy to a draft.  Pure.

The form is: headline (perhaps after a kicker), blank line, byline, blank line, paragraphs apart by blank lines, of
which the first may open with a dateline and the last ones may be trailers.  Each part may be missing.
"""

from __future__ import annotations

import re
from datetime import date
from itertools import pairwise
from typing import NamedTuple

from etl.extract.draft import Draft
from etl.extract.wire_patterns import (
    BYLINE_WITHIN,
    LEADS_BYLINE,
    SIGN_OFF,
    WORD,
    Dateline,
    is_role,
    is_trailer,
    parse_byline,
    parse_dateline,
    resolve_day,
    split_kicker,
)
from etl.text.dates import in_utc, parse_date
from schemas.article import Evidence

HEADLINE_WITHIN = 220  # characters; of 22,700 headlines in our samples none is longer
LONE_HEADLINE_WITHIN = 120  # characters, for a line that is all of the text
LONE_SENTENCE_WITHIN = 50  # characters, for one that is a sentence
SENTENCE_WORDS = 16  # a line of so many that ends in a period is a paragraph
SENTENCE = re.compile(r"(?:[a-zß-ÿ\d)\"”’]{2}\.|[.!?]\s+[A-Z].{10,}\.)[\"”’)]?$")
INNER_SENTENCE = re.compile(r"[a-zß-ÿ]{3}[.!?]\s")
DAY_LINE_WITHIN = 60  # characters
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
    byline, role, blocks = _byline(blocks)
    day_line, blocks = _day_line(blocks) if headline or byline else (None, blocks)
    authors, credit = (parse_byline(byline) if byline else None) or ((), None)
    body = _body(blocks)
    published_at = resolve_day(body.day, partition_date) if body.day else None
    if published_at is None and day_line and (moment := parse_date(day_line)):
        published_at = in_utc(moment)
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
        credit=credit or body.agency or role,
        dateline=body.dateline or day_line,
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
    parted = _is_parted(blocks)
    paragraphs, trailers = _trailers([paragraph for lines in blocks for paragraph in _paragraphs(lines, parted)])
    dateline, paragraphs = _dateline(paragraphs)
    printed, agency, day = (dateline.printed, dateline.agency, dateline.day) if dateline else (None, None, None)
    return Body("\n\n".join(paragraphs), printed, agency, day, "\n".join([*trailers, *sign_off]) or None)


def _blocks(text: str) -> list[list[str]]:
    """Lines of each block between blank lines, spaces at their edges cut off."""
    blocks: list[list[str]] = []
    block: list[str] = []
    for line in map(str.strip, text.split("\n")):
        if line:
            block.append(line)
        elif block:
            blocks.append(block)
            block = []
    return [*blocks, block] if block else blocks


def _headline(blocks: list[list[str]]) -> tuple[str, list[list[str]]]:
    """(headline, the rest); "" when the text begins with its body."""
    count = _headline_lines(blocks[0], blocks[1:]) if blocks else 0
    if not count:
        return "", blocks
    first, glued = blocks[0][:count], blocks[0][count:]
    return " ".join(first), [glued, *blocks[1:]] if glued else blocks[1:]


def _headline_lines(lines: list[str], rest: list[list[str]]) -> int:
    """How many of the first block's lines are a headline: set apart by a blank line, a byline or their own form.

    lines, rest  the first block, and the blocks below it

    A sentence that runs on into the next line is body, and so is a line that stands glued above hard-wrapped prose.
    """
    first = lines[0]
    if len(first) > HEADLINE_WITHIN or not any(map(str.isalpha, first)) or _opens_body(" ".join(lines[:2])):
        return 0
    if len(lines) == 1:
        return int(_stands_apart(first, rest))
    signed = next((i for i in range(1, min(len(lines), 4)) if _is_led_byline(lines[i])), 0)
    if signed:
        return signed if first[-1] not in ".:;" else 0
    capitals = next((i for i, line in enumerate(lines) if not _in_capitals(line)), 0)
    if 0 < capitals < 4 and not lines[capitals][0].islower() and lines[capitals].upper() != lines[capitals]:
        return capitals
    if all(len(line) > WRAPPED_WITHIN or line[-1] in '.!?"”’' for line in lines[1:]):  # a paragraph a line
        return int(first[-1] not in ".,;" and not lines[1][0].islower() and max(map(len, lines)) > WRAPPED_WITHIN)
    return len(lines) if rest and _is_wrapped_headline(lines, rest[0]) else 0


def _opens_body(text: str) -> bool:
    """Whether a text begins with a dateline that has an agency or a day, and prose behind it."""
    dateline = parse_dateline(text)
    if dateline is None or not (dateline.agency or dateline.day):
        return False
    prose = text[dateline.end :]
    return prose.upper() != prose and prose.count(" ") > 1


def _stands_apart(line: str, rest: list[list[str]]) -> bool:
    """Whether a line with a blank line below it is a headline, and not a paragraph, nor the first part of one."""
    sentence = SENTENCE.search(line) is not None and not line.isupper()
    if not rest:
        return len(line) <= LONE_HEADLINE_WITHIN and not (sentence and len(line) > LONE_SENTENCE_WITHIN)
    below = rest[0][0]
    if len(below) <= BYLINE_WITHIN and parse_byline(below):
        return True
    begins = next(filter(str.isalnum, below), "")
    runs_on = line[-1] in ",;" or (begins.islower() and line[-1] not in '.!?:"”' and not line.islower())
    return not runs_on and not (sentence and len(line.split()) >= SENTENCE_WORDS)


def _is_wrapped_headline(lines: list[str], below: list[str]) -> bool:
    """Whether a block of two or three lines above another block is one headline: no sentence, no table."""
    text = " ".join(lines)
    if len(lines) > 3 or len(text) > HEADLINE_WITHIN or text[-1] in ".,:;-" or INNER_SENTENCE.search(text):
        return False
    if is_trailer(lines[-1]):
        return False
    prose = _is_led_byline(below[0]) or parse_dateline(below[0]) or len(" ".join(below)) > len(text)
    return bool(prose) and 5 * sum(map(str.isdigit, text)) < len(text) and all(map(len, map(WORD.findall, lines)))


def _is_led_byline(line: str) -> bool:
    return len(line) <= BYLINE_WITHIN and LEADS_BYLINE.match(line) is not None and parse_byline(line) is not None


def _in_capitals(line: str) -> bool:
    """Whether a line is in capitals, and letters more than figures."""
    return line.isupper() and 2 * sum(map(str.isdigit, line)) < sum(map(str.isalpha, line))


def _day_line(blocks: list[list[str]]) -> tuple[str | None, list[list[str]]]:
    """(a line that is a date, the rest); looked for in three blocks below the headline."""
    for place, lines in enumerate(blocks[:3]):
        if len(lines[0]) <= DAY_LINE_WITHIN and WORD.search(lines[0]) and parse_date(lines[0]):
            rest = [lines[1:]] if len(lines) > 1 else []
            return lines[0], [*blocks[:place], *rest, *blocks[place + 1 :]]
    return None, blocks


def _byline(blocks: list[list[str]]) -> tuple[str | None, str | None, list[list[str]]]:
    """(byline, role in the line below it, the rest); looked for in three blocks: a standfirst may come before it."""
    for place, lines in enumerate(blocks[:3]):
        line = lines[0]
        if len(line) > BYLINE_WITHIN or not (place == 0 or LEADS_BYLINE.match(line)) or not parse_byline(line):
            continue
        below = lines[1:]
        role = below.pop(0) if below and is_role(below[0]) else None
        rest = [below] if below else []
        return line, role, [*blocks[:place], *rest, *blocks[place + 1 :]]
    return None, None, blocks


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


def _is_parted(blocks: list[list[str]]) -> bool:
    """Whether the text's words are parted at line ends: then many lines end in a hyphen, else few compounds do."""
    lines = [line for block in blocks for line in block]
    if sum([line[-1] == "-" for line in lines]) < 2:
        return False
    ends = sum(_is_hyphen_break(above, line) for above, line in pairwise(lines))
    return ends > 1 and 10 * ends >= len(lines)


def _is_hyphen_break(line: str, below: str) -> bool:
    return line[-1] == "-" and line[-2:-1].isalpha() and below[0].islower()


def _joined(lines: list[str], parted: bool) -> str:
    """The lines as one; a hyphen at a line's end is left out where words are parted, else kept ("long-term")."""
    if "-\n" not in "\n".join(lines):
        return " ".join(lines)
    pieces = lines[:1]
    for above, line in pairwise(lines):
        if not _is_hyphen_break(above, line):
            pieces.append(" ")
        elif parted:
            pieces[-1] = pieces[-1][:-1]
        pieces.append(line)
    return "".join(pieces)


def _paragraphs(lines: list[str], parted: bool) -> list[str]:
    """Paragraphs of one block.

    parted  whether words are parted at line ends

    Hard-wrapped prose is one paragraph on one line; a block with a long line has a paragraph on each line; a block of
    short lines (a list, a table, verse) is one paragraph that keeps its lines.
    """
    if len(lines) == 1:
        return lines
    if _wrapped(lines):
        return [_joined(lines, parted)]
    return lines if max(map(len, lines)) > WRAPPED_WITHIN else ["\n".join(lines)]
