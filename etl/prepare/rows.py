"""Prepare: articles to rows that can be committed, fingerprinted and hashed.  Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import pyarrow as pa

from etl.fingerprint.comparison import compare
from etl.fingerprint.recipe import Recipe
from etl.text.quality import Quality, quality
from schemas.agencies import MARK_WITHIN, agency, origin
from schemas.publishers import publisher
from schemas.staging import ARTICLES, content_hash, text_key

if TYPE_CHECKING:
    from schemas.article import Article, Evidence  # pydantic, of no use to who only stores rows


def prepare(articles: Sequence[Article], recipe: Recipe) -> pa.RecordBatch:
    """Rows of schemas.staging.ARTICLES, one an article, in their order."""
    prints, bodies, stubs = compare([(article.title, article.body) for article in articles], recipe)
    figures = [quality(a.body, body, a.language) for a, body in zip(articles, bodies, strict=True)]
    keys = [text_key(comparison) for comparison in prints.comparison]
    columns: dict[str, Sequence[object]] = {name: [getattr(a, name) for a in articles] for name in _AS_THEY_ARE}
    publishers = [publisher(a.url) for a in articles]
    origins = [
        origin(a.credit, a.dateline, a.byline, a.site, host, a.trailer, a.body[:MARK_WITHIN], a.body[-MARK_WITHIN:])
        for a, host in zip(articles, publishers, strict=True)
    ]
    columns |= {
        "content_hash": [content_hash(a) for a in articles],
        "authors": [_listed(a.authors) for a in articles],
        "rights": [_json([each._asdict() for each in a.rights]) if a.rights else None for a in articles],
        "evidence": [_told(_evidence(a, stub)) for a, stub in zip(articles, stubs, strict=True)],
        **{name: [getattr(f, name) for f in figures] for name in Quality._fields},
        "agency": [agency(a.credit, a.dateline, a.byline, a.site) for a in articles],
        "publisher": publishers,
        "origin": [found.agency if found else None for found in origins],
        "origin_by": [found.by if found else None for found in origins],
        "text_id": [text_id for text_id, _ in keys],
        "digest": [digest for _, digest in keys],
        "shingles": prints.sizes.tolist(),
        "signature": [row.tobytes() for row in prints.signatures.astype("<u4", copy=False)],
    }
    return pa.record_batch([pa.array(columns[f.name], type=f.type) for f in ARTICLES], schema=ARTICLES)


_json = json.JSONEncoder(ensure_ascii=False).encode


@lru_cache(1000)  # few differ, as most of a day's articles are told by the same evidence
def _told(evidence: tuple[tuple[str, Evidence], ...]) -> str:
    return _json(dict(evidence))


@lru_cache(1000)
def _listed(names: tuple[str, ...]) -> str:
    return _json(names)


_COMPUTED = {
    "content_hash", "authors", "rights", "evidence", *Quality._fields, "agency", "publisher", "origin", "origin_by",
    "text_id", "digest", "shingles", "signature",
}  # fmt: skip
_AS_THEY_ARE = [name for name in ARTICLES.names if name not in _COMPUTED]


def _evidence(article: Article, stub: bool) -> tuple[tuple[str, Evidence], ...]:
    """(field, evidence of its value), in the order of fields; a body that is no text of a story is told as "stub"."""
    found = dict(article.evidence)
    if stub:
        found["body"] = "stub"
    return tuple(sorted(found.items()))
