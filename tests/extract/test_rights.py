"""What a document says of the terms of its use comes to four columns, whichever format says it, with its evidence."""

from __future__ import annotations

import io
import json
import os

import pytest
import sqlalchemy as sa

from etl.extract.article import extract
from etl.extract.rights import MAX_STATEMENTS, MAX_VALUE, in_field, licence, rights_of, robots_directives
from etl.read.files import read
from etl.store import database
from schemas.records import RawDocument
from schemas.rights import Statement
from schemas.staging import content_hash
from schemas.tables import revision
from tests.samples import make
from tests.support.stores import check, ingest_files, rows

PAGE = make.HTML.replace(
    "</head>",
    f"""<meta name="tdm-reservation" content="1"><meta name="tdm-policy" content="https://daily.example/tdm.json">
<meta name="robots" content="index, follow, noai, max-snippet:-1"><meta name="GoogleBot" content="noarchive">
<link rel="license" href="/terms"><meta name="DC.rights" content="© 2024 The Daily">
<script type="application/ld+json">{{"@type": "NewsArticle", "headline": "{make.TITLE}", "isAccessibleForFree": true,
"hasPart": {{"isAccessibleForFree": "False", "cssSelector": ".paid"}}, "copyrightYear": 2024, "copyrightHolder":
{{"@id": "#us"}}, "publisher": {{"@id": "#us", "@type": "Organization", "name": "Daily"}}, "license": ["https://creativecommons.org/licenses/by/4.0/"],
"copyrightNotice": "Daily 2024", "usageInfo": {{"@id": "https://daily.example/use"}}}}</script></head>""",
)
SAMPLES = {
    "page.html": (PAGE, ("https://daily.example/terms", True, False), {
        ("licence", "https://daily.example/terms", "link license"), ("reservation", "1", "meta tdm-reservation"),
        ("policy", "https://daily.example/tdm.json", "meta tdm-policy"), ("robots", "noai", "meta robots"),
        ("robots", "googlebot: noarchive", "meta googlebot"), ("notice", "© 2024 The Daily", "meta dc.rights"),
        ("free", "true", "jsonld isAccessibleForFree"), ("free", "False", "jsonld hasPart"),
        ("licence", "https://creativecommons.org/licenses/by/4.0/", "jsonld license"),
        ("usage", "https://daily.example/use", "jsonld usageInfo"), ("year", "2024", "jsonld copyrightYear"),
        ("holder", "Daily", "jsonld copyrightHolder"), ("notice", "Daily 2024", "jsonld copyrightNotice"),
    }),
    "items.rss": (make.RSS.replace("<language>", "<copyright>© Daily</copyright><language>").replace(
        "<item>", '<item><creativeCommons:license xmlns:creativeCommons="http://backend.userland.com/cc">'
        "http://www.creativecommons.org/licenses/by-nc/1.0</creativeCommons:license><dc:rights>Ann</dc:rights>",
    ), ("CC-BY-NC-1.0", None, None), {
        ("licence", "http://www.creativecommons.org/licenses/by-nc/1.0", "field creativeCommons:license"),
        ("notice", "Ann", "field dc:rights"), ("notice", "© Daily", "field copyright"),
    }),
    "entries.atom": (make.ATOM.replace(
        "<entry>", '<rights>Daily</rights><entry><rights>Ann</rights><link rel="license"'
        ' href="https://creativecommons.org/publicdomain/zero/1.0/"/>',
    ), ("CC0-1.0", None, None), {
        ("notice", "Ann", "field rights"),
        ("licence", "https://creativecommons.org/publicdomain/zero/1.0/", "field link license"),
    }),
    "story.nitf.xml": (make.NITF.replace(
        "</docdata>", '<doc.copyright year="2024" holder="Daily"/><doc.rights owner="Daily" type="print"/></docdata>'
    ).replace("</hedline>", "</hedline><rights>Not for the web</rights>"), (None, None, None), {
        ("holder", "Daily", "field doc.copyright holder"), ("year", "2024", "field doc.copyright year"),
        ("usage", "Daily print", "field doc.rights"), ("notice", "Not for the web", "field rights"),
    }),
    "item.newsml.xml": (make.NEWSML.replace("<itemMeta>", """<rightsInfo><copyrightHolder qcode="h:1"><name>Daily</name>
</copyrightHolder><copyrightNotice href="https://daily.example/c"/><usageTerms>No archive</usageTerms><usageTerms>
No film</usageTerms></rightsInfo><itemMeta>"""), (None, None, None), {
        ("holder", "Daily", "field copyrightHolder"), ("notice", "https://daily.example/c", "field copyrightNotice"),
        ("usage", "No archive", "field usageTerms"), ("usage", "No film", "field usageTerms"),
    }),
    "item.newsml1.xml": (make.NEWSML_1.replace("<NewsLines>", """<RightsMetadata><Copyright><CopyrightHolder>Daily
</CopyrightHolder><CopyrightDate>2024</CopyrightDate></Copyright></RightsMetadata><NewsLines><CopyrightLine>© Daily
</CopyrightLine>"""), (None, None, None), {
        ("holder", "Daily", "field CopyrightHolder"), ("year", "2024", "field CopyrightDate"),
        ("notice", "© Daily", "field CopyrightLine"),
    }),
    "item.ninjs.json": (json.dumps({**make.NINJS, "copyrightholder": "Daily", "copyrightnotice": "© Daily",
        "usageterms": "one week", "rightsinfo": {"langid": "x", "linkedrights": "https://daily.example/r"},
    }), (None, None, None), {
        ("holder", "Daily", "field copyrightholder"), ("notice", "© Daily", "field copyrightnotice"),
        ("usage", "one week", "field usageterms"), ("usage", "https://daily.example/r", "field rightsinfo"),
    }),
    "records.jsonl": (json.dumps({**make.FIELDS, "license": "cc by 4.0", "tdm_reserved": True, "freeToRead": False}),
    ("CC-BY-4.0", True, False), {
        ("licence", "cc by 4.0", "field license"), ("reservation", "true", "field tdm_reserved"),
        ("free", "false", "field freeToRead"),
    }),
    "note.md": (make.MARKDOWN.replace("---\nauthor", "---\nlicense: CC0-1.0\nrights: Daily\nauthor"),
    ("CC0-1.0", None, None), {("licence", "CC0-1.0", "field license"), ("notice", "Daily", "field rights")}),
}  # fmt: skip


def article(content: str | bytes, name: str):
    stream = io.BytesIO(content if isinstance(content, bytes) else content.encode())
    (document,) = (each for each in read(stream, name, None, 10_000_000) if isinstance(each, RawDocument))
    return extract(document, "samples", None)


def columns(found):
    return found.licence, found.tdm_reserved, found.free_to_read


@pytest.mark.parametrize("name", SAMPLES)
def test_every_format_that_has_a_place_for_rights_gives_them_with_their_evidence(name):
    content, expected, statements = SAMPLES[name]
    found = article(content, name)
    assert columns(found) == expected
    assert set(found.rights) == statements
    assert (found.title, found.body) == (make.TITLE, make.BODY)


def answer(*headers: str) -> bytes:
    """A WARC file with the sample's page under these headers of an HTTP answer."""
    http = "\r\n".join(["HTTP/1.1 200 OK", "Content-Type: text/html; charset=utf-8", *headers, "", make.HTML]).encode()
    return (
        f"WARC/1.1\r\nWARC-Type: response\r\nWARC-Target-URI: {make.URL}\r\nWARC-Date: 2024-05-03T10:00:00Z\r\n"
        f"Content-Type: application/http\r\nContent-Length: {len(http)}\r\n\r\n"
    ).encode() + http + b"\r\n\r\n"  # fmt: skip


@pytest.mark.parametrize(("headers", "expected", "statements"), [
    (["TDM-Reservation: 1", "tdm-policy: https://d.example/p"], (None, True, None),
     [("reservation", "1", "header tdm-reservation"), ("policy", "https://d.example/p", "header tdm-policy")]),
    (["X-Robots-Tag: noindex, noai", "X-Robots-Tag: nofollow"], (None, True, None),
     [("robots", "noindex, noai", "header x-robots-tag")]),
    (["X-Robots-Tag: otherbot: noai, noarchive"], (None, None, None),
     [("robots", "otherbot: noai, otherbot: noarchive", "header x-robots-tag")]),
    (['Link: <https://creativecommons.org/licenses/by-nd/3.0/de/>; rel="license", </x.css>; rel=preload'],
     ("CC-BY-ND-3.0-DE", None, None),
     [("licence", "https://creativecommons.org/licenses/by-nd/3.0/de/", "header link")]),
    (["Link: </x>; rel=preload; as=license"], (None, None, None), []),
])  # fmt: skip
def test_the_headers_of_an_archived_answer_count(headers, expected, statements):
    found = article(answer(*headers), "pages.warc")
    assert columns(found) == expected
    assert list(found.rights) == statements


@pytest.mark.parametrize(("said", "expected"), [
    ([("reservation", "0", "header")], (None, False, None)),
    ([("reservation", "0", "header"), ("reservation", "1", "meta")], (None, True, None)),  # the most restrictive
    ([("reservation", "0", "header"), ("robots", "noai", "meta")], (None, True, None)),
    ([("reservation", "2", "meta"), ("policy", "https://d.example/p", "meta")], (None, None, None)),
    ([("robots", "noindex, noarchive, noimageai", "meta")], (None, None, None)),
    ([("free", "true", "jsonld"), ("free", "http://schema.org/False", "jsonld")], (None, None, False)),
    ([("free", "metered", "meta")], (None, None, None)),
    ([("reservation", "1.0", "field"), ("free", "0.0", "field")], (None, True, False)),  # of a table with gaps
    ([("free", "locked", "meta")], (None, None, False)),
    ([("notice", "All rights reserved", "meta"), ("holder", "Daily", "meta")], (None, None, None)),
    ([("licence", "see our terms", "jsonld"), ("licence", "MIT", "jsonld"), ("licence", "CC0", "a")],
     ("MIT", None, None)),
    ([("licence", "https://d.example/" + "x" * MAX_VALUE, "link")], (None, None, None)),  # half a URL is none
])  # fmt: skip
def test_statements_come_to_columns_and_the_most_restrictive_decides(said, expected):
    found = rights_of([Statement(*each) for each in said])
    assert (found.licence, found.tdm_reserved, found.free_to_read) == expected
    assert len(found.rights) == len(said)


@pytest.mark.parametrize(("text", "expected"), [
    ("http://creativecommons.org/licenses/by-nc-sa/2.5/", "CC-BY-NC-SA-2.5"),
    ("https://creativecommons.org/publicdomain/mark/1.0/deed.en", "CC-PDM-1.0"),
    ("https://creativecommons.org/licenses/by/3.0/us/legalcode", "CC-BY-3.0-US"),
    ("https://web.archive.org/web/20130307194448/http://creativecommons.org/licenses/by-sa/3.0/de/", "CC-BY-SA-3.0-DE"),
    ("CC BY-SA 4.0", "CC-BY-SA-4.0"), ("cc-by-nc-nd-4.0", "CC-BY-NC-ND-4.0"), ("CC0 1.0", "CC0-1.0"),
    ("CC-BY", "CC-BY"),
    ("https://creativecommons.org/", "https://creativecommons.org/"), ("ODbL-1.0", "ODbL-1.0"),
    ("All rights reserved", None), ("CC BY or so", None), ("", None),
])  # fmt: skip
def test_licences_of_creative_commons_have_one_name_and_prose_is_none(text, expected):
    assert licence(text) == expected


@pytest.mark.parametrize(("text", "expected"), [
    ("all", ""), ("NOINDEX,nofollow", "noindex"), ("unavailable_after: 25 Jun 2027 15:00:00 PST, noai", "noai"),
    ("googlebot: noindex, noai, max-snippet: 3", "googlebot: noindex, googlebot: noai"),
])  # fmt: skip
def test_only_directives_that_bear_on_rights_are_kept(text, expected):
    assert robots_directives(text) == expected


def test_what_is_kept_has_bounds_and_no_characters_that_a_database_refuses():
    found = rights_of(
        Statement("notice", f"\x00\ud800{n} " + "x" * 10_000, "field \x00" + "y" * 999) for n in range(99)
    )
    assert len(found.rights) == MAX_STATEMENTS
    assert {len(each.value) <= MAX_VALUE and len(each.where) < 100 for each in found.rights} == {True}
    json.dumps(found.rights, ensure_ascii=False).encode()
    assert "\x00" not in str(found.rights)


def test_the_most_restrictive_decides_and_is_kept_behind_many_others_too():
    others = [Statement("policy", f"https://d.example/{n}", "header tdm-policy") for n in range(99)]
    last = [Statement("reservation", "1", "meta"), Statement("free", "no", "meta")]
    found = rights_of([*others, *last])
    assert (found.tdm_reserved, found.free_to_read) == (True, False)
    assert set(last) < set(found.rights)


def test_a_whole_number_with_a_point_is_one():
    assert [each.value for each in in_field("reservation", "tdm-reservation", [1.0, 0.5, float("nan")])] == ["1"]


def test_rights_are_metadata_where_they_stand_is_not_and_articles_without_keep_the_hash_they_had():
    plain = article(make.HTML, "a.html")
    assert content_hash(plain) == "104a8385d15ee8f7d63a986076381870"  # of the version before rights were read
    said = rights_of([Statement("reservation", "1", "meta")])._asdict()
    elsewhere = rights_of([Statement("reservation", "1", "header")])._asdict()
    assert content_hash(plain) != content_hash(plain.model_copy(update=said))
    assert content_hash(plain.model_copy(update=said)) == content_hash(plain.model_copy(update=elsewhere))


def test_an_older_store_has_nulls_until_an_article_is_read_again_which_then_is_revised_by_its_metadata(
    settings, tmp_path
):
    """Both files are as an earlier version left them: without columns, under the hash of what it read."""
    other = make.HTML.replace(make.URL, f"{make.URL}-2").replace(make.TITLE, "Another headline")
    ingest_files(settings, tmp_path / "in", {"a.html": make.HTML, "b.html": other})
    when = (tmp_path / "in" / "a.html").stat().st_mtime_ns
    with database.opened(settings.store) as engine, database.writing(engine) as connection:
        connection.execute(sa.update(revision).values(reader=2))
    (tmp_path / "in" / "a.html").write_text(PAGE)
    os.utime(tmp_path / "in" / "a.html", ns=(when, when))  # the same bytes, which now are read for their rights
    report = ingest_files(settings, tmp_path / "in", {}, label="again")
    assert (report.revised, report.unchanged, report.stale) == (1, 1, 0)
    found = rows(settings.store, "SELECT changed, licence, rights, tdm_reserved, free_to_read FROM corpus_revision"
                                 " WHERE is_current ORDER BY changed")  # fmt: skip
    assert found[0] == ("first", None, None, None, None)
    changed, licence, said, tdm_reserved, free_to_read = found[1]
    assert (changed, licence, bool(tdm_reserved), bool(free_to_read)) == (
        "metadata", "https://daily.example/terms", True, False,
    )  # fmt: skip
    stated = json.loads(said) if isinstance(said, str) else said
    assert stated[0] == {"kind": "licence", "value": "https://daily.example/terms", "where": "link license"}
    for view in ("corpus_article", "corpus_duplicate"):
        shown = rows(settings.store, f"SELECT licence, tdm_reserved, free_to_read FROM {view}")
        assert len(shown) == 1
    check(settings.store)
    assert ingest_files(settings, tmp_path / "in", {}, label="third").run_id is None
