"""A fetch that is killed: what had landed stays as it was, is known to the next run, and is not asked again."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from warcio.archiveiterator import ArchiveIterator

from etl.fetch import run as fetching
from etl.settings import Settings, variable
from etl.sources.source import Source
from tests.support import website

PAGES = 60
SCRIPT = """
import sys, datetime
from etl.fetch import run, segments
from etl.settings import Settings
from etl.sources.source import Source
segments.MAX_SEGMENT_RECORDS = 7
day = datetime.date.fromisoformat(sys.argv[2])
run.fetch(Source("herald", (sys.argv[1],), kind="feed"), day, Settings.from_env())
"""


@pytest.fixture
def site() -> Iterator[website.Site]:
    with website.running() as running:
        running.add_feed("/feed", [running.add_story(n) for n in range(PAGES)])
        yield running


def landed(folder: Path) -> dict[str, str]:
    """URL of every page that has landed, and the digest of the file it is in; no URL twice."""
    found: dict[str, str] = {}
    for path in sorted(folder.rglob("[!.]*.warc.gz")):
        if ".polls" in path.parts:
            continue
        with path.open("rb") as stream:
            for record in ArchiveIterator(stream, check_digests="raise"):
                if record.rec_type == "response":
                    url = record.rec_headers.get_header("WARC-Target-URI")
                    assert url not in found
                    assert record.content_stream().read()
                    found[url] = hashlib.sha1(path.read_bytes()).hexdigest()
    return found


def killed_at(site: website.Site, request: int, environment: dict[str, str], day: str) -> None:
    """Fetch in a process of its own, and kill it when the site has been asked so many times."""
    process = subprocess.Popen([sys.executable, "-c", SCRIPT, site.url + "/feed", day], env=environment)
    until = time.monotonic() + 60
    while len(site.asked) < request and process.poll() is None and time.monotonic() < until:
        time.sleep(0.001)
    process.send_signal(signal.SIGKILL)
    assert process.wait(10) == -signal.SIGKILL, "it was done before it could be killed"


def test_nothing_that_landed_is_lost_or_asked_again(site: website.Site, tmp_path: Path) -> None:
    settings = Settings(
        store=f"sqlite:///{tmp_path}/corpus.db",
        landing=str(tmp_path / "landing"),
        user_agent="wirecopy-test/1.0 (test@example.org)",
        allow_hosts=f"127.0.0.1:{site.port}",
        host_delay_s=0.02,
        poll_least_s=0,
    )
    names = ("store", "landing", "user_agent", "allow_hosts", "host_delay_s", "poll_least_s")
    environment = os.environ | {variable(name): str(getattr(settings, name)) for name in names}
    day = datetime.now(UTC).date()
    before: dict[str, str] = {}
    for request in (12, 20, 9):
        site.asked.clear()
        killed_at(site, request, environment, day.isoformat())
        now = landed(tmp_path / "landing")
        assert now.items() >= before.items(), "a segment that had landed was written again"
        assert not before.keys() & {site.url + path for path in site.paths}, "what had landed was asked again"
        before = now
    assert 0 < len(before) < PAGES
    site.asked.clear()
    report = fetching.fetch(
        Source("herald", (site.url + "/feed",), kind="feed"), day, replace(settings, host_delay_s=0)
    )
    assert (report.listed, report.known, report.landed) == (PAGES, len(before), PAGES - len(before))
    assert not before.keys() & {site.url + path for path in site.paths}
    assert len(landed(tmp_path / "landing")) == PAGES
