"""The guard: limits to the changes of a run; beyond them a person has to look first.  Pure.

A template that swallows a source, an extractor that returns the cookie notice, a feed that turned to error pages: the
figures of such a run show it, and the guard stops the run before its changes become visible.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

MAX_EXAMPLES = 3
REPLACED_DAYS = 30  # an attack in portions shows in them


@dataclass(frozen=True, slots=True)
class Limits:
    """Shares are of 1; growth is articles.

    lately_replaced_share  of the corpus, by this run and those of the REPLACED_DAYS before it
    records, row_bytes     of one run; 0: no limit
    least                  a share of fewer records, or articles, is not judged: it says little
    """

    duplicate_share: float
    quarantine_share: float
    replaced_share: float
    cluster_growth: int
    lately_replaced_share: float = 1.0
    records: int = 0
    row_bytes: int = 0
    least: int = 100

    def over(self, part: int, whole: int, share: float) -> bool:
        return whole >= self.least and part > share * whole


def exceeded(
    limits: Limits,
    counts: Mapping[str, int],
    stored_canonicals: int,
    changes: Sequence[tuple[str, str, str | None]],
    quarantined: Sequence[str],
    lately_replaced: int = 0,
) -> list[str]:
    """The limits that a run would exceed: one sentence each, with examples; none: it may pass.

    counts             records by verdict, and `read`
    stored_canonicals  articles in the corpus before the run
    changes            the run's rows of the change feed
    quarantined        files that it could not read, each with the reason
    lately_replaced    articles that earlier runs replaced, in REPLACED_DAYS
    """
    found = []
    come = [(article, canonical) for article, change, canonical in changes if change == "added"]
    duplicates = [article for article, canonical in come if canonical != article]
    if limits.over(len(duplicates), len(come), limits.duplicate_share):
        found.append(_share("new articles are duplicates", duplicates, len(come), limits.duplicate_share))
    if limits.over(counts["quarantined"], counts["read"], limits.quarantine_share):
        found.append(_share("records are quarantined", quarantined, counts["read"], limits.quarantine_share))
    replaced = [a for a, change, _ in changes if change == "became_duplicate"]
    if limits.over(len(replaced), stored_canonicals, limits.replaced_share):
        found.append(
            _share("articles of the corpus would be replaced", replaced, stored_canonicals, limits.replaced_share)
        )
    # A run that replaces next to nothing is not stopped for what those before it did, which may have been accepted.
    lately = len(replaced) + lately_replaced
    if limits.over(len(replaced), stored_canonicals, limits.lately_replaced_share / 20) and limits.over(
        lately, stored_canonicals, limits.lately_replaced_share
    ):
        found.append(
            f"{lately} articles of a corpus of {stored_canonicals} would be replaced within {REPLACED_DAYS} days:"
            f" the limit is {100 * limits.lately_replaced_share:g} % (as {', '.join(replaced[:MAX_EXAMPLES])})"
        )
    growth = Counter(c for a, change, c in changes if change in ("added", "became_duplicate") and c and c != a)
    for canonical, joined in growth.most_common(1):
        if joined > limits.cluster_growth:
            found.append(_growth(canonical, joined, limits, [a for a, _, c in changes if c == canonical and a != c]))
    return found


def examples(changes: Sequence[tuple[str, str, str | None]]) -> list[tuple[str, str]]:
    """Of a refused run: articles that would have become duplicates, with their canonicals, MAX_EXAMPLES of each kind.

    Kinds are new articles, replaced ones, and those of the canonical that would have taken in the most.
    """
    joined = [(a, change, c) for a, change, c in changes if c and c != a and change in ("added", "became_duplicate")]
    greatest = Counter(c for _, _, c in joined).most_common(1)
    kinds = [[row for row in joined if row[1] == change] for change in ("added", "became_duplicate")]
    kinds += [[row for row in joined if row[2] == canonical] for canonical, _ in greatest]
    return list(dict.fromkeys((a, c) for kind in kinds for a, _, c in kind[:MAX_EXAMPLES]))


def exceeded_by_build(
    limits: Limits,
    counts: Mapping[str, int],
    duplicates: Sequence[str],
    quarantined: Sequence[str],
    largest: tuple[str, int, str] | None,
) -> list[str]:
    """The limits that a build of a whole archive would exceed, as exceeded() says it of a run.

    counts       records by verdict, and articles by kind
    duplicates   some articles that are duplicates
    quarantined  some files that it could not read, each with the reason
    largest      of the largest cluster: its canonical, how many duplicates it has, and one of them
    """
    found = []
    joined = counts["exact"] + counts["near"]
    if limits.over(joined, counts["articles"], limits.duplicate_share):
        said = "new articles are duplicates"
        found.append(_share(said, duplicates, counts["articles"], limits.duplicate_share, joined))
    if limits.over(counts["quarantined"], counts["read"], limits.quarantine_share):
        said, part = "records are quarantined", counts["quarantined"]
        found.append(_share(said, quarantined, counts["read"], limits.quarantine_share, part))
    if largest is not None and largest[1] > limits.cluster_growth:
        found.append(_growth(*largest[:2], limits, largest[2:]))
    return found


def _share(what: str, examples: Sequence[str], whole: int, limit: float, count: int | None = None) -> str:
    """count: how many there are, where not all are among the examples."""
    part = len(examples) if count is None else count
    share = f"{100 * part / whole:.1f} %, the limit is {100 * limit:g} %"
    return f"{part} of {whole} {what}: {share} (as {', '.join(examples[:MAX_EXAMPLES])})"


def _growth(canonical: str, joined: int, limits: Limits, members: Sequence[str]) -> str:
    return (
        f"{joined} articles would become duplicates of {canonical}, the limit is {limits.cluster_growth}"
        f" (as {', '.join(members[:MAX_EXAMPLES])})"
    )
