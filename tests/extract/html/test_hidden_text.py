"""Pages whose text stands elsewhere than in plain markup, and pages that have none."""

import json

import pytest

from etl.errors import Rejected
from etl.extract.html.body import extract_html, text_of_fragment
from tests.support.pages import PARAGRAPHS

TEXT = "\n\n".join(PARAGRAPHS)
MARKUP = "".join(f"<p>{paragraph}</p>" for paragraph in PARAGRAPHS)
STATE = json.dumps({"story": {"parts": PARAGRAPHS}})
MENU = "".join(f"<li><a href='/{n}'>Section {n} of the paper</a></li>" for n in range(12))


def body(page):
    return extract_html(f"<html><head><title>Lake dries up</title></head><body>{page}</body></html>", None).body


@pytest.mark.parametrize(
    "page",
    [
        f"<form action='/'><div>{'<br><br>'.join(PARAGRAPHS)}</div></form>",
        f"<form action='/'><div>{MARKUP}</div></form>",
        f"<noscript>{MARKUP}</noscript>",
        f"<story-body><template shadowrootmode='open'>{MARKUP}</template></story-body>",
        f"<amp-consent><p>We value your privacy, and so do our 812 partners.</p></amp-consent>{MARKUP}",
        f"<div><a name='story'>{MARKUP}</div>",
        f"<table><tr><td><ul>{MENU}</ul></td><td>{'<br><br>'.join(PARAGRAPHS)}</td></tr></table>",
        f"<script>var x = {{}};</script><script>window.state = {STATE};</script>",
        f"<script type='application/json'>{json.dumps({'a': [1, {'html': MARKUP}], 'b': 'Menu of it.'})}</script>",
        f"<script>self.page={json.dumps([{'type': 'p', 'text': text} for text in PARAGRAPHS])}</script>",
    ],
)
def test_the_text_is_found_wherever_the_page_has_it(page):
    assert body(page) == TEXT


def test_the_declared_body_stands_for_a_teaser():
    linked = json.dumps({"@type": "NewsArticle", "headline": "Lake dries up", "articleBody": TEXT})
    page = f"<script type='application/ld+json'>{linked}</script><p>{PARAGRAPHS[0]}</p><p>Subscribe to read on.</p>"
    assert body(page) == TEXT
    assert "from scripts" not in body(page.replace(TEXT, "from scripts"))


def test_a_page_with_much_text_and_no_article_says_so():
    with pytest.raises(Rejected, match="no article found") as caught:
        body(f"<ul>{MENU * 10}</ul>")
    assert caught.value.stage == "extract"


def test_broken_or_endless_json_is_no_text():
    assert body(f"<p>Short.</p><script>x = {{{'[' * 5000}</script><script>y = {{'a': 1, {'z' * 400}") == "Short."


def test_a_table_in_a_figure_is_read_and_the_reading_above_a_character_is_not():
    ruby = "".join(f"<p>{text} <ruby>水<rt>みず</rt></ruby>.</p>" for text in PARAGRAPHS)
    assert "水." in body(ruby)
    assert "みず" not in body(ruby)


def test_blank_lines_part_the_paragraphs_of_preformatted_text():
    assert body(f"<pre>{TEXT}</pre>") == TEXT
    wrapped = "\n\n".join(paragraph.replace(", ", ",\n") for paragraph in PARAGRAPHS)
    assert body(f"<pre>{wrapped}</pre>") == TEXT


@pytest.mark.parametrize(
    "notice",
    [
        "The post <a href='/l'>Lake dries up</a> appeared first on <a href='/'>The Lake</a>.",
        "Der Beitrag <a href='/l'>Der See</a> erschien zuerst auf <a href='/'>Seeblatt</a>.",
        "L’article <a href='/l'>Le lac</a> est apparu en premier sur <a href='/'>Le Lac</a>.",
    ],
)
def test_the_line_that_feeds_of_wordpress_end_with_is_left_out(notice):
    assert text_of_fragment(f"{MARKUP}<p>{notice}</p>") == TEXT
    assert (
        text_of_fragment("<p>The post office closed first on Monday.</p>") == "The post office closed first on Monday."
    )
