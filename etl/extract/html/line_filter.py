"""Extract: which lines of a page are the article, by trees of decisions trained on pages whose article is known.  Pure.

The trees are in etl.extract.html.line_filter_trees, written by benchmarks/train_lines.py, which also says how well they
do on sites they have not seen.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from etl.compiled import compiled
from etl.extract.html.features import NAMES
from etl.extract.html.line_filter_trees import BASE, TREES

DEPTH = 3
NODES = 2**DEPTH - 1
# The rules have a say: what they keep needs less to stay, what they leave out more to come in.  Chosen out of
# fold on three sets.
STAYS, COMES_IN = 0.5, 0.6
HEURISTIC = NAMES.index("heuristic")


def parse_trees(table: str) -> tuple[NDArray[np.intp], NDArray[np.float64], NDArray[np.float64]]:
    """(feature, threshold of each node; value of each leaf), a row a tree, nodes in breadth-first order.

    A line of the table holds a tree: NODES times `name threshold`, then the values of its leaves, left to right; at a
    node, features above the threshold go right.
    """
    rows = [line.split() for line in table.strip().splitlines()]
    index = {name: i for i, name in enumerate(NAMES)}
    feature = np.array([[index[name] for name in row[: 2 * NODES : 2]] for row in rows], dtype=np.intp)
    threshold = np.array([row[1 : 2 * NODES : 2] for row in rows], dtype=np.float64)
    return feature, threshold, np.array([row[2 * NODES :] for row in rows], dtype=np.float64)


FEATURE, THRESHOLD, VALUE = parse_trees(TREES)


def probabilities(features: NDArray[np.float64]) -> NDArray[np.float64]:
    """Probability of each line to be the article's.

    features  (lines, len(NAMES))
    """
    chance: NDArray[np.float64] = 1 / (1 + np.exp(-BASE - tree_sums(features, FEATURE, THRESHOLD, VALUE)))
    return chance


def is_article(features: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether each line is kept."""
    return probabilities(features) > np.where(features[:, HEURISTIC] > 0, STAYS, COMES_IN)


@compiled
def tree_sums(
    rows: NDArray[np.float64], feature: NDArray[np.intp], threshold: NDArray[np.float64], value: NDArray[np.float64]
) -> NDArray[np.float64]:
    """What trees say of each row, added up; the trees are as etl.extract.html.line_filter.parse_trees() gives them.

    rows  (m, features), in C order
    """
    trees, nodes = feature.shape
    sums = np.zeros(len(rows))
    for i in range(len(rows)):
        for tree in range(trees):
            node = 0
            while node < nodes:
                node = 2 * node + 1 + int(rows[i, feature[tree, node]] > threshold[tree, node])
            sums[i] += value[tree, node - nodes]
    return sums
