"""Texts to signatures with wirecopy's loops, one core; and what each loop takes."""

import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import numpy as np
from contest import Contest

from etl.fingerprint import kernels, token_kernels
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
        timed("tokenise", token_kernels.tokenise, *fingerprint.joined(batch), tokens.roles(), token_kernels.AS_IS)
        comparison = fingerprint.comparison_texts(batch)
        given = *fingerprint.joined(comparison), recipe.shingle, kernels.powers(comparison)
        hashes, sets = timed("shingle", kernels.shingle, *given)
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
