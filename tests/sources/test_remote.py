"""Files that lie elsewhere: folders, lists and web archives on any file system of fsspec, by path, day and pattern."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import fsspec
import pytest

from etl.errors import Rejected, Retryable, Usage
from etl.pipeline import steps
from etl.settings import Settings
from etl.sources import discover
from etl.sources import locations as places
from etl.sources.locations import Reach
from etl.sources.source import Source
from tests.samples.cc_news import write_month
from tests.support import website
from tests.support.paths import SEEDS
from tests.support.stores import NOW, ingest, rows

MARCH = date(2026, 3, 1)


@pytest.fixture
def memory() -> Iterator[fsspec.AbstractFileSystem]:
    files = fsspec.filesystem("memory")
    yield files
    files.store.clear()
    files.pseudo_dirs[:] = [""]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(store=f"sqlite:///{tmp_path}/corpus.db", staging=str(tmp_path / "staging"), workers=1)


def test_a_folder_elsewhere_is_read_as_one_on_a_disk(
    memory: fsspec.AbstractFileSystem, settings: Settings, tmp_path: Path
) -> None:
    memory.put(str(SEEDS), "/bucket/seeds", recursive=True)
    report = ingest(settings, Source("seeds", ("memory://bucket/seeds",)))
    here = ingest(replace(settings, store=f"sqlite:///{tmp_path}/other.db"), Source("seeds", (str(SEEDS),)))
    assert replace(report, seconds=0) == replace(here, seconds=0)
    query = "SELECT article_id, source_key, body FROM corpus_article ORDER BY 1"
    assert rows(settings.store, query) == rows(f"sqlite:///{tmp_path}/other.db", query)


def test_files_elsewhere_are_copied_where_they_are(memory: fsspec.AbstractFileSystem) -> None:
    memory.pipe({f"/lake/1/{name}": name.encode() for name in ("a=1/x", "a=2/y")})
    places.link("memory://lake/1", "memory://lake/2", lambda path: path.startswith("a=1/"))
    assert memory.find("/lake/2") == ["/lake/2/a=1/x"]
    assert places.read("memory://lake/2/a=1/x") == b"a=1/x"


def test_a_day_elsewhere_without_a_folder_is_empty_and_a_wrong_place_is_named(
    memory: fsspec.AbstractFileSystem,
) -> None:
    memory.pipe("/bucket/gazette/2026/03/02/a.txt", b"one")
    memory.pipe("/bucket/gazette/2026/03/02/.hidden/b.txt", b"two")
    source = Source("gazette", ("memory://bucket/gazette/{date:%Y/%m/%d}",))
    assert [file.path for file in discover.find_files(source, date(2026, 3, 2))] == ["2026/03/02/a.txt"]
    assert discover.find_files(source, date(2026, 3, 3)) == []
    with pytest.raises(Usage, match="memory://bucket/nowhere: no such file or folder"):
        discover.find_files(Source("x", ("memory://bucket/nowhere",)), None)
    with pytest.raises(Usage, match="nosuch"):
        discover.find_files(Source("x", ("nosuch://bucket/a",)), None)


@pytest.mark.parametrize(
    ("locations", "root"),
    [
        (["s3://bucket/gazette/{date:%Y/%m}"], "s3://bucket/gazette"),
        (["s3://bucket/gazette/articles"], "s3://bucket/gazette/articles"),
        (["s3://bucket/gazette/news.jsonl.gz"], "s3://bucket/gazette"),
        (["s3://bucket/gazette/day-{date}.jsonl"], "s3://bucket/gazette"),
        (["s3://bucket/a/x.txt", "s3://bucket/b/{date}"], "s3://bucket"),
        (["https://crawl.example/data/{date:%Y/%m}/warc.paths.gz"], "https://crawl.example"),
    ],
)
def test_paths_are_relative_to_what_locations_have_in_common(locations: list[str], root: str) -> None:
    assert Source("x", tuple(locations)).root == root


def test_a_day_of_a_months_archives_on_a_disk_is_picked_by_name(tmp_path: Path, settings: Settings) -> None:
    write_month(tmp_path, MARCH, pages=3, days=4)
    folder = f"{tmp_path}/crawl-data/CC-NEWS/{{date:%Y/%m}}"
    source = Source("cc", (folder,), kind="warc", pick="CC-NEWS-{date:%Y%m%d}*")
    assert source.dated
    report = ingest(settings, source, [date(2026, 3, 1), date(2026, 3, 2)])
    assert (report.read, report.new, report.unchanged, report.quarantined) == (12, 9, 3, 0)
    assert rows(settings.store, "SELECT partition_date, count(*) FROM corpus_article GROUP BY 1 ORDER BY 1") == [
        ("2026-03-01", 5), ("2026-03-02", 4)
    ]  # fmt: skip


def test_a_month_of_archives_is_read_from_a_web_server_by_its_list(tmp_path: Path, settings: Settings) -> None:
    names = write_month(tmp_path, MARCH, pages=2)
    with website.running() as site:
        for name in [*names, "crawl-data/CC-NEWS/2026/03/warc.paths.gz"]:
            site.add(f"/{name}", (tmp_path / name).read_bytes(), "application/octet-stream")
        location = site.url + "/crawl-data/CC-NEWS/{date:%Y/%m}/warc.paths.gz"
        source = Source("cc", (location,), kind="warc", pick="CC-NEWS-{date:%Y%m%d}*")
        settings = replace(settings, user_agent="test/1 (test@example.org)", allow_hosts=f"127.0.0.1:{site.port}")
        days = [date(2026, 3, day) for day in range(1, 32)]
        report = ingest(settings, source, days)
        assert (report.read, report.new, report.quarantined) == (124, 63, 0)
        assert len(set(site.paths)) == 63
        assert {request.headers["user-agent"] for request in site.asked} == {"test/1 (test@example.org)"}


def test_a_web_server_is_asked_for_files_as_safely_as_for_pages() -> None:
    with website.running() as site:
        site.add("/a.jsonl", '{"title": "t", "text": "b"}')
        source = Source("x", (f"{site.url}/a.jsonl",))
        with pytest.raises(Usage, match="WIRECOPY_USER_AGENT"):
            discover.find_files(source, None)
        with pytest.raises(Retryable, match="not on the public internet"):
            discover.find_files(source, None, Reach("test (test@example.org)"))
        assert site.asked == []
        reach = Reach("test (test@example.org)", "127.0.0.1")
        assert [file.path for file in discover.find_files(source, None, reach)] == ["a.jsonl"]
        with pytest.raises(Usage, match="no such file or folder"):
            discover.find_files(Source("x", (f"{site.url}/b.jsonl",)), None, reach)
    with pytest.raises(Retryable, match="cannot be reached"):
        discover.find_files(Source("x", (f"{site.url}/{{date}}/b.jsonl",)), MARCH, reach)


def test_a_file_that_cannot_be_copied_now_is_tried_again_and_one_that_is_gone_is_told(
    memory: fsspec.AbstractFileSystem, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory.pipe({"/bucket/a.txt": b"One story of the harbour, as told.", "/bucket/b.txt": b"Another, of the mill."})
    source = Source("x", ("memory://bucket",))
    get = type(memory).get_file

    def lost(self: object, path: str, target: str, **more: object) -> None:
        if path.endswith("b.txt"):
            raise RuntimeError("reset by peer")
        get(memory, path, target, **more)

    (shard,) = steps.discover(source, None, "test", settings)
    monkeypatch.setattr(type(memory), "get_file", lost)
    with pytest.raises(Retryable, match="memory://bucket cannot be reached: RuntimeError reset by peer"):
        steps.prepare(shard, settings)
    monkeypatch.undo()
    memory.rm("/bucket/b.txt")
    steps.prepare(shard, settings)
    report = steps.commit([shard], source, None, "test", settings, NOW)
    assert (report.new, report.quarantined) == (1, 1)
    assert rows(settings.store, "SELECT path, reason FROM corpus_quarantine") == [
        ("b.txt", "unreadable: No such file or directory")
    ]


def test_a_file_that_cannot_be_asked_for_is_not_taken_for_one_that_is_not_there(
    memory: fsspec.AbstractFileSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(self: object, path: str, **more: object) -> None:
        raise ConnectionResetError("reset by peer")

    assert not places.exists("memory://bucket/a.txt")
    monkeypatch.setattr(type(memory), "info", lost)
    with pytest.raises(Retryable, match="cannot be reached: ConnectionResetError"):
        places.exists("memory://bucket/a.txt")


@pytest.mark.parametrize("path", ["../up.txt", "a/../../up.txt", "/../up.txt", "a//b.txt", "./b.txt", ".."])
def test_a_list_cannot_name_what_lies_outside(memory: fsspec.AbstractFileSystem, path: str) -> None:
    memory.pipe("/bucket/all.paths", f"good.warc\n{path}\n".encode())
    found = discover.find_files(Source("x", ("memory://bucket/all.paths",)), None)
    assert [file.path for file in found] == ["good.warc"]


def test_what_is_written_elsewhere_is_there_when_it_is_whole(memory: fsspec.AbstractFileSystem) -> None:
    class Enough(Exception):
        pass

    def write(fail: bool) -> None:
        with places.written("memory://bucket/landing/a.gz") as stream:
            stream.write(b"half")
            if fail:
                raise Enough
            stream.write(b" and whole")

    with pytest.raises(Enough):
        write(fail=True)
    assert places.names("memory://bucket/landing") == []
    write(fail=False)
    assert places.names("memory://bucket/landing") == ["a.gz"]
    assert places.read("memory://bucket/landing/a.gz") == b"half and whole"
    assert places.read("memory://bucket/landing/b.gz") is None


def test_a_list_that_is_a_bomb_is_refused(memory: fsspec.AbstractFileSystem) -> None:
    memory.pipe("/bucket/warc.paths.gz", gzip.compress(b"x\n" * 30_000_000))
    with pytest.raises((Usage, Rejected)):
        list(discover.find_files(Source("x", ("memory://bucket/warc.paths.gz",), kind="warc"), None))


def test_a_list_that_is_cut_is_refused_and_its_beginning_is_no_list(memory: fsspec.AbstractFileSystem) -> None:
    memory.pipe("/bucket/warc.paths.gz", gzip.compress(b"a.warc.gz\nb.warc.gz\n")[:-9])
    with pytest.raises(Rejected, match="broken gzip"):
        list(discover.find_files(Source("x", ("memory://bucket/warc.paths.gz",), kind="warc"), None))
