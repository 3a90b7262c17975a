"""Extract: the text of a page that a script would have put there, out of the JSON beside it.  Pure.

Frameworks send a page's content as JSON ("__NEXT_DATA__", "__NUXT__", "window.state = {…}") and draw it in the browser.
It is looked at only where the markup has next to no text, so ordinary pages pay nothing for it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

SCRIPT = re.compile(r"<script\b[^<>]{0,2000}>", re.IGNORECASE)
SCRIPT_END = re.compile(r"</script", re.IGNORECASE)
MARKUP = re.compile(r"<(?:p|br|div|h\d|li|em|strong|a)\b[^<>]{0,500}>", re.IGNORECASE)
START = re.compile(r"[\[{]")
SENTENCE = re.compile(r"[.!?…。！？][\s\"'”’»<]|[.!?…。！？]$")
MIN_SCRIPT, MAX_SCRIPT = 300, 5_000_000  # characters
MAX_SCRIPTS = 50
MAX_VALUES = 200_000  # of all scripts of a page
MIN_SENTENCE = 40  # characters of a string that is prose
STARTS = 3  # places in a script from which JSON is tried: the text before it may hold a bracket
RICH = 0.75  # share of the prose that one value must hold for the look to go into it


def hydrated_text(html: str) -> str:
    """The richest run of prose in the JSON of a page's scripts, paragraphs apart by one blank line.

    May hold markup, as the JSON has it; "" if there is no prose.
    """
    best: list[str] = []
    left = MAX_VALUES
    for number, tag in enumerate(SCRIPT.finditer(html)):
        if number >= MAX_SCRIPTS or left <= 0:
            break
        end = SCRIPT_END.search(html, tag.end())
        if end is None:
            break
        script = html[tag.end() : end.start()]
        if MIN_SCRIPT <= len(script) <= MAX_SCRIPT and "ld+json" not in tag[0]:
            values = _values(_loaded(script), left)
            left -= len(values)
            prose = _prose(values)
            if sum(map(len, prose)) > sum(map(len, best)):
                best = prose
    return "\n\n".join(best)


def is_markup(text: str) -> bool:
    """Whether a string out of JSON is markup rather than text."""
    return MARKUP.search(text) is not None


def _loaded(script: str) -> object:
    """The first JSON in a script that is long enough to hold an article."""
    decoder, at = json.JSONDecoder(strict=False), 0
    for _ in range(STARTS):
        start = START.search(script, at)
        if start is None:
            return None
        try:
            loaded, end = decoder.raw_decode(script, start.start())
        except (ValueError, RecursionError):
            at = start.end()
            continue
        if end - start.start() >= MIN_SCRIPT:
            return loaded
        at = end
    return None


def _values(loaded: object, most: int) -> list[tuple[int, object]]:
    """(index of the parent, value) in document order, the root first."""
    values: list[tuple[int, object]] = []
    stack: list[tuple[int, object]] = [(-1, loaded)]
    while stack and len(values) < most:
        parent, value = stack.pop()
        here = len(values)
        values.append((parent, value))
        children = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
        stack.extend((here, child) for child in reversed(list(children)) if isinstance(child, (str, Mapping, list)))
    return values


def _prose(values: list[tuple[int, object]]) -> list[str]:
    """Strings that read like sentences below the smallest value that holds most of them."""
    size = [0] * len(values)
    for i in range(len(values) - 1, -1, -1):
        parent, value = values[i]
        if isinstance(value, str) and len(value) >= MIN_SENTENCE and " " in value and SENTENCE.search(value):
            size[i] = len(value)
        if parent >= 0:
            size[parent] += size[i]
    at = 0
    for i in range(1, len(values)):
        if values[i][0] == at and size[i] >= RICH * size[at]:
            at = i
    inside = {at}
    found: dict[str, None] = {}
    for i in range(at, len(values)):
        parent, value = values[i]
        if i == at or parent in inside:
            inside.add(i)
            if isinstance(value, str) and size[i]:
                found[value] = None
    return list(found)
