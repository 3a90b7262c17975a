"""Fetching from this machine: seconds, requests and memory, with politeness off.  A site of our own in another process.

    python benchmarks/fetching.py [--pages 2000] [--feeds 500] [--nginx]

Prints a line a figure: new pages of a sitemap until they have landed; the sitemap again; feeds that have not changed.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from etl.fetch.run import fetch
from etl.settings import Settings
from etl.sources.source import Source

sys.path.insert(0, str(Path(__file__).parent.parent))
from tests.support import website


def fill(site: website.Site, pages: int, feeds: int) -> None:
    """A news site: pages of some 13 kB, a sitemap of all, feeds of twenty."""
    links = [f"/news/{n}.html" for n in range(pages)]
    around = "<aside>" + "<p>Read on: other news of the day.</p>" * 300 + "</aside>"
    for n, link in enumerate(links):
        site.add(link, website.story(n, around))
    site.add_sitemap("/sitemap.xml", links, stamp="2026-03-01")
    for n in range(feeds):
        site.add_feed(f"/feeds/{n}.rss", links[n % 100 : n % 100 + 20])


def serve(pages: int, feeds: int, ports: multiprocessing.Queue[int]) -> None:
    with website.running() as site:
        fill(site, pages, feeds)
        ports.put(site.port)
        time.sleep(3600)


@contextmanager
def own_server(pages: int, feeds: int) -> Iterator[int]:
    ports: multiprocessing.Queue[int] = multiprocessing.Queue()
    process = multiprocessing.Process(target=serve, args=(pages, feeds, ports))
    process.start()
    try:
        yield ports.get(timeout=60)
    finally:
        process.terminate()
        process.join()


@contextmanager
def nginx(folder: Path, chosen: argparse.Namespace) -> Iterator[int]:
    with website.by_nginx(folder) as server:
        fill(server.site, chosen.pages, chosen.feeds)
        server.write()
        yield server.site.port


def measure(name: str, source: Source, settings: Settings) -> None:
    started, worked = time.perf_counter(), time.process_time()
    report = fetch(source, datetime.now(UTC).date(), settings)
    seconds, work = time.perf_counter() - started, time.process_time() - worked
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    spent = f"{seconds:.1f} s ({work:.1f} s of one core), {report.requests} requests"
    print(f"{name}: {spent}, landed {report.landed}, peak {memory:.0f} MB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pages", type=int, default=2000)
    parser.add_argument("--feeds", type=int, default=500)
    parser.add_argument("--nginx", action="store_true", help="serve by nginx, which must be installed")
    chosen = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="wirecopy-bench-"))
    if os.geteuid() == 0:
        folder.chmod(0o755)  # nginx's worker is nobody
    with nginx(folder, chosen) if chosen.nginx else own_server(chosen.pages, chosen.feeds) as port:
        url = f"http://127.0.0.1:{port}"
        settings = Settings(
            store=f"sqlite:///{folder}/corpus.db", landing=str(folder / "landing"), allow_hosts=f"127.0.0.1:{port}",
            user_agent="wirecopy-bench/1.0 (bench@example.org)", host_delay_s=0, host_connections=8, poll_least_s=0,
        )  # fmt: skip
        sitemap = Source("sitemap", (f"{url}/sitemap.xml",), kind="sitemap")
        measure(f"{chosen.pages} new pages", sitemap, settings)
        measure("the same sitemap again", sitemap, settings)
        feeds = Source("feeds", tuple(f"{url}/feeds/{n}.rss" for n in range(chosen.feeds)), kind="feed")
        measure(f"{chosen.feeds} feeds and their pages", feeds, settings)
        measure(f"{chosen.feeds} feeds that have not changed", feeds, replace(settings, host_connections=4))
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
