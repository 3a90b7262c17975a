"""The fields that a record may have, and the names that corpora give them.  Pure."""

from __future__ import annotations

import re
from functools import lru_cache

FIELD_NAMES: dict[str, tuple[str, ...]] = {
    "title": ("title", "headline", "headlines", "headlinemain", "webtitle", "articletitle", "newstitle", "hedline",
              "titlerss", "titlepage", "name", "subject"),
    "body": ("body", "text", "content", "articlebody", "bodytext", "fulltext", "maintext", "plaintext", "article",
             "document", "story", "contenttext", "encoded", "bodyxhtml", "bodyhtml", "contenthtml", "bodies", "html",
             "articletext", "fullarticle", "rawtext", "leadparagraph", "abstract", "snippet", "description",
             "summary", "excerpt"),
    "kicker": ("kicker", "overline", "dachzeile", "slugline"),
    "byline": ("byline", "bylineoriginal"),
    "authors": ("authors", "author", "byline", "creator", "creators", "by", "writer"),
    "dateline": ("dateline", "located"),
    "credit": ("credit", "agency", "creditline"),
    "published_at": ("publishedat", "datepublished", "published", "publicationdate", "publisheddate", "pubdate",
                     "publishdate", "publishtime", "datepublish", "publishingdate", "publishedtime", "dategmt",
                     "date", "datetime", "timestamp", "firstcreated", "versioncreated", "webpublicationdate",
                     "datecreated", "createdat", "created", "time", "day"),
    "modified_at": ("modifiedat", "datemodified", "modifiedgmt", "modified", "updatedat", "updated", "datemodify",
                    "lastmodified"),
    "section": ("section", "sectionname", "articlesection", "category", "desk", "newsdesk"),
    "site": ("site", "sitename", "publisher", "publication", "outlet", "newspaper", "domain", "sourcedomain",
             "sourcehostname", "hostname", "source"),
    "language": ("language", "lang", "inlanguage"),
    "url": ("url", "link", "canonicalurl", "weburl", "articleurl", "canonicallink", "sourceurl", "uri", "href",
            "permalink", "source"),
    "key": ("id", "guid", "articleid", "docid", "documentid", "uuid", "identifier", "key", "newsid", "uri"),
}  # fmt: skip
"""Our fields, each with the names it is found under, as plain_name writes them; the first name with a value wins.

A source may declare a name of its own for any of these fields (`columns` in sources.toml).
"""
KNOWN_NAMES = frozenset(name for names in FIELD_NAMES.values() for name in names)
SEPARATORS = re.compile(r"^.*[:}]|[\W_]+")
MAX_CACHED_NAME = 40  # characters; longer names are rare, and would fill the cache with texts


def plain_name(name: object) -> str:
    """A field's name without case, separators and namespace: "dc:Date_Published" becomes "datepublished"."""
    if isinstance(name, str) and len(name) <= MAX_CACHED_NAME:
        return _plain_name(name)
    return SEPARATORS.sub("", str(name)).casefold()


@lru_cache(10_000)  # the records of a file have the same names
def _plain_name(name: str) -> str:
    return SEPARATORS.sub("", name).casefold()


def is_known_name(name: object) -> bool:
    """Whether a field of this name is one of FIELD_NAMES."""
    return plain_name(name) in KNOWN_NAMES
