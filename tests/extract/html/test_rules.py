"""Repeats: a page that gives its article twice gives it once; lines that an article repeats itself stay."""

from etl.extract.html.rules import LOOKED_WITHIN, REPEATED_FROM, without_repeats
from tests.support.pages import PAGE, PARAGRAPHS, page

LONG = (
    "Members of the council met in the old town hall, where they spoke for hours about roads and the price of water. "
)
TEXT = [
    f"{i}. {LONG * 2}Item {i} was passed; item {i + 40} was put off until those who live there were heard."
    for i in range(6)
]


def apart(paragraphs: list[str]) -> list[str]:
    """Those that stay of paragraphs that stand in a block each."""
    return without_repeats(list(zip(paragraphs, range(len(paragraphs)), strict=True)))


def test_an_article_that_a_page_holds_again_in_one_piece_is_given_once():
    copy = f"<div>{' '.join(PARAGRAPHS)}</div>"
    assert page(PAGE.replace('<div class="related">', f'{copy}<div class="related">')).body == "\n\n".join(PARAGRAPHS)


def test_a_copy_for_other_screens_is_known_though_its_paragraphs_are_short():
    short = [f"Item {i} was put off until those who live by the lake were heard." for i in range(6)]
    first, copy = ([(text, block) for text in short] for block in (1, 2))
    assert without_repeats([*first, ("The lake", 2), *copy]) == [*short, "The lake"]
    assert without_repeats([*first, ("The lake", 1), *first]) == [*short, "The lake", *short]


def test_a_copy_is_known_in_other_marks_and_without_what_stood_between_its_paragraphs():
    between = [part for text in TEXT for part in (text, "A heading of its own")]
    copy = " ".join(TEXT).upper().replace(",", " –")
    assert apart([*between, copy]) == between


def test_what_says_more_than_was_said_stays():
    shared = TEXT[0][: REPEATED_FROM // 2]
    news = [
        f"{shared} and what came of it in spring, when {word * 40} had been heard" for word in ("one ", "two ", "six ")
    ]
    assert apart(news) == news
    longer = f"{TEXT[0]} {' '.join(TEXT[3:])}"
    assert apart([TEXT[0], longer]) == [TEXT[0], longer]


def test_paragraphs_that_differ_in_a_number_are_two():
    results = [
        f"{LONG}Of {number} votes that were counted, the larger part went to the list of the mayor."
        for number in (417, 418)
    ]
    assert apart(results) == results


def test_short_lines_may_be_repeated():
    menu = ["Breakfast: one cup of oats, two eggs", "Lunch: a salad of beans and a slice of bread"] * 3
    assert apart(menu) == menu


def test_what_lies_far_ahead_is_not_looked_for():
    """Or a page as long as a book, that no human wrote, would take minutes."""
    book = [f"{i:04} {LONG * 2}{i:04}" for i in range(2 * LOOKED_WITHIN // len(LONG * 2))]
    assert apart([*book, book[0]]) == [*book, book[0]]
    assert apart([*book[:9], book[0]]) == book[:9]


def test_what_one_block_says_twice_is_the_authors_own():
    """A refrain, a meal for each day, the filler of a draft: copies that sites add stand in blocks of their own."""
    assert without_repeats([(text, 1) for text in TEXT * 2]) == TEXT * 2
    assert without_repeats([*((text, 1) for text in TEXT * 2), (" ".join(TEXT), 1), (TEXT[0], 2)]) == TEXT * 2
    verses = "".join(f"<p>{TEXT[0]}</p><ul><li>{TEXT[number]}</li></ul>" for number in range(1, 4))
    html = f"<html><body><article><h1>A headline</h1>{verses}</article></body></html>"
    assert page(html).body.split("\n\n") == [text for number in range(1, 4) for text in (TEXT[0], TEXT[number])]
