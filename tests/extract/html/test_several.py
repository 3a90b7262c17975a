"""A page of several whole articles is none of them; a page with one article and others below it is that one."""

from __future__ import annotations

import pytest

from etl.errors import Rejected
from tests.support.pages import page

STORIES = {
    "The quay is shut": "The harbour board closed the eastern quay on Monday, and its chair named no day to open it.",
    "A ferry turns back": "The morning ferry to Sandholm turned back in the fog, with some ninety people on board it.",
    "No money for lamps": "The council has counted its lamps twice, and neither of the two sums will pay for new ones.",
}


def story(headline: str, times: int = 6, byline: str = '<p class="byline">By Ann Pell</p>', tag: str = "h2") -> str:
    text = "".join(f"<p>{STORIES[headline]} That was number {n}.</p>" for n in range(times))
    return f'<article><{tag}><a href="/x">{headline}</a></{tag}>{byline}{text}</article>'


def front(*stories: str, head: str = "<title>The Mole</title>") -> str:
    return f"<html><head>{head}</head><body><h1>The Mole</h1>{''.join(stories)}</body></html>"


@pytest.mark.parametrize("byline", ['<p class="byline">By Ann Pell</p>', '<time datetime="2024-05-03">3 May</time>'])
@pytest.mark.parametrize("count", [2, 3])
def test_a_page_of_several_articles_is_quarantined_as_that(count, byline):
    with pytest.raises(Rejected, match=f"several articles on one page: {count}") as caught:
        page(front(*(story(headline, byline=byline) for headline in list(STORIES)[:count])))
    assert caught.value.stage == "extract"


first, second, third = STORIES


@pytest.mark.parametrize(
    "html",
    [
        front(story(first), story(second, times=3)),  # a teaser below it
        front(story(first, times=12), story(second, times=5)),  # the largest has most of the text
        front(story(first), story(second), head=f"<title>{first} | The Mole</title>"),
        front(story(first), story(second), head='<meta property="og:type" content="article">'),
        front(story(first), story(second), head='<script type="application/ld+json">{"@type": "NewsArticle", '
              f'"headline": "{first}", "author": "Ann Pell"}}</script>'),
        front(story(first), story(second, byline="")),  # parts of one page, under one byline
        front(story(first), story(second, tag="h4")),  # posts of a forum
        front("<h1>Storm over Sandholm, as it happens</h1>", story(first), story(second),
              head="<title>Storm over Sandholm, as it happens | The Mole</title>"),  # a live blog
        front(story(first), f'<div class="comments">{story(second)}{story(third)}</div>'),
    ],
)  # fmt: skip
def test_a_page_with_one_article_of_its_own_is_that_article(html):
    assert STORIES[first] in page(html).body
