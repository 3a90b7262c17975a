"""Revisions: the current one is the greatest, in whatever order they are seen."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.decide.revisions import Revision, day_of, revise
from etl.sources.source import Source
from schemas.records import UNDATED
from tests.support.stores import check, ingest, rows

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


@pytest.mark.parametrize(
    ("published", "partition", "day"),
    [
        ("1600-01-01", date(2026, 3, 14), date(2026, 3, 14)),
        ("1800-01-01", date(2026, 3, 14), date(1800, 1, 1)),
        ("2026-03-15", date(2026, 3, 14), date(2026, 3, 15)),
        ("2026-03-16", date(2026, 3, 14), date(2026, 3, 14)),
        ("2050-01-01", None, date(2050, 1, 1)),
        ("1600-01-01", None, None),
    ],
)
def test_a_date_of_publication_outside_its_bounds_ranks_a_text_by_its_partition(published, partition, day):
    found = day_of(datetime.fromisoformat(f"{published}T12:00:00+00:00"), partition)
    assert found == (day.toordinal() if day else UNDATED)


def test_a_copy_that_claims_to_be_centuries_old_does_not_become_canonical(settings, tmp_path):
    body = "The council of Alba met on Monday and spoke of the bridge, which nobody has crossed since the spring. " * 5
    original = json.dumps({"id": "a", "title": "Bridge", "body": body, "published": "2026-03-14T10:00:00Z"})
    copy = json.dumps({"id": "b", "title": "Bridge", "body": body, "published": "1600-01-01T00:00:00Z"})
    for days in (("2026-03-14", "2026-03-15"), ("2026-03-15", "2026-03-14")):
        folder, store = tmp_path / days[0], f"{settings.store}"
        for day in days:
            (folder / day).mkdir(parents=True, exist_ok=True)
            content = original if day == "2026-03-14" else copy
            (folder / day / "a.jsonl").write_text(content)
        source = Source(f"s{days[0][-2:]}", (f"{folder}/{{date:%Y-%m-%d}}",))
        ingest(settings, source, [date.fromisoformat(day) for day in days])
        check(store)
    found = rows(settings.store, "SELECT source_key FROM article JOIN cluster_member USING (article_id)")
    assert {key.rpartition("#")[2] for (key,) in found} == {"a"}
    doubted = rows(settings.store, "SELECT evidence FROM revision ORDER BY published_at LIMIT 1")
    assert "doubted" in str(doubted)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_change_of_metadata_moves_an_article_to_no_other_day(settings, tmp_path, order):
    """Days 1 and 2 bring one body under two headlines and sections, day 3 another body, day 4 the first once more."""
    bodies = [
        "The council of Alba met on Monday and spoke of the bridge. " * 5,
        "Nobody has crossed it since May. " * 9,
    ]
    said = [("Bridge", "City", 0), ("It opens", "Front", 0), ("It opens", "Front", 1), ("Bridge", "City", 0)]
    days = [date(2026, 3, n) for n in (1, 2, 3, 4)]
    for day, (title, section, body) in zip(days, said, strict=True):
        (tmp_path / f"{day}").mkdir()
        told = {"id": "a", "title": title, "section": section, "body": bodies[body]}
        (tmp_path / f"{day}" / "a.jsonl").write_text(json.dumps(told))
    source = Source("s", (f"{tmp_path}/{{date:%Y-%m-%d}}",))

    def filed(brought):
        ingest(settings, source, [days[n] for n in brought])
        check(settings.store)
        ((day, title, section),) = rows(settings.store, "SELECT partition_date, title, section FROM corpus_article")
        return f"{day}", title, section

    assert filed(order) == ("2026-03-01", "It opens", "Front")
    assert filed([2]) == ("2026-03-03", "It opens", "Front")
    assert filed([3, 0]) == ("2026-03-01", "Bridge", "City")
