"""Plain text and wire copy: each part of the form is found, and prose that looks like it is left alone."""

import re
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.extract.wire_patterns import LATIN_MONTHS, alternation, parse_byline, parse_dateline, resolve_day, split_kicker
from etl.extract.wire_text import _blocks, extract_text

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


WRAPPED = (
    "The harbour board of Port Ansel voted on Tuesday to close its eastern\n"
    "quay until the spring, and its chair said that two ferries would use\n"
    "the western pier meanwhile."
)


@pytest.mark.parametrize(
    "text",
    [
        WRAPPED,
        f"The board\n{WRAPPED[4:]}",
        f"Federal Quay Governor\nAnna Tarn said the system could be strengthened by\n    more quays.\n\n{PROSE}",
        f"Shr 38 cts vs 30 cts\n    Net 1,356,754 vs 1,048,340\n    Revs 12 mln vs 10 mln\n\n{PROSE}",
        f"The board of Port Ansel voted to close the\n\neastern quay, its chair said.\n\n{PROSE}",
        f"Hog prices rose by a dollar, said\ntraders. The top was 51.50.\n Reuter\n\n{PROSE}",
        f"PORT ANSEL, May 3 (AFP) - The board voted.\n\n{PROSE}",
        "CORRECTION: A report on Monday gave a wrong length. The quay has 400 metres, not 40.",
    ],
)
def test_a_sentence_that_runs_on_is_body_and_nothing_is_lost(text):
    draft = extract_text(text, None)
    assert draft.title == ""
    said = " ".join(filter(None, [draft.dateline, draft.body, draft.trailer]))
    assert sorted(said.split()) == sorted(text.split())


@pytest.mark.parametrize(
    ("head", "title"),
    [
        ("Quay closed until spring\n\n", "Quay closed until spring"),
        ("Port board votes to close eastern quay\nuntil spring, angering skippers\n\n",
         "Port board votes to close eastern quay until spring, angering skippers"),
        ("Port board votes to close eastern quay\nuntil spring\nBy Anna Kern\n\n",
         "Port board votes to close eastern quay until spring"),
        ("QUAY CLOSED UNTIL SPRING\n", "QUAY CLOSED UNTIL SPRING"),
        ("QUAY CLOSED UNTIL\nSPRING, BOARD SAYS\n", "QUAY CLOSED UNTIL SPRING, BOARD SAYS"),
        ("QUAY TO CLOSE JULY 1 - BOARD\n\n", "QUAY TO CLOSE JULY 1 - BOARD"),
    ],
)  # fmt: skip
def test_a_headline_is_set_apart_by_a_blank_line_a_byline_or_its_form(head, title):
    draft = extract_text(head + WRAPPED, None)
    assert (draft.title, draft.body) == (title, WRAPPED.replace("\n", " "))


def test_a_line_above_long_paragraphs_is_a_headline():
    draft = extract_text(f"Quay closed\n{PROSE}\n{PROSE}", None)
    assert (draft.title, draft.body) == ("Quay closed", f"{PROSE}\n\n{PROSE}")


@pytest.mark.parametrize(
    ("block", "printed", "agency", "day"),
    [
        ("PARIS, 3 mai 2021 (AFP) - Le conseil", "PARIS, 3 mai 2021 (AFP) -", "AFP", datetime(2021, 5, 3, tzinfo=UTC)),
        ("Madrid, 3 feb (EFE).- El consejo", "Madrid, 3 feb (EFE).-", "EFE", datetime(1987, 2, 3, tzinfo=UTC)),
        ("(ANSA) - ROMA, 3 MAR - Il porto", "(ANSA) - ROMA, 3 MAR -", "ANSA", datetime(1987, 3, 3, tzinfo=UTC)),
        ("Lisboa, 03 fev 1987 (Lusa) – O porto", "Lisboa, 03 fev 1987 (Lusa) –", "Lusa",
         datetime(1987, 2, 3, tzinfo=UTC)),
        ("SÃO PAULO, 3 de março (Reuters) - O porto", "SÃO PAULO, 3 de março (Reuters) -", "Reuters",
         datetime(1987, 3, 3, tzinfo=UTC)),
        ("Berlin (dpa) - Der Rat", "Berlin (dpa) -", "dpa", None),
        ("Wien, 3. März (APA) - Der Rat", "Wien, 3. März (APA) -", "APA", datetime(1987, 3, 3, tzinfo=UTC)),
        ("NORDHAFEN, Tarn, May 3, 2021 /PRNewswire/ -- Quay Corp said", "NORDHAFEN, Tarn, May 3, 2021 /PRNewswire/ --",
         "PRNewswire", datetime(2021, 5, 3, tzinfo=UTC)),
        ("NORDHAFEN--(BUSINESS WIRE)--Quay Corp said", "NORDHAFEN--(BUSINESS WIRE)--", "BUSINESS WIRE", None),
        ("TARN, May 03, 2021 (GLOBE NEWSWIRE) -- Quay Corp said", "TARN, May 03, 2021 (GLOBE NEWSWIRE) --",
         "GLOBE NEWSWIRE", datetime(2021, 5, 3, tzinfo=UTC)),
    ],
)  # fmt: skip
def test_datelines_of_agencies_and_press_releases_are_read_in_their_languages(block, printed, agency, day):
    draft = extract_text(f"Quay closed\n\n{block} and more of it.", DAY)
    assert (draft.dateline, draft.credit, draft.published_at) == (printed, agency, day)
    assert printed not in draft.body


@pytest.mark.parametrize(
    ("line", "authors"),
    [
        ("Von Anna Kern, dpa", ("Anna Kern",)),
        ("Par Jeanne DUPONT", ("Jeanne Dupont",)),
        ("Por Ana Ruiz y Luis Mar", ("Ana Ruiz", "Luis Mar")),
        ("Di Paola Rossi", ("Paola Rossi",)),
        ("Door Anneke van der Holt", ("Anneke van der Holt",)),
        ("Text: Anna Kern", ("Anna Kern",)),
        ("BY ANNA KERN, STAFF WRITER", ("Anna Kern",)),
        ("By ANNA KERN / The Courier", ("Anna Kern",)),
        ("By Anna Kern (akern@courier.example)", ("Anna Kern",)),
        ("By Anna Kern Special to The Courier", ("Anna Kern",)),
        ("By Anna Kern and Ben Lot in Paris", ("Anna Kern", "Ben Lot")),
        ("By Our Correspondent", ()),
        ("Von unserem Korrespondenten", ()),
    ],
)
def test_bylines_are_read_in_their_languages(line, authors):
    draft = extract_text(f"Quay closed\n\n{line}\n\n{PROSE}", None)
    assert (draft.byline, draft.authors, draft.body) == (line, authors, PROSE)


@pytest.mark.parametrize("line", ["Von der Hafen kehrt zurück", "Par ici la sortie", "Di notte il porto dorme"])
def test_a_sentence_that_begins_like_a_foreign_byline_is_none(line):
    assert parse_byline(line) is None


def test_a_day_below_the_headline_and_a_role_below_the_byline_are_not_body():
    draft = extract_text(f"Quay closed\n\nMay 3, 2021\n\nBy Anna Kern\nCourier Staff Writer\n\n{PROSE}", None)
    assert (draft.published_at, draft.dateline) == (datetime(2021, 5, 3, tzinfo=UTC), "May 3, 2021")
    assert (draft.authors, draft.credit, draft.body) == (("Anna Kern",), "Courier Staff Writer", PROSE)


def test_words_parted_at_line_ends_are_whole_again_and_compounds_keep_their_hyphen():
    parted = (
        "The harbour board voted on Tuesday to close the eastern quay for re-\n"
        "pairs until the spring, its chair said after a meeting with ship-\n"
        "owners, and two ferries will use the western pier until then."
    )
    assert "for repairs until" in extract_text(f"Quay closed\n\n{parted}", None).body
    compound = (
        f"{WRAPPED}\n\nThe board of the town of Port Ansel has asked for a long-\nterm plan, its chair said on Tuesday."
    )
    assert "a long-term plan" in extract_text(f"Quay closed\n\n{compound}", None).body


@given(st.text(alphabet="a .\n\t\r\x0b\u00a0\u2028", max_size=40))
def test_blocks_are_what_blank_lines_part(text):
    parts = [[line.strip() for line in part.split("\n") if line.strip()] for part in re.split(r"\n\s*\n", text)]
    assert _blocks(text) == [lines for lines in parts if lines]


@given(st.lists(st.text(alphabet="abc", max_size=4), min_size=1), st.text(alphabet="abcA", max_size=6))
def test_an_alternation_takes_the_longest_word_that_fits(words, text):
    fits = [word for word in words if text.lower().startswith(word)]
    found = re.match(alternation(words), text, re.IGNORECASE)
    assert (found[0].lower() if found else None) == (max(fits, key=len) if fits else None)


def test_months_are_found_as_a_plain_list_of_them_finds_them():
    plain = re.compile(rf"(?:{'|'.join(sorted(LATIN_MONTHS, key=len, reverse=True))})\b", re.IGNORECASE)
    quick = re.compile(rf"{alternation(LATIN_MONTHS)}\b", re.IGNORECASE)
    for month in LATIN_MONTHS:
        for text in (month, month.upper(), f"{month}s", f"{month} 3", month[:-1], month.replace("s", "ſ")):
            found = [match[0] if (match := each.match(text)) else None for each in (plain, quick)]
            assert found[0] == found[1]
