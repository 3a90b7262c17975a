"""Verify relations: recompute samples and pairs from the texts of a store, by their static definition.  I/O: it reads.

Pairs are found in one walk over all canonical texts, with sets of spelled-out shingles and runs of words.  Samples are
checked by this version's kernel on every text, and by the definition itself on a part of them.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

import numpy as np
import sqlalchemy as sa

from etl.decide.definition import Definition
from etl.decide.relations import Facts, related
from etl.fingerprint import passages, signatures
from etl.fingerprint.passages import GUARANTEED, MAX_PASSAGES, SHINGLE, SHORT_PASSAGE, InCommon, Passage
from etl.fingerprint.recipe import Recipe
from etl.report.difference import Difference
from etl.store import relations
from schemas import tables

TEXTS_A_READ = 2_000
BY_DEFINITION = 50  # the definition takes some milliseconds a text
MAX_CACHED_TEXTS = 20_000


def relation_differences(connection: sa.Connection, recipe: Recipe) -> Iterator[Difference]:
    """All differences of samples and relations from those that the store's texts give."""
    definition = relations.definition(connection)
    known: dict[int, Facts] = {}
    samples: dict[int, list[int]] = {}
    canonicals = relations.all_canonicals(connection).tolist() if definition is not None else []
    step = max(1, len(canonicals) // BY_DEFINITION)
    for at in range(0, len(canonicals), TEXTS_A_READ):
        known |= {each.text_id: each for each in relations.facts(connection, canonicals[at : at + TEXTS_A_READ])}
        texts, comparison = relations.comparisons(connection, canonicals[at : at + TEXTS_A_READ])
        sampled = passages.sample(*passages.spell(comparison))
        for number, (text_id, text, hashes) in enumerate(zip(texts.tolist(), comparison, sampled, strict=True), at):
            samples[text_id] = hashes.tolist()
            if number % step == 0 and samples[text_id] != sampled_by_definition(text):
                yield Difference("sample", f"text {text_id} by definition", "the kernel's", "others")
    yield from _samples(connection, known, samples)
    yield from _pairs(connection, known, samples, definition or Definition(), recipe.threshold)


def _samples(
    connection: sa.Connection, known: Mapping[int, Facts], samples: Mapping[int, Sequence[int]]
) -> Iterator[Difference]:
    sample, index = tables.sample, tables.sample_hash
    unseen = {text_id: (known[text_id].day, hashes) for text_id, hashes in samples.items()}
    for row in connection.execute(sa.select(sample)):
        stored = row.day, np.frombuffer(row.hashes, dtype="<i8").tolist()
        if stored != (expected := unseen.pop(row.text_id, None)):
            yield Difference("sample", f"text {row.text_id}", stored, expected)
    for text_id, expected in unseen.items():
        yield Difference("sample", f"text {text_id}", None, expected)
    rows = {(hash_, known[text_id].day, text_id) for text_id, hashes in samples.items() for hash_ in hashes}
    for row in connection.execute(sa.select(index)):
        if tuple(row) not in rows:
            yield Difference("sample row", f"text {row.text_id}", tuple(row), None)
        rows.discard(tuple(row))
    for missing in rows:
        yield Difference("sample row", f"text {missing[2]}", None, missing)


def _pairs(
    connection: sa.Connection,
    known: Mapping[int, Facts],
    samples: Mapping[int, Sequence[int]],
    definition: Definition,
    threshold: float,
) -> Iterator[Difference]:
    stored = {(row.text_id, row.other_text): row for row in relations.all_related(connection)}

    @lru_cache(MAX_CACHED_TEXTS)
    def tokens(text_id: int) -> list[str]:
        _, (comparison,) = relations.comparisons(connection, [text_id])
        return comparison.split(" ")

    having: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
    for text_id, hashes in samples.items():
        for hash_ in hashes:
            having[hash_].append((known[text_id].day, text_id))
    for days in having.values():
        days.sort()
    for text_id, hashes in samples.items():
        later, candidates = known[text_id], set[int]()
        for hash_ in hashes:
            days = having[hash_]
            within = days[bisect_left(days, (later.day - definition.days,)) : bisect_left(days, (later.day + 1,))]
            if len(within) <= definition.common:
                candidates.update(other for _, other in within)
        for other in candidates:
            if known[other].order < later.order:
                overlap = overlap_by_definition(tokens(text_id), tokens(other))
                expected = related(later, known[other], overlap, threshold)
                if (found := stored.pop((text_id, other), None)) != expected:
                    yield Difference("relation", f"texts {text_id} and {other}", found, expected)
    for row in stored.values():
        yield Difference("relation", f"texts {row.text_id} and {row.other_text}", row, None)


def sampled_by_definition(comparison: str) -> list[int]:
    """The least hash of each window of consecutive shingles, signed, in order."""
    words, k = comparison.split(" "), SHINGLE
    hashes = [signatures.long_hash(" ".join(words[n : n + k])) for n in range(max(1, len(words) - k + 1))]
    width = GUARANTEED - k + 1
    least = {min(hashes[n : n + width]) for n in range(max(1, len(hashes) - width + 1))}
    return sorted(h - (1 << 64) if h >> 63 else h for h in least)


def overlap_by_definition(later: Sequence[str], earlier: Sequence[str]) -> InCommon:
    """What two texts share, from their words; places in the later one first."""
    turned = len(later) > len(earlier)
    small, large = (earlier, later) if turned else (later, earlier)
    one, other = (signatures.shingles(" ".join(words), SHINGLE) for words in (small, large))
    runs = _runs(small, large, GUARANTEED) or _runs(small, large, SHORT_PASSAGE)
    told = sorted(sorted(runs, key=lambda run: (-run[2], run[0]))[:MAX_PASSAGES])
    found = InCommon.of(len(one & other), len(one), len(other), tuple(told))
    return found.turned() if turned else found


def _runs(small: Sequence[str], large: Sequence[str], least: int) -> list[Passage]:
    first: dict[tuple[str, ...], int] = {}
    for n in range(len(large) - least + 1):
        first.setdefault(tuple(large[n : n + least]), n)
    found, n = list[Passage](), 0
    while n + least <= len(small):
        at = first.get(tuple(small[n : n + least]))
        if at is None:
            n += 1
            continue
        length = least
        while n + length < len(small) and at + length < len(large) and small[n + length] == large[at + length]:
            length += 1
        found.append((n, at, length))
        n += length
    return found
