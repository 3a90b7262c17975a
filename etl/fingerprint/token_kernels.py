"""The compiled loops from characters to tokens.  Pure.

Texts come in batches, joined, with offsets: text i is joined[offsets[i]:offsets[i+1]].  Each goes through all of a loop
before the next one, so that what is noted of it stays in a core's first cache.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types
from numba.extending import intrinsic
from numpy.typing import NDArray

from etl.compiled import SPACE, Offsets, Points, compiled
from etl.text.tokens import CODE_POINT, COMPLEX, IGNORED, MARK, PAIR, SOLO

AS_IS, MENDED, COMPOSED = range(3)
ASCII_END = np.uint32(0x80)
APART, CLOSED, JOINED = 0, 1, 2  # between tokens; after a letter that is a token by itself; inside a token
LOW, BITS = np.uint32(127), np.uint32(7)  # of a PAIR
HYPHEN, SOFT, AMPERSAND, LINE_END = np.uint32(0x2D), np.uint32(0x2010), np.uint32(0x26), np.uint32(0x0A)


def _character(width: Any) -> Any:
    """Gives the character at a place of a str, in the memory where CPython keeps characters of that width.

    To encode a text takes 2 µs; numba has functions for this, in a module that takes 50 ms to import.
    """

    @intrinsic
    def character(_: Any, memory: Any, place: Any) -> Any:
        def load(context: Any, builder: Any, signature: Any, given: Any) -> Any:
            memory, place = given
            kept = builder.bitcast(memory, context.get_value_type(width).as_pointer())
            return context.cast(builder, builder.load(builder.gep(kept, [place])), width, types.uint32)

        return types.uint32(types.voidptr, types.intp), load

    return character


_BYTE, _TWO_BYTES, _FOUR_BYTES = map(_character, (types.uint8, types.uint16, types.uint32))


@compiled
def room_for(offsets: Offsets) -> Points:
    """Room for the code points of any of the texts."""
    longest = 0
    for i in range(len(offsets) - 1):
        longest = max(longest, offsets[i + 1] - offsets[i])
    return np.empty(longest, dtype=np.uint32)


@compiled
def points_of(texts: Any, offsets: Offsets, i: int, room: Points) -> Points:
    """The code points of text i, read where CPython keeps those of a str, in the room for them."""
    begin = offsets[i]
    points = room[: offsets[i + 1] - begin]
    if texts._kind == 1:
        for j in range(len(points)):
            points[j] = _BYTE(texts._data, begin + j)
    elif texts._kind == 2:
        for j in range(len(points)):
            points[j] = _TWO_BYTES(texts._data, begin + j)
    else:
        for j in range(len(points)):
            points[j] = _FOUR_BYTES(texts._data, begin + j)
    return points


@compiled
def _is_torn(points: Points) -> bool:
    """Whether tokens.mended() may change a text: it has an ampersand, or a line ends with a hyphen."""
    seen = np.uint32(0)
    for j in range(1, len(points)):
        point = points[j - 1]
        hyphen = (point == HYPHEN) | (point == SOFT)
        seen |= np.uint32((point == AMPERSAND) | (hyphen & (points[j] == LINE_END)))
    return bool(seen)


@compiled
def tokenise(received: str, offsets: Offsets, roles: Points, step: int) -> tuple[NDArray[np.uint8], Offsets]:
    """Comparison texts: the tokens of each text apart by one space, in UTF-8.

    step     AS_IS; MENDED, COMPOSED: the texts have been through the function of that name in tokens already
    returns  (out, ends): text i is out[ends[i]:ends[i+1]]; a text that needs the next step (or has no token) comes
             back empty
    """
    texts = len(offsets) - 1
    room = room_for(offsets)
    text = np.empty(3 * len(room) + 2, dtype=np.uint32)  # at worst each character is a token of two letters
    out = np.empty(5 * offsets[texts] + texts, dtype=np.uint8)  # or one of four bytes
    ends = np.zeros(texts + 1, dtype=np.int64)
    w = np.uint64(0)
    for i in range(texts):
        points = points_of(received, offsets, i, room)
        if step > AS_IS or not _is_torn(points):
            w = _tokenise(points, roles, step == COMPOSED, text, out, w)
        ends[i + 1] = np.int64(w)
    return out[:w], ends


@compiled
def _tokenise(
    points: Points, roles: Points, folded: bool, text: Points, out: NDArray[np.uint8], w: np.uint64
) -> np.uint64:
    """One text, written to out from w; returns where it ends.  text: room for its comparison text."""
    one = np.uint64(1)
    o = np.uint64(0)
    special = np.uint32(0)
    apart = one
    for j in range(np.uint64(len(points))):
        role = roles[points[j]]
        special |= role
        text[o] = role if role else SPACE
        o += one - (np.uint64(role == 0) & apart)  # no branch: where tokens end cannot be predicted
        apart = np.uint64(role == 0)
    if special > CODE_POINT:
        o = _tokenise_special(points, roles, folded, text)
    elif o > np.uint64(0) and apart:
        o -= one  # the space behind the last token
    if special < ASCII_END:
        for j in range(o):
            out[w + j] = np.uint8(text[j])
        return w + o
    for j in range(o):
        w = _encode(text[j], out, w)
    return w


@compiled
def _encode(point: np.uint32, out: NDArray[np.uint8], w: np.uint64) -> np.uint64:
    """Write a code point in UTF-8 to out from w; returns where it ends."""
    if point < ASCII_END:
        out[w] = np.uint8(point)
        return w + np.uint64(1)
    more = np.uint32(1) + np.uint32(point >= np.uint32(0x800)) + np.uint32(point >= np.uint32(0x10000))
    out[w] = np.uint8(((np.uint32(0xFF80) >> more) & np.uint32(0xFF)) | (point >> (np.uint32(6) * more)))
    for n in range(np.uint32(1), more + np.uint32(1)):
        rest = point >> (np.uint32(6) * (more - n))
        out[w + np.uint64(n)] = np.uint8(np.uint32(0x80) | (rest & np.uint32(0x3F)))
    return w + np.uint64(more) + np.uint64(1)


@compiled
def _tokenise_special(points: Points, roles: Points, folded: bool, out: Points) -> np.uint64:
    """One text, with characters that are more than letters, written to out; returns where it ends."""
    o = np.uint64(0)
    state = APART
    for point in points:
        role = roles[point]
        if role == 0:
            state = APART
        elif role & IGNORED:
            continue
        elif role & COMPLEX and not folded:
            return np.uint64(0)
        elif role & MARK:
            if state != APART:
                out[o] = role & CODE_POINT
                o += np.uint64(1)
        else:
            if (role & SOLO or state != JOINED) and o > np.uint64(0):
                out[o] = SPACE
                o += np.uint64(1)
            if role & PAIR:
                out[o] = role & LOW
                o += np.uint64(1)
                role = (role >> BITS) & LOW
            out[o] = role & CODE_POINT
            o += np.uint64(1)
            state = CLOSED if role & SOLO else JOINED
    return o
