"""Erased words are in no file of the store, the landing zone or staging, whoever is killed on the way."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from warcio.archiveiterator import ArchiveIterator

from etl.commit.erase import erase
from etl.errors import Retryable
from etl.export.export import export
from etl.fetch import forgetting
from etl.fetch import run as fetching
from etl.pipeline import erasing, steps
from etl.prepare import staging
from etl.report.explain import explain
from etl.settings import Settings
from etl.sources.source import Source
from etl.store import database, schema, tombstones
from schemas import search
from tests.fetch.conftest import polite as polite
from tests.fetch.conftest import site as site
from tests.support import website
from tests.support.stores import check, decide, ids, ingest, ingest_files, rows
from tests.support.stories import story

WORD = "zanzibarine"
"""A word of the erased article alone; its neighbours have another."""
TOLD = f"Headline of {WORD}\n\n" + " ".join(f"{WORD}{n} and" for n in range(90)) + ".\n\n" + f"{WORD} ends " * 900
OTHERS = {f"{n}.txt": story(n) + " quagga" * 900 for n in range(40)}


def found_in(folder: Path, word: str) -> list[str]:
    """Files below a folder that hold a word, whatever its case, but for PostgreSQL's log of what it wrote."""
    held = (path for path in sorted(folder.rglob("*")) if path.is_file() and "pg_wal" not in path.parts)
    return [str(path.relative_to(folder)) for path in held if word.encode() in path.read_bytes().lower()]


def store_folder(url: str) -> Path:
    """The folder that holds a store's files; those of a server are the one database's alone."""
    if url.startswith("sqlite"):
        return Path(sa.make_url(url).database or "").parent
    engine = database.connect(url)
    with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        connection.exec_driver_sql("CHECKPOINT")  # what is in memory alone is in no file to be looked for
        data, oid = connection.execute(
            sa.text("SELECT current_setting('data_directory'), oid FROM pg_database WHERE datname = current_database()")
        ).one()
    engine.dispose()
    return Path(data) / "base" / str(oid)


def file_of_samples(url: str) -> int | None:
    """The file in which PostgreSQL keeps samples of columns, packed where they are long."""
    if url.startswith("sqlite"):
        return None
    ((number,),) = rows(url, "SELECT pg_relation_filenode('pg_statistic')")
    return int(number)


@pytest.fixture
def alone(settings: Settings, tmp_path: Path) -> Settings:
    """Settings of a store in a folder of its own."""
    here = replace(settings, landing=str(tmp_path / "landing"))
    if settings.store.startswith("sqlite"):
        (tmp_path / "store").mkdir()
        shutil.move(tmp_path / "corpus.db", tmp_path / "store" / "corpus.db")
        here = replace(here, store=f"sqlite:///{tmp_path}/store/corpus.db")
    return here


@pytest.fixture
def reader(alone: Settings) -> Iterator[None]:
    """Somebody who has the store open, so that SQLite's log stays when its writer has left."""
    engine = database.connect(alone.store)
    with closing(engine.connect()):
        yield
    engine.dispose()


@pytest.mark.usefixtures("reader")
def test_no_file_of_the_store_holds_erased_words(alone: Settings, tmp_path: Path) -> None:
    engine = database.connect(alone.store)
    with schema.migrating(engine) as connection:
        search.switch_on(connection)
    ingest_files(alone, tmp_path / "in", {**OTHERS, "told.txt": TOLD}, label="1")
    schema.tidy(engine)
    engine.dispose()
    ingest_files(alone, tmp_path / "in", {"told.txt": TOLD.replace("Headline", "News")}, label="2")
    decide(alone, erase, [ids(alone)["told.txt"]], "a court's order")
    folder = store_folder(alone.store)
    assert found_in(folder, WORD), "the deletion alone leaves its words"
    assert found_in(folder, "quagga")
    samples = file_of_samples(alone.store)
    assert erasing.resume(alone) == 1
    assert file_of_samples(alone.store) != samples or alone.store.startswith("sqlite")
    folder = store_folder(alone.store)
    assert found_in(folder, WORD) == []
    assert found_in(folder, "quagga")
    check(alone.store)
    assert erasing.resume(alone) == 0


def test_a_reader_that_stays_leaves_the_erasure_unfinished(
    tmp_path: Path, ready_sqlite: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "LOCK_TIMEOUT_S", 0)
    shutil.copy(ready_sqlite, tmp_path / "corpus.db")
    settings = Settings(store=f"sqlite:///{tmp_path}/corpus.db", staging=str(tmp_path / "s"), workers=1)
    ingest_files(settings, tmp_path / "in", {"told.txt": TOLD, "other.txt": story(1)})
    engine = database.connect(settings.store)
    with database.reading(engine) as connection:
        assert connection.scalar(sa.text("SELECT count(*) FROM revision")) == 2
        decide(settings, erase, [ids(settings)["told.txt"]], "gone")
        with pytest.raises(Retryable, match="wirecopy erase --resume"):
            erasing.resume(settings)
    engine.dispose()
    assert erasing.resume(settings) == 1
    check(settings.store)


def test_shards_in_staging_are_blanked_and_their_runs_add_up(alone: Settings, tmp_path: Path) -> None:
    root = tmp_path / "in"
    files = {"told.txt": TOLD, "other.txt": story(1)}
    ingest_files(alone, root, files, label="1")
    (root / "new.txt").write_text(story(2))
    source = Source("test", (str(root),))
    shards = steps.discover(source, None, "2", alone)
    for shard in shards:
        steps.prepare(shard, alone)
    assert found_in(Path(alone.staging), WORD)
    decide(alone, erase, [ids(alone)["told.txt"]], "gone")
    erasing.resume(alone)
    assert found_in(Path(alone.staging), WORD) == []
    report = steps.commit(shards, source, None, "2", alone, datetime.now(UTC))
    assert (report.read, report.new, report.unchanged, report.quarantined) == (3, 1, 1, 1)
    check(alone.store)


@pytest.fixture
def landed(site: website.Site, polite: Settings) -> Settings:
    """A store with three pages of a site, and the feed that names them with their texts."""
    pages = [site.add_story(n) for n in range(3)]
    site.add("/told", website.story(7).replace("</h1>", f" {WORD}</h1>"))
    site.add_feed("/feed", [*pages, "/told"])
    feed = site.pages["/feed"].body.replace(b"</channel>", f"<!-- {WORD} --></channel>".encode())
    site.add("/feed", feed, "application/rss+xml")
    ingest_landed(site, polite)
    return polite


def herald(site: website.Site) -> Source:
    return Source("herald", (site.url + "/feed",), kind="feed")


def ingest_landed(site: website.Site, settings: Settings, label: str = "test") -> None:
    today = datetime.now(UTC).date()
    fetching.fetch(herald(site), today, settings)
    ingest(settings, herald(site).landed(settings.landing), [today], label)


def records(folder: Path) -> dict[tuple[str, int], tuple[str, str, bytes]]:
    """(file, number) → (type, URL, packed bytes) of all records of the landing zone."""
    found = {}
    for path in sorted(folder.rglob("*.warc.gz")):
        for number, member in enumerate(forgetting._members(path.read_bytes())):
            headers = member.record.rec_headers
            url = headers.get_header("WARC-Target-URI") or ""
            found[path.name, number] = (headers.get_header("WARC-Type"), url, member.packed)
    return found


def unpacked(folder: Path) -> bytes:
    """All that the segments hold."""
    held = b""
    for path in sorted(folder.rglob("*.warc.gz")):
        with path.open("rb") as stream:
            held += b"".join(record.content_stream().read() for record in ArchiveIterator(stream))
    return held


def told(settings: Settings) -> str:
    """The id of the article that has the word."""
    ((found,),) = rows(settings.store, f"SELECT article_id FROM revision WHERE title LIKE '%{WORD}%'")
    return str(found)


def test_the_landing_zone_holds_no_erased_page_and_no_listing_of_it_and_all_else_byte_by_byte(
    site: website.Site, landed: Settings
) -> None:
    landing = Path(landed.landing)
    before = records(landing)
    assert WORD.encode() in unpacked(landing)
    article_id = told(landed)
    decide(landed, erase, [article_id], "gone")
    erasing.resume(landed)
    assert WORD.encode() not in unpacked(landing)
    after = records(landing)
    assert after.keys() == before.keys(), "records keep their numbers"
    gone = {place for place in before if after[place] != before[place]}
    assert {before[place][:2] for place in gone} == {
        ("request", f"{site.url}/told"),
        ("response", f"{site.url}/told"),
        ("response", f"{site.url}/feed"),
    }
    assert {after[place][:2] for place in gone} == {("metadata", "")}
    check(landed.store)

    site.asked.clear()
    site.add_feed("/feed", ["/told", site.add_story(4)], updated="2")
    ingest_landed(site, landed, "2")
    assert "/told" not in {request.path for request in site.asked}, "the page is not asked for again"
    assert WORD.encode() not in unpacked(landing)
    assert rows(landed.store, "SELECT count(*) FROM corpus_article") == [(4,)]
    assert rows(landed.store, "SELECT count(*) FROM corpus_quarantine") == [(0,)]
    check(landed.store)


def test_an_erased_article_that_lands_under_another_url_is_refused_and_leaves_the_landing_zone(
    site: website.Site, landed: Settings
) -> None:
    decide(landed, erase, [told(landed)], "gone")
    erasing.resume(landed)
    page = site.pages["/told"].body.replace(b"<head>", f'<head><link rel="canonical" href="{site.url}/told">'.encode())
    site.add("/told-again", page)
    site.add_feed("/feed", ["/told-again"], updated="2")
    ingest_landed(site, landed, "2")
    held = rows(landed.store, "SELECT stage, reason, length(head) FROM corpus_quarantine")
    assert held == [("erased", "gone", 0)]
    assert WORD.encode() in unpacked(Path(landed.landing))
    erasing.resume(landed)
    assert WORD.encode() not in unpacked(Path(landed.landing))
    site.asked.clear()
    site.add_feed("/feed", ["/told-again"], updated="3")
    ingest_landed(site, landed, "3")
    assert [request.path for request in site.asked if "told" in request.path] == []
    assert rows(landed.store, "SELECT stage, reason FROM corpus_quarantine") == [("read", "empty: no record in it")]
    check(landed.store)


def test_the_next_export_has_no_erased_words(alone: Settings, tmp_path: Path) -> None:
    ingest_files(alone, tmp_path / "in", {"told.txt": TOLD, "other.txt": story(1)})
    folder = tmp_path / "export"
    export(alone.store, folder, "jsonl")
    (folder / ".wirecopy" / "partial").write_text(TOLD)  # of an export that was killed
    assert len(found_in(folder, WORD)) == 2
    decide(alone, erase, [ids(alone)["told.txt"]], "gone")
    erasing.resume(alone)
    export(alone.store, folder, "jsonl")
    assert found_in(folder, WORD) == []
    (folder / ".wirecopy" / "partial").write_text(TOLD)
    export(alone.store, folder, "jsonl")
    assert found_in(folder, WORD) == []


class Killed(BaseException):
    """The end of a process."""


def test_an_erasure_that_is_killed_at_any_step_goes_on_where_it_stopped(
    landed: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    article_id = told(landed)
    decide(landed, erase, [article_id], "gone")
    real = tombstones.set_pending

    def dies(*arguments: object) -> None:
        raise Killed

    def dies_at_last(connection: sa.Connection, article_ids: Collection[str], left: str | None) -> None:
        if left is None:
            raise Killed
        real(connection, article_ids, left)

    steps = [(forgetting, "_rewrite_pages"), (forgetting, "_rewrite_polls"), (staging, "forget"), (erasing, "scrub")]
    for module, name, how in [*((*step, dies) for step in steps), (tombstones, "set_pending", dies_at_last)]:
        with monkeypatch.context() as patched:
            patched.setattr(module, name, how)
            with pytest.raises(Killed):
                erasing.resume(landed)
        assert rows(landed.store, "SELECT count(*) FROM tombstone WHERE pending IS NOT NULL") == [(1,)]
        with pytest.raises(AssertionError):
            check(landed.store)
    assert erasing.resume(landed) == 1
    assert WORD.encode() not in unpacked(Path(landed.landing))
    assert found_in(Path(landed.store.removeprefix("sqlite:///")).parent, WORD) == []
    check(landed.store)


def test_an_erased_article_is_explained_by_its_id_and_by_its_url_which_nothing_holds(
    site: website.Site, landed: Settings
) -> None:
    article_id = told(landed)
    decide(landed, erase, [article_id], "a court's order")
    erasing.resume(landed)
    engine = database.connect(landed.store)
    with database.reading(engine) as connection:
        for name in (article_id[:8], f"{site.url}/told"):
            (found,) = explain(connection, name)
            assert (found.state, found.article_id, found.title) == ("erased", article_id, "")
            assert "a court's order" in " ".join(found.lines())
    engine.dispose()
