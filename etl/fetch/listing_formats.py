"""Listing formats: the pages that a feed, a sitemap or a list of URLs names.  Pure.

    feed      RSS 0.9x, 1.0 and 2.0, Atom, JSON Feed
    sitemap   of pages (news sitemaps too), of sitemaps, or a plain list of URLs; gzipped or not; a robots.txt
    urls      a URL a line; blank lines and lines that begin with # are skipped

What is wrong with one entry does not take the others along.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit
from zlib import crc32

from lxml import etree

from etl.errors import Rejected
from etl.read.xml import PROLOGUE, repaired_xml
from etl.text.decode import decode
from etl.text.unpack import unpack_whole
from etl.web.urls import canonical_url, web_url, without_credentials

MAX_STAMP_CHARACTERS = 100
MAX_LISTING_BYTES = 50_000_000  # unpacked; the limit of the sitemap protocol
MAX_PARTS = 3_000_000  # tags, values or lines; 50,000 pages of a news sitemap come to a million, and each takes memory
MAX_ELEMENTS = 200_000  # pages that a feed or sitemap may name; the sitemap protocol has 50,000
PART = "<[{,\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"  # a part begins or ends with one; the last are ends of lines
ENTITY = re.compile(r"<!ENTITY", re.IGNORECASE)
PROLOGUE_WITHIN = 20_000  # characters
BEFORE_ROOT = re.compile(r"<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^>]*>", re.DOTALL | re.IGNORECASE)
ROOT = re.compile(r"\s*<(?:[\w.-]+:)?([A-Za-z][\w.-]*)")
ROOTS = {"feed": ("rss", "RDF", "feed", "channel"), "sitemap": ("urlset", "sitemapindex")}
STAMP_DIGEST = "#"  # between the date of an entry and the digest of its words, in a stamp
SITEMAP_LINE = re.compile(r"^[ \t]*sitemap[ \t]*:[ \t]*(\S+)", re.IGNORECASE | re.MULTILINE)
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
WORDS_OF_AN_ITEM = ("title", "description", "summary", "content", "encoded")
PERIODS_S = {"hourly": 3600, "daily": 86400, "weekly": 604800, "monthly": 2592000, "yearly": 31536000}


@dataclass(frozen=True, slots=True)
class Entry:
    """A page that a listing names.

    url    to ask, as it was listed
    stamp  what the listing says of its last change, compared only with itself
    """

    url: str
    stamp: str | None = None

    @property
    def page(self) -> str:
        """The URL by which the page is remembered: the same for all links to it, without tracking parameters."""
        return canonical_url(self.url) or self.url


@dataclass(frozen=True, slots=True)
class Listing:
    """The contents of a listing.

    entries   pages
    listings  further listings: the sitemaps of an index
    rejected  (text, reason) of entries that name no page
    least_s   how long it asks not to be asked again, in seconds
    whole     whether a page that it no longer names is gone: not so of feeds and news sitemaps, which name the latest
    """

    entries: tuple[Entry, ...]
    listings: tuple[Entry, ...] = ()
    rejected: tuple[tuple[str, str], ...] = ()
    least_s: int = 0
    whole: bool = False


def read_listing(kind: str, content: bytes, url: str, charset: str | None = None) -> Listing:
    """The contents of a listing of this kind.  url: its own, to which its links are relative.

    Raises Rejected, stage "fetch", for what is no such listing, names nothing at all, or is made to harm.
    """
    if content[:2] == b"\x1f\x8b":
        try:
            content = unpack_whole(content, "gzip", MAX_LISTING_BYTES + 1)
        except Rejected as error:
            raise Rejected("fetch", error.reason) from error
    if len(content) > MAX_LISTING_BYTES:
        raise Rejected("fetch", f"too large: a listing of more than {MAX_LISTING_BYTES} bytes")
    text = decode(content, charset).removeprefix("\ufeff")
    if max(map(text.count, PART)) > MAX_PARTS:
        raise Rejected("fetch", f"too large: a listing of more than {MAX_PARTS} parts")
    named = LISTING_READERS[kind](text, url)
    if not (named.entries or named.listings or named.rejected):
        raise Rejected("fetch", f"empty: a listing ({kind}) that names no page")
    return named


def read_lines(lines: Iterable[str]) -> Iterator[Entry | tuple[str, str]]:
    """Entries of a list of URLs, and (text, reason) of each wrong line."""
    for line in lines:
        line = line.strip().removeprefix("\ufeff")
        if line and not line.startswith("#"):
            yield _entry(line, None, "")


def _list(text: str, url: str) -> Listing:
    return Listing(*_sorted_out(list(read_lines(text.splitlines()))))


def _feed(text: str, url: str) -> Listing:
    if text.lstrip()[:1] == "{":
        return _json_feed(text, url)
    _require_root(text, "feed")
    found, following, least_s, period_s, frequency = [], [], 0, 0, 1
    for element in _elements(text, "item", "entry", "link", "ttl", "updatePeriod", "updateFrequency"):
        name = etree.QName(element).localname
        if name in ("item", "entry"):
            words = "\n".join(text for name in WORDS_OF_AN_ITEM for text in _texts(element, name))
            stamp = _stamp(_first(element, "updated", "modified", "pubDate", "date"), words)
            found.append(_entry(_link(element), stamp, _base(element, url)))
        elif name == "link":
            if element.get("rel") == "next" and element.get("href"):
                following.append(_entry(element.get("href"), None, url))
        elif name == "ttl":
            least_s = _number(element.text) * 60
        elif name == "updatePeriod":
            period_s = PERIODS_S.get((element.text or "").strip().lower(), 0)
        else:
            frequency = max(1, _number(element.text))
    entries, _, rejected = _sorted_out(found)
    _, next_pages, wrong = _sorted_out(following, as_listings=True)
    return Listing(entries, next_pages, rejected + wrong, least_s=max(least_s, period_s // frequency))


def _json_feed(text: str, url: str) -> Listing:
    try:
        feed = json.loads(text)
        items = feed["items"] if "jsonfeed.org" in str(feed.get("version")) else None
    except (ValueError, KeyError, RecursionError):
        items = None
    if not isinstance(items, list):
        raise Rejected("fetch", "no feed: JSON without items")
    found = []
    for item in items:
        fields = item if isinstance(item, dict) else {}
        words = "\n".join(str(fields.get(name) or "") for name in ("title", "content_html", "content_text"))
        stamp = _stamp(str(fields.get("date_modified") or fields.get("date_published") or ""), words)
        found.append(_entry(str(fields.get("url") or ""), stamp, url))
    entries, _, rejected = _sorted_out(found)
    following = [_entry(str(feed["next_url"]), None, url)] if feed.get("next_url") else []
    _, next_pages, wrong = _sorted_out(following, as_listings=True)
    return Listing(entries, next_pages, rejected + wrong)


def _sitemap(text: str, url: str) -> Listing:
    if urlsplit(url).path == "/robots.txt":
        _, sitemaps, wrong = _sorted_out([_entry(each, None, url) for each in SITEMAP_LINE.findall(text)], True)
        return Listing((), sitemaps, wrong)
    if not text.lstrip().startswith("<"):
        return _list(text, url)
    _require_root(text, "sitemap")
    pages, listings, news = [], [], False
    for element in _elements(text, "url", "sitemap"):
        found = _entry(_first(element, "loc") or "", _first(element, "lastmod"), url)
        if etree.QName(element).localname == "sitemap":
            listings.append(found)
        else:
            pages.append(found)
            news = news or element.find("{*}news") is not None
    entries, none, rejected = _sorted_out(pages)
    _, more, wrong = _sorted_out(listings, as_listings=True)
    return Listing(entries, none + more, rejected + wrong, whole=not news)


LISTING_READERS: dict[str, Callable[[str, str], Listing]] = {"feed": _feed, "sitemap": _sitemap, "urls": _list}


def _entry(link: str, stamp: str | None, base: str) -> Entry | tuple[str, str]:
    try:
        if not link:
            raise Rejected("fetch", "no web address: an entry without a link")
        return Entry(web_url(link, base), UNSTORABLE.sub("", stamp)[:MAX_STAMP_CHARACTERS] if stamp else None)
    except Rejected as error:
        return UNSTORABLE.sub("\ufffd", without_credentials(link)[:200]), error.reason


def _stamp(date: str | None, words: str) -> str | None:
    """A stamp that changes with the date of an item or with its words; None for an item that has neither."""
    if not words.strip():
        return date or None
    return f"{date or ''}{STAMP_DIGEST}{crc32(words.encode('utf-8', 'replace')):08x}"


def _sorted_out(
    found: list[Entry | tuple[str, str]], as_listings: bool = False
) -> tuple[tuple[Entry, ...], tuple[Entry, ...], tuple[tuple[str, str], ...]]:
    """(entries, listings, rejected), each URL once."""
    good = {entry.page: entry for entry in found if isinstance(entry, Entry)}
    wrong = tuple(entry for entry in found if isinstance(entry, tuple))
    entries = tuple(good.values())
    return ((), entries, wrong) if as_listings else (entries, (), wrong)


def _require_root(text: str, kind: str) -> None:
    if ENTITY.search(text):
        raise Rejected("fetch", "hostile: XML that declares entities")
    root = ROOT.match(BEFORE_ROOT.sub("", text[:PROLOGUE_WITHIN]))
    name = root[1] if root else ""
    if name.lower() == "html" or "<!doctype html" in text[:1000].lower():
        raise Rejected("fetch", f"no {kind}: it is an HTML page")
    if name not in ROOTS[kind]:
        raise Rejected("fetch", f"no {kind}: it is XML that begins with <{name[:40]}>" if name else f"no {kind}")


def _elements(text: str, *names: str) -> Iterator[Any]:
    """Elements of these names, each complete, and freed after its use: a sitemap has 50,000."""
    text = PROLOGUE.sub("", text[:PROLOGUE_WITHIN]) + text[PROLOGUE_WITHIN:]
    content = io.BytesIO(repaired_xml(text, {}).encode("utf-8", "replace"))
    tags = tuple(f"{{*}}{name}" for name in names)
    found = etree.iterparse(
        content, events=("end",), tag=tags, recover=True, resolve_entities=False, no_network=True, load_dtd=False
    )
    try:
        for number, (_, element) in enumerate(found):
            if number == MAX_ELEMENTS:
                raise Rejected("fetch", f"too large: a listing of more than {MAX_ELEMENTS} elements")
            if element.getparent() is not None and etree.QName(element.getparent()).localname in ("item", "entry"):
                continue  # a part of an item is whole with its item
            yield element
            element.clear()
            while element.getprevious() is not None:
                del element.getparent()[0]
    except etree.XMLSyntaxError:  # elements before the error are good
        return


def _link(item: Any) -> str:
    """The page of an RSS item or Atom entry."""
    for link in item.iterfind("{*}link"):
        href = link.get("href")
        if href and link.get("rel", "alternate") == "alternate":
            return str(href)
        if not href and (link.text or "").strip():
            return str(link.text).strip()
    about = item.get("{http://www.w3.org/1999/02/22-rdf-syntax-ns#}about")
    guid = item.find("{*}guid")
    if guid is not None and guid.get("isPermaLink", "true").lower() == "true":
        return (guid.text or "").strip()
    return str(about or "")


def _base(element: Any, url: str) -> str:
    """The URL to which an element's links are relative: by xml:base, or that of the listing."""
    try:
        return urljoin(url, str(element.base or ""))
    except ValueError:
        return url


def _texts(element: Any, *names: str) -> Iterator[str]:
    """Texts of the children of these names, in the order of the names, without blank ones."""
    texts = (element.findtext(f"{{*}}{name}") for name in names)
    return (text.strip() for text in texts if text and text.strip())


def _first(element: Any, *names: str) -> str | None:
    return next(_texts(element, *names), None)


def _number(text: str | None) -> int:
    text = (text or "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 0
