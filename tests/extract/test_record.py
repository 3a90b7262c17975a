"""Records: values as programs write them, to the fields of an article."""

from __future__ import annotations

import pytest

from etl.extract.record import as_text, extract_fields

TEXT = "The ferry to Sandholm ran twice on Sunday, its owner said."


@pytest.mark.parametrize("value", ["nan", "NaN", "NaT", "None", "null", "<NA>", "\\N", float("nan"), None, "", "  "])
def test_a_value_that_stands_for_none_is_none(value: object) -> None:
    assert as_text(value) == ""
    found = extract_fields({"title": "T", "text": TEXT, "author": value, "date": value, "section": value}, None)
    assert (found.authors, found.published_at, found.section) == ((), None, None)


@pytest.mark.parametrize(
    "value",
    [
        ["Ann Pell", "Bo O'Hara"],
        "['Ann Pell', \"Bo O'Hara\"]",
        '["Ann Pell", "Bo O\'Hara"]',
        "array(['Ann Pell', \"Bo O'Hara\"], dtype=object)"[6:-15],
        "{Ann Pell,Bo O'Hara}",
        [{"name": "Ann Pell"}, {"first_name": "Bo", "last_name": "O'Hara"}],
        '[{"name": "Ann Pell"}, {"name": "Bo O\'Hara"}]',
    ],
)
def test_authors_come_as_lists_and_as_lists_that_were_written_as_text(value: object) -> None:
    assert extract_fields({"title": "T", "text": TEXT, "authors": value}, None).authors == ("Ann Pell", "Bo O'Hara")


def test_the_number_of_an_author_is_no_name() -> None:
    assert extract_fields({"title": "T", "text": TEXT, "author": 4}, None).authors == ()


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("Fish &amp; chips", "Fish & chips"),
        ("Fish &amp;amp; chips", "Fish & chips"),
        ("The <em>last</em> ferry", "The last ferry"),
        ("&lt;b&gt;Last&lt;/b&gt; ferry", "Last ferry"),
        ("Don&#8217;t go", "Don’t go"),
        ("Profit < loss & R&D", "Profit < loss & R&D"),
    ],
)
def test_a_title_has_no_markup_and_no_entities(title: str, shown: str) -> None:
    assert extract_fields({"title": title, "text": TEXT}, None).title == shown


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ("<p>One &amp; two.</p><script>var x = 1</script><p>Three.</p>", "One & two.\n\nThree."),
        ("&lt;p&gt;One &amp;amp; two.&lt;/p&gt;&lt;p&gt;Three.&lt;/p&gt;", "One & two.\n\nThree."),
        ("Fish &amp; chips at x.example/?a=1&copy=2", "Fish & chips at x.example/?a=1&copy=2"),
        ("So 1 &lt; 2, she said.", "So 1 < 2, she said."),
    ],
)
def test_a_body_is_what_a_reader_sees_of_it(body: str, shown: str) -> None:
    assert extract_fields({"title": "T", "text": body}, None).body == shown


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        (f"<h1>Ferry Runs Twice</h1><p>{TEXT}</p>", TEXT),
        (f"Ferry runs twice\n\n{TEXT}", TEXT),
        ("Ferry runs twice", "Ferry runs twice"),  # no text is left without it
        (f"Ferry runs twice on Sunday\n\n{TEXT}", f"Ferry runs twice on Sunday\n\n{TEXT}"),
    ],
)
def test_a_headline_that_stands_above_the_body_once_more_is_none_of_it(body: str, shown: str) -> None:
    assert extract_fields({"title": "Ferry runs twice", "text": body}, None).body == shown


def test_a_dateline_is_found_behind_a_headline_that_is_repeated() -> None:
    draft = extract_fields({"title": "Ferry runs", "text": f"<h2>Ferry runs</h2><p>ORLE (Reuters) - {TEXT}</p>"}, None)
    assert (draft.dateline, draft.body) == ("ORLE (Reuters) -", TEXT)


def test_the_first_date_that_is_understood_counts_and_so_does_the_first_address() -> None:
    fields = {
        "title": "T",
        "text": TEXT,
        "published": "yes",
        "date": "2024-05-03",
        "link": "/a",
        "source": "https://x.example/a",
    }
    found = extract_fields(fields, None)
    assert found.published_at is not None
    assert (found.url, found.site) == ("https://x.example/a", None)
