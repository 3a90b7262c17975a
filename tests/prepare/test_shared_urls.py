"""Records of one file under one URL with different texts are different articles; versions of one text are not."""

from __future__ import annotations

import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etl.extract.article import extract
from etl.extract.identity import hash_of
from etl.fingerprint.recipe import Recipe
from etl.pipeline import steps
from etl.prepare.rows import prepare
from etl.prepare.shared_urls import SharedUrls
from etl.settings import Settings
from etl.sources.source import Source
from schemas.records import RawDocument
from tests.support.stores import NOW, check, dump, ingest, rows

URL = "https://courier.example/live"
WORDS = ["quay", "ship", "dock", "pilot", "crane", "tide", "lamp", "rope", "mast", "crew", "board", "pier", "storm"]


def text(number: int, words: int = 60) -> str:
    draw = random.Random(number)
    return " ".join(draw.choice(WORDS) + str(draw.randint(0, 50)) for _ in range(words))


def record(number: int, url: str = URL, **fields: object) -> dict[str, object]:
    return {"title": f"Block {number}", "text": text(number), "url": url, **fields}


def shared(records: list[dict[str, object]], path: str = "a.jsonl") -> frozenset[int]:
    watch = SharedUrls()
    articles = [extract(RawDocument(path, n, "fields", each), "s", None) for n, each in enumerate(records)]
    for at in range(0, len(articles), 2):
        watch.add(prepare(articles[at : at + 2], Recipe()))
    return watch.found()


FOUND = frozenset({hash_of("a.jsonl", URL)})
VERSION = text(1).replace("quay", "pier", 2)


@pytest.mark.parametrize(
    ("records", "is_shared"),
    [
        ([record(1), record(2)], True),
        ([record(1), record(1)], False),
        ([record(1), record(1) | {"text": VERSION}], False),
        ([record(1, id="a"), record(1, id="b") | {"text": VERSION}], True),
        ([record(1, id="a"), record(1, id="b")], False),
        ([record(1, id="a"), record(2, id="a")], False),
        ([record(1), record(2, id="a")], True),
        ([record(1, URL + "#1"), record(2, URL + "#2")], True),
        ([record(1), record(2, URL + "?page=2")], False),
        ([record(n % 2) for n in range(9)] + [record(7, URL + "/7")], True),
    ],
)
def test_a_url_is_shared_where_its_records_are_not_one_article(
    records: list[dict[str, object]], is_shared: bool
) -> None:
    assert shared(records) == (FOUND if is_shared else frozenset())


@given(st.permutations([record(n % 5, f"{URL}/{n % 3}", id=str(n % 4)) for n in range(12)]))
@settings(max_examples=20)
def test_which_urls_are_shared_does_not_depend_on_the_order_of_records(records: list[dict[str, object]]) -> None:
    assert shared(records) == shared(sorted(records, key=str))


def lines(*records: dict[str, object]) -> str:
    return "".join(f"{json.dumps(each)}\n" for each in records)


FILES = {
    "a/live.jsonl": lines(*(record(n, f"{URL}#block-{n}", id=f"b{n}") for n in range(4))),
    "a/front.jsonl": lines(*(record(10 + n, "https://courier.example/") for n in range(3))),
    "b/one.jsonl": lines(record(20, f"{URL}/20")),
    "b/versions.jsonl": lines(record(1, f"{URL}/1"), record(1, f"{URL}/1") | {"text": VERSION}),
}
KEYS = [
    "a/front.jsonl#0", "a/front.jsonl#1", "a/front.jsonl#2", "b0", "b1", "b2", "b3", f"{URL}/1", f"{URL}/20",
]  # fmt: skip


def test_records_that_share_a_url_are_articles_of_their_own_and_the_run_says_so(settings, tmp_path, caplog):
    for name, content in FILES.items():
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    source = Source("s", (str(tmp_path / "in"),))
    report = ingest(settings, source)
    assert (report.new, report.articles) == (9, 9)
    assert [key for (key,) in rows(settings.store, "SELECT source_key FROM article ORDER BY 1")] == KEYS
    assert "4 records share 1 URLs with records of other texts" in caplog.text
    check(settings.store)
    again = ingest(settings, source, label="again")
    assert (again.new, again.revised) == (0, 0)


def test_the_keys_are_the_same_whichever_way_and_in_whatever_order_files_are_read(tmp_path):
    others = []
    for name, content in FILES.items():
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    (tmp_path / "in" / "none").mkdir()
    for number, folders in enumerate((("a", "b"), ("b", "a"))):
        other = Settings(store=f"sqlite:///{tmp_path}/{number}.db", staging=str(tmp_path / "s"), workers=1)
        for folder in folders:
            part = Source("s", (str(tmp_path / "in" / folder), str(tmp_path / "in" / "none")))
            shards = steps.discover(part, None, folder, other)
            for shard in shards:
                steps.prepare(shard, other)
            steps.commit(shards, part, None, folder, other, NOW)
        others.append(dump(other.store))
    assert others[0] == others[1]
    source_keys = rows(f"sqlite:///{tmp_path}/0.db", "SELECT source_key FROM article ORDER BY 1")
    assert [key for (key,) in source_keys] == KEYS


def test_an_id_is_one_article_in_every_file_unless_ids_are_those_of_a_file(settings, tmp_path):
    for day in (1, 2):
        (tmp_path / "in").mkdir(exist_ok=True)
        (tmp_path / "in" / f"dump-{day}.jsonl").write_text(lines({"id": "77", "title": "T", "text": text(day)}))
    location = (str(tmp_path / "in"),)
    report = ingest(settings, Source("s", location))
    assert (report.articles, report.read) == (1, 2)
    report = ingest(settings, Source("by-file", location, ids_by_file=True), label="2")
    assert (report.new, report.articles) == (2, 3)
