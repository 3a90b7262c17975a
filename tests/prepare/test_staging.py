"""Staging on a disk and elsewhere: whole or not there, found again, cleared."""

from __future__ import annotations

import io
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, ClassVar

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from etl.errors import Fatal, Retryable, Usage
from etl.pipeline import steps, tasks
from etl.prepare import shard_list, staging
from etl.settings import Settings
from etl.sources import locations
from etl.sources.source import Source
from tests.support.paths import ROOT, SEEDS
from tests.support.stores import NOW, dump, ingest, rows, shared_workers

SOURCE = Source("seeds", (str(SEEDS),))


@pytest.fixture(params=["folder", "file", "memory"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A staging folder by path, by URL, and in a store of objects."""
    if request.param == "memory":
        return f"memory://{tmp_path.name}/staging"
    return f"file://{tmp_path}/staging" if request.param == "file" else str(tmp_path / "staging")


def listed(place: str) -> list[str]:
    return [str(path).rpartition("/")[2] for path in fsspec.open(place).fs.find(place.split("://")[-1])]


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[tuple[object, ...]]]:
    """Tables of a store that one command has filled, staged as ever."""
    folder = tmp_path_factory.mktemp("alone")
    settings = Settings(store=f"sqlite:///{folder}/alone.db", staging=str(folder / "staging"), workers=1)
    ingest(settings, SOURCE)
    return dump(settings.store)


def test_a_run_is_the_same_wherever_it_is_staged(settings, place, alone):
    elsewhere = replace(settings, staging=place, shard_bytes=30_000)
    shards = steps.discover(SOURCE, None, "run", elsewhere)
    assert len(shards) > 2
    for shard in shards:
        steps.prepare(shard, elsewhere, shared_workers())
    steps.commit(shards, SOURCE, None, "run", elsewhere, NOW)
    staging.clear(place, shards[0].rpartition("/")[0])
    assert listed(place) == []
    assert dump(settings.store) == alone


def test_a_retry_finds_the_shards_and_writes_them_again_whole(settings, place):
    elsewhere = replace(settings, staging=place)
    (shard,) = steps.discover(SOURCE, None, "run", elsewhere)
    first = steps.prepare(shard, elsewhere, shared_workers())
    assert sorted(listed(place)) == ["shard-0000.articles.parquet", "shard-0000.json", "shard-0000.quarantined.parquet"]
    assert steps.discover(SOURCE, None, "run", elsewhere) == [shard]
    assert replace(steps.prepare(shard, elsewhere, shared_workers()), seconds=first.seconds) == first
    assert len(listed(place)) == 3
    assert steps.commit([shard], SOURCE, None, "run", elsewhere, NOW).new == first.articles


def test_a_shard_that_is_gone_says_what_to_do(settings, place):
    with pytest.raises(Fatal, match=r"shard-0000\.json is not there: all workers need the same WIRECOPY_STAGING"):
        steps.prepare(locations.join(place, "shard-0000.json"), replace(settings, staging=place))


def test_what_fails_in_the_midst_leaves_nothing_and_what_was_there(place):
    path = locations.join(staging.folder_of(place, "gazette", date(2026, 3, 14), "run"), "shard-0000.json")

    def fail(content: bytes) -> None:
        with locations.written(path) as stream:
            stream.write(content)
            raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        fail(b"half")
    assert listed(place) == []
    locations.write(path, b"whole")
    with pytest.raises(OSError, match="disk full"):
        fail(b"half")
    assert locations.read(path) == b"whole"
    assert len(listed(place)) == 1


def test_what_was_given_up_is_swept_and_the_rest_stays(place):
    old, new = (staging.folder_of(place, "gazette", date(2026, 3, 14), label) for label in ("old", "new"))
    locations.write(locations.join(old, "shard-0000.json"), b"{}")
    time.sleep(0.6)
    locations.write(locations.join(new, "shard-0000.json"), b"{}")
    assert staging.sweep(place, older_than_s=3600) == []
    assert staging.sweep(place, older_than_s=0.3) == [old]
    staging.clear(place, new)
    assert listed(place) == []
    staging.clear(place, new)


def test_a_process_of_its_own_finds_what_another_has_staged(settings, tmp_path, monkeypatch):
    place = f"file://{tmp_path}/shared"
    monkeypatch.setenv("WIRECOPY_STAGING", place)
    monkeypatch.setenv("WIRECOPY_STORE", settings.store)
    (shard,) = tasks.discover(SOURCE, "", "run")
    script = (
        "from etl.pipeline import tasks; from etl.sources.source import Source;"
        f"print(tasks.prepare({shard!r}, Source('seeds', ({str(SEEDS)!r},)), '', 'run')['articles'])"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    report = tasks.commit([shard], SOURCE, "", "run", NOW.isoformat())
    assert report["new"] == int(done.stdout)
    path = staging.shard_path(staging.folder_of(place, "seeds", None, "run"), shard["number"])
    assert shard_list.read_shard(path).source == "seeds"


@pytest.mark.parametrize("url", ["nosuch://bucket/staging", "oss://bucket/staging"])
def test_a_place_that_nothing_is_installed_for_is_named(settings, url):
    with pytest.raises(Usage, match=f"{url}/.*: "):
        steps.discover(SOURCE, None, "run", replace(settings, staging=url))


def test_sweeping_does_not_follow_links(tmp_path):
    root, outside = tmp_path / "staging", tmp_path / "outside"
    (outside / "day" / "token").mkdir(parents=True)
    kept = outside / "day" / "token" / "kept.warc"
    kept.write_text("irreplaceable")
    (root / "gazette" / "2026-03-14").mkdir(parents=True)
    (root / "evil").symlink_to(outside)
    (root / "gazette" / "evil").symlink_to(outside / "day")
    (root / "gazette" / "2026-03-14" / "evil").symlink_to(outside / "day" / "token")
    assert staging.sweep(str(root), older_than_s=-1) == []
    assert kept.read_text() == "irreplaceable"


@pytest.mark.parametrize(
    "folder", ["{root}", "{root}/../landing", "{root}/a/../../landing", "/tmp", "", "ftp://evil/x"]
)
def test_nothing_outside_the_staging_folder_is_removed(place, tmp_path, folder):
    with pytest.raises(Fatal, match="is not below the staging folder"):
        staging.clear(place, folder.format(root=place))


def test_a_remote_staging_folder_that_names_files_outside_itself_is_swept_of_none_of_them(monkeypatch):
    class Lying:
        def find(self, top):
            return ["/staging/../landing/a/b/c", "/landing/x/y/z", "/staging/a/../../b/c", "/staging/s/2026-03-14/t/f"]

        def modified(self, path):
            return datetime(2026, 3, 14, tzinfo=UTC)

    monkeypatch.setattr(locations, "filesystem", lambda root: (Lying(), "/staging"))
    assert list(locations.last_written("fake://staging", 3)) == ["fake://staging/s/2026-03-14/t"]


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{", b"null", b'{"files": 3}', "\ud800".encode("utf-8", "surrogatepass")]
)
def test_a_list_that_is_cut_off_or_forged_by_its_place_says_what_to_do(place, content):
    path = staging.shard_path(staging.folder_of(place, "seeds", None, "run"), 0)
    locations.write(path, content)
    with pytest.raises(Fatal, match="is no list of files of a shard; clear the whole run"):
        shard_list.read_shard(path)


class Lying(MemoryFileSystem):
    """A store of objects that fails in one way once, at a call that is counted from the end of the good ones."""

    protocol = "lying"
    store: ClassVar[dict[str, Any]] = {}
    pseudo_dirs: ClassVar[list[str]] = [""]
    cachable = False
    lie: ClassVar[str] = ""
    good: ClassVar[int] = 0

    def told(self, content: bytes, lie: str) -> bytes:
        """What a call gives: the content, or less, or nothing within the time that its client waits."""
        cls = type(self)
        if cls.lie != lie and cls.lie not in ("stalls", "fails"):
            return content
        cls.good -= 1
        if cls.good != -1:
            return content
        if cls.lie == "stalls":
            raise TimeoutError("no answer within 60 s")
        if cls.lie == "fails":
            raise ConnectionResetError("connection reset by peer")
        return content[: len(content) // 2]

    def cat_file(self, path: str, *args: Any, **named: Any) -> bytes:
        return self.told(super().cat_file(path, *args, **named), "reads half")

    def _open(self, path: str, mode: str = "rb", *args: Any, **named: Any) -> Any:
        if mode == "rb":
            return io.BytesIO(self.told(super()._open(path, mode, *args, **named).getvalue(), "reads half"))
        return super()._open(path, mode, *args, **named)

    def put_file(self, lpath: str, rpath: str, *args: Any, **named: Any) -> None:
        self.pipe_file(rpath, self.told(Path(lpath).read_bytes(), "writes half"))


@pytest.mark.parametrize("lie", ["fails", "stalls", "reads half", "writes half"])
def test_staging_that_fails_stalls_or_gives_less_ends_a_run_in_one_line_and_leaves_the_store_as_it_was(
    tmp_path: Path, lie: str
) -> None:
    fsspec.register_implementation("lying", Lying, clobber=True)
    settings = Settings(store=f"sqlite:///{tmp_path}/corpus.db", staging="lying://bucket/staging", workers=1)
    story = {f"{n}.txt": f"Headline {n}\n\nThe ferry to island {n} runs twice on Sundays." for n in range(3)}
    (tmp_path / "in").mkdir()
    for name, content in story.items():
        (tmp_path / "in" / name).write_text(content)
    source = Source("test", (str(tmp_path / "in"),))
    said: list[str] = []
    for good in range(12):
        Lying.lie, Lying.good = lie, good
        label = f"run {good}"
        try:
            shards = steps.discover(source, None, label, settings)
            for shard in shards:
                steps.prepare(shard, settings, shared_workers())
            steps.commit(shards, source, None, label, settings, NOW)
            break
        except (Retryable, Fatal) as error:
            said.append(str(error))
        if (tmp_path / "corpus.db").exists():
            assert rows(settings.store, "SELECT count(*) FROM article") == [(0,)]
    assert len(said) > 2
    assert [each for each in said if "\n" in each] == []
    assert rows(settings.store, "SELECT count(*) FROM corpus_article") == [(3,)]
