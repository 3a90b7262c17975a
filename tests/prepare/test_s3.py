"""Staging on S3 over a network that fails: a server of S3, and a proxy before it, on real sockets.

botocore waits 15 s for an answer, as s3fs has it wait, and either tries five times; here both are in more of a hurry.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator

import pytest
import s3fs

from etl.errors import Retryable
from etl.pipeline import steps
from etl.settings import Settings
from etl.sources import locations
from etl.sources.source import Source
from tests.support import objects, proxy
from tests.support.stores import NOW, rows, shared_workers

PART = 5 * 2**20  # the least that S3 takes for a part
FATES = ["mute", "busy", "cut", "half"]


@pytest.fixture(scope="module")
def server() -> Iterator[int]:
    with objects.running("bucket") as port:
        yield port


@pytest.fixture
def network(server: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[proxy.Proxy]:
    """A network between us and the server."""
    with proxy.before(server) as between:
        for name, value in {**objects.environment(between.port), "AWS_MAX_ATTEMPTS": "1"}.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(s3fs.S3FileSystem, "retries", 2)
        monkeypatch.setattr(locations, "PUT_BYTES_S", 10**8)
        s3fs.S3FileSystem.clear_instance_cache()
        yield between
    s3fs.S3FileSystem.clear_instance_cache()


def hurry(monkeypatch: pytest.MonkeyPatch, fate: str) -> None:
    """Do not wait long for an answer that never comes."""
    if fate == "mute":
        monkeypatch.setattr(s3fs.S3FileSystem, "read_timeout", 0.5)
        monkeypatch.setattr(locations, "PUT_S", 2)


def after(good: int, fate: str, times: int = 1_000) -> Callable[[str], str]:
    """A fate that comes after so many good requests, so many times."""
    fates = iter([""] * good + [fate] * times)
    return lambda request: next(fates, "")


@pytest.mark.parametrize("fate", FATES)
def test_a_network_that_fails_anywhere_ends_a_run_in_one_line_and_leaves_the_store_as_it_was(
    network, fate, tmp_path, monkeypatch
):
    settings = Settings(store=f"sqlite:///{tmp_path}/corpus.db", staging=f"s3://bucket/{fate}", workers=1)
    (tmp_path / "in").mkdir()
    for number in range(3):
        story = f"Headline {number}\n\nThe ferry to island {number} runs twice on Sundays."
        (tmp_path / f"in/{number}.txt").write_text(story)
    source = Source("test", (f"{tmp_path}/in",))
    hurry(monkeypatch, fate)
    said: list[str] = []
    for good in range(0, 20, 2 if fate == "mute" else 1):
        network.fate = after(good, fate)
        try:
            shards = steps.discover(source, None, f"run {good}", settings)
            for shard in shards:
                steps.prepare(shard, settings, shared_workers())
            steps.commit(shards, source, None, f"run {good}", settings, NOW)
            break
        except Retryable as error:
            said.append(str(error))
        if (tmp_path / "corpus.db").exists():
            assert rows(settings.store, "SELECT count(*) FROM article") == [(0,)]
    assert len(said) > 3
    assert [each for each in said if "\n" in each or f"bucket/{fate}/" not in each] == []
    assert rows(settings.store, "SELECT count(*) FROM corpus_article") == [(3,)]


@pytest.mark.parametrize("fate", FATES)
def test_a_request_that_fails_once_is_made_again(network, fate, monkeypatch):
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "3")  # which are those that try a busy server again
    place = f"s3://bucket/again/{fate}"
    locations.write(place, b"whole" * 40_000)
    hurry(monkeypatch, fate)
    s3fs.S3FileSystem.clear_instance_cache()
    network.fate = after(0, fate, 1)
    assert locations.read(place) == b"whole" * 40_000
    assert fate in [name for _, name in network.asked]


@pytest.mark.parametrize("fate", ["mute", "busy", "cut"])
def test_a_file_whose_parts_do_not_all_arrive_is_not_there(network, fate, tmp_path, monkeypatch):
    put = s3fs.S3FileSystem._put_file
    monkeypatch.setattr(s3fs.S3FileSystem, "_put_file", functools.partialmethod(put, chunksize=PART))
    place = f"s3://bucket/parts/{fate}"
    assert locations.names("s3://bucket/parts") == []
    network.fate = lambda request: fate if "partNumber=2" in request else ""
    monkeypatch.setattr(locations, "PUT_S", 4 if fate == "mute" else 60)
    with pytest.raises(Retryable, match=f"{place.removeprefix('s3://')} cannot be"):
        locations.write(place, b"x" * (2 * PART + 1))
    assert {name for _, name in network.asked} == {"", fate}
    monkeypatch.setattr(locations, "PUT_S", 60)
    network.fate = after(0, "")
    assert locations.read(place) is None
    assert locations.names("s3://bucket/parts") == []
    locations.write(place, b"x" * (2 * PART + 1))
    assert len(locations.read(place) or b"") == 2 * PART + 1
    locations.remove(place)


def test_a_file_is_written_by_one_request(network):
    locations.write("s3://bucket/one/a.json", b"{}")
    assert [request for request, _ in network.asked] == ["PUT /bucket/one/a.json"]
