"""Runs: what they did, changed and refused, by source and day."""

from __future__ import annotations

from schemas.contract.columns import COUNT, ID, SOURCE, About, Column, Columns

COLUMNS: Columns = {
    "corpus_change": {
        "position": Column("integer", "position of the change, from 1, without gaps; never used twice", "1873"),
        "run_id": Column("integer", "the run that caused it", "41", refers="corpus_run.run_id"),
        "article_id": ID,
        "change": Column(
            "text",
            "what happened to the article",
            "became_duplicate",
            values=("added", "revised", "became_duplicate", "became_canonical", "retracted"),
        ),
        "canonical_id": Column(
            "text",
            "the article that stands for it after the change, itself if canonical; null if retracted",
            ID.example,
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
        "new": COUNT._replace(meaning="articles not seen before", example="207"),
        "revised": COUNT._replace(meaning="articles whose current text changed", example="3"),
        "unchanged": Column("integer", "records without anything new", "2", unit="records"),
        "stale": Column("integer", "older texts of articles, kept as history", "1", unit="records"),
        "quarantined": Column("integer", "records that are no article", "1", unit="records"),
        "articles": COUNT._replace(meaning="articles in the store after it = canonical + exact + near", example="5210"),
        "canonical": COUNT._replace(meaning="of these, in corpus_article", example="4107"),
        "exact": COUNT._replace(meaning="of these, same text as their canonical", example="310"),
        "near": COUNT._replace(meaning="of these, near-duplicates (judged ones among them)", example="793"),
        "retracted": COUNT._replace(meaning="articles withdrawn, not counted above", example="2"),
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
        "source": SOURCE,
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
        "source": SOURCE,
        "partition_date": Column("date", "the day; null for records without one", "2026-03-14", True),
        "records": Column(
            "integer",
            "records that the day brought first and that are kept = new + revised + quarantined",
            "215",
            unit="records",
        ),
        "new": COUNT._replace(meaning="articles whose first text came that day", example="207"),
        "revised": Column("integer", "further texts of articles, first brought by that day", "7", unit="texts"),
        "articles": COUNT._replace(
            meaning="articles whose current text came first that day = canonical + duplicates", example="209"
        ),
        "canonical": COUNT._replace(meaning="of these, in corpus_article", example="160"),
        "duplicates": COUNT._replace(meaning="of these, in corpus_duplicate", example="49"),
        "exact": COUNT._replace(meaning="of the duplicates, those with the relation exact", example="9"),
        "duplicate_rate": Column(
            "real", "duplicates / articles; null where there are no articles", "0.234", True, "of 1"
        ),
        "retracted": COUNT._replace(meaning="articles of that day that are withdrawn", example="1"),
        "quarantined": Column("integer", "records of that day that are in quarantine now", "1", unit="records"),
    },
    "corpus_source": {
        "source": SOURCE._replace(meaning="the source: declared, or seen in a run"),
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
        "articles": COUNT._replace(meaning="its articles, retracted ones left out", example="5210"),
        "canonical": COUNT._replace(meaning="of these, in corpus_article", example="4107"),
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
}

ABOUT: About = {
    "corpus_change": (
        "Changes of corpus_article and corpus_duplicate, in order, to be followed by a cursor.",
        ("position",),
    ),
    "corpus_run": ("Runs that changed the store, or that the guard undid, with counts that add up.", ("run_id",)),
    "corpus_quarantine": ("Quarantined records: read, but no article, with the reason.", ("source", "path", "record")),
    "corpus_source_day": (
        "Counts of each source and day: what it brought, and where that stands now. They follow from the store as it "
        "is, so they stay true when days are run again or in another order.",
        ("source", "partition_date"),
    ),
    "corpus_source": ("Sources, declared or seen, and how they do.", ("source",)),
}
