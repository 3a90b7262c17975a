"""The guard: limits to the changes of a run; beyond them a person has to look first.  Pure.

A template that swallows a source, an extractor that returns the cookie notice, a feed that turned to error pages: the
figures of such a run show it, and the guard stops the run before its changes become visible.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

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


@dataclass(frozen=True, slots=True)
class Margin:
    """How near a run came to one limit.

    what    is counted, in words
    part    how many; whole: of how many, where the limit is a share of them, else None
    most    the limit: a share of `whole`, or a number
    judged  False where the limit stops no such run: its share would be of too few
    said    what to tell people, with examples, where the run goes beyond the limit; else ""
    """

    what: str
    part: int
    whole: int | None
    most: float
    judged: bool = True
    said: str = ""

    @property
    def reached(self) -> float:
        """Of the limit, of 1; more than 1 is beyond it."""
        most = self.most if self.whole is None else self.most * self.whole
        return self.part / most if most else float(self.part > 0)

    def as_json(self) -> list[Any]:
        """All but the examples, which are kept with a refusal alone."""
        return [self.what, self.part, self.whole, self.most, self.judged]


def margins(
    limits: Limits,
    counts: Mapping[str, int],
    stored_canonicals: int,
    changes: Iterable[tuple[str, str, str | None]],
    quarantined: Sequence[str],
    lately_replaced: int = 0,
) -> list[Margin]:
    """How near a run comes to each limit; it may pass if none of them has anything to say.

    counts             records by verdict, and `read`
    stored_canonicals  articles in the corpus before the run
    changes            the run's rows of the change feed
    quarantined        files that it could not read, each with the reason
    lately_replaced    articles that earlier runs replaced, in REPLACED_DAYS
    """
    come, growth, members = 0, Counter[str](), defaultdict[str, list[str]](list)
    duplicates: list[str] = []
    replaced: list[str] = []
    for article, change, canonical in changes:  # a million, which are not kept
        come += change == "added"
        if change in ("added", "became_duplicate") and canonical and canonical != article:
            (duplicates if change == "added" else replaced).append(article)
            growth[canonical] += 1
            if growth[canonical] <= MAX_EXAMPLES:
                members[canonical].append(article)
    found = [
        _share(limits, "new articles are duplicates", duplicates, come, limits.duplicate_share),
        _share(
            limits, "records are quarantined", quarantined, counts["read"], limits.quarantine_share,
            counts["quarantined"],
        ),
        _share(
            limits, "articles of the corpus would be replaced", replaced, stored_canonicals, limits.replaced_share
        ),
        _lately(limits, replaced, stored_canonicals, len(replaced) + lately_replaced),
    ]  # fmt: skip
    largest, joined = growth.most_common(1)[0] if growth else ("", 0)
    found.append(_growth(largest, joined, limits, members[largest]))
    if limits.records:
        found.append(Margin("records", counts["read"], None, limits.records))
    return found


def examples(changes: Iterable[tuple[str, str, str | None]]) -> list[tuple[str, str]]:
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
    """The limits that a build of a whole archive would exceed, as margins() says it of a run.

    counts       records by verdict, and articles by kind
    duplicates   some articles that are duplicates
    quarantined  some files that it could not read, each with the reason
    largest      of the largest cluster: its canonical, how many duplicates it has, and one of them
    """
    joined = counts["exact"] + counts["near"]
    found = [
        _share(
            limits, "new articles are duplicates", duplicates, counts["articles"], limits.duplicate_share, joined
        ),
        _share(
            limits, "records are quarantined", quarantined, counts["read"], limits.quarantine_share,
            counts["quarantined"],
        ),
    ]  # fmt: skip
    if largest is not None:
        found.append(_growth(*largest[:2], limits, largest[2:]))
    return [each.said for each in found if each.said]


def _share(
    limits: Limits, what: str, examples: Sequence[str], whole: int, most: float, count: int | None = None
) -> Margin:
    """count: how many there are, where not all are among the examples."""
    part, said = len(examples) if count is None else count, ""
    if limits.over(part, whole, most):
        share = f"{100 * part / whole:.1f} %, the limit is {100 * most:g} %"
        said = f"{part} of {whole} {what}: {share} (as {', '.join(examples[:MAX_EXAMPLES])})"
    return Margin(what, part, whole, most, whole >= limits.least, said)


def _lately(limits: Limits, replaced: Sequence[str], whole: int, lately: int) -> Margin:
    """Of this run and those before it.  A run that replaces next to nothing is not stopped for what those did, which
    may have been accepted."""
    most, said = limits.lately_replaced_share, ""
    judged = limits.over(len(replaced), whole, most / 20)
    if judged and limits.over(lately, whole, most):
        said = (
            f"{lately} articles of a corpus of {whole} would be replaced within {REPLACED_DAYS} days:"
            f" the limit is {100 * most:g} % (as {', '.join(replaced[:MAX_EXAMPLES])})"
        )
    return Margin(f"articles of the corpus replaced within {REPLACED_DAYS} days", lately, whole, most, judged, said)


def _growth(canonical: str, joined: int, limits: Limits, members: Sequence[str]) -> Margin:
    said = ""
    if joined > limits.cluster_growth:
        said = (
            f"{joined} articles would become duplicates of {canonical}, the limit is {limits.cluster_growth}"
            f" (as {', '.join(members[:MAX_EXAMPLES])})"
        )
    return Margin("articles become duplicates of one", joined, None, limits.cluster_growth, True, said)
