"""A web site on this machine, for tests: pages and listings that can change, answers that no server should give."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import os
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

WORDS = [
    "harbour", "crane", "ferry", "council", "bridge", "winter", "market", "choir", "tunnel", "orchard", "signal",
    "granite", "lantern", "meadow", "gallery", "timber", "ballot", "kettle", "compass", "saddle", "velvet", "copper",
    "thunder", "parcel", "window", "anchor", "beacon", "cradle",
]  # fmt: skip
Nasty = Callable[[asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Request:
    path: str
    headers: dict[str, str]
    status: int = 0
    method: str = "GET"


@dataclass
class Page:
    body: bytes
    kind: str = "text/html; charset=utf-8"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    packed: bool = False

    @property
    def etag(self) -> str:
        return f'"{hashlib.sha1(self.body).hexdigest()[:16]}"'


@dataclass
class Site:
    """pages by path; nasty: paths whose whole answer a coroutine writes; asked: the server's log."""

    port: int = 0
    pages: dict[str, Page] = field(default_factory=dict)
    nasty: dict[str, Nasty] = field(default_factory=dict)
    asked: list[Request] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def paths(self) -> list[str]:
        return [request.path for request in self.asked]

    def add(self, path: str, body: str | bytes, kind: str = "text/html; charset=utf-8", **more) -> None:
        self.pages[path] = Page(body if isinstance(body, bytes) else body.encode(), kind, **more)

    def add_story(self, number: int, **more) -> str:
        path = f"/news/{number}.html"
        self.add(path, story(number), **more)
        return path

    def add_feed(self, path: str, links: list[str], updated: str = "1") -> None:
        items = "".join(
            f"<item><title>t</title><link>{self._whole(link)}</link><pubDate>{updated}</pubDate></item>"
            for link in links
        )
        text = f'<?xml version="1.0"?><rss version="2.0"><channel><title>f</title>{items}</channel></rss>'
        self.add(path, text, "application/rss+xml")

    def add_sitemap(
        self, path: str, links: list[str], inside: str = "url", stamp: str = "", packed: bool = False
    ) -> None:
        outer = "urlset" if inside == "url" else "sitemapindex"
        when = f"<lastmod>{stamp}</lastmod>" if stamp else ""
        rows = "".join(f"<{inside}><loc>{self._whole(link)}</loc>{when}</{inside}>" for link in links)
        text = f'<?xml version="1.0"?><{outer} xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{rows}</{outer}>'
        self.add(path, gzip.compress(text.encode()) if packed else text, "application/xml")

    def _whole(self, link: str) -> str:
        return (self.url + link if link.startswith("/") else link).replace("&", "&amp;")

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await self._answer(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        line, *rest = head.strip().split("\r\n")
        method, path, _ = line.split()
        request = Request(path, {k.lower(): v for k, _, v in (h.partition(": ") for h in rest)}, method=method)
        self.asked.append(request)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            if request.path in self.nasty:
                await self.nasty[request.path](writer)
                return False
            request.status, answer = self._page(request)
            writer.write(answer if method == "GET" else answer[: answer.index(b"\r\n\r\n") + 4])
            await writer.drain()
            return True
        finally:
            self.at_once -= 1

    def _page(self, request: Request) -> tuple[int, bytes]:
        page = self.pages.get(request.path, Page(b"not here", status=404))
        headers = {"Content-Type": page.kind, "ETag": page.etag, **page.headers}
        if page.status == 200 and request.headers.get("if-none-match") == page.etag:
            return 304, _head(304, headers | {"Content-Length": "0"})
        body = page.body
        if page.packed and "gzip" in request.headers.get("accept-encoding", ""):
            body, headers["Content-Encoding"] = gzip.compress(body), "gzip"
        part = request.headers.get("range")
        if part and page.status == 200:
            first, _, last = part.removeprefix("bytes=").partition("-")
            piece = body[int(first) : int(last or len(body)) + 1]
            headers["Content-Range"] = f"bytes {first}-{int(first) + len(piece) - 1}/{len(body)}"
            return 206, _head(206, headers | {"Content-Length": str(len(piece))}) + piece
        headers["Accept-Ranges"] = "bytes"
        return page.status, _head(page.status, headers | {"Content-Length": str(len(body))}) + body


def _head(status: int, headers: dict[str, str]) -> bytes:
    fields = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {status} Status\r\n{fields}\r\n".encode()


def story(number: int, more: str = "") -> str:
    """A page with an article of its own."""
    words = [WORDS[(number * 7 + n * n * (number % 13 + 1) + n) % len(WORDS)] for n in range(120)]
    lines = "".join(f"<p>{' '.join(words[at : at + 20]).capitalize()} {number}-{at}.</p>" for at in range(0, 120, 20))
    title = f"The {WORDS[number % len(WORDS)]} report number {number}"
    head = f'<title>{title}</title><meta property="article:published_time" content="2026-03-01T08:00:00Z">'
    return (
        f"<!doctype html><html><head>{head}</head><body><article><h1>{title}</h1>{lines}{more}</article></body></html>"
    )


@contextmanager
def running(tls: ssl.SSLContext | None = None) -> Iterator[Site]:
    """A site on a port of its own, in a thread of its own."""
    site, ready = Site(), threading.Event()
    loop: asyncio.AbstractEventLoop | None = None
    stop = asyncio.Event()

    async def serve() -> None:
        nonlocal loop
        loop = asyncio.get_running_loop()
        server = await asyncio.start_server(site.serve, "127.0.0.1", 0, ssl=tls)
        site.port = server.sockets[0].getsockname()[1]
        ready.set()
        await stop.wait()
        server.close()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    assert ready.wait(10)
    try:
        yield site
    finally:
        assert loop is not None
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)


NGINX = """
daemon off; error_log {folder}/error.log; pid {folder}/nginx.pid; worker_processes 1; {user}
events {{ worker_connections 256; }}
http {{
  types {{ text/html html; application/xml xml; application/rss+xml rss; text/plain txt; }}
  access_log {folder}/access.log; gzip on; gzip_types application/xml application/rss+xml;
  client_body_temp_path {folder}/tmp; proxy_temp_path {folder}/tmp; fastcgi_temp_path {folder}/tmp;
  uwsgi_temp_path {folder}/tmp; scgi_temp_path {folder}/tmp;
  server {{ listen 127.0.0.1:{port}; root {folder}/site; autoindex on; }}
}}
"""


@dataclass
class Nginx:
    """A site whose pages nginx serves from a folder; those that are added are there after write()."""

    folder: Path
    site: Site

    def write(self) -> None:
        for path, page in self.site.pages.items():
            target = self.folder / "site" / path.lstrip("/")
            if not target.exists() or target.read_bytes() != page.body:
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(page.body)

    def log(self) -> list[tuple[str, int]]:
        """(path, status) of each request."""
        lines = (self.folder / "access.log").read_text().splitlines()
        return [(line.split()[6], int(line.split()[8])) for line in lines]


@contextmanager
def by_nginx(folder: Path) -> Iterator[Nginx]:
    """A site that nginx serves, on a free port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (folder / "site").mkdir()
    user = "user root;" if os.geteuid() == 0 else ""  # its worker would be nobody, who may not read our folders
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder, port=port, user=user))
    process = subprocess.Popen(["nginx", "-c", str(folder / "nginx.conf"), "-p", str(folder)])
    try:
        until = time.monotonic() + 20
        while time.monotonic() < until and process.poll() is None:
            with socket.socket() as knock:
                if knock.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.02)
        yield Nginx(folder, Site(port))
    finally:
        process.terminate()
        process.wait(10)
