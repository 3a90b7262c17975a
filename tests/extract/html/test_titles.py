"""Titles: the headline, of all that a page calls its title."""

import pytest

from etl.extract.html.body import extract_html
from etl.extract.html.titles import names_site, without_site
from tests.support.pages import PARAGRAPHS

STORY = "".join(f"<p>{paragraph}</p>" for paragraph in PARAGRAPHS)


def title(headings, head):
    return extract_html(f"<html><head>{head}</head><body>{headings}{STORY}</body></html>", None).title


@pytest.mark.parametrize("part", ["The Lake", "Lake", "lake.com", "The Lake Online", "THE LAKE News"])
def test_a_part_that_names_the_site_word_for_word_is_the_site(part):
    assert names_site(part, "The Lake")


@pytest.mark.parametrize("part", ["the lakeside summer", "Lake reporter explains why", "the", "news", ""])
def test_a_part_that_only_has_letters_or_words_of_the_site_is_the_title(part):
    assert not names_site(part, "The Lake")


def test_a_tail_with_the_letters_of_the_site_is_kept():
    assert (
        without_site("Vote again – what a lakeside summer means", "Lake", [])
        == "Vote again – what a lakeside summer means"
    )
    assert without_site("Vote again – Lake", "Lake", []) == "Vote again"


@pytest.mark.parametrize(
    "headings",
    [
        "<h1>Main menu of the site</h1><h2>Lake dries up in June</h2>",
        "<h1>The Daily Courier</h1><h2>Lake dries up in June</h2>",
        "<h1>The Daily Courier</h1><h3>Lake dries up in June</h3><h3>Boats</h3>",
        "<h2>Lake dries up in June</h2>",
    ],
)
def test_the_headline_is_the_heading_that_the_title_begins_with(headings):
    assert title(headings, "<title>Lake dries up in June - The Daily Courier</title>") == "Lake dries up in June"


@pytest.mark.parametrize("end", ["：水の新聞", "_水新闻网", "｜水の新聞", " - 물일보"])
def test_a_short_headline_in_wide_letters_is_one(end):
    assert title("<h1>湖<wbr>干上がる</h1>", f"<title>湖干上がる{end}</title>") == "湖干上がる"


def test_a_headline_in_large_letters_is_one_where_a_page_has_no_headings():
    shown = "<a href='/'><b>Courier Online</b></a><br><font size=+2><b>Lake dries up in June</b></font><br>By wire<p>"
    assert title(shown, "<title>Courier Online: Lake dries up in June</title>") == "Lake dries up in June"


def test_the_shown_headline_is_taken_before_another_wording_for_machines():
    og = "<meta property='og:title' content='Lake dry in June: why the boats stay'>"
    assert (
        title("<h1>Lake dries up in June, and the boats stay</h1>", og) == "Lake dries up in June, and the boats stay"
    )
    assert title("<h1>Weather and water</h1>", og) == "Lake dry in June: why the boats stay"


def test_what_two_of_three_say_is_the_title():
    linked = (
        '<script type="application/ld+json">{"@type": "NewsArticle", "headline": "Lake: dry as never before"}</script>'
    )
    og = "<meta property='og:title' content='Lake dries up in June'>"
    assert title("<h1>Lake dries up in June</h1>", linked + og) == "Lake dries up in June"
    assert title("<h1>Boats</h1>", linked + og) == "Lake: dry as never before"
