"""Pages: the article's paragraphs and its metadata, without the furniture around them."""

from datetime import UTC, datetime

import pytest

from etl.errors import Rejected
from etl.extract.article import extract, language_subtag
from etl.extract.html.rules import is_junk
from etl.extract.identity import BY_SOURCE, Identity, hash_of, keys
from etl.web.urls import canonical_url
from schemas.records import RawDocument
from tests.support.pages import PAGE, PARAGRAPHS, page


def test_a_page_gives_its_paragraphs_and_nothing_around_them():
    assert page(PAGE).body == "\n\n".join(PARAGRAPHS)


def test_a_page_gives_its_metadata_with_the_evidence_for_each():
    article = page(PAGE, "https://daily.example/2024/05/03/story")
    assert article.title == "A headline for the page"
    assert article.authors == ("Ann Smith",)
    assert article.published_at == datetime(2024, 5, 3, 7, 30, tzinfo=UTC)
    assert article.modified_at == datetime(2024, 5, 4, tzinfo=UTC)
    assert (article.section, article.site, article.language) == ("Politics", "The Daily Site", "en")
    assert article.url == article.source_key == "https://daily.example/2024/05/03/story"
    assert article.evidence == {"title": "jsonld", "authors": "jsonld", "published_at": "jsonld"}


@pytest.mark.parametrize("credit", ["(Image: AGENCY )", "(Foto: A. Smith/agency)", "(picture supplied)"])
def test_a_caption_is_known_by_the_credit_at_its_end(credit):
    assert is_junk(f"Members of the committee leave the hall {credit}")
    captioned = PAGE.replace(f"<p>{PARAGRAPHS[3]}</p>", f"<p>{PARAGRAPHS[3]}</p><div>The hall at noon {credit}</div>")
    assert page(captioned).body == "\n\n".join(PARAGRAPHS)


@pytest.mark.parametrize("end", ["(imagine that)", "(a photo and a film)", "(source: the ministry) on Tuesday"])
def test_other_brackets_at_the_end_of_a_line_are_the_article(end):
    assert not is_junk(f"The committee said that the measure would take effect {end}")
    assert not is_junk(f"{PARAGRAPHS[0]} {PARAGRAPHS[1]} (Source: the ministry)")  # a paragraph, not a caption


def test_deep_nesting_loses_nothing():
    nested = PAGE.replace("<article>", "<article>" + "<div>" * 4000).replace(
        "</article>", "</div>" * 4000 + "</article>"
    )
    assert page(nested).body == page(PAGE).body
    assert page('<?xml version="1.0" encoding="utf-8"?>' + nested).body == page(PAGE).body  # and warns of nothing


@pytest.mark.parametrize(
    ("hostile", "reason"),
    [
        ("<div " + " ".join(f"a{i}=1" for i in range(5000)) + ">x</div>", "attributes"),
        ("<!--><div " + "a='>' " * 5000 + ">x</div>", "attributes"),
        ("<script>a<b</script><!-- <script> --><div " + "a=1 " * 5000 + ">x</div>", "attributes"),
        ("<div>" * 130_000, "nesting"),
        ("<p>x</p>" * 130_000, "tags"),
        ("<p>" + "x" * 16_000_001, "characters"),
    ],
)
def test_pages_that_hang_parsers_are_rejected(hostile, reason):
    with pytest.raises(Rejected, match=reason) as caught:
        page("<html><body>" + hostile)
    assert caught.value.stage == "extract"


@pytest.mark.parametrize(
    "code",
    ["<script>for (i=0; i<n.length; i++) {{ {} }}</script>", "<style>/* a<b {} */</style>", "<!-- if <b {} -->"],
)
def test_code_and_comments_hold_no_attributes_however_many_values_they_set(code):
    assert page(PAGE.replace("<article>", code.format(" x=1;" * 5000) + "<article>")).body == page(PAGE).body


def test_a_page_without_text_is_rejected():
    with pytest.raises(Rejected, match="empty"):
        page("<html><body><script>x()</script></body></html>")


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        ("HTTPS://Www.Example.COM:443/A/b?utm_source=x&id=3#top", "https://www.example.com/A/b?id=3"),
        ("http://example.com", "http://example.com/"),
        ("https://example.com/a?b=%20c", "https://example.com/a?b=%20c"),
        ("ftp://example.com/a", None),
        ("/relative", None),
        ("http://[broken", None),
        ("", None),
        (None, None),
    ],
)
def test_canonical_urls(url, canonical):
    assert canonical_url(url) == canonical


@pytest.mark.parametrize(
    ("url", "key", "record", "expected"),
    [
        ("https://e.org/a", "7", 3, "https://e.org/a"),
        (None, "7", 3, "7"),
        ("https://e.org/", "7", 3, "7"),
        ("https://e.org/", None, 3, "d/c.jsonl#3"),
        ("https://e.org/", None, None, "d/c.jsonl"),
        (None, "urn:newsml:reuters.com:20240101:nL1", 3, "urn:newsml:reuters.com:20240101:nL1"),
        (None, "550e8400-e29b-41d4-a716-446655440000", 3, "550e8400-e29b-41d4-a716-446655440000"),
        (None, None, 3, "d/c.jsonl#3"),
        (None, None, None, "d/c.jsonl"),
    ],
)
def test_an_article_is_known_by_its_url_else_its_id_else_its_place(url, key, record, expected):
    assert keys(RawDocument("d/c.jsonl", record, "fields", {}), url, None, key, BY_SOURCE)[0] == expected


def test_a_url_that_was_asked_names_a_page_whatever_its_canonical_link_says():
    said, asked = "https://e.org/story", "https://e.org/a"
    document = RawDocument("d/c.warc", 3, "html", b"", url=asked)
    shared = Identity(shared_urls=frozenset({hash_of("d/c.warc", said)}))
    assert keys(document, said, asked, None, BY_SOURCE) == (said, "")
    assert keys(document, said, asked, None, shared) == (asked, None)
    assert keys(document, "https://e.org/", "https://e.org/", None, shared) == ("https://e.org/", None)


def test_ids_are_those_of_a_file_where_the_source_says_so():
    document = RawDocument("d/c.jsonl", 3, "fields", {})
    by_file = Identity(ids_by_file=True)
    assert keys(document, None, None, "7", by_file)[0] == "d/c.jsonl#7"
    assert keys(document, None, None, "urn:newsml:e.org:7", by_file)[0] == "urn:newsml:e.org:7"


@pytest.mark.parametrize(
    ("tag", "subtag"), [("en-GB", "en"), ("zh_CN", "zh"), ("DE", "de"), ("english", None), ("", None)]
)
def test_languages_are_primary_subtags(tag, subtag):
    assert language_subtag(tag) == subtag


@pytest.mark.parametrize(
    ("fields", "title", "body", "authors"),
    [
        ({"title": "T", "text": "Body."}, "T", "Body.", ()),
        ({"headline": "T", "articleBody": "Body.", "author": {"name": "Ann Smith"}}, "T", "Body.", ("Ann Smith",)),
        (
            {"Title": "T", "main_text": ["One.", "Two."], "authors": ["A. Bee", "C. Dee"]},
            "T",
            "One.\n\nTwo.",
            ("A. Bee", "C. Dee"),
        ),
        ({"text": "Headline\n\nBy Ann Smith\n\nBody."}, "Headline", "Body.", ("Ann Smith",)),
    ],
)
def test_a_record_is_read_by_the_names_of_its_fields(fields, title, body, authors):
    article = extract(RawDocument("c.jsonl", 0, "fields", fields), "corpus", None)
    assert (article.title, article.body, article.authors) == (title, body, authors)


@pytest.mark.parametrize("fields", [{"title": "x" * 5_001}, {"title": "T", "body": "x" * 20_000_001}])
def test_an_article_beyond_any_size_is_rejected(fields):
    with pytest.raises(Rejected, match="too large") as caught:
        extract(RawDocument("c.jsonl", 0, "fields", fields), "corpus", None)
    assert caught.value.stage == "validate"


def test_a_source_can_say_which_field_is_which():
    fields = {"title": "Not this", "kop": "T", "tekst": "Body.", "wanneer": "2021-03-04"}
    columns = {"title": "Kop", "body": "tekst", "published_at": "wanneer"}
    article = extract(RawDocument("c.jsonl", 0, "fields", fields), "corpus", None, columns)
    assert (article.title, article.body, article.published_at) == ("T", "Body.", datetime(2021, 3, 4, tzinfo=UTC))


def test_markup_in_a_field_is_read_as_markup():
    fields = {"title": "T", "content": "<p>One &amp; two.</p><p>Three<br>four.</p>"}
    assert extract(RawDocument("c.jsonl", 0, "fields", fields), "corpus", None).body == "One & two.\n\nThree four."


def test_a_whole_page_in_a_field_is_read_as_a_page():
    article = extract(RawDocument("c.jsonl", 0, "fields", {"html": PAGE, "id": "7"}), "corpus", None)
    assert (article.title, article.body) == ("A headline for the page", "\n\n".join(PARAGRAPHS))


def test_a_record_gives_its_date_and_url():
    fields = {"title": "T", "date": "2021-03-04", "url": "https://e.org/a", "id": 5}
    article = extract(RawDocument("c.jsonl", 0, "fields", fields), "corpus", None)
    assert article.published_at == datetime(2021, 3, 4, tzinfo=UTC)
    assert article.source_key == "https://e.org/a"
    assert article.evidence["published_at"] == "field"
