"""Plain text: a body that is stored as it came, told by one compiled look at each of its characters.  Pure.

Most bodies are.  To ask one question after the other (etl.text.stored) takes four times as long.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

import numpy as np
from numpy.typing import NDArray

from etl.compiled import Points, compiled, kept, stamp
from etl.text.stored import BY_MAC_ROMAN, MOJIBAKE, ODD, stored_text
from etl.text.tokens import ASSIGNED, END, PLAIN, seconds
from etl.text.word_lists import code_points

# What a character may be, as a bit: one that is to be looked at, whatever stands beside it; the first and the second of
# a pair that may be mojibake; a line end; a line end or a space.
DOUBTFUL, LEADS, FOLLOWS, LINE_END, GAP = (np.uint8(1 << n) for n in range(5))


def stored_body(text: str) -> str:
    """stored_text() of a text of some length, most of which have nothing to be changed."""
    if text and text[0] not in " \n" and text[-1] not in " \n" and is_plain(code_points(text), kinds()):
        return text
    return stored_text(text)


@compiled
def is_plain(points: Points | NDArray[np.uint8], kind: NDArray[np.uint8]) -> bool:
    """Whether nothing in these code points can be a reason to change the text; spaces at its ends are not looked at."""
    found, last, before = np.uint8(0), np.uint8(0), np.uint8(0)
    for point in points:
        this = kind[point]
        pair = last & this
        found |= this & DOUBTFUL | (last << np.uint8(1)) & this & FOLLOWS
        found |= pair & GAP ^ (pair & LINE_END) << np.uint8(1)  # one of two is a space
        found |= pair & before & LINE_END
        last, before = this, last
    return bool(found == 0)


@cache
def kinds() -> NDArray[np.uint8]:
    """What each code point may be: (END,)."""
    of = tuple(map(stamp, (__name__, "etl.text.stored", "etl.text.tokens")))
    return kept("kinds", of, lambda: {"table": _kinds()})["table"]


def _kinds() -> NDArray[np.uint8]:
    table = np.full(END, DOUBTFUL, dtype=np.uint8)  # what is no character yet, too
    for first, last in PLAIN:
        table[first : last + 1] = 0
    characters = [chr(c) for first, last in ASSIGNED for c in range(first, last + 1)]
    doubtful = {*ODD.findall("".join(characters)), *seconds(characters), *"".join(BY_MAC_ROMAN)}
    for c in characters:
        if c not in doubtful and not unicodedata.combining(c) and unicodedata.is_normalized("NFC", c):
            table[ord(c)] = 0
    leads, follows = (re.compile(each) for each in re.findall(r"\[[^\]]+\]", MOJIBAKE.pattern))
    table[[ord(c) for c in leads.findall("".join(characters))]] |= LEADS
    table[[ord(c) for c in follows.findall("".join(characters))]] |= FOLLOWS
    table[ord("\n")] = LINE_END | GAP
    table[ord(" ")] = GAP
    return table
