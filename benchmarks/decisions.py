"""From texts to decisions, without a store: who stands for whom, and what it cost.

    decisions.py CORPUS.jsonl [OUT.json]     records {"id", "text"}; OUT maps each id to its canonical's
    decisions.py --template N                N near-copies of one text of 500 words, each with five words of its own

Prints seconds of reading, fingerprinting (all cores) and electing, imports and compiling apart, and the exact
comparisons a text.  Texts stand in the order longest first, then by id.
"""

from __future__ import annotations

import argparse
import functools
import json
import os
import random
import time
from collections.abc import Collection, Iterable
from concurrent.futures import ProcessPoolExecutor

import numpy as np
from numpy.typing import NDArray

from etl import fingerprint, store
from etl.elect import elect
from etl.fingerprint import Fingerprints
from etl.recipe import Recipe
from etl.standings import Content, Text

CHUNK = 500  # texts a worker gets at a time


class Nothing:
    """An archive that holds only what comes."""

    def __init__(self, comparison: list[str], recipe: Recipe) -> None:
        self.comparison, self.recipe = comparison, recipe

    def buckets(self, keys: Iterable[int]) -> Iterable[tuple[int, int, bool]]:
        return []

    def texts(self, text_ids: Collection[int]) -> Iterable[Text]:
        return []

    def members(self, canonical_ids: Collection[int]) -> Iterable[Text]:
        return []

    def contents(self, text_ids: Collection[int]) -> Iterable[tuple[int, Content]]:
        return []

    @functools.lru_cache(maxsize=100_000)  # noqa: B019  it lives as long as the run
    def shingle_set(self, text_id: int) -> NDArray[np.uint64]:
        return fingerprint.shingle_sets([self.comparison[text_id]], self.recipe)[0]

    def expect(self, text_ids: Collection[int]) -> None:
        pass


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", nargs="?")
    parser.add_argument("out", nargs="?")
    parser.add_argument("--template", type=int, metavar="N")
    arguments = parser.parse_args()
    recipe = Recipe()
    fingerprint.warm(recipe)
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        pool.submit(int).result()  # the workers are there before the clock starts
        began = time.perf_counter()
        if arguments.template:
            texts = template(arguments.template)
            ids = [str(n) for n in range(len(texts))]
        else:
            with open(arguments.corpus, encoding="utf-8") as file:
                records = [json.loads(line) for line in file]
            ids, texts = [r["id"] for r in records], [r["text"] for r in records]
        read = time.perf_counter()
        prints = joined(pool.map(functools.partial(fingerprint.fingerprint, recipe=recipe), chunks(texts)))
    signed = time.perf_counter()
    first: dict[str, int] = {}  # a text that is there already costs nothing more
    for n, comparison in enumerate(prints.comparison):
        best = first.setdefault(comparison, n)
        if (-len(texts[n]), ids[n]) < (-len(texts[best]), ids[best]):
            first[comparison] = n
    distinct = list(first.values())
    contents = store.contents(prints.signatures[distinct], recipe)
    arrivals = {
        n: (Text(n, (0, -len(texts[n]), ids[n]), int(prints.sizes[n])), content)
        for n, content in zip(distinct, contents, strict=True)
    }
    outcome = elect(arrivals, [], Nothing(prints.comparison, recipe), recipe)
    elected = time.perf_counter()
    canonical = {n: text.standing.canonical_id for n, text in outcome.texts.items() if text and text.standing}
    if arguments.out:
        clusters = {ids[n]: ids[canonical[first[comparison]]] for n, comparison in enumerate(prints.comparison)}
        with open(arguments.out, "w", encoding="utf-8") as file:
            json.dump(clusters, file)
    print(
        f"{len(texts)} texts, {len(distinct)} distinct, {sum(n == c for n, c in canonical.items())} canonical: "
        f"{elected - began:.2f} s = read {read - began:.2f} + fingerprint {signed - read:.2f}"
        f" + elect {elected - signed:.2f}; "
        f"{outcome.verified / len(texts):.2f} exact comparisons a text"
    )


def chunks(texts: list[str]) -> list[list[str]]:
    return [texts[at : at + CHUNK] for at in range(0, len(texts), CHUNK)]


def joined(parts: Iterable[Fingerprints]) -> Fingerprints:
    listed = list(parts)
    return Fingerprints(
        [comparison for part in listed for comparison in part.comparison],
        np.concatenate([part.signatures for part in listed]),
        np.concatenate([part.sizes for part in listed]),
    )


def template(count: int) -> list[str]:
    """Near-copies of one text."""
    draw = random.Random(7)
    words = [f"word{n}" for n in range(500)]
    texts = []
    for n in range(count):
        copy = words[:]
        for at in draw.sample(range(500), 5):
            copy[at] = f"own{n}"
        texts.append(" ".join(copy))
    return texts


if __name__ == "__main__":
    main()
