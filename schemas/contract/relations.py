"""Relations between articles, passages of references, and what people decided."""

from __future__ import annotations

from schemas.contract.columns import ID, KEY, SOURCE, TITLE, URL, About, Column, Columns

COLUMNS: Columns = {
    "corpus_relation": {
        "article_id": ID._replace(
            meaning="the later article, by day, length and id; canonical", refers="corpus_article.article_id"
        ),
        "other_id": ID._replace(meaning="the earlier article; canonical", refers="corpus_article.article_id"),
        "kind": Column(
            "text",
            "rewrite: a later version by the same source or agency; excerpt: one is contained in the other; shares: a"
            " passage of 50 words or more, most of both is their own",
            "excerpt",
            values=("rewrite", "excerpt", "shares"),
        ),
        "contained": Column("real", "share of the shingles of article_id that other_id has", "0.9412", unit="of 1"),
        "contains": Column("real", "share of the shingles of other_id that article_id has", "0.4103", unit="of 1"),
        "jaccard": Column("real", "exact Jaccard similarity of the two comparison texts", "0.4000", unit="of 1"),
        "longest_passage": Column(
            "integer", "the longest of the passages; 0 without one of 20 words or more", "181", unit="words"
        ),
        "passages": Column(
            "json",
            "what both have word for word, 16 at most: [place in article_id, place in other_id, length], in words of"
            " their comparison texts from 0",
            "[[0, 212, 181]]",
        ),
        "recipe": Column(
            "text", "the recipe of the texts, and that of relations", "k5-p128-s1-b32x4-t0.7-n2 d14-c20-v1"
        ),
        "run_id": Column("integer", "the run that wrote the row as it is", "41", refers="corpus_run.run_id"),
    },
    "corpus_relation_change": {
        "position": Column("integer", "position of the change, from 1, without gaps; never used twice", "212"),
        "run_id": Column("integer", "the run that caused it", "41", refers="corpus_run.run_id"),
        "article_id": ID._replace(meaning="the later article of the pair"),
        "other_id": ID._replace(meaning="the earlier article of the pair"),
        "change": Column(
            "text",
            "what happened to the row of corpus_relation; changed: its kind or figures",
            "added",
            values=("added", "changed", "removed"),
        ),
        "kind": Column(
            "text", "its kind then; of a removed one, before", "excerpt", values=("rewrite", "excerpt", "shares")
        ),
        "at": Column("timestamp", "when the run was written", "2026-03-14 07:02:11", unit="UTC"),
    },
    "corpus_reference": {
        "article_id": ID._replace(refers="corpus_member.article_id"),
        "reference": Column("text", "the reference source", "squad", refers="corpus_source.source"),
        "reference_id": Column(
            "text", "the document: 32 hex digits, computed from reference and reference_key", ID.example
        ),
        "reference_key": KEY._replace(
            meaning="its identity within the reference: URL, the id it gives itself, or path"
        ),
        "title": TITLE._replace(meaning="its headline"),
        "url": URL._replace(meaning="its URL; null if it has none"),
        "shared": Column("integer", "different 13-token shingles that both have", "388", unit="shingles"),
        "article_share": Column("real", "shared / the article's different shingles", "0.97", unit="of 1"),
        "reference_share": Column("real", "shared / the document's different shingles", "1.0", unit="of 1"),
        "longest": Column("integer", "length of the longest passage in common", "402", unit="tokens"),
        "run_id": Column("integer", "the run that found it", "41", refers="corpus_run.run_id"),
    },
    "corpus_decision": {
        "position": Column("integer", "position of the decision, from 1", "7"),
        "at": Column("timestamp", "when it was made", "2026-03-14 07:02:11", unit="UTC"),
        "who": Column("text", "who made it; empty for those of early versions", "ana"),
        "decision": Column(
            "text",
            "what was decided; restore takes a retract back, undo a same or different, nothing an erase",
            "retract",
            values=("retract", "restore", "same", "different", "undo", "erase"),
        ),
        "article_id": ID._replace(meaning=f"{ID.meaning}; of a pair the smaller"),
        "other_id": Column("text", "the other article of a judged pair; null for a decision on one", ID.example, True),
        "reason": Column("text", "why, as given; may be empty", "withdrawn by the agency"),
        "run_id": Column("integer", "the run that carried it out; null if it changed nothing", "41", True),
        "holds": Column(
            "boolean", "whether it is in force: no later decision on the same articles took its place", "true"
        ),
        "source": SOURCE,
        "source_key": KEY._replace(meaning=f"{KEY.meaning}; empty for an erased article"),
        "title": TITLE._replace(meaning="headline of the article, retracted or not; empty for an erased one"),
    },
}

ABOUT: About = {
    "corpus_relation": (
        "Pairs of canonical articles that are no duplicates: rewrites, excerpts, shared passages.",
        ("article_id", "other_id"),
    ),
    "corpus_relation_change": ("Changes of corpus_relation, in order, to be followed by a cursor.", ("position",)),
    "corpus_reference": (
        "Articles, canonical or not, that have passages of 13 tokens or more in common with documents of reference "
        "sources; of each source the five nearest documents.",
        ("article_id", "reference_id"),
    ),
    "corpus_decision": (
        "What people (and notices of sources) decided of articles; of retracted ones it keeps source and headline,"
        " of erased ones neither headline nor key.",
        ("position",),
    ),
}
