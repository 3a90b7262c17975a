"""Extract: paragraphs that a page gives twice.  Pure.

Some pages hold their article again: for machines, for print, or as the summary that the first paragraphs repeat.
Who reads them wants it once.
"""

from __future__ import annotations

from etl.text.people import plain

# Letters and digits; below it, the article itself repeats lines: questions, ingredients, captions of a table.
REPEATED_FROM = 160
PIECE = 40  # letters and digits
# A paragraph is a repeat if all its pieces were said: results and forecasts differ in a number only.  A copy of a whole
# article, so long at least, lacks the headings and links between its paragraphs: most of its pieces will do.
COPY_FROM, MOST = 1_000, 0.75
LOOKED_WITHIN = 100_000  # letters and digits; each paragraph is looked for in all before it


def without_repeats(paragraphs: list[str]) -> list[str]:
    """Paragraphs in order, without the long ones that the ones before them say in the same words."""
    kept: list[str] = []
    before = ""
    for paragraph in paragraphs:
        key = plain(paragraph) if len(before) < LOOKED_WITHIN else ""
        if len(key) < REPEATED_FROM or not _says(before, key):
            kept.append(paragraph)
            before += key
    return kept


def _says(before: str, key: str) -> bool:
    """Whether the pieces of a key, from its first letters to its last, stand in what was before."""
    if key[:PIECE] not in before and key[-PIECE:] not in before:  # so it is with nearly all
        return False
    starts = [*range(0, len(key) - PIECE, PIECE), len(key) - PIECE]
    said = sum(key[start : start + PIECE] in before for start in starts)
    return said >= (MOST if len(key) >= COPY_FROM else 1) * len(starts)
