"""Damaged files: each record that went in comes out as a document, or is named in the quarantine."""

from __future__ import annotations

import io
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etl.read.files import read
from schemas.records import Quarantined, RawDocument

NUMBER = 12  # records of a file


def word(number: int) -> str:
    """A word that stands in one record alone."""
    return f"harbour{number:02}x"


def csv_file() -> bytes:
    rows = (f'{n},Story {n},"It says {word(n)}, twice."\n' for n in range(NUMBER))
    return ("id,title,text\n" + "".join(rows)).encode()


def jsonl_file() -> bytes:
    return b"".join(json.dumps({"id": n, "text": f"It says {word(n)}."}).encode() + b"\n" for n in range(NUMBER))


def json_file() -> bytes:
    return json.dumps([{"id": n, "text": f"It says {word(n)}."} for n in range(NUMBER)]).encode()


def warc_file() -> bytes:
    return b"".join(
        f"WARC/1.0\r\nWARC-Type: conversion\r\nContent-Type: text/plain\r\nContent-Length: 100\r\n\r\n"
        f"{f'It says {word(n)}.':100}\r\n\r\n".encode()
        for n in range(NUMBER)
    )


def feed_file() -> bytes:
    texts = (f"<title>Story {n}</title><description>It says {word(n)}.</description>" for n in range(NUMBER))
    items = "".join(f"<item>{text}</item>" for text in texts)
    return f"<rss><channel><title>Mole</title><description>News</description>{items}</channel></rss>".encode()


def mbox_file() -> bytes:
    return b"".join(
        f"From a@b.example Fri May  3 08:00:00 2024\nSubject: Story {n}\nFrom: Ann\n\nIt says {word(n)}.\n\n".encode()
        for n in range(NUMBER)
    )


def trec_file() -> bytes:
    return "".join(
        f"<DOC>\n<DOCNO> A-{n} </DOCNO>\n<TEXT>\nIt says {word(n)}.\n</TEXT>\n</DOC>\n" for n in range(NUMBER)
    ).encode()


FILES = {
    "a.csv": csv_file(), "a.jsonl": jsonl_file(), "a.json": json_file(), "a.warc": warc_file(), "a.rss": feed_file(),
    "a.mbox": mbox_file(), "a.trec": trec_file(),
}  # fmt: skip
STRAY = [
    b'"', b"'", b"\\", b"{", b"}", b"[", b",", b";", b"\n", b"\r", b"&", b"&x;", b"<", b"</b>", b"<b>", b"]]>",
    b"From ", b"\x00", b"\xff", b"\xe9", b"WARC/1.0", b"<DOC>", b"\n\n",
]  # fmt: skip

PLACES, PIECES = st.integers(0, 10_000), st.sampled_from(STRAY)
# One to three damages anywhere, or two within two tags that meet.
CHANGES = st.lists(st.tuples(PLACES, PIECES), min_size=1, max_size=3) | st.builds(
    lambda at, step, first, second: [(at, first), (at + step, second)], PLACES, st.integers(1, 40), PIECES, PIECES
)


def damaged(content: bytes, changes: list[tuple[int, bytes]]) -> tuple[bytes, set[int]]:
    """The file with pieces put in before its words, and the numbers of the records whose words are still whole."""
    for at, piece in changes:
        at = 200 + at % (len(content) - 200)  # the first bytes tell the format
        content = content[:at] + piece + content[at:]
    return content, {number for number in range(NUMBER) if word(number).encode() in content}


@pytest.mark.parametrize("name", FILES)
@settings(max_examples=60, derandomize=True)
@given(changes=CHANGES)
def test_a_record_is_a_document_or_in_quarantine(name: str, changes: list[tuple[int, bytes]]) -> None:
    content, left = damaged(FILES[name], changes)
    found = list(read(io.BytesIO(content), name, None, 1_000_000))
    documents = [str(item.content) for item in found if isinstance(item, RawDocument)]
    quarantined = [item for item in found if isinstance(item, Quarantined)]
    kept = {number for number in left if any(word(number) in text for text in documents)}
    named = {number for number in left if any(word(number).encode() in item.head for item in quarantined)}
    # The head of a quarantined piece has its first 256 bytes: a piece that is longer stands for what is behind them.
    long = sum(len(item.head) == 256 or not item.head for item in quarantined)
    assert left - kept - named == set() or long, f"{left - kept - named} of {content!r}"


@pytest.mark.parametrize("name", FILES)
@settings(max_examples=40, derandomize=True)
@given(at=st.integers(0, 10_000), piece=st.sampled_from(STRAY))
def test_one_wrong_piece_costs_at_most_its_record_and_the_next(name: str, at: int, piece: bytes) -> None:
    content, left = damaged(FILES[name], [(at, piece)])
    found = list(read(io.BytesIO(content), name, None, 1_000_000))
    documents = [str(item.content) for item in found if isinstance(item, RawDocument)]
    assert len([number for number in left if not any(word(number) in text for text in documents)]) <= 2


@pytest.mark.parametrize("ends", [b"</it;em>", b"</item<DOC>>", b"<item>", b"<//item>"])
@pytest.mark.parametrize("begins", [b"<it}em>", b"<;item>", b"<item<b>>", b"<i tem/1.0>"])
@pytest.mark.parametrize("body", [b"<description>", b"<descrip tion/1.0>", b"<desc</b>ription>"])
def test_of_two_feed_items_whose_tags_are_damaged_where_they_meet_nothing_is_lost(
    ends: bytes, begins: bytes, body: bytes
) -> None:
    before, after = (word(5).encode() + b".</description>", b"It says " + word(6).encode())
    content = feed_file().replace(before + b"</item><item>", before + ends + begins)
    content = content.replace(b"<description>" + after, body + after)
    found = list(read(io.BytesIO(content), "a.rss", None, 1_000_000))
    said = [str(item.content) if isinstance(item, RawDocument) else item.head.decode() for item in found]
    assert [number for number in range(NUMBER) if not any(word(number) in text for text in said)] == []


def test_a_feed_that_is_whole_has_no_text_outside_of_its_items() -> None:
    item = "<item><title>A</title><postid>7</postid><media><url>u</url></media><description>B</description></item>"
    content = f"<rss><channel><title>Mole</title>{item}</channel></rss>".encode()
    assert [type(found) for found in read(io.BytesIO(content), "a.rss", None, 1_000)] == [RawDocument]
