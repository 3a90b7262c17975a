"""Both parsers give the same lists, and the trees of the line filter do what their table says."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etl.extract.html.body import all_lines, body_of
from etl.extract.html.features import NAMES, _capitals_and_digits, _window
from etl.extract.html.furniture import is_furniture
from etl.extract.html.line_filter import parse_trees, probabilities
from etl.extract.html.line_filter_trees import BASE, TREES
from etl.extract.html.lines import _lines_in, lines_below
from etl.extract.html.metadata import about
from etl.extract.html.page import parse_page, parse_page_tolerantly
from etl.text.people import plain
from etl.text.screen import Verdict, screen

HTML = """<!DOCTYPE html><html lang="en"><head><title>T &amp; U</title><meta name="author" content="Ann">
<script type="application/ld+json">{"@type": "NewsArticle"}</script><script>var x = "<p>no</p>";</script></head>
<body><!-- no --><nav>no</nav><div class="a b" id="c"><p>One <b>two</b><br>three.</p><p hidden>Four</p></div>
</body></html>"""


def test_elements_come_in_document_order_with_their_ends():
    page = parse_page(HTML)
    div = page.elements("div")[0]
    below = [page.tag[i] for i in range(div, page.end[div])]
    assert below == ["div", "p", "", "b", "", "br", "", "p", ""]
    assert page.names(div) == "a b c"
    assert page.text_of(div) == "One two three. Four"
    assert all(page.parent[i] < i for i in range(len(page.tag)))


def test_scripts_are_left_out_but_for_linked_data():
    page = parse_page(HTML)
    (script,) = page.elements("script")
    assert page.text[script + 1] == '{"@type": "NewsArticle"}'
    assert "no" not in page.text_of(0).split()


def test_both_parsers_give_the_same_page():
    plain, tolerant = parse_page(HTML), parse_page_tolerantly(HTML)
    for page in (plain, tolerant):
        assert [line.text for line in lines_below(page, page.elements("body")[0], frozenset())] == [
            "One two three.",
            "Four",
        ]
    assert body_of(plain, all_lines(plain), about(plain).sayings()) == body_of(
        tolerant, all_lines(tolerant), about(tolerant).sayings()
    )
    assert about(plain).meta == about(tolerant).meta == {"author": ["Ann"]}


@pytest.mark.parametrize(
    ("html", "verdict"),
    [
        ("<p>x</p>" * 10_000, Verdict.PLAIN),
        ("<div>" * 2_000 + "</div>" * 2_000, Verdict.PLAIN),
        ("<div>" * 4_000 + "</div>" * 4_000, Verdict.DEEP),
        ("<div></div>" * 4_000, Verdict.PLAIN),
        ("<br>" * 4_000, Verdict.PLAIN),
    ],
)
def test_only_deep_pages_go_to_the_tolerant_parser(html, verdict):
    assert screen(html) is verdict


@pytest.mark.parametrize(
    "names", ["related-links", "main sidebar", "mostRead most-read", "NAVIGATION", "social_share", "sign-up box"]
)
def test_names_of_furniture(names):
    assert is_furniture(names)


@pytest.mark.parametrize("names", ["article-body", "shareholder", "tagged", "story", "story-body related", ""])
def test_names_of_what_is_no_furniture(names):
    assert not is_furniture(names)


def test_a_tree_asks_its_questions_from_the_top():
    table = " ".join(["length 10", "commas 1", "upper 0.5", *["prose 0.5"] * 4, *map(str, range(8))])
    feature, threshold, value = parse_trees(table)
    assert [NAMES[i] for i in feature[0]] == ["length", "commas", "upper", *["prose"] * 4]
    assert threshold[0].tolist() == [10, 1, 0.5, 0.5, 0.5, 0.5, 0.5]
    assert value[0].tolist() == list(range(8))


@given(st.text(st.sampled_from("aZ9_ .É٣ßĳ²"), max_size=30))
def test_characters_are_counted_and_compared_alike_in_ascii_and_beyond(text):
    assert _capitals_and_digits(text) == (sum(map(str.isupper, text)), sum(map(str.isdecimal, text)))
    assert plain(text) == "".join(c for c in text if c.isalnum()).casefold()


@given(st.lists(st.integers(0, 9), min_size=1, max_size=9), st.integers(-2, 2), st.integers(0, 4))
def test_a_window_is_the_sum_of_the_lines_in_it(values, before, more):
    after = min(2, before + more)
    inside = [[v for i, v in enumerate(values) if before <= i - at <= after] for at in range(len(values))]
    assert _window(np.array(values), before, after).tolist() == list(map(sum, inside))


@given(st.lists(st.lists(st.floats(-1, 200), min_size=len(NAMES), max_size=len(NAMES)), min_size=1, max_size=4))
def test_the_fast_answer_is_that_of_walking_down_each_tree(rows):
    features = np.array(rows)
    trees = list(zip(*parse_trees(TREES), strict=True))
    expected = []
    for row in features:
        score = BASE
        for feature, threshold, value in trees:
            node = 0
            while node < len(feature):
                node = 2 * node + 1 + int(row[feature[node]] > threshold[node])
            score += value[node - len(feature)]
        expected.append(1 / (1 + np.exp(-score)))
    np.testing.assert_allclose(probabilities(features), expected, rtol=1e-9)


MARKUP = ["<div>", "</div>", "<p>", "</p>", "<span>", "</span>", '<a href="x">', "</a>", "<br>", "<li>", "<pre>", "one",
          " two", "three ", "<h2>", "</h2>", "<aside>", "</aside>", "<table><tr><td>", "</table>"]  # fmt: skip


@settings(max_examples=150)
@given(st.lists(st.sampled_from(MARKUP), max_size=25))
def test_lines_of_a_part_are_those_of_the_whole_that_are_in_it(pieces: list[str]) -> None:
    tree = parse_page("<body>" + "".join(pieces))
    whole = lines_below(tree, 0, frozenset())
    for part in (i for i, tag in enumerate(tree.tag) if tag):
        outside = {i for i in range(part) if tree.end[i] >= tree.end[part]}
        if not any(tree.tag[i] in ("aside", "head") for i in (*outside, part)):
            assert _lines_in(tree, part, frozenset(), whole) == lines_below(tree, part, frozenset())
