"""Judgement files: a CSV of judgements, checked line by line before any of them is stored.  I/O."""

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
from etl.text.printed import escaped

REQUIRED, OPTIONAL = ("article_id", "other_id", "word"), ("reason", "by")
WORDS: dict[str, Word | None] = {"same": "same", "different": "different", "undo": None}
MAX_ERRORS_SHOWN = 20  # broken lines; a file with more is mended by a program


@dataclass(slots=True)
class _Broken:
    """The faults of a file, by line."""

    path: str
    lines: list[str] = field(default_factory=list)

    def add(self, line: int, why: str) -> None:
        self.lines.append(f"line {line}: {why}")

    def refuse(self) -> None:
        if self.lines:
            more = f"\n… and {len(self.lines) - MAX_ERRORS_SHOWN} more" if len(self.lines) > MAX_ERRORS_SHOWN else ""
            shown = "\n".join(map(escaped, self.lines[:MAX_ERRORS_SHOWN]))
            raise Usage(f"nothing of {self.path} was taken; mend it first:\n{shown}{more}")


def judgements(connection: sa.Connection, path: str, who: str) -> list[Judged]:
    """The judgements of a CSV file with the columns article_id, other_id, word and, optionally, reason and by.

    who  the person of lines without `by`

    Raises Usage that names the broken lines; then no judgement of the file is taken.
    """
    broken = _Broken(path)
    rows = list(_rows(path, broken))
    ids = _ids(connection, rows, broken)
    current = articles.current_revisions(connection, set(ids.values()))
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
            broken.add(line, f"line {first} says otherwise of the same pair; keep one")
        found.append(each)
    broken.refuse()
    return found


def _rows(path: str, broken: _Broken) -> Iterator[tuple[int, dict[str, str]]]:
    """(number of its last line, fields) of each readable row."""
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
    if not set(REQUIRED) <= set(begins) <= {*REQUIRED, *OPTIONAL}:
        wanted = f"the columns {', '.join(REQUIRED)}, and may name {' and '.join(OPTIONAL)}"
        raise Usage(f"{path} begins with {', '.join(begins) or 'nothing'}; its first line has to name {wanted}")
    try:
        for row in reader:
            fields = {name: (row.get(name) or "").strip() for name in (*REQUIRED, *OPTIONAL)}
            if None in row:
                broken.add(reader.line_num, "it has more fields than the first line")
            elif fields["word"] not in WORDS:
                broken.add(reader.line_num, f"the word is {fields['word']!r}; it is same, different or undo")
            else:
                yield reader.line_num, fields
    except csv.Error as error:
        broken.add(reader.line_num + 1, f"it is no CSV: {error}")  # a line is counted once it was read


def _ids(connection: sa.Connection, rows: list[tuple[int, dict[str, str]]], broken: _Broken) -> dict[str, str]:
    """Name -> article_id, of names that fit exactly one article."""
    names = {row[column] for _, row in rows for column in ("article_id", "other_id")}
    ids = {name: name for name in articles.current_revisions(connection, names)}
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
