"""Plain text and wire copy: each part of the form is found, and prose that looks like it is left alone."""

from datetime import UTC, date, datetime

import pytest

from etl.extract.wire_patterns import parse_byline, parse_dateline, resolve_day, split_kicker
from etl.extract.wire_text import extract_text

PROSE = "Officials said on Tuesday that the measure, which had been debated for months, would take effect in spring."
DAY = date(1987, 2, 26)


def test_the_form_of_a_paper_is_read_whole():
    draft = extract_text(
        f"UKRAINE: Talks Resume in Geneva\n\nBy Ann Smith and Juan de la Cruz\n\n{PROSE}\n\n\n“Second,” he said.", None
    )
    assert (draft.kicker, draft.title) == ("UKRAINE", "Talks Resume in Geneva")
    assert (draft.byline, draft.authors) == ("By Ann Smith and Juan de la Cruz", ("Ann Smith", "Juan de la Cruz"))
    assert draft.body == f"{PROSE}\n\n“Second,” he said."
    assert draft.evidence == {"title": "text", "authors": "text"}


def test_wire_copy_is_read_whole():
    draft = extract_text(
        "BAHIA COCOA REVIEW\n\n    By Janie Gabbett, Reuters\n\nSALVADOR, Feb 26 - Showers continued throughout\n"
        "the week in the Bahia cocoa zone, alleviating the drought since early\n"
        "January and improving prospects.\n\nIt ended.\n Reuter\n",
        DAY,
    )
    assert draft.title == "BAHIA COCOA REVIEW"
    assert (draft.authors, draft.credit) == (("Janie Gabbett",), "Reuters")
    assert draft.dateline == "SALVADOR, Feb 26 -"
    assert draft.published_at == datetime(1987, 2, 26, tzinfo=UTC)
    assert draft.body.startswith("Showers continued throughout the week in the Bahia cocoa zone, alleviating")
    assert draft.body.endswith("prospects.\n\nIt ended.")
    assert draft.trailer == "Reuter"


@pytest.mark.parametrize(
    ("line", "kicker", "title"),
    [
        ("AFGHANISTAN: US Pushes for Peace", "AFGHANISTAN", "US Pushes for Peace"),
        ("9/11: Twenty Years On", "9/11", "Twenty Years On"),
        ("UPDATE 2-Oil rises on supply fears", "UPDATE 2", "Oil rises on supply fears"),
        ("RPT-UPDATE 1-Oil falls", "RPT-UPDATE 1", "Oil falls"),
        ("Exclusive-Bank to cut jobs", "Exclusive", "Bank to cut jobs"),
        ("UN: Famine is near", None, "UN: Famine is near"),
        ("Opinion: We were wrong", None, "Opinion: We were wrong"),
        ("OIL: PRICES UP", None, "OIL: PRICES UP"),
        (
            "A LONG RUN OF SEVEN WHOLE CAPITAL WORDS: No Kicker",
            None,
            "A LONG RUN OF SEVEN WHOLE CAPITAL WORDS: No Kicker",
        ),
    ],
)
def test_a_kicker_is_a_short_run_of_capitals_before_a_colon(line, kicker, title):
    assert split_kicker(line) == (kicker, title)


@pytest.mark.parametrize(
    ("line", "authors", "credit"),
    [
        ("By Mike Talavera", ("Mike Talavera",), None),
        ("By JANE O'HARA and R. W. APPLE Jr.", ("Jane O'Hara", "R. W. APPLE Jr."), None),
        ("By April Ward, Associated Press", ("April Ward",), "Associated Press"),
        ("By Staff Writers", (), "Staff Writers"),
        ("Reuters", (), "Reuters"),
        ("By José Ángel de la Vega", ("José Ángel de la Vega",), None),
    ],
)
def test_a_byline_names_people_and_credits_agencies(line, authors, credit):
    byline = parse_byline(line)
    assert byline is not None
    assert byline.authors == authors
    assert byline.credit == credit


@pytest.mark.parametrize(
    "line",
    ["By Friday the storm had passed.", "By May 5 all was over", "By and large it worked", "by 2020", "Not a byline",
     "By the time police arrived, the crowd had gone"],
)  # fmt: skip
def test_a_sentence_that_begins_with_by_is_no_byline(line):
    assert parse_byline(line) is None


@pytest.mark.parametrize(
    ("paragraph", "printed", "agency"),
    [
        ("WASHINGTON (AP) — The president", "WASHINGTON (AP) —", "AP"),
        ("NEW YORK, March 3 (Reuters) - Stocks rose", "NEW YORK, March 3 (Reuters) -", "Reuters"),
        ("SAN JUAN, P.R., Oct 19 - Rain", "SAN JUAN, P.R., Oct 19 -", None),
        ("Dekalb, Ill. (AP) — A man", "Dekalb, Ill. (AP) —", "AP"),
        ("LONDON -- The pound", "LONDON --", None),
        ("(Reuters) - Shares", "(Reuters) -", "Reuters"),
    ],
)
def test_a_dateline_is_cut_from_the_text_as_printed(paragraph, printed, agency):
    dateline = parse_dateline(paragraph)
    assert dateline is not None
    assert (dateline.printed, dateline.agency) == (printed, agency)
    assert paragraph[dateline.end :] == paragraph.removeprefix(printed).lstrip()


@pytest.mark.parametrize(
    "paragraph",
    [
        "The World Trade Organisation (WTO) said",
        "UPDATE - see below",
        "Paris is lovely in May",
        "COVID-19 cases rose",
        PROSE,
    ],
)
def test_prose_has_no_dateline(paragraph):
    assert parse_dateline(paragraph) is None


@pytest.mark.parametrize(
    ("day", "near", "resolved"),
    [
        ("Feb 26", DAY, datetime(1987, 2, 26, tzinfo=UTC)),
        ("Dec 31", date(1988, 1, 1), datetime(1987, 12, 31, tzinfo=UTC)),
        ("January 1", date(1987, 12, 31), datetime(1988, 1, 1, tzinfo=UTC)),
        ("3 May 2001", DAY, datetime(2001, 5, 3, tzinfo=UTC)),
        ("Feb 30", DAY, None),
        ("Feb 26", None, None),
    ],
)
def test_a_day_without_a_year_is_the_nearest_to_the_partition(day, near, resolved):
    assert resolve_day(day, near) == resolved


def test_a_block_of_short_lines_keeps_its_lines():
    table = "Gold    400.10\nSilver   5.60\nCopper  62.00"
    assert extract_text(f"Metals\n\n{PROSE}\n\n{table}", None).body == f"{PROSE}\n\n{table}"


def test_a_text_without_a_headline_loses_nothing():
    draft = extract_text(" ".join([PROSE] * 3), None)
    assert draft.title == ""
    assert draft.body == " ".join([PROSE] * 3)


@pytest.mark.parametrize("end", [" Reuter", " (Reuters).", "\t(Reuters)", " Reuters."])
def test_a_sign_off_at_the_end_of_a_sentence_is_a_trailer(end):
    draft = extract_text(f"Headline\n\nOne paragraph of it.\n\nThe last one says so.{end}", None)
    assert (draft.body.rpartition("\n")[2], draft.trailer) == ("The last one says so.", end.strip())


def test_an_empty_text_is_an_empty_draft():
    assert extract_text(" \n\n ", None).title == ""
