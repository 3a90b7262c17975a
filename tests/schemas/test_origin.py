"""Origin: agencies and publishers are named alike, however an article spells them."""

from __future__ import annotations

import pytest

from schemas.agencies import AGENCIES, agency
from schemas.publishers import publisher


@pytest.mark.parametrize(("credit", "expected"), [
    ("AFP", "AFP"), ("afp", "AFP"), ("dpa/tmn", "dpa"), ("SPIEGEL/dpa/AFP", "dpa"), ("Deutsche Presse-Agentur", "dpa"),
    ("The Associated Press", "AP"), ("Associated Press Writer", "AP"), ("AP Political Writer", "AP"),
    ("РИА Новости", "RIA"), ("新华社记者", "Xinhua"), ("رويترز", "Reuters"),
    ("Thomson Reuters Foundation", "Reuters"), ("Agencia EFE", "EFE"),
    ("Staff writer", None), ("Correspondent at pa", None), ("Fenmoor News Agency", None), ("PRNewswire", None),
    ("", None),
])  # fmt: skip
def test_a_credit_names_an_agency_whatever_stands_beside_it(credit, expected):
    assert agency(credit, None, None, None) == expected


@pytest.mark.parametrize(("lines", "expected"), [
    ((None, "HARRISBURG, PA (AP) —", None, None), "AP"),  # PA alone would be the state
    ((None, "HARRISBURG, PA —", None, None), None),
    ((None, "BERLIN, May 3 /dpa/ -", None, None), "dpa"),
    ((None, None, "By Reuters", None), "Reuters"),
    ((None, None, "By Anna Reuters", None), None),
    ((None, None, None, "Bloomberg.com"), "Bloomberg"),
    ((None, None, None, "PA Times"), None),
    (("AFP", "PARIS (AP) —", "By Reuters", "Reuters"), "AFP"),  # who is credited counts first
])  # fmt: skip
def test_a_dateline_names_an_agency_in_parentheses_a_byline_and_a_site_by_nothing_else(lines, expected):
    assert agency(*lines) == expected


def test_no_name_is_that_of_two_agencies():
    names = [name.casefold() for names in AGENCIES.values() for name in {n.casefold() for n in names.split(" | ")}]
    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize(("url", "expected"), [
    ("https://www.gazette.example/a", "gazette.example"), ("http://u@News.Gazette.co.uk:80/b", "gazette.co.uk"),
    ("https://ann.substack.com/p", "ann.substack.com"), ("https://www.lemonde.fr/x", "lemonde.fr"),
    ("https://127.0.0.1/", None), ("https://[::1]/", None), ("urn:x", None), (None, None),
])  # fmt: skip
def test_a_publisher_is_the_registrable_name_of_the_host(url, expected):
    assert publisher(url) == expected
