"""The pipeline as a whole: what it promises of a run, on both databases."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import shutil
import tomllib
from dataclasses import replace
from datetime import date
from unittest.mock import Mock

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa

from etl.fingerprint.recipe import Recipe
from etl.pipeline import steps
from etl.report import verify
from etl.settings import Settings
from etl.sources.source import Source
from etl.store import database, runs
from schemas.tables import change, metadata
from tests.support.paths import SEEDS
from tests.support.stores import NOW, check, dump, ingest, ingest_files, rows
from tests.support.stories import history, story

GOLD = tomllib.loads((SEEDS / "gold.toml").read_text())
SEED_SOURCE = Source("seeds", (str(SEEDS),))


def test_the_seeds_end_as_the_gold_file_says(settings):
    report = ingest(settings, SEED_SOURCE)
    assert (report.read, report.articles) == (GOLD["read"], GOLD["articles"])
    assert (report.canonical, report.exact, report.near) == (GOLD["canonical"], GOLD["exact"], GOLD["near"])
    key = "CASE WHEN r.record IS NULL THEN r.path ELSE r.path || '#' || r.record END"
    current = f"SELECT a.article_id AS id, {key} AS key FROM article a JOIN revision r ON r.article_id = a.article_id"
    pairs = rows(
        settings.store,
        f"""WITH named AS ({current})
            SELECT mine.key, head.key, d.relation FROM corpus_duplicate d
              JOIN named mine ON mine.id = d.article_id JOIN named head ON head.id = d.canonical_id""",
    )
    expected = {(d["path"], c["canonical"], d["relation"]) for c in GOLD["clusters"] for d in c["duplicates"]}
    assert set(pairs) == expected
    quarantined = rows(settings.store, "SELECT path, record FROM corpus_quarantine")
    assert {p if r is None else f"{p}#{r}" for p, r in quarantined} == set(GOLD["quarantined"])
    check(settings.store)


def test_a_second_run_over_the_same_files_changes_nothing_at_all(settings):
    first = ingest(settings, SEED_SOURCE)
    before = dump(settings.store, metadata.sorted_tables)
    second = ingest(settings, SEED_SOURCE, label="again")
    assert dump(settings.store, metadata.sorted_tables) == before
    assert (second.unchanged, second.quarantined, second.run_id) == (first.new, first.quarantined, None)


def test_both_databases_hold_the_same(tmp_path, postgres_url):
    urls = [f"sqlite:///{tmp_path}/corpus.db", postgres_url]
    for url in urls:
        ingest(Settings(store=url, staging=str(tmp_path / "staging"), workers=1), SEED_SOURCE)
    assert dump(urls[0]) == dump(urls[1])


def test_many_workers_prepare_what_one_does(settings, tmp_path, monkeypatch):
    ingest(replace(settings, workers=2), SEED_SOURCE)
    alone = Settings(store=f"sqlite:///{tmp_path}/alone.db", staging=str(tmp_path / "s"), workers=1)
    ingest(alone, SEED_SOURCE)
    assert dump(settings.store) == dump(alone.store)


def test_a_revised_article_takes_its_new_text_and_leaves_its_cluster(settings, tmp_path):
    ingest_files(settings, tmp_path / "in", {"a.txt": story(1, words=80), "b.txt": story(1)}, label="1")
    assert rows(settings.store, "SELECT count(*) FROM corpus_duplicate") == [(1,)]
    report = ingest_files(settings, tmp_path / "in", {"b.txt": story(2)}, label="2")
    assert (report.revised, report.unchanged, report.canonical) == (1, 1, 2)
    assert rows(settings.store, "SELECT change FROM change WHERE run_id = 2 ORDER BY position") == [
        ("revised",),
        ("became_canonical",),
    ]
    assert rows(settings.store, "SELECT count(*) FROM text") == [(2,)]
    check(settings.store)


@pytest.mark.parametrize("together", [1, 25_000])
def test_an_article_that_comes_in_many_versions_in_one_run_leaves_one_text(settings, tmp_path, monkeypatch, together):
    """Each file is a batch; what one brings the next takes back, before an election or after it."""
    monkeypatch.setattr("etl.commit.batches.TEXTS_AN_ELECTION", together)
    files = {
        f"{n}.json": json.dumps({"url": f"https://example.com/{n % 3}", "text": story(7, (3, f"v{n}"))})
        for n in range(9)
    }
    report = ingest_files(replace(settings, batch_bytes=1, shard_bytes=1), tmp_path / "in", files)
    assert (report.read, report.articles, report.new) == (9, 3, 3)
    assert rows(settings.store, "SELECT count(*) FROM text") == [(3,)]
    assert [change for (change,) in rows(settings.store, "SELECT change FROM change")].count("added") == 3
    check(settings.store)
    once = Settings(store=f"sqlite:///{tmp_path}/once.db", staging=str(tmp_path / "t"), workers=1)
    ingest_files(once, tmp_path / "in", {})
    assert dump(settings.store) == dump(once.store)


def test_an_older_day_that_arrives_later_is_history(settings, tmp_path):
    older, newer = date(2026, 3, 1), date(2026, 3, 2)
    ingest_files(settings, tmp_path / "in", {"a.txt": story(1)}, newer, "1")
    report = ingest_files(settings, tmp_path / "in", {"a.txt": story(2)}, older, "2")
    assert (report.stale, report.revised, report.articles) == (1, 0, 1)
    assert "1word0" in rows(settings.store, "SELECT body FROM corpus_article")[0][0]
    again = ingest_files(settings, tmp_path / "in", {}, older, "3")
    assert (again.unchanged, again.run_id) == (1, None)
    check(settings.store)


def test_the_same_text_on_an_earlier_day_moves_the_article_to_that_day(settings, tmp_path):
    days = [date(2026, 3, n) for n in (3, 2, 1)]
    ingest_files(settings, tmp_path / "x", {"a.txt": story(1)}, days[0], "1")
    ingest_files(settings, tmp_path / "y", {"b.txt": story(1)}, days[1], "2")
    shutil.copytree(tmp_path / "x", tmp_path / "z", dirs_exist_ok=True)
    ingest_files(settings, tmp_path / "z", {}, days[2], "3")
    assert rows(settings.store, "SELECT source_key, partition_date FROM corpus_article")[0][0] == "a.txt"
    assert rows(settings.store, "SELECT change, count(*) FROM change GROUP BY change ORDER BY change") == [
        ("added", 2),
        ("became_canonical", 1),
        ("became_duplicate", 2),
        ("revised", 1),
    ]
    with database.opened(settings.store) as engine, database.reading(engine) as connection:
        times = connection.scalars(sa.select(change.c.at).distinct().order_by(change.c.at)).all()
        assert [runs.replaced_since(connection, since) for since in (NOW, *times)] == [2, 2, 2, 1]
    check(settings.store)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_text_that_stands_in_two_files_was_read_in_the_last_of_them_whichever_came_first(settings, tmp_path, order):
    record = '{"url": "https://paper.example/1", "title": "The bridge", "body": "' + story(1) + '"}'
    for number in order:
        root, day = tmp_path / str(number), date(2026, 3, 1 + number)
        ingest_files(settings, root, {f"{number}.jsonl": record.replace("\n", " ")}, day, str(number))
    assert rows(settings.store, "SELECT path, record, first_date, last_date FROM revision") in (
        [("1.jsonl", 0, "2026-03-01", "2026-03-02")],
        [("1.jsonl", 0, date(2026, 3, 1), date(2026, 3, 2))],
    )


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b" \n\n ", "empty"),
        (bytes(range(256)) * 8, "binary"),
        (b"x" * 200_001, "too large"),
        (b"%PDF-1.7 \x00\x01", "unsupported"),
    ],
)
def test_what_is_no_article_is_quarantined_with_its_reason_and_counted(settings, tmp_path, content, reason):
    settings = replace(settings, max_document_bytes=200_000)
    report = ingest_files(settings, tmp_path / "in", {"bad.txt": content, "good.txt": story(1)})
    assert (report.read, report.new, report.quarantined) == (2, 1, 1)
    ((stage, why, head),) = rows(settings.store, "SELECT stage, reason, head FROM corpus_quarantine")
    assert stage in ("read", "extract")
    assert why.startswith(reason)
    assert bytes(head) == content[:256]


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_a_source_says_what_its_records_call_a_field(settings, tmp_path, kind):
    """None of the names is one that is guessed, and `text` would be, and is not what is meant."""
    record = {"hed": "A headline", "txt": "What is meant.", "text": "What is not.", "dy": "2026-03-01", "nr": "7"}
    if kind == "parquet":
        pq.write_table(pa.Table.from_pylist([record]), tmp_path / "a.parquet")
    else:
        line = json.dumps(record) if kind == "jsonl" else ",".join(record) + "\n" + ",".join(record.values())
        (tmp_path / f"a.{kind}").write_text(line + "\n")
    columns = (("title", "hed"), ("body", "TXT"), ("published_at", "dy"), ("key", "nr"))
    ingest(settings, Source("test", (str(tmp_path / f"a.{kind}"),), columns=columns))
    assert rows(
        settings.store, "SELECT title, body, source_key, substr(published_at || '', 1, 10) FROM corpus_article"
    ) == [("A headline", "What is meant.", "7", "2026-03-01")]


def test_a_table_of_declared_names_alone_is_read(settings, tmp_path):
    (tmp_path / "a.csv").write_text("hed,txt\nA headline,What is meant.\n")
    source = Source("test", (str(tmp_path / "a.csv"),), columns=(("title", "hed"), ("body", "txt")))
    assert ingest(settings, source).new == 1
    assert ingest(settings, replace(source, columns=()), label="2").quarantined == 1


def test_what_is_quarantined_belongs_to_the_day_of_its_file(settings, tmp_path):
    """However many days a commit takes."""
    days = [date(2026, 3, 1), date(2026, 3, 2)]
    for day in days:
        (tmp_path / f"{day}").mkdir()
        (tmp_path / f"{day}" / "a.txt").write_text("")
    source = Source("test", (f"{tmp_path}/{{date:%Y-%m-%d}}",))
    shards = [shard for day in days for shard in steps.discover(source, day, "test", settings)]
    for shard in shards:
        steps.prepare(shard, settings)
    steps.commit(shards, source, days[0], "test", settings, NOW)
    found = rows(settings.store, "SELECT path, partition_date FROM quarantine ORDER BY path")
    assert [(path, str(day)) for path, day in found] == [(f"{day}/a.txt", f"{day}") for day in days]


def test_a_file_that_was_mended_leaves_the_quarantine(settings, tmp_path):
    ingest_files(settings, tmp_path / "in", {"a.txt": b""}, label="1")
    report = ingest_files(settings, tmp_path / "in", {"a.txt": story(1)}, label="2")
    assert (report.new, report.quarantined) == (1, 0)
    assert rows(settings.store, "SELECT count(*) FROM corpus_quarantine") == [(0,)]


def test_a_name_that_is_no_utf8_is_stored_spelled_out(settings, tmp_path):
    (tmp_path / "in").mkdir()
    with open(os.fsencode(tmp_path / "in") + b"/caf\xe9.txt", "wb") as file:
        file.write(story(1).encode())
    ingest_files(settings, tmp_path / "in", {})
    assert rows(settings.store, "SELECT source_key FROM corpus_article") == [("caf\\xe9.txt",)]


def test_links_out_of_the_folder_pipes_and_dangling_links_are_passed_over(settings, tmp_path):
    (tmp_path / "secret.txt").write_text(story(9))
    root = tmp_path / "in"
    root.mkdir()
    (root / "out.txt").symlink_to(tmp_path / "secret.txt")
    (root / "nowhere.txt").symlink_to(root / "gone.txt")
    os.mkfifo(root / "pipe.txt")
    (root / "real.txt").write_text(story(1))
    (root / "inside.txt").symlink_to(root / "real.txt")
    report = ingest_files(settings, root, {})
    assert (report.read, report.canonical, report.exact) == (2, 1, 1)


def test_two_texts_of_one_id_are_never_taken_for_one(settings, tmp_path, monkeypatch):
    """A 63-bit id can be forged; the 256-bit digest tells."""
    monkeypatch.setattr("etl.prepare.rows.text_key", lambda text: (7, text.encode()[:32].ljust(32)))
    files = {"a.txt": story(1), "b.txt": story(2)}
    report = ingest_files(settings, tmp_path / "in", files, workers=lambda: None)
    assert (report.new, report.quarantined) == (1, 1)
    ((stage, reason),) = rows(settings.store, "SELECT stage, reason FROM corpus_quarantine")
    assert stage == "commit"
    assert "collision" in reason


class Crash(Exception):
    """The process dies here."""


def test_a_crash_before_any_statement_leaves_the_store_as_it_was(settings, tmp_path):
    """Every statement of a commit in turn is the last; then the run is repeated and ends as if nothing had been."""
    root = tmp_path / "in"
    ingest_files(settings, root, {"a.txt": story(1), "b.txt": story(2)}, label="1")
    before = dump(settings.store, metadata.sorted_tables)
    changed = {"a.txt": story(1, (3, "x")), "c.txt": story(2, words=80), "d.txt": story(3)}
    done, survived = False, 0
    while not done:
        left = survived

        def crash(*args, **kwargs):
            nonlocal left
            if left == 0:
                raise Crash
            left -= 1

        sa.event.listen(sa.Engine, "before_cursor_execute", crash)
        try:
            ingest_files(settings, root, changed, label=f"crash {survived}")
            done = True
        except Crash:
            survived += 1
        finally:
            sa.event.remove(sa.Engine, "before_cursor_execute", crash)
        if not done:
            assert dump(settings.store, metadata.sorted_tables) == before
    assert survived > 20
    check(settings.store)


@pytest.mark.parametrize("seed", range(6))
def test_any_order_of_days_ends_in_the_same_tables(seed, tmp_path, store_url):
    """Forwards in one store; shuffled, with repeats, and other batch sizes in another: the same rows.

    The files lie as <day>/<name>; the source is rooted per day, so that the same name on two days is one article.
    """
    folders = history(seed, tmp_path / "in")
    forwards = Settings(store=f"sqlite:///{tmp_path}/forwards.db", staging=str(tmp_path / "s"), workers=1)
    for day, folder in folders.items():
        ingest_files(forwards, folder, {}, day, f"{day}")
    days = list(folders) + random.Random(seed).choices(list(folders), k=3)
    random.Random(seed + 99).shuffle(days)
    shuffled = Settings(store=store_url, staging=str(tmp_path / "t"), workers=1, batch_bytes=1, shard_bytes=1)
    for n, day in enumerate(days):
        ingest_files(shuffled, folders[day], {}, day, f"{n}")
    assert dump(shuffled.store) == dump(forwards.store)
    check(shuffled.store)


def _ingest_days(store, staging, folders):
    for day, folder in folders:
        ingest_files(Settings(store=store, staging=staging, workers=1), folder, {}, day, f"{os.getpid()} {day}")


def test_runs_at_the_same_time_end_in_the_same_tables(tmp_path, store_url):
    folders = history(7, tmp_path / "in")
    alone = Settings(store=f"sqlite:///{tmp_path}/alone.db", staging=str(tmp_path / "s"), workers=1)
    for day, folder in folders.items():
        ingest_files(alone, folder, {}, day, f"{day}")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])  # imported once, not by each of them
    items = list(folders.items())
    workers = [
        context.Process(target=_ingest_days, args=(store_url, str(tmp_path / f"t{n}"), items[n:] + items[:n]))
        for n in range(3)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(120)
        assert worker.exitcode == 0
    assert dump(store_url) == dump(alone.store)
    numbers = [n for (n,) in rows(store_url, "SELECT run_id FROM run ORDER BY run_id")]
    assert numbers == list(range(1, len(numbers) + 1))


TAMPERED = {
    "a signature": "UPDATE signature SET minima = (SELECT max(minima) FROM signature)",
    "an agency": "UPDATE article SET agency = 'AP' WHERE article_id = (SELECT min(article_id) FROM article)",
    "a rank": "INSERT INTO source (name, rank) VALUES ('test', 1)",
    "a standing": "UPDATE cluster_member SET canonical_id = text_id, jaccard = 1 WHERE jaccard < 1",
    "a jaccard": "UPDATE cluster_member SET jaccard = jaccard - 0.001 WHERE jaccard < 1",
    "a missing bucket row": "DELETE FROM bucket WHERE band_key = (SELECT min(band_key) FROM bucket)",
    "a bucket row too many": "INSERT INTO bucket SELECT 1, canonical_id, own FROM bucket ORDER BY canonical_id LIMIT 1",
    "a place": "UPDATE cluster_member SET day = day - 1",
    "a body": "UPDATE revision SET body = body || 'x' WHERE article_id = (SELECT min(article_id) FROM revision)",
    "a count": "UPDATE run SET articles = articles + 1, canonical = canonical + 1",
}


@pytest.mark.parametrize("tampered", TAMPERED)
def test_verify_names_what_is_wrong_with_a_store(settings, tmp_path, tampered):
    files = {"a.txt": story(1), "b.txt": story(1, (3, "x"), words=70), "c.txt": story(2)}
    ingest_files(settings, tmp_path / "in", files)
    check(settings.store)
    engine = database.connect(settings.store)
    with database.writing(engine) as connection:
        connection.exec_driver_sql(TAMPERED[tampered])
    with database.reading(engine) as connection:
        assert [str(d) for d in verify.verify(connection, Recipe(), lambda part: None)] != []
    engine.dispose()


def test_a_report_whose_counts_do_not_add_up_stops_the_run(settings, tmp_path, monkeypatch):
    monkeypatch.setattr(
        "etl.store.runs.latest_counts",
        lambda connection: dict.fromkeys(("articles", "canonical", "exact", "near", "retracted"), 0) | {"near": 1},
    )
    with pytest.raises(AssertionError, match="articles were lost"):
        ingest_files(settings, tmp_path / "in", {"a.txt": story(1)})
    assert rows(settings.store, "SELECT count(*) FROM article") == [(0,)]


def test_a_retry_finds_the_shards_of_the_first_try(settings, tmp_path):
    source = Source("seeds", (str(SEEDS),))
    first = steps.discover(source, None, "run 1", settings)
    steps.prepare(first[0], settings)
    assert steps.discover(source, None, "run 1", settings) == first
    assert steps.discover(source, None, "run 2", settings) != first
    steps.commit(first, source, None, "run 1", settings, NOW)


def test_a_commit_keeps_as_many_pages_of_a_sqlite_store_as_the_setting_says(tmp_path, monkeypatch):
    room = Mock(return_value=80 << 20)
    monkeypatch.setattr(database, "_room_for_pages", room)
    settings = Settings(store=f"sqlite:///{tmp_path}/corpus.db", staging=str(tmp_path / "staging"))
    with database.opened(settings.store, cache_bytes=0) as engine, database.reading(engine) as connection:
        assert connection.scalar(sa.text("PRAGMA cache_size")) == -80 * 1024
    ingest_files(replace(settings, cache_bytes=70 << 20), tmp_path / "in", {"a.txt": story(1)})
    assert room.call_count == 1
    ingest_files(settings, tmp_path / "in", {"b.txt": story(2)})
    assert room.call_count == 2
    with database.opened(settings.store) as engine, database.reading(engine) as connection:
        assert connection.scalar(sa.text("PRAGMA cache_size")) == -64 * 1024


def test_room_for_pages_lies_between_the_least_and_the_most_that_pay():
    assert database.LEAST_CACHE <= database._room_for_pages() <= database.MOST_CACHE
