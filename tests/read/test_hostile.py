"""Hostile and damaged containers: what cannot be read is quarantined with its reason, and the rest goes on."""

import contextlib
import gzip
import io
import stat
import tarfile
import zipfile
import zlib
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etl.errors import Rejected
from etl.extract.article import extract
from etl.read.archives import is_unsafe
from etl.read.files import read
from schemas.records import Quarantined, RawDocument
from tests.samples import make

MAX_BYTES = 1_000_000
TEXT = b"A headline\n\nAnd a body that says something."


def documents(content, path="in/file") -> list[Any]:
    return list(read(io.BytesIO(content), path, None, MAX_BYTES))


def reasons(content, path="in/file"):
    return {found.path: found.reason for found in documents(content, path) if isinstance(found, Quarantined)}


def zipped(members):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return packed.getvalue()


def tarred(members):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for member, content in members:
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def tar_member(name, kind=tarfile.REGTYPE, link=""):
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, link
    return member


@pytest.mark.parametrize("name", ["../a.txt", "/etc/a.txt", "x/../../a.txt", "C:\\a.txt", "..\\a.txt"])
def test_a_name_that_leads_out_of_an_archive_is_refused(name):
    assert is_unsafe(name)
    found = documents(zipped({name: TEXT, "b.txt": TEXT}))
    assert [type(f) for f in found] == [Quarantined, RawDocument]
    assert found[0].reason.startswith("unsafe name")


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (tarfile.SYMTYPE, "symbolic link"),
        (tarfile.LNKTYPE, "hard link"),
        (tarfile.FIFOTYPE, "pipe"),
        (tarfile.CHRTYPE, "device"),
    ],
)
def test_links_and_devices_in_a_tar_are_refused(kind, reason):
    content = tarred([(tar_member("a.txt", kind, "/etc/passwd"), b""), (tar_member("b.txt"), TEXT)])
    found = documents(content)
    assert [type(f) for f in found] == [Quarantined, RawDocument]
    assert reason in found[0].reason


def test_a_link_in_a_zip_is_refused():
    link = zipfile.ZipInfo("a.txt")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    assert reasons(zipped({link: "/etc/passwd", "b.txt": TEXT})) == {"in/file/a.txt": "unsupported: symbolic link"}


def test_a_zip_bomb_is_cut_off_and_its_neighbours_are_read():
    found = documents(
        zipped({"a.txt": b"0" * 30_000_000, "b.jsonl": b'{"title": "' + b"0" * 30_000_000, "c.txt": TEXT})
    )
    assert [f.reason.partition(":")[0] for f in found[:-1]] == ["too large"] * (len(found) - 1)
    assert found[-1].content == TEXT


def test_members_that_share_bytes_are_refused():
    content = bytearray(zipped({f"{i}.txt": bytes(range(256)) * 8 for i in range(20)}))
    directory = content.index(b"PK\x01\x02")
    # Each entry of the directory claims the packed size of the whole archive.
    while directory != -1:
        content[directory + 20 : directory + 24] = len(content).to_bytes(4, "little")
        directory = content.find(b"PK\x01\x02", directory + 4)
    assert list(reasons(bytes(content)).values()) == ["hostile: zip members overlap"]


def test_an_archive_in_an_archive_is_refused_but_a_packed_file_is_read():
    inner = zipped({"x.txt": TEXT})
    found = documents(zipped({"a.zip": inner, "b.txt.gz": gzip.compress(TEXT)}))
    assert found[0].reason == "nested: zip archive inside another archive"
    assert (found[1].content, found[1].path) == (TEXT, "in/file/b.txt.gz")


def test_an_encrypted_member_is_quarantined():
    content = bytearray(zipped({"a.txt": TEXT}))
    content[content.index(b"PK\x01\x02") + 8] |= 1
    assert reasons(bytes(content)) == {"in/file/a.txt": "unsupported: encrypted zip member"}


def test_a_damaged_member_is_quarantined_and_the_next_is_read():
    content = bytearray(zipped({"a.txt": bytes(i * 7 % 251 for i in range(5000)).hex().encode(), "b.txt": TEXT}))
    content[200:300] = b"\xff" * 100
    found = documents(bytes(content))
    assert isinstance(found[0], Quarantined)
    assert found[-1].content == TEXT


def test_reasons_and_names_are_one_printable_line():
    answer = make.warc("response", b"HTTP/1.1 500\x00 No\nwhere\r\n\r\nx", "application/http")
    (refused,) = documents(answer)
    assert refused.reason == "no page: HTTP status HTTP/1.1 500\ufffd No"
    (found,) = documents(tarred([(tar_member("a\nb.txt"), TEXT)]))
    assert found.path == "in/file/a\ufffdb.txt"


def test_a_member_without_a_name_is_passed_over():
    content = zipped({"a.txt": TEXT}).replace(b"a.txt", b"\x00.txt")
    assert documents(content)[0].reason == "empty: no record in it"


NO_LIST = "broken zip: no list of its members at its end"


def streamed(members: dict[str, bytes]) -> bytes:
    """A zip as it is written into a pipe: sizes stand behind each member."""

    class Pipe(io.BytesIO):
        def seek(self, *_: int) -> int:
            raise OSError("a pipe")

        tell = seek

    with zipfile.ZipFile(pipe := Pipe(), "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return pipe.getvalue()


@pytest.mark.parametrize("pack", [zipped, streamed])
def test_a_truncated_zip_gives_what_is_whole(pack):
    long = bytes(i * 7 % 251 for i in range(5_000)).hex().encode()
    content = pack({"a.txt": TEXT, "b.txt": long, "../c.txt": TEXT, "d.txt": TEXT})
    assert [found.content for found in documents(content) if isinstance(found, RawDocument)] == [TEXT, long, TEXT]
    for kept in (*range(40, len(content) - 1, 23), len(content) - 2):
        found = documents(content[:kept])
        whole = [each.content for each in found if isinstance(each, RawDocument)]
        assert whole == [TEXT, long, TEXT][: len(whole)]
        assert found[-1].reason.startswith(NO_LIST)
        assert len(found) - 1 <= 4
    assert len(whole) == 3
    assert reasons(content[:-30]) == {
        "in/file": f"{NO_LIST}; 4 members were found by their headers",
        "in/file/../c.txt": "unsafe name: it leads out of the archive",
    }
    assert reasons(content[:20]) == {"in/file": f"{NO_LIST}, and it has no members"}


def test_a_zip_whose_list_is_lost_is_looked_through_once():
    """Marks that stand close, or far apart, are not found by reading the same bytes again and again."""

    class Counted(io.BytesIO):
        taken = 0

        def read(self, size: int | None = -1) -> bytes:
            piece = super().read(size)
            self.taken += len(piece)
            return piece

    header = zipped({"a.txt": b""})[:30]
    for gap in (0, 65, 5_000):
        for mark in (header + b"x" * gap, b"PK\x07\x08" + b"x" * gap):
            stream = Counted(header[:6] + b"\x08" + header[7:] + mark * 200)
            list(read(stream, "in/file", None, MAX_BYTES))
            assert stream.taken < 20 * (len(stream.getvalue()) + 200 * 64)


def test_a_truncated_tar_gives_what_is_whole():
    content = tarred([(tar_member("a.txt"), TEXT), (tar_member("b.txt"), TEXT * 1000)])
    found = documents(content[: len(content) // 3])
    assert found[0].content == TEXT
    assert isinstance(found[-1], Quarantined)


def test_names_in_other_encodings_are_made_printable():
    (found,) = read(io.BytesIO(TEXT), "caf\udce9/a.txt", None, MAX_BYTES)
    assert found.path == "caf\ufffd/a.txt"
    assert isinstance(found, RawDocument)
    assert extract(found, "s", None).article_id


@pytest.mark.parametrize(
    "declaration",
    [
        '<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;">',
        '<!ENTITY x SYSTEM "file:///etc/passwd">',
        '<!entity % x SYSTEM "http://example.org/x.dtd"> %x;',
    ],
)
@pytest.mark.parametrize("name", ["article.rss", "article.nitf.xml", "article.newsml.xml"])
def test_xml_that_declares_entities_is_refused(declaration, name):
    text = make.samples()[name].decode()
    start = text.index("?>") + 2
    rest = text[start:].partition('.dtd">')[2] or text[start:]
    hostile = text[:start] + f"<!DOCTYPE r [{declaration}]>" + rest
    assert list(reasons(hostile.encode()).values()) == ["hostile: XML that declares entities"]


@pytest.mark.parametrize("tag", [b"<item>", b"<item", b"<item a='1'>"])
def test_xml_that_nests_without_end_is_refused(tag):
    (refused,) = documents(b"<rss><channel>" + tag * 10_000)
    assert refused.reason.startswith("hostile: ")
    (refused,) = documents(b"<rss><channel>" + b"<a>" * 300_000)
    assert refused.reason == "hostile: 300002 tags, more than 250000"


@pytest.mark.parametrize("half", [b"&#xD800;", b"&#xdfff;", b"&#55296;", b"&#57343;", b"\xed\xa0\x80", b"&#x00D800;"])
def test_half_a_character_costs_no_article(half):
    found = documents(
        b'<?xml version="1.0"?><rss><channel><item><title>One ' + half + b" two</title></item></channel></rss>"
    )
    assert found[0].content["title"].startswith("One ")
    assert found[0].content["title"].endswith(" two")


def test_half_a_character_in_markup_costs_no_article():
    (found,) = documents(b'{"title": "One", "body": "<p>Some \\ud800 text.</p>"}', "a.json")
    assert extract(found, "s", None).body == "Some ? text."
    (found,) = documents(b'<!DOCTYPE lewis SYSTEM "lewis.dtd"><REUTERS><TITLE>One &#xD800;</TITLE></REUTERS>', "a.sgm")
    assert found.content["title"].startswith("One")


def test_an_sgml_item_without_an_end_ends_where_the_next_begins():
    items = b'<!DOCTYPE lewis SYSTEM "lewis.dtd">\n' + b"".join(
        b'<REUTERS NEWID="%d"><TEXT><TITLE>%s</TITLE><BODY>Some text.</BODY></TEXT>%s\n' % (number, name, end)
        for number, (name, end) in enumerate([(b"A", b"</REUTERS>"), (b"B", b""), (b"C", b"</REUTERS>"), (b"D", b"")])
    )
    assert [(d.content["id"], d.content["title"], d.content["body"]) for d in documents(items, "a.sgm")] == [
        (str(number), name, "Some text.") for number, name in enumerate("ABCD")
    ]
    deep = b"<REUTERS><TEXT>" + b"<a>" * 1000 + b"</REUTERS><REUTERS><TITLE>B</TITLE></REUTERS>"
    found = documents(b'<!DOCTYPE lewis SYSTEM "lewis.dtd">' + deep, "a.sgm")
    assert [type(f) for f in found] == [Quarantined, RawDocument]


def test_broken_xml_is_read_as_far_as_it_goes():
    cut = make.samples()["article.rss"]
    found = documents(cut[: cut.index(b"</item>")])
    assert found[0].content["title"] == make.TITLE


def test_xml_that_is_no_news_is_quarantined():
    assert reasons(b'<?xml version="1.0"?><svg:svg xmlns:svg="x"><a/></svg:svg>') == {
        "in/file": "unsupported: XML with root <svg>"
    }


@pytest.mark.parametrize("wrong", [-40, -1, 1, 40, 10_000])
def test_a_wrong_length_in_a_warc_takes_no_other_record_along(wrong):
    records = [make.warc("conversion", f"Title {i}\n\nBody {i} of it.".encode(), "text/plain") for i in range(3)]
    size = len(b"Title 1\n\nBody 1 of it.")
    records[1] = records[1].replace(f"Length: {size}".encode(), f"Length: {max(0, size + wrong)}".encode())
    found = documents(b"".join(records))
    texts = [f.content for f in found if isinstance(f, RawDocument)]
    assert texts[0] == b"Title 0\n\nBody 0 of it."
    assert isinstance(texts[-1], bytes)
    assert texts[-1].rstrip() == b"Title 2\n\nBody 2 of it."
    assert len(found) >= 3


def test_damage_between_warc_records_is_quarantined():
    record = make.warc("conversion", TEXT, "text/plain")
    found = documents(record + b"garbage\nmore garbage\n" + record)
    assert [type(f) for f in found] == [RawDocument, Quarantined, RawDocument]


def test_web_answers_are_unpacked_and_errors_are_no_pages():
    def answer(status, fields, body):
        head = f"HTTP/1.1 {status}\r\nContent-Type: text/html; charset=windows-1251\r\n{fields}\r\n".encode()
        return make.warc("response", head + body, "application/http")

    page = "<html><p>Да</p></html>".encode("cp1251")
    chunked = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (page[:10], page[10:])) + b"0\r\n\r\n"
    found = documents(
        answer("200 OK", "", page)
        + answer("200 OK", "Transfer-Encoding: chunked\r\n", chunked)
        + answer("200 OK", "Content-Encoding: gzip\r\n", gzip.compress(page))
        + answer("404 Not Found", "", page)
        + answer("200 OK", "Content-Encoding: gzip\r\n", gzip.compress(b"0" * 5_000_000))
    )
    assert [(f.content, f.charset) for f in found[:3]] == [(page, "windows-1251")] * 3
    assert found[3].reason.startswith("no page: HTTP status")
    assert found[4].reason.startswith("too large")


CHAIN = b"5;name=value\r\nAdd a\r\n8\r\n crane\r\n\r\n"


@pytest.mark.parametrize(
    ("field", "body", "content"),
    [
        ("Transfer-Encoding: chunked", CHAIN + b"0\r\n\r\n", b"Add a crane\r\n"),
        ("Transfer-Encoding: chunked", CHAIN + b"00\r\nTrailer: 1\r\n\r\n", b"Add a crane\r\n"),
        ("Transfer-Encoding: chunked", CHAIN + b"ff\r\ncut within", b"Add a crane\r\ncut within"),
        ("Transfer-Encoding: chunked", CHAIN, b"Add a crane\r\n"),
        ("Transfer-Encoding: chunked", b"Add a crane to the harbour.", None),
        ("Transfer-Encoding: chunked", b"Bad; and worse.\r\n\r\nBoth fell.", None),
        ("Transfer-Encoding: chunked", b"5\r\nyears on, the harbour has a crane.", None),
        ("Transfer-Encoding: chunked", b"2024\r\nwas a good year.", None),
        ("Transfer-Encoding: chunked", b"5\r\nyears", None),
        ("Transfer-Encoding: chunked", b"0 people came.\r\n\r\nNone stayed.", None),
        ("X-Plain: chunked", CHAIN + b"0\r\n\r\n", None),
        ("Content-Encoding: gzip", b"x marks the spot.", None),
        ("Content-Encoding: deflate", zlib.compress(b"It was packed."), b"It was packed."),
    ],
)
def test_a_body_is_unpacked_only_if_it_is_packed_whatever_its_header_says(field, body, content):
    head = f"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n{field}\r\n\r\n".encode()
    (found,) = documents(make.warc("response", head + body, "application/http"))
    assert found.content == (body if content is None else content)


def test_a_long_word_among_the_attributes_of_a_story_costs_no_more_than_its_length():
    content = b'<!DOCTYPE lewis SYSTEM "lewis.dtd">\n<REUTERS %s NEWID="7"><TEXT><TITLE>T</TITLE></TEXT></REUTERS>'
    (found,) = documents(content % (b"1e999" * 12_000), "a.sgm")  # by the square, half a minute
    assert found.content["id"] == "7"


def test_a_csv_keeps_its_place_through_nuls_and_bad_rows():
    content = b'title,text\n"T\x000","a, ""quoted""\nbody"\nT1,b,too,many\n\nT2,c\n'
    found = documents(content, "a.csv")
    assert found[0].content == {"title": "T0", "text": 'a, "quoted"\nbody'}
    assert found[1].reason == "broken CSV: 4 cells in 2 columns"
    assert (found[2].content, found[2].record) == ({"title": "T2", "text": "c"}, 2)


def test_a_csv_with_a_cell_of_any_length_is_read():
    long = "word " * 50_000
    assert documents(f"title,text\nT,{long}\n".encode(), "a.csv")[0].content["text"] == long
    found: list[Any] = list(read(io.BytesIO(b"title,text\nT," + b"x" * 5_000_000), "a.csv", None, 20_000_000))
    assert [f.reason for f in found] == ["broken CSV: field larger than field limit (4000000)"]
    found = list(read(io.BytesIO(b"title," + b"x" * 5_000_000), "a.csv", None, 20_000_000))
    assert [f.reason for f in found] == ["broken CSV: field larger than field limit (4000000)"]


def test_a_table_without_known_columns_is_quarantined():
    assert reasons(b"x,y\n1,2\n", "a.csv") == {"a.csv": "no record: a table without a column that is known"}


def test_csv_in_another_charset_is_decoded():
    content = "title;text\nÜber;Größe und Maß für Ärzte in Österreich\n".encode("cp1252")
    assert documents(content, "a.csv")[0].content["title"] == "Über"


def test_parquet_with_nested_columns_is_read_and_a_broken_one_is_quarantined():
    rows = [
        {
            "doc": {"a": 1},
            "title": {"main": "T"},
            "body": ["One.", "Two."],
            "author": [{"name": "Ann Smith"}],
            "raw": b"\x00",
        }
    ]
    packed = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), packed)
    article = extract(documents(packed.getvalue())[0], "s", None)
    assert (article.title, article.body, article.authors) == ("T", "One.\n\nTwo.", ("Ann Smith",))
    assert next(iter(reasons(packed.getvalue()[:-20]).values())).startswith("broken Parquet")


def test_json_values_are_found_in_arrays_wrappers_and_streams():
    for content in (
        b'[{"title": "a"},\n {"title": "b"}]',
        b'{"items": [{"title": "a"}, {"title": "b"}]}',
        b'{\n"title": "a"}\n{\n"title": "b"}',
    ):
        assert [f.content["title"] for f in documents(content, "a.json")] == ["a", "b"]
    assert [type(f) for f in documents(b'[{"title": "a"}, {"title": ', "a.json")] == [RawDocument, Quarantined]
    assert reasons(b'[{"a": ' + b"[" * 100_000, "a.json") == {"a.json": "broken JSON: nested too deep"}


def test_reasons_of_broken_json_are_for_its_reader_and_not_for_programmers():
    for name in ("a.json", "a.jsonl"):
        assert reasons(b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}\n", name).popitem()[1] == (
            "broken JSON: nested too deep"
        )
        assert reasons(b'{"a": ' + b"9" * 5_000 + b"}\n", name).popitem()[1].endswith("value has 5000 digits")


@pytest.mark.parametrize("content", [b"[]", b"[" * 1000, zipped({"README": b"x"}), b"<rss><channel/></rss>"])
def test_a_container_without_records_is_accounted_for(content):
    assert list(reasons(content, "a.json").values()) == ["empty: no record in it"]


def test_prose_that_opens_with_a_brace_is_text():
    assert documents(b'{"Quoted" and braced} is how it began.\n\nBody.')[0].media == "text"


@pytest.mark.parametrize("name", sorted(make.samples()))
@settings(max_examples=20)
@given(at=st.floats(0, 1), cut=st.floats(0, 1), noise=st.binary(min_size=1, max_size=40))
def test_no_damage_to_any_format_makes_reading_or_extraction_raise(name, at, cut, noise):
    content = make.samples()[name]
    place = int(at * len(content))
    damaged = (content[:place] + noise + content[place + len(noise) :])[: int((0.5 + cut) * len(content))]
    for found in documents(damaged, name):
        if isinstance(found, RawDocument):
            with contextlib.suppress(Rejected):  # anything else fails the test
                extract(found, "s", None)


LONG = 200_000


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("a.md", b"# T\n\n" + b"*a " * LONG),
        ("a.md", b"# T\n\n" + b"[" * LONG + b"<!--" * LONG),
        ("a.txt", b"\xe9" + b"<" * LONG + b" \xe9t\xe9"),
        ("a.txt", b"\xe9" + b"<script" * (LONG // 8) + b" \xe9t\xe9"),
        ("a.html", b"<html><meta name=author content='" + b">" * LONG + b"'><body><p>Some text.</p>"),
        ("a.html", b"<html><script type='application/ld+json'>-->" + b" " * LONG + b"x</script><p>Some text.</p>"),
        ("a.html", b"<html><body>" + b"<article><h1>A long heading</h1></article>" * (LONG // 10)),
        ("a.html", b"<html><body>" + b"<form><div>" * (LONG // 10) + b"<p>Some text.</p>"),
        ("a.html", b"<html><body><p>Some text.</p>" + b"<div itemprop=author><i itemprop=name>" * (LONG // 10)),
        ("a.txt", b"T\n\n" + b"\n \t" * LONG + b"Some text."),
        ("a.rss", b"<rss><item><title>T</title><description>" + b"&lt;p" * LONG),
        ("a.sgm", b"<!DOCTYPE lewis SYSTEM 'lewis.dtd'>" + b"<REUTERS " * (LONG // 2)),
    ],
    ids=range(12),
)  # fmt: skip
def test_what_never_closes_is_read_in_bounded_time(path, content):
    # Each of these once took time that grew with the square of its length: minutes, where seconds are left to a test.
    for found in documents(content, path):
        if isinstance(found, RawDocument):
            with contextlib.suppress(Rejected):
                extract(found, "s", None)
