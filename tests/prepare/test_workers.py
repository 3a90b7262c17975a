"""Workers: whatever a document does to its process, it is quarantined with the reason, and all others are prepared."""

from __future__ import annotations

import faulthandler
import gzip
import io
import json
import multiprocessing
import os
import re
import signal
import time
import zipfile
from collections import Counter
from collections.abc import Generator
from dataclasses import replace
from datetime import UTC, datetime
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from etl.errors import Retryable
from etl.extract.article import extract
from etl.fingerprint.recipe import Recipe
from etl.prepare import shard_list
from etl.prepare.packed import pack, unpack
from etl.prepare.reading import ReadLimits
from etl.prepare.rows import prepare
from etl.prepare.shards import Stages, prepared_rows
from etl.prepare.worker_process import Budget
from etl.prepare.workers import Lost, Workers
from etl.read.cursor import FileLimits
from etl.read.files import read
from etl.sources import discover
from etl.sources.source import Source
from schemas.records import Quarantined, RawDocument
from tests.support.begun import begun_since_now
from tests.support.stores import ingest_files, rows

BUDGET = Budget(seconds=1, memory=300_000_000, patience=5)
FATES = {
    "sleeps": "too slow: more than 5 s by the clock",
    "hangs in C": "too slow: more than",
    "eats memory": "too large: more than 300 MB of memory",
    "eats memory in C": "too large: more than 300 MB of memory",
    "aborts": "crash: SIGABRT",
    "exits": "crash: exit status 3",
    "fails": "error: ZeroDivisionError('division by zero')",
}


def meet(fate):
    """What a document of that text does to the process that it is read or prepared in."""
    if fate == "sleeps":
        time.sleep(60)
    elif fate == "hangs in C":
        re.match(r"(a+)+$", "a" * 60 + "b")  # 2**60 steps without a byte code between
    elif fate == "eats memory":
        [bytearray(10_000_000) for _ in range(100)]
    elif fate == "eats memory in C":
        np.ones(1_000_000_000, dtype=np.uint8)
    elif fate == "aborts":
        faulthandler.disable()  # pytest's, which would tell of it at length
        os.abort()
    elif fate == "exits":
        os._exit(3)
    elif fate == "fails":
        1 / 0  # noqa: B018  that is the point


def fateful_extract(document, *rest):
    meet(document.content.decode().partition("\n")[0])
    return extract(document, *rest)


def fateful_read(stream, path, *rest, **named):
    """Records of a file, one a line; some are never reached."""
    for number, line in enumerate(stream.read().decode().splitlines()):
        meet(line)
        yield Quarantined(path, number, "read", line, b"")


def shard_of(folder, files):
    for name, content in files.items():
        (folder / name).write_text(content)
    found = discover.find_files(Source("test", (str(folder),)), None)
    return shard_list.Shard("test", None, str(folder), Recipe().name, tuple(found))


def prepared(shard, count=1, **stages):
    done: list[Any] = []
    with Workers(count, BUDGET) as workers:
        found = list(prepared_rows(shard, ReadLimits(1_000_000), workers, done.append, Stages(**stages)))
    assert sum(done) == sum(file.size for file in shard.files)
    return [path for rows, _ in found for path in rows["path"].to_pylist()], [q for _, bad in found for q in bad]


@pytest.mark.parametrize("count", [1, 3])
def test_a_document_that_ends_its_process_is_quarantined_and_all_others_are_prepared(tmp_path, monkeypatch, count):
    monkeypatch.setattr("etl.prepare.reading.BATCH_DOCUMENTS", 5)
    texts = {f"{number:02}.txt": f"Headline {number}\n\nBody {number}." for number in range(20)}
    bad = {f"{2 * number:02}{letter}.txt": f for number, (letter, f) in enumerate(zip("abcdefg", FATES, strict=True))}
    articles, quarantined = prepared(shard_of(tmp_path, texts | bad), count, extract=fateful_extract)
    assert articles == sorted(texts)
    assert [(q.path, q.stage, q.head.decode()) for q in quarantined] == [(p, "extract", f) for p, f in bad.items()]
    for each in quarantined:
        assert each.reason.startswith(FATES[bad[each.path]])


@pytest.mark.parametrize("fate", FATES)
def test_a_file_is_left_where_reading_it_ends_the_process(tmp_path, monkeypatch, fate):
    monkeypatch.setattr("etl.prepare.reading.BATCH_DOCUMENTS", 2)
    files = {"a": "one\ntwo\nthree\nfour", "b": f"one\ntwo\nthree\n{fate}\nfive", "c": f"{fate}\ntwo", "d": "one"}
    _, quarantined = prepared(shard_of(tmp_path, files), read=fateful_read)
    found = [(q.path, q.record) for q in quarantined]
    assert found == [*(("a", n) for n in range(4)), ("b", 0), ("b", 1), ("b", 2), ("b", None), ("c", None), ("d", 0)]
    left, never = (q for q in quarantined if q.record is None)
    assert left.reason.startswith(FATES[fate])
    assert left.reason.endswith("; rest of file, from record 3")
    assert never.reason.startswith(FATES[fate])
    assert (never.stage, never.head) == ("read", files["c"].encode())


def test_a_document_is_prepared_as_it_was_read():
    for moment in (None, datetime(2026, 5, 1, 12, 30, 5, 99, tzinfo=UTC), datetime.max.replace(tzinfo=UTC)):
        document = RawDocument("a.warc", 3, "html", b"<p>", moment, "https://a.example/", "utf-8", (("x", "y"),))
        assert repr(unpack(pack(document))) == repr(document)


def test_a_batch_that_is_lost_with_all_its_documents_is_prepared_one_by_one(tmp_path, monkeypatch):
    def with_one_bad(articles, recipe):
        if any("aborts" in article.title for article in articles):
            meet("aborts")
        return prepare(articles, recipe)

    monkeypatch.setattr("etl.prepare.documents.prepare", with_one_bad)
    shard = shard_of(tmp_path, {"a.txt": "One\n\nBody.", "b.txt": "It aborts\n\nBody.", "c.txt": "Three\n\nBody."})
    articles, quarantined = prepared(shard)
    assert articles == ["a.txt", "c.txt"]
    assert [(q.path, q.stage, q.reason) for q in quarantined] == [("b.txt", "extract", "crash: SIGABRT")]


def test_a_small_file_that_takes_much_memory_is_quarantined_and_the_run_adds_up(settings, tmp_path):
    bomb = '{"title": "T", "list": [' + "{}," * 6_000_000 + "{}]}\n"  # 18 MB, from which json makes 420 MB
    files = {"a.txt": "One\n\nBody.", "b.jsonl": bomb, "c.txt": "Three\n\nBody."}
    settings = replace(settings, max_document_memory=300_000_000)
    report = ingest_files(settings, tmp_path / "in", files, workers=lambda: None)
    assert (report.read, report.new, report.quarantined) == (3, 2, 1)
    assert rows(settings.store, "SELECT path, stage, reason FROM corpus_quarantine") == [
        ("b.jsonl", "read", "too large: more than 300 MB of memory")
    ]


HEAVIEST = {
    "a.html": b"<html><body>" + b"<ul><li>" * 100_000 + b"x",
    "b.rss": ("<rss " + " ".join(f'xmlns:n{i}="u{i}"' for i in range(100_000)) + "><channel><item><title>t</title>"
              "<description>" + '<a xmlns:b="c"/>' * 100_000 + "</description></item></channel></rss>").encode(),
}  # fmt: skip


def test_the_heaviest_hostile_documents_of_their_size_take_less_than_half_a_gigabyte(tmp_path):
    # Of all families in tests/test_linear.py, with 100,000 elements.
    for name, content in HEAVIEST.items():
        (tmp_path / name).write_bytes(content)
    with Workers(1, Budget(0, 500_000_000)) as workers:
        found = list(prepared_rows(shard_of(tmp_path, {}), ReadLimits(20_000_000), workers, lambda size: None))
    assert sum(batch.num_rows for batch, _ in found) == 2


def test_without_limits_only_a_crash_ends_a_process(tmp_path):
    shard = shard_of(tmp_path, {"a.txt": "eats memory\n\nBody.", "b.txt": "aborts"})
    with Workers(1, Budget(0, 0)) as workers:
        ((found, quarantined),) = prepared_rows(
            shard, ReadLimits(1_000_000), workers, print, Stages(extract=fateful_extract)
        )
    assert found["path"].to_pylist() == ["a.txt"]
    assert [q.reason for q in quarantined] == ["crash: SIGABRT"]


def count_to(mark, number):
    for each in range(number):
        mark(each)
        yield each


def stop_at(mark, number):
    yield "begun"
    mark(number, 7)
    os._exit(0)


def test_a_stream_that_is_given_up_disturbs_no_other():
    with Workers(1, BUDGET) as workers:
        given_up = workers.stream(count_to, 100_000)
        assert next(given_up) == 0
        assert isinstance(given_up, Generator)
        given_up.close()
        assert list(workers.stream(count_to, 3)) == [0, 1, 2]


def test_a_lost_call_names_its_step():
    with Workers(1, BUDGET) as workers:
        stream = workers.stream(stop_at, 4)
        assert next(stream) == "begun"
        with pytest.raises(Lost) as caught:
            next(stream)
    assert (caught.value.step, caught.value.reason) == ((4, 7), "crash: exit status 0")


def test_a_server_that_is_killed_before_it_has_read_its_task_is_replaced(monkeypatch):
    start, left = BaseProcess.start, [1]

    def killed_once(process):
        if left:
            left.pop()
            raise BrokenPipeError
        start(process)

    monkeypatch.setattr(BaseProcess, "start", killed_once)
    with Workers(1, BUDGET) as workers:
        assert list(workers.stream(count_to, 2)) == [0, 1]


def test_no_process_is_left():
    begun = begun_since_now()
    with Workers(2, BUDGET) as workers:
        assert list(workers.map(count_to, [2, 1], lambda call, lost: [])) == [0, 1, 0]
        assert len(begun()) == 1 + 2  # the server that forks, and those that it forked
    assert begun() == []


def _count(pipe):
    with Workers(1, BUDGET) as workers:
        pipe.send(list(workers.stream(count_to, 2)))


def test_a_daemon_may_have_workers():
    """As the processes are in which Celery runs tasks."""
    mine, theirs = multiprocessing.Pipe()
    parent = multiprocessing.get_context("fork").Process(target=_count, args=(theirs,), daemon=True)
    parent.start()
    theirs.close()
    assert mine.recv() == [0, 1]
    parent.join()


def is_alive(pid):
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _abandon(pipe):
    workers = Workers(2, BUDGET)
    list(workers.map(count_to, [2, 1], lambda call, lost: []))
    list(workers.stream(count_to, 1))
    pipe.send([child.pid for child in psutil.Process().children(recursive=True)])
    os.kill(os.getpid(), signal.SIGKILL)


def test_no_process_outlives_a_parent_that_is_killed():
    mine, theirs = multiprocessing.Pipe()
    parent = multiprocessing.get_context("fork").Process(target=_abandon, args=(theirs,))
    parent.start()
    children = mine.recv()
    assert len(children) == 1 + 3
    parent.join()
    deadline = time.monotonic() + 30
    while any(map(is_alive, children)) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not any(map(is_alive, children))


def records_read_by_fate(stream, path, *rest, **named):
    """The readers of the project, but a record whose title is a fate meets it; each record made is noted in a file."""
    real, monkey = RawDocument.__new__, pytest.MonkeyPatch()

    def made(cls, path, record, media, content, *others):
        if isinstance(content, dict) or media == "html":
            page = "" if isinstance(content, dict) else content.decode()
            title = (
                page.split("<h1>")[1].split("<")[0] if page else content.get("title") or content["body"].split("\n")[0]
            )
            with open(NOTES, "a") as notes:
                notes.write(f"{title}\n")
            meet(title)
        return real(cls, path, record, media, content, *others)

    monkey.setattr(RawDocument, "__new__", made)  # in this process, which is a fork
    try:
        yield from read(stream, path, *rest, **named)
    finally:
        monkey.undo()


NOTES = os.devnull


def lines_of(titles):
    return "".join(json.dumps({"title": title, "body": f"Alba writes of {title}."}) + "\n" for title in titles).encode()


def each(form, begin="", end=""):
    """A container of records that are alike but for their titles."""
    return lambda titles: (begin + "".join(form.replace("@@", title) for title in titles) + end).encode()


PAGE = "<html><h1>@@</h1><p>Alba writes of it.</html>"
CSV = each('@@,"Alba writes,\nof it."\n', "title,text\n")
CONTAINERS = {
    "a.jsonl": lines_of,
    "a.jsonl.gz": lambda titles: gzip.compress(lines_of(titles)),
    "a.json": lambda titles: json.dumps([{"title": t, "body": f"Alba writes of {t}."} for t in titles]).encode(),
    "a.zip": lambda titles: zipped(first=lines_of(titles), second=lines_of(["the last"])),
    "a.csv": CSV,
    "a.csv.gz": lambda titles: gzip.compress(CSV(titles)),
    "mac.csv": lambda titles: CSV(titles).replace(b"\n", b"\r"),
    "wide.csv": lambda titles: CSV(titles).decode().encode("utf-16"),
    "a.mbox": each("From a@b.example Fri May  3 08:00:00 2024\nSubject: @@\nFrom: Ann\n\nAlba writes of it.\n\n"),
    "a.arc": each(
        f"http://alba.example/ 192.0.2.1 20240503080000 text/html {len(PAGE)}\n{PAGE}\n",  # a length to be repaired
        "filedesc://a.arc 0.0.0.0 20240503080000 text/plain 9\n1 0 Alba\n\n",
    ),
    "a.lexis.txt": each(
        "1 of 60 DOCUMENTS\n\nThe Mole\n\nMay 3, 2024\n\n@@\n\nLENGTH: 4 words\n\nAlba writes of it.\n\n"
    ),
    "a.iptc.txt": each("\x01tst0001 4 i 9\r\n\x02@@ =\r\n   Alba writes of it.\r\n\x03\r\n030000 GMT MAY 24\r\n\x04"),
    "a.trec": each(
        "<DOC>\n<DOCNO>A1</DOCNO>\n<HEADLINE>@@</HEADLINE>\n<TEXT>\nAlba writes of it.\n</TEXT>\n</DOC>\n"
    ),
    "a.sgm": each(
        "<REUTERS><TEXT><TITLE>@@</TITLE><BODY>Alba writes of it.</BODY></TEXT></REUTERS>\n",
        '<!DOCTYPE lewis SYSTEM "lewis.dtd">\n',
    ),
    "a.rss": each(
        "<item><title>@@</title><description>Alba writes of it.</description></item>",
        "<rss><channel><title>Mole</title>", "</channel></rss>",
    ),
    "a.nitf.xml": each(
        "<nitf><body><body.head><hedline><hl1>@@</hl1></hedline></body.head><body.content><p>Alba writes of it.</p>"
        "</body.content></body></nitf>",
    ),
    "a.newsml.xml": each(
        "<newsItem><contentMeta><headline>@@</headline></contentMeta><contentSet><inlineXML><p>Alba writes of it."
        "</p></inlineXML></contentSet></newsItem>",
        "<newsMessage>", "</newsMessage>",
    ),
    "a.newsml1.xml": each(
        "<NewsItem><NewsLines><HeadLine>@@</HeadLine></NewsLines><DataContent><p>Alba writes of it.</p>"
        "</DataContent></NewsItem>",
        "<NewsML>", "</NewsML>",
    ),
}  # fmt: skip


def zipped(**members):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.jsonl", content)
    return packed.getvalue()


@pytest.mark.parametrize("name", CONTAINERS)
def test_a_record_over_which_reading_ends_takes_no_other_along_and_little_is_read_again(tmp_path, monkeypatch, name):
    monkeypatch.setattr("etl.prepare.reading.BATCH_DOCUMENTS", 5)
    monkeypatch.setattr(f"{__name__}.NOTES", str(tmp_path / "notes"))
    titles = [f"story {number}" for number in range(60)]
    titles[17], titles[18], titles[40], titles[59] = "aborts", "fails", "exits", "aborts"
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / name).write_bytes(CONTAINERS[name](titles))
    articles, quarantined = prepared(shard_of(tmp_path / "in", {}), read=records_read_by_fate)
    assert len(articles) == 56 + (name == "a.zip")
    assert len({q.path for q in quarantined}) == 1
    assert [(q.record, q.reason.partition("(")[0]) for q in quarantined] == [
        (17, "crash: SIGABRT"), (18, "error: ZeroDivisionError"), (40, "crash: exit status 3"), (59, "crash: SIGABRT"),
    ]  # fmt: skip
    again = Counter((tmp_path / "notes").read_text().splitlines())
    assert sum(again.values()) <= 60 + 1 + 4 * 5, "a batch for each failure, and no more"
    assert max(again.values()) <= 3


def extract_by_fate(document, *rest):
    """Extract; the process ends itself by a signal at a record of that title, as often as its file says."""
    if document.content["title"] == "killed":
        left = int(Path(NOTES).read_text())
        if left:
            Path(NOTES).write_text(str(left - 1))
            os.kill(os.getpid(), signal.SIGKILL)
    return extract(document, *rest)


@pytest.mark.parametrize(("kills", "blamed"), [(0, False), (1, False), (2, True), (99, True)])
def test_a_document_at_which_a_process_is_killed_is_tried_once_more_and_blamed_once(
    tmp_path, monkeypatch, kills, blamed
):
    monkeypatch.setattr(f"{__name__}.NOTES", str(tmp_path / "kills"))
    (tmp_path / "kills").write_text(str(kills))
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.jsonl").write_bytes(lines_of(["one", "killed", "three"]))
    articles, quarantined = prepared(shard_of(tmp_path / "in", {}), extract=extract_by_fate)
    assert len(articles) == 3 - blamed
    assert [(q.record, q.reason) for q in quarantined] == [
        (1, "killed: SIGKILL from outside, twice; is the machine out of memory?")
    ] * blamed
    assert int((tmp_path / "kills").read_text()) == max(0, kills - 2), "it is tried twice, and no third time"


def killed_while_it_waits(mark, folder):
    """Results that nobody has yet taken; the process is killed as often as a file says, no step of its in hand."""
    for number in range(4):
        mark(number)
        yield number
        left = int(Path(folder).read_text())
        if number == 2 and left:
            Path(folder).write_text(str(left - 1))
            os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.parametrize("kills", [1, 5])
def test_no_document_is_blamed_for_a_kill_between_two(tmp_path, kills):
    (tmp_path / "kills").write_text(str(kills))
    with Workers(1, BUDGET) as workers:
        found = workers.map(killed_while_it_waits, [tmp_path / "kills"], lambda call, lost: pytest.fail(str(lost)))
        assert list(found) == [0, 1, 2, 3]


def test_a_machine_that_kills_every_process_ends_the_run_and_blames_nobody(tmp_path):
    (tmp_path / "kills").write_text("1000")
    with Workers(1, BUDGET) as workers, pytest.raises(Retryable, match="out of memory"):
        list(workers.map(killed_while_it_waits, [tmp_path / "kills"], lambda call, lost: pytest.fail(str(lost))))


def pid_or_failure(document, *rest):
    with open(NOTES, "a") as notes:
        notes.write(f"{os.getpid()}\n")
    raise KeyError("nobody foresaw this")


def test_an_exception_over_a_document_costs_no_process(tmp_path, monkeypatch):
    monkeypatch.setattr(f"{__name__}.NOTES", str(tmp_path / "pids"))
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.jsonl").write_bytes(lines_of(f"story {number}" for number in range(40)))
    articles, quarantined = prepared(shard_of(tmp_path / "in", {}), extract=pid_or_failure)
    assert (len(articles), len(quarantined)) == (0, 40)
    pids = (tmp_path / "pids").read_text().split()
    assert (len(pids), len(set(pids))) == (40, 1), "each is extracted once, all in one process"


def test_a_child_that_is_killed_between_two_calls_is_replaced():
    begun = begun_since_now()

    def calls():
        for number in range(1, 7):
            yield number
            for child in begun():
                child.kill()  # the server that forks them, too

    with Workers(1, BUDGET) as workers:
        found = list(workers.map(count_to, calls(), lambda call, lost: pytest.fail(str(lost))))
    assert found == [each for number in range(1, 7) for each in range(number)]


def test_a_deeply_nested_record_takes_no_other_along(tmp_path):
    nested = {
        number: f'{{"title": "T", "body": "B", "x": {"[" * number}{"]" * number}}}' for number in (900, 960, 5000)
    }
    lines = [json.dumps({"title": f"Story {number}", "body": "Body."}) for number in range(30)]
    (tmp_path / "a.jsonl").write_text("\n".join([*lines[:10], *nested.values(), *lines[10:]]))
    articles, quarantined = prepared(shard_of(tmp_path, {}))
    assert len(articles) + len(quarantined) == 33
    assert {q.record for q in quarantined} <= {10, 11, 12}


def test_a_file_is_read_no_further_than_its_limits(tmp_path):
    text = ("A word. " * 1000).encode()
    (tmp_path / "a.zip").write_bytes(zipped(**{f"m{n:02}": lines_of([text.decode()]) for n in range(40)}))
    (tmp_path / "b.jsonl").write_bytes(lines_of(f"story {number}" for number in range(9)))
    for limits, reason in (
        (FileLimits(unpacked_bytes=200_000), "too large: more than 200000 bytes inside one file"),
        (FileLimits(records=8), "too large: more than 8 records in one file"),
    ):
        with Workers(1, BUDGET) as workers:
            found = list(prepared_rows(shard_of(tmp_path, {}), ReadLimits(1_000_000, 0, limits), workers, print))
        over = [q for _, bad in found for q in bad if q.stage == "read"]
        assert {q.reason.partition(";")[0] for q in over} == {reason}
        assert all("rest of file, from record" in q.reason and q.record is None for q in over)


def test_a_file_of_any_time_is_read(tmp_path):
    (tmp_path / "a.txt").write_text("One\n\nBody.")
    shard = shard_of(tmp_path, {})
    for modified in (1e12, -1e12, 0.0):
        files = tuple(replace(file, modified=modified) for file in shard.files)
        articles, quarantined = prepared(replace(shard, files=files))
        assert (articles, quarantined) == (["a.txt"], [])
