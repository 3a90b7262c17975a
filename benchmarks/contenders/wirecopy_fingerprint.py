"""Texts to signatures with wirecopy's loops, one core; and what each loop takes."""

import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import numpy as np
from contest import Contest

from etl.fingerprint import kernels
from etl.fingerprint import signatures as fingerprint
from etl.fingerprint.recipe import Recipe
from etl.text import tokens


def loops(texts: list[str], recipe: Recipe) -> dict[str, float]:
    """µs a text in each compiled loop, in batches as the pipeline has them."""
    taken: defaultdict[str, float] = defaultdict(float)

    def timed(name: str, loop: Callable[..., Any], *given: Any) -> Any:
        began = time.perf_counter()
        made = loop(*given)
        taken[name] += time.perf_counter() - began
        return made

    for at in range(0, len(texts), fingerprint.TEXTS_A_CALL):
        batch = texts[at : at + fingerprint.TEXTS_A_CALL]
        points = np.frombuffer(timed("encode", "".join(batch).encode, "utf-32-le", "surrogatepass"), dtype=np.uint32)
        offsets = np.cumsum([0, *map(len, batch)], dtype=np.int64)
        out, ends = timed("tokenise", kernels.tokenise, points, offsets, tokens.roles(), False)
        hashes, sets = timed("shingle", kernels.shingle, out, ends, recipe.shingle)
        signatures = timed("minima", kernels.minima, hashes, sets, recipe.affine())
        timed("band keys", kernels.band_keys, signatures, recipe.bands, recipe.rows)
    return {name: round(1e6 * seconds / len(texts), 3) for name, seconds in taken.items()}


def run() -> None:
    recipe = Recipe()
    fingerprint.warm(recipe)
    contest = Contest()
    _, texts = contest.read()
    prints = fingerprint.fingerprint(texts, recipe)
    contest.passed("fingerprint")
    facts = {"loops": loops(texts, recipe), "shingles": float(np.mean(prints.sizes))}
    contest.finish(None, **facts)


if __name__ == "__main__":
    run()
