"""Articles: those that stand, their duplicates, stories, revisions, and the pairs to review."""

from __future__ import annotations

from schemas.contract.columns import COUNT, ID, KEY, SOURCE, TITLE, URL, About, Column, Columns

_CANONICAL = Column("text", "the article that stands for it", ID.example, refers="corpus_article.article_id")
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

COLUMNS: Columns = {
    "corpus_article": {
        "article_id": ID,
        "source": SOURCE,
        "source_key": KEY,
        "url": URL,
        "title": TITLE,
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
        "copies": COUNT._replace(meaning="articles that this one stands for, itself included", example="4"),
        "sources": Column("integer", "sources that printed it, its own included", "3", unit="sources"),
        **_ORIGIN,
    },
    "corpus_duplicate": {
        "article_id": ID,
        "source": SOURCE,
        "source_key": KEY,
        "url": URL,
        "title": TITLE,
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
    "corpus_member": {
        "article_id": ID,
        "source": SOURCE,
        "source_key": KEY,
        "url": URL,
        "title": TITLE,
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
        "title": TITLE._replace(meaning="its headline"),
        "partition_date": _DATE._replace(meaning="its partition date; null if only sources without dates brought it"),
        "copies": COUNT._replace(meaning="its articles, the canonical included", example="4"),
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
            ID.example,
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
        "article_id": ID._replace(refers="corpus_member.article_id"),
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
        "title": TITLE,
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
    "corpus_review": {
        "article_id": ID,
        "source": SOURCE,
        "title": TITLE,
        "canonical_id": _CANONICAL,
        "canonical_source": Column("text", "the source of the canonical", "courier"),
        "canonical_title": Column("text", "its headline", "Cranes at Port Ansel stand still"),
        "jaccard": Column("real", f"{_JACCARD} of the two comparison texts", "0.7012", unit="of 1"),
        "bands": Column("integer", "band keys the two texts share", "5", unit="band keys"),
    },
}

ABOUT: About = {
    "corpus_article": ("Canonical articles: one copy of each story.", ("article_id",)),
    "corpus_duplicate": (
        "Duplicates: every article that another one stands for, with their similarity.",
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
    "corpus_review": (
        "Near-duplicates that nobody has judged, one row a text. ORDER BY jaccard puts those nearest to the threshold "
        "first.",
        ("article_id",),
    ),
}
