"""JSON: in any charset, in the shapes that databases and news APIs give it; damage costs one value."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from schemas.records import Quarantined, RawDocument
from tests.support.reading import articles, documents, refused

BODY = "The ferry to Sandholm ran twice on Sunday.\n\nIts owner, who lives on the island, was pleased."
PARAGRAPHS = BODY.split("\n\n")
HTML = "".join(f"<p>{paragraph}</p>" for paragraph in PARAGRAPHS)
MOMENT = datetime(2024, 5, 3, 8, tzinfo=UTC)
URL = "https://island.example/ferry"


@pytest.mark.parametrize("charset", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("path", ["a.jsonl", "a.json"])
def test_records_may_be_in_any_charset(charset: str, path: str) -> None:
    records = [{"title": f"Fête à Orléans {n}", "text": "Très belle soirée, où l’on dansa."} for n in range(3)]
    lines = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
    assert [article.title for article in articles(lines.encode(charset), path)] == [r["title"] for r in records]


def test_a_line_in_another_charset_than_its_file_is_read() -> None:
    lines = '{"title": "Été", "text": "Une fête."}\n'.encode() + '{"title": "Café “Sud”", "text": "À midi."}\n'.encode(
        "cp1252"
    )
    assert [article.title for article in articles(lines, "a.jsonl")] == ["Été", "Café “Sud”"]


def test_control_characters_and_line_separators_within_strings_are_taken() -> None:
    lines = '{"title": "A\ttab", "text": "One\u2028two."}\n{"title": "B", "text": "x"}\n'.encode()
    assert [article.title for article in articles(lines, "a.jsonl")] == ["A tab", "B"]


def test_a_broken_value_in_an_array_costs_no_other_value() -> None:
    values = [json.dumps({"title": f"T{n}", "text": BODY}) for n in range(5)]
    values[1] = values[1].replace('"text"', '"text')
    values[3] = values[3].replace('"title": ', '"title" ')
    found = documents(f"[{', '.join(values)}]".encode(), "a.json")
    assert [isinstance(item, Quarantined) for item in found] == [False, True, False, True, False]
    assert [item.record for item in found] == [0, 1, 2, 3, 4]


RECORD = {"title": "Ferry runs twice", "text": BODY, "date": "2024-05-03T08:00:00Z", "url": URL}
SHAPES: dict[str, object] = {
    "elasticsearch": {"hits": {"total": 1, "hits": [{"_index": "n", "_id": "x7", "_source": RECORD}]}},
    "solr": {"responseHeader": {"status": 0}, "response": {"numFound": 1, "docs": [RECORD]}},
    "mongoexport": {**RECORD, "_id": {"$oid": "65a1"}, "date": {"$date": {"$numberLong": "1714723200000"}}},
    "mongoexport of old": {**RECORD, "date": {"$date": 1714723200000}},
    "guardian": {
        "response": {
            "status": "ok",
            "results": [
                {
                    "id": "island/ferry", "webTitle": "Ferry runs twice", "webUrl": URL, "sectionName": "Island",
                    "webPublicationDate": "2024-05-03T08:00:00Z", "fields": {"trailText": "Twice", "bodyText": BODY},
                }
            ],
        }
    },
    "guardian, one": {
        "response": {
            "content": {
                "webTitle": "Ferry runs twice", "webUrl": URL, "webPublicationDate": "2024-05-03T08:00:00Z",
                "fields": {"body": HTML},
            }
        }
    },
    "new york times": {
        "response": {
            "docs": [
                {
                    "headline": {"main": "Ferry runs twice"}, "abstract": "Twice.", "lead_paragraph": BODY,
                    "web_url": URL, "pub_date": "2024-05-03T08:00:00+0000",
                }
            ]
        }
    },
    "wordpress": [
        {
            "id": 12, "date": "2024-05-03T10:00:00", "date_gmt": "2024-05-03T08:00:00", "link": URL, "author": 4,
            "title": {"rendered": "Ferry runs twice"}, "content": {"rendered": HTML, "protected": False},
        }
    ],
    "news-please": {
        "title": "Ferry runs twice", "maintext": BODY, "text": None, "description": "Twice.", "url": URL,
        "date_publish": "2024-05-03 08:00:00", "date_download": "2024-06-01 00:00:00", "title_page": None,
    },
    "fundus": {
        "title": "Ferry runs twice", "publishing_date": "2024-05-03 08:00:00+00:00", "url": URL,
        "body": {"summary": [], "sections": [{"headline": [], "paragraphs": PARAGRAPHS}]},
    },
    "trafilatura": {
        "title": "Ferry runs twice", "text": BODY, "raw_text": "x", "date": "2024-05-03T08:00:00Z", "source": URL,
        "source-hostname": "Island", "excerpt": "Twice.",
    },
    "washington post": {
        "id": "b2", "article_url": URL, "title": "Ferry runs twice", "published_date": 1714723200000,
        "contents": [
            {"type": "kicker", "content": "Island"},
            {"type": "title", "content": "Ferry runs twice"},
            {"type": "image", "fullcaption": "The ferry"},
            *({"type": "sanitized_html", "subtype": "paragraph", "content": text} for text in PARAGRAPHS),
            {"type": "author_info", "bio": "She writes."},
        ],
    },
    "json feed": {"version": "https://jsonfeed.org/version/1.1", "title": "Island", "description": "News", "items": [
        {
            "id": "1", "url": URL, "title": "Ferry runs twice", "content_html": HTML,
            "date_published": "2024-05-03T08:00:00Z",
        },
    ]},
    "pandas, columns": {name: {"0": value, "1": value} for name, value in RECORD.items()},
    "pandas, index": {"907": RECORD, "908": RECORD},
    "pandas, split": {"columns": list(RECORD), "index": [0], "data": [list(RECORD.values())]},
    "pandas, list": {name: [value, value] for name, value in RECORD.items()},
    "encoded twice": json.dumps(RECORD),
}  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("path", ["a.json", "a.jsonl"])
def test_records_of_known_sources_are_read_whole(shape: str, path: str) -> None:
    found = SHAPES[shape]
    if path == "a.jsonl" and not (isinstance(found, dict) and {"title", "headline"} & found.keys()):
        return
    content = json.dumps(found).encode()
    for article in articles(content, path):
        assert (article.title, article.body) == ("Ferry runs twice", BODY)
        assert (article.published_at, article.url) == (MOMENT, URL)
        assert article.authors == ()


def test_a_feed_says_once_what_holds_for_its_items() -> None:
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "Island",
        "items": [{"id": "1", "title": "T", "content_text": BODY}],
    }
    assert articles(json.dumps(feed).encode(), "a.json")[0].site == "Island"


def test_a_record_that_has_a_list_of_objects_is_one_record() -> None:
    record = {**RECORD, "items": [{"title": "A picture"}], "data": [{"name": "x"}]}
    assert [article.title for article in articles(json.dumps(record).encode(), "a.json")] == ["Ferry runs twice"]


def test_a_list_in_a_record_is_no_table() -> None:
    record = {"title": ["Ferry runs twice"], "text": PARAGRAPHS, "author": ["Ann Pell", "Bo Quist"]}
    (found,) = articles(json.dumps(record).encode(), "a.json")
    assert (found.title, found.body, found.authors) == ("Ferry runs twice", BODY, ("Ann Pell", "Bo Quist"))


@pytest.mark.parametrize(
    ("name", "space"), [("a.jsonl", b" "), ("a.json", b" "), ("a.json", b"\n  "), ("a", b" "), ("a", b"\n  ")]
)
def test_the_marks_of_a_text_sequence_are_no_part_of_its_values(name: str, space: bytes) -> None:
    content = b'\x1e{"title": "a", "body": "One."}\n\x1e{"title": "b", "body": "Two."}\n'.replace(b" ", space)
    assert [article.title for article in articles(content, name)] == ["a", "b"]


def test_values_that_are_no_objects_are_quarantined() -> None:
    assert refused(b'[1, "x", {"title": "A"}]', "a.json") == ["no record: JSON, but not an object"] * 2


def test_a_number_too_long_for_python_costs_its_own_value() -> None:
    long = "7" * 5_000
    content = f'[{{"title": "A"}}, {{"title": "B", "n": {long}}}, {long}, {{"title": "C"}}]'.encode()
    found = documents(content, "a.json")
    assert [item.content["title"] for item in found if isinstance(item, RawDocument)] == ["A", "C"]  # type: ignore[call-overload]
    reasons = {item.reason for item in found if isinstance(item, Quarantined)}
    assert {reason.partition(":  ")[0].partition(" (")[0] for reason in reasons} == {"broken JSON: Exceeds the limit"}
