"""Diff: the differences of two texts, word by word.  Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise
from typing import Literal, NamedTuple

MAX_DIFF_WORDS = 5_000  # compared in each text: 20 ms for news, a quarter of a second for the worst
CONTEXT_WORDS = 8  # shown before and after a difference
PARAGRAPH = "\n\n"

Op = Literal["same", "removed", "added"]


class Piece(NamedTuple):
    """Words of both texts, or of one of them alone."""

    op: Op
    text: str


@dataclass(frozen=True, slots=True)
class Diff:
    """How one text becomes another.

    pieces    in order; without the removed ones they are the new text, without the added ones the old
    left_out  words of the longer text after the last piece, where the texts are too long to be compared whole
    """

    pieces: tuple[Piece, ...]
    left_out: int = 0


def diff(old: str, new: str) -> Diff:
    """The differences of two texts by words; paragraph breaks count, other white space does not."""
    before, after = _words(old), _words(new)
    head = _alike(before, after)
    before, after, common = before[head:], after[head:], before[:head]
    tail = _alike(before[::-1], after[::-1])
    end = before[len(before) - tail :]
    before, after = before[: len(before) - tail], after[: len(after) - tail]
    left_out = max(len(before), len(after)) - MAX_DIFF_WORDS
    if left_out > 0:
        before, after, end, left_out = before[:MAX_DIFF_WORDS], after[:MAX_DIFF_WORDS], [], left_out + tail
    pieces = [Piece("same", _joined(common)), *_compared(before, after), Piece("same", _joined(end))]
    return Diff(tuple(_merged(pieces)), max(0, left_out))


def _compared(before: list[str], after: list[str]) -> Iterator[Piece]:
    for op, i, j, k, m in SequenceMatcher(None, before, after).get_opcodes():
        if op == "equal":
            yield Piece("same", _joined(before[i:j]))
        else:
            yield Piece("removed", _joined(before[i:j]))
            yield Piece("added", _joined(after[k:m]))


def _merged(pieces: Iterable[Piece]) -> list[Piece]:
    """The pieces without empty ones; neighbours of one kind are merged."""
    found: list[Piece] = []
    for piece in pieces:
        if not piece.text:
            continue
        if found and found[-1].op == piece.op:
            piece = Piece(piece.op, _joined([found.pop().text, piece.text]))
        found.append(piece)
    return found


def shown(found: Diff) -> list[Piece]:
    """The pieces for people; long common passages are cut to CONTEXT_WORDS beside each difference."""
    pieces = []
    for n, piece in enumerate(found.pieces):
        words = _words(piece.text)
        first, last = n == 0, n == len(found.pieces) - 1
        if piece.op == "same" and len(words) > 3 * CONTEXT_WORDS:
            hidden = len(words) - CONTEXT_WORDS * (2 - first - last)
            begin, end = words[: 0 if first else CONTEXT_WORDS], words[len(words) - (0 if last else CONTEXT_WORDS) :]
            piece = Piece("same", _joined([*begin, f"[… {hidden} words alike …]", *end]))
        pieces.append(piece)
    return pieces


def _alike(left: Sequence[str], right: Sequence[str]) -> int:
    """The number of words that both begin with."""
    return next((n for n, (a, b) in enumerate(zip(left, right, strict=False)) if a != b), min(len(left), len(right)))


def _words(text: str) -> list[str]:
    return re.findall(r"\n\n|\S+", text)


def _joined(words: Sequence[str]) -> str:
    """Words as text, with one space between two, but none beside a paragraph break."""
    spaces = ["" if PARAGRAPH in (a[-2:], b[:2]) else " " for a, b in pairwise(words)]
    return "".join(part for pair in zip(words, [*spaces, ""], strict=False) for part in pair)
