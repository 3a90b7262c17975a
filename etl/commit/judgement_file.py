"""Judging: a file of judgements, read whole and checked line by line before any of them is kept.  I/O."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa

from etl.commit.curate import Judged, Word, check, resolve
from etl.errors import Usage
from etl.store import articles

NEEDED, MAY = ("article_id", "other_id", "word"), ("reason", "by")
WORDS: dict[str, Word | None] = {"same": "same", "different": "different", "undo": None}
SHOWN = 20  # broken lines: who made the file mends it by a program


@dataclass(slots=True)
class _Broken:
    """What is wrong with a file, by line."""

    path: str
    lines: list[str] = field(default_factory=list)

    def add(self, line: int, why: str) -> None:
        self.lines.append(f"line {line}: {why}")

    def refuse(self) -> None:
        if self.lines:
            more = f"\n… and {len(self.lines) - SHOWN} more" if len(self.lines) > SHOWN else ""
            shown = "\n".join(self.lines[:SHOWN])
            raise Usage(f"nothing of {self.path} was taken; mend it first:\n{shown}{more}")


def judgements(connection: sa.Connection, path: str, who: str) -> list[Judged]:
    """The judgements of a CSV file: article_id, other_id, word, and if it likes reason and by.

    who  for lines that do not say by whom

    Raises Usage that names every broken line: then none of them is taken.
    """
    broken = _Broken(path)
    rows = list(_rows(path, broken))
    ids = _ids(connection, rows, broken)
    current = articles.current(connection, set(ids.values()))
    found: list[Judged] = []
    seen: dict[tuple[str, str], tuple[int, Word | None]] = {}
    for line, row in rows:
        if row["article_id"] not in ids or row["other_id"] not in ids:
            continue
        each = Judged(ids[row["article_id"]], ids[row["other_id"]], WORDS[row["word"]], row["by"] or who, row["reason"])
        try:
            check(current, each)
        except Usage as error:
            broken.add(line, str(error))
        first, word = seen.setdefault(each.pair, (line, each.word))
        if word != each.word:
            broken.add(line, f"line {first} says otherwise of the same two; keep one")
        found.append(each)
    broken.refuse()
    return found


def _rows(path: str, broken: _Broken) -> Iterator[tuple[int, dict[str, str]]]:
    """(number of its last line, fields) of each row that can be read."""
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise Usage(f"{path} cannot be read: {why}") from None
    reader = csv.DictReader(io.StringIO(text, newline=""), restval="", strict=True)
    try:
        begins = list(reader.fieldnames or ())
    except csv.Error as error:
        raise Usage(f"{path} is no CSV: line 1: {error}") from None
    if not set(NEEDED) <= set(begins) <= {*NEEDED, *MAY}:
        wanted = f"the columns {', '.join(NEEDED)}, and may name {' and '.join(MAY)}"
        raise Usage(f"{path} begins with {', '.join(begins) or 'nothing'}; its first line has to name {wanted}")
    try:
        for row in reader:
            fields = {name: (row.get(name) or "").strip() for name in (*NEEDED, *MAY)}
            if None in row:
                broken.add(reader.line_num, "it has more fields than the first line")
            elif fields["word"] not in WORDS:
                broken.add(reader.line_num, f"the word is {fields['word']!r}; it is same, different or undo")
            else:
                yield reader.line_num, fields
    except csv.Error as error:
        broken.add(reader.line_num + 1, f"it is no CSV: {error}")  # the line is counted when it is whole


def _ids(connection: sa.Connection, rows: list[tuple[int, dict[str, str]]], broken: _Broken) -> dict[str, str]:
    """Name -> article_id, of the names that fit one article."""
    names = {row[column] for _, row in rows for column in ("article_id", "other_id")}
    ids = {name: name for name in articles.current(connection, names)}
    wrong: dict[str, str] = {}
    for name in sorted(names - ids.keys()):
        try:
            (ids[name],) = resolve(connection, [name])
        except Usage as error:
            wrong[name] = str(error)
    for line, row in rows:
        for column in ("article_id", "other_id"):
            if row[column] in wrong:
                broken.add(line, wrong[row[column]])
    return ids
