"""Extraction as the pipeline does it, in the form in which extractors are compared.

extract(html_bytes, url) gives title, authors, date and text of a page, through etl.read.files and etl.extract.article.
"""

from __future__ import annotations

import io

from etl.errors import Rejected
from etl.extract.article import extract as extract_article
from etl.read.files import read
from schemas.records import RawDocument

MAX_BYTES = 64_000_000


def extract(html: bytes, url: str | None) -> dict[str, object]:
    """{"title", "authors", "date", "text"} of a page; {} for one that is quarantined."""
    for found in read(io.BytesIO(html), "page.html", None, MAX_BYTES):
        if isinstance(found, RawDocument):
            document = RawDocument(found.path, found.record, found.media, found.content, None, url, found.charset)
            try:
                article = extract_article(document, "benchmark", None)
            except Rejected:
                return {}
            return {
                "title": article.title,
                "authors": list(article.authors),
                "date": article.published_at,
                "text": article.body,
            }
    return {}
