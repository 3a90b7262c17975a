"""The recipe: all parameters of a signature and of a decision.  Pure.

Signatures of two recipes are never compared; a store holds one recipe (`wirecopy store
check` says which).  The name spells all of it: `k5-p128-s1-b32x4-t0.7-n2`; with `c12` instead of `k5`,
shingles are of characters.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from etl.errors import Usage

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

NORMALISER = 2
"""Version of what a comparison text is: etl.text.tokens, etl.text.stubs, etl.fingerprint.comparison.

Raise it whenever one of these makes another text of the same article; `wirecopy rebuild` carries a store over.

1  NFKC and case folding; a short body with its headline
2  one spelling for what readers take for the same; stubs; tiny bodies only where they are equal
"""
_NAME = re.compile(r"([kc])(\d+)-p(\d+)-s(\d+)-b(\d+)x(\d+)-t([\d.]+)-n(\d+)")


@dataclass(frozen=True, slots=True)
class Recipe:
    """How near-duplicates are found.

    shingle       k, the tokens in a shingle, or the characters
    characters    shingles are of characters (etl.fingerprint.scanned), and pairs are measured by what runs side by side
    permutations  length of a signature
    seed          of the permutations, as datasketch.MinHash(seed=…) takes it
    bands, rows   the banding: two texts are candidates when all `rows` minima of one of the `bands` agree
    threshold     exact similarity (etl.fingerprint.signatures.similarity) from which a candidate pair is an edge

    The defaults: word 5-grams keep unlike texts apart (on books, Jaccard <= 0.00043 where character
    5-grams give 0.36), and 32 bands of 4 rows miss a pair at the threshold with probability 0.00015.
    SCANNED is the recipe for texts that a scanner read.
    """

    shingle: int = 5
    permutations: int = 128
    seed: int = 1
    bands: int = 32
    rows: int = 4
    threshold: float = 0.7
    characters: bool = False

    def __post_init__(self) -> None:
        if self.shingle < 1 or self.permutations < 1 or self.seed < 0:
            raise Usage(f"recipe {self.name}: shingle and permutations start at 1, the seed at 0")
        if self.bands < 1 or self.rows < 1 or self.bands * self.rows > self.permutations:
            raise Usage(f"recipe {self.name}: bands x rows must be at least 1 and at most {self.permutations}")
        if not 0 < self.threshold <= 1:
            raise Usage(f"recipe {self.name}: the threshold lies above 0 and at most at 1")

    @property
    def name(self) -> str:
        unit = "c" if self.characters else "k"
        return (
            f"{unit}{self.shingle}-p{self.permutations}-s{self.seed}-b{self.bands}x{self.rows}"
            f"-t{self.threshold:g}-n{NORMALISER}"
        )

    @classmethod
    def parse(cls, name: str) -> Recipe:
        """The recipe of that name.  Raises Usage for a name of another form or another normaliser."""
        found = _NAME.fullmatch(name)
        if not found:
            raise Usage(f"{name!r} is no recipe; write one like {cls().name}")
        unit, size, permutations, seed, bands, rows, threshold, normaliser = found.groups()
        if int(normaliser) != NORMALISER:
            raise Usage(f"recipe {name} was made by normaliser {normaliser}; this version of wirecopy has {NORMALISER}")
        numbers = (int(size), int(permutations), int(seed), int(bands), int(rows))
        return cls(*numbers, float(threshold), characters=unit == "c")

    @classmethod
    def renewed(cls, name: str) -> Recipe:
        """The recipe of that name with this version's normaliser, whichever it was made by."""
        return cls.parse(f"{name.rpartition('-n')[0]}-n{NORMALISER}")

    def candidate_probability(self, jaccard: float) -> float:
        """Probability that two texts of that similarity share a band key: 1 - (1 - J^rows)^bands."""
        return float(1 - (1 - jaccard**self.rows) ** self.bands)

    def affine(self) -> NDArray[np.uint32]:
        """(2, permutations) of odd factors a and addends b, drawn as datasketch 2's scheme "affine32" draws them."""
        return _affine(self.seed, self.permutations).copy()

    def least_ratio(self) -> float:
        """The smaller set of shingles over the larger, below which a pair is no edge: Jaccard cannot exceed it."""
        return 0.0 if self.characters else self.threshold

    def least_agreement(self, error: float = 1e-6) -> int:
        """Positions in which the signatures of an edge agree at least.

        Of words: but for that probability.  The count is binomial (permutations, J); below the returned count,
        P(J >= threshold) < error, so an exact comparison of the pair is not owed.  Of characters it is a rule: the
        passages of two texts do not bound their Jaccard similarity.
        """
        n, p, tail = self.permutations, self.threshold, 0.0
        if self.characters:
            return n // SCANNED_AGREEMENT
        for count in range(n + 1):
            tail += math.comb(n, count) * p**count * (1 - p) ** (n - count)
            if tail >= error:
                return count
        return n


@cache
def _affine(seed: int, permutations: int) -> NDArray[np.uint32]:
    import numpy as np  # not above: settings name recipes, and commands that only ask a store need no arrays

    draw = np.random.RandomState(seed)  # 0.2 ms, a tenth of what fingerprints of a hundred texts take
    a = draw.randint(0, 1 << 31, permutations, dtype=np.uint32) * np.uint32(2) + np.uint32(1)
    b = draw.randint(0, 1 << 32, permutations, dtype=np.uint32)
    return np.array([a, b])


SCANNED_AGREEMENT = 40
"""Of signatures of characters one position in so many agrees at least, or the pair is not compared.

Copies agree in one of 12 or more, even where an eighth of the letters are misread.  Of pairs in Reuters-21578 that
share a band, it spares two in three their comparison, and none of these reaches the threshold.
"""
SCANNED = Recipe(12, 256, 1, 128, 2, 0.5, characters=True)
"""For scanned newspapers; docs/comparing.md says when to choose it."""
