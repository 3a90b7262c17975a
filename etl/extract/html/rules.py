"""Extract: which lines of a container are the article, by rules alone.  Pure.

What these rules keep is one feature of the line filter, and what is used where the filter has nothing to say.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby
from operator import itemgetter

from etl.extract.html.lines import HEADINGS, Line
from etl.text.people import plain

JUNK = re.compile(
    r"(?=[\Wapwcrsflivtmàч])"  # which tells most lines from all that follow
    r"(?:advertisement|publicité|anzeige|werbung|publicidad|pubblicità|continue reading( below)?.*|read more.*"
    r"|read also.*|also read.*|related(:| articles?| stories).*|see also.*|share( this.*)?|follow us.*|subscribe.*"
    r"|sign up.*|click here.*|story continues( below.*)?|loading\W*|(image|photo|picture|video)( source| credit|s)?:.*"
    r"|\W*|©.*|copyright .*|all rights reserved.*|this article (was )?originally.*|listen to this article.*|tags?:.*"
    r"|topics?:.*|filed under.*|posted in.*|lire aussi.*|à lire aussi.*|lesen sie auch.*|mehr zum thema.*"
    r"|leia (também|mais).*|lea también.*|leggi anche.*|lees ook.*|читайте также.*)$",
    re.IGNORECASE,
)
# What ends like this is the caption of a picture, or its credit alone.
CREDITED = re.compile(
    r".*\((?:images?|photos?|pictures?|pics?|fotos?|bild(?:er)?|credits?|source|quelle|crédits?)\b[^()]{0,60}\)$",
    re.IGNORECASE | re.DOTALL,
)
# What WordPress adds to the items of its feeds.
FIRST_ON = re.compile(
    r"(?:The post|Der Beitrag|L[’']article|La entrada|O post|A postagem|L[’']articolo|Het bericht|Wpis|Inlägget"
    r"|Artikkeli|Запись)\b.{1,400}?"
    r"(?:appeared first on|erschien zuerst auf|est apparu en premier sur|apareció primero en|aparece primero en"
    r"|se publicó primero en|apareceu primeiro em|proviene da|sembra essere il primo su|verscheen eerst op|pojawił się"
    r"|dök först upp på|ilmestyi ensin|впервые появилась)\b",
    re.DOTALL,
)
FIRST_ON_WITHIN = 600  # characters
CREDITED_WITHIN = 200  # characters; a paragraph may end in a note of its source, but is longer
JUNK_WITHIN = 140  # characters; a sentence of the article may begin like junk, but is longer
STAMP = re.compile(
    r"(?:\W*(published|updated|posted|last modified|stand|aktualisiert|veröffentlicht|publié|mis à jour|publicado"
    r"|actualizado|pubblicato|erstellt)\b.{0,60}\d.{0,40}"
    r"|.{0,40}\b\d{1,2}[./ ]\s?(\d{1,2}|[A-Za-zäéûñ]{3,10})[./ ,]+\s?\d{4}.{0,30}"
    r"|\W*[A-Z][a-z]{2,8}\.? \d{1,2}, \d{4}.{0,30}"
    r"|\d{4}[-/年]\d{1,2}[-/月]\d{1,2}.{0,30}|(by|von|par|por|di|door)\s+\S.{2,60}"
    r"|\W*\d+\s*(min|mins|minutes?|minuten)\b.{0,25})$",
    re.IGNORECASE,
)


def is_junk(text: str) -> bool:
    """Whether a line is what stands between paragraphs: an advertisement, a call to read on, a picture's caption."""
    return (len(text) < JUNK_WITHIN and JUNK.match(text) is not None) or is_caption(text)


def is_caption(text: str) -> bool:
    """Whether a line ends in the credit of a picture."""
    return text[-1] == ")" and len(text) < CREDITED_WITHIN and CREDITED.match(text) is not None


def is_first_on(text: str) -> bool:
    """Whether a line only says on which site the text was printed first."""
    return len(text) < FIRST_ON_WITHIN and FIRST_ON.match(text) is not None


def kept_lines(lines: list[Line]) -> list[Line]:
    """Lines without headline, junk, link lists, and date stamps near the top; no heading hangs at the end."""
    kept: list[Line] = []
    for line in lines:
        text, n = line.text, len(line.text)
        if line.tag == "h1" or is_junk(text):
            continue
        prose_with_links = line.tag in ("p", "blockquote") and line.links < 0.9 * n
        if line.links > 0.6 * n and n < 200 and not prose_with_links:
            continue
        if n < 90 and len(kept) < 6 and STAMP.match(text) and text[-1] not in ".!?":
            continue
        kept.append(line)
    while kept and (kept[-1].tag in HEADINGS or (len(kept[-1].text) < 60 and STAMP.match(kept[-1].text))):
        kept.pop()
    return kept


# Letters and digits; below it, the article itself repeats lines: questions, ingredients, captions of a table.
REPEATED_FROM = 160

PIECE = 40  # letters and digits

LOOKED_WITHIN = 100_000  # letters and digits; each paragraph is looked for in all before it


def without_repeats(paragraphs: Sequence[tuple[str, int]]) -> list[str]:
    """Paragraphs in order, without the long ones that the ones before them say in the same words.

    paragraphs  (text, block that it stands in); a paragraph that one block has twice is the author's own: summaries
                that sites add stand in blocks of their own, and a copy of the article has several paragraphs in one
    """
    kept: list[str] = []
    said: dict[int, list[str]] = {}  # by block
    before = ""
    for block, together in groupby(paragraphs, key=itemgetter(1)):
        texts = [paragraph for paragraph, _ in together]
        keys = [plain(paragraph) if len(before) < LOOKED_WITHIN else "" for paragraph in texts]
        if len(keys) > 1 and block not in said:  # a copy for other screens has short ones, too
            below = "".join(keys[1:])  # its headline
            if len(below) >= REPEATED_FROM and below in before:
                texts, keys = texts[:1], keys[:1]
        for paragraph, key in zip(texts, keys, strict=True):
            repeated = len(key) >= REPEATED_FROM and _says(before, key)
            if not repeated or any(_says(text, key) for text in said.get(block, ())):
                kept.append(paragraph)
                said.setdefault(block, []).append(key)
                before += key
    return kept


def _says(before: str, key: str) -> bool:
    """Whether the pieces of a key, from its first letters to its last, stand in what was before."""
    if key[:PIECE] not in before and key[-PIECE:] not in before:  # so it is with nearly all
        return False
    starts = [*range(0, len(key) - PIECE, PIECE), len(key) - PIECE]
    said = sum(key[start : start + PIECE] in before for start in starts)
    return said >= (MOST if len(key) >= COPY_FROM else 1) * len(starts)


# A paragraph is a repeat if all its pieces were said: results and forecasts differ in a number only.  A copy of a whole
# article, so long at least, lacks the headings and links between its paragraphs: most of its pieces will do.
COPY_FROM, MOST = 1_000, 0.75
