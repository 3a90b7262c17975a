"""References: which documents of reference sources (a benchmark, a licensed corpus) a text has passages of.  Pure.

Texts are compared by their sets of SHINGLE consecutive tokens of the comparison text.  A text of fewer tokens is one
shingle, that of them all: it is found where it stands alone, and not within a longer one.

A shingle that stands in more than MAX_COMMON reference documents is common, and no common shingle leads from a text to
a document.  Of each reference source a text is matched with the MAX_MATCHES documents that are nearest by the others:
by the greater of the two shares, then the shingles in common, then the document's id.  The figures of these pairs count
all shingles, common ones included.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from etl.fingerprint import signatures
from etl.fingerprint.recipe import Recipe

SHINGLE = 13  # tokens: what benchmarks are looked for by since GPT-3 (Brown and others, 2020)
MAX_COMMON = 100
MAX_MATCHES = 5
_RECIPE = Recipe(shingle=SHINGLE)

Hashes = NDArray[np.int64]
"""Hashes of shingles as databases have them, signed; a set of them is in ascending order."""


class Overlap(NamedTuple):
    """What a text and a document have in common.

    shared    shingles that both have
    shingles  that the text has
    longest   tokens of the longest passage of the text all of whose shingles the document has
    """

    shared: int
    shingles: int
    longest: int


class Candidates(NamedTuple):
    """Pairs of a text and a document that share shingles, as columns: places of both, and how many they share."""

    text: NDArray[np.int64]
    document: NDArray[np.int64]
    shared: NDArray[np.int64]


def shingle_sets(comparison: Sequence[str]) -> list[Hashes]:
    """The shingles of each comparison text."""
    return [np.sort(found.view(np.int64)) for found in signatures.shingle_sets(comparison, _RECIPE)]


def union(sets: Sequence[Hashes]) -> Hashes:
    """The shingles of some sets together."""
    flat = np.sort(_flat(sets)[0])  # np.unique hashes first, which takes three times as long
    first = np.ones(len(flat), dtype=np.bool_)
    first[1:] = flat[1:] != flat[:-1]
    return flat[first]


def holds(sets: Sequence[Hashes], wanted: Hashes) -> NDArray[np.bool_]:
    """Which of some sets have a shingle of another."""
    flat, owners = _flat(sets)
    found = np.zeros(len(sets), dtype=np.bool_)
    found[owners[is_among(flat, wanted)]] = True
    return found


def is_among(values: Hashes, wanted: Hashes) -> NDArray[np.bool_]:
    """Which values are in a set."""
    if not len(wanted):
        return np.zeros(len(values), dtype=np.bool_)
    found: NDArray[np.bool_] = wanted[np.minimum(np.searchsorted(wanted, values), len(wanted) - 1)] == values
    return found


def candidates(sets: Sequence[Hashes], shingles: Hashes, documents: NDArray[np.int64]) -> Candidates:
    """Pairs of texts and documents.

    sets                 of the texts
    shingles, documents  rows of the index, by the order of the shingles
    """
    flat, owners = _flat(sets)
    begin, end = np.searchsorted(shingles, flat, "left"), np.searchsorted(shingles, flat, "right")
    many = end - begin
    rows = np.repeat(begin - np.concatenate(([0], np.cumsum(many)[:-1])), many) + np.arange(many.sum())
    pairs, shared = np.unique(np.stack([np.repeat(owners, many), documents[rows]]), axis=1, return_counts=True)
    return Candidates(pairs[0], pairs[1], shared)


def nearest(
    found: Candidates, text_sizes: NDArray[np.int64], document_sizes: NDArray[np.int64], sources: NDArray[np.int64]
) -> Candidates:
    """Of each text and source the MAX_MATCHES nearest documents.  Documents are numbered in the order of their ids."""
    share = found.shared / np.minimum(text_sizes[found.text], document_sizes[found.document])
    source = sources[found.document]
    order = np.lexsort((found.document, -found.shared, -share, source, found.text))
    text, source = found.text[order], source[order]
    first = np.ones(len(order), dtype=np.bool_)
    first[1:] = (text[1:] != text[:-1]) | (source[1:] != source[:-1])
    starts = np.flatnonzero(first)
    place = np.arange(len(order)) - np.repeat(starts, np.diff(np.append(starts, len(order))))
    kept = order[place < MAX_MATCHES]
    return Candidates(found.text[kept], found.document[kept], found.shared[kept])


def overlap(text: str, mine: Hashes, document: Hashes) -> Overlap:
    """What a comparison text, whose set of shingles is given beside it, has in common with a document's set."""
    has = np.zeros(len(text) // 2 + 3, dtype=np.bool_)  # a token and its space are two characters at least
    found = is_among(signatures.windows(text, SHINGLE).view(np.int64), document)
    has[1 : len(found) + 1] = found
    edges = np.flatnonzero(has[1:] != has[:-1])
    longest = int((edges[1::2] - edges[::2]).max(initial=0))
    shared = int(is_among(mine, document).sum())
    return Overlap(shared, len(mine), longest and min(text.count(" ") + 1, longest + SHINGLE - 1))


def _flat(sets: Sequence[Hashes]) -> tuple[Hashes, NDArray[np.int64]]:
    """All shingles of some sets, and of which set each is."""
    flat = np.concatenate([np.empty(0, dtype=np.int64), *sets])
    return flat, np.repeat(np.arange(len(sets)), [len(each) for each in sets])
