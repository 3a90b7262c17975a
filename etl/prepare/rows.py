"""Prepare: articles to rows that can be committed, fingerprinted and hashed.  Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pyarrow as pa

from etl.fingerprint import signatures
from etl.fingerprint.recipe import Recipe
from etl.text.quality import Quality, quality
from schemas.records import Article
from schemas.staging import ARTICLES, content_hash, text_key

SHORT = 20
"""A body of fewer tokens is compared together with its headline: "Watch the video above." stands below many stories."""


def prepare(articles: Sequence[Article], recipe: Recipe) -> pa.RecordBatch:
    """Rows of schemas.staging.ARTICLES, one an article, in their order."""
    texts = compared(articles)
    prints = signatures.fingerprint(texts, recipe)
    longer = [n for n, article in enumerate(articles) if texts[n] != article.body]
    # What the figures are of is the body alone.
    alone = dict(zip(longer, signatures.comparison_texts([articles[n].body for n in longer]), strict=True))
    bodies = [alone.get(number, comparison) for number, comparison in enumerate(prints.comparison)]
    figures = [quality(a.body, body, a.language) for a, body in zip(articles, bodies, strict=True)]
    keys = [text_key(comparison) for comparison in prints.comparison]
    columns: dict[str, Sequence[object]] = {name: [getattr(a, name) for a in articles] for name in _AS_THEY_ARE}
    columns |= {
        "content_hash": [content_hash(a) for a in articles],
        "authors": [_json(list(a.authors)) for a in articles],
        "evidence": [_json(dict(sorted(a.evidence.items()))) for a in articles],
        **{name: [getattr(f, name) for f in figures] for name in Quality._fields},
        "text_id": [text_id for text_id, _ in keys],
        "digest": [digest for _, digest in keys],
        "comparison": prints.comparison,
        "shingles": prints.sizes.tolist(),
        "signature": [row.tobytes() for row in prints.signatures.astype("<u4", copy=False)],
    }
    return pa.record_batch([pa.array(columns[f.name], type=f.type) for f in ARTICLES], schema=ARTICLES)


_json = json.JSONEncoder(ensure_ascii=False).encode

_COMPUTED = {
    "content_hash", "authors", "evidence", *Quality._fields,
    "text_id", "digest", "comparison", "shingles", "signature",
}  # fmt: skip
_AS_THEY_ARE = [name for name in ARTICLES.names if name not in _COMPUTED]


def compared(articles: Sequence[Article]) -> list[str]:
    """What each article is compared by: its body; with its headline where the body is SHORT."""
    texts = [article.body for article in articles]
    brief = [n for n, body in enumerate(texts) if len(body) < 40 * SHORT]
    for n, comparison in zip(brief, signatures.comparison_texts([texts[n] for n in brief]), strict=True):
        if comparison.count(" ") + 1 < SHORT:
            texts[n] = f"{articles[n].title}\n\n{texts[n]}"
    return texts
