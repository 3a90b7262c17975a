"""The contract: every column of every view that consumers see, and what they may rely on.

This is the one place where it is written.  The views (schemas.views), the comments in PostgreSQL,
docs/data-dictionary.md, docs/dbt/models/sources.yml, docs/wirecopy.odcs.yaml and the recorded contract.json follow;
`make contract` writes the files.

A change that could break a query is not made to a view that is there: the next VERSION gets views of its own beside the
old ones (corpus_article → corpus_v2_article), both are recorded, and a later version may withdraw the old ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

VERSION = 1


class Column(NamedTuple):
    """A column of a view.

    type      one of TYPES
    example   as SQL would print it
    nullable  whether it can be null; the meaning says when
    unit      of a number or an instant
    values    all that a text can be, if they are few
    refers    view.column where each value is found
    """

    type: str
    meaning: str
    example: str
    nullable: bool = False
    unit: str = ""
    values: tuple[str, ...] = ()
    refers: str = ""


TYPES = {
    "text": ("text", "TEXT"),
    "integer": ("integer or bigint", "INTEGER"),
    "real": ("double precision", "REAL"),
    "boolean": ("boolean", "INTEGER, 0 or 1"),
    "date": ("date", "TEXT, 2026-03-14"),
    "timestamp": ("timestamp with time zone", "TEXT, 2026-03-14 06:30:00.000000, UTC"),
    "json": ("json", "TEXT"),
    "bytes": ("bytea", "BLOB"),
}
"""What each type is on PostgreSQL and on SQLite."""

_ID = Column(
    "text", "the article: 32 hex digits, computed from source and source_key", "b07d8962037a1ea063ca50cc240759f1"
)
_CANONICAL = Column("text", "the article that stands for it", _ID.example, refers="corpus_article.article_id")
_SOURCE = Column("text", "the source it came from", "gazette")
_KEY = Column(
    "text", "its identity within the source: canonical URL, the id it gives itself, or path", "wire/020_story.txt"
)
_URL = Column("text", "canonical URL; null if it has none", "https://gazette.example/port-strike", nullable=True)
_TITLE = Column("text", "headline, without kicker", "Crane drivers at Port Ansel walk out over night shifts")
_PUBLISHED = Column(
    "timestamp",
    "time of publication as the article states it; null if it states none",
    "2026-03-14 06:30:00",
    True,
    "UTC",
)
_DATE = Column(
    "date", "the first day that brought this text; null if only sources without dates brought it", "2026-03-14", True
)
_COUNT = Column("integer", "", "12", unit="articles")
_KICKER = Column("text", "the line above the headline; null if there is none", "Harbours", True)
_AUTHORS = Column("json", "the people named in the byline, an array of text", '["Ada Moor", "Jon Feld"]')
_BYLINE = Column("text", "byline as printed; null if there is none", "By Ada Moor and Jon Feld", True)
_CREDIT = Column("text", "agency or role named beside it; null if none is", "Fenmoor News Agency", True)
_DATELINE = Column("text", "place (and agency) that opened the text; null if none did", "PORT ANSEL (FNA)", True)
_LANGUAGE = Column("text", "BCP 47 primary subtag, und when unknown", "en")
_BODY = Column("text", "stored text, paragraphs apart by a blank line", "The cranes stood still on Friday …")
_WORDS = Column("integer", "length of body", "412", unit="words")
_AGENCY = Column(
    "text",
    "the news agency that credit, dateline, byline or site name, by one name in every language; null if none is named",
    "Reuters",
    True,
)
_JACCARD = "exact Jaccard similarity (aligned share, where the store's recipe is of characters)"
_PUBLISHER = Column(
    "text",
    "publisher that the source declares, else registrable name of the host in url; null without",
    "gazette.example",
    True,
)
_FIRST_RUN = Column("integer", "the run that first brought the article", "41", refers="corpus_run.run_id")
_RIGHTS = {
    "licence": Column(
        "text",
        "licence that it names: its SPDX identifier if it is of Creative Commons, else as it stands, mostly a URL; null"
        " if it names none, and in older rows",
        "CC-BY-4.0",
        True,
    ),
    "rights": Column(
        "json",
        "what it says of the terms of its use, an array of {kind, value, where}; null if nothing, and in older rows",
        '[{"kind": "reservation", "value": "1", "where": "header tdm-reservation"}]',
        True,
    ),
    "tdm_reserved": Column(
        "boolean",
        "whether text and data mining is reserved; null if it does not say, and in older rows",
        "true",
        True,
    ),
    "free_to_read": Column(
        "boolean", "whether it may be read without paying; null if it does not say, and in older rows", "false", True
    ),
}
"""What an article says of the terms of its use; docs/reading.md has each statement that counts."""
_ORIGIN = {
    "section": Column("text", "section of the paper, as the source names it; null if it names none", "Business", True),
    "site": Column(
        "text", "the site's name as it gives it, or the source of a feed's item; null without", "Courier", True
    ),
    "modified_at": Column(
        "timestamp", "time of the last change as stated; null if none is", "2026-03-14 09:10:00", True, "UTC"
    ),
    "trailer": Column(
        "text", "sign-off lines cut from the end; null if there were none", "Reporting by Ada Moor", True
    ),
    "agency": _AGENCY,
    "publisher": _PUBLISHER,
    "first_run": _FIRST_RUN,
    "stub": Column(
        "boolean", "whether body is a notice (paywall, consent, error page) and no text of a story", "false"
    ),
    **_RIGHTS,
}
"""What corpus_article and corpus_duplicate say of origin and rights, last."""

CONTRACT: Mapping[str, Mapping[str, Column]] = {
    "corpus_article": {
        "article_id": _ID,
        "source": _SOURCE,
        "source_key": _KEY,
        "url": _URL,
        "title": _TITLE,
        "kicker": _KICKER,
        "authors": _AUTHORS,
        "byline": _BYLINE,
        "credit": _CREDIT,
        "dateline": _DATELINE,
        "published_at": _PUBLISHED,
        "language": _LANGUAGE,
        "body": _BODY,
        "words": _WORDS,
        "mean_word_length": Column(
            "real", "mean length of a word of body, punctuation included; null in older rows", "5.1", True, "characters"
        ),
        "letter_share": Column(
            "real", "share of letters among the non-space characters of body; null in older rows", "0.96", True, "of 1"
        ),
        "repeated_line_share": Column(
            "real",
            "share of these characters in lines that occur earlier in body; null in older rows",
            "0.0",
            True,
            "of 1",
        ),
        "stop_word_share": Column(
            "real",
            "share of stop words among the first words of body; null for a language without a list, and in older rows",
            "0.43",
            True,
            "of 1",
        ),
        "partition_date": _DATE,
        "copies": _COUNT._replace(meaning="articles that this one stands for, itself included", example="4"),
        "sources": Column("integer", "sources that printed it, its own included", "3", unit="sources"),
        **_ORIGIN,
    },
    "corpus_duplicate": {
        "article_id": _ID,
        "source": _SOURCE,
        "source_key": _KEY,
        "url": _URL,
        "title": _TITLE,
        "published_at": _PUBLISHED,
        "partition_date": _DATE,
        "canonical_id": _CANONICAL,
        "relation": Column(
            "text",
            "exact: same comparison text; near: similarity at or above the threshold; judged: a person's word alone",
            "near",
            values=("exact", "near", "judged"),
        ),
        "jaccard": Column("real", f"{_JACCARD} of the two comparison texts", "0.7684", unit="of 1"),
        "bands": Column("integer", "band keys the two texts share", "8", unit="band keys"),
        "kicker": _KICKER,
        "authors": _AUTHORS,
        "byline": _BYLINE,
        "credit": _CREDIT,
        "dateline": _DATELINE,
        "language": _LANGUAGE,
        "body": _BODY,
        "words": _WORDS,
        **_ORIGIN,
    },
    "corpus_change": {
        "position": Column("integer", "position of the change, from 1, without gaps; never used twice", "1873"),
        "run_id": Column("integer", "the run that caused it", "41", refers="corpus_run.run_id"),
        "article_id": _ID,
        "change": Column(
            "text",
            "what happened to the article",
            "became_duplicate",
            values=("added", "revised", "became_duplicate", "became_canonical", "retracted"),
        ),
        "canonical_id": Column(
            "text",
            "the article that stands for it after the change, itself if canonical; null if retracted",
            _ID.example,
            True,
        ),
        "at": Column("timestamp", "when the run was written", "2026-03-14 07:02:11", unit="UTC"),
    },
    "corpus_run": {
        "run_id": Column("integer", "number of the run, from 1, in the order in which they became visible", "41"),
        "label": Column("text", "what started it: an Airflow run's id, or a command", "scheduled__2026-03-14"),
        "source": Column("text", "the source; `curation` or `rebuild` for a run of people's decisions", "gazette"),
        "partition_date": Column("date", "the day; null for a source without dates", "2026-03-14", True),
        "started_at": Column("timestamp", "when it began", "2026-03-14 07:01:30", unit="UTC"),
        "finished_at": Column("timestamp", "when it was written", "2026-03-14 07:02:11", unit="UTC"),
        "version": Column("text", "version of wirecopy", "0.1.0"),
        "read": Column(
            "integer", "records read = new + revised + unchanged + stale + quarantined", "214", unit="records"
        ),
        "new": _COUNT._replace(meaning="articles not seen before", example="207"),
        "revised": _COUNT._replace(meaning="articles whose current text changed", example="3"),
        "unchanged": Column("integer", "records without anything new", "2", unit="records"),
        "stale": Column("integer", "older texts of articles, kept as history", "1", unit="records"),
        "quarantined": Column("integer", "records that are no article", "1", unit="records"),
        "articles": _COUNT._replace(
            meaning="articles in the store after it = canonical + exact + near", example="5210"
        ),
        "canonical": _COUNT._replace(meaning="of these, in corpus_article", example="4107"),
        "exact": _COUNT._replace(meaning="of these, same text as their canonical", example="310"),
        "near": _COUNT._replace(meaning="of these, near-duplicates (judged ones among them)", example="793"),
        "retracted": _COUNT._replace(meaning="articles withdrawn, not counted above", example="2"),
        "refused": Column(
            "text", "why the guard undid the run; null if it did not", "91 of 100 new articles are …", True
        ),
        "accepted": Column(
            "text",
            "the limits beyond which it was accepted; null if it kept them",
            "91 of 100 new articles are …",
            True,
        ),
        "accepted_by": Column("text", "who accepted it; null if it kept the limits", "ana", True),
    },
    "corpus_quarantine": {
        "source": _SOURCE,
        "path": Column("text", "file, relative to the root of its source; at stage fetch a URL", "wire/007_empty.txt"),
        "record": Column("integer", "place in its container, from 0; null for the file as a whole", "17", True),
        "partition_date": Column(
            "date", "the day that brought it; null for a source without dates", "2026-03-14", True
        ),
        "stage": Column(
            "text",
            "where it failed; filter: it is not what its source keeps; embargo: its time has not come; erased: its"
            " article was, and stays away",
            "read",
            values=("fetch", "read", "decode", "extract", "validate", "filter", "embargo", "commit", "erased"),
        ),
        "reason": Column("text", "why, in one line", "binary: too many control bytes for text"),
        "head": Column("bytes", "its first bytes, 256 at most", "%PDF-1.7"),
    },
    "corpus_source_day": {
        "source": _SOURCE,
        "partition_date": Column("date", "the day; null for records without one", "2026-03-14", True),
        "records": Column(
            "integer",
            "records that the day brought first and that are kept = new + revised + quarantined",
            "215",
            unit="records",
        ),
        "new": _COUNT._replace(meaning="articles whose first text came that day", example="207"),
        "revised": Column("integer", "further texts of articles, first brought by that day", "7", unit="texts"),
        "articles": _COUNT._replace(
            meaning="articles whose current text came first that day = canonical + duplicates", example="209"
        ),
        "canonical": _COUNT._replace(meaning="of these, in corpus_article", example="160"),
        "duplicates": _COUNT._replace(meaning="of these, in corpus_duplicate", example="49"),
        "exact": _COUNT._replace(meaning="of the duplicates, those with the relation exact", example="9"),
        "duplicate_rate": Column(
            "real", "duplicates / articles; null where there are no articles", "0.234", True, "of 1"
        ),
        "retracted": _COUNT._replace(meaning="articles of that day that are withdrawn", example="1"),
        "quarantined": Column("integer", "records of that day that are in quarantine now", "1", unit="records"),
    },
    "corpus_review": {
        "article_id": _ID,
        "source": _SOURCE,
        "title": _TITLE,
        "canonical_id": _CANONICAL,
        "canonical_source": Column("text", "the source of the canonical", "courier"),
        "canonical_title": Column("text", "its headline", "Cranes at Port Ansel stand still"),
        "jaccard": Column("real", f"{_JACCARD} of the two comparison texts", "0.7012", unit="of 1"),
        "bands": Column("integer", "band keys the two texts share", "5", unit="band keys"),
    },
    "corpus_member": {
        "article_id": _ID,
        "source": _SOURCE,
        "source_key": _KEY,
        "url": _URL,
        "title": _TITLE,
        "canonical_id": _CANONICAL._replace(meaning="the article that stands for it: itself, if it is canonical"),
        "relation": Column(
            "text",
            "canonical: it is in corpus_article; else as in corpus_duplicate",
            "near",
            values=("canonical", "exact", "near", "judged"),
        ),
        "jaccard": Column("real", f"{_JACCARD} of its text and the canonical's; 1 for itself", "0.7684", unit="of 1"),
        "agency": _AGENCY,
        "publisher": _PUBLISHER,
        "language": _LANGUAGE,
        "published_at": _PUBLISHED,
        "partition_date": _DATE,
    },
    "corpus_story": {
        "canonical_id": _CANONICAL._replace(meaning="the article that stands for the story"),
        "title": _TITLE._replace(meaning="its headline"),
        "partition_date": _DATE._replace(meaning="its partition date; null if only sources without dates brought it"),
        "copies": _COUNT._replace(meaning="its articles, the canonical included", example="4"),
        "sources": Column("integer", "sources that printed it", "3", unit="sources"),
        "publishers": Column("integer", "publishers that printed it", "3", unit="publishers"),
        "agencies": Column("integer", "different agencies that its articles name", "1", unit="agencies"),
        "languages": Column("integer", "languages of its articles", "1", unit="languages"),
        "first_published": _PUBLISHED._replace(
            meaning="the earliest stated time of publication; null if none states one"
        ),
        "last_published": _PUBLISHED._replace(meaning="the latest stated time of publication; null if none states one"),
        "span_days": Column(
            "integer", "from the first to the last day of its articles; null if none has a day", "2", True, "days"
        ),
        "first_printed": Column(
            "text",
            "its article of the earliest day (published, if that is believed, else the partition date), within a day"
            " that of the earliest stated time",
            _ID.example,
            refers="corpus_member.article_id",
        ),
        "first_run": Column("integer", "the run that brought its first article", "41", refers="corpus_run.run_id"),
        "last_run": Column(
            "integer", "the last run that changed one of its articles", "44", refers="corpus_run.run_id"
        ),
        "origin": Column(
            "text",
            "the agency that it is from, by the surest word of any of its articles; without one the publisher of"
            " first_printed, else its source",
            "Reuters",
        ),
        "origin_evidence": Column(
            "text",
            "JSON: by, how origin is known (source, host, credit, dateline, byline, site, head, foot, first printed),"
            " and the article_id that says so, but for first printed",
            '{"by": "credit", "article_id": "b07d8962037a1ea063ca50cc240759f1"}',
        ),
    },
    "corpus_revision": {
        "article_id": _ID._replace(refers="corpus_member.article_id"),
        "number": Column(
            "integer", "its number among the article's revisions, from 1, by the last day that brought each", "2"
        ),
        "first_date": Column(
            "date", "the first day that brought it; null from a source without dates", "2026-03-14", True
        ),
        "last_date": Column(
            "date", "the last day that brought it; null from a source without dates", "2026-03-15", True
        ),
        "run_id": Column("integer", "the run that brought it; null where that was not written down yet", "41", True),
        "title": _TITLE,
        "body": _BODY,
        "words": _WORDS,
        "changed": Column(
            "text",
            "the most that differs from the number before: first (there is none), text, headline, or metadata alone",
            "headline",
            values=("first", "text", "headline", "metadata"),
        ),
        "is_current": Column("boolean", "whether it is the text that the other views show", "true"),
        **_RIGHTS,
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
        "article_id": _ID._replace(meaning=f"{_ID.meaning}; of a pair the smaller"),
        "other_id": Column("text", "the other article of a judged pair; null for a decision on one", _ID.example, True),
        "reason": Column("text", "why, as given; may be empty", "withdrawn by the agency"),
        "run_id": Column("integer", "the run that carried it out; null if it changed nothing", "41", True),
        "holds": Column(
            "boolean", "whether it is in force: no later decision on the same articles took its place", "true"
        ),
        "source": _SOURCE,
        "source_key": _KEY._replace(meaning=f"{_KEY.meaning}; empty for an erased article"),
        "title": _TITLE._replace(meaning="headline of the article, retracted or not; empty for an erased one"),
    },
    "corpus_relation": {
        "article_id": _ID._replace(
            meaning="the later article, by day, length and id; canonical", refers="corpus_article.article_id"
        ),
        "other_id": _ID._replace(meaning="the earlier article; canonical", refers="corpus_article.article_id"),
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
        "article_id": _ID._replace(meaning="the later article of the pair"),
        "other_id": _ID._replace(meaning="the earlier article of the pair"),
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
    "corpus_source": {
        "source": _SOURCE._replace(meaning="the source: declared, or seen in a run"),
        "kind": Column(
            "text",
            "kind as declared; null for one that no sources.toml declares",
            "feed",
            True,
            values=("files", "warc", "feed", "sitemap", "urls"),
        ),
        "schedule": Column("text", "cron expression, UTC; null for one that is run by hand", "0 6 * * *", True),
        "publisher": Column("text", "publisher as declared; null without", "gazette.example", True),
        "rank": Column("integer", "rank in the order of election: the greater stands before the lesser", "0"),
        "first_date": Column("date", "partition date of its first article; null without any", "2026-01-01", True),
        "last_date": Column("date", "partition date of its last article; null without any", "2026-03-14", True),
        "articles": _COUNT._replace(meaning="its articles, retracted ones left out", example="5210"),
        "canonical": _COUNT._replace(meaning="of these, in corpus_article", example="4107"),
        "canonical_share": Column(
            "real", "canonical / articles; null where there are no articles", "0.788", True, "of 1"
        ),
        "last_run": Column("integer", "its last run that brought something new; null if none did", "41", True),
        "days_silent": Column(
            "integer",
            "later days on which other sources brought something; null without a dated article",
            "0",
            True,
            "days",
        ),
        "usual_articles": Column(
            "real",
            "median of its articles a day, over its last 28 days with any; null without",
            "181.0",
            True,
            "articles",
        ),
        "quarantined": Column("integer", "its records that are in quarantine now", "2", unit="records"),
        "refused_runs": Column("integer", "its runs that the guard undid", "1", unit="runs"),
        "role": Column(
            "text",
            "corpus: it brings articles; reference: documents to look for in articles, which are none themselves",
            "corpus",
            values=("corpus", "reference"),
        ),
        "documents": Column("integer", "its reference documents", "0", unit="documents"),
        "earliest": Column(
            "date", "its dates of publication before that day are not believed; null: before 1800", "1851-09-18", True
        ),
        "id_name": Column(
            "text", "the name by which ids of its articles are computed; null: the one that it has", "herald", True
        ),
    },
    "corpus_reference": {
        "article_id": _ID._replace(refers="corpus_member.article_id"),
        "reference": Column("text", "the reference source", "squad", refers="corpus_source.source"),
        "reference_id": Column(
            "text", "the document: 32 hex digits, computed from reference and reference_key", _ID.example
        ),
        "reference_key": _KEY._replace(
            meaning="its identity within the reference: URL, the id it gives itself, or path"
        ),
        "title": _TITLE._replace(meaning="its headline"),
        "url": _URL._replace(meaning="its URL; null if it has none"),
        "shared": Column("integer", "different 13-token shingles that both have", "388", unit="shingles"),
        "article_share": Column("real", "shared / the article's different shingles", "0.97", unit="of 1"),
        "reference_share": Column("real", "shared / the document's different shingles", "1.0", unit="of 1"),
        "longest": Column("integer", "length of the longest passage in common", "402", unit="tokens"),
        "run_id": Column("integer", "the run that found it", "41", refers="corpus_run.run_id"),
    },
}
"""View → column → what it is.  Their order is the views'; new columns come last."""

ABOUT: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "corpus_article": ("Canonical articles: one copy of each story.", ("article_id",)),
    "corpus_duplicate": (
        "Duplicates: every article that another one stands for, with their similarity.",
        ("article_id",),
    ),
    "corpus_change": ("Changes of the two views above, in order, to be followed by a cursor.", ("position",)),
    "corpus_run": ("Runs that changed the store, or that the guard undid, with counts that add up.", ("run_id",)),
    "corpus_quarantine": ("Quarantined records: read, but no article, with the reason.", ("source", "path", "record")),
    "corpus_source_day": (
        "Counts of each source and day: what it brought, and where that stands now. They follow from the store as it "
        "is, so they stay true when days are run again or in another order.",
        ("source", "partition_date"),
    ),
    "corpus_review": (
        "Near-duplicates that nobody has judged, one row a text. ORDER BY jaccard puts those nearest to the threshold "
        "first.",
        ("article_id",),
    ),
    "corpus_member": (
        "Articles, canonical or not, each with what stands for it: all copies of a story.",
        ("article_id",),
    ),
    "corpus_story": (
        "Stories: one row for each canonical article and all that it stands for.  Who printed it first is not always "
        "the canonical: that is the first in the order of election, by rank, day and length.",
        ("canonical_id",),
    ),
    "corpus_revision": (
        "Every text, headline and metadata that an article has had, of articles that are not retracted.",
        ("article_id", "number"),
    ),
    "corpus_decision": (
        "What people (and notices of sources) decided of articles; of retracted ones it keeps source and headline,"
        " of erased ones neither headline nor key.",
        ("position",),
    ),
    "corpus_relation": (
        "Pairs of canonical articles that are no duplicates: rewrites, excerpts, shared passages.",
        ("article_id", "other_id"),
    ),
    "corpus_relation_change": ("Changes of corpus_relation, in order, to be followed by a cursor.", ("position",)),
    "corpus_source": ("Sources, declared or seen, and how they do.", ("source",)),
    "corpus_reference": (
        "Articles, canonical or not, that have passages of 13 tokens or more in common with documents of reference "
        "sources; of each source the five nearest documents.",
        ("article_id", "reference_id"),
    ),
}
"""View → (what its rows are, the columns that identify a row)."""


class Promise(NamedTuple):
    """What a recorded contract holds of a column."""

    type: str
    nullable: bool


Recorded = Mapping[str, Mapping[str, Promise]]


def promises(contract: Mapping[str, Mapping[str, Column]] = CONTRACT) -> Recorded:
    """What consumers rely on."""
    return {view: {n: Promise(c.type, c.nullable) for n, c in columns.items()} for view, columns in contract.items()}


def breaking(then: Recorded, now: Recorded, withdrawn: frozenset[str] = frozenset()) -> list[str]:
    """What in a contract would break the queries of those who rely on an earlier one; empty when nothing does.

    withdrawn  views that may be gone, since their successors were there beside them
    """
    found = []
    for view, columns in then.items():
        if view not in now:
            if view not in withdrawn:
                found.append(f"{view} is gone")
            continue
        there = now[view]
        for name, promise in columns.items():
            if name not in there:
                found.append(f"{view}.{name} is gone, or has another name")
                continue
            if there[name].type != promise.type:
                found.append(f"{view}.{name} was {promise.type}, and is {there[name].type}")
            if there[name].nullable and not promise.nullable:
                found.append(f"{view}.{name} was never null, and can be")
        kept = [name for name in there if name in columns]
        if list(there)[: len(kept)] != kept or kept != [name for name in columns if name in there]:
            found.append(f"{view} has its columns in another order; new ones come last")
    return found


def successor(view: str, version: int) -> str:
    """The name of a view in a version of the contract: corpus_article, corpus_v2_article …"""
    family, _, noun = view.partition("_")
    return view if version == 1 else f"{family}_v{version}_{noun}"
