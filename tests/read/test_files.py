"""Reading: what a file is comes from its content; nothing in it makes a reader raise; every record ends somewhere."""

import bz2
import gzip
import io
import json
import lzma
import tarfile

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
        (b'\xef\xbb\xbf<?xml version="1.0"?>\n<!-- 0 items -->\n', "empty: XML without an element"),
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
    for padding in (bytes(512), bytes(200_000)):  # as tapes and preallocated files have it: within a chunk, and beyond
        assert only(pack(PAGE) + padding + pack(b"<p>more</p>") + padding).content == PAGE + b"<p>more</p>"


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


def test_what_stands_before_damaged_bytes_is_read():
    def record(n):
        page = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + PAGE
        head = f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: https://x.example/{n}\r\n"
        return head.encode() + b"Content-Length: %d\r\n\r\n" % len(page) + page + b"\r\n\r\n"

    members = [bytearray(gzip.compress(record(n))) for n in range(9)]
    members[6][len(members[6]) // 2] ^= 0xFF
    found = documents(b"".join(members), "a.warc.gz")
    whole = [(each.url or "")[-1:] for each in found if isinstance(each, RawDocument)]
    assert (whole[:6], whole[-1:]) == (list("012345"), ["8"])
    assert any(isinstance(each, Quarantined) for each in found)
    assert documents(b"".join(members[:7]), "a.warc.gz")[-1].reason.startswith("broken gzip")
    lines = b"".join(json.dumps({"id": n, "text": f"{n * 7919 % 10007} words"}).encode() + b"\n" for n in range(30_000))
    packed = bytearray(lzma.compress(lines))
    packed[len(packed) * 3 // 4] ^= 0xFF
    found = documents(bytes(packed), "a.jsonl.xz")
    assert sum(isinstance(each, RawDocument) for each in found) > 15_000
    assert found[-1].reason.startswith("broken xz")


def test_a_damaged_header_of_a_tar_file_costs_its_member_and_is_told():
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for n in range(9):
            member = tarfile.TarInfo(f"{n}.html")
            member.size = len(PAGE)
            archive.addfile(member, io.BytesIO(PAGE))
    whole = packed.getvalue()
    at = whole.index(b"5.html")
    found = documents(whole[:at] + b"\xff" + whole[at + 1 :], "a.tar")
    assert [each.path for each in found] == [f"a.tar/{n}.html" for n in (0, 1, 2, 3, 4, 6, 7, 8)] + ["a.tar"]
    assert found[-1].reason == "broken tar: bad checksum; what it names is lost"
    cut = documents(whole[: at + 100], "a.tar")
    assert [each.path for each in cut][5:] == ["a.tar"]
    assert len(documents(whole + b"left on the tape" * 99, "a.tar")) == 9


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
        b'+++\ntitle="A"\nauthors = [\n  "Ann Pell",\n  "Bo Quist",\n]\n[extra]\ntitle = "B"\n+++\n',
        b"---\ntitle: A # a draft\nauthors:\n  # both\n  - name: Ann Pell\n    url: x\n  - name: Bo Quist\n---\n",
        b"---\ntitle: >-\n  A\nauthor:\n  name: Ann Pell and Bo Quist\n  email: desk@a.example\n---\n",
    ],
)
def test_front_matter_is_yaml_or_toml(front):
    found = extract(only(front + b"\nThe ferry to Sandholm ran twice.", "a.md"), "s", None)
    assert (found.title, found.authors) == ("A", ("Ann Pell", "Bo Quist"))


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("A: b", "A: b"),
        ("C# is #1", "C# is #1"),
        ("'It''s'  # its", "It's"),
        (r'"Say \"no\""', 'Say "no"'),
        ('"No" is no answer', '"No" is no answer'),
        ("Nine leave\n  Orle", "Nine leave Orle"),
        (">\n  Nine leave\n  Orle\n", "Nine leave Orle"),
        ("|\n\n  Nine leave\n", "Nine leave"),
        ("https://a.example/b#c", "https://a.example/b#c"),
    ],
)
def test_a_value_of_front_matter_is_what_yaml_has_it_to_be(written, read):
    assert only(f"---\ntitle: {written}\nsection: x\n---\nBody.".encode(), "a.md").content["title"] == read
