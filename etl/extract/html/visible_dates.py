"""Metadata: the day of an article as the page prints it, told from all other days on the page.  Pure.

Every date near the beginning of a line is a candidate.  A logistic model weighs where it stands, how its elements are
named and how many like it there are; benchmarks/train_dates.py fits it on pages whose day is known and says how often
it is right.  A day in running text or among comments and teasers scores low, and a page where no candidate scores high
stays undated: a search that takes any date invents one on 98 of 100 such pages.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import NamedTuple

from etl.extract.html.lines import HEADINGS, Line
from etl.extract.html.page import Page
from etl.extract.html.titles import headline_of
from etl.text.dates import FoundDate, find_dates

DATE_NAMES = re.compile(r"date|time|publish|posted|stamp|datum|fecha|tarih|created|aktual", re.IGNORECASE)
META_NAMES = re.compile(r"meta|info|by-?line|author|submitted|credit|autor|kicker|entry-|post-?head", re.IGNORECASE)
COMMENT_NAMES = re.compile(r"comment|kommentar|reply|reactie|discussion", re.IGNORECASE)
OTHER_NAMES = re.compile(
    r"related|teaser|sidebar|widget|recent|popular|latest|recommend|footer|event|termin|next|prev|card|archive",
    re.IGNORECASE,
)
UPDATED = re.compile(r"updat|aktual|modif|geänd|edited|mis à jour|actualiz|aggiorn|last|zuletzt", re.IGNORECASE)
# Words before a day that make it the day of something else: birth, an event, a broadcast, the end of a term.
OF_ELSE = re.compile(
    r"birth|born|geb(?:\.|oren|urt)|naissance|nacimi|nascita|kinostart|release|erscheint|termin|deadline|until|bis\W*$"
    r"|sendung|broadcast|aired|valid|gültig|begin|start|ends?\b|ende\b|bewertung|rating|verfügbar",
    re.IGNORECASE,
)
# Words before a day that is certainly no day of publication: of a birth; of a manuscript on its way to print.
OTHER_DAY = re.compile(
    r"\b(?:birth|born|geboren|geburt|naissance|nacimiento|nascita)"
    r"|\b(?:received|accepted|eingegangen|angenommen|reçu|accepté|recibido|aceptado|ricevuto|accettato)(?:\s+am)?\W*$",
    re.IGNORECASE,
)
LABELS = re.compile(
    rf"{UPDATED.pattern}|publi|pubbl|posted|veröff|erschien|stand|datum|date|written|geschrieben|erstellt|created|fecha"
    r"|^(?:by|von|par|por)\b",
    re.IGNORECASE,
)
DIGIT = re.compile(r"\d")
LOOKED_WITHIN = 160  # characters of a line; a date further in is part of the story
SHORT = 120  # characters; a longer line is a paragraph
MAX_PER_LINE = 2  # "Published … Updated …"
MAX_LINES = 150  # with a digit, the nearest to the headline
TOLD_AFTER = 3  # words of a sentence before a date
MANY_DAYS = 8  # on a page; more tell no more
LABEL_WITHIN = 40  # characters before a date
ABOVE = 6  # elements above a line's own whose names are looked at
INSIDE = 12  # elements below it
HEADING_REST = 12  # characters of a heading beside a date, which make the date part of its story
NEAR = 0.4  # five lines below the headline

WEIGHTS = {
    "base": -0.650,
    "near": 5.341,
    "right_after": -0.929,
    "date_name": 0.281,
    "meta_name": 0.082,
    "comment_name": -1.136,
    "other_name": -0.001,
    "updated": 0.709,
    "starts_line": 0.433,
    "rest": -0.581,
    "instant": 0.903,
    "link": -0.222,
    "paragraph": -1.297,
    "dateline": 2.073,
    "heading": -0.047,
    "named_near": 0.972,
    "of_else": -2.108,
    "no_headline": 0.374,
    "alike": -0.715,
    "days": -1.482,
    "repeated": 1.711,
    "second": -1.640,
}
"""Log odds that each feature adds; see benchmarks/train_dates.py."""
SURE = 0.8
"""Probability from which a printed day is taken before one that a weak source gives."""
LIKELY = 0.15
"""Probability from which a printed day is taken where no other source gives one."""


class Candidate(NamedTuple):
    """A date on a page, and its features by the names of WEIGHTS but "base"."""

    moment: datetime
    features: dict[str, float]

    @property
    def probability(self) -> float:
        """That it is the article's day."""
        odds = WEIGHTS["base"] + sum(WEIGHTS[name] * value for name, value in self.features.items())
        return 1 / (1 + math.exp(-max(-50.0, min(50.0, odds))))


def printed_day(page: Page, lines: list[Line], title: str, locale: str | None) -> tuple[datetime, float] | None:
    """(moment, probability) of the likeliest date on a page; None if there is none.

    lines   of the whole page, in order
    title   the article's, by which its headline is found
    locale  language tag of the page, which decides the order of day and month
    """
    found = max(candidates(page, lines, title, locale), key=lambda one: one.probability, default=None)
    return (found.moment, found.probability) if found else None


def candidates(page: Page, lines: list[Line], title: str, locale: str | None) -> list[Candidate]:
    """All dates that may be the article's, in the order of the page."""
    headline = headline_of(lines, title)
    middle = headline or 0
    dated = [i for i, line in enumerate(lines) if line.tag != "figcaption" and DIGIT.search(line.text[:LOOKED_WITHIN])]
    dated.sort(key=lambda i: abs(i - middle))
    found = [
        (i, nth, date)
        for i in sorted(dated[:MAX_LINES])
        for nth, date in enumerate(islice(find_dates(lines[i].text[:LOOKED_WITHIN], locale), MAX_PER_LINE))
        if not _is_told(lines, i, date)
    ]
    kinds = Counter(_kind(page, lines[i]) for i, _, _ in found)
    days = Counter(date.moment.date() for _, _, date in found)
    return [
        Candidate(date.moment, {
            **_of_line(page, lines[i], date, i - middle),
            "of_else": float(OF_ELSE.search(_before(lines, i, date)) is not None),
            "no_headline": float(headline is None),
            "alike": math.log(kinds[_kind(page, lines[i])]),
            "days": math.log(min(MANY_DAYS, len(days))),
            "repeated": math.log(days[date.moment.date()]),
            "second": float(nth),
        })
        for i, nth, date in found
    ]  # fmt: skip


def _kind(page: Page, line: Line) -> tuple[str, ...]:
    """Tag and class of a line's element and its parent: the dates of a list have the same."""
    above = page.parent[line.element]
    return line.tag, page.attribute(line.element, "class"), page.tag[above], page.attribute(above, "class")


def _before(lines: list[Line], i: int, date: FoundDate) -> str:
    """What stands before a date: its line's beginning, or the line before, if that is as short as a label."""
    own = lines[i].text[max(0, date.start - LABEL_WITHIN) : date.start]
    return own or (lines[i - 1].text if i and len(lines[i - 1].text) < LABEL_WITHIN else "")


def _is_told(lines: list[Line], i: int, date: FoundDate) -> bool:
    """Whether a date is told in a sentence, or is labelled as another day, rather than printed over an article."""
    before = _before(lines, i, date)
    own = lines[i].text[: date.start].split()
    sentence = len(own) >= TOLD_AFTER and lines[i].text[-1] in ".!?" and LABELS.search(before) is None
    return sentence or OTHER_DAY.search(before) is not None


def _of_line(page: Page, line: Line, date: FoundDate, distance: int) -> dict[str, float]:
    """Features of a date by its line; above the headline, each line of the distance counts three times."""
    element, end = line.element, min(page.end[line.element], line.element + INSIDE)
    inside = [i for i in range(element, end) if page.tag[i]]
    names = " ".join(page.names(i) for i in [*inside, page.parent[element]])
    before = line.text[max(0, date.start - LABEL_WITHIN) : date.start]
    rest = min(len(line.text), LOOKED_WITHIN) - (date.end - date.start)
    near = 3 / (3 + (distance if distance >= 0 else -3 * distance))
    dated = DATE_NAMES.search(names) is not None or any(page.tag[i] == "time" for i in inside)
    return {
        "near": near,
        "right_after": float(0 <= distance <= 3),
        "date_name": float(dated),
        "meta_name": float(META_NAMES.search(names) is not None),
        "comment_name": float(any(COMMENT_NAMES.search(page.names(i)) for i in _above(page, element))),
        "other_name": float(any(OTHER_NAMES.search(page.names(i)) for i in _above(page, element))),
        "updated": float(UPDATED.search(before) is not None),
        "starts_line": float(date.start == 0),
        "rest": min(rest, 100) / 100,
        "instant": float(date.precision == "instant"),
        "link": float(2 * line.links > len(line.text)),
        "paragraph": float(len(line.text) > SHORT),
        "dateline": float(len(line.text) > SHORT and date.start == 0),
        "heading": float(line.tag in HEADINGS and rest > HEADING_REST),
        "named_near": float(dated and near > NEAR),
    }


def _above(page: Page, element: int) -> Iterator[int]:
    for _ in range(ABOVE):
        if element <= 0:
            return
        yield element
        element = page.parent[element]
