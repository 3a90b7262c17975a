"""Archives of the web: bodies are unpacked whatever they are packed with, and no record takes others along."""

from __future__ import annotations

import gzip
import io
import zipfile
import zlib
from datetime import UTC, datetime

import brotli
import pytest

from etl.text.unpack import zstd  # type: ignore[attr-defined]  # the backport or the standard library's
from schemas.records import RawDocument
from tests.support.reading import documents, refused

PAGE = b"<!DOCTYPE html><html><body><h1>Ferry</h1><p>The ferry to Sandholm ran twice on Sunday.</p></body></html>"
URL = "https://island.example/ferry"


def record(content: bytes, kind: str = "response", content_type: str = "application/http; msgtype=response") -> bytes:
    head = (
        f"WARC/1.1\r\nWARC-Type: {kind}\r\nWARC-Target-URI: <{URL}>\r\nWARC-Date: 2024-05-03T08:00:00Z\r\n"
        f"Content-Type: {content_type}\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content


def answer(body: bytes, *fields: str, end: str = "\r\n") -> bytes:
    return end.join(["HTTP/1.1 200 OK", "Content-Type: text/html; charset=utf-8", *fields, "", ""]).encode() + body


def gzipped(content: bytes) -> bytes:
    """The content packed without the time: it is in the tests' names, which all workers must make alike."""
    return gzip.compress(content, mtime=0)


def raw_deflate(content: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(content) + packer.flush()


@pytest.mark.parametrize(("kind", "body"), [("gzip", gzipped(PAGE)[:-9]), ("zstd", zstd.compress(PAGE)[:-9])])
def test_a_body_that_is_cut_is_refused_and_its_beginning_is_no_article(kind, body):
    (reason,) = refused(record(answer(body, f"Content-Encoding: {kind}")))
    assert reason.startswith(f"broken {kind}")


@pytest.mark.parametrize(
    ("body", "coding"),
    [
        (PAGE, "gzip"),
        (PAGE, "br"),
        (PAGE, "zstd"),
        (PAGE, "deflate"),
        (brotli.compress(PAGE), "br"),
        (zstd.compress(PAGE), "zstd"),
        (zlib.compress(PAGE), "deflate"),
        (raw_deflate(PAGE), "deflate"),
        (gzipped(PAGE), "GZIP"),
        (gzipped(PAGE), "identity"),
        (zstd.compress(PAGE), "none"),
        (gzipped(gzipped(PAGE)), "gzip"),
        (gzipped(brotli.compress(PAGE)), "br, gzip"),
        (brotli.compress(gzipped(PAGE)), "gzip, br"),
    ],
)
def test_a_body_is_unpacked_by_what_it_is(body: bytes, coding: str) -> None:
    (found,) = documents(record(answer(body, f"Content-Encoding: {coding}")) + b"\r\n\r\n")
    assert isinstance(found, RawDocument)
    assert (found.content, found.url) == (PAGE, URL)


@pytest.mark.parametrize(
    ("body", "coding", "reason"),
    [
        (brotli.compress(b"0" * 5_000_000), "br", "too large"),
        (raw_deflate(b"0" * 5_000_000), "deflate", "too large"),
        (zstd.compress(b"0" * 5_000_000), "zstd", "too large"),
        (brotli.compress(bytes(range(256)) * 40)[:-9], "br", "binary"),
        (bytes(range(256)) * 9, "x-secret", "binary"),
    ],
)
def test_a_body_that_cannot_be_unpacked_is_no_page(body: bytes, coding: str, reason: str) -> None:
    (found,) = refused(record(answer(body, f"Content-Encoding: {coding}")) + b"\r\n\r\n")
    assert found.startswith(reason)


def test_http_headers_may_end_in_a_newline_alone() -> None:
    (found,) = documents(record(answer(PAGE, "Server: old", end="\n")))
    assert isinstance(found, RawDocument)
    assert (found.content, found.charset) == (PAGE, "utf-8")


@pytest.mark.parametrize("between", [b"", b"\n", b"\r\n", b"\n\n", b"\r\n\r\n", b"\r\n\r\n\r\n\n"])
def test_records_may_be_apart_by_anything_or_nothing(between: bytes) -> None:
    found = documents(between.join(record(answer(PAGE + b"%d" % number)) for number in range(4)))
    assert [item.content for item in found if isinstance(item, RawDocument)] == [PAGE + b"%d" % n for n in range(4)]


def test_a_page_that_was_seen_before_is_no_document() -> None:
    again = record(b"HTTP/1.1 200 OK\r\n\r\n", "revisit")
    found = documents(record(answer(PAGE)) + b"\r\n\r\n" + again + b"\r\n\r\n" + record(answer(PAGE)))
    assert [item.record for item in found] == [0, 2]


def arc(*contents: bytes, version: int = 1, wrong: int = 0) -> bytes:
    names = "URL IP-address Archive-date Content-type Archive-length"
    more = " 200 - - 0 a.arc" if version == 2 else ""
    about = f"{version} 0 Island\n{names}\n\n".encode()
    whole = f"filedesc://a.arc 0.0.0.0 19990503080000 text/plain{more} {len(about)}\n".encode() + about
    for content in contents:
        line = f"http://island.example/ferry 10.0.0.7 19990503080000 text/html{more} {max(0, len(content) + wrong)}\n"
        whole += b"\n" + line.encode() + content
    return whole + b"\n"


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("wrong", [0, -30, 30, 1_000_000])
@pytest.mark.parametrize("packed", [False, True])
def test_pages_of_an_arc_file_are_read_whatever_lengths_it_says(version: int, wrong: int, packed: bool) -> None:
    content = arc(answer(PAGE), b"HTTP/1.0 404 Not\n\nx", PAGE, answer(PAGE, end="\n"), version=version, wrong=wrong)
    found = documents(gzip.compress(content) if packed else content)
    pages = [item for item in found if isinstance(item, RawDocument)]
    assert [item.content.strip() for item in pages] == [PAGE] * 3  # type: ignore[union-attr]
    assert (pages[0].url, pages[0].fetched_at) == ("http://island.example/ferry", datetime(1999, 5, 3, 8, tzinfo=UTC))
    assert [item.reason for item in found if not isinstance(item, RawDocument)] == [
        "no page: HTTP status HTTP/1.0 404 Not"
    ]


def test_lengths_beyond_any_document_take_no_other_record_of_an_arc_file_along() -> None:
    pages = [answer(PAGE + b"<p>" + b"%d " % n * 600) for n in range(500)]
    found = documents(arc(*pages, wrong=50_000_000))
    assert sum(map(len, pages)) > 1_000_000
    assert [item.record for item in found if isinstance(item, RawDocument)] == list(range(500))


def test_garbage_in_an_arc_file_is_quarantined() -> None:
    content = arc(answer(PAGE), answer(PAGE)).replace(b"\nhttp://island", b"\n ttp://island", 1)
    assert [type(item).__name__ for item in documents(content)] == ["Quarantined", "RawDocument"]


def test_of_a_wacz_file_its_archives_are_read() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("datapackage.json", '{"profile": "data-package", "title": "A crawl"}')
        archive.writestr(
            "pages/pages.jsonl", '{"title": "Ferry", "url": "https://island.example/ferry", "text": "x"}\n'
        )
        archive.writestr("indexes/index.cdx", "example,island)/ferry 2024")
        archive.writestr("archive/data.warc.gz", gzip.compress(record(answer(PAGE))))
    (found,) = documents(packed.getvalue(), "crawl.wacz")
    assert (found.path, isinstance(found, RawDocument)) == ("crawl.wacz/archive/data.warc.gz", True)
