"""Listings, URLs and polls: what feeds and sitemaps name, which URLs are one, and when each is asked."""

from __future__ import annotations

import gzip
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etl.errors import Rejected
from etl.fetch.listing_formats import Entry, read_lines, read_listing
from etl.fetch.polling import MAX_INTERVAL_S, interval_s, is_due, is_wanted, max_age_s, retry_after_s, robot_name
from etl.web.urls import canonical_url, variant_of, web_url, without_credentials
from schemas.fetched import Visit

NOW = datetime(2026, 3, 14, 12, tzinfo=UTC)
BASE = "https://herald.example/feeds/all"

FEEDS = {
    "RSS 2.0": """<?xml version="1.0"?><rss version="2.0"><channel><title>t</title><link>https://herald.example/</link>
        <ttl>30</ttl><item><link>/a.html</link><pubDate>Sat, 14 Mar 2026</pubDate></item></channel></rss>""",
    "RSS by permanent id": '<rss version="0.92"><channel><ttl>30</ttl><item><guid>https://herald.example/a.html</guid>'
    "<pubDate>Sat, 14 Mar 2026</pubDate></item></channel></rss>",
    "RSS 1.0": """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
        xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:sy="http://purl.org/rss/1.0/modules/syndication/">
        <channel><sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>2</sy:updateFrequency></channel>
        <item rdf:about="https://herald.example/a.html"><dc:date>Sat, 14 Mar 2026</dc:date></item></rdf:RDF>""",
    "Atom": """<feed xmlns="http://www.w3.org/2005/Atom" xmlns:sy="http://purl.org/rss/1.0/modules/syndication/">
        <sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>2</sy:updateFrequency><link href="/"/>
        <entry><link rel="self" href="/api/1"/><link href="/a.html"/><published>old</published>
        <updated>Sat, 14 Mar 2026</updated></entry></feed>""",
    "Atom below a base": """<feed xmlns="http://www.w3.org/2005/Atom" xml:base="http://[/"><ttl>30</ttl>
        <entry xml:base="https://herald.example/x/"><link href="../a.html"/><updated>Sat, 14 Mar 2026</updated></entry>
        </feed>""",
    "RSS 0.91": """<?xml version="1.0"?><!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN"
        "http://my.netscape.com/publish/formats/rss-0.91.dtd"><rss version="0.91"><channel><ttl>30</ttl>
        <item><link>https://herald.example/a.html</link><pubDate>Sat, 14 Mar 2026</pubDate></item></channel></rss>""",
    "cut off": """<rss version="2.0"><channel><ttl>30</ttl><item><link>https://herald.example/a.html</link>
        <pubDate>Sat, 14 Mar 2026</pubDate></item><item><link>https://herald.exa""",
    "bare ampersand": """<rss><channel><ttl>30</ttl><title>This & that</title><item><title>A & B</title>
        <link>https://herald.example/a.html</link><pubDate>Sat, 14 Mar 2026</pubDate></item></channel></rss>""",
}


@pytest.mark.parametrize("name", FEEDS)
def test_feeds_of_every_kind_name_the_same_page(name: str) -> None:
    named = read_listing("feed", FEEDS[name].encode(), BASE)
    assert named.entries[0].url == "https://herald.example/a.html"
    assert (named.entries[0].stamp or "").partition("#")[0] == "Sat, 14 Mar 2026"
    assert named.least_s == 1800
    assert not named.whole


def test_a_json_feed_is_a_feed() -> None:
    text = '{"version": "https://jsonfeed.org/version/1.1", "items": [{"url": "/a.html", "date_modified": "x"}, 7, {}]}'
    named = read_listing("feed", text.encode(), BASE)
    assert named.entries == (Entry("https://herald.example/a.html", "x"),)
    assert len(named.rejected) == 2


@pytest.mark.parametrize(
    ("content", "charset"),
    [
        (FEEDS["Atom"].encode("utf-16"), None),
        (b'<?xml version="1.0" encoding="utf-8"?>' + FEEDS["Atom"].encode("latin-1"), "utf-16"),
        ("\ufeff<?xml version='1.0' encoding='koi8-r'?>".encode() + FEEDS["Atom"].encode(), "windows-1252"),
    ],
)
def test_charsets_that_are_lies_do_not_matter(content: bytes, charset: str | None) -> None:
    assert read_listing("feed", content, BASE, charset).entries[0].url == "https://herald.example/a.html"


@pytest.mark.parametrize(
    ("kind", "content", "reason"),
    [
        ("feed", b"<!DOCTYPE html><html><body>soon</body></html>", "no feed: it is an HTML page"),
        ("feed", b"<!-- x --><HTML>", "no feed: it is an HTML page"),
        ("feed", b"<urlset/>", "no feed: it is XML that begins with <urlset>"),
        ("feed", b'{"a": 1}', "no feed: JSON without items"),
        ("feed", b'{"version": "https://jsonfeed.org/1", "items": {}}', "no feed: JSON without items"),
        ("feed", b"{" * 100_000, "no feed: JSON without items"),
        ("feed", b"", "no feed"),
        ("feed", b"\x00\xff\x00", "no feed"),
        ("feed", b"<rss><channel/></rss>", "empty: a listing (feed) that names no page"),
        ("sitemap", b"<urlset></urlset>", "empty: a listing (sitemap) that names no page"),
        ("sitemap", b"", "empty: a listing (sitemap) that names no page"),
        ("sitemap", gzip.compress(b"<urlset></urlset>", mtime=0), "empty: a listing (sitemap) that names no page"),
        ("sitemap", gzip.compress(b"\n" * 60_000_000, mtime=0), "too large: a listing of more than 50000000 bytes"),
        ("sitemap", b"<urlset>" + b"<a>" * 3_000_001, "too large: a listing of more than 3000000 parts"),
        ("urls", b"a\r" * 3_000_001, "too large: a listing of more than 3000000 parts"),
        ("feed", b"<rss><channel>" + b"<item/>" * 200_001, "too large: a listing of more than 200000 elements"),
        ("sitemap", gzip.compress(b"<urlset></urlset>", mtime=0)[:-9], "broken gzip"),
        ("urls", b"# none\n\n", "empty: a listing (urls) that names no page"),
        (
            "feed",
            b'<!DOCTYPE rss [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><rss><channel><item/></channel></rss>',
            "hostile: XML that declares entities",
        ),
    ],
)
def test_what_is_no_listing_is_told_by_its_reason(kind: str, content: bytes, reason: str) -> None:
    with pytest.raises(Rejected) as raised:
        read_listing(kind, content, BASE)
    assert raised.value.reason.startswith(reason)
    assert raised.value.stage == "fetch"


def test_a_sitemap_names_what_there_is_and_a_news_sitemap_the_latest() -> None:
    plain = '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><url><loc> {} </loc></url></urlset>'
    news = plain.replace("</loc>", '</loc><n:news xmlns:n="http://www.google.com/schemas/sitemap-news/0.9"/>')
    url = "https://herald.example/a.html"
    assert read_listing("sitemap", plain.format(url).encode(), BASE).whole
    assert not read_listing("sitemap", news.format(url).encode(), BASE).whole
    assert read_listing("sitemap", f"{url}\n{url}\n".encode(), BASE).entries == (Entry(url),)


@settings(max_examples=60)
@given(st.binary(max_size=400), st.sampled_from(["feed", "sitemap", "urls"]))
def test_no_bytes_at_all_make_a_listing_fail_otherwise(content: bytes, kind: str) -> None:
    with suppress(Rejected):
        named = read_listing(kind, content, BASE)
        assert named.entries or named.listings or named.rejected


@settings(max_examples=40)
@given(st.text(max_size=100))
def test_a_url_that_may_be_asked_stays_itself_and_names_the_same_article(text: str) -> None:
    for link in (text, f"https://herald.example/{text}", f"http://{text}"):
        try:
            url = web_url(link, BASE)
        except Rejected:
            continue
        assert web_url(url) == url
        assert url.isascii()
        assert canonical_url(url) == canonical_url(canonical_url(url))
        assert "#" not in url
        assert "@" not in url.split("/")[2]


@pytest.mark.parametrize(
    ("link", "url"),
    [
        ("HTTPS://Herald.Example:443/a?utm_source=x&id=2#top", "https://herald.example/a?utm_source=x&id=2"),
        ("/a?sig=%2f%7e&q=b c".replace(" ", "+"), "https://herald.example/a?sig=%2f%7e&q=b+c"),
        ("https://zürich.example/straße?é", "https://xn--zrich-kva.example/stra%C3%9Fe?%C3%A9"),
        ("//herald.example/b", "https://herald.example/b"),
        ("../c", "https://herald.example/c"),
        (" /d ", "https://herald.example/d"),
        ("http://herald.example:8080", "http://herald.example:8080/"),
    ],
)
def test_a_url_is_asked_as_it_was_listed(link: str, url: str) -> None:
    assert web_url(link, BASE) == url


@pytest.mark.parametrize(
    "link",
    [
        "mailto:a@b", "javascript:alert(1)", "ftp://x/y", "file:///etc/passwd", "http://", "http://[::1",
        "https://x:99999/", "https://x/<b>", "https://me:secret@x/", "https://me@x/", "https://x/" + "a" * 3000,
        "data:text/html,x", "http://x y/",
    ],
)  # fmt: skip
def test_what_may_not_be_asked_is_rejected(link: str) -> None:
    with pytest.raises(Rejected, match="no web address"):
        web_url(link, BASE)
    assert "secret" not in without_credentials(link)


def test_a_list_has_whole_urls_only() -> None:
    found = list(read_lines(["# x", "", "/relative", "https://herald.example/a", "see https://x/ for more"]))
    assert found == [
        ("/relative", "no web address"),
        Entry("https://herald.example/a"),
        ("see https://x/ for more", "no web address"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("head", "url", "itself"),
    [
        ('<link rel="canonical" href="/a.html">', "https://herald.example/amp/a.html", "https://herald.example/a.html"),
        (
            "<LINK href=https://herald.example/a REL='canonical'>",
            "https://m.herald.example/a",
            "https://herald.example/a",
        ),
        ('<link rel="canonical" href="https://other.example/a">', "https://herald.example/a", None),
        ('<link rel="canonical" href="https://herald.example/">', "https://herald.example/a", None),
        ('<link rel="canonical" href="/a">', "https://herald.example/a", None),
        ('<link rel="stylesheet" href="/a.css"><link rel=canonical href="http://[">', "https://herald.example/a", None),
        ("<link " * 5000, "https://herald.example/a", None),
    ],
)
def test_a_variant_names_the_page_itself(head: str, url: str, itself: str | None) -> None:
    assert variant_of(f"<html><head>{head}</head>".encode(), url) == itself


def test_polls_follow_the_pace_of_a_feed() -> None:
    first = interval_s(None, changed=True, least_s=300)
    assert interval_s(first, changed=True, least_s=300) == first // 2
    assert interval_s(first, changed=False, least_s=300) == first * 3 // 2
    assert interval_s(10, changed=True, least_s=300) == 300
    assert interval_s(10**6, changed=False, least_s=300) == MAX_INTERVAL_S
    assert interval_s(first, changed=True, least_s=86_400) == 86_400
    visit = Visit(BASE, "listing", NOW, interval_s=600, next_at=NOW + timedelta(seconds=600))
    assert not is_due(visit, NOW + timedelta(seconds=300))
    assert is_due(visit, NOW + timedelta(seconds=599)), "a run that is a second early must not cost a whole beat"


def test_pages_are_asked_when_there_is_a_reason() -> None:
    seen = Visit("u", "page", NOW - timedelta(hours=1), 200, stamp="1", landed_at=NOW)
    assert is_wanted(Entry("u"), None, "feed", NOW)
    assert not is_wanted(Entry("u", "1"), seen, "feed", NOW)
    assert not is_wanted(Entry("u", None), seen, "feed", NOW)
    assert is_wanted(Entry("u", "2"), seen, "feed", NOW)
    assert not is_wanted(Entry("u"), seen, "urls", NOW)
    assert is_wanted(Entry("u"), seen, "urls", NOW + timedelta(days=1))
    failed = Visit("u", "page", NOW, failures=2)
    assert not is_wanted(Entry("u"), failed, "feed", NOW + timedelta(minutes=119))
    assert is_wanted(Entry("u"), failed, "feed", NOW + timedelta(minutes=121))
    assert is_wanted(Entry("u"), Visit("u", "page", NOW, failures=99), "feed", NOW + timedelta(days=7))


def test_what_servers_say_of_time_is_understood() -> None:
    assert retry_after_s("120", NOW) == 120
    assert retry_after_s("Sat, 14 Mar 2026 12:02:00 GMT", NOW) == 120
    assert retry_after_s("Sat, 14 Mar 2020 12:02:00 GMT", NOW) == 0
    assert retry_after_s("soon", NOW) is None
    assert max_age_s("public, max-age=600") == 600
    assert max_age_s("no-cache, max-age=x") == 0
    assert max_age_s("max-age=99999999") == 86_400
    assert robot_name("herald-archive/1.0 (+https://example.org)") == "herald-archive"
