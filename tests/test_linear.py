"""No pattern and no pure function takes more than linear time in foreign text: quadratic ones hang on a large document.

Each is run over families of texts at two sizes, in seconds of the processor.  Four times the text may take FACTOR times
as long; where so little is taken that the machine's noise counts, nothing is said.
"""

from __future__ import annotations

import ast
import functools
import gc
import importlib
import io
import json
import pkgutil
import random
import re
import re._constants as sre  # type: ignore[import-not-found]  # the parser of patterns has no public name
import re._parser as sre_parser  # type: ignore[import-not-found]
import signal
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from etl.errors import Rejected
from etl.extract.article import extract
from etl.extract.record import extract_fields
from etl.extract.wire_text import extract_text
from etl.fetch.politeness import robot_rules
from etl.read.documents import shown
from etl.read.files import read
from etl.text.dates import parse_date
from etl.text.decode import decode
from etl.text.people import people_of, split_people
from etl.text.screen import screen
from etl.text.stored import stored_text
from etl.text.tokens import tokens
from etl.web.urls import canonical_url
from schemas.records import RawDocument
from tests.support.paths import ROOT

ROOMS = (
    "etl.read", "etl.extract", "etl.text", "etl.web.urls",
    "etl.fetch.listing_formats", "etl.fetch.politeness", "etl.fetch.tdmrep",
)  # fmt: skip
SIZE = 3_000  # characters; four times as many in the second run
FACTOR = 7
LEAST_S = 0.03  # in which the larger text is never too slow
MOST_S = 4.0  # after which a run is stopped
FEW = 12  # families of texts for one use of a pattern

SHORT = {"etl.extract.wire_patterns.ASIDE": 160}
"""Patterns that see texts of a bounded length only, and that length."""
WAYS = {"ROW_BEGINS": frozenset({"match"})}
"""Collections whose patterns are used in these ways only."""


def modules() -> Iterator[Any]:
    for room in ROOMS:
        module = importlib.import_module(room)
        yield module
        for found in pkgutil.walk_packages(getattr(module, "__path__", []), f"{room}."):
            yield importlib.import_module(found.name)


def uses() -> dict[str, set[str]]:
    """Methods that are called on each name in the code, by the name: "NAME.search(…)" and "PACKAGE.NAME.search"."""
    found: dict[str, set[str]] = {}
    for path in (ROOT / "etl").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and isinstance(node.value, (ast.Name, ast.Attribute)):
                name = node.value.id if isinstance(node.value, ast.Name) else node.value.attr
                found.setdefault(name, set()).add(node.attr)
    return found


@functools.cache
def patterns() -> dict[str, tuple[re.Pattern[Any], frozenset[str]]]:
    """Every compiled pattern of the rooms by its name, and how it is used; one inside a collection in every way."""
    called = uses()
    found: dict[str, tuple[re.Pattern[Any], frozenset[str]]] = {}

    def add(name: str, value: object, ways: frozenset[str]) -> None:
        if isinstance(value, re.Pattern):
            found[name] = value, ways
        elif isinstance(value, (tuple, list, dict)):
            items = value.items() if isinstance(value, dict) else enumerate(value)
            for key, item in items:
                add(f"{name}[{key}]", item, WAYS.get(name.rpartition(".")[2]) or frozenset({"match", "search", "sub"}))

    for module in modules():
        for name, value in vars(module).items():
            ways = called.get(name, set()) & {"match", "fullmatch", "search", "sub", "findall", "finditer", "split"}
            add(f"{module.__name__}.{name}", value, WAYS.get(name) or frozenset(ways or {"search"}))
    distinct = {(pattern.pattern, ways): (name, pattern, ways) for name, (pattern, ways) in found.items()}
    return {name: (pattern, ways) for name, pattern, ways in distinct.values()}


CLASSES = {
    sre.CATEGORY_SPACE: " ", sre.CATEGORY_DIGIT: "1", sre.CATEGORY_WORD: "a", sre.CATEGORY_NOT_SPACE: "x",
    sre.CATEGORY_NOT_WORD: "-", sre.CATEGORY_NOT_DIGIT: "x",
}  # fmt: skip


def sample(parsed: Any, pieces: set[str]) -> str:
    """A text that a parsed pattern might match; texts of its parts are added to the pieces."""
    text = ""
    for op, value in parsed:
        piece = ""
        if op is sre.LITERAL:
            piece = chr(value)
        elif op in (sre.ANY, sre.NOT_LITERAL):
            piece = "x"
        elif op is sre.IN:
            piece = member(value)
        elif op in (sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT):
            piece = sample(value[2], pieces) * max(1, min(value[0], 40))
        elif op is sre.SUBPATTERN:
            piece = sample(value[3], pieces)
        elif op is sre.ATOMIC_GROUP:
            piece = sample(value, pieces)
        elif op is sre.BRANCH:
            branches = [sample(branch, pieces) for branch in value[1]]
            piece = branches[0]
        elif op in (sre.ASSERT, sre.ASSERT_NOT):
            pieces.add(sample(value[1], pieces))
        pieces.add(piece)
        text += piece
    return text


def member(items: Any) -> str:
    """A character of a class; of one that excludes, a plain one."""
    for op, value in items:
        if op is sre.NEGATE:
            return "x"
        if op is sre.LITERAL:
            return chr(value)
        if op is sre.RANGE:
            return chr(value[0])
        if op is sre.CATEGORY:
            return CLASSES.get(value, "x")
    return ""


def families(pattern: re.Pattern[Any]) -> list[tuple[str, str, str]]:
    """Texts by their begin, the part that is repeated, and their end."""
    chance = random.Random(repr(pattern.pattern))
    pieces: set[str] = set()
    whole = sample(sre_parser.parse(pattern.pattern, pattern.flags & ~re.UNICODE), pieces)
    some = sorted(piece for piece in pieces if 0 < len(piece) < 40)
    some = chance.sample(some, min(len(some), 10))
    bodies = [*some, *(a + b for a in some for b in some if a != b), whole or "x"]
    begins = ["", whole[:1], whole[:2], whole[: len(whole) // 2], whole[:-1]]
    return [
        (chance.choice(begins), body, chance.choice("\x00!")) for body in chance.sample(bodies, min(len(bodies), FEW))
    ]


class TooSlow(BaseException):
    """Raised by the timer; no handler of exceptions below takes it for its own."""


def seconds(run: Callable[[Any], object], text: Any) -> float:
    """Of the processor, MOST_S at most; a rejected text is a text that was looked at."""

    def stop(*_: object) -> None:
        raise TooSlow

    before = signal.signal(signal.SIGVTALRM, stop)
    gc.disable()  # the interpreter drops what is raised in a hook of its collector
    started = time.process_time()
    signal.setitimer(signal.ITIMER_VIRTUAL, MOST_S)
    try:
        run(text)
    except Rejected:
        pass
    except TooSlow:
        return float("inf")
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        gc.enable()
        signal.signal(signal.SIGVTALRM, before)
    return time.process_time() - started


def assert_linear(run: Callable[[Any], object], make: Callable[[int], Any], size: int) -> None:
    larger = seconds(run, make(4 * size))
    if larger > LEAST_S:
        smaller = min(seconds(run, make(size)) for _ in range(3))
        larger = min(larger, seconds(run, make(4 * size)))
        assert larger < FACTOR * smaller + LEAST_S, f"{size}: {smaller:.3f} s, four times that: {larger:.3f} s"


@pytest.mark.parametrize("name", sorted(patterns()))
def test_a_pattern_takes_linear_time(name: str) -> None:
    pattern, ways = patterns()[name]
    binary = isinstance(pattern.pattern, bytes)
    runs = {
        "sub": lambda text: pattern.sub(b"" if binary else "", text),
        "finditer": lambda text: list(pattern.finditer(text)),
    }
    most = SHORT.get(name, 4 * SIZE)  # a short one takes what it takes
    for begin, body, end in families(pattern):

        def make(size: int, begin: str = begin, body: str = body, end: str = end) -> Any:
            text = begin + body * (size // len(body)) + end
            return text.encode("utf-8", "surrogatepass") if binary else text

        for way in sorted(ways):
            run = runs.get(way, getattr(pattern, way))
            assert seconds(run, make(40)) < MOST_S, f"exponential: {begin!r} {body!r} {end!r}"
            assert_linear(run, make, most // 4)


def page(text: str) -> object:
    return extract(RawDocument("a.html", None, "html", text.encode("utf-8", "surrogatepass")), "s", None)


def reading(name: str) -> Callable[[bytes], object]:
    return lambda content: list(read(io.BytesIO(content), name, None, 20_000_000))


def json_ld(body: str) -> str:
    record = f'{{"@type":"Article","headline":"a","articleBody":"{body}"}}'
    return f'<html><script type="application/ld+json">{record}</script><p>x'


WARC = "WARC/1.0\r\nWARC-Type: conversion\r\nContent-Type: text/plain\r\nContent-Length: {}\r\n\r\nAlba met.\r\n\r\n"
FUNCTIONS: dict[str, tuple[Callable[[Any], object], Callable[[int], Any], int]] = {
    "headings of spaces": (shown, lambda n: "# a" + " " * n + "b", 5_000),
    "headings of marks": (shown, lambda n: "# a" + " #" * (n // 2) + "b", 5_000),
    "fences": (shown, lambda n: "```x\n" * (n // 5), 20_000),
    "pictures": (shown, lambda n: "![](" * (n // 4), 5_000),
    "links": (shown, lambda n: "[a](" * (n // 4), 5_000),
    "titles of links": (shown, lambda n: '[a](b "' * (n // 7), 5_000),
    "references": (shown, lambda n: "[a][" * (n // 4), 5_000),
    "comments": (shown, lambda n: "<!--" * (n // 4), 20_000),
    "emphasis": (shown, lambda n: "*a " * (n // 3), 5_000),
    "one long word": (tokens, lambda n: "ä" * n, 100_000),
    "nested mojibake": (stored_text, lambda n: "â" * (n // 3) + "€‹" * (n // 3), 10_000),
    "mojibake and soft hyphens": (stored_text, lambda n: "Ã‚" * (n // 4) + "\xad" * (n // 4), 10_000),
    "marks of two classes": (stored_text, lambda n: "a" + "\u0301\u0316" * (n // 2), 10_000),
    "marks of all classes": (stored_text, lambda n: "a" + "".join(chr(0x300 + i * 7 % 110) for i in range(n)), 10_000),
    "block comments": (
        lambda text: extract_fields({"title": "T", "body": text}, None),
        lambda n: "<!-- wp:paragraph -->\n<p>The town met.</p>\n<!-- /wp:paragraph -->\n" * (n // 60),
        20_000,
    ),
    "block comments before nothing": (
        lambda text: extract_fields({"title": "T", "body": text}, None), lambda n: "<!--a--> " * (n // 9) + "q", 20_000,
    ),
    "attributes without values": (page, lambda n: "<html><p " + " ".join(f"a{i}" for i in range(n)) + ">x", 5_000),
    "attributes behind a mark": (page, lambda n: '<p a=">" ' + " ".join(f"a{i}=1" for i in range(n)) + ">x", 5_000),
    "attributes of odd names": (page, lambda n: "<html><p " + " ".join(f"@{i}=1" for i in range(n)) + ">x", 5_000),
    "attributes in a drawing": (page, lambda n: "<svg><style><p " + " ".join(f"a{i}" for i in range(n)) + ">x", 5_000),
    "ends that close nothing": (page, lambda n: "<html><body>" + "<div></x>" * n + "x", 3_000),
    "lines in quotations": (page, lambda n: "<html><body>" + "<blockquote>a" * n, 3_000),
    "blocks of two paragraphs": (
        page, lambda n: "<html><body>" + "<div><p>The council met, and it voted.</p><p>It left.</p></div>" * n, 3_000,
    ),
    "levels": (page, lambda n: "<html><body>" + "<div>" * n + "x", 5_000),
    "escaped marks in JSON-LD": (page, lambda n: json_ld("\\u003c" * n), 10_000),
    "escaped tags in JSON-LD": (page, lambda n: json_ld("\\u003cp " * n), 10_000),
    "quotes for the screen": (screen, lambda n: "<p a='" * n, 20_000),
    "small JSON values": (reading("a.json"), lambda n: b"[" + b"1," * n + b"1]", 20_000),
    "small JSON values after a large one": (
        reading("a.json"),
        lambda n: json.dumps([{"title": "a", "body": "x" * 400 * n}] + [{}] * n).encode(),
        2_000,
    ),
    "short WARC lengths": (reading("a.warc"), lambda n: WARC.format(3).encode() * n, 500),
    "long WARC lengths": (reading("a.warc"), lambda n: WARC.format(19_000_000).encode() * n, 500),
    "endless WARC lengths": (reading("a.warc"), lambda n: WARC.format(10**9).encode() * n, 500),
    "namespaces": (
        reading("a.rss"),
        lambda n: (
            "<rss " + " ".join(f'xmlns:n{i}="u{i}"' for i in range(n)) + "><channel><item><title>t</title><description>"
            + '<a xmlns:b="c"/>' * n + "</description></item></channel></rss>"
        ).encode(),
        500,
    ),
    "parameters of a type": (
        reading("a.mhtml"),
        lambda n: b"MIME-Version: 1.0\nContent-Type: text/html; " + b"a=b; " * (n // 5) + b"\n\n<html>x",
        4_000,
    ),
    "comments in a header": (
        reading("a.mhtml"), lambda n: b"MIME-Version: 1.0\nContent-Type: " + b"(" * n + b"\n\n<html>x", 200,
    ),
    "words of a header": (
        reading("a.eml"),
        lambda n: b"From: a@b.example\nTo: b\nDate: x\nSubject: " + b"=?utf-8?q?a?= " * (n // 14) + b"\n\nText.",
        20_000,
    ),
    "scripts before a byte": (decode, lambda n: b"<html>" + b"<script" * (n // 7) + b"\xe9", 40_000),
    "licences": (page, lambda n: "<a rel='license next' href='https://d.example/['>x</a>" * (n // 50), 20_000),
    "directives": (page, lambda n: f"<meta name=xbot content='{'noai,' * (n // 5)}'><p>A text.</p>", 20_000),
    "rights of a record": (
        lambda text: extract_fields({"title": "T", "license": [text] * 99, "rights": text}, None),
        lambda n: "a: noai, " * (n // 9), 20_000,
    ),
    "capitals": (lambda text: extract_text(text, None), lambda n: "A " * (n // 2), 10_000),
    "dates of points": (parse_date, lambda n: "1." * n, 20_000),
    "dates of spaces": (parse_date, lambda n: "2021-01-01" + " " * n + "x", 20_000),
    "names before an outlet": (lambda text: people_of([text], ["Mole"]), lambda n: "A b " * (n // 4), 8_000),
    "names": (split_people, lambda n: "Ada Alba and " * (n // 13), 10_000),
    "agents of a robots.txt": (
        lambda text: robot_rules(text, "herald"),
        lambda n: "".join(f"User-agent: a{i}\n" for i in range(n)) + "Disallow: /\n" * n, 1_000,
    ),
    "query strings": (canonical_url, lambda n: "http://alba.example/?" + "a=b&" * (n // 4), 20_000),
}  # fmt: skip


@pytest.mark.parametrize("family", FUNCTIONS)
def test_a_function_takes_linear_time(family: str) -> None:
    run, make, size = FUNCTIONS[family]
    assert_linear(run, make, size)
