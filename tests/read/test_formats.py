"""Every format that is read has a sample, and all samples are the same article."""

import io
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from etl.extract.article import extract
from etl.read.files import READERS, read
from etl.read.formats import format_of
from schemas.records import Quarantined, RawDocument
from tests.samples import make
from tests.support.paths import ROOT, SAMPLES, found_in

NAMES = sorted(make.samples())
# What a format has no place for.
WITHOUT_URL = {
    "article.txt", "article.txt.xz", "article.zip", "article.sgm", "article.newsml.xml", "article.newsml1.xml",
    "article.nitf.xml", "article.rcv1.xml", "article.trec", "article.lexis.txt", "article.factiva.txt",
    "article.iptc.txt",
}  # fmt: skip


def article(name):
    with (SAMPLES / name).open("rb") as stream:
        found = list(read(stream, f"in/{name}", None, 10_000_000))
    (document,) = found
    assert isinstance(document, RawDocument)
    return extract(document, "samples", None)


README = (ROOT / "README.md").read_text(encoding="utf-8")
TABLE = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in found_in(README, r"(\| format \|.*?)\n\n").splitlines()
]
FIELDS = {"published": "published_at", "modified": "modified_at"}  # what the README calls otherwise
TICKED = {
    f"article{suffix}": {FIELDS.get(name, name) for name, tick in zip(TABLE[0][1:], ticks, strict=True) if tick}
    for label, *ticks in TABLE[2:]
    for suffix in re.findall(r"`(\.[\w.]+)`", label)
}
"""Fields that the README ticks, by sample."""
PACKED = {"article.zip": "article.txt", "article.tar": "article.jsonl", "article.tar.gz": "article.jsonl"}
PACKED |= {n: n.rpartition(".")[0] for n in NAMES if n.endswith((".gz", ".bz2", ".xz", ".zst")) and n not in PACKED}
"""What is inside the samples that are containers."""


@pytest.mark.parametrize("name", NAMES)
def test_the_readme_says_which_fields_a_format_gives(name):
    found = article(name)
    fields = {FIELDS.get(name, name) for name in TABLE[0][1:]}
    assert {field for field in fields if getattr(found, field)} == TICKED[PACKED.get(name, name)]


def test_the_readme_names_every_format_and_every_container_once():
    assert set(TICKED) == set(NAMES) - set(PACKED)
    assert sum(len(re.findall(r"`(\.[\w.]+)`", label)) for label, *_ in TABLE[2:]) == len(TICKED)
    containers = found_in(README, r"Each is also read inside (.*?archives)")
    assert set(re.findall(r"`(\.\w+)`", containers)) == {Path(name).suffix for name in PACKED}


@pytest.mark.parametrize("name", NAMES)
def test_every_sample_is_read_to_the_same_article(name):
    found = article(name)
    assert found.title == make.TITLE
    assert found.body == make.BODY
    assert found.authors == (make.AUTHOR,)
    assert found.published_at == datetime(2024, 5, 3, tzinfo=UTC)
    assert found.url == (None if name in WITHOUT_URL else make.URL)


def test_every_format_has_a_sample():
    assert {format_of(content, name) for name, content in make.samples().items()} == set(READERS)


def test_the_samples_are_what_their_script_makes():
    for name, content in make.samples().items():
        if not name.endswith(".parquet"):  # whose header names the version of its writer
            assert (SAMPLES / name).read_bytes() == content, f"run {make.__file__}: {name} is stale"


@pytest.mark.parametrize("name", NAMES)
def test_content_decides_where_a_name_says_nothing(name):
    if name == "article.md":  # Markdown is text but for its name
        return
    (found,) = read(io.BytesIO(make.samples()[name]), "noname", None, 10_000_000)
    assert isinstance(found, RawDocument)
    assert extract(found, "samples", None).body == make.BODY


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("article.txt", "in/article.txt"),
        ("article.sgm", "1"),
        ("article.newsml.xml", "urn:newsml:daily.example:20240503:77"),
        ("article.zip", "in/article.zip/day/article.txt"),
        ("article.tar.gz", make.URL),
    ],
)
def test_an_article_keeps_its_identity_inside_containers(name, key):
    assert article(name).source_key == key


def test_wire_formats_keep_dateline_and_credit():
    found = article("article.sgm")
    assert (found.dateline, found.credit, found.trailer) == ("HARBOUR, May 3 -", "Reuters", "Reuter")
    assert article("article.nitf.xml").dateline == "HARBOUR"


@pytest.mark.parametrize("kind", [0x50, 0x5F])
def test_a_skippable_frame_of_zstd_is_neither_article_nor_obstacle(kind: int) -> None:
    frame = bytes([kind]) + b"\x2a\x4d\x18" + (40).to_bytes(4, "little") + b"The words of a frame that is passed over"
    article = (SAMPLES / "article.csv.zst").read_bytes()
    (plain,) = read(io.BytesIO(article), "a.csv.zst", None, 10**6)
    assert list(read(io.BytesIO(frame + article), "a.csv.zst", None, 10**6)) == [plain]
    (alone,) = read(io.BytesIO(frame), "a.txt", None, 10**6)
    assert isinstance(alone, Quarantined)
    assert alone.reason == "empty"
