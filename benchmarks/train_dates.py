"""Fit the model of printed days and say how often it is right on sites it has not seen.

    python -m benchmarks.train_dates PAGES

PAGES is a JSON-lines file (may be .gz), a page a line: {"site", "url", "html", "date"}, the date in ISO 8601, or null
for a page that has none.  The weights are printed as WEIGHTS of etl/extract/html/visible_dates.py.  Out of fold means:
in five parts, cut by site, each is judged by weights fitted on the other four.
"""

from __future__ import annotations

import argparse
import gzip
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from etl.extract.html.body import all_lines, parsed
from etl.extract.html.metadata import about, metadata
from etl.extract.html.visible_dates import candidates

Array = NDArray[np.float64]

FOLDS = 5
RIDGE = 1.0  # pulls weights to 0, on features of unit variance
STEPS = 30  # of Newton's method, which needs about eight
THRESHOLDS = (0.1, 0.2, 0.3, 0.5, 0.8)


@dataclass(frozen=True)
class Example:
    """A page: the features of its candidates, and which of them are of the article's day; `day` None if undated."""

    site: str
    day: str | None
    names: tuple[str, ...]
    features: Array
    right: Array


def example(page: Mapping[str, Any]) -> Example:
    tree = parsed(page["html"])
    draft = metadata(tree, about(tree), page["url"], "", [])
    lines = all_lines(tree)
    found = candidates(tree, lines, draft.title, draft.language)
    day = datetime.fromisoformat(page["date"]).date() if page["date"] else None
    names = tuple(found[0].features) if found else ()
    rows = np.array([list(one.features.values()) for one in found], dtype=np.float64).reshape(len(found), len(names))
    right = np.array([one.moment.date() == day for one in found], dtype=np.float64)
    return Example(page["site"], page["date"], names, rows, right)


def fit(examples: list[Example]) -> Array:
    """Weights of the features and, last, the base, by Newton's method; each page counts as the root of its dates."""
    used = [e for e in examples if len(e.right)]
    rows, right = np.vstack([e.features for e in used]), np.concatenate([e.right for e in used])
    weight = np.concatenate([np.full(len(e.right), len(e.right) ** -0.5) for e in used])
    mean, spread = rows.mean(axis=0), rows.std(axis=0) + 1e-9
    scaled = np.hstack([(rows - mean) / spread, np.ones((len(rows), 1))])
    ridge = np.full(scaled.shape[1], RIDGE)
    ridge[-1] = 1e-6
    found = np.zeros(scaled.shape[1])
    for _ in range(STEPS):
        chance = 1 / (1 + np.exp(-scaled @ found))
        curvature = weight * chance * (1 - chance)
        gradient = scaled.T @ (weight * (right - chance)) - ridge * found
        found += np.linalg.solve((scaled.T * curvature) @ scaled + np.diag(ridge), gradient)
    weights = found[:-1] / spread
    return np.append(weights, found[-1] - weights @ mean)


def best(e: Example, weights: Array) -> tuple[float, bool]:
    """(probability, whether it is right) of a page's likeliest date; probability 0 where it has none."""
    if not len(e.right):
        return 0.0, False
    odds = e.features @ weights[:-1] + weights[-1]
    at = int(odds.argmax())
    return float(1 / (1 + np.exp(-odds[at]))), bool(e.right[at])


def fold_of(e: Example) -> int:
    return zlib.crc32(e.site.encode()) % FOLDS


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pages", type=Path)
    options = parser.parse_args()
    opened = gzip.open if options.pages.suffix == ".gz" else open
    with opened(options.pages, "rt", encoding="utf-8") as lines:
        examples = [example(json.loads(line)) for line in lines]
    report(examples)


def report(examples: list[Example]) -> None:
    """Prints the weights, and how often they are right out of fold."""
    folds = {fold: fit([e for e in examples if fold_of(e) != fold]) for fold in range(FOLDS)}
    judged = [(e, *best(e, folds[fold_of(e)])) for e in examples]
    dated = sum(e.day is not None for e in examples)
    printed = sum(bool(e.right.any()) for e in examples)
    print(f"{dated} dated pages, {printed} print their day; {len(examples) - dated} undated")
    for threshold in THRESHOLDS:
        taken = [(e, right) for e, chance, right in judged if chance > threshold]
        invented = sum(e.day is None for e, _ in taken)
        print(f"above {threshold}: {sum(right for _, right in taken)} right, "
              f"{sum(not right and e.day is not None for e, right in taken)} wrong, {invented} invented")  # fmt: skip
    weights = fit(examples)
    names = next(e.names for e in examples if e.names)
    for name, value in [("base", weights[-1]), *zip(names, weights[:-1], strict=True)]:
        print(f'    "{name}": {value:.3f},')


if __name__ == "__main__":
    main()
