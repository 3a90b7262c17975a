"""Verify the election by its static definition: a walk over all texts in rank order.  I/O: it only reads."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import sqlalchemy as sa

from etl.fingerprint import signatures
from etl.fingerprint.comparison import compared_by
from etl.fingerprint.recipe import Recipe
from etl.report.difference import Difference
from schemas import tables

MAX_CACHED_SETS = 20_000  # of shingles, during the walk: about 1 GB for long texts


@dataclass(frozen=True, slots=True)
class _Member:
    text_id: int
    canonical_id: int
    jaccard: float
    bands: int
    judged: bool
    rank: tuple[int, int, str]
    shingles: int


def _measure(
    connection: sa.Connection, recipe: Recipe, first: dict[int, str], minima: dict[int, bytes]
) -> Callable[[int, int, bool], float]:
    """The similarity of two texts; the last argument: whatever their signatures say, since a person called them alike.

    Of words it is that of sets of spelled-out shingles.  Of characters it is the election's own, on texts read anew.

    first  article of each text
    """
    article, revision = tables.article, tables.revision

    @lru_cache(MAX_CACHED_SETS)
    def shingles(text_id: int) -> Any:
        query = sa.select(revision.c.title, revision.c.body).join(article, tables.is_current)
        row = connection.execute(query.where(article.c.article_id == first[text_id])).one()
        comparison = compared_by([(row.title, row.body)])
        if recipe.characters:
            return signatures.shingle_sets(comparison, recipe)[0]
        return signatures.spelled(comparison[0], recipe)

    def measured(one: int, other: int, must: bool) -> float:
        mine, theirs = shingles(one), shingles(other)
        if not recipe.characters:
            return len(mine & theirs) / len(mine | theirs)
        agreed = np.frombuffer(minima[one], dtype="<u4") == np.frombuffer(minima[other], dtype="<u4")
        spared = not must and int(agreed.sum()) < recipe.least_agreement()
        return 0.0 if spared else signatures.similarity(mine, theirs, recipe)

    return measured


def election_differences(connection: sa.Connection, recipe: Recipe) -> Iterator[Difference]:
    """Walk all texts in rank order: the first earlier canonical with an edge stands for each, else it stands alone."""
    signature, member = tables.signature, tables.cluster_member
    members = [
        _Member(r.text_id, r.canonical_id, r.jaccard, r.bands, r.judged, (r.day, -r.length, r.article_id), r.shingles)
        for r in connection.execute(sa.select(member))
    ]
    signed = connection.execute(sa.select(signature.c.text_id, signature.c.minima))
    minima: dict[int, bytes] = {row.text_id: row.minima for row in signed}

    alike = _measure(connection, recipe, {m.text_id: m.rank[2] for m in members}, minima)
    rank = {m.text_id: m.rank for m in members}
    words = _judgements(connection)
    standing_alone: set[int] = set()
    canonicals: defaultdict[int, list[int]] = defaultdict(list)
    expected_rows: dict[tuple[int, int], bool] = {}
    for m in sorted(members, key=lambda m: m.rank):
        signature_row = np.frombuffer(minima[m.text_id], dtype="<u4").astype(np.uint32)
        keys = set(signatures.band_keys(signature_row[None, :], recipe)[0].tolist())
        shared: defaultdict[int, int] = defaultdict(int)
        for key in keys:
            for other in canonicals.get(key, ()):
                shared[other] += 1
        same = {i for i in words["same"][m.text_id] if i in standing_alone}
        expected = (m.text_id, 1.0, recipe.bands, False)
        for other in sorted({*shared, *same} - words["different"][m.text_id], key=rank.__getitem__):
            similarity = alike(m.text_id, other, other in same)
            edge = shared[other] > 0 and similarity >= recipe.threshold
            if edge or other in same:
                expected = (other, similarity, shared[other], not edge)
                break
        if (m.canonical_id, m.jaccard, m.bands, m.judged) != expected:
            yield Difference("standing", f"text {m.text_id}", (m.canonical_id, m.jaccard, m.bands, m.judged), expected)
        if expected[0] == m.text_id:
            standing_alone.add(m.text_id)
            for key in keys:
                canonicals[key].append(m.text_id)
        for key in keys:
            row = (key, expected[0])
            expected_rows[row] = expected_rows.get(row, False) or expected[0] == m.text_id
    for stored in connection.execute(sa.select(tables.bucket)):
        key = (stored.band_key, stored.canonical_id)
        if expected_rows.pop(key, None) != stored.own:
            yield Difference("bucket row", f"band key {key[0]}", key[1], "none, or the other kind")
    for key in expected_rows:
        yield Difference("bucket row", f"band key {key[0]}", None, key[1])


def _judgements(connection: sa.Connection) -> dict[str, defaultdict[int, set[int]]]:
    """Judgements as word -> text -> other texts."""
    rows = connection.execute(sa.select(tables.article.c.article_id, tables.article.c.text_id))
    text_of: dict[str, int | None] = {row[0]: row[1] for row in rows}
    words: dict[str, defaultdict[int, set[int]]] = {"same": defaultdict(set), "different": defaultdict(set)}
    for row in connection.execute(sa.select(tables.judgement)):
        one, other = text_of[row.article_id], text_of[row.other_id]
        if one is not None and other is not None and one != other:
            words[row.word][one].add(other)
            words[row.word][other].add(one)
    return words
