"""Metadata: what a page says of its article, each value with its evidence.  Pure.

In order: JSON-LD, OpenGraph, other <meta>, elements of the page, the URL.  A date is never searched in running text:
on undated pages such a search invents one 98 times in 100.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, tee
from urllib.parse import urljoin, urlsplit

from etl.extract.draft import Draft
from etl.extract.html.bylines import MARKED_AT_MOST, Items, items_of, shown_authors, shown_dates
from etl.extract.html.features import Sayings
from etl.extract.html.jsonld import LinkedData, linked_data
from etl.extract.html.lines import Line
from etl.extract.html.page import Page
from etl.extract.html.titles import chosen_title
from etl.extract.html.visible_dates import LIKELY, SURE, printed_day
from etl.text.dates import parse_date, url_day
from etl.text.people import is_organisation, people_of, plain
from schemas.article import Evidence

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
META_MODIFIED = ("article:modified_time", "og:updated_time", "last-modified", "datemodified")
# Sources that say when a page was made or touched about as often as when its article was published.
WEAK_DATES = frozenset({"meta", "dom"})
ARCHIVED = re.compile(r"^https?://web\.archive\.org/web/\d{1,20}[a-z_]{0,5}/")  # its number is when it was archived
META_TITLE = ("twitter:title", "dc.title", "parsely-title", "sailthru.title", "title", "headline")
WRITTEN_BY = re.compile(r"written|verfasst|geschrieben|écrit|escrit|scritto|geschreven|author", re.IGNORECASE)
LINKED_BODY_FROM = 300  # characters; a shorter articleBody is a teaser
LINKED_BODY_WITHIN = 200_000  # characters; each line is looked for in it
MOST_OF_HEAD = 0.5  # share of the letters of <title> that a headline has which is no heading; one at most has it
SAYING_WITHIN = 5_000  # characters of a title or description that are looked at


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


def metadata(page: Page, said: About, url: str | None, body: str, lines: list[Line]) -> Draft:
    """Draft with a page's metadata and the body given.

    url    where the page came from; it resolves relative links and may hold the date
    lines  of the whole page, in order
    """
    meta, linked, items = said.meta, said.linked, said.items
    site = _first(meta, "og:site_name", "application-name") or linked.first("publisher")
    title, title_evidence = _title(page, said, lines, site)
    outlets = [site, linked.first("publisher"), *_host_names(url)]
    authors, authors_evidence = _authors(meta, linked, shown_authors(page, items, lines, title), outlets)
    language = _language(page, meta, linked)
    published_at, date_evidence = _published(said, shown_dates(page, items), url, language)
    if published_at is None or date_evidence in WEAK_DATES:
        printed = printed_day(page, lines, title, language)
        least = LIKELY if published_at is None else SURE
        if printed and printed[1] > least and not (published_at and printed[0].date() == published_at.date()):
            published_at, date_evidence = printed[0], "text"
    modified = linked.first("dateModified"), _first(meta, *META_MODIFIED)
    modified_at = next((moment for text in modified if (moment := parse_date(text, language))), None)
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
        language=language,
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


def _title(page: Page, said: About, lines: list[Line], site: str) -> tuple[str, Evidence | None]:
    marked = said.items.get("headline", [])[:MARKED_AT_MOST]
    linked, og = said.linked.first("headline", "name"), _first(said.meta, "og:title")
    tags = ("h1",) if linked or og else ("h1", "h2", "h3")
    elements = sorted(i for tag in tags for i in page.elements(tag)[:MARKED_AT_MOST])
    joined = {line.element: line.text for line in lines if line.tag in tags and page.count_below(line.element, "wbr")}
    headings = [(page.tag[i], joined.get(i) or page.text_of(i)) for i in elements]
    if not (linked or og or headings):  # older pages print it in large letters
        large = [i for tag in ("font", "big", "b", "strong") for i in page.elements(tag)[:MARKED_AT_MOST]]
        least = MOST_OF_HEAD * len(plain(said.head))
        headings = [("b", text) for i in large if len(plain(text := page.text_of(i))) >= least]
    return chosen_title(
        (linked, og, _first(said.meta, *META_TITLE)),
        [page.attribute(i, "content") or page.text_of(i) for i in marked],
        headings,
        said.head,
        site,
    )


def _authors(
    meta: Meta, linked: LinkedData, shown: Iterable[list[str]], outlets: list[str]
) -> tuple[tuple[str, ...], Evidence | None]:
    """People first; an organisation, or the site itself, only where no person is named."""
    og = [value for name in OG_AUTHOR for value in meta.get(name, []) if not value.startswith("http")]
    named = next((kept for name in META_AUTHOR if (kept := _not_links(meta.get(name, [])))), [])
    labels = meta.get("twitter:label1", []), meta.get("twitter:data1", [])
    cards = [value for label, value in zip(*labels, strict=False) if WRITTEN_BY.match(label)]
    said: list[tuple[list[str], Evidence]] = [
        (linked.people(persons_only=True), "jsonld"),
        (named, "meta"),
        ([*meta.get("twitter:misc:written by", []), *cards], "meta"),
        (_not_links(og), "og"),
    ]
    known = [outlet for outlet in outlets if outlet]
    people, source = _first_people(said, known)
    # A desk or an agency may be the author; a publisher with a longer name stands back behind a person's byline.
    named_people = not all(is_organisation(name) and (" " in name or "." in name) for name in people)
    if named_people and (len(people) > 1 or " " in people[0]):
        return people, source
    # Looked for one by one, as far as they are asked for: most pages have theirs in the first places.
    bylines: Iterator[tuple[list[str], Evidence]] = ((names, "dom") for names in shown if names)
    first, seen, seen_again = tee(bylines, 3)
    full = (byline for byline in first if any(" " in name.strip() for name in byline[0]))
    if named_people:
        return _fuller(people, full, source)
    if people:
        shown_people, shown_source = _first_people(full, known)
        return (people, source) if all(map(is_organisation, shown_people)) else (shown_people, shown_source)
    organisations: tuple[list[str], Evidence] = (linked.people(persons_only=False), "jsonld")
    # Initials and handles of a byline stand back behind an organisation that the page declares as its author.
    for candidates, left_out in (
        (chain(full if organisations[0] else first, [organisations]), known),
        ([*said, organisations], []),
        (seen, known),
        (seen_again, []),
    ):
        people, source = _first_people(candidates, left_out)
        if people:
            return people, source
    return (), None


def _first_people(
    candidates: Iterable[tuple[list[str], Evidence]], outlets: list[str]
) -> tuple[tuple[str, ...], Evidence | None]:
    """(people, source) of the first candidate that names any besides the outlets."""
    found = ((people_of(bylines, outlets), source) for bylines, source in candidates)
    return next(((people, source) for people, source in found if people), ((), None))


def _fuller(
    people: tuple[str, ...], seen: Iterable[tuple[list[str], Evidence]], source: Evidence | None
) -> tuple[tuple[str, ...], Evidence | None]:
    """The people, or those of a byline that has the family name to the only given name of theirs."""
    for names, shown in seen:
        whole = people_of(names)
        if len(whole) == 1 and whole[0].startswith(f"{people[0]} "):
            return whole, shown
    return people, source


def _not_links(values: Iterable[str]) -> list[str]:
    return [value for value in values if not value.startswith("http") and "facebook.com" not in value]


def _published(
    said: About, shown: Iterable[str], url: str | None, locale: str | None
) -> tuple[datetime | None, Evidence | None]:
    candidates: list[tuple[Iterable[str], Evidence]] = [
        ((said.linked.first("datePublished"), said.linked.first("dateCreated")), "jsonld"),
        ((_first(said.meta, name) for name in OG_DATE), "og"),
        ((_first(said.meta, name) for name in META_DATE), "meta"),
        (shown, "dom"),
    ]
    for texts, source in candidates:
        found = next((moment for text in texts if (moment := parse_date(text, locale))), None)
        if found:
            return found, source
    day = url_day(ARCHIVED.sub("", url)) if url else None
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
