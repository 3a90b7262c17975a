"""Origin: agencies and publishers are named alike, however an article spells them."""

from __future__ import annotations

import json

import pytest

from etl.store import database
from etl.store.sources import Declared, declare
from schemas.agencies import AGENCIES, HOSTS, agency, agency_of, origin
from schemas.publishers import publisher
from tests.support.stores import check, ids, ingest_files, rows
from tests.support.stories import story


@pytest.mark.parametrize(("credit", "expected"), [
    ("AFP", "AFP"), ("afp", "AFP"), ("dpa/tmn", "dpa"), ("SPIEGEL/dpa/AFP", "dpa"), ("Deutsche Presse-Agentur", "dpa"),
    ("The Associated Press", "AP"), ("Associated Press Writer", "AP"), ("AP Political Writer", "AP"),
    ("РИА Новости", "RIA"), ("新华社记者", "Xinhua"), ("رويترز", "Reuters"),
    ("Thomson Reuters Foundation", "Reuters"), ("Agencia EFE", "EFE"),
    ("Staff writer", None), ("Correspondent at pa", None), ("Fenmoor News Agency", None), ("PRNewswire", None),
    ("", None),
])  # fmt: skip
def test_a_credit_names_an_agency_whatever_stands_beside_it(credit, expected):
    assert agency(credit, None, None, None) == expected


@pytest.mark.parametrize(("lines", "expected"), [
    ((None, "HARRISBURG, PA (AP) —", None, None), "AP"),  # PA alone would be the state
    ((None, "HARRISBURG, PA —", None, None), None),
    ((None, "BERLIN, May 3 /dpa/ -", None, None), "dpa"),
    ((None, None, "By Reuters", None), "Reuters"),
    ((None, None, "By Anna Reuters", None), None),
    ((None, None, None, "Bloomberg.com"), "Bloomberg"),
    ((None, None, None, "PA Times"), None),
    (("AFP", "PARIS (AP) —", "By Reuters", "Reuters"), "AFP"),  # who is credited counts first
])  # fmt: skip
def test_a_dateline_names_an_agency_in_parentheses_a_byline_and_a_site_by_nothing_else(lines, expected):
    assert agency(*lines) == expected


def test_no_name_is_that_of_two_agencies():
    names = [name.casefold() for names in AGENCIES.values() for name in {n.casefold() for n in names.split(" | ")}]
    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize(("url", "expected"), [
    ("https://www.gazette.example/a", "gazette.example"), ("http://u@News.Gazette.co.uk:80/b", "gazette.co.uk"),
    ("https://ann.substack.com/p", "ann.substack.com"), ("https://www.lemonde.fr/x", "lemonde.fr"),
    ("https://127.0.0.1/", None), ("https://[::1]/", None), ("urn:x", None), (None, None),
])  # fmt: skip
def test_a_publisher_is_the_registrable_name_of_the_host(url, expected):
    assert publisher(url) == expected


def of(credit=None, dateline=None, byline=None, site=None, url=None, trailer=None, body="The port is open."):
    return origin(credit, dateline, byline, site, publisher(url), trailer, body[:160], body[-160:])


@pytest.mark.parametrize(("said", "expected"), [
    ({"url": "https://www.reuters.com/a", "credit": "AFP"}, ("Reuters", "host")),  # its own host before a name in it
    ({"credit": "dpa/tmn", "body": "OSLO (AP) — The port is open."}, ("dpa", "credit")),
    ({"dateline": "OSLO (AP) —"}, ("AP", "dateline")),
    ({"body": "OSLO, May 3 (Reuters) - The port is open."}, ("Reuters", "head")),
    ({"body": "BERLIN, 3. Mai /dpa/ -- Der Hafen ist offen."}, ("dpa", "head")),
    ({"body": "The port (AP) is open - for all."}, None),  # what stands in a sentence is no mark
    ({"body": "The minister told Reuters that the port is open."}, None),
    ({"body": "The port is open. (AFP)"}, ("AFP", "foot")),
    ({"body": "The port is open. REUTER..."}, ("Reuters", "foot")),
    ({"body": "The port is open.\n\nANSA"}, ("ANSA", "foot")),
    ({"body": "It is open.   ([ Schweizerische Politische Korrespondenz)....^M"}, ("SPK", "foot")),  # the longest mark
    ({"body": "The port is open.\n\n© 2026 The Associated Press. All rights reserved."}, ("AP", "foot")),
    ({"body": "The port is open.\n\nThe Associated Press contributed to this report."}, None),
    ({"body": "The port is open.\n\nPhoto: AP"}, None),
    ({"trailer": "Reuter"}, ("Reuters", "foot")),
    ({"trailer": "Reporting by Ada Moor; Editing by Jon Feld"}, None),
    ({}, None),
])  # fmt: skip
def test_the_origin_of_an_article_is_its_host_a_name_or_a_mark_of_its_text(said, expected):
    assert of(**said) == expected


@pytest.mark.parametrize("mark", ["(" * 90_000, "Oslo " * 20_000, "a. (" * 30_000, "x (A) " * 20_000 + "-"])
def test_no_text_is_searched_beyond_its_head_and_foot(mark):
    assert of(body=mark, trailer=mark) is None


def test_hosts_are_of_agencies_of_the_table():
    assert set(HOSTS.values()) <= set(AGENCIES)
    assert [agency_of(name) for name in ("Reuters", "apnews.com", "The Associated Press", "Gazette Group", "")] == [
        "Reuters", "AP", "AP", None, None,
    ]  # fmt: skip


def test_the_origin_of_a_story_is_by_the_surest_word_of_its_copies_whichever_came_first(settings, tmp_path):
    body = story(1)
    records = [
        {"id": "a", "text": body, "date": "2026-03-01T12:00:00Z", "credit": "AFP"},
        {"id": "b", "text": f"{body} (dpa)", "date": "2026-03-02"},
        {"id": "c", "text": story(2), "date": "2026-03-01"},
        {"id": "d", "text": story(3), "url": "https://www.gazette.example/d", "date": "2026-03-02"},
        {"id": "e", "text": body[:-20], "date": "2026-03-01T09:00:00Z"},  # shorter, so that it stands behind "a"
    ]
    ask = "SELECT a.source_key, s.origin, s.origin_evidence FROM corpus_story AS s JOIN corpus_article AS a" \
        " ON a.article_id = s.canonical_id ORDER BY a.source_key"  # fmt: skip
    ingest_files(settings, tmp_path / "in", {"1.jsonl": "\n".join(map(json.dumps, reversed(records)))})
    known = ids(settings)
    first = ["first printed", None]
    said = {
        key: [name, *map(json.loads(told).get, ("by", "article_id"))] for key, name, told in rows(settings.store, ask)
    }
    assert said == {
        "a": ["AFP", "credit", known["a"]], "c": ["test", *first],
        "https://www.gazette.example/d": ["gazette.example", *first],
    }  # fmt: skip
    printed = rows(settings.store, "SELECT canonical_id, first_printed FROM corpus_story")
    assert dict(printed) == {known["a"]: known["e"], **{known[k]: known[k] for k in said if k != "a"}}
    with database.opened(settings.store) as engine:
        declare(engine, [Declared("test", "files", publisher="dpa International")])
        assert rows(settings.store, ask)[0][1] == "AFP"
        declare(engine, [Declared("test", "files", publisher="dpa-international.com")])
    assert [row[1] for row in rows(settings.store, ask)] == ["dpa", "dpa", "dpa"]
    assert '"by": "source"' in rows(settings.store, ask)[0][2]
    check(settings.store)
