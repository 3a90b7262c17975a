"""Limits by source: each stands in the place of the setting of its name."""

from dataclasses import fields, replace

import pytest

from etl.settings import Settings
from etl.sources.limits import NO_LIMITS, SourceLimits


def test_every_limit_is_a_setting():
    assert {each.name for each in fields(SourceLimits)} <= {each.name for each in fields(Settings)}


def test_a_limit_stands_in_the_place_of_the_setting_also_when_it_is_zero_and_others_stay():
    settings = Settings(max_requests=5, max_cluster_growth=7)
    limits = SourceLimits(max_requests=0, max_duplicate_share=0.25)
    assert limits.over(settings) == replace(settings, max_requests=0, max_duplicate_share=0.25)
    assert NO_LIMITS.over(settings) == settings


@pytest.mark.parametrize(
    ("declared", "says"),
    [
        ({"max_duplicate_share": True}, "limits.max_duplicate_share must be a share, from 0 to 1, not True"),
        ({"max_duplicate_share": float("nan")}, "must be a share, from 0 to 1, not nan"),
        ({"max_fetch_s": -1}, "limits.max_fetch_s must be a number of seconds, 0 or more, of a year at most, not -1"),
        ({"max_fetch_bytes": 1.5}, "limits.max_fetch_bytes must be a whole number, 0 or more, not 1.5"),
        ({"max_fetch_bytes": "9"}, "limits.max_fetch_bytes must be a whole number, 0 or more, not '9'"),
    ],
)
def test_a_value_that_a_limit_does_not_take_is_named(declared, says):
    with pytest.raises(ValueError, match="limits") as caught:
        SourceLimits.parse(declared, fetched=True)
    assert says in str(caught.value)


def test_a_source_that_is_not_asked_on_the_web_has_no_limits_to_asking():
    assert SourceLimits.parse({"host_delay_s": 0.5, "max_cluster_growth": 3}, fetched=True) == SourceLimits(
        host_delay_s=0.5, max_cluster_growth=3
    )
    with pytest.raises(ValueError, match=r"limits\.host_delay_s is for sources that are fetched"):
        SourceLimits.parse({"host_delay_s": 0.5}, fetched=False)
