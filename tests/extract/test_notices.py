"""A notice of an agency withdraws the article that it names, whichever of the two is read first."""

from __future__ import annotations

import json

import pytest

from etl.extract.article import extract
from schemas.records import RawDocument
from tests.support.stores import check, ingest_files, rows

BODY = (
    "The harbour office said on Friday that both ferries will stay in port until the storm is over and piers are dry."
)
NEWSML = """<newsItem xmlns="http://iptc.org/std/nar/2006-10-01/" guid="urn:newsml:wire.example:{id}"
 version="{version}"><itemMeta><pubStatus qcode="stat:{status}"/></itemMeta>
<contentMeta><headline>{title}</headline></contentMeta>
<contentSet><inlineXML><html xmlns="http://www.w3.org/1999/xhtml"><body>{body}</body></html></inlineXML></contentSet>
</newsItem>"""
NITF = """<nitf><head><docdata {status}><doc-id id-string="{id}"/></docdata></head><body><body.head><hedline>
<hl1>{title}</hl1></hedline></body.head><body.content><p>{body}</p></body.content></body></nitf>"""


def ninjs(**fields: str) -> str:
    return json.dumps({"uri": "urn:ninjs:wire.example:7", "headline": "Ferries stay", "body_text": BODY, **fields})


PAIRS = {
    "NewsML-G2": (
        NEWSML.format(id=7, version=1, status="usable", title="Ferries stay", body=f"<p>{BODY}</p>"),
        NEWSML.format(id=7, version=2, status="canceled", title="Withdrawn", body=""),
        "xml",
    ),
    "NITF": (
        NITF.format(id="n7", status="", title="Ferries stay", body=BODY),
        NITF.format(id="n8", status='management-status="canceled" management-doc-idref="n7"', title="Notice", body="x"),
        "xml",
    ),
    "ninjs": (ninjs(pubstatus="usable"), ninjs(pubstatus="canceled"), "json"),
    "slug": (ninjs(slugline="FERRIES"), ninjs(slugline="BC-MANDATORY KILL-FERRIES", body_text="Kill it."), "json"),
    "headline": (ninjs(), ninjs(headline="KILL: Ferries stay", body_text="Editors, kill this story."), "json"),
}


@pytest.mark.parametrize("kind", PAIRS)
@pytest.mark.parametrize("order", [(0, 1), (1, 0), None])
def test_an_article_that_its_source_withdraws_is_retracted_whichever_came_first(settings, tmp_path, kind, order):
    *both, ending = PAIRS[kind]
    for n in order or ():
        report = ingest_files(settings, tmp_path / str(n), {f"{n}.{ending}": both[n]}, label=str(n))
    if order is None:
        report = ingest_files(settings, tmp_path / "in", {f"{n}.{ending}": each for n, each in enumerate(both)})
    assert (report.articles, report.retracted) == (0, 1)
    assert rows(settings.store, "SELECT count(*) FROM corpus_article") == [(0,)]
    ((who, word, reason),) = rows(settings.store, "SELECT who, word, reason FROM decision")
    assert who.startswith("notice of ")
    assert (word, reason[:23]) == ("retract", "withdrawn by its source")
    check(settings.store)
    again = ingest_files(
        settings, tmp_path / "in", {f"{n}.{ending}": each for n, each in enumerate(both)}, label="again"
    )
    assert again.retracted == 1
    assert rows(settings.store, "SELECT count(*) FROM decision") == [(1,)]


@pytest.mark.parametrize(
    "fields",
    [
        {"title": "KILL-SWITCH BILL PASSES THE HOUSE"},
        {"title": "KILL BILL RETURNS"},
        {"title": "Kill: the film"},
        {"slug": "KILL-SWITCH"},
        {"slug": "SKILL/REVIEW"},
        {"status": "canceled"},
        {"pubstatus": "usable"},
        {"pubstatus": "withheld"},
    ],
)
def test_a_story_about_killing_is_no_notice(fields):
    record = RawDocument("a.json", None, "fields", {"title": "A title", "text": BODY, **fields})
    assert extract(record, "s", None).withdrawn is None
