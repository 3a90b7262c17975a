"""Relations of two canonical texts that are no duplicates of each other.  Pure; docs/relations.md says it by numbers.

Which pairs are compared: etl.decide.definition.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

import numpy as np

from etl.fingerprint.passage_kernels import Numbers
from etl.fingerprint.passages import GUARANTEED, SHINGLE, InCommon, Passage
from schemas.relations import Kind

EXCERPT_SHARE = 0.5
"""Of the shingles of the smaller text, those that the larger has, from which one is an excerpt of the other."""
REWRITE_SHARE = 0.3
"""The same, from which an akin article of the same source or agency is a rewrite."""
AKIN_WORDS, AKIN_SHARE = 2, 0.4
"""Different words that two headlines (or addresses) share at least, and their share of all words of the two."""
_WORD = re.compile(r"[^\W\d_]+")


class Facts(NamedTuple):
    """A canonical text and its first article, as relations ask of it.

    day, length, article_id  its place in the order of election, but for the ranks of sources
    headline                 the comparison text of its headline
    """

    text_id: int
    day: int
    length: int
    article_id: str
    source: str
    agency: str | None
    headline: str
    url: str | None

    @property
    def order(self) -> tuple[int, int, str]:
        """The smaller is the earlier."""
        return self.day, -self.length, self.article_id


class Row(NamedTuple):
    """A pair of canonical texts, the later one first, their first articles, and what etl.fingerprint.passages says."""

    text_id: int
    other_text: int
    article_id: str
    other_id: str
    kind: Kind
    shared: int
    size: int
    other_size: int
    longest: int
    passages: tuple[Passage, ...]


Told = tuple[str, str, Kind]
"""What the feed tells of a row: its articles, and how they are related."""


def least_shared(smaller: Numbers, repeated: Numbers) -> Numbers:
    """How many shingles two texts share at least, or they are not related; (pairs,) each.

    smaller   size of the smaller set of shingles of the two
    repeated  places of the text with fewer tokens whose shingle has been there before: of a passage, as many at most
    """
    least: Numbers = np.minimum(np.ceil(REWRITE_SHARE * smaller).astype(np.int64), GUARANTEED - SHINGLE + 1 - repeated)
    return least


def kind(later: Facts, earlier: Facts, overlap: InCommon, threshold: float) -> Kind | None:
    """How two texts are related: the first of rewrite, excerpt and shares that fits; None: they are not.

    threshold  that of the recipe; from this Jaccard similarity on no relation is marked
    """
    smaller = min(overlap.size, overlap.other_size)
    jaccard = overlap.shared / (overlap.size + overlap.other_size - overlap.shared)
    if jaccard >= threshold:
        return None
    kin = later.source == earlier.source or (later.agency is not None and later.agency == earlier.agency)
    if kin and overlap.shared >= REWRITE_SHARE * smaller and is_akin(later, earlier):
        return "rewrite"
    if overlap.shared >= EXCERPT_SHARE * smaller:
        return "excerpt"
    return "shares" if overlap.longest >= GUARANTEED else None


def related(later: Facts, earlier: Facts, overlap: InCommon, threshold: float) -> Row | None:
    """The row of a pair; None: they are not related.  A passage has its place in the later text first."""
    found = kind(later, earlier, overlap, threshold)
    if found is None:
        return None
    return Row(later.text_id, earlier.text_id, later.article_id, earlier.article_id, found, *overlap)


def told(row: Row) -> Told:
    return row.article_id, row.other_id, row.kind


def feed(gone: Iterable[Told], come: Iterable[Told]) -> list[tuple[str, str, str, str]]:
    """(article_id, other_id, change, kind) of pairs that are other than before, in the order of the ids.

    gone, come  of rows that are there no more, and of rows that were not there before
    """
    old, new = ({row[:2]: row[2] for row in rows} for rows in (gone, come))
    changes = [(*pair, "changed" if pair in old else "added", now) for pair, now in new.items()]
    return sorted(changes + [(*pair, "removed", kind) for pair, kind in old.items() if pair not in new])


def is_akin(one: Facts, other: Facts) -> bool:
    """Whether the headlines, or the addresses, of two articles have words enough in common."""
    headlines = (frozenset(each.headline.split()) for each in (one, other))
    return _alike(*headlines) or _alike(address_words(one.url), address_words(other.url))


def _alike(one: frozenset[str], other: frozenset[str]) -> bool:
    shared = len(one & other)
    return shared >= AKIN_WORDS and shared >= AKIN_SHARE * len(one | other)


def address_words(url: str | None) -> frozenset[str]:
    """Words of letters in the last part of a URL's path that has any; none of a URL that cannot be read."""
    try:
        parts = urlsplit(url or "").path.split("/")
    except ValueError:
        return frozenset()
    words = (frozenset(_WORD.findall(unquote(part).casefold())) for part in reversed(parts))
    return next((found for found in words if found), frozenset())
