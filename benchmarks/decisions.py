"""From texts to decisions, without a store: who stands for whom, and what it cost.

    python -m benchmarks.decisions CORPUS.jsonl [OUT.json]     records {"id", "text"}; OUT: {id: canonical}
    python -m benchmarks.decisions --template N                N near-copies of one text of 500 words

Prints seconds of reading, fingerprinting (all cores) and electing, imports and compiling apart, and the exact
comparisons a text.  Texts stand in the order longest first, then by id.
"""

from __future__ import annotations

import argparse
import functools
import json
import multiprocessing
import os
import sys
import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray

from etl.decide.election import elect
from etl.decide.standings import Content, Text
from etl.fingerprint import signatures
from etl.fingerprint.recipe import Recipe
from etl.fingerprint.signatures import Fingerprints
from etl.store import election

CHUNK = 500  # texts a worker gets at a time


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
    method = "fork" if sys.platform == "linux" else "spawn"
    with ProcessPoolExecutor(os.cpu_count(), multiprocessing.get_context(method)) as pool:
        pool.submit(int).result()
        yield pool


def fingerprints(texts: Sequence[str], recipe: Recipe, pool: Executor | None = None) -> Fingerprints:
    """Fingerprints of all texts, a chunk a task; without a pool this process makes them."""
    chunks = [texts[at : at + CHUNK] for at in range(0, len(texts), CHUNK)]
    make = functools.partial(signatures.fingerprint, recipe=recipe)
    listed = list(map(make, chunks) if pool is None else pool.map(make, chunks))
    return Fingerprints(
        [comparison for part in listed for comparison in part.comparison],
        np.concatenate([part.signatures for part in listed]),
        np.concatenate([part.sizes for part in listed]),
    )


def decide(
    ids: Sequence[str], texts: Sequence[str], prints: Fingerprints, recipe: Recipe
) -> tuple[dict[str, str], int]:
    """({id: id of its canonical}, exact comparisons made)."""
    first: dict[str, int] = {}  # a text that is there already costs nothing more
    for n, comparison in enumerate(prints.comparison):
        best = first.setdefault(comparison, n)
        if (-len(texts[n]), ids[n]) < (-len(texts[best]), ids[best]):
            first[comparison] = n
    distinct = list(first.values())
    contents = election.contents(prints.signatures[distinct], recipe)
    arrivals = {
        n: (Text(n, (0, -len(texts[n]), ids[n]), int(prints.sizes[n])), content)
        for n, content in zip(distinct, contents, strict=True)
    }
    outcome = elect(arrivals, [], Nothing(prints.comparison, recipe), recipe)
    canonical = {n: text.standing.canonical_id for n, text in outcome.texts.items() if text and text.standing}
    clusters = {ids[n]: ids[canonical[first[comparison]]] for n, comparison in enumerate(prints.comparison)}
    return clusters, outcome.verified


def main() -> None:
    from benchmarks import news

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", nargs="?")
    parser.add_argument("out", nargs="?")
    parser.add_argument("--template", type=int, metavar="N")
    given = parser.parse_args()
    recipe = Recipe()
    with workers(recipe) as pool:
        began = time.perf_counter()
        if given.template:
            ids, texts = zip(*((p.id, p.text) for p in news.template(given.template)), strict=True)
        else:
            with open(given.corpus, encoding="utf-8") as file:
                ids, texts = zip(*((r["id"], r["text"]) for r in map(json.loads, file)), strict=True)
        read = time.perf_counter()
        prints = fingerprints(texts, recipe, pool)
    signed = time.perf_counter()
    clusters, verified = decide(ids, texts, prints, recipe)
    elected = time.perf_counter()
    if given.out:
        with open(given.out, "w", encoding="utf-8") as file:
            json.dump(clusters, file)
    print(
        f"{len(texts)} texts, {len(set(prints.comparison))} distinct, {len(set(clusters.values()))} canonical: "
        f"{elected - began:.2f} s = read {read - began:.2f} + fingerprint {signed - read:.2f}"
        f" + elect {elected - signed:.2f}; {verified / len(texts):.2f} exact comparisons a text"
    )


if __name__ == "__main__":
    main()
