"""Standings: the records that an election takes and gives.  Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

Rank = tuple[int, int, str]
"""(day as date.toordinal(), minus the characters of the body, article_id): the smaller comes earlier."""


class Standing(NamedTuple):
    """Which text stands for a text: itself (a canonical), or the canonical of which it is a duplicate.

    jaccard, bands  exact similarity to that canonical and the band keys shared with it; 1 and all for itself
    judged          a person's judgement alone makes it a duplicate: without it there would be no edge
    """

    canonical_id: int
    jaccard: float
    bands: int
    judged: bool = False


class Text(NamedTuple):
    """A text as the election sees it.

    shingles   size of its set of shingles
    standing   as elected so far; None for a new text
    """

    text_id: int
    rank: Rank
    shingles: int
    standing: Standing | None = None


class Content(NamedTuple):
    """The signature of a text, (permutations,), and its band keys, each once."""

    signature: NDArray[np.uint32]
    keys: NDArray[np.int64]


class Archive(Protocol):
    """Stored texts, as an election reads them (and new ones, where it says so)."""

    def buckets(self, keys: NDArray[np.int64]) -> Iterable[tuple[int, int, bool]]:
        """(band key, canonical text, whether the key is its own rather than a member's) of each stored bucket row."""

    def texts(self, text_ids: Collection[int]) -> Iterable[Text]:
        """Stored texts by id."""

    def members(self, canonical_ids: Collection[int]) -> Iterable[Text]:
        """Stored duplicates of these canonicals."""

    def contents(self, text_ids: Collection[int]) -> Iterable[tuple[int, Content]]:
        """Signatures and band keys, of stored texts."""

    def shingle_set(self, text_id: int) -> NDArray[np.uint64]:
        """The set of shingles of a stored or new text."""

    def expect(self, text_ids: Collection[int]) -> None:
        """Hint: the shingle sets of these stored texts will probably be needed."""


@dataclass(frozen=True, slots=True)
class Judgements:
    """People's judgements on pairs of texts: `same` adds an edge, `different` forbids it.  Each is kept both ways."""

    same: Mapping[int, Collection[int]] = field(default_factory=dict)
    different: Mapping[int, Collection[int]] = field(default_factory=dict)


NO_JUDGEMENTS = Judgements()


@dataclass(slots=True)
class BucketRows:
    """Rows of the band index, as arrays: 20,000 texts have half a million rows.

    parts  (band keys, canonicals, own), each (rows,)
    """

    parts: list[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]] = field(default_factory=list)

    def add(self, keys: NDArray[np.int64], canonical_id: int, own: bool) -> None:
        """Add the rows of a text's keys.  own: the text is the canonical of its cluster."""
        self.parts.append((keys, np.full(len(keys), canonical_id, np.int64), np.full(len(keys), own)))

    def columns(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
        """(band keys, canonicals, own), each (rows,), in the order of the keys, which is that of the index."""
        none = np.empty(0, np.int64)
        listed = [(none, none, np.empty(0, np.bool_)), *self.parts]
        keys, canonicals, own = (np.concatenate(column) for column in zip(*listed, strict=True))
        order = np.argsort(keys, kind="stable")
        return keys[order], canonicals[order], own[order]


@dataclass(slots=True)
class Outcome:
    """The decisions of an election.

    texts     each text that arrived, departed or changed its standing, with its standing now; None: it departed
    before    the standing of each of these before; None: it arrived
    added     bucket rows to add
    dropped   bucket rows to drop: (band key, canonical)
    verified  exact comparisons made
    """

    texts: dict[int, Text | None] = field(default_factory=dict)
    before: dict[int, Standing | None] = field(default_factory=dict)
    added: BucketRows = field(default_factory=BucketRows)
    dropped: list[tuple[int, int]] = field(default_factory=list)
    verified: int = 0
