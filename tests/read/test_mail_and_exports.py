"""Files that hold several articles as text: mailboxes, and what news databases export."""

from __future__ import annotations

from email.message import EmailMessage

import pytest

from schemas.records import RawDocument
from tests.support.reading import articles, documents, refused

TEXT = "The ferry to Sandholm ran twice on Sunday.\n\nIts owner, who lives on the island, was pleased."
NOTICE = "Your program cannot show HTML."


def message(subject: str, plain: str | None = TEXT, page: str | None = None) -> bytes:
    made = EmailMessage()
    made["From"], made["Subject"] = "Ann Pell <ann@island.example>", subject
    made["Date"], made["Message-ID"] = "Fri, 03 May 2024 08:00:00 +0200", f"<{ord(subject[0])}@island.example>"
    if plain is not None:
        made.set_content(plain)
    if page is not None and plain is not None:
        made.add_alternative(page, subtype="html")
    elif page is not None:
        made.set_content(page, subtype="html")
    return made.as_bytes()


PAGE = "<html><body>" + "".join(f"<p>{paragraph}</p>" for paragraph in TEXT.split("\n\n")) + "</body></html>"


@pytest.mark.parametrize(
    "content",
    [
        message("Fähre fährt"),
        message("Fähre fährt", None, PAGE),
        message("Fähre fährt", TEXT, PAGE),
        message("Fähre fährt", "See the page.", PAGE * 3).replace(PAGE.encode() * 3, PAGE.encode()),
    ],
)
@pytest.mark.parametrize("path", ["a.eml", "noname", "a.txt"])
def test_a_message_is_one_article(content: bytes, path: str) -> None:
    (found,) = articles(content, path)
    assert (found.title, found.authors) == ("Fähre fährt", ("Ann Pell",))
    assert "Its owner, who lives on the island, was pleased." in found.body
    assert str(found.published_at) == "2024-05-03 06:00:00+00:00"


def test_a_message_without_text_is_quarantined() -> None:
    assert refused(message("Picture", "").replace(b"\n\n", b"\n\n \n"), "a.eml") == ["empty: a message without text"]


def mbox(*messages: bytes) -> bytes:
    return b"".join(b"From ann@island.example Fri May  3 08:00:00 2024\n" + made + b"\n" for made in messages)


def test_each_message_of_an_mbox_is_an_article() -> None:
    quoting = message("B", f"{TEXT}\n\nFrom then on it ran daily.\n\n>From Sandholm, too.\n")
    quoting = quoting.replace(b"\n>From", b"\n>>From")
    found = articles(mbox(message("A"), quoting, message("C")), "desk.mbox")
    assert [article.title for article in found] == ["A", "B", "C"]
    assert "From then on it ran daily.\n\n>From Sandholm, too." in found[1].body
    assert len({article.source_key for article in found}) == 3


def test_prose_that_begins_like_a_header_is_text() -> None:
    for prose in (b"Date: a fruit\n\nIt is sweet.", b"From home, Fri 08:00:00 2024\n\nIt ran.", b"Note: this\nis so."):
        (found,) = documents(prose)
        assert isinstance(found, RawDocument)
        assert found.media == "text"


LEXIS = """                               {n} of 2 DOCUMENTS

                              The Island Mole

                               May 3, 2024 Friday

Ferry runs twice {n}

BYLINE: Ann Pell

SECTION: NEWS; Pg. 4

LENGTH: 45 words

The ferry to Sandholm ran twice on Sunday.

Its owner, who lives on the island, was pleased.

LOAD-DATE: May 4, 2024

LANGUAGE: ENGLISH

                     Copyright 2024 Mole
                     All Rights Reserved

"""
NEW_LEXIS = """Ferry runs twice {n}

The Island Mole

May 3, 2024 Friday

Copyright 2024 Mole

Section: NEWS; Pg. 4

Length: 45 words

Byline: Ann Pell

Body

The ferry to Sandholm ran twice on Sunday.

Its owner, who lives on the island, was pleased.

Load-Date: May 4, 2024

End of Document
"""
PROQUEST = """____________________________________________________________

Document {n} of 2

Ferry runs twice {n}

Author: Pell, Ann

Publication info: The Island Mole. 03 May 2024: A4.

Full text: The ferry to Sandholm ran twice on Sunday.

Its owner, who lives on the island, was pleased.

Last updated: 2024-05-04

"""
FACTIVA = """HD Ferry runs twice {n}
BY By Ann Pell
WC 45 words
PD 3 May 2024
SN The Island Mole
LA English
CY (c) 2024 Mole

LP
The ferry to Sandholm ran twice on Sunday.

TD
Its owner, who lives on the island, was pleased.

AN Document MOLE00002024050{n}ek5300001

"""
PLAIN_FACTIVA = """Ferry runs twice {n}
By Ann Pell
45 words
3 May 2024
The Island Mole
MOLE
English
(c) 2024 Mole

The ferry to Sandholm ran twice on Sunday.

Its owner, who lives on the island, was pleased.

Document MOLE00002024050{n}ek5300001

"""


@pytest.mark.parametrize("form", [LEXIS, NEW_LEXIS, PROQUEST, FACTIVA, PLAIN_FACTIVA])
def test_each_article_of_an_export_is_one(form: str) -> None:
    found = articles("".join(form.format(n=n) for n in (1, 2)).encode(), "export.txt")
    assert [article.title for article in found] == ["Ferry runs twice 1", "Ferry runs twice 2"]
    assert [article.body for article in found] == [TEXT, TEXT]
    if form != PROQUEST:
        assert (found[0].authors, found[0].site) == (("Ann Pell",), "The Island Mole")
        assert str(found[0].published_at)[:10] == "2024-05-03"


def test_a_cover_sheet_is_no_article() -> None:
    found = documents(f"Cover sheet of the export\n\n{LEXIS.format(n=1)}".encode(), "export.txt")
    assert [type(item).__name__ for item in found] == ["Quarantined", "RawDocument"]


def test_mail_that_nests_without_end_is_refused_and_the_next_message_is_read() -> None:
    deep = "".join(f"Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n" for n in range(2_000))
    begin = "From a@b.example Fri May  3 08:00:00 2024\nSubject: A\nMIME-Version: 1.0\n"
    found = documents(f"{begin}{deep}\n\n{begin}\nThe ferry runs.\n".encode(), "a.mbox")
    assert [getattr(item, "reason", "") for item in found] == ["hostile: nested too deep", ""]


AP = """\x16\x16\x01a0123\r
r i  BC-PortQuay   03-04 0345\r
\x02^BC-Port-Quay,0345<\r
^Port to widen quay before spring<\r
^By ANN PELL=\r
^Associated Press Writer=\r
   TARNWICK, England (AP) _ The ferry to Sandholm ran twice on Sunday,\r
its owner said.\r
   It will run once on Monday.\r
\x03\r
AP-NY-03-04-98 1755EST\r
\x04"""
DPA = """\x01dpa0124 4 vm 234  dpa 0124\r
\x02Verkehr/Häfen/\r
Fähre nach Sandholm fährt zweimal =\r
   Tarnwick (dpa) - Die Fähre nach Sandholm fuhr am Sonntag zweimal, wie\r
der Eigner sagte.\r
\x03\r
041755 Mrz 1998\r
\x04"""
AFP = """\x01AFP0125 3 i 234 F-AAB\r
\x02\r
Ferry runs twice\r
\r
TARNWICK, March 4 (AFP) - The ferry to Sandholm ran twice, its\r
owner said.\r
\x03041755 GMT MAR 98\r
"""


def test_messages_of_a_wire_are_articles_with_what_stands_around_their_text() -> None:
    ap, dpa, afp = articles((AP + DPA + AFP).encode(), "wire.txt")
    assert [found.title for found in (ap, dpa, afp)] == [
        "Port to widen quay before spring", "Fähre nach Sandholm fährt zweimal", "Ferry runs twice",
    ]  # fmt: skip
    assert ap.body == "The ferry to Sandholm ran twice on Sunday, its owner said.\n\nIt will run once on Monday."
    assert dpa.body == "Die Fähre nach Sandholm fuhr am Sonntag zweimal, wie der Eigner sagte."
    assert (ap.authors, ap.kicker, ap.dateline) == (("Ann Pell",), "BC-Port-Quay", "TARNWICK, England (AP) —")
    assert [found.credit for found in (ap, dpa, afp)] == ["AP", "dpa", "AFP"]
    assert [str(found.published_at) for found in (ap, dpa, afp)] == [
        "1998-03-04 22:55:00+00:00", "1998-03-04 17:55:00+00:00", "1998-03-04 17:55:00+00:00",
    ]  # fmt: skip


def test_a_message_of_a_wire_that_is_cut_short_or_empty_costs_itself() -> None:
    content = (AP[: AP.index("^Associated")] + "\x01nothing\r\n" + DPA.replace("Verkehr/Häfen/", "")).encode()
    found = documents(content, "wire")
    assert [type(each).__name__ for each in found] == ["RawDocument", "Quarantined", "RawDocument"]
    assert [each.record for each in found] == [0, 1, 2]


def test_what_only_begins_like_a_message_of_a_wire_is_none() -> None:
    assert refused(b"\x00\x00\x01\x00\x02\x00\x10\x10" * 40, "favicon") == ["binary: too many control bytes for text"]
