"""One URL has one spelling, whatever is in it, and no parameter that may be content is dropped."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etl.web.urls import CHANNELS, TRACKING_PARAMETERS, canonical_url, is_front_page
from tests.support.paths import ROOT

HOST = "https://gazette.example"
PARTS = st.text(st.sampled_from("aZ09-._~!$'()*+,;:@ é%2fF茶\"<>|"), max_size=12)


@pytest.mark.parametrize(
    ("spellings", "canonical"),
    [
        (["/caf%c3%a9", "/caf%C3%A9", "/café", "/cafe\u0301", "/%63af%C3%A9"], "/caf%C3%A9"),
        (["/a b", "/a%20b"], "/a%20b"),
        (["/x?", "/x", "/x#part", "/x?#", "/x?&", "/x?fbclid=1"], "/x"),
        (["/a/./b/../c", "/a/c", "/../a/%2e/c"], "/a/c"),
        (["/a/b/..", "/a/b/../", "/a/."], "/a/"),
        (["", "/", "?utm_source=feed"], "/"),
        (["/s?q=a%20b&utm_source=z", "/s?utm_medium=y&q=a%20b", "/s?q=a%20b"], "/s?q=a%20b"),
        (["/s?q=%c3%a9&gclid=1", "/s?q=é"], "/s?q=%C3%A9"),
        (["/t?t=Caf%E9&UTM_Campaign=1", "/t?t=Caf%e9"], "/t?t=Caf%E9"),
        (["/p?x=%zz&fbclid=", "/p?x=%25zz"], "/p?x=%25zz"),
    ],
)
def test_spellings_of_one_url_are_one(spellings, canonical):
    assert {canonical_url(HOST + spelling) for spelling in spellings} == {HOST + canonical}


@pytest.mark.parametrize(
    ("spellings", "canonical"),
    [
        (["https://Zürich.example/a", "https://xn--zrich-kva.example/a", "https://zu\u0308rich.example:443/a"],
         "https://xn--zrich-kva.example/a"),
        (["http://gazette.example:80/", "HTTP://user:word@GAZETTE.example", "http://gazette.example:"],
         "http://gazette.example/"),
        (["https://straße.example/", "https://STRASSE.example/"], None),  # two hosts, by IDNA 2008
        (["https://茶。example/a", "https://茶.example/a"], "https://xn--cl1a.example/a"),
        (["https://☕.example/a", "https://xn--53h.example/a"], "https://xn--53h.example/a"),
        (["https://[2001:DB8::1]:443/a", "https://[2001:db8::1]/a"], "https://[2001:db8::1]/a"),
    ],
)  # fmt: skip
def test_spellings_of_one_host_are_one(spellings, canonical):
    assert len({canonical_url(spelling) for spelling in spellings}) == (1 if canonical else len(spellings))
    assert canonical is None or canonical_url(spellings[0]) == canonical


@given(PARTS, PARTS, PARTS, st.sampled_from([HOST, "http://Ümlaut.example:80", "https://e.example:8443"]))
@settings(max_examples=300)
def test_the_canonical_form_of_a_canonical_form_is_itself(path, query, fragment, host):
    found = canonical_url(f"{host}/{path}?{query}#{fragment}")
    assert found is not None
    assert found.isascii()
    assert "#" not in found
    assert canonical_url(found) == found


@given(PARTS, PARTS, st.sampled_from(sorted(TRACKING_PARAMETERS)), st.integers(0, 2))
@settings(max_examples=200)
def test_tracking_beside_a_parameter_changes_nothing_of_it(name, value, tracking, place):
    pieces = [f"x{name}={value}".replace("&", ""), "y=%2f"]
    with_tracking = [*pieces[:place], f"{tracking.upper()}=%C3%A9", *pieces[place:]]
    assert canonical_url(f"{HOST}/a?{'&'.join(with_tracking)}") == canonical_url(f"{HOST}/a?{'&'.join(pieces)}")


@pytest.mark.parametrize(
    "name", ["id", "cid", "sh", "rss", "p", "story", "utm", "s", "articleid", "sid", "source", "ref"]
)
def test_a_parameter_that_may_name_an_article_is_kept(name):
    assert canonical_url(f"{HOST}/a?{name}=48213") == f"{HOST}/a?{name}=48213"


def test_a_cid_is_tracking_where_it_is_the_name_of_a_campaign():
    assert canonical_url(f"{HOST}/a?cid=soc_twitter_evening&id=1") == f"{HOST}/a?id=1"
    for channel, mark in itertools.product(sorted(CHANNELS)[:5], "_:|.-"):
        assert canonical_url(f"{HOST}/a?cid={channel}{mark}x") == f"{HOST}/a"
    for content in ("48213", "rss", "harbour-news_3", "soc", "x_soc_y"):
        assert canonical_url(f"{HOST}/a?cid={content}") == f"{HOST}/a?cid={content}"


def test_a_front_page_is_a_host_and_nothing_more():
    assert is_front_page(f"{HOST}/")
    assert not is_front_page(f"{HOST}/a")
    assert not is_front_page(f"{HOST}/?p=1")
    assert not is_front_page(f"{HOST}/a/")


def test_the_documentation_names_every_parameter_that_is_left_out():
    said = (ROOT / "docs" / "reading.md").read_text(encoding="utf-8")
    assert [name for name in sorted(TRACKING_PARAMETERS) if f"`{name}`" not in said] == []
