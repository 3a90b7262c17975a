"""Closest: the names that a misspelt one may have meant.  Pure."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

MAX_NAMES = 10  # that are listed where none is close


def meant(name: str, names: Iterable[str]) -> str:
    """For the end of a message: the close names, else those there are."""
    known = sorted(names)
    if close := get_close_matches(name, known, n=3, cutoff=0.6):
        return f"did you mean {' or '.join(map(repr, close))}?"
    more = f" and {len(known) - MAX_NAMES} more" if len(known) > MAX_NAMES else ""
    return f"there is {', '.join(known[:MAX_NAMES]) or 'none'}{more}"
