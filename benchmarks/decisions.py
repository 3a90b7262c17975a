"""From texts to decisions, without a store: who stands for whom, and what it cost.

    python -m benchmarks.decisions CORPUS.jsonl [OUT.json]     records {"id", "text"}; OUT: {id: canonical}

Prints seconds of reading and fingerprinting (all cores) and of electing, imports and compiling apart, and the exact
comparisons a text.  Texts stand in the order longest first, then by id.
"""

from __future__ import annotations

import argparse
import functools
import gc
import json
import multiprocessing
import os
import sys
import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from etl.decide import walk
from etl.decide.band_index import contents
from etl.decide.election import elect
from etl.decide.standings import Content, Text
from etl.fingerprint import signatures
from etl.fingerprint.recipe import Recipe
from etl.fingerprint.signatures import Fingerprints

PART = 4_000_000  # bytes of a corpus that a worker gets at a time


class Nothing:
    """An archive that holds only what comes."""

    def __init__(self, comparison: list[str], recipe: Recipe) -> None:
        self.comparison, self.recipe = comparison, recipe
        self.sets: dict[int, NDArray[np.uint64]] = {}

    def buckets(self, keys: NDArray[np.int64]) -> Iterable[tuple[int, int, bool]]:
        return []

    def texts(self, text_ids: Collection[int]) -> Iterable[Text]:
        return []

    def members(self, canonical_ids: Collection[int]) -> Iterable[Text]:
        return []

    def contents(self, text_ids: Collection[int]) -> Iterable[tuple[int, Content]]:
        return []

    def shingle_set(self, text_id: int) -> NDArray[np.uint64]:
        if text_id not in self.sets:
            self.expect([text_id])
        return self.sets[text_id]

    def expect(self, text_ids: Collection[int]) -> None:
        found = [text_id for text_id in text_ids if text_id not in self.sets]
        sets = signatures.shingle_sets([self.comparison[text_id] for text_id in found], self.recipe)
        self.sets.update(zip(found, sets, strict=True))


@contextmanager
def workers(recipe: Recipe) -> Iterator[Executor]:
    """A process a core, each with its loops compiled."""
    signatures.warm(recipe)
    walk.warm()
    gc.freeze()  # what imports have made is looked through no more
    gc.set_threshold(1_000_000)  # as the command does (etl.cli.main), whose import would take 0.2 s
    method = "fork" if sys.platform == "linux" else "spawn"
    with ProcessPoolExecutor(os.cpu_count(), multiprocessing.get_context(method)) as pool:
        pool.submit(int).result()
        yield pool


class Signed(NamedTuple):
    """Of n texts: their ids, their lengths in characters, their fingerprints."""

    ids: list[str]
    lengths: list[int]
    prints: Fingerprints


def signed(corpus: str, recipe: Recipe, pool: Executor) -> Signed:
    """Read a corpus of JSON lines, a part a task, and fingerprint its texts."""
    begins = range(0, os.path.getsize(corpus), PART)
    parts = list(pool.map(functools.partial(_signed, corpus, recipe), begins))
    ids, lengths, comparison = (list(chain.from_iterable(part[n] for part in parts)) for n in range(3))
    minima, sizes = (np.concatenate([part[n] for part in parts]) for n in (3, 4))
    return Signed(ids, lengths, Fingerprints(comparison, minima, sizes))


def _signed(corpus: str, recipe: Recipe, begin: int) -> tuple[Any, ...]:
    """Columns of the texts whose lines begin in the part of the corpus that begins there."""
    with open(corpus, "rb") as file:
        if begin:
            file.seek(begin - 1)
            file.readline()
        left = begin + PART - 1 - file.tell()  # its last byte, and what is left of a line
        lines = file.read(left) + file.readline() if left >= 0 else b""
    ids, texts = [], []
    for record in _records(lines.decode()):
        ids.append(record["id"])
        texts.append(record["text"])
    return ids, list(map(len, texts)), *signatures.fingerprint(texts, recipe)


def _records(lines: str) -> Iterator[dict[str, str]]:
    """JSON values, one behind the other: two thirds of the time of cutting them into lines before."""
    decode, at = json.JSONDecoder().raw_decode, 0
    while at < len(lines):
        record, at = decode(lines, at)
        yield record
        at += 1


def decide(
    ids: Sequence[str], lengths: Sequence[int], prints: Fingerprints, recipe: Recipe
) -> tuple[dict[str, str], int]:
    """({id: id of its canonical}, exact comparisons made)."""
    first: dict[str, int] = {}  # a text that is there already costs nothing more
    for n, comparison in enumerate(prints.comparison):
        best = first.setdefault(comparison, n)
        if best != n and (-lengths[n], ids[n]) < (-lengths[best], ids[best]):
            first[comparison] = n
    distinct = list(first.values())
    found = contents(prints.signatures[distinct], recipe)
    sizes = prints.sizes[distinct].tolist()
    arrivals = {
        n: (Text(n, (0, -lengths[n], ids[n]), size), content)
        for n, size, content in zip(distinct, sizes, found, strict=True)
    }
    outcome = elect(arrivals, [], Nothing(prints.comparison, recipe), recipe)
    canonical = {n: text.standing.canonical_id for n, text in outcome.texts.items() if text and text.standing}
    clusters = {ids[n]: ids[canonical[first[comparison]]] for n, comparison in enumerate(prints.comparison)}
    return clusters, outcome.verified


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus")
    parser.add_argument("out", nargs="?")
    given = parser.parse_args()
    recipe = Recipe()
    with workers(recipe) as pool:
        began = time.perf_counter()
        ids, lengths, prints = signed(given.corpus, recipe, pool)
        read = time.perf_counter()
        clusters, verified = decide(ids, lengths, prints, recipe)
        elected = time.perf_counter()
    if given.out:
        with open(given.out, "w", encoding="utf-8") as file:
            json.dump(clusters, file)
    print(
        f"{len(ids)} texts, {len(set(prints.comparison))} distinct, {len(set(clusters.values()))} canonical: "
        f"{elected - began:.2f} s = read and fingerprint {read - began:.2f} + elect {elected - read:.2f}; "
        f"{verified / len(ids):.2f} exact comparisons a text"
    )


if __name__ == "__main__":
    main()
