"""Figures of a text's quality, by which consumers can filter.  Pure.

The figures describe, they do not judge: nothing is dropped for them.
"""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from etl.compiled import SPACE, Points, compiled
from etl.text.tokens import letters
from etl.text.word_lists import STOP_WORDS, TABLES, code_points, count_listed

LINE_END = np.uint32(10)
STOP_WORDS_WITHIN = 1_500  # characters; all of a text would take twice the time for a share that moves by 0.02


class Quality(NamedTuple):
    """Figures of a text; shares are from 0 to 1.

    words                number of words: what stands between spaces
    mean_word_length     characters a word, punctuation at it included; 0 without words
    letter_share         letters among the characters that are not spaces
    repeated_line_share  characters in lines that stand in the text before
    stop_word_share      of its first 250 tokens or so, those that only grammar needs; None without a list of them
    """

    words: int
    mean_word_length: float
    letter_share: float
    repeated_line_share: float
    stop_word_share: float | None


def quality(text: str, comparison: str, language: str) -> Quality:
    """Figures of a stored text in a language, in some 15 µs.

    comparison  its comparison text, whose tokens are told apart already
    """
    if not text:
        return Quality(0, 0.0, 0.0, 0.0, None)
    lines = [line for line in text.split("\n") if line]
    letter_count, spaces, line_ends = count_letters(code_points(text), letters())
    words = spaces + len(lines)  # in stored text one space stands between words, none at an edge
    visible = len(text) - spaces - line_ends
    return Quality(
        words=words,
        mean_word_length=visible / words,
        letter_share=letter_count / visible,
        repeated_line_share=_repeated(lines) / visible,
        stop_word_share=_stop_word_share(comparison, language),
    )


@compiled
def count_letters(codes: Points | NDArray[np.uint8], is_letter: NDArray[np.bool_]) -> tuple[int, int, int]:
    """How many letters, spaces and line ends there are among these code points."""
    found, spaces, line_ends = 0, 0, 0
    for code in codes:
        found += is_letter[code]
        spaces += code == SPACE
        line_ends += code == LINE_END
    return found, spaces, line_ends


def _repeated(lines: list[str]) -> int:
    """Characters that are not spaces, in lines that stand in the text before."""
    if len(set(lines)) == len(lines):
        return 0
    return sum((len(line) - line.count(" ")) * (count - 1) for line, count in Counter(lines).items() if count > 1)


def _stop_word_share(comparison: str, language: str) -> float | None:
    if language not in STOP_WORDS:
        return None
    if len(comparison) > STOP_WORDS_WITHIN:
        comparison = comparison[:STOP_WORDS_WITHIN].rpartition(" ")[0] or comparison
    # Compiled, which takes a quarter of the time of making a string of each token.
    listed, count = count_listed(code_points(comparison), TABLES[language])
    return listed / count
