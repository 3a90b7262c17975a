"""Packing: an order in which rows fill the pages of a SQLite table.  Pure.

A page holds whole rows, as they come.  Of revisions, most of which take a quarter of a page to all of it, a fifth of
each page stayed empty: 800 of 6,550 bytes an article, of which 150 are left.  A row that is longer than a page leaves a
part in it, and the rest in pages of its own; that part is short or long by its length alone.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

PAGE = 4096  # bytes: SQLite's default; others would be packed less well
ROOM = PAGE - 8  # of a leaf, beside its header
MOST, LEAST = PAGE - 35, (PAGE - 12) * 32 // 255 - 23
"""Bytes of a row that stand in a leaf where all of it does, and at least where it does not (fileformat2.html, 1.6)."""
BESIDE = 10  # bytes of a row beside its record: pointer, length, row id
WIDTH = {float: 8, int: 3, bool: 0, date: 10, datetime: 26, type(None): 0}
"""Bytes of a value that is no text; of numbers that are small."""


def packed(columns: Sequence[Sequence[Any]]) -> list[list[Any]]:
    """The same rows, given as columns, in an order that leaves little of each page empty."""
    order = fitting([in_leaf(size) for size in sizes(columns)])
    return [[column[i] for i in order] for column in columns]


def sizes(columns: Sequence[Sequence[Any]]) -> list[int]:
    """Bytes of each row's record, to a few."""
    found = [len(columns) + 2] * len(columns[0])  # its header
    for column in columns:
        kinds = set(map(type, column))
        if str in kinds:
            for i, value in enumerate(column):
                if value:
                    found[i] += (len(value) if value.isascii() else len(value.encode())) + (len(value) > 57)
        elif len(kinds) == 1:
            width = WIDTH.get(kinds.pop(), 0)
            found = [size + width for size in found] if width else found
        else:
            found = [size + WIDTH.get(type(value), 0) for size, value in zip(found, column, strict=True)]
    return found


def in_leaf(size: int) -> int:
    """Bytes that a record of this size takes of a leaf."""
    if size <= MOST:
        return size + BESIDE
    part = LEAST + (size - LEAST) % (PAGE - 4)
    return (part if part <= MOST else LEAST) + 4 + BESIDE  # and the number of the page on which it goes on


def fitting(taken: Sequence[int]) -> list[int]:
    """Positions in an order that fills page after page: the longest that is left, then the longest that still fits.

    taken  bytes that each takes of a page
    """
    left = sorted((size, i) for i, size in enumerate(taken))
    order = []
    while left:
        free = ROOM
        at = len(left)
        while at:
            size, i = left.pop(at - 1)
            order.append(i)
            free -= size
            at = bisect_right(left, (free, len(taken)))
    return order
