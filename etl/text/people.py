"""Metadata: the people named in a byline of a page or a field.  Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

SPACE = re.compile(r"\s+")
PREFIX = re.compile(
    r"^\s*(?:(?:written|story|posted|published|reported|interview|article|opinion|analysis|text|words) by|by|von|par"
    r"|por|di|door|av|af|od|автор|text:?|texte:?|autor(?:in|ka)?:?|author:?|redaktion:?|kirjoittaja)\b[:\s]+",
    re.IGNORECASE,
)
ARCHIVE_LINK = re.compile(
    r"^(?:zeige alle beiträge von|view all posts by|show all articles of|(?:all )?posts by|alle beiträge von"
    r"|voir tous les articles de|ver todas las entradas de)\s+",
    re.IGNORECASE,
)
ADDRESS = re.compile(r"\S+(?:@|\[at\])\S+")
ARROW_END = re.compile(r"\s*[→»›>]+\s*$")
BRACKETS = re.compile(r"\s*\([^)]{1,40}\)")
VERB_END = re.compile(r"\s+(?:says|sagt|schrieb|schreibt|stand|publiziert am|veröffentlicht am):?$", re.IGNORECASE)
LINK = re.compile(r"https?:|www\.", re.IGNORECASE)
NO_NAME = re.compile(r"(?:publiziert|veröffentlicht|posted|published|geschrieben)(?: am| on)?$", re.IGNORECASE)
AFTER_BAR = re.compile(r"\s*\|.*$")
BETWEEN = re.compile(
    r"\s*(?:;|/| & | and | und | et | y | e | en | och | og |,(?!\s*(?:jr|sr|ii|iii|phd|md)\b)|、)\s*", re.IGNORECASE
)
NOT_A_PERSON = re.compile(r"https?:|www\.|@|\d{3,}|\..*/")
PERSON_WITHIN = 60  # characters
BYLINE_WITHIN = 2_000  # characters; the longest real one, of 40 people, has fewer
EDGES = " ,.-–|·•\u200b"
ACCOUNTS = frozenset({"admin", "administrator", "editor", "staff", "webmaster", "author"})
NON_WORD = re.compile(r"[\W_]+")
NO_WORD = bytes(point for point in range(128) if not chr(point).isalnum())
LOWER = bytes(range(256)).lower()


def plain(text: str) -> str:
    """The letters and digits of a text, casefolded: what two spellings of a name or title have in common."""
    if text.isascii():  # the same in a fifth of the time
        return text.encode().translate(LOWER, NO_WORD).decode()
    return NON_WORD.sub("", text).casefold()


def split_people(text: str) -> list[str]:
    """Names in a byline such as "By A. Smith and B. Jones | Reuters", in its order, without "By", roles in brackets,
    mail addresses and links."""
    if not text:
        return []
    text = PREFIX.sub("", SPACE.sub(" ", text[:BYLINE_WITHIN]).strip())
    text = ARCHIVE_LINK.sub("", ADDRESS.sub("", text))
    text = VERB_END.sub("", BRACKETS.sub("", ARROW_END.sub("", text)))
    if NO_NAME.match(text) or LINK.match(text):
        return []
    names = (PREFIX.sub("", part).strip(EDGES) for part in BETWEEN.split(AFTER_BAR.sub("", text)))
    return [name for name in names if name and len(name) <= PERSON_WITHIN and not NOT_A_PERSON.search(name)]


def people_of(bylines: Iterable[str], outlets: Iterable[str] = ()) -> tuple[str, ...]:
    """Distinct people in several bylines, first spelling first.

    outlets  names of the site and its publisher, which stand in bylines but are no people
    """
    known = ACCOUNTS | {plain(outlet) for outlet in outlets}
    people: dict[str, str] = {}
    for byline in bylines:
        for name in split_people(byline):
            if (key := plain(name)) and key not in known:
                people.setdefault(key, name)
    return tuple(people.values())
