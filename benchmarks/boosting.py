"""Gradient boosting of decision trees of fixed depth on the logistic loss.  Pure.

The method is Friedman's (2001), with the second-order gains of Chen and Guestrin (2016).  The trees have the form that
etl.extract.html.line_filter reads, which no library writes: every tree complete, a feature and a threshold a node.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from etl.compiled import compiled
from etl.extract.html.line_filter import DEPTH, NODES, tree_sums

Array = NDArray[np.float64]

LEAST_WEIGHT = 40.0  # rows in a leaf; with fewer, trees learn single sites
RIDGE = 8.0  # pulls the values of small leaves to 0
LEAST_GAIN = 1e-6
BIN_COUNT = 48
ROWS, COLUMNS = 0.6, 0.4  # shares of the rows and features that a tree is grown on, drawn anew for each (Friedman 2002)
SEED = 1


@dataclass(frozen=True)
class Forest:
    """Trees as in etl.extract.html.line_filter, and the log odds from which they start."""

    base: float
    feature: NDArray[np.intp]
    threshold: Array
    value: Array

    def chances(self, rows: Array) -> Array:
        """Probability of each row."""
        sums = tree_sums(np.ascontiguousarray(rows), self.feature, self.threshold, self.value)
        chance: Array = 1 / (1 + np.exp(-self.base - sums))
        return chance


def boost(rows: Array, wanted: Array, weight: Array, tree_count: int, rate: float) -> Forest:
    """Forest that tells wanted rows from others.

    rows      (m, features)
    wanted    (m,) the probability to be told, 0 or 1 where it is known
    weight    (m,) how much each row counts, 1 on average
    rate      each tree's say
    """
    edges = [np.unique(np.quantile(column, np.linspace(0, 1, BIN_COUNT + 1)[1:-1])) for column in rows.T]
    bins = np.stack([np.searchsorted(e, column, side="left") for e, column in zip(edges, rows.T, strict=True)], axis=1)
    bins = np.ascontiguousarray(bins, dtype=np.uint8)
    share = float(np.average(wanted, weights=weight))
    base = float(np.log(share / (1 - share)))
    score = np.full(len(rows), base)
    trees = []
    draw = np.random.default_rng(SEED)
    for _ in range(tree_count):
        chance = 1 / (1 + np.exp(-score))
        drawn = weight * (draw.random(len(rows)) < ROWS)
        parts = np.stack([drawn * (wanted - chance), drawn * chance * (1 - chance), drawn], axis=1)
        usable: NDArray[np.bool_] = np.less(draw.random(rows.shape[1]), COLUMNS)
        feature, threshold, leaf = _grow(bins, edges, parts, usable)
        sums = [np.bincount(leaf, parts[:, i], NODES + 1) for i in (0, 1)]
        value = rate * sums[0] / (sums[1] + RIDGE)
        score += value[leaf]
        trees.append((feature, threshold, value))
    return Forest(base, *(np.array(part) for part in zip(*trees, strict=True)))


def _grow(
    bins: NDArray[np.uint8], edges: list[Array], parts: Array, usable: NDArray[np.bool_]
) -> tuple[NDArray[np.intp], Array, NDArray[np.intp]]:
    """(feature and threshold of each node, leaf of each row) of one tree of the usable features, level by level."""
    feature, cut, threshold = np.zeros(NODES, dtype=np.intp), np.full(NODES, 255), np.full(NODES, np.inf)
    node = np.zeros(len(bins), dtype=np.intp)
    for level in range(DEPTH):
        first = 2**level - 1
        sums = _histograms(bins, node - first, parts, 2**level)
        for here in range(2**level):
            found = _best_split(sums[here], usable)
            if found:
                i, cut[first + here] = found
                feature[first + here], threshold[first + here] = i, edges[i][cut[first + here]]
        node = 2 * node + 1 + (bins[np.arange(len(bins)), feature[node]] > cut[node])
    return feature, threshold, node - NODES


def _best_split(sums: Array, usable: NDArray[np.bool_]) -> tuple[int, int] | None:
    """(feature, bin after which to cut) of the greatest gain; None if no cut leaves enough on both sides."""
    left = np.cumsum(sums, axis=1)[:, :-1]
    total = sums.sum(axis=1, keepdims=True)
    right = total - left
    gain = sum(side[..., 0] ** 2 / (side[..., 1] + RIDGE) for side in (left, right))
    gain = gain - total[..., 0] ** 2 / (total[..., 1] + RIDGE)
    gain[(left[..., 2] < LEAST_WEIGHT) | (right[..., 2] < LEAST_WEIGHT)] = 0
    gain[~usable] = 0
    best = int(gain.argmax())
    i, at = divmod(best, gain.shape[1])
    return (i, at) if gain[i, at] > LEAST_GAIN else None


@compiled
def _histograms(bins: NDArray[np.uint8], node: NDArray[np.intp], parts: Array, node_count: int) -> Array:
    """Sums of the parts (gradient, curvature, weight) by node, feature and bin."""
    sums = np.zeros((node_count, bins.shape[1], BIN_COUNT, 3))
    for row in range(len(bins)):
        here = sums[node[row]]
        gradient, curvature, weight = parts[row]
        for i in range(bins.shape[1]):
            place = here[i, bins[row, i]]
            place[0] += gradient
            place[1] += curvature
            place[2] += weight
    return sums
