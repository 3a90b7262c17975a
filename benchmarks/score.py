"""Clusters beside the exact truth.  Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from benchmarks import truth


@dataclass(frozen=True, slots=True)
class Truth:
    """What is known of a corpus: its sets of shingles, all pairs that reach the threshold, who stands for each."""

    ids: Sequence[str]
    sets: truth.Sets
    found: truth.Pairs
    order: Sequence[int]
    elected: Sequence[int]
    threshold: float

    @classmethod
    def of(cls, ids: Sequence[str], texts: Sequence[str], k: int, threshold: float) -> Truth:
        sets = truth.sets_of(texts, k)
        found = truth.pairs(sets, threshold)
        order = truth.order(texts, ids)
        return cls(ids, sets, found, order, truth.election(found, order), threshold)


def score(clusters: Mapping[str, str], known: Truth) -> dict[str, float]:
    """How good clusters {id: id that is kept} are.

    recall, precision  of pairs: those in one cluster, those that reach the threshold
    states     share of texts that are canonical or duplicate as the static election says, each cluster being given its
               best member: which one a tool happens to keep is no fault
    rand       adjusted Rand index of the clusters and the election's
    unlike     share of what was dropped whose similarity to what is really kept for it is below the threshold
    kept, kept_by_election
    """
    ids, found, elected = known.ids, known.found, known.elected
    number = {own: n for n, own in enumerate(ids)}
    kept = [number[clusters.get(own, own)] for own in ids]
    together = sum(kept[left] == kept[right] for left, right in zip(found[0].tolist(), found[1].tolist(), strict=True))
    joined = sum(size * (size - 1) // 2 for size in Counter(kept).values())
    dropped = [n for n, head in enumerate(kept) if head != n]
    best: dict[int, int] = {}
    for n in known.order:
        best.setdefault(kept[n], n)
    similarity = truth.jaccards(known.sets, dropped, [kept[n] for n in dropped])
    return {
        "recall": together / max(1, len(found[0])),
        "precision": together / max(1, joined),
        "states": sum((best[kept[n]] == n) == (elected[n] == n) for n in range(len(ids))) / len(ids),
        "rand": adjusted_rand(kept, elected),
        "unlike": float((similarity < known.threshold).mean()) if dropped else 0.0,
        "kept": len(ids) - len(dropped),
        "kept_by_election": sum(n == head for n, head in enumerate(elected)),
    }


def adjusted_rand(left: Sequence[Hashable], right: Sequence[Hashable]) -> float:
    """Agreement of two clusterings, 1 for the same and 0 on average for chance (Hubert and Arabie 1985)."""
    both = _pairs(Counter(zip(left, right, strict=True)).values())
    in_left, in_right = _pairs(Counter(left).values()), _pairs(Counter(right).values())
    expected = in_left * in_right / max(1, len(left) * (len(left) - 1) // 2)
    most = (in_left + in_right) / 2
    return 1.0 if most == expected else (both - expected) / (most - expected)


def _pairs(sizes: Iterable[int]) -> int:
    return sum(size * (size - 1) // 2 for size in sizes)


def recall_of_copies(clusters: Mapping[str, str], copies: Sequence[tuple[str, str]]) -> float:
    """Share of planted copies (id, id of the original) that are in one cluster with their original."""
    return sum(clusters.get(own, own) == clusters.get(of, of) for own, of in copies) / max(1, len(copies))


def text_f1(gold: Sequence[str], found: Sequence[str]) -> dict[str, float]:
    """Precision and recall of texts by their multisets of four words in a row, means over the pages, and their F1."""
    precision, recall = [], []
    for want, have in zip(map(_fours, gold), map(_fours, found), strict=True):
        shared = (want & have).total()
        if have:
            precision.append(shared / have.total())
        if want:
            recall.append(shared / want.total())
    p, r = sum(precision) / max(1, len(precision)), sum(recall) / max(1, len(recall))
    return {"precision": p, "recall": r, "f1": 2 * p * r / (p + r) if p + r else 0.0}


def _fours(text: str) -> Counter[tuple[str, ...]]:
    words = truth.TOKEN.findall(text)
    return Counter(tuple(words[i : i + 4]) for i in range(max(1, len(words) - 3))) if words else Counter()
