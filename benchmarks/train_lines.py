"""Train the line filter and say how well it does on sites it has not seen.

    python -m benchmarks.train_lines PAGES [--write]

PAGES is a JSON-lines file (may be .gz), a page a line: {"set", "site", "url", "html"} and its gold, either "text", the
article, or "with" and "without", strings that stand in the article and strings that do not.  Sets count the same
however many pages they have.  Out of fold means: in five parts, cut by site, each is judged by trees grown on the other
four.  --write grows the trees on all pages and writes etl/extract/html/line_filter_trees.py.

Where gold names strings only, lines that have none of them are not learnt from: labels guessed by a first forest made
the second no better.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.boosting import Array, Forest, boost
from etl.extract.html.body import fuller_reading, shown_or_declared
from etl.extract.html.features import NAMES, features
from etl.extract.html.line_filter import COMES_IN, HEURISTIC, STAYS
from etl.extract.html.lines import NEVER_READ, blocks_around, lines_below
from etl.extract.html.metadata import about
from etl.extract.html.page import parse_page
from etl.extract.html.rules import is_caption, without_repeats
from etl.text.people import plain

TREE_COUNT = 250
RATE = 0.06  # each tree's say
FOLDS = 5
WEIGHTS = Path(__file__).parent.parent / "etl" / "extract" / "html" / "line_filter_trees.py"
WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Example:
    """A page: its lines, their features, which of them are the article's, and how much each counts.

    declared  the body in JSON-LD
    blocks    of each line, by etl.extract.html.lines.blocks_around
    wanted    1 or 0, NaN where the gold does not say
    """

    name: str
    site: str
    gold: Mapping[str, Any]
    declared: str
    texts: list[str]
    blocks: list[int]
    features: Array
    wanted: Array
    weight: Array


def shingles(text: str) -> Counter[tuple[str, ...]]:
    """Runs of four words, as the article-extraction-benchmark counts them."""
    words = WORD.findall(text)
    return Counter(tuple(words[i : i + 4]) for i in range(max(1, len(words) - 3)) if words)


def example(page: Mapping[str, Any]) -> Example:
    """Features and labels of one page."""
    tree = parse_page(page["html"])
    reading, kept = fuller_reading(tree)
    lines = lines_below(tree, reading.body, frozenset(), NEVER_READ)
    texts = [line.text for line in lines]
    labels = labels_by_text(texts, page["text"]) if "text" in page else labels_by_strings(texts, page)
    words = np.array([len(WORD.findall(text)) for text in texts], dtype=np.float64)
    weight = np.where(np.isnan(labels), 0.0, np.sqrt(words + 2) if "text" in page else 1.0)
    said = about(tree)
    rows = features(tree, reading, lines, kept, said.sayings())
    blocks = blocks_around(tree, lines)
    return Example(
        page["set"], page["site"], page, said.linked.body(), texts, blocks, rows, labels, weight / (weight.sum() or 1)
    )


def labels_by_text(texts: list[str], article: str) -> Array:
    """1 for each line most of which is in the article, else 0."""
    gold, paragraphs = shingles(article), {plain(text) for text in article.split("\n")}
    wanted = []
    for text in texts:
        found = shingles(text)
        hits = sum(min(count, gold[shingle]) for shingle, count in found.items())
        few = len(WORD.findall(text)) < 4
        wanted.append(plain(text) in paragraphs if few else hits > 0.5 * sum(found.values()))
    return np.array(wanted, dtype=np.float64)


def labels_by_strings(texts: list[str], gold: Mapping[str, Any]) -> Array:
    """1 for each line with a string of the article, 0 for one with a string that is none of it, NaN for others."""
    inside, outside = ([" ".join(string.split()) for string in gold[name]] for name in ("with", "without"))
    known = ((any(one in text for one in inside), any(one in text for one in outside)) for text in texts)
    return np.array([1.0 if right else 0.0 if wrong else np.nan for right, wrong in known])


def train(examples: list[Example]) -> Forest:
    """Forest of all lines with a label."""
    rows = np.vstack([e.features for e in examples])
    wanted = np.concatenate([e.wanted for e in examples])
    # Sets differ in what their editors count to an article (lists, tweets): the larger one is not to decide that.
    pages = Counter(e.name for e in examples)
    weight = np.concatenate([e.weight / pages[e.name] for e in examples])
    known = weight > 0
    return boost(rows[known], wanted[known], weight[known] / weight[known].mean(), TREE_COUNT, RATE)


def kept_text(example: Example, forest: Forest) -> str:
    """The article by a forest, as etl.extract.html.body puts it together."""
    if not example.texts:
        return shown_or_declared("", example.declared)
    keep = forest.chances(example.features) > np.where(example.features[:, HEURISTIC] > 0, STAYS, COMES_IN)
    lines = zip(example.texts, example.blocks, keep.tolist(), strict=True)
    chosen = [(text, block) for text, block, kept in lines if kept and not is_caption(text)]
    shown = "\n\n".join(without_repeats(chosen))
    return shown_or_declared(shown, example.declared)


def by_shingles(gold: str, text: str) -> tuple[float, float]:
    """(precision, recall) of a text; without one there is no precision."""
    want, found = shingles(gold), shingles(text)
    hits = sum(min(count, want[shingle]) for shingle, count in found.items())
    return hits / sum(found.values()) if found else np.nan, hits / (sum(want.values()) or 1)


def by_strings(gold: Mapping[str, Any], text: str) -> NDArray[np.intp]:
    """(strings found rightly, found wrongly, missed)."""
    text = " ".join(text.split())
    right, wrong = (sum(" ".join(string.split()) in text for string in gold[name]) for name in ("with", "without"))
    return np.array([right, wrong, len(gold["with"]) - right])


def f1_by_set(judged: Iterator[tuple[Example, str]]) -> dict[str, float]:
    """F1 of each set: of mean precision and recall over its pages, or of its strings taken together."""
    pages: dict[str, list[tuple[float, float]]] = defaultdict(list)
    strings: dict[str, NDArray[np.intp]] = defaultdict(lambda: np.zeros(3, dtype=np.intp))
    for e, text in judged:
        if "text" in e.gold:
            pages[e.name].append(by_shingles(e.gold["text"], text))
        else:
            strings[e.name] += by_strings(e.gold, text)
    means = {name: np.nanmean(scores, axis=0) for name, scores in pages.items()}
    f1 = {name: float(2 * p * r / (p + r)) for name, (p, r) in means.items()}
    return f1 | {name: float(2 * r / (2 * r + w + m)) for name, (r, w, m) in strings.items()}


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
    out_of_fold = f1_by_set((e, kept_text(e, forests[fold_of(e)])) for e in examples)
    print("out of fold", {name: round(f1, 4) for name, f1 in out_of_fold.items()})
    whole = train(usable)
    seen = f1_by_set((e, kept_text(e, whole)) for e in examples)
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
