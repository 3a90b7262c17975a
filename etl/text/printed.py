"""Printed: foreign text on a terminal: paths, titles, URLs, reasons, names of people.  Pure.

A terminal obeys control characters: ESC begins commands, a line end forges a line of ours, a direction override shows
text in another order than it has.  All of them are spelled out (\\x1b, \\n, \\u202e).
"""

from __future__ import annotations

import json
import unicodedata

JOINERS = "\u200c\u200d"  # Persian, Indic scripts and emoji are spelled with them


def escaped(text: str) -> str:
    """One line of text without a character that a terminal obeys."""
    if text.isprintable():
        return text
    return "".join(c if _is_shown(c) else c.encode("unicode_escape").decode() for c in text)


def escaped_json(value: object) -> str:
    """JSON in one line; characters that a terminal obeys are spelled as JSON has it, so the value stays the same."""
    text = json.dumps(value, ensure_ascii=False)
    if text.isprintable():
        return text
    return "".join(c if _is_shown(c) else json.dumps(c)[1:-1] for c in text)


def _is_shown(c: str) -> bool:
    return c.isprintable() or c in JOINERS or unicodedata.category(c) == "Zs"
