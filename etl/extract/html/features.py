"""Extract: what can be told of each line of a page, as numbers.  Pure; the line filter is trained on them.

A row says what the line is (length, links, punctuation, capitals), where it is (in the container, among prose, below
which elements) and what else says the same (title, description, the body in JSON-LD).
"""

from __future__ import annotations

import re
import string
from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from etl.extract.html.furniture import ARTICLE_NAMES, COMMENTS, LEAD, is_furniture
from etl.extract.html.lines import HEADINGS, Line, Reading
from etl.extract.html.page import Page
from etl.extract.html.rules import STAMP, is_junk
from etl.text.people import plain

Column = NDArray[np.float64]

TAGS = ("p", "li", "h", "td", "div", "blockquote", "pre", "other")
OWN = (
    "length", "link_share", "sentence_end", "commas", "upper", "digits", "stamp", "junk", "question", "capitalised",
    "sentences", "words", "emphasised", "colon", "label", "promotion",
)  # fmt: skip
SAID = ("repeated", "in_title", "in_description", "in_linked")
# Bits of what is above a line's element, itself included.
ABOVE = ("in_container", "skipped", "furniture", "article", "table", "item", "quote", "header", "lead", "comments",
         "aside", "figure")  # fmt: skip
IN_CONTAINER, SKIPPED, FURNITURE, ARTICLE, TABLE, ITEM, QUOTE, HEADER, LEAD_TEXT, COMMENT, ASIDE, FIGURE = (
    1 << i for i in range(12)
)
BY_TAG = {
    "table": TABLE, "li": ITEM, "blockquote": QUOTE, "header": HEADER, "aside": ASIDE, "figure": FIGURE,
    "figcaption": FIGURE,
}  # fmt: skip
CONTEXT = (
    "prose", "heuristic", "place", "before_prose", "after_prose", "prose_before", "prose_after", "alike", "has_linked",
    "heads_prose", "short_around", "container_share", "first_three", "kept_before", "kept_after", "after_headline",
    "links_around", "heading_above", "after_end", "depth",
)  # fmt: skip
# Of the blocks around a line: its element's parent, the parent of that, and so on.
BLOCK = ("links", "prose", "lines", "mean_prose")
BLOCKS_ABOVE = 3
AROUND = (
    *(f"{name}_{level}" for level in range(1, BLOCKS_ABOVE + 1) for name in BLOCK), "main_1", "main_2", "on_page",
    "lines_on_page", "prose_on_page",
)  # fmt: skip
NAMES = (*OWN, *SAID, *ABOVE, *CONTEXT, *AROUND, *TAGS)
WINDOW = 2  # lines around one that are looked at
COUNTED_WITHIN = 200  # characters of a line in which capitals and digits are counted
CAPITALS, DIGITS = string.ascii_uppercase.encode(), string.digits.encode()
NON_ASCII = re.compile(r"[^\x00-\x7f]")
STAMP_STARTS = frozenset("bBvVpPdD")  # by, von, par, por, di, door: the only stamps without a digit
SENTENCE_ENDS = frozenset('.!?…。！？»”"’)')
SENTENCE = re.compile(r"[.!?…。！？](?:(?<=[。！？])|\s+[A-ZÀ-ŽА-Я“\"„«])")
END = re.compile(
    r"\W*(?:\d+ )?(?:comments?|coment[áa]rios?|(?:leser)?kommentare?|commentaires?|reacties|discussion|replies"
    r"|leave a (?:comment|reply)|related|more (?:from|on|stories|news|in)|read (?:next|more|also)|recommended"
    r"|you (?:may|might)|most (?:read|popular)|about the authors?|trending|latest|popular|editor.s picks|mehr zum thema"
    r"|das könnte|auch interessant|lesen sie auch|à lire|lire aussi|sur le même|lea también|te puede"
    r"|leia (?:mais|também)|veja também|leggi anche|lees ook|les også|läs även|zobacz|czytaj|читайте|関連|相关|관련)\b",
    re.IGNORECASE,
)
LABEL_WITHIN = 30  # characters before a colon
PROMOTION_WITHIN = 400  # characters; a longer line that speaks of newsletters is about them
# Words of those who want a reader to follow, register, buy or be told his rights.
PROMOTION = frozenset({
    "subscribe", "subscriber", "subscribers", "subscription", "subscriptions", "newsletter", "newsletters", "signup",
    "facebook", "twitter", "instagram", "whatsapp", "telegram", "youtube", "tiktok", "linkedin", "pinterest", "cookie",
    "cookies", "copyright", "©", "click", "login", "log", "download", "app", "apps", "podcast", "inbox", "email",
    "e-mail", "advertise", "advertisement", "sponsored", "affiliate", "donate", "donation", "membership", "premium",
    "reserved", "disclaimer", "unsubscribe", "abonnieren", "abonniere", "abonnement", "abo", "registrieren", "klicken",
    "klick", "anzeige", "werbung", "spenden", "spende", "anmelden", "angemeldet", "einloggen", "eingeloggt", "folgen",
    "impressum", "datenschutz", "bestellen", "abonnez-vous", "abonnés", "abonné", "inscrivez-vous", "cliquez", "suivez",
    "publicité", "abonner", "suscríbete", "suscríbase", "suscripción", "síguenos", "boletín", "canal",
    "publicidad", "regístrate", "inscreva-se", "assine", "assinante", "siga", "clique", "iscriviti", "abbonati",
    "seguici", "clicca", "abonneer", "nieuwsbrief", "klik", "volg", "prenumerera", "subskrybuj", "obserwuj", "zapisz",
    "подписывайтесь", "подпишитесь", "реклама", "рассылка", "телеграм",
})  # fmt: skip
EMPHASIS = frozenset({"em", "i", "strong", "b"})
KINDS = np.eye(len(TAGS))
KIND_OF = {tag: TAGS.index("h" if tag in HEADINGS else tag) for tag in (*TAGS, *HEADINGS)}
OTHER = TAGS.index("other")


@dataclass(frozen=True, slots=True)
class Amounts:
    """Of each line: whether it is prose; characters in links, in all, and of prose outside links."""

    prose: NDArray[np.bool_]
    links: Column
    length: Column
    mass: Column


@dataclass(frozen=True, slots=True)
class Sayings:
    """What the page says elsewhere, compared by letters and digits: see etl.text.people.plain."""

    title: str
    description: str
    linked_body: str


def features(page: Page, reading: Reading, lines: list[Line], kept: list[Line], says: Sayings) -> Column:
    """Features of each line.

    lines    all lines of the page, furniture too
    kept     those that the rules would keep
    returns  (lines, len(NAMES)) in the order of NAMES
    """
    if not lines:
        return np.zeros((0, len(NAMES)))
    own = _table([_own(page, line) for line in lines])
    flags, depths = _above(page, reading, lines)
    above = (flags[:, None] >> np.arange(len(ABOVE))) & 1
    marks = {(line.element, line.text) for line in kept}
    is_kept = np.array([(line.element, line.text) in marks for line in lines])
    prose = np.array([line.prose for line in lines])
    links = np.array([line.links for line in lines], dtype=np.float64)
    length = np.array([len(line.text) for line in lines], dtype=np.float64)
    amounts = Amounts(prose, links, length, np.where(prose, length - links, 0.0))
    context = _context(page, lines, flags, is_kept, bool(says.linked_body), amounts)
    tags = KINDS[[KIND_OF.get(line.tag, OTHER) for line in lines]]
    return np.hstack([own, _said(lines, says), above, context, depths[:, None], _around(page, lines, amounts), tags])


def _own(page: Page, line: Line) -> tuple[float, ...]:
    """Features of a line by itself, in the order of OWN."""
    text, n, words = line.text, len(line.text), line.text.split()
    first = line.element + 1
    emphasised = first < len(page.tag) and page.tag[first] in EMPHASIS and page.end[first] >= page.end[line.element]
    head = text[:COUNTED_WITHIN]
    capitals, digits = _capitals_and_digits(head)
    initials, _ = _capitals_and_digits("".join([word[0] for word in words]))
    return (
        n, line.links / n, text[-1] in SENTENCE_ENDS, min(5, text.count(",")), capitals / len(head), digits / len(head),
        n < 100 and (digits > 0 or text[0] in STAMP_STARTS) and STAMP.match(text) is not None,
        is_junk(text), text[-1] == "?", initials / len(words),
        min(6, len(SENTENCE.findall(text))), min(30, len(words)), emphasised, text[-1] == ":",
        0 < text.find(":", 0, LABEL_WITHIN) < n - 1,
        n < PROMOTION_WITHIN and not PROMOTION.isdisjoint(_bare_words(text)),
    )  # fmt: skip


def _bare_words(text: str) -> list[str]:
    """Words in lower case without the usual marks around them; a chain of replacements is the fastest way."""
    return (
        text.lower().replace(".", " ").replace(",", " ").replace(":", " ").replace("!", " ").replace("?", " ").split()
    )  # fmt: skip


def _capitals_and_digits(text: str) -> tuple[int, int]:
    """How many of each; those of ASCII by leaving them out, in a tenth of the time of asking each character."""
    plain_part = text.encode("ascii", "ignore")
    capitals = len(plain_part) - len(plain_part.translate(None, CAPITALS))
    digits = len(plain_part) - len(plain_part.translate(None, DIGITS))
    if len(plain_part) < len(text):
        others = NON_ASCII.findall(text)
        capitals += sum(map(str.isupper, others))
        digits += sum(map(str.isdecimal, others))
    return capitals, digits


def _table(rows: list[tuple[float, ...]]) -> Column:
    """Rows as an array, in half the time of np.array."""
    return np.fromiter(chain.from_iterable(rows), np.float64, len(rows) * len(rows[0])).reshape(len(rows), -1)


def _said(lines: list[Line], says: Sayings) -> Column:
    """Whether a line was said before on the page, in the order of SAID."""
    seen: set[str] = set()
    rows: list[tuple[float, ...]] = []
    for line in lines:
        # The first words of a line tell: what is longer than this is no title, and compared by its beginning.
        key, long = plain(line.text[:COUNTED_WITHIN]), len(line.text) > 15
        rows.append((
            key in seen,
            bool(key) and (key == says.title or (long and key in says.title)),
            len(line.text) > 20 and key[:60] in says.description,
            long and bool(says.linked_body) and key[:80] in says.linked_body,
        ))  # fmt: skip
        seen.add(key)
    return _table(rows)


def _context(
    page: Page,
    lines: list[Line],
    flags: NDArray[np.int64],
    is_kept: NDArray[np.bool_],
    has_linked: bool,
    amounts: Amounts,
) -> Column:
    """What is around each line, in the order of CONTEXT but the last."""
    n, at = len(lines), np.arange(len(lines))
    prose, links, length, mass = amounts.prose, amounts.links, amounts.length, amounts.mass
    heading = np.array([line.tag in HEADINGS for line in lines])
    inside = (flags & IN_CONTAINER) > 0
    held = np.flatnonzero(inside)
    first, last = (held[0], held[-1]) if held.size else (0, n - 1)
    read = np.flatnonzero(inside & prose & ((flags & SKIPPED) == 0))
    start, stop = (read[0], read[-1]) if read.size else (first, last)
    container_mass = float(mass[inside].sum())
    headline = next((i for i, line in enumerate(lines) if line.tag == "h1"), n)
    after_mass = np.append(mass[1:], 0.0)
    columns: tuple[NDArray[Any] | float, ...] = (
        prose, is_kept, np.where(inside, (at - first) / max(1, last - first), -1.0), at < start, at > stop,
        np.log1p(_window(mass, -2, -1)), np.log1p(_window(mass, 1, 2)), _alike(page, lines, mass, inside),
        has_linked, heading & (after_mass > 0), _window(~prose, -2, 2),
        container_mass / (mass.sum() or 1.0), inside & (at >= start) & (at < start + 3),
        _window(is_kept, -1, -1), _window(is_kept, 1, 1), at > headline,
        _window(links, -2, 2) / (1 + _window(length, -2, 2)), _window(heading, -1, -1),
        at > _end(lines, mass.tolist(), container_mass),
    )  # fmt: skip
    table = np.empty((n, len(columns)))
    for place, column in enumerate(columns):
        table[:, place] = column
    return table


def _around(page: Page, lines: list[Line], amounts: Amounts) -> Column:
    """Links, prose and lines of the blocks around each line, in the order of AROUND.

    A block's lines are those whose elements are in it: a range of all, once they are in the order of elements.
    """
    n = len(lines)
    parent, end = page.parent, page.end
    elements = [line.element for line in lines]
    element = np.array(elements)
    mass = amounts.mass
    order = np.argsort(element, kind="stable")
    ordered = element[order]
    sums = np.zeros((3, n + 1))
    np.cumsum(np.stack([amounts.length, amounts.links, mass])[:, order], axis=1, out=sums[:, 1:])
    total_mass = sums[2, -1] or 1.0
    table = np.empty((n, len(AROUND)))
    for level in range(BLOCKS_ABOVE):
        elements = [max(0, parent[i]) for i in elements]
        above = np.array(elements)
        first, last = np.searchsorted(ordered, above), np.searchsorted(ordered, [end[i] for i in elements])
        in_text, in_links, in_prose = sums[:, last] - sums[:, first]
        at = level * len(BLOCK)
        table[:, at] = in_links / np.maximum(1.0, in_text)
        table[:, at + 1] = in_prose / total_mass
        table[:, at + 2] = np.log1p(last - first)
        table[:, at + 3] = in_prose / np.maximum(1, last - first)
        if level < 2:
            by_block = np.bincount(above, mass)
            table[:, BLOCKS_ABOVE * len(BLOCK) + level] = by_block[above] / total_mass
    table[:, -3] = np.arange(n) / n
    table[:, -2] = np.log1p(n)
    table[:, -1] = np.log1p(total_mass)
    return table


def _window(values: NDArray[np.generic], before: int, after: int) -> Column:
    """Sum over the lines from `before` to `after`, WINDOW away at most, counted from each line."""
    n = len(values)
    padded = np.zeros(n + 2 * WINDOW)
    padded[WINDOW : WINDOW + n] = values
    total = padded[WINDOW + before : WINDOW + before + n].copy()
    for step in range(before + 1, after + 1):
        total += padded[WINDOW + step : WINDOW + step + n]
    return total


def _above(page: Page, reading: Reading, lines: list[Line]) -> tuple[NDArray[np.int64], Column]:
    """(bits of ABOVE, depth below the container) of each line; every element above is looked at once."""
    known: dict[int, tuple[int, int]] = {reading.body: (IN_CONTAINER * (reading.container == reading.body), 0)}
    for line in lines:
        chain, i = [], line.element
        while i not in known:
            chain.append(i)
            i = page.parent[i]
        flags, depth = known[i]
        for i in reversed(chain):
            bits = _named(page.names(i)) | BY_TAG.get(page.tag[i], 0) | SKIPPED * (i in reading.skipped)
            inside = flags & IN_CONTAINER
            depth += inside
            if not inside:  # outside, names that stand for furniture stand for whole columns of the page
                bits = bits & ~FURNITURE | IN_CONTAINER * (i == reading.container)
            flags |= bits
            known[i] = flags, depth
    pairs = [known[line.element] for line in lines]
    return np.array([bits for bits, _ in pairs]), np.array([min(12, depth) for _, depth in pairs], dtype=np.float64)


@lru_cache(20_000)  # the pages of a site name their parts alike
def _named(names: str) -> int:
    """Bits of ABOVE that an element's class and id stand for."""
    lower = names.lower()
    return (
        FURNITURE * is_furniture(names) | ARTICLE * bool(ARTICLE_NAMES.search(names))
        | LEAD_TEXT * any(part in lower for part in LEAD) | COMMENT * any(part in lower for part in COMMENTS)
    )  # fmt: skip


def _end(lines: list[Line], mass: list[float], container_mass: float) -> int:
    """The line that says that the article is over ("Comments", "Read next"): the first after half of its prose."""
    passed = 0.0
    for i, line in enumerate(lines):
        passed += mass[i]
        if len(line.text) < 60 and 2 * passed > container_mass and END.match(line.text):
            return i
    return len(lines)


def _alike(page: Page, lines: list[Line], mass: Column, inside: NDArray[np.bool_]) -> Column:
    """Share of the container's prose that stands in lines of the same kind: tag and class of element and parent."""
    kinds = []
    for line in lines:
        above = page.parent[line.element]
        kinds.append((line.tag, page.attribute(line.element, "class"), page.tag[above], page.attribute(above, "class")))
    by_kind: dict[tuple[str, ...], float] = defaultdict(float)
    for kind, share in zip(kinds, np.where(inside, mass, 0.0).tolist(), strict=True):
        by_kind[kind] += share
    total = sum(by_kind.values()) or 1.0
    return np.array([by_kind[kind] / total for kind in kinds])
