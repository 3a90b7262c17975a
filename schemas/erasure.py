"""What is erased of an article, table by table: every column that can hold words is in one of these lists.

A test fails for a column that is in none of them, so that nobody adds a place for texts that an erasure forgets.
"""

from __future__ import annotations

from collections.abc import Mapping

ROWS: Mapping[str, tuple[str, ...]] = {
    "article": ("article_id",),
    "revision": ("article_id",),
    "judgement": ("article_id", "other_id"),
    "retraction": ("article_id",),
}
"""Table → the columns that name articles: rows that name an erased one go, whatever else they hold."""

OF_TEXTS = ("text", "signature", "cluster_member", "bucket", "reference_match", "sample", "sample_hash", "relation")
"""Tables of texts: the election, and the relations after it, drop the rows of a text that no article has any more."""

EMPTIED: Mapping[str, tuple[str, ...]] = {"quarantine": ("head",), "run": ("examples",), "preview": ("examples",)}
"""Table → columns that are emptied in the rows on an article's records, URLs and files; examples that name it go."""

KEPT: Mapping[str, tuple[str, ...]] = {
    "recipe": ("name", "relations"),
    "source": ("name", "kind", "schedule", "publisher", "role", "agency", "id_name"),
    # No articles: `wirecopy sources remove` takes the documents of a reference source out.
    "reference": ("reference_id", "source", "source_key", "content_hash", "path", "url", "title", "body", "withdrawn"),
    "source_day": ("source",),
    "run": ("label", "source", "version", "refused", "accepted", "accepted_by", "margins"),  # paths and ids
    "preview": ("label", "report", "changes", "margins"),
    "decision": ("who", "word", "article_id", "other_id", "reason"),
    "change": ("article_id", "change", "canonical_id"),  # so consumers learn of the end of an article, by its id
    "relation_change": ("article_id", "other_id", "change", "kind"),
    "quarantine": ("source", "path", "stage", "reason", "quarantine_id"),
    # A URL that is forgotten would be asked again.
    "visit": (
        "source", "url", "role", "etag", "last_modified", "digest", "stamp", "listing", "gone", "content",
    ),
    "tombstone": ("article_id", "source", "who", "reason", "pending"),
}  # fmt: skip
"""Table → columns that stay: they hold no words of articles, only names of files and URLs, and people's own words."""
