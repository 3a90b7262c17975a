"""Authors of a page: those of its own byline, whatever its class, and no one else on it."""

import pytest

from etl.extract.html.body import extract_html
from tests.support.pages import PARAGRAPHS

STORY = "".join(f"<p>{paragraph}</p>" for paragraph in PARAGRAPHS)


def authors(around, *, head="", after=""):
    page = f"<head><title>Lake dries up</title>{head}</head><body><h1>Lake dries up</h1>{around}{STORY}{after}</body>"
    return extract_html(page, None).authors


@pytest.mark.parametrize(
    "byline",
    [
        "<p>By Nora Quill</p>",
        "<p>By Nora Quill | 5 June 2021</p>",
        "<p>5 June 2021 - Nora Quill</p>",
        "<p><i>von Nora Quill</i></p>",
        "<div>05.06.2021 13:30 von Nora Quill</div>",
        "<p>Par Nora Quill, le 5 juin 2021</p>",
        "<p>Por Nora Quill</p>",
        "<p>Ein Artikel von Nora Quill | 27.01.2022 - 12:45</p>",
        "<p>Text: Nora Quill</p>",
        "<p>Text & Fotos: Nora Quill</p>",
        "<p>Nora Quill Do 9 Apr 2020</p>",
        "<div class='post-info'><span>Nora Quill</span></div>",
        "<div><a href='/autor/nora-quill'>Nora Quill</a></div>",
        "<address>By <a rel='author' href='/nq'>Nora Quill</a></address>",
        "<div class='article-author'><span>Written by</span> <span class='author-name'>Nora Quill</span></div>",
        "<div class='byline'>By Nora Quill @noraquill</div>",
        "<div class='css-1x9'><span class='css-7d2' data-testid='byline'>Nora Quill</span></div>",
    ],
)
def test_a_byline_near_the_headline_is_read_whatever_its_class(byline):
    assert authors(byline) == ("Nora Quill",)


def test_names_that_stand_each_in_an_element_are_people_of_their_own():
    byline = "<div class='authors'><span>Nora Quill</span><span>Tom van Os</span></div>"
    assert authors(byline) == ("Nora Quill", "Tom van Os")
    assert authors("<p class='author'>Nora Quill im Gespräch mit Tom van Os</p>") == ("Nora Quill", "Tom van Os")


@pytest.mark.parametrize(
    "other",
    [
        "<div class='comments'><p class='author'>Ona Reader</p><p>Well said, all of it.</p></div>",
        "<div class='trending'><p class='byline'>By Pim Other</p><p class='byline'>By Una Other</p></div>",
        "<div class='related'><a href='/author/pim'>Pim Other</a></div>",
        "<p>The plan was refused by the council of the town, they said.</p>",
        "<p>Von Booten und Menschen</p>",
        "<p><a href='/a'>Latest News</a> <a href='/b'>Harbour News</a></p>",
        "<p>Nora Quill</p>",
        f"<p>{' '.join(PARAGRAPHS)} <a href='/profile/una-mayor'>Una Mayor</a> said so.</p>",
    ],
)
def test_commenters_other_articles_and_prose_are_no_authors(other):
    assert authors(other) == ()
    assert authors("<p>By Nora Quill</p>", after=other) == ("Nora Quill",)


@pytest.mark.parametrize(
    ("author", "people"),
    [
        ('{"@type": "Person", "givenName": "Nora", "familyName": "Quill"}', ("Nora Quill",)),
        ('[{"@type": "Person", "familyName": "Quill"}, {"name": "Tom van Os"}]', ("Quill", "Tom van Os")),
        ('{"@type": "Person", "@id": "#nora"}', ("Nora Quill",)),
    ],
)
def test_people_of_linked_data_are_named_by_their_parts_or_elsewhere(author, people):
    article = f'{{"@type": "NewsArticle", "headline": "Lake", "author": {author}}}'
    graph = f'[{article}, {{"@id": "#nora", "name": "Nora Quill"}}]'
    assert authors("", head=f'<script type="application/ld+json">{graph}</script>') == people


@pytest.mark.parametrize(
    ("declared", "people"),
    [
        ("Tarn Verlag GmbH", ("Nora Quill",)),
        ("AFP", ("AFP",)),
        ("Tom van Os", ("Tom van Os",)),
        ("tarn.example, Nordhafen", ("Nora Quill",)),
    ],
)
def test_a_publisher_that_is_declared_stands_back_behind_a_persons_byline(declared, people):
    assert authors("<p>By Nora Quill</p>", head=f"<meta name='author' content='{declared}'>") == people


def test_a_byline_completes_the_given_name_that_the_page_declares():
    assert authors("<p>Eine Kolumne von Nora Quill</p>", head="<meta name='author' content='Nora'>") == ("Nora Quill",)


def test_the_foot_of_an_article_holds_its_byline_and_day():
    foot = "<footer class='entry-footer'><a rel='author'>Nora Quill</a><time datetime='2021-06-05'></time></footer>"
    found = extract_html(f"<article><h1>Lake dries up</h1>{STORY}{foot}</article>", None)
    assert (found.authors, found.published_at and found.published_at.day) == (("Nora Quill",), 5)
    assert "Nora" not in found.body
