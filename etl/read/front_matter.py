"""Read: front matter, the fields that a Markdown file begins with: YAML between "---", TOML between "+++".  Pure.

What people write there is read: values on one line or on several, lists, and mappings of one level.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

FRONT_MATTER = re.compile(
    r"\A(?:---[ \t]*\n(.*?)\n(?:---|\.\.\.)|\+\+\+[ \t]*\n(.*?)\n\+\+\+)[ \t]*(?:\n|\Z)", re.DOTALL
)
FIELD = re.compile(r"([A-Za-z][\w -]{0,60}+)[ \t]*+[:=][ \t]*+(.*)$")
MAPPING = re.compile(r"[A-Za-z][\w -]{0,60}+:(?:[ \t]|$)")  # "https://x.example" is none
BLOCK = re.compile(r"[|>][+-]?\d?[+-]?$")  # the text stands on the lines below
COMMENT = re.compile(r"(?:^|[ \t])#(?:[ \t].*)?$")
QUOTED = re.compile(r"\A(?:'((?:[^']|'')*+)'|\"((?:[^\"\\]|\\.)*+)\")")


def front_matter(text: str) -> tuple[dict[str, object], str]:
    """(fields, the text below them)."""
    front = FRONT_MATTER.match(text)
    if front is None:
        return {}, text
    fields: dict[str, object] = {}
    for name, first, below in _parts((front[1] or front[2] or "").split("\n")):
        fields.setdefault(name, _value(first, below))
    return fields, text[front.end() :]


def _parts(lines: Sequence[str]) -> Iterator[tuple[str, str, list[str]]]:
    """(name, value on its line, lines below it) of each field."""
    name, first, below = "", "", list[str]()
    for line in lines:
        found = FIELD.match(line)
        if found is None:
            below.append(line)
            continue
        if name:
            yield name, first, below
        name, first, below = found[1].strip(), found[2].strip(), []
    if name:
        yield name, first, below


def _value(first: str, below: Sequence[str]) -> object:
    """A text, a list, or fields by name."""
    if BLOCK.match(COMMENT.sub("", first).rstrip()):
        return (" " if first[0] == ">" else "\n").join(map(str.strip, below)).strip()
    lines = [line for line in below if COMMENT.sub("", line).strip()]
    if COMMENT.sub("", first) or not lines:
        return _plain(" ".join([first, *(line.strip() for line in lines if line[0] in " \t]")]))
    depth = min(len(line) - len(line.lstrip(" \t")) for line in lines)
    lines = [line[depth:] for line in lines]
    return list(_items(lines)) if lines[0].startswith("- ") else _mapping(lines)


def _items(lines: Sequence[str]) -> Iterator[object]:
    """Items of a list: texts, or fields by name."""
    item: list[str] = []
    for line in [*lines, "- "]:
        if line.startswith("- ") and item:
            yield _mapping(item) if MAPPING.match(item[0]) else _plain(" ".join(item))
            item = []
        item.append(line.removeprefix("- ").strip())


def _mapping(lines: Sequence[str]) -> dict[str, str]:
    fields: dict[str, str] = {}
    for name, first, _ in _parts(lines):
        fields.setdefault(name, _plain(first))
    return fields


def _plain(value: str) -> str:
    """A text without its quotes, or without the comment behind it."""
    quoted = QUOTED.match(value)
    if quoted and not COMMENT.sub("", value[quoted.end() :]).strip():
        return quoted[1].replace("''", "'") if quoted[2] is None else re.sub(r"\\([\"\\/])", r"\1", quoted[2])
    return COMMENT.sub("", value).strip()
