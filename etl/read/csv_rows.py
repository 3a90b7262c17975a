"""Read: lines of a table to rows, so that a stray quote costs its own line and none of those after it.  Pure."""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

MAX_CELL = 4_000_000  # characters, twice the longest news text
MAX_ROW_LINES = 5_000  # of one row; a book-length report wrapped at 70 characters has 3,000
# Lines that all have as many cells as there are columns, in one quoted cell, are rows that a stray quote swallowed.
SWALLOWED_LINES = 4
SWALLOWED_LINES_OF_TWO = 8  # with two columns: a line of prose often has one comma
ROW_BEGINS = {
    "number": re.compile(r'\s{0,100}+"?\d{1,18}"?$'),
    "address": re.compile(r'\s{0,100}+"?https?://\S{1,2000}$'),
    "day": re.compile(r'\s{0,100}+"?\d{4}-\d\d-\d\d'),
}


@dataclass(frozen=True, slots=True)
class BrokenRow:
    """A line that is no row: why, and the line itself."""

    reason: str
    line: str


class Lines:
    """Lines one after the other, as etl.read.file.text_lines has them; those that were read ahead can be given back.

    at  the byte behind the last one
    """

    def __init__(self, source: Iterator[tuple[str, int]], at: int = 0) -> None:
        self._source, self._returned, self._ahead = source, deque[tuple[str, int]](), list[tuple[str, int]]()
        self.at = at

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line, self.at = found = self._returned.popleft() if self._returned else next(self._source)
        self._ahead.append(found)
        return line

    def row_begins(self) -> None:
        """The last line may begin a row of several lines."""
        del self._ahead[:-1]

    def give_back(self) -> None:
        """Give back the lines behind the one that begins the row."""
        self._returned.extendleft(reversed(self._ahead[1:]))
        del self._ahead[1:]
        self.at = self._ahead[0][1]


def csv_rows(lines: Lines, delimiter: str, columns: int) -> Iterator[list[str] | BrokenRow]:
    """Rows of a table with that many columns; a row has at most as many cells.  Blank lines are no rows.

    A row is read by the rules of CSV, with quotes doubled or, where that fails, with a backslash before them.  If it
    is neither, or spans lines that look like rows themselves, its first line is taken alone and the rest read again.
    Each line is read ahead of only as far as the next quote, so the time is linear.
    """
    csv.field_size_limit(MAX_CELL)
    for first in lines:
        lines.row_begins()
        if first.strip():
            found = _row(first, lines, delimiter, columns, None)
            if isinstance(found, str) and "\\" in first:
                found = _row(first, lines, delimiter, columns, "\\")
            yield _taken_alone(first, delimiter, columns, found) if isinstance(found, str) else found


def _row(first: str, lines: Lines, delimiter: str, columns: int, escape: str | None) -> list[str] | str:
    """The row that begins with a line, or why there is none: then the lines after that one are given back."""
    ahead: list[str] = []
    try:
        cells = next(csv.reader(_from(first, lines, ahead), delimiter=delimiter, escapechar=escape, strict=True))
    except (csv.Error, StopIteration) as error:
        lines.give_back()
        return str(error) or "no cells"
    cells = _without_empty_end(cells, columns)
    if len(cells) > columns or (ahead and _is_swallowed(cells, [first, *ahead], delimiter, columns)):
        lines.give_back()
        return f"{len(cells)} cells in {columns} columns" if len(cells) > columns else "a quote that is not closed"
    return cells


def _from(first: str, lines: Lines, ahead: list[str]) -> Iterator[str]:
    """The line and those after it, which are noted in `ahead`."""
    yield first
    for line in lines:
        ahead.append(line)
        yield line
        if len(ahead) >= MAX_ROW_LINES:
            return


def _is_swallowed(cells: list[str], spanned: list[str], delimiter: str, columns: int) -> bool:
    """Whether a row of several lines is several rows, held together by a stray quote."""
    counts = [line.count(delimiter) + 1 for line in spanned]
    if len(cells) < columns and counts[0] == columns:
        return True
    if columns < 2 or set(counts) != {columns}:
        return False
    if len(spanned) >= (SWALLOWED_LINES_OF_TWO if columns == 2 else SWALLOWED_LINES):
        return True
    return any(all(form.match(line.partition(delimiter)[0]) for line in spanned) for form in ROW_BEGINS.values())


def _taken_alone(line: str, delimiter: str, columns: int, reason: str) -> list[str] | BrokenRow:
    """A row of one line in which quotes do not hold cells together; broken where the count of cells is not right."""
    line = line.rstrip("\r\n")
    if len(line) <= MAX_CELL:
        cells = _without_empty_end(line.split(delimiter), columns)
        if len(cells) == columns:
            return [_unquoted(cell) for cell in cells]
        cells = _without_empty_end(next(csv.reader([line], delimiter=delimiter), []), columns)
        if len(cells) == columns:
            return cells
        if len(cells) > columns:
            reason = f"{len(cells)} cells in {columns} columns"
    return BrokenRow(f"broken CSV: {reason}", line)


def _unquoted(cell: str) -> str:
    if len(cell) > 1 and cell[0] == cell[-1] == '"':
        return cell[1:-1].replace('""', '"')
    return cell[1:] if cell.startswith('"') and cell.count('"') == 1 else cell


def _without_empty_end(cells: list[str], columns: int) -> list[str]:
    """The row without the empty cells to the right of the table, which spreadsheets write."""
    while len(cells) > columns and not cells[-1].strip():
        cells.pop()
    return cells
