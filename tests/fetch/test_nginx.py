"""A news site of 2,000 pages, as nginx serves it: fetched once, then what changed, then from the landing zone alone."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from etl.fetch import run as fetching
from etl.fetch.tdmrep import PATH
from etl.settings import Settings
from etl.sources import discover
from etl.sources.locations import Reach
from etl.sources.source import Source
from tests.support import website

pytestmark = pytest.mark.skipif(
    shutil.which("nginx") is None, reason="there is no nginx here; .ci/install-debian installs it where it is root"
)
PAGES = 2000
AGENT = "wirecopy-test/1.0 (test@example.org)"


def test_a_site_is_fetched_once_and_then_only_what_changed(tmp_path: Path) -> None:
    with website.by_nginx(tmp_path) as server:
        links = [server.site.add_story(n) for n in range(PAGES)]
        server.site.add_sitemap("/sitemap.xml", links, stamp="2026-03-01")
        server.write()
        settings = Settings(
            store=f"sqlite:///{tmp_path}/corpus.db", landing=str(tmp_path / "landing"), user_agent=AGENT,
            allow_hosts=f"127.0.0.1:{server.site.port}", host_delay_s=0, host_connections=4, poll_least_s=0,
        )  # fmt: skip
        source = Source("herald", (f"{server.site.url}/sitemap.xml",), kind="sitemap")
        now = datetime.now(UTC)
        first = fetching.fetch(source, now.date(), settings, now)
        assert (first.listed, first.landed, first.requests) == (PAGES, PAGES, PAGES + 3)
        once = [("/robots.txt", 404), ("/sitemap.xml", 200), (PATH, 404)]
        assert sorted(server.log()) == sorted([*once, *((x, 200) for x in links)])
        seen = len(server.log())

        server.site.add_sitemap("/sitemap.xml", [*links, server.site.add_story(PAGES)], stamp="2026-03-01")
        server.write()
        second = fetching.fetch(source, now.date(), settings, now)
        assert (second.landed, second.known) == (1, PAGES)
        third = fetching.fetch(source, now.date(), settings, now)
        assert third.requests == 1
        assert server.log()[seen:] == [("/sitemap.xml", 200), (f"/news/{PAGES}.html", 200), ("/sitemap.xml", 304)]
        seen = len(server.log())

        past = fetching.fetch(source, now.date(), settings, now + timedelta(days=1))
        assert past.note.startswith("landed already")
        assert len(server.log()) == seen
    assert {name.partition("/")[0] for name in _files(source, settings, now)} == {now.date().isoformat()}


def _files(source: Source, settings: Settings, now: datetime) -> list[str]:
    return [file.path for file in discover.find_files(source.landed(settings.landing), now.date())]


def test_a_folder_of_a_web_server_is_read_from_its_index_page(tmp_path: Path) -> None:
    with website.by_nginx(tmp_path) as server:
        for name in ("/2026/03/01/a.txt", "/2026/03/01/more/b.txt", "/2026/03/02/c.txt"):
            server.site.add(name, "a story")
        server.write()
        source = Source("gazette", (server.site.url + "/{date:%Y/%m/%d}",))
        reach = Reach(AGENT, f"127.0.0.1:{server.site.port}")
        found = discover.find_files(source, datetime(2026, 3, 1, tzinfo=UTC).date(), reach)
        assert [file.path for file in found] == ["2026/03/01/a.txt", "2026/03/01/more/b.txt"]
        assert discover.find_files(source, datetime(2026, 3, 9, tzinfo=UTC).date(), reach) == []
