"""Precision: of the pairs that people judged, how many were the same story, by band of similarity and by source.

I/O: it only reads.  Judgements in force count, but for those on pairs below the threshold, which no election joins.
People are asked the pairs nearest the threshold first, so a band speaks for itself and not for the corpus.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa

from etl.fingerprint.signatures import shingle_sets, similarity
from etl.store import articles, election
from schemas.tables import article, judgement

MAX_JUDGED = 500  # the latest judgements: their texts are compared anew, in a tenth of a second
WIDTH = 0.05  # of a band of similarity
Z = 1.96  # of 95 %


@dataclass(frozen=True, slots=True)
class Precision:
    """What people said of some pairs.

    of           the band of similarity, or the source of the article that is not the canonical
    least, most  the 95 % interval of the share that is the same story (Wilson 1927)
    """

    of: str
    same: int
    judged: int
    least: float
    most: float

    @property
    def share(self) -> float:
        return self.same / self.judged


def wilson(same: int, judged: int) -> tuple[float, float]:
    """The 95 % interval of a share of which `same` of `judged` were seen, judged >= 1."""
    share, spread = same / judged, Z * Z / judged
    middle = (share + spread / 2) / (1 + spread)
    half = math.sqrt(share * (1 - share) * spread + spread * spread / 4) / (1 + spread)
    return max(0.0, middle - half), min(1.0, middle + half)


def precisions(connection: sa.Connection) -> tuple[list[Precision], list[Precision]]:
    """By band of similarity, the lowest first, and by source, the most judged first."""
    mine, other = article.alias("mine"), article.alias("other")
    query = (
        sa.select(
            mine.c.text_id, other.c.text_id, judgement.c.word, mine.c.day, mine.c.source, other.c.day, other.c.source
        )
        .select_from(judgement)
        .join(mine, mine.c.article_id == judgement.c.article_id)
        .join(other, other.c.article_id == judgement.c.other_id)
        .where(mine.c.text_id.is_not(None), other.c.text_id.is_not(None), mine.c.text_id != other.c.text_id)
        .order_by(judgement.c.at.desc(), judgement.c.article_id, judgement.c.other_id)
        .limit(MAX_JUDGED)
    )
    pairs = [tuple(row) for row in connection.execute(query)]
    if not pairs:
        return [], []
    recipe = articles.stored_recipe(connection)
    texts = election.comparisons(connection, {text_id for pair in pairs for text_id in pair[:2]})
    sets = dict(zip(texts, shingle_sets(list(texts.values()), recipe), strict=True))
    bands, sources = list[tuple[str, bool]](), list[tuple[str, bool]]()
    for one, two, word, day, source, other_day, other_source in pairs:
        alike = similarity(sets[one], sets[two], recipe)
        if alike >= recipe.threshold:
            step = min(int((alike - recipe.threshold) / WIDTH + 1e-9), int((1 - recipe.threshold) / WIDTH))
            least = recipe.threshold + step * WIDTH
            bands.append((f"{least:.2f} to {min(1.0, least + WIDTH):.2f}", word == "same"))
            sources.append((source if day >= other_day else other_source, word == "same"))
    return sorted(_told(bands), key=lambda p: p.of), sorted(_told(sources), key=lambda p: (-p.judged, p.of))


def _told(answers: Iterable[tuple[str, bool]]) -> list[Precision]:
    counts: dict[str, tuple[int, int]] = {}
    for of, same in answers:
        before = counts.get(of, (0, 0))
        counts[of] = before[0] + same, before[1] + 1
    return [Precision(of, same, judged, *wilson(same, judged)) for of, (same, judged) in counts.items()]
