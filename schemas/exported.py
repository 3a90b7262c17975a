"""What an export holds: the columns of corpus_article, and with them where a duplicate stands, as Arrow has them."""

from __future__ import annotations

import pyarrow as pa

from schemas.contract.views import CONTRACT
from schemas.staging import UTC_TIME

ARTICLES = pa.schema(
    [
        ("article_id", pa.string()),
        ("source", pa.string()),
        ("source_key", pa.string()),
        ("url", pa.string()),
        ("title", pa.string()),
        ("kicker", pa.string()),
        ("authors", pa.list_(pa.string())),
        ("byline", pa.string()),
        ("credit", pa.string()),
        ("dateline", pa.string()),
        ("published_at", UTC_TIME),
        ("language", pa.string()),
        ("body", pa.string()),
        ("words", pa.int32()),
        ("mean_word_length", pa.float64()),
        ("letter_share", pa.float64()),
        ("repeated_line_share", pa.float64()),
        ("stop_word_share", pa.float64()),
        ("partition_date", pa.date32()),
        ("copies", pa.int64()),
        ("sources", pa.int64()),
        ("section", pa.string()),
        ("site", pa.string()),
        ("modified_at", UTC_TIME),
        ("trailer", pa.string()),
        ("agency", pa.string()),
        ("publisher", pa.string()),
        ("licence", pa.string()),
        ("rights", pa.string()),  # JSON
        ("tdm_reserved", pa.bool_()),
        ("free_to_read", pa.bool_()),
    ]
)
"""Of each article of the corpus: what corpus_article says, but for first_run and stub."""

STANDING = pa.schema(
    [("canonical_id", pa.string()), ("relation", pa.string()), ("jaccard", pa.float64()), ("bands", pa.int32())]
)
"""Of each article besides, where duplicates are exported too; copies and sources are then those of its canonical."""

_MEANING = {
    name: column.meaning for view in ("corpus_duplicate", "corpus_article") for name, column in CONTRACT[view].items()
}
_STANDING_MEANING = {
    "canonical_id": "the article that stands for it: itself, if it is in the corpus",
    "relation": f"canonical: it is in the corpus; {_MEANING['relation']}",
    "jaccard": "exact Jaccard similarity of its comparison text and its canonical's, 1 for itself",
    "copies": "articles its canonical stands for, that included",
    "sources": "sources that printed them",
}


def schema(duplicates: bool) -> pa.Schema:
    """The columns of an export, with duplicates or without."""
    return pa.schema([*ARTICLES, *STANDING]) if duplicates else ARTICLES


def meanings(duplicates: bool) -> dict[str, str]:
    """What each column of an export means."""
    known = _MEANING | _STANDING_MEANING if duplicates else _MEANING
    return {name: known[name] for name in schema(duplicates).names}
