"""Metadata: dates, people and titles as pages write them; None rather than a guess."""
# ruff: noqa: DTZ001 (naive times are what pages without a zone say)

from datetime import UTC, datetime, timedelta, timezone

import pytest

from etl.extract.html.body import extract_html
from etl.extract.html.titles import without_site
from etl.text.dates import in_utc, parse_date, url_day
from etl.text.people import people_of, split_people
from tests.support.pages import PARAGRAPHS, page


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-05-03", datetime(2024, 5, 3)),
        ("2024-05-03T09:30:00Z", datetime(2024, 5, 3, 9, 30, tzinfo=UTC)),
        ("2024-05-03 09:30:15.123+0200", datetime(2024, 5, 3, 9, 30, 15, tzinfo=timezone(timedelta(hours=2)))),
        ("2024-05-03T09:30:15:684Z", datetime(2024, 5, 3, 9, 30, 15, tzinfo=UTC)),
        ("2024/5/3", datetime(2024, 5, 3)),
        ("20240503", datetime(2024, 5, 3)),
        ("20240503T093000Z", datetime(2024, 5, 3, 9, 30, tzinfo=UTC)),
        ("Fri, 03 May 2024 09:30:00 GMT", datetime(2024, 5, 3, 9, 30, tzinfo=UTC)),
        ("Fri, 03 May 2024 09:30:00 -0400", datetime(2024, 5, 3, 9, 30, tzinfo=timezone(timedelta(hours=-4)))),
        ("3 May 2024", datetime(2024, 5, 3)),
        ("May 3, 2024 9:30 am", datetime(2024, 5, 3, 9, 30)),
        ("26-FEB-1987 15:01:01.79", datetime(1987, 2, 26, 15, 1, 1, 790000)),
        ("27-MAR-1987 03:48:23.00 RM", datetime(1987, 3, 27, 3, 48, 23)),
        ("1714728600", datetime(2024, 5, 3, 9, 30, tzinfo=UTC)),
        ("1714728600000", datetime(2024, 5, 3, 9, 30, tzinfo=UTC)),
    ],
)
def test_dates_are_read_as_they_are_written(text, moment):
    assert parse_date(text) == moment


@pytest.mark.parametrize(
    "text",
    [
        "",
        None,
        "yesterday",
        "May 2024",
        "12:30",
        "2024",
        "2024-13-01",
        "2024-02-30",
        "0000-00-00",
        "9999999999999",
        "20210906120000000000000",
        "99999999999999999999",
        "12345678901234567890",
        "Room 2024",
    ],
)
def test_a_date_that_is_not_whole_is_no_date(text):
    assert parse_date(text) is None


def test_a_time_without_a_zone_is_taken_for_utc():
    assert in_utc(datetime(2024, 5, 3)) == datetime(2024, 5, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    ("url", "day"),
    [
        ("https://e.org/2021/05/03/a", datetime(2021, 5, 3)),
        ("https://e.org/news-2021-05-03/", None),
        ("https://e.org/20210503/a", datetime(2021, 5, 3)),
        ("https://e.org/2021/13/03/a", None),
        ("https://e.org/25-05-2021", datetime(2021, 5, 25)),
        ("https://e.org/03-05-2021", None),
        ("https://e.org/1234567890/a", None),
        ("https://e.org/article/A2021050314320005196", datetime(2021, 5, 3)),
        ("https://e.org/article/A2021059914320005196", None),
        ("https://e.org/article/2021050399", None),
    ],
)
def test_a_day_in_a_url_is_a_part_of_its_path(url, day):
    assert url_day(url) == day


@pytest.mark.parametrize(
    ("byline", "people"),
    [
        ("By Ann Smith and Bob Jones", ["Ann Smith", "Bob Jones"]),
        ("Von Jörg Müller, Eva Klein", ["Jörg Müller", "Eva Klein"]),
        ("Ann Smith | The Daily", ["Ann Smith"]),
        ("Ann Smith (Chief Reporter)", ["Ann Smith"]),
        ("View all posts by Ann Smith →", ["Ann Smith"]),
        ("Martin Luther King, Jr.", ["Martin Luther King, Jr"]),
        ("https://example.org/ann", []),
        ("ann@example.org", []),
        ("", []),
    ],
)
def test_people_are_split_out_of_bylines(byline, people):
    assert split_people(byline) == people


def test_the_site_is_no_author_and_nobody_comes_twice():
    assert people_of(["Ann Smith", "ann smith", "The Daily", "admin"], ["The Daily"]) == ("Ann Smith",)


@pytest.mark.parametrize(
    ("title", "site", "others", "expected"),
    [
        ("A headline | The Daily", "The Daily", [], "A headline"),
        ("The Daily - A headline", "The Daily", [], "A headline"),
        ("A headline - and more", "The Daily", [], "A headline - and more"),
        ("A headline - Politics - Page", "", ["A headline"], "A headline"),
        ("Bridge: it reopens", "Bridge", [], "Bridge: it reopens"),
        ("Harbour: the bridge reopens", "", ["The bridge reopens"], "the bridge reopens"),
        ("Harbour: the bridge reopens", "", ["The bridge"], "Harbour: the bridge reopens"),
    ],
)
def test_a_title_is_without_the_site(title, site, others, expected):
    assert without_site(title, site, others) == expected


def draft(head, body="", url=None):
    return extract_html(f"<html><head>{head}</head><body>{body}</body></html>", url)


def test_evidence_is_taken_in_order():
    linked = '<script type="application/ld+json">{"@type": "NewsArticle", "headline": "From JSON-LD"}</script>'
    graph = '<meta property="og:title" content="From OpenGraph">'
    shown = "<h1>From the heading</h1>"
    assert (draft(linked + graph, shown).title, draft(linked).evidence["title"]) == ("From JSON-LD", "jsonld")
    assert (draft(graph, shown).title, draft(graph).evidence["title"]) == ("From OpenGraph", "og")
    assert (draft("", shown).title, draft("", shown).evidence["title"]) == ("From the heading", "dom")


def test_a_person_goes_before_an_organisation():
    linked = (
        '<script type="application/ld+json">{"@type": "NewsArticle", "headline": "h", "author":'
        ' {"@type": "Organization", "name": "The Agency"}}</script>'
    )
    assert draft(linked + '<meta name="author" content="Ann Smith">').authors == ("Ann Smith",)
    assert draft(linked).authors == ("The Agency",)


@pytest.mark.parametrize(
    "script",
    [
        '{"@type": "NewsArticle", "headline": "A headline",}',
        '<!-- {"@type": "NewsArticle", "headline": "A headline"} -->',
        '//<![CDATA[\n{"@type": "NewsArticle", "headline": "A headline"}\n//]]>',
        '<!--\n{"@type": "NewsArticle", "headline": "A headline",}\n-->',
        '{"@type": ["NewsArticle"], "headline": ["A headline"]}',
        '{"@graph": [{"@type": "WebPage"}, {"@type": "NewsArticle", "headline": "A headline"}]}',
        '{"@type": "NewsArticle", "headline": "A headline", "bad": "\\d"}',
        '{"@type": "NewsArticle", "headline": "A headline"}{"@type": "Thing"}',
    ],
)
def test_json_ld_is_read_as_sites_write_it(script):
    assert draft(f'<script type="application/ld+json">{script}</script>').title == "A headline"


@pytest.mark.parametrize(
    "script", ["", "{", "[" * 100_000, "null", '"text"', '{"@type": {"a": 1}, "author": 5, "headline": {}}']
)
def test_no_script_makes_a_page_fail(script):
    page = f'<script type="application/ld+json">{script}</script>'
    assert draft(page, "<h1>A long heading</h1>").title == "A long heading"


def test_author_and_publisher_named_elsewhere_by_id_are_found():
    script = (
        '{"@graph": [{"@type": "NewsArticle", "headline": "h", "author": {"@id": "#a"}, "publisher": {"@id": "#p"}},'
        ' {"@type": "Person", "@id": "#a", "name": "Ann Smith"},'
        ' {"@type": "NewsMediaOrganization", "@id": "#p", "name": "The Daily Lake"}]}'
    )
    found = draft(f'<script type="application/ld+json">{script}</script>')
    assert (found.authors, found.site) == (("Ann Smith",), "The Daily Lake")


@pytest.mark.parametrize("broken", ["http://[a", "http://[::1", "//["])
def test_a_broken_url_is_no_url(broken):
    assert draft(f'<link rel="canonical" href="{broken}">', "", "https://e.org/q").url is None
    assert draft("<title>A title</title>", "", broken).title == "A title"


def test_a_page_without_a_date_has_none_but_its_url_may():
    body = "<h1>A headline</h1><p>It happened on 3 May 2021, they said.</p>"
    assert draft("", body).published_at is None
    dated = draft("", body, "https://e.org/2021/05/04/a")
    assert (dated.published_at, dated.evidence["published_at"]) == (datetime(2021, 5, 4), "url")


@pytest.mark.parametrize(
    ("body", "day"),
    [
        ("<ul><li><strong>Datum</strong>\n28.04.2023</li><li><b>Autor</b> Eva Klein</li></ul>", (2023, 4, 28)),
        ("<div>Do 25.04.24 | 14:07 Uhr | Von <i>Eva Klein</i></div>", (2024, 4, 25, 14, 7)),
        ("<p>Published on 3 May 2021</p><p>Published: May 3, 2021</p>", (2021, 5, 3)),
        ("<p>Published on 3 May 2021</p><p>Published on 4 May 2021</p>", (2021, 5, 3)),
        ("<p>Date of birth</p><p>3 May 2021</p>", None),
        ("<p>They met on Do 25.04.24.</p>", None),
    ],
)
def test_the_labelled_day_nearest_to_the_headline_is_taken(body, day):
    assert draft("", f"<h2>A headline</h2>{body}").published_at == (datetime(*day) if day else None)


@pytest.mark.parametrize(
    ("link", "url"), [("/a/b", "https://e.org/a/b"), ("https://e.org/", None), ("https://o.org/x", "https://o.org/x")]
)
def test_a_canonical_link_to_the_front_page_is_ignored(link, url):
    assert draft(f'<link rel="canonical" href="{link}">', "", "https://e.org/q").url == url


def test_a_time_in_the_title_of_what_is_named_published_is_the_articles():
    """As microformats have it."""
    mark = '<abbr class="published" title="2021-06-05T10:30:00+02:00">last week</abbr>'
    other = '<div class="related"><abbr class="published" title="2020-01-01T00:00:00Z">x</abbr></div>'
    article = page(f"<html><body>{other}<h1>Lake dries up</h1>{mark}<p>{' '.join(PARAGRAPHS)}</p></body></html>")
    assert article.published_at == datetime(2021, 6, 5, 8, 30, tzinfo=UTC)
    assert article.evidence["published_at"] == "dom"
