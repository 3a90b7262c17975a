"""The model of py3langid as arrays that all processes map, and its classifier, compiled.  Pure.

py3langid unpacks its model in half a second and 80 MB for each process, and takes 0.1 ms a text.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from etl.compiled import compiled, kept, stamp

BYTES = 256  # of the alphabet
NOTHING = np.finfo(np.float32).min  # the score of a text without any feature


class Model(NamedTuple):
    """The automaton that finds features in bytes, and what each says of the languages (naive Bayes).

    moves     (rows, BYTES) state that follows; states share rows
    row       (states,) the row of each
    feature   (states,) the feature that ends there, -1: none
    evidence  (features, labels) log probabilities; prior (labels,)
    labels    (labels,) ISO 639 codes; one that occurs twice, for two scripts, has the greater of its scores
    """

    moves: NDArray[np.uint32]
    row: NDArray[np.uint32]
    feature: NDArray[np.int32]
    evidence: NDArray[np.float32]
    prior: NDArray[np.float32]
    labels: NDArray[np.str_]


@cache
def model() -> Model:
    return Model(**kept("py3langid", (stamp("py3langid", "data/model.npz.xz"), stamp(__name__)), _unpacked))


def likeliest(text: str) -> str:
    """The language of a text."""
    return str(model().labels[_scores(text).argmax()])


def scores(text: str) -> dict[str, float]:
    """Log probability of each language for a text."""
    merged: dict[str, float] = {}
    for label, score in zip(model().labels.tolist(), _scores(text).tolist(), strict=True):
        merged[label] = max(score, merged.get(label, score))
    return merged


def _scores(text: str) -> NDArray[np.float64]:
    if text.isupper():
        text = text.lower()
    encoded = unicodedata.normalize("NFC", text).encode("utf-8", "surrogatepass")
    found = model()
    return log_probabilities(
        np.frombuffer(encoded, dtype=np.uint8), found.moves, found.row, found.feature, found.evidence, found.prior
    )


@compiled
def log_probabilities(
    text: NDArray[np.uint8],
    moves: NDArray[np.uint32],
    row: NDArray[np.uint32],
    feature: NDArray[np.int32],
    evidence: NDArray[np.float32],
    prior: NDArray[np.float32],
) -> NDArray[np.float64]:
    """Log probability of each label: each feature counts with the logarithm of how often it occurs, plus one."""
    found = np.empty(len(text), dtype=np.int32)
    count = np.int64(0)
    state = np.uint32(0)
    for byte in text:
        state = moves[row[state], byte]
        found[count] = feature[state]
        count += np.int64(feature[state] >= 0)
    total = np.zeros(len(prior), dtype=np.float64)
    if count == 0:
        total[:] = NOTHING
        return total
    found = np.sort(found[:count])
    begin = 0
    for n in range(count):
        if n + 1 == count or found[n + 1] != found[n]:
            weight = np.log1p(np.float64(n + 1 - begin))
            begin = n + 1
            for label in range(len(prior)):
                total[label] += weight * evidence[found[n], label]
    for label in range(len(prior)):
        total[label] += prior[label]
    return total


def _unpacked() -> dict[str, NDArray[np.generic]]:
    from py3langid.langid import MODEL_DIR, MODEL_FILE  # type: ignore[import-untyped]  # it ships no types
    from py3langid.modelio import load_model  # type: ignore[import-untyped]

    evidence, prior, labels, moves, row, feature = load_model(MODEL_DIR / MODEL_FILE)
    return {
        "moves": np.asarray(moves, dtype=np.uint32).reshape(-1, BYTES),
        "row": np.asarray(row, dtype=np.uint32),
        "feature": np.asarray(feature, dtype=np.int32),
        "evidence": np.asarray(evidence, dtype=np.float32),
        "prior": np.asarray(prior, dtype=np.float32),
        "labels": np.array(labels),
    }
