"""What passes between tasks: the Arrow schema of a prepared shard, and the hashes that identify its rows."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pyarrow as pa

if TYPE_CHECKING:
    from schemas.article import Article  # pydantic, of no use to who only stores rows


UTC_TIME = pa.timestamp("us", tz="UTC")

ARTICLES = pa.schema(
    [
        ("article_id", pa.string()),
        ("content_hash", pa.string()),
        ("source", pa.string()),
        ("source_key", pa.string()),
        ("own_key", pa.string()),  # see schemas.article.Article
        ("withdrawn", pa.string()),
        ("path", pa.string()),
        ("record", pa.int32()),
        ("partition_date", pa.date32()),
        ("fetched_at", UTC_TIME),
        ("url", pa.string()),
        ("title", pa.string()),
        ("kicker", pa.string()),
        ("byline", pa.string()),
        ("authors", pa.string()),  # JSON
        ("credit", pa.string()),
        ("dateline", pa.string()),
        ("trailer", pa.string()),
        ("published_at", UTC_TIME),
        ("modified_at", UTC_TIME),
        ("section", pa.string()),
        ("site", pa.string()),
        ("language", pa.string()),
        ("licence", pa.string()),
        ("rights", pa.string()),  # JSON
        ("tdm_reserved", pa.bool_()),
        ("free_to_read", pa.bool_()),
        ("evidence", pa.string()),  # JSON
        ("words", pa.int32()),
        ("mean_word_length", pa.float64()),
        ("letter_share", pa.float64()),
        ("repeated_line_share", pa.float64()),
        ("stop_word_share", pa.float64()),
        ("agency", pa.string()),
        ("publisher", pa.string()),
        ("origin", pa.string()),
        ("origin_by", pa.string()),
        ("body", pa.large_string()),
        ("text_id", pa.int64()),
        ("digest", pa.binary(32)),
        ("shingles", pa.int32()),
        ("signature", pa.binary()),
    ]
)

QUARANTINED = pa.schema(
    [
        ("path", pa.string()),
        ("record", pa.int32()),
        ("stage", pa.string()),
        ("reason", pa.string()),
        ("article_id", pa.string()),
        ("head", pa.binary()),
    ]
)

CONTENT = (
    "url", "title", "kicker", "byline", "authors", "credit", "dateline", "trailer",
    "published_at", "modified_at", "section", "site", "language", "body",
)  # fmt: skip
"""What an article says: two records of an article that agree in these are the same revision."""


def content_hash(article: Article) -> str:
    """32 hex digits over all that the article says."""
    said = "\x1f".join([str(getattr(article, name)) for name in CONTENT])  # US: stored text has no control characters
    if article.withdrawn:  # the same text, sent again to withdraw it
        said += f"\x1f{article.withdrawn}"
    if article.rights:  # what says nothing of rights keeps the hash that it had before they were read
        stated = sorted({f"{each.kind}={each.value}" for each in article.rights})  # wherever it stands
        said += "\x1e".join(["", str(article.licence), str(article.tdm_reserved), str(article.free_to_read), *stated])
    return hashlib.blake2b(said.encode(), digest_size=16).hexdigest()


def text_key(comparison: str) -> tuple[int, bytes]:
    """(text_id, digest) of a comparison text: 63 bits to join by, 256 to tell a collision by."""
    digest = hashlib.blake2b(comparison.encode(), digest_size=32).digest()
    return int.from_bytes(digest[:8], "big") >> 1, digest
