"""Train the line filter and say how well it does on sites it has not seen.

    python benchmarks/train_lines.py PAGES [--write]

PAGES is a JSON-lines file (may be .gz), a page a line: {"set", "site", "url", "html", "text"}, text being
the article.  Out of fold means: in five parts, cut by site, each is judged by trees grown on the other four.  --write
grows the trees on all pages and writes etl/extract/html/line_filter_trees.py.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import zlib
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from etl.extract.html.body import fuller_reading
from etl.extract.html.features import NAMES, features
from etl.extract.html.line_filter import COMES_IN, DEPTH, HEURISTIC, NODES, STAYS
from etl.extract.html.lines import lines_below
from etl.extract.html.metadata import about
from etl.extract.html.page import parse_page
from etl.extract.html.rules import without_repeats
from etl.text.people import plain

Array = NDArray[np.float64]

TREE_COUNT = 100
RATE = 0.1  # each tree's say
LEAST_WEIGHT = 30.0  # lines in a leaf; with fewer, trees learn single sites
RIDGE = 5.0  # pulls the values of small leaves to 0
BIN_COUNT = 48
FOLDS = 5
WEIGHTS = Path(__file__).parent.parent / "etl" / "extract" / "html" / "line_filter_trees.py"
WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Example:
    """A page: its lines, their features, which of them are the article's, and how much each counts."""

    name: str
    site: str
    gold: str
    texts: list[str]
    features: Array
    wanted: Array
    weight: Array


@dataclass(frozen=True)
class Forest:
    """Trees as in etl.extract.html.line_filter."""

    base: float
    feature: NDArray[np.intp]
    threshold: Array
    value: Array

    def scores(self, rows: Array) -> Array:
        """Log odds of each row."""
        return self.base + sum(
            (grown(rows, f, t, v) for f, t, v in zip(self.feature, self.threshold, self.value, strict=True)),
            np.zeros(len(rows)),
        )


def grown(rows: Array, feature: NDArray[np.intp], threshold: Array, value: Array) -> Array:
    """Values of one tree's leaves for each row."""
    node = np.zeros(len(rows), dtype=np.intp)
    for _ in range(DEPTH):
        node = 2 * node + 1 + (rows[np.arange(len(rows)), feature[node]] > threshold[node])
    leaves: Array = value[node - NODES]
    return leaves


def shingles(text: str) -> Counter[tuple[str, ...]]:
    """Runs of four words, as the article-extraction-benchmark counts them."""
    words = WORD.findall(text)
    return Counter(tuple(words[i : i + 4]) for i in range(max(1, len(words) - 3)) if words)


def example(page: dict[str, str]) -> Example:
    """Features and labels of one page; a line is wanted if most of it is in the article."""
    tree = parse_page(page["html"])
    reading, kept = fuller_reading(tree)
    lines = lines_below(tree, reading.body, frozenset())
    gold, paragraphs = shingles(page["text"]), {plain(text) for text in page["text"].split("\n")}
    wanted, words = [], []
    for line in lines:
        found = shingles(line.text)
        hits = sum(min(count, gold[shingle]) for shingle, count in found.items())
        words.append(len(WORD.findall(line.text)))
        wanted.append(hits > 0.5 * sum(found.values()) if words[-1] >= 4 else plain(line.text) in paragraphs)
    weight = np.sqrt(np.array(words, dtype=np.float64) + 2)
    return Example(
        page["set"], page["site"], page["text"], [line.text for line in lines],
        features(tree, reading, lines, kept, about(tree).sayings()),
        np.array(wanted, dtype=np.float64), weight / (weight.sum() or 1),
    )  # fmt: skip


def train(examples: list[Example]) -> Forest:
    """Gradient boosting of trees of fixed depth on the logistic loss (Friedman 2001; gains: Chen & Guestrin 2016)."""
    rows = np.vstack([e.features for e in examples])
    wanted = np.concatenate([e.wanted for e in examples])
    # Sets differ in what their editors count to an article (lists, tweets): the larger one is not to decide that.
    pages = Counter(e.name for e in examples)
    weight = np.concatenate([e.weight / pages[e.name] for e in examples])
    weight *= len(weight) / weight.sum()
    edges = [np.unique(np.quantile(column, np.linspace(0, 1, BIN_COUNT + 1)[1:-1])) for column in rows.T]
    bins = np.stack([np.searchsorted(e, column, side="left") for e, column in zip(edges, rows.T, strict=True)])
    share = float(np.average(wanted, weights=weight))
    score = np.full(len(rows), np.log(share / (1 - share)))
    base, trees = float(score[0]), []
    for _ in range(TREE_COUNT):
        chance = 1 / (1 + np.exp(-score))
        tree = grow(bins, edges, weight * (wanted - chance), weight * chance * (1 - chance), weight)
        score += grown(rows, *tree)
        trees.append(tree)
    feature, threshold, value = (np.array(part) for part in zip(*trees, strict=True))
    return Forest(base, feature, threshold, value)


def grow(
    bins: NDArray[np.intp], edges: list[Array], gradient: Array, curvature: Array, weight: Array
) -> tuple[NDArray[np.intp], Array, Array]:
    """One tree: at each node the split with the greatest gain, where there is one."""
    feature, threshold = np.zeros(NODES, dtype=np.intp), np.full(NODES, np.inf)
    node = np.zeros(bins.shape[1], dtype=np.intp)
    for here in range(NODES):
        inside = np.flatnonzero(node == here)
        found = best_split(bins[:, inside], edges, gradient[inside], curvature[inside], weight[inside])
        if found:
            feature[here], cut = found
            threshold[here] = edges[feature[here]][cut]
            node[inside] = 2 * here + 1 + (bins[feature[here], inside] > cut)
        else:
            node[inside] = 2 * here + 1
    leaf = node - NODES
    sums = [np.bincount(leaf, part, NODES + 1) for part in (gradient, curvature)]
    return feature, threshold, RATE * sums[0] / (sums[1] + RIDGE)


def best_split(
    bins: NDArray[np.intp], edges: list[Array], gradient: Array, curvature: Array, weight: Array
) -> tuple[int, int] | None:
    """(feature, bin after which to cut) of the greatest gain; None if no cut leaves enough on both sides."""
    best, found = 1e-6, None
    for i, column in enumerate(bins):
        left = [
            np.cumsum(np.bincount(column, part, len(edges[i]) + 1))[:-1] for part in (gradient, curvature, weight)
        ]  # fmt: skip
        if not left[0].size:
            continue
        right = [part.sum() - below for part, below in zip((gradient, curvature, weight), left, strict=True)]
        whole = gradient.sum() ** 2 / (curvature.sum() + RIDGE)
        gain = left[0] ** 2 / (left[1] + RIDGE) + right[0] ** 2 / (right[1] + RIDGE) - whole
        gain[(left[2] < LEAST_WEIGHT) | (right[2] < LEAST_WEIGHT)] = 0
        cut = int(gain.argmax())
        if gain[cut] > best:
            best, found = float(gain[cut]), (i, cut)
    return found


def judged(example: Example, keep: NDArray[np.bool_]) -> tuple[float, float]:
    """(precision, recall) by shingles of a page's kept lines, repeats left out; without any there is no precision."""
    kept = [text for text, kept in zip(example.texts, keep.tolist(), strict=True) if kept]
    text = "\n\n".join(without_repeats(kept))
    gold, found = shingles(example.gold), shingles(text)
    hits = sum(min(count, gold[shingle]) for shingle, count in found.items())
    return hits / sum(found.values()) if found else np.nan, hits / (sum(gold.values()) or 1)


def f1_by_set(examples: list[Example], forests: dict[int, Forest]) -> dict[str, float]:
    """F1 of mean precision and recall of each set, each page judged by the forest of its fold."""
    pages: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for e in examples:
        if not e.texts:
            pages[e.name].append((np.nan, 0.0))
            continue
        chance = 1 / (1 + np.exp(-forests[fold_of(e)].scores(e.features)))
        pages[e.name].append(judged(e, chance > np.where(e.features[:, HEURISTIC] > 0, STAYS, COMES_IN)))
    means = {name: np.nanmean(scores, axis=0) for name, scores in pages.items()}
    return {name: float(2 * p * r / (p + r)) for name, (p, r) in means.items()}


def fold_of(example: Example) -> int:
    """Part of an example, the same for all pages of its site."""
    return zlib.crc32(example.site.encode()) % FOLDS


def table(forest: Forest) -> str:
    """Trees as etl.extract.html.line_filter.parse_trees reads them."""
    lines = []
    for f, t, v in zip(forest.feature, forest.threshold, forest.value, strict=True):
        nodes = " ".join(f"{NAMES[i]} {cut:.4g}" for i, cut in zip(f.tolist(), t.tolist(), strict=True))
        lines.append(f"{nodes} " + " ".join(f"{value:.4f}" for value in v.tolist()))
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pages", type=Path)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    opened = gzip.open if options.pages.suffix == ".gz" else open
    with opened(options.pages, "rt", encoding="utf-8") as lines:
        examples = [example(json.loads(line)) for line in lines]
    usable = [e for e in examples if e.texts]
    forests = {fold: train([e for e in usable if fold_of(e) != fold]) for fold in range(FOLDS)}
    out_of_fold = f1_by_set(examples, forests)
    print("out of fold", {name: round(f1, 4) for name, f1 in out_of_fold.items()})
    whole = train(usable)
    seen = f1_by_set(examples, dict.fromkeys(range(FOLDS), whole))
    print("on pages it was trained on", {name: round(f1, 4) for name, f1 in seen.items()})
    if options.write:
        figures = ", ".join(f"{name} {f1:.4f}" for name, f1 in sorted(out_of_fold.items()))
        WEIGHTS.write_text(
            '"""Trees of the line filter, a line each; see etl.extract.html.line_filter.parse_trees.\n\n'
            f"Written by benchmarks/train_lines.py from {len(usable)} pages.  F1 out of fold: {figures}.\n"
            '"""\n\n# ruff: noqa: E501 (a tree is easier to compare on one line)\n\n'
            f'BASE = {whole.base:.4f}\nTREES = """\n{table(whole)}\n"""\n',
            encoding="utf-8",
        )


if __name__ == "__main__":
    main()
