"""Metadata: what a page says of its article, each value with its evidence.  Pure.

In order: JSON-LD, OpenGraph, other <meta>, elements of the page, the URL.  A date is never searched in running text:
on undated pages such a search invents one 98 times in 100.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urljoin, urlsplit

from etl.extract.draft import Draft
from etl.extract.html.features import Sayings
from etl.extract.html.jsonld import LinkedData, linked_data
from etl.extract.html.page import Page
from etl.extract.html.shown import MARKED_AT_MOST, Items, items_of, shown_authors, shown_dates
from etl.text.dates import parse_date, url_day
from etl.text.people import people_of, plain
from schemas.records import Evidence

Meta = Mapping[str, list[str]]

OG_AUTHOR = ("article:author", "og:article:author", "og:author")
META_AUTHOR = (
    "author", "parsely-author", "sailthru.author", "dc.creator", "dcterms.creator", "dc.contributor",
    "citation_author", "byl", "cxenseparse:author", "article.author", "shareaholic:article_author_name", "bt:author",
    "authors",
)  # fmt: skip
OG_DATE = (
    "article:published_time",
    "article:published:time",
    "og:article:published_time",
    "og:published_time",
    "article:published",
)
META_DATE = (
    "datepublished", "pubdate", "publishdate", "parsely-pub-date", "sailthru.date", "dc.date.issued",
    "dcterms.created", "dcterms.date", "dc.date", "publication_date", "date", "cxenseparse:recs:publishtime",
    "article.published", "published-date", "article_date_original", "originalpublicationdate", "published_time",
    "publish-date", "publish_date", "iso-8601-publish-date", "ptime",
)  # fmt: skip
META_TITLE = ("twitter:title", "dc.title", "parsely-title", "sailthru.title", "title", "headline")
SEPARATORS = (" | ", " – ", " — ", " - ", " :: ", " » ", " · ", ": ", "|")
WRITTEN_BY = re.compile(r"written|verfasst|geschrieben|écrit|escrit|scritto|geschreven|author", re.IGNORECASE)
EDGES = frozenset("-|–—·»ㅣ")
LINKED_BODY_FROM = 300  # characters; a shorter articleBody is a teaser
LINKED_BODY_WITHIN = 200_000  # characters; each line is looked for in it
SAYING_WITHIN = 5_000  # characters of a title or description that are looked at
SHORT_HEADING = 8  # characters; shorter ones are sections and logos


@dataclass(frozen=True, slots=True)
class About:
    """What a page says of itself: in <meta>, in JSON-LD, in microdata."""

    meta: Meta
    linked: LinkedData
    items: Items
    head: str

    def sayings(self) -> Sayings:
        """What the line filter compares lines with."""
        descriptions = [*self.meta.get("og:description", []), *self.meta.get("description", [])]
        body = self.linked.body()
        return Sayings(
            title=plain((_first(self.meta, "og:title") or self.head)[:SAYING_WITHIN]),
            description=plain(" ".join(descriptions)[:SAYING_WITHIN]),
            linked_body=plain(body[:LINKED_BODY_WITHIN]) if len(body) > LINKED_BODY_FROM else "",
        )


def about(page: Page) -> About:
    """What a page says of itself, gathered in one look."""
    head = next((page.text_of(i) for i in page.elements("title")), "")
    return About(_meta(page), linked_data(page), items_of(page), head)


def metadata(page: Page, said: About, url: str | None, body: str) -> Draft:
    """Draft with a page's metadata and the body given.

    url  where the page came from; it resolves relative links and may hold the date
    """
    meta, linked, items = said.meta, said.linked, said.items
    site = _first(meta, "og:site_name", "application-name") or linked.first("publisher")
    title, title_evidence = _title(page, meta, linked, items, site)
    authors, authors_evidence = _authors(
        page, meta, linked, items, [site, linked.first("publisher"), *_host_names(url)]
    )
    published_at, date_evidence = _published(page, meta, linked, items, url)
    modified_at = parse_date(linked.first("dateModified")) or parse_date(
        _first(meta, "article:modified_time", "og:updated_time", "last-modified", "datemodified")
    )
    evidence: dict[str, Evidence | None] = {
        "title": title_evidence, "authors": authors_evidence, "published_at": date_evidence
    }  # fmt: skip
    return Draft(
        title=title,
        body=body,
        authors=authors,
        published_at=published_at,
        modified_at=modified_at,
        section=linked.first("articleSection") or _first(meta, "article:section", "section") or None,
        site=site or None,
        language=_language(page, meta, linked),
        url=_canonical(page, meta, url),
        evidence={name: found for name, found in evidence.items() if found},
    )


def _meta(page: Page) -> Meta:
    """Values of <meta> by property, name or itemprop in lower case."""
    values: dict[str, list[str]] = {}
    for i in page.elements("meta"):
        names = (page.attribute(i, name) for name in ("property", "name", "itemprop", "http-equiv"))
        name = next(filter(None, names), "")
        value = page.attribute(i, "content").strip()
        if name and value:
            values.setdefault(name.strip().lower(), []).append(html.unescape(value).strip())
    return values


def _first(meta: Meta, *names: str) -> str:
    return next((meta[name][0] for name in names if name in meta), "")


def _title(page: Page, meta: Meta, linked: LinkedData, items: Items, site: str) -> tuple[str, Evidence | None]:
    headings = [text for i in page.elements("h1")[:MARKED_AT_MOST] if len(text := page.text_of(i)) > SHORT_HEADING]
    marked = [page.attribute(i, "content") or page.text_of(i) for i in items.get("headline", [])[:MARKED_AT_MOST]]
    shown = next(filter(None, marked), "") or max(headings, key=len, default="")
    named = [linked.first("headline", "name"), _first(meta, "og:title"), _first(meta, *META_TITLE)]
    head = next((page.text_of(i) for i in page.elements("title")), "")
    sources: tuple[Evidence, ...] = ("jsonld", "og", "meta", "dom", "dom")
    # In this order; a vote among them was right less often (.81 of fundus' titles against .85).
    for candidate, source in zip([*named, shown, head], sources, strict=True):
        others = [] if candidate == shown else [shown, *named[:2]]
        title = without_site(candidate, site, others)
        if title:
            return title, source
    return "", None


def without_site(title: str, site: str, others: Iterable[str]) -> str:
    """A title without the site's name before or after it.

    others  other titles of the same page: a part that equals one of them is the title
    """
    title, own, known = " ".join(title.split()), plain(site), {plain(other) for other in others if other}
    for other in filter(None, others):
        rest = title[len(other) :].lstrip()
        if title.startswith(other) and rest[:1] in EDGES:
            title = other
    for separator in SEPARATORS:
        while separator in title:
            head, tail = title.rsplit(separator, 1)
            end = plain(tail)
            names_site = bool(own and end) and (end == own or (len(end) > 3 and end in own) or own in end)
            if not (names_site and separator != ": ") and plain(head) not in known:
                break
            title = head.strip()
        head, _, tail = title.partition(separator)
        if tail and plain(head) in known:
            title = head.strip()
        elif tail and (plain(tail) in known or (own and plain(head) == own and separator != ": ")):
            title = tail.strip()  # what stands before it is a kicker, or the site
    return title


def _authors(
    page: Page, meta: Meta, linked: LinkedData, items: Items, outlets: list[str]
) -> tuple[tuple[str, ...], Evidence | None]:
    """People first; an organisation, or the site itself, only where no person is named."""
    og = [value for name in OG_AUTHOR for value in meta.get(name, []) if not value.startswith("http")]
    named = next((kept for name in META_AUTHOR if (kept := _not_links(meta.get(name, [])))), [])
    labels = meta.get("twitter:label1", []), meta.get("twitter:data1", [])
    cards = [value for label, value in zip(*labels, strict=False) if WRITTEN_BY.match(label)]
    candidates: list[tuple[list[str], Evidence]] = [
        (linked.people(persons_only=True), "jsonld"),
        (named, "meta"),
        ([*meta.get("twitter:misc:written by", []), *cards], "meta"),
        (_not_links(og), "og"),
        (shown_authors(page, items), "dom"),
        (linked.people(persons_only=False), "jsonld"),
    ]
    for known in ([outlet for outlet in outlets if outlet], []):
        for bylines, source in candidates:
            people = people_of(bylines, known)
            if people:
                return people, source
    return (), None


def _not_links(values: Iterable[str]) -> list[str]:
    return [value for value in values if not value.startswith("http") and "facebook.com" not in value]


def _published(
    page: Page, meta: Meta, linked: LinkedData, items: Items, url: str | None
) -> tuple[datetime | None, Evidence | None]:
    candidates: list[tuple[Iterable[str], Evidence]] = [
        ((linked.first("datePublished"), linked.first("dateCreated")), "jsonld"),
        ((_first(meta, name) for name in OG_DATE), "og"),
        ((_first(meta, name) for name in META_DATE), "meta"),
        (shown_dates(page, items), "dom"),
    ]
    for texts, source in candidates:
        found = next((moment for text in texts if (moment := parse_date(text))), None)
        if found:
            return found, source
    day = url_day(url) if url else None
    return day, "url" if day else None


def _host_names(url: str | None) -> list[str]:
    try:
        host = (urlsplit(url or "").hostname or "").removeprefix("www.")
    except ValueError:  # a bracket that is no IPv6 address
        return []
    return [host, host.split(".")[0]]


def _language(page: Page, meta: Meta, linked: LinkedData) -> str | None:
    declared = next((page.attribute(i, "lang") or page.attribute(i, "xml:lang") for i in page.elements("html")), "")
    return declared or linked.first("inLanguage") or _first(meta, "content-language", "og:locale") or None


def _canonical(page: Page, meta: Meta, url: str | None) -> str | None:
    """The URL a page calls its own; one without a path is the site's front page, a common mistake, and is ignored."""
    links = (
        page.attribute(i, "href") for i in page.elements("link") if page.attribute(i, "rel").lower() == "canonical"
    )
    for found in filter(None, [*links, _first(meta, "og:url")]):
        try:
            whole = urljoin(url or "", found.strip())
            parts = urlsplit(whole)
        except ValueError:
            continue
        if parts.netloc and (parts.path.strip("/") or parts.query):
            return whole
    return None
