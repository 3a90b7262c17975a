"""Rights: what a document says of the terms of its use, and what that comes to.  Pure.

Where statements differ, the most restrictive decides whether mining is reserved and whether reading is free.  The
licence is the first that is one, in the order header, <link>, <meta>, JSON-LD, links in a page's text.  All are kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from etl.text.stored import stored_line
from schemas.field_names import plain_name
from schemas.rights import FIELDS, HEADERS, RightsKind, Statement

MAX_STATEMENTS = 24  # of a document, that are kept
MAX_JUDGED = 1_000  # of a document
MAX_VALUE = 500  # characters of one
MAX_WHERE = 80
LINK = re.compile(r"<([^<>]{1,500})>([^<>,]{0,500})")
LINK_RELATION = re.compile(r";\s{0,9}rel\s{0,9}=\s{0,9}\"?(?:[^\";]{0,60}\s)?license(?=[\s\";]|$)", re.IGNORECASE)
ROBOTS_HELD = ("noindex", "noarchive", "noai", "noimageai", "none")
WITH_VALUES = frozenset({"unavailable_after", "max-snippet", "max-image-preview", "max-video-preview"})
"""Directives that have a value behind a colon, as the name of a robot has its directives."""
RESERVING = frozenset({"noai"})
RESERVED = {"1": True, "true": True, "0": False, "false": False}
FREE = {"true": True, "yes": True, "1": True, "free": True, "false": False, "no": False, "0": False, "locked": False}
CC_URL = re.compile(
    r"(?:https?://web\.archive\.org/web/\w{1,30}/)?https?://(?:www\.)?creativecommons\.org/(?:licen[sc]es/(by(?:-nc)?(?:-nd|-sa)?)|publicdomain/(zero|mark))"
    r"/(\d\.\d)(?:/([a-z]{2,3}))?(?:[/?#].*)?",
    re.IGNORECASE,
)
CC_NAME = re.compile(
    r"(?:CC[ -]?)(?:(BY(?:-NC)?(?:-ND|-SA)?)|(0))(?:[ -](\d\.\d))?(?:[ -]([A-Z]{2,3}))?", re.IGNORECASE
)
PUBLIC_DOMAIN = {"zero": "CC0", "mark": "CC-PDM", "0": "CC0"}
WEB = re.compile(r"https?://\S+", re.IGNORECASE)
IDENTIFIER = re.compile(r"[A-Za-z0-9][\w.+-]{1,60}", re.ASCII)
ENCLOSED = ("linkedrights", "encodedrights")  # in rightsInfo of ninjs


class Rights(NamedTuple):
    """What statements come to; each as the fields of schemas.article.Article say."""

    licence: str | None
    rights: tuple[Statement, ...]
    tdm_reserved: bool | None
    free_to_read: bool | None


NOTHING_SAID = Rights(None, (), None, None)


def rights_of(statements: Iterable[Statement]) -> Rights:
    """What statements come to: each once, bounded in number and length."""
    said: dict[Statement, None] = {}
    for kind, value, where in statements:
        value = value[: 2 * MAX_VALUE]
        if kind == "robots":  # before it is made fit to be stored: nearly every page has some, and few are kept
            value = robots_directives(value)
        if value := value and stored_line(value)[:MAX_VALUE]:
            said.setdefault(Statement(kind, value, stored_line(where[:MAX_WHERE])))
        if len(said) == MAX_JUDGED:
            break
    if not said:
        return NOTHING_SAID
    licences = (licence(each.value) for each in said if each.kind == "licence" and len(each.value) < MAX_VALUE)
    reserved = {_reserves(each) for each in said}
    free = {_is_free(each) for each in said}
    kept = list(said)
    if len(kept) > MAX_STATEMENTS:  # then those that decide
        kept.sort(key=lambda each: not _reserves(each) and _is_free(each) is not False)
    return Rights(
        next(filter(None, licences), None),
        tuple(kept[:MAX_STATEMENTS]),
        True if True in reserved else False if False in reserved else None,
        False if False in free else True if True in free else None,
    )


def _reserves(said: Statement) -> bool | None:
    """Whether a statement reserves mining; None: it has no say in that."""
    if said.kind == "reservation":
        return _of(RESERVED, said.value)
    directives = said.value.split(", ") if said.kind == "robots" else ()
    return True if not RESERVING.isdisjoint(directives) else None


def _is_free(said: Statement) -> bool | None:
    """Whether a statement has it that reading is free; None: it has no say in that."""
    return _of(FREE, said.value) if said.kind == "free" else None


def _of(words: Mapping[str, bool], value: str) -> bool | None:
    return words.get(value.rpartition("/")[2].lower().removesuffix(".0"))  # a table with gaps has numbers as 1.0


def robots_directives(text: str) -> str:
    """The directives that bear on rights, each of one robot alone as "robot: directive"; "" without any."""
    found, robot = list[str](), ""
    if "no" not in text.lower():
        return ""
    for part in text.lower().split(","):
        name, colon, rest = part.partition(":")
        if colon and name.strip() not in WITH_VALUES:
            robot, part = f"{name.strip()}: ", rest
        found += [robot + word for word in part.split() if word in ROBOTS_HELD]
    return ", ".join(dict.fromkeys(found))


def licence(text: str) -> str | None:
    """The licence that a text names: an SPDX identifier for one of Creative Commons, else a URL or identifier as it is.

    None for what is prose.
    """
    if found := CC_URL.fullmatch(text):
        kind, domain, version, port = found.groups()
    elif found := CC_NAME.fullmatch(text):
        kind, domain, version, port = found.groups()
        version = version or ("1.0" if domain else "")
    else:
        return text if WEB.fullmatch(text) or IDENTIFIER.fullmatch(text) else None
    name = f"CC-{kind.upper()}" if kind else PUBLIC_DOMAIN[domain.lower()]
    return "-".join([name, *([version] if version else []), *([port.upper()] if port else [])])


def in_headers(headers: Sequence[tuple[str, str]]) -> Iterator[Statement]:
    """Statements of an HTTP answer's headers."""
    for name, value in headers:
        name = name.lower()
        kind = HEADERS.get(name.rpartition(" ")[2])  # "tdmrep.json tdm-policy" is of the host's file
        if name == "link":
            for target, parameters in LINK.findall(value):
                if LINK_RELATION.search(parameters):
                    yield Statement("licence", target, "header link")
        elif kind:
            yield Statement(kind, value, name if " " in name else f"header {name}")


@lru_cache(100)  # the records of a file have the same names
def named_rights(names: tuple[str, ...]) -> tuple[tuple[str, RightsKind], ...]:
    """Which of a record's fields speak of rights, and of what."""
    return tuple((name, kind) for name in names if (kind := FIELDS.get(plain_name(name))))


def in_field(kind: RightsKind, name: str, value: object) -> Iterator[Statement]:
    """Statements of a record's field."""
    for item in value[:MAX_STATEMENTS] if isinstance(value, list) else (value,):
        if isinstance(item, Mapping):
            parts = {plain_name(key): part for key, part in item.items()}
            item = next((parts[key] for key in (*ENCLOSED, "url", "href", "name", "value") if parts.get(key)), None)
        if isinstance(item, bool):
            item = str(item).lower()
        if isinstance(item, float) and item.is_integer():
            item = int(item)
        if isinstance(item, (str, int)):
            yield Statement(kind, str(item), f"field {name}")
