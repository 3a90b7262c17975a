"""Reading: what a file is comes from its content; nothing in it makes a reader raise; every record ends somewhere."""

import bz2
import gzip
import io
import json
import lzma

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.extract.article import extract
from etl.read.file import is_article_file
from etl.read.files import read
from schemas.records import Quarantined, RawDocument

MAX_BYTES = 100_000
PAGE = b"<!DOCTYPE html><html><body><p>Text of a page.</p></body></html>"


def documents(content, path="a/file", max_bytes=MAX_BYTES):
    return list(read(io.BytesIO(content), path, None, max_bytes))


def only(content, path="a/file", **options):
    (found,) = documents(content, path, **options)
    return found


@pytest.mark.parametrize("path", ["a/page.html", "a/page.txt", "a/page"])
@pytest.mark.parametrize("before", [b"", b"\xef\xbb\xbf", b"\n  <!-- saved from -->\n", b'<?xml version="1.0"?>\n'])
def test_a_page_is_a_page_whatever_its_name(path, before):
    found = only(before + PAGE, path)
    assert (found.media, found.content, found.record) == ("html", before + PAGE, None)


def test_text_is_text():
    found = only(b"Headline\n\nBy A. Writer\n\nBody <b>of</b> {it}.", "a/b.txt")
    assert (found.media, found.path) == ("text", "a/b.txt")


def test_each_line_of_jsonl_is_a_record():
    lines = [json.dumps({"title": f"t{i}"}).encode() for i in range(3)]
    found = documents(b"\n".join([lines[0], b"", *lines[1:]]), "c.jsonl")
    assert [(f.record, f.media, f.content["title"]) for f in found] == [
        (0, "fields", "t0"), (1, "fields", "t1"), (2, "fields", "t2")
    ]  # fmt: skip


def test_a_broken_line_is_quarantined_in_its_place_and_the_rest_is_read():
    found = documents(b'{"title": "a"}\n{"title": \n[1]\n{"title": "b"}\n', "c.jsonl")
    assert [type(f) for f in found] == [RawDocument, Quarantined, Quarantined, RawDocument]
    assert [f.record for f in found] == [0, 1, 2, 3]
    assert found[1].reason.startswith("broken JSON")
    assert found[1].head == b'{"title": \n'
    assert found[2].reason.startswith("no record")


def test_a_line_that_is_too_long_is_quarantined_and_the_next_is_read():
    found = documents(b'{"title": "' + b"x" * MAX_BYTES * 3 + b'"}\n{"title": "b"}\n', "c.jsonl")
    assert [f.record for f in found] == [0, 1]
    assert found[0].reason.startswith("too large")
    assert found[1].content == {"title": "b"}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b" \n\r\n\t", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"\x00" * 5000, "empty"),
        (b"%PDF-1.7\n%\xe2\xe3", "unsupported: PDF"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "unsupported: PNG image"),
        (bytes(range(256)) * 20, "binary"),
        (b"x" * (MAX_BYTES + 1), "too large"),
    ],
)
def test_what_is_no_document_is_quarantined_with_its_reason(content, reason):
    found = only(content)
    assert found.stage == "read"
    assert found.reason.startswith(reason)
    assert found.head == content[:256]


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_a_compressed_file_is_what_is_inside(pack):
    assert only(pack(PAGE), "a.html.packed").content == PAGE
    assert only(pack(PAGE) + pack(b"<p>more</p>")).content == PAGE + b"<p>more</p>"


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_a_truncated_file_gives_its_records_and_a_quarantined_rest(pack):
    lines = b"".join(json.dumps({"id": i, "text": f"{i * 7919 % 10007} words"}).encode() + b"\n" for i in range(30_000))
    packed = pack(lines)
    found = documents(packed[: len(packed) * 3 // 4], "a.jsonl.gz")
    assert isinstance(found[-1], Quarantined)
    assert found[-1].reason.startswith("broken")
    if pack is not bz2.compress:  # bzip2 gives nothing of a block before its end
        assert isinstance(found[0], RawDocument)


def test_damaged_compressed_bytes_are_quarantined():
    packed = bytearray(gzip.compress(bytes(i * 7919 % 251 for i in range(50_000))))
    packed[len(packed) // 2] ^= 0xFF
    assert only(bytes(packed)).reason.startswith("broken gzip")


def test_a_bomb_is_cut_off_by_the_limit_of_a_document():
    assert only(gzip.compress(b"a" * 20_000_000)).reason.startswith("too large")


def test_compression_may_nest_once_but_not_for_ever():
    assert only(gzip.compress(gzip.compress(PAGE))).content == PAGE
    deep = PAGE
    for _ in range(5):
        deep = gzip.compress(deep)
    assert only(deep).reason.startswith("nested")


@pytest.mark.parametrize(
    "name", ["a.txt", "x/y/b.html", "notes.md", "c.jsonl.gz", "2024-01-01.warc.gz", "readable.txt"]
)
def test_files_that_may_hold_articles(name):
    assert is_article_file(name)


@pytest.mark.parametrize(
    "name", [".hidden", "x/.DS_Store", "README.md", "seeds/readme.txt", "gold.toml", "LICENSE", "a.txt.part"]
)
def test_files_that_hold_none(name):
    assert not is_article_file(name)


@given(st.binary(max_size=2000), st.sampled_from(["a.txt", "a.html", "a.jsonl", "a.gz", "a"]))
def test_no_bytes_make_a_reader_raise(content, path):
    assert documents(content, path)


@pytest.mark.parametrize(
    "front",
    [
        b"---\ntitle: A\nauthors: [Ann Pell, Bo Quist]\n---\n",
        b"---\ntitle: A\nauthors:\n  - Ann Pell\n  - Bo Quist\n---\n",
        b'+++\ntitle = "A"\nauthors = ["Ann Pell", "Bo Quist"]\n+++\n',
    ],
)
def test_front_matter_is_yaml_or_toml(front):
    found = extract(only(front + b"\nThe ferry to Sandholm ran twice.", "a.md"), "s", None)
    assert (found.title, found.authors) == ("A", ("Ann Pell", "Bo Quist"))
