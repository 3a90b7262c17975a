"""Rounds: the loops of an election that no one machine holds, as guess and check.  Pure, on numbers alone.

The canonical texts are to be those of etl.decide.election: in one order, each text without an edge to an earlier
canonical one.  They can be recognised, however they were found:

    Lemma.  The canonical texts are the only set C such that (a) no two of it share an edge, and (b) every other text
    has an edge to an earlier text of it.
    Proof, along the order: where two such sets agree on all earlier texts, a text is in one just when it has no edge to
    an earlier text of C (by (a) it may have none, by (b) it must have one), and so in the other.

So a guess is checked, and mended until the check finds nothing.  `tested` are pairs whose exact Jaccard is known.

    waiting := all pairs within small buckets, and pairs that people judged
    repeat
        guess   C := the first independent set of the edges in tested (excluded); bound(v) := the earliest text of C
                with an edge to v; v itself where v is of C
        walk    each large bucket in order: v meets the leaders before bound(v), and tells of the pairs that are not
                tested and that signatures do not rule out.  If v is of C it becomes a leader itself, unless such a
                pair is as good as sure to be an edge (then it is covered; but not where another such pair of v
                turned out to be none: then it is `forced`), or it tells of pairs and the bucket has as many leaders
                that do, and so may be none, as it may have (then it waits)
        wait    tell of the pairs (u, v) of waiting that are not tested, with u of C and before bound(v); but while the
                walk tells of pairs of u or v, theirs stay behind
        turns   test at least one of the pairs told of (take_turns); the others are told of again, if they still matter
    until no pair was told of

It ends: each round but the last tests more of finitely many pairs.  It ends right: (b) holds for every guess.  In a
round without a pair nobody waits, and pairs of C in waiting are all tested.  Nobody is covered either: the pair would
be tested, as it was not told of; it is no edge, as both are of C; so v would be forced.  So in each large bucket all of
C are leaders, and each text has met all of them that stand before its bound.  A pair of C that shares a bucket is
therefore tested, or ruled out; and tested pairs of C are no edges.  That is (a).  By the same argument bound(v) is the
earliest text of C with an edge to v.

A pair that shares several large buckets is told of in that of the first band, and in none where it shares a small
one: there it waits.  It covers in all of them.  The argument holds by induction over the bands: in a round without a
pair, a pair of C that would cover in a later band has met in its first one, so it is tested, no edge, and v is forced.

A bucket of very many texts is cut into parts along the order.  First each part is walked alone, then the texts of each
meet the leaders of the parts before it, without becoming leaders: any number of them at a time, as leaders that are
given do not meet each other.  The argument stays: in a round without a pair all texts of C are leaders of their parts,
and a text has met those of its own and of all parts before it, wherever that was.

A text meets leaders only.  100,000 near-copies of one text cost one meeting and one comparison each, as on one machine;
a series that shares boilerplate costs members x canonicals meetings of some 30 ns.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from etl.compiled import compiled
from etl.fingerprint.kernels import agreement

ALONE, GIVEN, MEETS = 0, 1, 2
Numbers = NDArray[np.int64]


class Rules(NamedTuple):
    """When a pair must be compared, from its signatures and the sizes of its sets of shingles.

    least      positions that agree at least (etl.fingerprint.recipe.Recipe.least_agreement)
    cover      positions from which an edge is as good as sure
    threshold  of the Jaccard similarity, which the smaller size over the larger bounds
    bands, rows   of the banding
    """

    least: int
    cover: int
    threshold: float
    bands: int
    rows: int


class Rows(NamedTuple):
    """Rows of large buckets, (n,) each, in the order of key and rank: a text in a bucket.

    key, band     the bucket, and the band that it is of
    begins        here another bucket begins, or another part of one
    role          ALONE; or where parts of a bucket meet: GIVEN, a leader of an earlier part, or MEETS, who meets those
    rank, bound   of the text (see above)
    small, large  of the text: the bands, as bits, whose buckets are small, or large
    forced        some pair of the text that was as good as sure is no edge
    size          of its set of shingles
    ends          tested pairs of this text in this bucket: `tested` from the row before's end to this one's
    minima        (n, permutations) uint32, its signature
    """

    key: Numbers
    begins: NDArray[np.bool_]
    role: NDArray[np.int8]
    band: NDArray[np.int16]
    rank: Numbers
    bound: Numbers
    small: Numbers
    large: Numbers
    forced: NDArray[np.bool_]
    size: NDArray[np.int32]
    ends: Numbers
    minima: NDArray[np.uint32]


class Leaders(NamedTuple):
    """The leaders of one bucket, in order: their ranks, sizes and signatures; unsure: so many have told of pairs."""

    rank: Numbers
    size: NDArray[np.int32]
    minima: NDArray[np.uint32]
    unsure: int


def no_leaders(permutations: int) -> Leaders:
    """The leaders of a bucket that nobody has entered yet."""
    return Leaders(np.empty(0, np.int64), np.empty(0, np.int32), np.empty((0, permutations), np.uint32), 0)


@compiled
def pairs_within(key: Numbers, rank: Numbers) -> tuple[Numbers, Numbers, Numbers]:
    """Every pair within a bucket: (keys, earlier, later).  key, rank: (n,) in order, whole buckets."""
    count, start = 0, 0
    for i in range(len(key)):
        if key[i] != key[start]:
            start = i
        count += i - start
    keys, earlier, later = np.empty(count, np.int64), np.empty(count, np.int64), np.empty(count, np.int64)
    at, start = 0, 0
    for i in range(len(key)):
        if key[i] != key[start]:
            start = i
        for j in range(start, i):
            keys[at], earlier[at], later[at] = key[i], rank[j], rank[i]
            at += 1
    return keys, earlier, later


@compiled
def excluded(later: Numbers, earlier: Numbers, nodes: int) -> NDArray[np.bool_]:
    """Which nodes are not in the first independent set of a graph: (nodes,).

    later, earlier  ends of each edge, as numbers of nodes in their order; sorted by later
    """
    out = np.zeros(nodes, np.bool_)
    for e in range(len(later)):
        if not out[earlier[e]]:
            out[later[e]] = True
    return out


@compiled
def _told_elsewhere(leader: NDArray[np.uint32], rows: Rows, i: int, rules: Rules) -> bool:
    """Whether a pair is told of for another bucket that it shares: a small one, or a large one of an earlier band."""
    for band in range(rules.bands):
        bit = np.int64(1) << np.int64(band)
        if rows.small[i] & bit or (band < rows.band[i] and rows.large[i] & bit):
            same = True
            for row in range(band * rules.rows, (band + 1) * rules.rows):
                same = same and leader[row] == rows.minima[i, row]
            if same:
                return True
    return False


@compiled
def walk(
    rows: Rows, tested: Numbers, leaders: Leaders, most: int, rules: Rules
) -> tuple[Numbers, NDArray[np.bool_], Leaders]:
    """Walk large buckets: the pairs to compare, (pairs, 3) of key, earlier, later; which rows lead; the last leaders.

    tested   earlier texts of tested pairs (Rows.ends), in order for each row
    leaders  of the bucket, or the part of it, that the rows before these have left open
    most     leaders of a bucket, or a part, that may be unsure
    """
    held, unsure = len(leaders.rank), leaders.unsure
    room = max(64, 2 * held)
    ranks, sizes = np.empty(room, np.int64), np.empty(room, np.int32)
    signatures = np.empty((room, rows.minima.shape[1]), np.uint32)
    ranks[:held], sizes[:held], signatures[:held] = leaders.rank, leaders.size, leaders.minima
    told, count, at = np.empty((1024, 3), np.int64), 0, 0
    led = np.zeros(len(rows.key), np.bool_)
    for i in range(len(rows.key)):
        if rows.begins[i]:
            held, unsure = 0, 0
        leads, tells = rows.bound[i] == rows.rank[i], False
        for n in range(0 if rows.role[i] == GIVEN else held):
            if ranks[n] >= rows.bound[i]:
                break
            while at < rows.ends[i] and tested[at] < ranks[n]:
                at += 1
            if at < rows.ends[i] and tested[at] == ranks[n]:
                continue
            if min(sizes[n], rows.size[i]) < rules.threshold * max(sizes[n], rows.size[i]):
                continue
            agreed = agreement(signatures[n], rows.minima[i])
            if agreed < rules.least:
                continue
            if not _told_elsewhere(signatures[n], rows, i, rules):
                tells = True
                if count == len(told):
                    grown = np.empty((2 * count, 3), np.int64)
                    grown[:count] = told
                    told = grown
                told[count, 0], told[count, 1], told[count, 2] = rows.key[i], ranks[n], rows.rank[i]
                count += 1
            if leads and agreed >= rules.cover and not rows.forced[i]:
                leads = False
                break
        at = rows.ends[i]
        led[i] = leads and rows.role[i] != MEETS and (unsure < most or not tells)
        if led[i]:
            unsure += tells
            if held == room:
                room *= 2
                more_ranks, more_sizes = np.empty(room, np.int64), np.empty(room, np.int32)
                more_signatures = np.empty((room, rows.minima.shape[1]), np.uint32)
                more_ranks[:held], more_sizes[:held], more_signatures[:held] = ranks, sizes, signatures
                ranks, sizes, signatures = more_ranks, more_sizes, more_signatures
            ranks[held], sizes[held], signatures[held] = rows.rank[i], rows.size[i], rows.minima[i]
            held += 1
    return told[:count], led, Leaders(ranks[:held].copy(), sizes[:held].copy(), signatures[:held].copy(), unsure)


def take_turns(
    candidates: Iterable[tuple[int, bool]], out: Collection[int], eager: bool, is_edge: Callable[[int], bool]
) -> bool:
    """Compare a text with those that it told of, one after the other; whether it has an edge.

    It is an election among the pairs that are at hand: a text that has found an edge is compared no more, and none is
    with a text that has.  The pair that most likely is an edge comes first, and is compared in any case: it shows most.
    Whatever is left out may matter in the end, and is told of again then.

    candidates  (text, near) in order; near: their signatures make an edge as good as sure
    out         texts that have found an edge at hand
    eager       leave out none
    is_edge     compares
    """
    found, ordered = False, sorted(candidates, key=lambda each: not each[1])
    for at, (other, near) in enumerate(ordered):
        if eager or (at == 0 and near) or not (found or other in out):
            found |= is_edge(other)
    return found
