"""tdmrep.json: what a host says of text and data mining of its pages, rule by rule (W3C TDMRep, 10 May 2024).  Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

PATH = "/.well-known/tdmrep.json"
MAX_RULES = 1_000
MAX_LOCATION = 500  # characters of one, and of a policy
ESCAPED = re.compile(r"%([0-9a-fA-F]{2})")
UNRESERVED = re.compile(r"[A-Za-z0-9._~-]")


class TdmRule(NamedTuple):
    """location: a path, as in robots.txt: what begins with it; "*" stands for any characters, "$" for the end."""

    location: str
    reservation: str
    policy: str


def tdm_rules(text: str) -> list[TdmRule]:
    """The rules of a tdmrep.json, in their order; what is no rule is left out, and a text that is no list has none."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return []
    rules = []
    for each in found[:MAX_RULES] if isinstance(found, list) else ():
        if isinstance(each, dict) and isinstance(location := each.get("location"), str):
            reservation, policy = each.get("tdm-reservation"), each.get("tdm-policy")
            if str(reservation) in ("0", "1") and len(location) <= MAX_LOCATION:
                known = isinstance(policy, str) and len(policy) <= MAX_LOCATION
                rules.append(TdmRule(_plain(location), str(reservation), str(policy) if known else ""))
    return rules


def said_of(rules: Sequence[TdmRule], url: str) -> list[tuple[str, str]]:
    """Headers that would say of a page what the first rule that fits says of it; none without such a rule."""
    parts = urlsplit(url)
    path = _plain(f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/")
    rule = next((rule for rule in rules if fits(rule.location, path)), None)
    if rule is None:
        return []
    return [("TDM-Reservation", rule.reservation), *([("TDM-Policy", rule.policy)] if rule.policy else [])]


def fits(location: str, path: str) -> bool:
    """Whether a path is of a location.  Linear: each piece is looked for behind the one before."""
    whole = location.endswith("$")
    first, *others = location.removesuffix("$").split("*")
    if not path.startswith(first):
        return False
    if whole and not others:
        return path == first
    at = len(first)
    for number, piece in enumerate(others, 1):
        if whole and number == len(others):
            return len(path) - len(piece) >= at and path.endswith(piece)
        at = path.find(piece, at)
        if at < 0:
            return False
        at += len(piece)
    return True


def _plain(path: str) -> str:
    """A path whose unreserved characters stand for themselves, others that are escaped in capital digits."""

    def character(found: re.Match[str]) -> str:
        shown = chr(int(found[1], 16))
        return shown if UNRESERVED.match(shown) else found[0].upper()

    return ESCAPED.sub(character, path)
