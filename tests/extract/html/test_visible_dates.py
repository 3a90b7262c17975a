"""The day that a page prints over its article, told from all other days on it."""
# ruff: noqa: DTZ001 (naive times are what pages without a zone say)

from datetime import datetime

import pytest

from etl.extract.draft import Draft
from etl.extract.html.body import extract_html
from tests.support.pages import PARAGRAPHS

STORY = "".join(f"<p>{paragraph}</p>" for paragraph in PARAGRAPHS) + "".join(
    f"<p>Nobody asked the {place} what was to become of it, the committee said on another day.</p>"
    for place in (
        "pier",
        "harbour",
        "school",
        "mill",
        "station",
        "market",
        "library",
        "inn",
        "forge",
        "well",
        "dam",
        "weir",
    )
)


def draft(around: str, *, head: str = "", after: str = "", language: str = "en", url: str | None = None) -> Draft:
    return extract_html(
        f"<html lang='{language}'><head><title>Lake dries up</title>{head}</head><body><h1>Lake dries up</h1>{around}"
        f"{STORY}{after}</body></html>",
        url,
    )


@pytest.mark.parametrize(
    ("line", "language"),
    [
        ("<p>Jan. 5, 2021</p>", "en"),
        ("<p>Tuesday, January 5, 2021 | By Nora Quill</p>", "en"),
        ("<span class='stamp'>5 January 2021 at 10.30am</span>", "en"),
        ("<div><span>05.01.2021</span>, <span>14:05 Uhr</span></div>", "de"),
        ("<div>Stand: 5. Januar 2021</div>", "de"),
        ("<p>Publié le 5 janvier 2021 à 09h12</p>", "fr"),
        ("<p>5 de enero de 2021</p>", "es"),
        ("<time>5 gennaio 2021</time>", "it"),
        ("<table><tr><td>05-01-2021</td></tr></table>", "nl"),
    ],
)
def test_a_day_that_is_only_printed_is_the_articles(line, language):
    found = draft(line, language=language)
    assert found.published_at is not None
    assert found.published_at.date() == datetime(2021, 1, 5).date()
    assert found.evidence["published_at"] == "text"


def test_a_dateline_at_the_start_of_the_first_paragraph_is_read():
    assert draft(f"<p>29.11.2022 – {PARAGRAPHS[0]}</p>", language="de").published_at == datetime(2022, 11, 29)


@pytest.mark.parametrize(
    "other",
    [
        "<div class='comments'><p>Ona wrote on 7 June 2021, 10:15</p><p>Pim wrote on 9 June 2021, 11:20</p></div>",
        "<ul class='related'>"
        + "".join(f"<li><a href='/{n}'>{n} June 2021 Boats</a></li>" for n in range(1, 9))
        + "</ul>",
        "<p>The first boat sank on 3 May 1998, the second on 4 May 1999, and nobody asked.</p>",
        "<p>Answers are taken until 23.06.2021</p>",
        "<p>Date of birth</p><p>3 May 1961</p>",
    ],
)
def test_days_of_something_else_leave_a_page_undated(other):
    assert draft("", after=other).published_at is None


def test_the_printed_day_comes_before_other_days_on_the_page():
    comments = "<div class='comments'><p>Ona, 7 June 2021</p><p>Pim, 9 June 2021</p></div>"
    assert draft("<p class='date'>5 June 2021</p>", after=comments).published_at == datetime(2021, 6, 5)


@pytest.mark.parametrize(
    "weak",
    [
        "<meta name='date' content='2021-06-12'>",
        "<meta name='dc.date' content='2021-06-12'>",
    ],
)
def test_a_day_printed_under_the_headline_corrects_a_source_that_may_be_when_the_page_was_touched(weak):
    assert draft("<p class='date'>5 June 2021</p>", head=weak).published_at == datetime(2021, 6, 5)


@pytest.mark.parametrize(
    "line", ["Received 3 May 2020. Accepted: 6 November 2020.", "Eingegangen am: 3. Mai 2020; angenommen 6. Mai 2020"]
)
def test_days_of_a_manuscript_on_its_way_to_print_correct_no_day_of_publication(line):
    found = draft(f"<p>{line}</p>", head="<meta name='dc.date' content='2021-06-12'>")
    assert (found.published_at, found.evidence["published_at"]) == (datetime(2021, 6, 12), "meta")


def test_what_a_page_declares_for_machines_is_not_corrected():
    declared = "<meta property='article:published_time' content='2021-06-12T08:00:00'>"
    found = draft("<p class='date'>5 June 2021</p>", head=declared)
    assert (found.published_at, found.evidence["published_at"]) == (datetime(2021, 6, 12, 8), "og")


def test_the_time_of_a_comment_is_not_the_articles():
    comment = "<div class='comment'><time datetime='2021-06-12T08:00:00'>yesterday</time><p>Well said.</p></div>"
    assert draft("", after=comment).published_at is None


def test_the_day_of_the_archive_is_not_the_day_of_the_page():
    url = "https://web.archive.org/web/20130307194448/http://lake.example/news"
    bar = "<div id='wm-ipp-base'><div>10 Nov 2013</div></div>"
    assert draft(bar, url=url).published_at is None
    assert draft(bar, url=f"{url}/2012/02/14/lake").published_at == datetime(2012, 2, 14)
