"""Prepare: articles to rows that can be committed, fingerprinted and hashed.  Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pyarrow as pa

from etl import fingerprint
from etl.language import Quality, quality
from etl.recipe import Recipe
from schemas.records import Article
from schemas.staging import ARTICLES, content_hash, text_key

SHORT = 20
"""A body of fewer tokens is compared together with its headline: "Watch the video above." stands below many stories."""


def prepare(articles: Sequence[Article], recipe: Recipe) -> pa.RecordBatch:
    """Rows of schemas.staging.ARTICLES, one an article, in their order."""
    texts = compared(articles)
    prints = fingerprint.fingerprint(texts, recipe)
    longer = [n for n, article in enumerate(articles) if texts[n] != article.body]
    # What the figures are of is the body alone.
    alone = dict(zip(longer, fingerprint.comparison_texts([articles[n].body for n in longer]), strict=True))
    rows: dict[str, list[object]] = {name: [] for name in ARTICLES.names}
    for number, (article, comparison) in enumerate(zip(articles, prints.comparison, strict=True)):
        text_id, digest = text_key(comparison)
        figures = quality(article.body, alone.get(number, comparison), article.language)
        for name, value in (
            ("article_id", article.article_id),
            ("content_hash", content_hash(article)),
            ("authors", _json(list(article.authors))),
            ("evidence", _json(dict(sorted(article.evidence.items())))),
            *zip(Quality._fields, figures, strict=True),
            ("text_id", text_id),
            ("digest", digest),
            ("comparison", comparison),
            *((name, getattr(article, name)) for name in _AS_THEY_ARE),
        ):
            rows[name].append(value)
    rows["shingles"] = prints.sizes.tolist()
    rows["signature"] = [row.astype("<u4").tobytes() for row in prints.signatures]
    return pa.record_batch([pa.array(rows[f.name], type=f.type) for f in ARTICLES], schema=ARTICLES)


_json = json.JSONEncoder(ensure_ascii=False).encode

_COMPUTED = {
    "article_id", "content_hash", "authors", "evidence", *Quality._fields,
    "text_id", "digest", "comparison", "shingles", "signature",
}  # fmt: skip
_AS_THEY_ARE = [name for name in ARTICLES.names if name not in _COMPUTED]


def compared(articles: Sequence[Article]) -> list[str]:
    """What each article is compared by: its body; with its headline where the body is SHORT."""
    texts = [article.body for article in articles]
    brief = [n for n, body in enumerate(texts) if len(body) < 40 * SHORT]
    for n, comparison in zip(brief, fingerprint.comparison_texts([texts[n] for n in brief]), strict=True):
        if comparison.count(" ") + 1 < SHORT:
            texts[n] = f"{articles[n].title}\n\n{texts[n]}"
    return texts
