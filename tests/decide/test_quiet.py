"""What a source usually brings, and when less than that is a matter to tell."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from etl.decide.quiet import QuietLimits, end_of, shortfall, silence, span, usual_articles, usual_gap

MONDAY = date(2026, 3, 2)
DAY = timedelta(days=1)
BY_ITSELF = QuietLimits()


def brought(*weekdays: int, weeks: int = 10, articles: int = 40) -> dict[date, int]:
    """So many weeks until the Monday, with articles on these days of the week (Monday is 0)."""
    days = [MONDAY - number * DAY for number in range(7 * weeks)]
    return {day: articles for day in days if day.weekday() in weekdays}


RHYTHMS = {
    "daily": (0, 1, 2, 3, 4, 5, 6),
    "weekdays": (0, 1, 2, 3, 4),
    "not on Sundays": (0, 1, 2, 3, 4, 5),
    "weekly": (0,),
}
GAPS = {"daily": 1, "weekdays": 3, "not on Sundays": 2, "weekly": 7}


@pytest.mark.parametrize("rhythm", RHYTHMS)
def test_a_source_may_be_silent_for_the_longest_of_its_usual_gaps_and_a_day(rhythm):
    days, gap = brought(*RHYTHMS[rhythm]), GAPS[rhythm]
    assert usual_gap(days) == gap
    since = end_of(MONDAY)
    assert silence(days, since, since + gap * DAY + timedelta(hours=23), BY_ITSELF) == ""
    assert f"nothing since {MONDAY}" in silence(days, since, since + (gap + 1) * DAY, BY_ITSELF)


@pytest.mark.parametrize("rhythm", RHYTHMS)
def test_no_day_of_a_regular_source_is_told_of_whichever_hour_it_is_looked_at(rhythm):
    days = brought(*RHYTHMS[rhythm], weeks=17)
    for hours in range(7 * 24):
        now = end_of(MONDAY) - timedelta(hours=hours)
        # A day's files come at six in the morning of the next.
        come = {day: count for day, count in days.items() if end_of(day) + timedelta(hours=6) <= now}
        assert silence(come, end_of(max(come)), now, BY_ITSELF) == ""


def test_a_silence_of_the_past_does_not_hide_the_next():
    days = {day: count for day, count in brought(*range(7)).items() if not 20 <= (MONDAY - day).days <= 35}
    assert usual_gap(days) == 1


def test_few_days_say_a_week_and_a_source_that_never_came_is_told_of():
    assert usual_gap({}) == usual_gap({MONDAY: 5, MONDAY - DAY: 5}) == 7
    assert usual_gap({MONDAY: 5, MONDAY - 30 * DAY: 5}) == 30
    assert silence({}, None, end_of(MONDAY), BY_ITSELF) == "it has brought nothing yet"


def test_a_limit_of_its_own_stands_in_the_place_of_the_gaps():
    hours = QuietLimits(after=timedelta(hours=6))
    since = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
    assert silence(brought(0), since, since + timedelta(hours=5, minutes=59), hours) == ""
    told = silence(brought(0), since, since + timedelta(hours=6), hours)
    assert told == "it has brought nothing since 2026-03-02, for 6 hours: quiet_after is 6 hours"


def test_a_day_with_a_small_share_of_the_usual_is_told_of():
    days = {**brought(*range(7)), MONDAY: 7}
    assert shortfall(days, MONDAY, BY_ITSELF) == (
        "2026-03-02 brought 7 articles, 18 % of the usual 40: min_share_of_usual is 0.2"
    )
    assert shortfall({**days, MONDAY: 8}, MONDAY, BY_ITSELF) == ""
    assert shortfall(days, MONDAY, QuietLimits(min_share=0)) == ""
    assert shortfall({**days, MONDAY: 0}, MONDAY, BY_ITSELF) == "", "silence() tells of a day with nothing"


def test_a_thin_day_of_the_week_is_compared_with_its_own():
    days = {day: 3 if day.weekday() == 6 else 60 for day in brought(*range(7))}
    sunday = MONDAY - DAY
    assert usual_articles(days, sunday) == 3
    assert not [day for day in days if shortfall(days, day, BY_ITSELF)]


def test_few_days_and_small_numbers_say_little():
    assert usual_articles(brought(*range(7), weeks=2), MONDAY) is None, "thirteen days"
    few = {**brought(*range(7), articles=9), MONDAY: 1}
    assert shortfall(few, MONDAY, BY_ITSELF) == ""


@pytest.mark.parametrize(("text", "hours"), [("36h", 36), ("3d", 72), ("3 days", 72), ("1 hour", 1), ("1.5d", 36)])
def test_a_time_is_hours_or_days(text, hours):
    assert span(text) == timedelta(hours=hours)


@pytest.mark.parametrize("text", ["3", "d", "0h", "3 weeks", "-1d", "1e9d"])
def test_another_time_is_refused(text):
    with pytest.raises(ValueError, match="write it as 36h or 3d"):
        span(text)
