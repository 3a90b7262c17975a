"""Damage the samples of every format at random, and read what comes of it: no crash, no hang, no lost record.

    python benchmarks/fuzz.py                            # every format for a minute
    python benchmarks/fuzz.py --minutes 10 html warc     # formats whose sample's name has one of these words
    python benchmarks/fuzz.py --again article.html 7:123 # the case that was reported as seed 7, number 123

Each case is read and extracted in a child process under a limit of time and memory.  A case is computed from the
sample's name, seed and number alone, so one that is reported can be made again.  Exit status 1 when there is one.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import io
import random
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from etl.errors import Rejected
from etl.extract.article import extract
from etl.prepare.shards import warm
from etl.prepare.worker_process import Budget, Mark
from etl.prepare.workers import Lost, Workers
from etl.read.files import read
from etl.read.formats import HEAD_BYTES, format_of
from schemas.records import RawDocument

SAMPLES = {p.name: p.read_bytes() for p in (Path(__file__).parent.parent / "tests" / "samples").glob("article.*")}
MAX_BYTES = 5_000_000
BUDGET = Budget(seconds=10, memory=500_000_000)
EVERY = 200  # cases between two looks at the clock
WORDS = [
    b"<", b">", b"</p>", b"<!--", b"-->", b"<![CDATA[", b"]]>", b"<script>", b"<div>", b"<table><tr><td>", b"&#0;",
    b"&amp;", b"&#xD800;", b"<svg><style>", b'"', b"'", b"{", b"}", b"[", b"]", b"\\u0000", b"\\ud800", b"1e999",
    b"-1", b"NaN", b"null", b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\r", b"\n\n", b"\r\n\r\n",
    b"\t", b",", b";", b"---\n", b"=\n", b"By ", b"(Reuters) - ", b"99999999999999999999", b"-0001-01-01T00:00:00Z",
    b"9999-12-31T23:59:59-14:00", b"0000-00-00", b"WARC/1.0\r\n", b"Content-Length: ",
    b"Transfer-Encoding: chunked\r\n", b"Content-Encoding: gzip\r\n", b"PK\x01\x02", b"<REUTERS", b"</BODY>",
    b"<item>", b"<entry>", b'{"@type":"NewsArticle","author":', b"http://[", b"\xe2\x80\xae", b"%",
]  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("words", nargs="*", help="parts of the names of samples; all of them without any")
    parser.add_argument("--minutes", type=float, default=1, help="for each format")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--again", nargs=2, metavar=("SAMPLE", "SEED:NUMBER"), help="run one case in this process")
    given = parser.parse_args()
    if given.again:
        name, case = given.again
        seed, _, number = case.partition(":")
        run(name, damaged(name, int(seed), int(number)))
        return
    warm()
    chosen = [name for name in sorted(SAMPLES) if not given.words or any(word in name for word in given.words)]
    bad = sum(fuzz(name, given.seed, 60 * given.minutes) for name in chosen)
    sys.exit(1 if bad else 0)


def fuzz(name: str, seed: int, seconds: float) -> int:
    """Run cases of a sample for that long; the number of those that went wrong."""
    end, number, bad = time.monotonic() + seconds, 0, 0
    with Workers(1, BUDGET) as workers:
        while time.monotonic() < end:
            try:
                for done in workers.stream(cases, name, seed, number):
                    number = done
                    if time.monotonic() >= end:
                        break
            except Lost as lost:
                number, bad = lost.step[0] + 1, bad + 1
                print(f"{name} {seed}:{lost.step[0]}: {lost.reason}", flush=True)
    print(f"{name}: {number} cases, {bad} bad", flush=True)
    return bad


def cases(mark: Mark, name: str, seed: int, number: int) -> Iterator[int]:
    """Run one case after the other; yields how far it is."""
    while True:
        run(name, damaged(name, seed, number), functools.partial(mark, number))
        number += 1
        if number % EVERY == 0:
            yield number


def run(name: str, content: bytes, step: Callable[[], None] = lambda: None) -> None:
    """Read and extract as a run does.  Raises what a run must not: anything but Rejected, or a record that is lost.

    step  called before each document, and before it is extracted
    """
    step()
    found = []
    for document in read(io.BytesIO(content), name, None, MAX_BYTES):
        found.append(document)
        step()
    if not found:
        raise AssertionError("nothing came of a file")
    if is_jsonl(name, content) and len(found) < (lines := sum(bool(line.strip()) for line in content.split(b"\n"))):
        raise AssertionError(f"{len(found)} records came of {lines} lines")
    for document in found:
        if isinstance(document, RawDocument):
            step()
            with contextlib.suppress(Rejected):
                extract(document, "s", None)


def is_jsonl(name: str, content: bytes) -> bool:
    """Whether a file is read as a record a line."""
    try:
        return format_of(content[:HEAD_BYTES], name) == "jsonl"
    except Rejected:
        return False


def damaged(name: str, seed: int, number: int) -> bytes:
    """A sample with one to eight changes."""
    chance = random.Random(f"{name} {seed} {number}")
    content = bytearray(SAMPLES[name])
    for _ in range(chance.choice([1, 1, 2, 3, 5, 8])):
        change(chance, content)
    return bytes(content)


def change(chance: random.Random, content: bytearray) -> None:
    """Change a place: bits, bytes cut out, put in, doubled many times, or taken from another sample."""
    at = chance.randrange(len(content) + 1)
    length = min(chance.choice([1, 2, 8, 64, 512]), len(content) - at)
    piece = bytes(content[at : at + length])
    kind = chance.randrange(7)
    if kind == 0 and at < len(content):
        content[at] ^= 1 << chance.randrange(8)
    elif kind == 1:
        del content[at : at + length]
    elif kind == 2:
        content[at:at] = chance.choice(WORDS)
    elif kind == 3:
        content[at:at] = chance.choice(WORDS) * chance.choice([2, 100, 10_000])
    elif kind == 4:
        content[at:at] = piece * chance.choice([1, 10, 1_000 if length < 64 else 10])
    elif kind == 5:
        content[at : at + length] = chance.randbytes(length)
    else:
        other = SAMPLES[chance.choice(sorted(SAMPLES))]
        begin = chance.randrange(len(other))
        content[at:at] = other[begin : begin + chance.choice([16, 256, 4096])]


if __name__ == "__main__":
    main()
