"""Fetching a world as it is: walls, loops, silent indexes, dead feeds, text that nothing can store."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from etl.errors import Fatal, Rejected
from etl.fetch import run as fetching
from etl.fetch import segments
from etl.fetch.listing_formats import read_listing
from etl.settings import Settings
from etl.sources import locations
from etl.sources.source import Source
from etl.web import client
from schemas.fetched import FetchReport
from tests.support import website
from tests.support.stores import ingest, rows

Fetch = Callable[..., FetchReport]


@pytest.fixture
def fetch(site: website.Site, polite: Settings) -> Fetch:
    """Fetch locations of the site as source herald."""

    def fetch(kind: str, *paths: str, **settings: Any) -> FetchReport:
        site.asked.clear()
        now = datetime.now(UTC)
        source = Source("herald", tuple(site.url + path for path in paths), kind=kind)
        return fetching.fetch(source, now.date(), replace(polite, **settings), now)

    return fetch


def reasons(settings: Settings) -> dict[str, str]:
    return dict(rows(settings.store, "SELECT path, reason FROM corpus_quarantine WHERE stage = 'fetch'"))


def test_a_page_whose_url_has_accents_lands_and_the_others_with_it(
    site: website.Site, fetch: Fetch, polite: Settings
) -> None:
    site.add("/caf%C3%A9/1.html", website.story(1))
    site.add_feed("/feed", ["/café/1.html", site.add_story(2)])
    assert fetch("feed", "/feed").landed == 2
    source = Source("herald", (site.url + "/feed",), kind="feed")
    assert ingest(polite, source.landed(polite.landing), [datetime.now(UTC).date()]).new == 2


def test_a_reason_phrase_in_another_script_costs_nothing(site: website.Site, fetch: Fetch, polite: Settings) -> None:
    body = website.story(1).encode()

    async def phrased(writer: asyncio.StreamWriter) -> None:
        head = "HTTP/1.1 200 Отлично\r\nContent-Type: text/html; charset=utf-8\r\nX-Note: прочь\r\n"
        writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        await writer.drain()

    site.nasty["/odd.html"] = phrased
    site.add_feed("/feed", ["/odd.html", site.add_story(2)])
    assert fetch("feed", "/feed").landed == 2
    source = Source("herald", (site.url + "/feed",), kind="feed")
    assert ingest(polite, source.landed(polite.landing), [datetime.now(UTC).date()]).new == 2


def answering(head: bytes, body: bytes = b"") -> website.Nasty:
    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n" % (head, len(body)) + body)
        await writer.drain()

    return answer


def test_headers_are_bytes(site: website.Site, fetch: Fetch, polite: Settings) -> None:
    """Also where the WARC library would leave them as they are: in a value of several parts."""
    story = [website.story(n).encode() for n in range(2)]
    site.nasty["/a.html"] = answering(b'200 \xff\r\nContent-Type: text/html; name="\xe9\xff; x', story[0])
    site.nasty["/b.html"] = answering(b"302 Found\r\nSet-Cookie: a=\xc3\xa9\r\nSet-Cookie: b=1\r\nLocation: /c.html")
    site.nasty["/c.html"] = answering(b"200 OK\r\nContent-Type: text/html", story[1])
    site.add_feed("/feed", ["/a.html", "/b.html"])
    assert fetch("feed", "/feed").landed == 2
    source = Source("herald", (site.url + "/feed",), kind="feed")
    assert ingest(polite, source.landed(polite.landing), [datetime.now(UTC).date()]).new == 2


@pytest.mark.parametrize("target", ["/caf\xe9/1.html".encode(), "/caf\xe9/1.html".encode("latin-1")])
def test_a_redirect_leads_to_the_bytes_that_it_names(site: website.Site, fetch: Fetch, target: bytes) -> None:
    site.nasty["/a.html"] = answering(b"302 Found\r\nLocation: " + target)
    site.add(quote(target), website.story(1))
    site.add_feed("/feed", ["/a.html"])
    assert fetch("feed", "/feed").landed == 1


def test_who_was_not_asked_whether_something_changed_cannot_say_that_nothing_did(
    site: website.Site, fetch: Fetch, polite: Settings
) -> None:
    site.nasty["/a.html"] = answering(b"304 Not Modified")
    site.add_feed("/feed", ["/a.html"])
    site.nasty["/feed"] = answering(b"200 OK", site.pages["/feed"].body)
    report = fetch("feed", "/feed")
    assert (report.unchanged, report.rejected) == (0, 1)
    assert reasons(polite) == {f"{site.url}/a.html": "no page: status 304"}
    site.nasty["/feed"] = answering(b"304 Not Modified")
    assert fetch("feed", "/feed").broken == 1


def test_an_error_that_nobody_foresaw_costs_its_page_alone(
    site: website.Site, fetch: Fetch, polite: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    get = client.Web.get

    async def failing(self: client.Web, url: str, *rest: Any) -> client.Answer:
        if url.endswith("/news/1.html"):
            raise LookupError("a codec that is not there")
        return await get(self, url, *rest)

    monkeypatch.setattr(client.Web, "get", failing)
    site.add_feed("/feed", [site.add_story(n) for n in range(3)])
    report = fetch("feed", "/feed")
    assert (report.landed, report.rejected) == (2, 1)
    assert reasons(polite) == {f"{site.url}/news/1.html": "unforeseen: LookupError: a codec that is not there"}


def test_a_wall_that_sets_a_cookie_lets_the_second_request_of_the_chain_through(
    site: website.Site, fetch: Fetch
) -> None:
    story = website.story(1).encode()

    async def walled(writer: asyncio.StreamWriter) -> None:
        if site.asked[-1].headers.get("cookie") == "passed=1":
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(story) + story)
        else:
            writer.write(
                b"HTTP/1.1 302 Found\r\nLocation: /a.html\r\nSet-Cookie: passed=1\r\nContent-Length: 0\r\n\r\n"
            )
        await writer.drain()

    site.nasty["/a.html"] = walled
    site.add_feed("/feed", ["/a.html"])
    assert fetch("feed", "/feed").landed == 1
    assert [request.headers.get("cookie") for request in site.asked] == [None, None, None, None, "passed=1"]


def test_a_page_that_only_redirects_to_itself_is_not_known(site: website.Site, fetch: Fetch, polite: Settings) -> None:
    site.add("/a.html", "", status=302, headers={"Location": "/a.html"})
    site.add_feed("/feed", ["/a.html"])
    report = fetch("feed", "/feed")
    assert (report.known, report.rejected) == (0, 1)
    assert reasons(polite) == {f"{site.url}/a.html": "no page: more than 5 redirects"}


def test_a_consent_page_under_many_urls_is_none_of_them(site: website.Site, fetch: Fetch, polite: Settings) -> None:
    site.add("/consent", "<html><body><p>We value your privacy. Accept all cookies to go on.</p></body></html>")
    for n in range(4):
        site.add(f"/news/{n}.html", "", status=302, headers={"Location": "/consent"})
    site.add_feed("/feed", [f"/news/{n}.html" for n in range(4)])
    fetch("feed", "/feed")
    assert set(reasons(polite).values()) == {"consent: 4 listed URLs give this one page"}
    assert len(reasons(polite)) == 4
    known = rows(polite.store, "SELECT count(*) FROM visit WHERE role = 'page' AND landed_at IS NOT NULL")
    assert known == [(0,)], "a page that was never seen is not known"


def test_a_consent_page_that_comes_page_by_page_is_found_in_the_third_run(
    site: website.Site, fetch: Fetch, polite: Settings
) -> None:
    wall = "<html><body><p>We value your privacy. Accept all cookies to go on.</p></body></html>"
    for n in range(1, 4):
        site.add(f"/news/{n}.html", wall)
        site.add_feed("/feed", [f"/news/{m}.html" for m in range(1, n + 1)], updated=str(n))
        fetch("feed", "/feed")
    assert set(reasons(polite)) == {f"{site.url}/news/{n}.html" for n in range(1, 4)}


def test_one_article_under_two_urls_lands_once(site: website.Site, fetch: Fetch) -> None:
    site.add("/sport/1.html", website.story(1))
    site.add_feed("/feed", [site.add_story(1), "/sport/1.html"])
    report = fetch("feed", "/feed")
    assert (report.landed, report.known, report.rejected) == (1, 1, 0)


def test_a_sitemap_is_polled_though_its_index_is_as_before(site: website.Site, fetch: Fetch) -> None:
    today = datetime.now(UTC).date().isoformat()
    for stamp in ("", today):
        site.add_sitemap("/day.xml", [site.add_story(1)])
        site.add_sitemap("/index.xml", ["/day.xml"], inside="sitemap", stamp=stamp)
        fetch("sitemap", "/index.xml")
        number = 10 + len(stamp)
        site.add_sitemap("/day.xml", [site.add_story(1), site.add_story(number)])
        report = fetch("sitemap", "/index.xml")
        assert report.landed == 1, stamp
        assert [r.status for r in site.asked if r.path == "/index.xml"] == [304]


def test_a_sitemap_that_its_index_no_longer_names_is_not_asked(site: website.Site, fetch: Fetch) -> None:
    site.add_sitemap("/a.xml", [site.add_story(1)])
    site.add_sitemap("/b.xml", [site.add_story(2)])
    site.add_sitemap("/index.xml", ["/a.xml", "/b.xml"], inside="sitemap")
    fetch("sitemap", "/index.xml")
    site.add_sitemap("/index.xml", ["/b.xml"], inside="sitemap")
    fetch("sitemap", "/index.xml")
    fetch("sitemap", "/index.xml")
    assert site.paths == ["/index.xml", "/b.xml"]


def test_sitemaps_that_were_left_for_want_of_requests_are_read_by_the_next_run(
    site: website.Site, fetch: Fetch
) -> None:
    site.add_sitemap("/a.xml", [site.add_story(1)])
    site.add_sitemap("/b.xml", [site.add_story(2)])
    site.add_sitemap("/index.xml", ["/a.xml", "/b.xml"], inside="sitemap")
    assert fetch("sitemap", "/index.xml", max_requests=5).landed == 1
    assert fetch("sitemap", "/index.xml").landed == 1


def test_a_robots_txt_as_a_location_gives_its_sitemaps(site: website.Site, fetch: Fetch) -> None:
    site.add_sitemap("/news.xml", [site.add_story(1)])
    site.add("/robots.txt", f"User-agent: *\nDisallow: /private\nSitemap: {site.url}/news.xml\n", "text/plain")
    assert fetch("sitemap", "/robots.txt").landed == 1


def test_the_pages_of_a_feed_are_followed_by_rel_next(site: website.Site, fetch: Fetch) -> None:
    for n in range(1, 13):
        following = f'<link rel="next" href="/feed{n + 1}"/>'
        entry = f'<entry><title>t</title><link href="{site.url}{site.add_story(n)}"/><updated>2026</updated></entry>'
        feed = f'<feed xmlns="http://www.w3.org/2005/Atom"><title>f</title>{following}{entry}</feed>'
        site.add(f"/feed{n}", feed, "application/atom+xml")
    assert fetch("feed", "/feed1").landed == 10, "ten pages, and no more"


def test_an_item_that_changes_under_its_date_is_asked_again(site: website.Site, fetch: Fetch) -> None:
    site.add_feed("/feed", [site.add_story(1)], updated="5 Mar 2026")
    fetch("feed", "/feed")
    site.add("/news/1.html", website.story(1, more="<p>Corrected: the choir sang on Sunday.</p>"))
    feed = site.pages["/feed"].body.decode().replace("<title>t</title>", "<title>t, corrected</title>")
    site.add("/feed", feed, "application/rss+xml")
    assert fetch("feed", "/feed").landed == 1


@pytest.mark.parametrize("status", [404, 200])
def test_a_feed_that_is_none_any_more_fails_the_fetch_at_the_third_poll(
    site: website.Site, fetch: Fetch, status: int
) -> None:
    site.add("/feed", "<!doctype html><html><body>Our feeds have moved</body></html>", status=status)
    for _ in range(2):
        assert fetch("feed", "/feed").broken == 1
    with pytest.raises(Fatal, match=r"source herald lists nothing: .*/feed: no .*; correct its location"):
        fetch("feed", "/feed")


def test_a_feed_that_is_gone_is_never_asked_again_and_the_fetch_says_so(site: website.Site, fetch: Fetch) -> None:
    site.add("/feed", "gone", status=410)
    for asked in ([*["/robots.txt", "/feed"]], []):
        with pytest.raises(Fatal, match="410"):
            fetch("feed", "/feed")
        assert site.paths == asked


def test_a_dead_feed_beside_a_living_one_fails_nothing(site: website.Site, fetch: Fetch) -> None:
    site.add("/dead", "gone", status=410)
    site.add_feed("/feed", [site.add_story(1)])
    assert fetch("feed", "/dead", "/feed").landed == 1


@pytest.mark.parametrize(
    "item",
    [
        {"url": "/news/1.html", "date_published": "2026\ud800\x00-03"},
        {"url": "/news/\ud800.html", "date_published": "2026-03-01"},
        {"url": "/news/\x00.html"},
    ],
)
def test_text_that_cannot_be_stored_costs_its_entry_alone(
    site: website.Site, fetch: Fetch, polite: Settings, item: dict[str, str]
) -> None:
    site.add_story(1)
    feed = {"version": "https://jsonfeed.org/version/1.1", "items": [item, {"url": site.add_story(2)}]}
    site.add("/feed", json.dumps(feed), "application/feed+json")
    assert fetch("feed", "/feed").landed >= 1
    site.add("/feed", json.dumps(feed | {"title": "later"}), "application/feed+json")
    assert fetch("feed", "/feed").rejected <= 1


def test_a_damaged_list_of_visits_costs_no_more_than_its_lines(
    site: website.Site, fetch: Fetch, polite: Settings
) -> None:
    site.add_feed("/feed", [site.add_story(1)])
    fetch("feed", "/feed")
    folder = Path(polite.landing, "herald", datetime.now(UTC).date().isoformat())
    name = next(folder.glob("*.warc.gz")).name
    good = (folder / f".{name}.jsonl").read_bytes()
    (folder / f".{name}.jsonl").write_bytes(b'\xff\xfe{"url": 7\n{}\n' + good)
    segments.write_manifest(str(folder), segments.Manifest([], []))
    rows(polite.store, "SELECT 1")
    site.add_feed("/feed", [site.add_story(1), site.add_story(2)])
    assert fetch("feed", "/feed").landed == 1


def test_an_answer_in_progress_is_cut_when_the_time_of_the_run_is_over(
    site: website.Site, fetch: Fetch, monkeypatch: pytest.MonkeyPatch
) -> None:
    allowed: list[float] = []
    get = client.Web.get

    async def noted(self: client.Web, url: str, headers: Any, max_bytes: int, within_s: float) -> client.Answer:
        allowed.append(within_s)
        return await get(self, url, headers, max_bytes, min(within_s, 0.2) if "slow" in url else within_s)

    async def silently(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        await asyncio.sleep(3600)

    monkeypatch.setattr(client.Web, "get", noted)
    site.nasty["/slow.html"] = silently
    site.add_feed("/feed", ["/slow.html"])
    report = fetch("feed", "/feed", max_fetch_s=50)
    assert (report.landed, report.failed) == (0, 1)
    assert max(allowed) <= 50


def test_a_landing_that_fails_leaves_no_half_file(
    site: website.Site, fetch: Fetch, polite: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(locations, "finish", full)
    site.add_feed("/feed", [site.add_story(1)])
    with pytest.raises(Fatal, match="No space left"):
        fetch("feed", "/feed")
    assert not list(Path(polite.landing).rglob("*.part"))


def test_a_disk_that_is_full_ends_the_fetch_and_blames_no_page(
    site: website.Site, fetch: Fetch, polite: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*args: object) -> None:
        raise OSError(28, "No space left on device")

    site.add_feed("/feed", [site.add_story(1)])
    monkeypatch.setattr(segments.Segments, "land", full)
    with pytest.raises(Fatal, match="No space left"):
        fetch("feed", "/feed")
    assert reasons(polite) == {}


def test_a_redirect_to_a_host_that_is_not_allowed_is_not_followed_by_any_client(tmp_path: Path) -> None:
    """`wirecopy run http://allowed/x.jsonl` gives permission to that host, not to where it leads."""
    from etl.sources import locations

    with website.running() as allowed, website.running() as internal:
        internal.add("/secret.jsonl", '{"title": "secret", "text": "internal"}\n', "application/json")
        allowed.add("/x.jsonl", "", status=302, headers={"Location": f"{internal.url}/secret.jsonl"})
        allowed.add("/own.jsonl", "", status=302, headers={"Location": "/there.jsonl"})
        allowed.add("/there.jsonl", "{}\n", "application/json")
        reach = locations.Reach("wirecopy-test/1.0 (test@example.org)", f"127.0.0.1:{allowed.port}")
        files, name = locations.filesystem(f"{allowed.url}/x.jsonl", reach)
        with pytest.raises(Exception, match="not on the public internet"):
            files.cat_file(name)
        assert internal.asked == []
        assert files.cat_file(f"{allowed.url}/own.jsonl") == b"{}\n"


def test_a_robots_txt_without_sitemaps_is_an_empty_listing() -> None:
    with pytest.raises(Rejected, match="names no page"):
        read_listing("sitemap", b"User-agent: *\nDisallow:\n", "https://herald.example/robots.txt")
