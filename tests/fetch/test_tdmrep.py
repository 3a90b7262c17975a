"""What a host says of all its pages in tdmrep.json is asked once, kept with each page that lands, and counts."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from etl.fetch.tdmrep import PATH, TdmRule, fits, said_of, tdm_rules
from etl.settings import Settings
from etl.sources.source import Source
from tests.fetch.test_run import NOW, TODAY, Fetch, fetch
from tests.support import website
from tests.support.stores import ingest, rows

__all__ = ["fetch"]  # a fixture
RULES = [
    {"location": "/news/2", "tdm-reservation": 0},
    {"location": "/news/", "tdm-reservation": 1, "tdm-policy": "https://herald.example/terms"},
]


@pytest.mark.parametrize(("location", "path", "expected"), [
    ("/", "/any", True), ("/a", "/ab", True), ("/a", "/b/a", False), ("/a$", "/a", True), ("/a$", "/ab", False),
    ("/b/images/*.jpg", "/b/images/x/y.jpg", True), ("/b/images/*.jpg", "/b/images/y.png", False),
    ("/this/*/then$", "/this/and/then", True), ("/this/*/then$", "/this/and/then/more", False),
    ("*", "/x", True), ("*$", "/x", True), ("/a*b*c", "/acb", False), ("/a*a$", "/a", False), ("", "/x", True),
])  # fmt: skip
def test_a_location_fits_paths_as_a_rule_of_robots_txt_does(location, path, expected):
    assert fits(location, path) == expected


def test_the_first_rule_that_fits_counts_and_escapes_make_no_difference():
    rules = tdm_rules(json.dumps([{"location": "/caf%C3%A9/%7Ea", "tdm-reservation": "1"}, *RULES]))
    assert said_of(rules, "https://herald.example/caf%c3%a9/~a/b") == [("TDM-Reservation", "1")]
    assert said_of(rules, "https://herald.example/news/2.html") == [("TDM-Reservation", "0")]
    assert said_of(rules, "https://herald.example") == []


@pytest.mark.parametrize("text", [
    "", "<html>", "{}", "[" * 100_000, '[{"location": 3, "tdm-reservation": 1}]',
    '[{"location": "/", "tdm-reservation": 2}]',
    json.dumps([{"location": "/" * 9_999, "tdm-reservation": 1}, 7, None]),
])  # fmt: skip
def test_what_is_no_rule_is_left_out(text):
    assert tdm_rules(text) == []


def test_a_file_of_rules_has_bounds_and_a_policy_that_is_none_is_left_out():
    rule = {"location": "/a", "tdm-reservation": 1, "tdm-policy": ["x"]}
    assert tdm_rules(json.dumps([rule] * 5_000))[:1] == [TdmRule("/a", "1", "")]
    assert len(tdm_rules(json.dumps([rule] * 5_000))) == 1_000


def test_what_the_host_says_of_a_page_lands_with_it_and_is_asked_once_a_day(
    site: website.Site, fetch: Fetch, polite: Settings
) -> None:
    site.add(PATH, json.dumps(RULES), "application/json")
    site.add_feed("/feed", [*(site.add_story(n) for n in range(3)), "/other.html"])
    site.add("/other.html", website.story(7))
    assert fetch("feed", "/feed").landed == 4
    assert site.paths.count(PATH) == 1
    source = Source("herald", (site.url + "/feed",), kind="feed")
    ingest(polite, source.landed(polite.landing), [TODAY])
    found = dict(rows(polite.store, "SELECT substr(url, length(url) - 6), tdm_reserved FROM corpus_article"))
    assert found == {"/0.html": 1, "/1.html": 1, "/2.html": 0, "er.html": None}
    (said,) = rows(polite.store, "SELECT rights FROM corpus_article WHERE url LIKE '%/1.html'")
    assert json.loads(said[0]) == [
        {"kind": "reservation", "value": "1", "where": "tdmrep.json tdm-reservation"},
        {"kind": "policy", "value": "https://herald.example/terms", "where": "tdmrep.json tdm-policy"},
    ]
    site.add_feed("/feed", [site.add_story(9)])
    assert fetch("feed", "/feed", now=NOW + timedelta(hours=1)).landed == 1
    assert PATH not in site.paths, "it is remembered"


def test_a_host_that_does_not_let_its_rules_be_read_loses_no_page(site: website.Site, fetch: Fetch) -> None:
    site.add(PATH, "", status=503)
    site.add_feed("/feed", [site.add_story(1)])
    assert fetch("feed", "/feed").landed == 1
    site.add("/robots.txt", "User-agent: *\nDisallow: /.well-known/\n")
    site.add_feed("/feed", [site.add_story(2)])
    assert fetch("feed", "/feed", now=NOW + timedelta(days=2)).landed == 1
    assert PATH not in site.paths
