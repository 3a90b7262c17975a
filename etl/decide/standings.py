"""Standings: what an election works on, and what it decides.  Pure records."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Place = tuple[int, int, str]
"""(day as date.toordinal(), minus the characters of the body, article_id): the smaller stands earlier."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Who stands for a text: itself (a canonical), or the canonical it is a duplicate of.

    jaccard, bands  exact similarity to that canonical and the band keys shared with it; 1 and all for itself
    judged          it is a duplicate by a person's word alone: without it there would be no edge
    """

    canonical_id: int
    jaccard: float
    bands: int
    judged: bool = False


@dataclass(frozen=True, slots=True)
class Text:
    """A text as the election sees it.

    shingles   size of its set of shingles
    standing   as elected so far; None for one that has just come
    """

    text_id: int
    place: Place
    shingles: int
    standing: Standing | None = None


@dataclass(frozen=True, slots=True)
class Content:
    """What the comparison of a text needs: its signature, (permutations,), and its band keys, each once."""

    signature: NDArray[np.uint32]
    keys: NDArray[np.int64]


class Archive(Protocol):
    """What an election asks about the texts that are stored (and those that come, where it says so)."""

    def buckets(self, keys: Iterable[int]) -> Iterable[tuple[int, int, bool]]:
        """(band key, canonical text, whether the key is its own rather than a member's) of each stored bucket row."""

    def texts(self, text_ids: Collection[int]) -> Iterable[Text]:
        """Stored texts by id."""

    def members(self, canonical_ids: Collection[int]) -> Iterable[Text]:
        """Stored duplicates of these canonicals."""

    def contents(self, text_ids: Collection[int]) -> Iterable[tuple[int, Content]]:
        """Signatures and band keys, of stored texts."""

    def shingle_set(self, text_id: int) -> NDArray[np.uint64]:
        """The set of shingles of a stored or coming text."""

    def expect(self, text_ids: Collection[int]) -> None:
        """Hint: the shingle sets of these stored texts are likely to be asked for."""


@dataclass(frozen=True, slots=True)
class Judgements:
    """People's words on pairs of texts: `same` adds an edge, `different` forbids it.  Both hold each pair both ways."""

    same: Mapping[int, Collection[int]] = field(default_factory=dict)
    different: Mapping[int, Collection[int]] = field(default_factory=dict)


NO_JUDGEMENTS = Judgements()


@dataclass(slots=True)
class BucketRows:
    """Rows of the band index: half a million of them come with 20,000 texts, so arrays, one for each text."""

    keys: list[NDArray[np.int64]] = field(default_factory=list)
    canonicals: list[int] = field(default_factory=list)
    own: list[bool] = field(default_factory=list)

    def add(self, keys: NDArray[np.int64], canonical_id: int, own: bool) -> None:
        """The rows of a text's keys: the canonical of its cluster, and whether it is that canonical."""
        self.keys.append(keys)
        self.canonicals.append(canonical_id)
        self.own.append(own)

    def columns(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
        """(band keys, canonicals, own), each (rows,), in the order of the keys, which is that of the index."""
        keys = np.concatenate(self.keys) if self.keys else np.empty(0, dtype=np.int64)
        lengths = [len(part) for part in self.keys]
        order = np.argsort(keys, kind="stable")
        canonicals = np.repeat(np.array(self.canonicals, dtype=np.int64), lengths)
        own = np.repeat(np.array(self.own, dtype=np.bool_), lengths)
        return keys[order], canonicals[order], own[order]


@dataclass(slots=True)
class Outcome:
    """What an election decided.

    texts     every text that arrived, departed or changed its standing, as it stands now; None: it departed
    before    its standing until then; None: it arrived
    added     bucket rows to add
    dropped   bucket rows to drop: (band key, canonical)
    verified  exact comparisons made
    """

    texts: dict[int, Text | None] = field(default_factory=dict)
    before: dict[int, Standing | None] = field(default_factory=dict)
    added: BucketRows = field(default_factory=BucketRows)
    dropped: list[tuple[int, int]] = field(default_factory=list)
    verified: int = 0
