"""Revisions: the current one is the greatest, in whatever order they are seen."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from etl.decide.revisions import Revision, revise

DAYS = st.none() | st.dates(date(2026, 3, 1), date(2026, 3, 4))
TIMES = st.none() | st.integers(0, 3).map(lambda h: datetime(2026, 3, 1, h, tzinfo=UTC))
PATHS = st.sampled_from(["a.txt", "b.txt"])
SIGHTINGS = st.lists(
    st.tuples(
        st.sampled_from(["a", "b"]),
        st.builds(lambda c, d, f, p: Revision(c, d, d, f, path=p), st.sampled_from("xyz"), DAYS, TIMES, PATHS),
    ),
    max_size=8,
)


def run(batches):
    """The revisions and current hashes after these batches, and the verdicts of all records."""
    known: dict[str, Any] = {}
    current: dict[str, Any] = {}
    counts = dict.fromkeys(("new", "revised", "unchanged", "stale"), 0)
    for batch in batches:
        result = revise(batch, {a: list(r.values()) for a, r in known.items()}, current)
        for article, revision, _ in result.added:
            known.setdefault(article, {})[revision.content_hash] = revision
        for article, revision in result.moved:
            known[article][revision.content_hash] = revision
        for article, position in result.current.items():
            current[article] = batch[position][1].content_hash
        for verdict, count in result.counts.items():
            counts[verdict] += count
    return known, current, counts


@given(SIGHTINGS, st.randoms(use_true_random=False))
def test_order_and_batches_play_no_part(sightings, shuffle):
    shuffled = sightings[:]
    shuffle.shuffle(shuffled)
    cut = shuffle.randint(0, len(shuffled))
    one, other = run([sightings]), run([shuffled[:cut], shuffled[cut:], shuffled[:cut]])
    assert one[:2] == other[:2]


@given(SIGHTINGS)
def test_the_current_revision_is_the_greatest_and_every_record_has_one_verdict(sightings):
    known, current, counts = run([[s] for s in sightings])
    assert current == {a: max(r.values(), key=Revision.recency).content_hash for a, r in known.items()}
    assert sum(counts.values()) == len(sightings)
    assert counts["new"] == len(known)


@given(SIGHTINGS)
def test_what_was_seen_before_is_unchanged(sightings):
    once = run([sightings])
    again = run([sightings, sightings])
    assert again[2]["unchanged"] == once[2]["unchanged"] + len(sightings)
