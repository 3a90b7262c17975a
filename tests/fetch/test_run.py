"""Fetching: what a site is asked, what lands, and what is remembered; the site is on this machine."""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import fsspec
import pytest

from etl.errors import Fatal, Retryable, Usage
from etl.fetch import run as fetching
from etl.fetch.tdmrep import PATH
from etl.pipeline import retry as retrying
from etl.settings import Settings, variable
from etl.sources.source import Source
from schemas.fetched import FetchReport
from tests.support import website
from tests.support.stores import ingest, rows

NOW = datetime.now(UTC)
TODAY = NOW.date()
Fetch = Callable[..., FetchReport]


@pytest.fixture(autouse=True)
def now(monkeypatch: pytest.MonkeyPatch) -> None:
    """The time of each test, not of the whole suite, which may run over midnight: the clock stamps what is asked."""
    began = datetime.now(UTC)
    monkeypatch.setattr(sys.modules[__name__], "NOW", began)
    monkeypatch.setattr(sys.modules[__name__], "TODAY", began.date())


@pytest.fixture
def fetch(site: website.Site, polite: Settings) -> Fetch:
    """Fetch locations of the site, paths or whole URLs, as source herald."""

    def fetch(kind: str, *locations: str | Path, now: datetime = NOW, **settings: Any) -> FetchReport:
        whole = tuple(site.url + each if isinstance(each, str) else str(each) for each in locations)
        site.asked.clear()
        return fetching.fetch(Source("herald", whole, kind=kind), now.date(), replace(polite, **settings), now)

    return fetch


def landed(settings: Settings, day: date | None = None) -> list[Path]:
    return sorted(Path(settings.landing, "herald", (day or TODAY).isoformat()).glob("*.warc.gz"))


def quarantined(settings: Settings) -> list[tuple[str, str]]:
    return rows(settings.store, "SELECT path, reason FROM corpus_quarantine WHERE stage = 'fetch' ORDER BY path")


def test_the_pages_of_a_feed_land_and_become_articles(site: website.Site, fetch: Fetch, polite: Settings) -> None:
    site.add_feed("/feed", [site.add_story(n, packed=n == 3) for n in range(5)])
    report = fetch("feed", "/feed")
    assert (report.listed, report.landed, report.requests) == (5, 5, 8)
    assert site.paths[:3] == ["/robots.txt", "/feed", PATH]
    assert sorted(site.paths[3:]) == [f"/news/{n}.html" for n in range(5)]
    source = Source("herald", (site.url + "/feed",), kind="feed")
    ingested = ingest(polite, source.landed(polite.landing), [TODAY])
    assert (ingested.read, ingested.new, ingested.quarantined) == (5, 5, 0)
    keys = {key for (key,) in rows(polite.store, "SELECT source_key FROM corpus_article")}
    assert keys == {f"{site.url}/news/{n}.html" for n in range(5)}


def test_a_second_poll_asks_for_what_changed_only(site: website.Site, fetch: Fetch, polite: Settings) -> None:
    site.add_feed("/feed", [site.add_story(n) for n in range(5)])
    fetch("feed", "/feed")
    report = fetch("feed", "/feed")
    assert (report.listed, report.requests) == (0, 1)
    assert [request.status for request in site.asked] == [304]
    site.add_feed("/feed", [site.add_story(n) for n in range(6)])
    report = fetch("feed", "/feed")
    assert (report.listed, report.landed, report.known) == (6, 1, 5)
    assert site.paths == ["/feed", "/news/5.html"]
    assert len(landed(polite)) == 2


def test_a_page_that_is_said_to_have_changed_is_asked_with_conditions(site: website.Site, fetch: Fetch) -> None:
    links = [site.add_story(n) for n in range(3)]
    site.add_feed("/feed", links, updated="1")
    fetch("feed", "/feed")
    site.add("/news/1.html", website.story(1, more="<p>Corrected: the bridge is open again.</p>"))
    site.add_feed("/feed", links, updated="2")
    report = fetch("feed", "/feed")
    assert (report.landed, report.unchanged) == (1, 2)
    assert sorted((r.path, r.status) for r in site.asked[1:]) == [
        ("/news/0.html", 304), ("/news/1.html", 200), ("/news/2.html", 304)
    ]  # fmt: skip


def test_a_day_that_is_past_is_never_asked_for(site: website.Site, fetch: Fetch, polite: Settings) -> None:
    site.add_feed("/feed", [site.add_story(1)])
    fetch("feed", "/feed")
    tomorrow = NOW + timedelta(days=1)
    site.asked.clear()
    source = Source("herald", (site.url + "/feed",), kind="feed")
    again = fetching.fetch(source, TODAY, polite, tomorrow)
    never = fetching.fetch(source, TODAY - timedelta(days=3), polite, tomorrow)
    assert site.asked == []
    assert again.note == "landed already, 1 segments; no request was made"
    assert never.note == "nothing landed that day, and the past cannot be asked; no request was made"
    assert ingest(polite, source.landed(polite.landing), [TODAY, TODAY - timedelta(days=3)]).new == 1
    with pytest.raises(Usage, match="is in the future"):
        fetching.fetch(source, TODAY + timedelta(days=3), polite, NOW)


def test_what_landed_yesterday_is_not_asked_again_today(site: website.Site, fetch: Fetch, polite: Settings) -> None:
    site.add_feed("/feed", [site.add_story(1)])
    fetch("feed", "/feed")
    site.add_feed("/feed", [site.add_story(1), site.add_story(2)])
    report = fetch("feed", "/feed", now=NOW + timedelta(days=1))
    assert (report.landed, report.known) == (1, 1)
    assert len(landed(polite, TODAY)) == len(landed(polite, TODAY + timedelta(days=1))) == 1


def test_a_sitemap_index_with_a_packed_sitemap_is_followed(site: website.Site, fetch: Fetch) -> None:
    site.add_sitemap("/a.xml", [site.add_story(n) for n in range(3)])
    site.add_sitemap("/b.xml.gz", [site.add_story(n) for n in range(2, 6)], packed=True)
    site.add_sitemap("/sitemap.xml", ["/a.xml", "/b.xml.gz"], inside="sitemap", stamp="2026-03-01")
    report = fetch("sitemap", "/sitemap.xml")
    assert (report.listings, report.listed, report.landed, report.known) == (3, 7, 6, 1)
    site.add_sitemap("/sitemap.xml", ["/a.xml", "/b.xml.gz", "/c.xml"], inside="sitemap", stamp="2026-03-01")
    site.add_sitemap("/c.xml", [site.add_story(9)])
    fetch("sitemap", "/sitemap.xml")
    assert site.paths == ["/sitemap.xml", "/c.xml", "/news/9.html"], "sitemaps that their index says are as before"


def test_a_list_is_asked_once_a_day(site: website.Site, fetch: Fetch, tmp_path: Path, polite: Settings) -> None:
    lines = [site.url + site.add_story(n) for n in range(3)]
    (tmp_path / "urls.txt").write_text("\n".join(["# mine", "", *lines, "not a url", "ftp://x/y", lines[0]]))
    report = fetch("urls", tmp_path / "urls.txt")
    assert (report.listed, report.landed, report.rejected, report.known) == (6, 3, 2, 1)
    assert [reason for _, reason in quarantined(polite)] == ["no web address"] * 2
    assert fetch("urls", tmp_path / "urls.txt").requests == 0
    report = fetch("urls", tmp_path / "urls.txt", now=NOW + timedelta(days=1))
    assert (report.unchanged, report.known) == (3, 1)
    assert {r.status for r in site.asked if r.path not in ("/robots.txt", PATH)} == {304}
    with pytest.raises(Usage, match="No such file"):
        fetch("urls", tmp_path / "gone.txt")


def test_pages_that_are_gone_are_told_and_nothing_is_retracted(
    site: website.Site, fetch: Fetch, polite: Settings
) -> None:
    links = [site.add_story(n) for n in range(4)]
    site.add_sitemap("/sitemap.xml", links, stamp="1")
    fetch("sitemap", "/sitemap.xml")
    site.add("/news/0.html", "gone", status=410)
    site.add_sitemap("/sitemap.xml", links[:3], stamp="2")
    report = fetch("sitemap", "/sitemap.xml", now=NOW + timedelta(seconds=1))
    assert (report.gone, report.unchanged, report.vanished) == (1, 2, 1)
    gone = "SELECT url, gone FROM visit WHERE gone_at IS NOT NULL ORDER BY url"
    assert rows(polite.store, gone) == [
        (f"{site.url}/news/0.html", "status 410"), (f"{site.url}/news/3.html", "no longer in its sitemap")
    ]  # fmt: skip
    site.add_sitemap("/sitemap.xml", links, stamp="2")
    fetch("sitemap", "/sitemap.xml", now=NOW + timedelta(seconds=2))
    assert rows(polite.store, gone) == [(f"{site.url}/news/0.html", "status 410")]


def test_a_broken_listing_does_not_take_the_others_along(site: website.Site, fetch: Fetch, polite: Settings) -> None:
    site.add("/html", "<!doctype html><html><body>no feed</body></html>")
    site.add("/empty", '<rss version="2.0"><channel></channel></rss>', "application/rss+xml")
    site.add_feed("/feed", [site.add_story(1)])
    report = fetch("feed", "/html", "/empty", "/missing", "/feed")
    assert (report.listings, report.broken, report.landed) == (4, 3, 1)
    assert dict(quarantined(polite)) == {
        f"{site.url}/empty": "empty: a listing (feed) that names no page",
        f"{site.url}/html": "no feed: it is an HTML page",
        f"{site.url}/missing": "no listing: status 404",
    }
    site.add_feed("/html", [site.add_story(2)])
    fetch("feed", "/html")
    assert f"{site.url}/html" not in dict(quarantined(polite)), "what was mended leaves the quarantine"


def test_robots_are_obeyed_and_remembered(site: website.Site, fetch: Fetch, polite: Settings) -> None:
    links = [site.add_story(n) for n in range(3)]
    site.add("/robots.txt", "User-agent: *\nDisallow: /\n\nUser-agent: wirecopy-test\nDisallow: /news/1.html\n")
    site.add_feed("/feed", links)
    report = fetch("feed", "/feed")
    assert (report.landed, report.disallowed) == (2, 1)
    assert "/news/1.html" not in site.paths
    site.add_feed("/feed", [*links, site.add_story(4)])
    fetch("feed", "/feed")
    assert "/robots.txt" not in site.paths
    site.add("/robots.txt", "User-agent: *\nDisallow: /\n")
    fetch("feed", "/feed", now=NOW + timedelta(days=2))
    remembered = f"SELECT count(*) FROM visit WHERE role = 'robots' AND url = '{site.url}/robots.txt'"
    assert rows(polite.store, remembered) == [(1,)]


def test_a_robots_txt_that_cannot_be_read_forbids_all(site: website.Site, fetch: Fetch) -> None:
    site.add("/robots.txt", "", status=503)
    site.add_feed("/feed", [site.add_story(1)])
    for _ in range(2):
        with pytest.raises(Retryable, match=r"none of the listings of herald answered: .*/feed: status 503"):
            fetch("feed", "/feed", poll_least_s=300)
        assert set(site.paths) == {"/robots.txt"}


@pytest.mark.parametrize("status", [304, 501, 520])
def test_a_robots_txt_with_a_status_that_is_no_answer_forbids_all(
    site: website.Site, fetch: Fetch, status: int
) -> None:
    site.add("/robots.txt", "", status=status)
    site.add_feed("/feed", [site.add_story(1)])
    for _ in range(2):
        with pytest.raises(Retryable, match=f"its robots.txt cannot be read: status {status}"):
            fetch("feed", "/feed")
        assert site.paths == ["/robots.txt"]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_robots_txt_with_a_byte_order_mark_is_obeyed(site: website.Site, fetch: Fetch, encoding: str) -> None:
    site.add("/robots.txt", "User-agent: *\nDisallow: /news/1.html\n".encode(encoding))
    site.add_feed("/feed", [site.add_story(1), site.add_story(2)])
    assert fetch("feed", "/feed").disallowed == 1


def test_crawl_delay_goes_before_ours(site: website.Site, fetch: Fetch) -> None:
    site.add("/robots.txt", "User-agent: *\nCrawl-delay: 3600\n")
    site.add_feed("/feed", [site.add_story(1)])
    report = fetch("feed", "/feed", max_fetch_s=5.0)
    assert (report.left, site.paths) == (1, ["/robots.txt", "/feed"])


def test_a_host_is_asked_by_one_connection(site: website.Site, fetch: Fetch) -> None:
    site.add_feed("/feed", [site.add_story(n) for n in range(20)])
    fetch("feed", "/feed")
    assert site.most_at_once == 1


def test_a_busy_host_is_asked_again_later(site: website.Site, fetch: Fetch, polite: Settings) -> None:
    site.add("/news/0.html", "busy", status=503, headers={"Retry-After": "0"})
    site.add("/news/1.html", "busy", status=429, headers={"Retry-After": "7200"})
    links = ["/news/0.html", "/news/1.html", site.add_story(2)]
    site.add_feed("/feed", links)
    report = fetch("feed", "/feed")
    assert (report.failed, report.left, site.paths.count("/news/0.html"), site.paths.count("/news/1.html")) == (
        2,
        1,
        3,
        1,
    )
    assert dict(quarantined(polite)) == {
        f"{site.url}/news/0.html": "status 503",
        f"{site.url}/news/1.html": "status 429",
    }
    for number in range(3):
        site.add_story(number)
    soon = fetch("feed", "/feed", now=NOW + timedelta(minutes=30))
    assert site.asked[0].status == 200, "a listing whose pages are not all done is read whole"
    assert (soon.landed, soon.left) == (1, 2)
    assert fetch("feed", "/feed", now=NOW + timedelta(hours=2)).landed == 2
    assert quarantined(polite) == []


def test_a_budget_that_is_spent_leaves_the_rest_to_the_next_run(site: website.Site, fetch: Fetch) -> None:
    site.add_feed("/feed", [site.add_story(n) for n in range(10)])
    report = fetch("feed", "/feed", max_requests=7)
    assert (report.landed, report.left, report.requests) == (4, 6, 7)
    report = fetch("feed", "/feed", max_requests=6)
    assert (report.landed, report.known, report.left, report.requests) == (5, 4, 1, 6)
    assert fetch("feed", "/feed").landed == 1
    assert fetch("feed", "/feed").requests == 1
    assert fetch("feed", "/feed", max_fetch_bytes=1).landed == 0


def test_redirects_are_followed_to_pages_that_were_not_asked(site: website.Site, fetch: Fetch) -> None:
    site.add("/short/1", "", status=301, headers={"Location": "/news/1.html?utm_source=short"})
    site.add("/short/2", "", status=302, headers={"Location": site.url + "/news/1.html"})
    site.add("/loop", "", status=302, headers={"Location": "/loop?again"})
    for number in range(9):
        site.add(f"/far/{number}", "", status=307, headers={"Location": f"/far/{number + 1}"})
    site.add("/news/1.html?utm_source=short", website.story(1))
    site.add_feed("/feed", ["/short/1", "/short/2", "/far/0", "/nowhere"])
    site.add("/nowhere", "", status=301)
    report = fetch("feed", "/feed")
    assert (report.landed, report.known, report.rejected) == (1, 1, 2)
    assert [path for path in site.paths if path.startswith("/news/")] == ["/news/1.html?utm_source=short"]


def test_a_page_is_asked_as_it_was_listed_and_remembered_whatever_campaign_it_is_listed_under(
    site: website.Site, fetch: Fetch
) -> None:
    site.add("/story?cid=7&utm_source=feed", website.story(7))
    site.add("/story?cid=8&utm_source=feed", website.story(8))
    site.add_feed("/feed", [f"/story?cid={n}&utm_source=feed" for n in (7, 8)])
    assert fetch("feed", "/feed").landed == 2
    site.add_feed("/other", [f"/story?cid={n}&utm_source=mail" for n in (7, 8)])
    report = fetch("feed", "/other")
    assert (report.landed, report.known) == (0, 2)


def test_variants_of_one_page_are_asked_once(site: website.Site, fetch: Fetch, polite: Settings) -> None:
    page = website.story(1).replace("<head>", '<head><link rel="canonical" href="/news/1.html">')
    site.add("/amp/news/1.html", page)
    site.add_story(1)
    links = ["/amp/news/1.html", "/news/1.html", "/news/1.html?utm_medium=feed#top", "/news/1.html"]
    site.add_feed("/feed", links)
    report = fetch("feed", "/feed")
    assert (report.landed, report.known) == (1, 1)
    assert site.paths == ["/robots.txt", "/feed", PATH, "/amp/news/1.html"]
    site.add_feed("/feed", [*links, site.add_story(2)])
    assert fetch("feed", "/feed").landed == 1, "the page itself is known by its variant"


def test_a_feed_is_left_alone_until_it_is_due(site: website.Site, fetch: Fetch) -> None:
    site.add_feed("/feed", [site.add_story(1)])
    fetch("feed", "/feed", poll_least_s=300)
    assert fetch("feed", "/feed", poll_least_s=300).requests == 0
    site.add("/long", site.pages["/feed"].body.replace(b"<title>f", b"<ttl>60</ttl><title>f"), "application/rss+xml")
    fetch("feed", "/long", poll_least_s=300)


def test_who_asks_must_be_said(site: website.Site, fetch: Fetch) -> None:
    for wrong in ("", "wirecopy", "Mozilla/5.0"):
        with pytest.raises(Usage, match="WIRECOPY_USER_AGENT"):
            fetch("feed", "/feed", user_agent=wrong)
    assert site.asked == []
    site.add_feed("/feed", [site.add_story(1)])
    fetch("feed", "/feed")
    assert {request.headers["user-agent"] for request in site.asked} == {"wirecopy-test/1.0 (test@example.org)"}
    assert not any("cookie" in request.headers for request in site.asked)


def test_segments_are_warc_files_that_others_can_read(site: website.Site, fetch: Fetch, polite: Settings) -> None:
    from warcio.archiveiterator import ArchiveIterator

    site.add_feed("/feed", [site.add_story(n, packed=n == 1) for n in range(2)], updated="1")
    fetch("feed", "/feed")
    site.add_feed("/feed", ["/news/0.html", "/news/1.html"], updated="2")
    fetch("feed", "/feed")
    found = []
    for path in sorted(Path(polite.landing).rglob("*.warc.gz")):
        with path.open("rb") as stream:
            for record in ArchiveIterator(stream, check_digests="raise"):
                record.content_stream().read()
                found.append(
                    (record.rec_type, (record.rec_headers.get_header("WARC-Target-URI") or "")[len(site.url) :])
                )
    assert found.count(("warcinfo", "")) == 3
    assert [f for f in found if f[1].startswith("/news") and f[0] == "response"] == [
        ("response", "/news/0.html"), ("response", "/news/1.html")
    ]  # fmt: skip
    assert sorted(f[1] for f in found if f[0] == "revisit") == ["/news/0.html", "/news/1.html"]
    assert found.count(("request", "/feed")) == 2
    assert all(path.read_bytes()[:2] == b"\x1f\x8b" for path in landed(polite))
    assert gzip.decompress(landed(polite)[0].read_bytes()).count(b"WARC-Type: ") == 5


def test_the_manifest_says_what_was_done(site: website.Site, fetch: Fetch, polite: Settings) -> None:
    site.add_feed("/feed", [site.add_story(1)])
    report = fetch("feed", "/feed")
    manifest = json.loads((Path(polite.landing) / "herald" / TODAY.isoformat() / ".manifest.json").read_text())
    assert manifest["remembered"] == [path.name for path in landed(polite)]
    assert manifest["runs"][0]["landed"] == report.landed == 1


def test_credentials_are_refused_and_never_shown(site: website.Site, fetch: Fetch, polite: Settings) -> None:
    site.add_feed("/feed", ["http://me:secret@127.0.0.1/x", site.add_story(1)])
    report = fetch("feed", "/feed")
    assert (report.landed, report.rejected) == (1, 1)
    assert "secret" not in str(quarantined(polite))


def test_a_landing_zone_may_lie_elsewhere(site: website.Site, fetch: Fetch, polite: Settings) -> None:
    elsewhere = "memory://bucket/landing"
    site.add_feed("/feed", [site.add_story(n) for n in range(3)])
    assert fetch("feed", "/feed", landing=elsewhere).landed == 3
    site.add_feed("/feed", [site.add_story(n) for n in range(4)])
    assert fetch("feed", "/feed", landing=elsewhere).landed == 1
    source = Source("herald", (site.url + "/feed",), kind="feed").landed(elsewhere)
    report = ingest(polite, source, [TODAY])
    assert (report.new, report.quarantined) == (4, 0)
    files = fsspec.filesystem("memory")
    assert not [path for path in files.find("/bucket") if path.endswith(".part")]
    files.rm("/bucket", recursive=True)


def test_what_a_killed_run_left_half_written_is_swept_after_a_day(
    site: website.Site, fetch: Fetch, polite: Settings
) -> None:
    site.add_feed("/feed", [site.add_story(1)])
    fetch("feed", "/feed")
    (segment,) = landed(polite)
    old, new = segment.with_name(".old-0001.warc.gz.77.part"), segment.with_name(".new-0001.warc.gz.78.part")
    old.touch()
    new.touch()
    os.utime(old, (0, 0))
    fetch("feed", "/feed")
    assert (old.exists(), new.exists()) == (False, True)


def test_a_landing_zone_that_cannot_be_written_is_told_in_one_line(
    site: website.Site, fetch: Fetch, tmp_path: Path
) -> None:
    site.add_feed("/feed", [site.add_story(1)])
    (tmp_path / "file").touch()
    with pytest.raises(Fatal, match="file/landing cannot be written: Not a directory"):
        fetch("feed", "/feed", landing=str(tmp_path / "file" / "landing"))


def test_the_command_says_what_it_did_or_what_is_missing(
    site: website.Site, polite: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from click.testing import CliRunner

    from etl.cli.main import cli

    site.add_feed("/feed", [site.add_story(1), "ftp://herald.example/x"])
    file = tmp_path / "sources.toml"
    file.write_text(f'[herald]\nkind = "feed"\nlocation = "{site.url}/feed"\n[here]\nlocation = "/x"')
    for name in ("store", "landing", "allow_hosts", "host_delay_s", "poll_least_s"):
        monkeypatch.setenv(variable(name), str(getattr(polite, name)))

    def run(*words: str) -> Any:
        return CliRunner().invoke(cli, ["fetch", *words, "--file", str(file)])

    for words, said in {
        ("herald",): "WIRECOPY_USER_AGENT",
        ("nobody",): "declares no source 'nobody'; there is herald, here",
        ("here",): "source here lies where it is read",
    }.items():
        assert said in str(run(*words).exception)
    monkeypatch.setenv("WIRECOPY_USER_AGENT", polite.user_agent)
    done = run("herald")
    assert done.stdout == (
        f"herald {TODAY}: listed 2 = landed 1 + unchanged 0 + known 0 + gone 0 + disallowed 0 + rejected 1 + failed 0"
        " + left 0; 4 requests\n"
    )
    assert json.loads(run("herald", "--json").stdout)["requests"] == 1
    with pytest.raises(Usage, match="nothing of source 'herald' is in quarantine"):
        retrying.retry(Source("herald", (polite.landing,)), "test", polite)


def test_a_page_that_came_in_chunks_is_read_as_one(site: website.Site, fetch: Fetch, polite: Settings) -> None:
    """A body that begins like the length of a chunk, "A …", must not be joined again by who reads the archive."""
    text = b"A crane fell into the harbour at dawn. " * 20

    async def chunked(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n")
        writer.write(b"%x\r\n%b\r\n0\r\n\r\n" % (len(text), text))
        await writer.drain()

    site.nasty["/chunks.txt"] = chunked
    site.add_feed("/feed", ["/chunks.txt"])
    assert fetch("feed", "/feed").landed == 1
    source = Source("herald", (site.url + "/feed",), kind="feed").landed(polite.landing)
    assert ingest(polite, source, [TODAY]).new == 1
    assert rows(polite.store, "SELECT body FROM corpus_article") == [(text.decode().strip(),)]
