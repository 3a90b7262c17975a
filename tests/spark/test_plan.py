"""The plan of a build: what its sources are to the election, as days that come one by one would leave them."""

from __future__ import annotations

from datetime import UTC, date, datetime

from etl.decide.revisions import EARLIEST, Precedence
from etl.sources.source import Source
from etl.spark.plan import Place, Plan, precedences_of, source_row
from etl.store.sources import Declared


def test_a_site_is_believed_from_thirty_days_before_its_first_day_in_the_build() -> None:
    declared = [Declared("herald", "feed"), Declared("times", "files", rank=2), Declared("late", "sitemap")]
    herald, times = Source("herald", ("in/{date}",)), Source("times", ("in",), rank=2)
    archive = Source("archive", ("in",), earliest=date(1751, 9, 18))
    days = (date(2026, 6, 1), date(2026, 3, 14), date(2026, 4, 1))
    places = (
        *(Place("herald", f"{day}", "", 1) for day in days),
        Place("times", "", "", 1),
        Place("archive", "", "", 1),
    )
    sources = {each.name: each for each in (herald, times, archive)}
    planned = Plan("lake", 1, "name", datetime(2026, 7, 1, tzinfo=UTC), places, 1, (), sources)
    found = precedences_of(planned, declared, {})
    assert found == {
        "herald": Precedence(0, date(2026, 2, 12)),
        "times": Precedence(2, EARLIEST),
        "archive": Precedence(0, date(1751, 9, 18)),
        "late": Precedence(),
    }
    assert [(row["rank"], row["earliest"]) for row in (source_row(each, found) for each in declared)] == [
        (0, "2026-02-12"), (2, None), (0, None),
    ]  # fmt: skip
