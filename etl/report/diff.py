"""Diff: what two texts say differently, word by word.  Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise
from typing import Literal, NamedTuple

MOST = 5_000  # words compared in each text: 20 ms for news, a quarter of a second for the worst
AROUND = 8  # words shown before and after what differs
PARAGRAPH = "\n\n"

Op = Literal["same", "removed", "added"]


class Piece(NamedTuple):
    """Words that stand in both texts, or in one of them alone."""

    op: Op
    text: str


@dataclass(frozen=True, slots=True)
class Diff:
    """How one text becomes another.

    pieces    in order; without the removed ones they are the new text, without the added ones the old
    left_out  words of the longer text that stand behind the last piece, where the texts are too long to compare whole
    """

    pieces: tuple[Piece, ...]
    left_out: int = 0


def diff(old: str, new: str) -> Diff:
    """The differences of two texts by words; spaces do not count, paragraphs do."""
    before, after = _words(old), _words(new)
    head = _alike(before, after)
    before, after, common = before[head:], after[head:], before[:head]
    tail = _alike(before[::-1], after[::-1])
    end = before[len(before) - tail :]
    before, after = before[: len(before) - tail], after[: len(after) - tail]
    left_out = max(len(before), len(after)) - MOST
    if left_out > 0:
        before, after, end, left_out = before[:MOST], after[:MOST], [], left_out + tail
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
    """Without empty pieces, and neighbours of one kind as one."""
    found: list[Piece] = []
    for piece in pieces:
        if not piece.text:
            continue
        if found and found[-1].op == piece.op:
            piece = Piece(piece.op, _joined([found.pop().text, piece.text]))
        found.append(piece)
    return found


def shown(found: Diff) -> list[Piece]:
    """The pieces for a person: of long passages that are the same only the words beside what differs."""
    pieces = []
    for n, piece in enumerate(found.pieces):
        words = _words(piece.text)
        first, last = n == 0, n == len(found.pieces) - 1
        if piece.op == "same" and len(words) > 3 * AROUND:
            hidden = len(words) - AROUND * (2 - first - last)
            begin, end = words[: 0 if first else AROUND], words[len(words) - (0 if last else AROUND) :]
            piece = Piece("same", _joined([*begin, f"[… {hidden} words alike …]", *end]))
        pieces.append(piece)
    return pieces


def _alike(left: Sequence[str], right: Sequence[str]) -> int:
    """Words at the beginning of both."""
    return next((n for n, (a, b) in enumerate(zip(left, right, strict=False)) if a != b), min(len(left), len(right)))


def _words(text: str) -> list[str]:
    return re.findall(r"\n\n|\S+", text)


def _joined(words: Sequence[str]) -> str:
    """Words as text: one space between two, none beside a paragraph's end."""
    spaces = ["" if PARAGRAPH in (a[-2:], b[:2]) else " " for a, b in pairwise(words)]
    return "".join(part for pair in zip(words, [*spaces, ""], strict=False) for part in pair)
