"""What is kept: the tables of a store.  Consumers read the views (schemas.views), never these.

    run          a run that changed the store, with the counts that add up
    preview      the outcome of a preview, of which nothing else is kept
    article      one row an article: which revision and which text are current
    revision     every text an article has had, as printed, with its metadata
    text         the id and digest of a distinct comparison text, as long as a current article has it
    signature    the MinHash minima of a text
    cluster_member  which text stands for which, and the place of each in the order of election
    bucket       band keys: which cluster has a text with that key
    sample       hashes by which shared passages of canonical texts are found; sample_hash is the index of them
    relation     two canonical texts of which one is a rewrite or an excerpt of the other, or that share a passage
    relation_change  what happened to these pairs, in order
    judgement    a person's word on a pair of articles
    retraction   an article that was withdrawn, and why
    tombstone    what stays of an article that was erased: that it was, by whom and why (schemas.erasure)
    decision     all that people ever said of articles, what they took back included: who, when, why
    change       what consumers saw happen, in order
    quarantine   what was read and is no article, and why
    visit        what fetching remembers of the URLs it asked (etl.store.visits)
    source       a source that sources.toml declares, whether it ever ran or not
    reference    a document of a reference source: it is no article, and stands for none
    reference_shingle, reference_common  which 13 tokens stand in which of them, and which in too many to tell
    reference_match  which text has passages of which reference document
    source_day   counts by source and day, which views would take seconds to make
    recipe       the one recipe by which the store was elected, and the definition of its relations

Constraints make wrong states impossible: an article without its current revision or a standing, a canonical that
points to another, a duplicate of a duplicate, a cluster whose first article has another text.  What they cannot say,
`wirecopy verify` checks: an article has no text just when it is retracted; the current revision is the greatest; band
keys (32 rows a text: references would cost more than all the others), signatures and counts are those of the texts;
shingles and matches of references are those of their documents.

Ids are computed: article_id from source (by its first name, source.id_name) and source key, text_id from the
comparison text, quarantine_id from source, path and record.  Source keys, URLs and paths are as long as others make
them, so no key or B-tree holds them.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect

metadata = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)


class UtcDateTime(sa.types.TypeDecorator[datetime]):
    """An instant, in UTC: `timestamptz` on PostgreSQL, ISO text on SQLite, never naive in Python."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value.astimezone(UTC) if value is not None else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _where(condition: str) -> dict[str, Any]:
    """An index of some rows only."""
    return {"postgresql_where": sa.text(condition), "sqlite_where": sa.text(condition)}


def _looked_up(column: str, **options: Any) -> sa.Index:
    """An index for equality, of text without a bound: a B-tree of PostgreSQL takes entries of 2,700 bytes at most."""
    return sa.Index(None, column, postgresql_using="hash", **options)


def _points(name: str, columns: list[str], to: list[str]) -> sa.ForeignKeyConstraint:
    """A reference that holds whenever a transaction ends: within one, rows come in the order that is fastest.

    They run in circles (an article has a text, whose place is that of an article), so none decides the tables' order.
    """
    return sa.ForeignKeyConstraint(columns, to, f"fk_{name}", deferrable=True, initially="DEFERRED", use_alter=True)


MAX_PATH = 500  # characters of a path that is looked up quickly; four bytes each fit in an entry of a B-tree
BigId = sa.BigInteger().with_variant(sa.Integer(), "sqlite")  # SQLite's row id is called INTEGER, and has 64 bits
ArticleId = sa.String(32)
PACKED = "packed"
"""Marks a table of long rows, whose order is free: see etl.store.packing."""
READ_COUNTS = ("read", "new", "revised", "unchanged", "stale", "quarantined")
STORE_COUNTS = ("articles", "canonical", "exact", "near", "retracted")
DAY_COUNTS = ("texts", "come", "articles", "canonical", "alike")
"""Of a source and a day: revisions, articles new with them; articles that stand, canonical ones, exact copies."""

recipe = sa.Table(
    "recipe",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("relations", sa.Text),  # name of their definition (etl.decide.relations); null: it keeps none
)

source = sa.Table(
    "source",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text),
    sa.Column("schedule", sa.Text),  # cron, UTC; null: it is run by hand
    sa.Column("publisher", sa.Text),  # of all its articles, where it declares one
    sa.Column("rank", sa.Integer, nullable=False, server_default="0"),  # the greater stands before the lesser
    sa.Column("role", sa.Text),  # "reference", or null: its articles are of the corpus
    sa.Column("earliest", sa.Date),  # dates of publication before it are not believed; null: the year 1800
    sa.Column("agency", sa.Text),  # that its publisher is
    sa.Column("id_name", sa.Text, unique=True),  # of which its articles' ids are made; null: of its name
)

source_day = sa.Table(
    "source_day",
    metadata,
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("day", sa.Date, primary_key=True),  # partition date; NO_DAY: none
    *(sa.Column(count, sa.Integer, nullable=False) for count in DAY_COUNTS),
)

run = sa.Table(
    "run",
    metadata,
    sa.Column("run_id", BigId, primary_key=True, autoincrement=False),
    sa.Column("label", sa.Text, nullable=False),  # what started it: an Airflow run's id, or the command line
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("partition_date", sa.Date),
    sa.Column("started_at", UtcDateTime, nullable=False),
    sa.Column("finished_at", UtcDateTime, nullable=False),
    sa.Column("version", sa.Text, nullable=False),
    *(sa.Column(count, sa.Integer, nullable=False) for count in (*READ_COUNTS, *STORE_COUNTS)),
    sa.Column("refused", sa.Text),  # why the guard undid it; null: it is done
    sa.Column("accepted", sa.Text),  # the limits beyond which it was let pass; null: it kept them all
    sa.Column("accepted_by", sa.Text),  # by whom
    sa.Column(
        "examples", sa.JSON(none_as_null=True)
    ),  # of a refused run: articles that would have joined others (schemas.records)
    sa.Column("margins", sa.JSON(none_as_null=True)),  # how near it came to each limit (etl.decide.guard.Margin)
    sa.CheckConstraint("read = new + revised + unchanged + stale + quarantined", name="read_adds_up"),
    sa.CheckConstraint("articles = canonical + exact + near", name="articles_add_up"),
)

preview = sa.Table(
    "preview",
    metadata,
    sa.Column("preview_id", BigId, primary_key=True, autoincrement=False),
    sa.Column("label", sa.Text, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("report", sa.JSON, nullable=False),  # as RunReport.as_json() has it; refused: why it would be
    sa.Column("changes", sa.JSON, nullable=False),  # kind of change -> how many there would be
    sa.Column("examples", sa.JSON(none_as_null=True)),  # as a run has them
    sa.Column("margins", sa.JSON(none_as_null=True)),
)

text = sa.Table(
    "text",
    metadata,
    sa.Column("text_id", BigId, primary_key=True, autoincrement=False),
    sa.Column("digest", sa.LargeBinary(32), nullable=False),  # of the text, which is made of the articles that have it
)

signature = sa.Table(
    "signature",
    metadata,
    sa.Column("text_id", BigId, sa.ForeignKey("text.text_id"), primary_key=True, autoincrement=False),
    sa.Column("minima", sa.LargeBinary, nullable=False),  # permutations x uint32, little-endian
)

article = sa.Table(
    "article",
    metadata,
    sa.Column("article_id", ArticleId, primary_key=True),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("source_key", sa.Text, nullable=False),
    sa.Column("content_hash", sa.String(32), nullable=False),  # its current revision
    sa.Column("text_id", BigId),  # null: it is retracted
    sa.Column("day", sa.Integer, nullable=False),  # what the order of election asks: published, else partition date,
    sa.Column("length", sa.Integer, nullable=False),  # as date.toordinal(), RANK_DAYS earlier for each rank of its
    #                                                   source, UNDATED without; characters of the body
    sa.Column("partition_date", sa.Date),  # the first day of its text, where days are counted without texts
    sa.Column("agency", sa.Text),  # of its current revision (schemas.agencies)
    sa.Column("publisher", sa.Text),  # the registrable name of its URL's host (schemas.publishers)
    sa.Column("origin", sa.Text),  # the agency that it is from, by its host, its fields or marks in its text,
    sa.Column("origin_by", sa.String(8)),  # and which of these says so (schemas.agencies.ORIGINS_BY)
    sa.Column("language", sa.Text, nullable=False, server_default="und"),  # of its current revision: views count by it
    sa.UniqueConstraint("text_id", "article_id"),
    _points(
        "article_current_revision", ["article_id", "content_hash"], ["revision.article_id", "revision.content_hash"]
    ),
    _points("article_stands", ["text_id"], ["cluster_member.text_id"]),
    sa.Index(None, "partition_date", "source"),
    sa.Index(None, "agency", "partition_date", **_where("agency IS NOT NULL")),
    _looked_up("source_key"),  # article_id, a function of source and source_key, is what no two have
)

revision = sa.Table(
    "revision",
    metadata,
    sa.Column("article_id", ArticleId, sa.ForeignKey("article.article_id"), primary_key=True),
    sa.Column("content_hash", sa.String(32), primary_key=True),
    sa.Column("first_date", sa.Date),  # the first and the last partition that brought it; null: a source without dates
    sa.Column("last_date", sa.Date),
    sa.Column("fetched_at", UtcDateTime),  # the latest of last_date
    sa.Column("reader", sa.Integer, nullable=False),  # version of the extraction that read it
    sa.Column("path", sa.Text, nullable=False),
    sa.Column("record", sa.Integer),
    sa.Column("url", sa.Text),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("kicker", sa.Text),
    sa.Column("byline", sa.Text),
    sa.Column("authors", sa.JSON, nullable=False),
    sa.Column("credit", sa.Text),
    sa.Column("dateline", sa.Text),
    sa.Column("trailer", sa.Text),
    sa.Column("published_at", UtcDateTime),
    sa.Column("modified_at", UtcDateTime),
    sa.Column("section", sa.Text),
    sa.Column("site", sa.Text),
    sa.Column("language", sa.Text, nullable=False),
    sa.Column("evidence", sa.JSON, nullable=False),
    sa.Column("words", sa.Integer, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    # Figures of the body's quality (etl.text.quality.Quality); null in what was stored before there were such columns.
    sa.Column("mean_word_length", sa.Float),
    sa.Column("letter_share", sa.Float),
    sa.Column("repeated_line_share", sa.Float),
    sa.Column("stop_word_share", sa.Float),
    sa.Column("run_id", sa.BigInteger),  # that brought it; null where an earlier version did not write it down
    # What it says of the terms of its use; null in what was stored before there were such columns.
    sa.Column("licence", sa.Text),
    sa.Column("rights", sa.JSON(none_as_null=True)),  # its statements, each with kind, value and where it stands
    sa.Column("tdm_reserved", sa.Boolean),
    sa.Column("free_to_read", sa.Boolean),
    _looked_up("url", **_where("url IS NOT NULL")),
    # No hash: a million records of one file have the same path.  A longer one is found by reading all.
    sa.Index(None, "path", **_where(f"length(path) <= {MAX_PATH}")),
    sa.Index(None, "published_at", **_where("published_at IS NOT NULL")),
    info={PACKED: True},
)
is_current = sa.and_(revision.c.article_id == article.c.article_id, revision.c.content_hash == article.c.content_hash)
"""Joins an article to its current revision."""

cluster_member = sa.Table(
    "cluster_member",
    metadata,
    sa.Column("text_id", BigId, sa.ForeignKey("text.text_id"), primary_key=True, autoincrement=False),
    sa.Column("canonical_id", BigId, nullable=False, index=True),
    sa.Column("jaccard", sa.Float, nullable=False),  # with its canonical; 1 for a canonical itself
    sa.Column("bands", sa.Integer, nullable=False),  # band keys shared with its canonical
    sa.Column("day", sa.Integer, nullable=False),  # its place in the order of election: that of its first article
    sa.Column("length", sa.Integer, nullable=False),
    sa.Column("article_id", ArticleId, nullable=False),  # the first article that has the text now
    sa.Column("shingles", sa.Integer, nullable=False),
    sa.Column("judged", sa.Boolean, nullable=False, server_default=sa.false()),  # a duplicate by a person's word alone
    sa.CheckConstraint("jaccard >= 0 AND jaccard <= 1", name="jaccard_is_a_share"),
    sa.CheckConstraint("text_id <> canonical_id OR jaccard = 1", name="a_canonical_is_itself"),
    sa.CheckConstraint("text_id <> canonical_id OR NOT judged", name="nobody_judges_a_canonical"),
    sa.UniqueConstraint("text_id", "canonical_id"),
    # Whoever stands for a text has itself as canonical: no duplicate of a duplicate, in any state that can be seen.
    _points(
        "cluster_member_canonical_stands",
        ["canonical_id", "canonical_id"],
        ["cluster_member.text_id", "cluster_member.canonical_id"],
    ),
    _points("cluster_member_has_the_text", ["text_id", "article_id"], ["article.text_id", "article.article_id"]),
    sa.Index(None, "article_id"),
    sa.Index(None, "jaccard", **_where("jaccard < 1")),
)

# A row a key and cluster, the key first.  Measured on 20,000 texts (benchmarks/band_index.py), to look up the keys of
# 1,000 new ones: SQLite 0.27 s, with a row id and an index as long and 2.3 times the bytes; PostgreSQL 0.5 s, by a hash
# index as long, by a B-tree on the key alone as long and a tenth smaller but without a guard against double rows, by
# arrays with GIN 32 s (a third smaller, and quicker to add to).
bucket = sa.Table(
    "bucket",
    metadata,
    sa.Column("band_key", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("canonical_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("own", sa.Boolean, nullable=False),  # whether the canonical itself has the key, or only a member
    sqlite_with_rowid=False,
)

reference = sa.Table(
    "reference",
    metadata,
    sa.Column("number", BigId, primary_key=True, autoincrement=False),  # 63 bits of reference_id
    sa.Column("reference_id", ArticleId, nullable=False, unique=True),  # as an article's, of source and source key
    sa.Column("source", sa.Text, nullable=False, index=True),
    sa.Column("source_key", sa.Text, nullable=False),
    sa.Column("content_hash", sa.String(32), nullable=False),  # of its current revision, the only one that is kept
    sa.Column("last_date", sa.Date),  # of these, as in `revision`, the latest sighting
    sa.Column("fetched_at", UtcDateTime),
    sa.Column("reader", sa.Integer, nullable=False),
    sa.Column("path", sa.Text, nullable=False),
    sa.Column("record", sa.Integer),
    sa.Column("url", sa.Text),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("withdrawn", sa.Text),  # why its source withdraws it: it has no shingles then; null: it stands
    sa.Column("shingles", sa.Integer, nullable=False),  # different ones, of 13 tokens
    sa.Column("run_id", sa.BigInteger, nullable=False),  # that brought this revision
)

reference_shingle = sa.Table(
    "reference_shingle",
    metadata,
    sa.Column("shingle", sa.BigInteger, primary_key=True, autoincrement=False),  # its hash
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

reference_common = sa.Table(
    "reference_common",
    metadata,
    sa.Column("shingle", BigId, primary_key=True, autoincrement=False),
    sa.Column("documents", sa.Integer, nullable=False),
)

reference_match = sa.Table(
    "reference_match",
    metadata,
    sa.Column("text_id", BigId, sa.ForeignKey("text.text_id"), primary_key=True, autoincrement=False),
    sa.Column("number", BigId, sa.ForeignKey("reference.number"), primary_key=True, index=True, autoincrement=False),
    sa.Column("shared", sa.Integer, nullable=False),  # shingles of 13 tokens that both have
    sa.Column("shingles", sa.Integer, nullable=False),  # that the text has
    sa.Column("longest", sa.Integer, nullable=False),  # tokens of the longest passage in common
    sa.Column("run_id", sa.BigInteger, nullable=False),  # that found it
)

# Only canonical texts have samples and relations: 100,000 near-copies of one text add none.
sample = sa.Table(
    "sample",
    metadata,
    sa.Column("text_id", BigId, primary_key=True, autoincrement=False),
    sa.Column("day", sa.Integer, nullable=False),  # that of its place in the order of election, but for the rank
    sa.Column("hashes", sa.LargeBinary, nullable=False),  # int64, little-endian, in their order
    _points("sample_is_canonical", ["text_id", "text_id"], ["cluster_member.text_id", "cluster_member.canonical_id"]),
)

sample_hash = sa.Table(
    "sample_hash",
    metadata,
    sa.Column("hash", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("day", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("text_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

relation = sa.Table(
    "relation",
    metadata,
    sa.Column("text_id", sa.BigInteger, primary_key=True, autoincrement=False),  # the later text
    sa.Column("other_text", sa.BigInteger, primary_key=True, autoincrement=False, index=True),  # the earlier one
    sa.Column("article_id", ArticleId, nullable=False),  # their first articles
    sa.Column("other_id", ArticleId, nullable=False),
    sa.Column("kind", sa.String(7), nullable=False),
    sa.Column("shared", sa.Integer, nullable=False),  # shingles of five words that both have
    sa.Column("size", sa.Integer, nullable=False),  # shingles that each has
    sa.Column("other_size", sa.Integer, nullable=False),
    sa.Column("longest", sa.Integer, nullable=False),  # tokens of the longest of the passages
    sa.Column("passages", sa.JSON, nullable=False),  # [place in the text, in the other, tokens], in tokens from 0
    sa.Column("run_id", sa.BigInteger, nullable=False),  # that wrote the row
    sa.CheckConstraint("kind IN ('rewrite', 'excerpt', 'shares')", name="known_kind"),
    sa.CheckConstraint("text_id <> other_text", name="two_texts"),
    *(
        _points(f"relation_{c}_is_canonical", [c, c], ["cluster_member.text_id", "cluster_member.canonical_id"])
        for c in ("text_id", "other_text")
    ),
)

relation_change = sa.Table(
    "relation_change",
    metadata,
    sa.Column("position", BigId, primary_key=True, autoincrement=False),
    sa.Column("run_id", BigId, sa.ForeignKey("run.run_id"), nullable=False),
    sa.Column("article_id", ArticleId, nullable=False),
    sa.Column("other_id", ArticleId, nullable=False),
    sa.Column("change", sa.String(7), nullable=False),
    sa.Column("kind", sa.String(7), nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.CheckConstraint("change IN ('added', 'changed', 'removed')", name="known_change"),
    sa.CheckConstraint("kind IN ('rewrite', 'excerpt', 'shares')", name="known_kind"),
)

judgement = sa.Table(
    "judgement",
    metadata,
    sa.Column("article_id", ArticleId, sa.ForeignKey("article.article_id"), primary_key=True),
    sa.Column("other_id", ArticleId, sa.ForeignKey("article.article_id"), primary_key=True, index=True),
    sa.Column("word", sa.String(9), nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.CheckConstraint("word IN ('same', 'different')", name="known_word"),
    sa.CheckConstraint("article_id < other_id", name="one_row_a_pair"),
)

retraction = sa.Table(
    "retraction",
    metadata,
    sa.Column("article_id", ArticleId, sa.ForeignKey("article.article_id"), primary_key=True),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
)

tombstone = sa.Table(
    "tombstone",
    metadata,
    sa.Column("article_id", ArticleId, primary_key=True),  # computed from source and key: a digest of both
    sa.Column("source", sa.Text, nullable=False),  # empty: it was erased before it ever came
    sa.Column("who", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("run_id", BigId, sa.ForeignKey("run.run_id"), nullable=False),  # that erased it
    sa.Column("pending", sa.Text),  # JSON: what has to be done yet (etl.commit.erase); null: nothing
)

decision = sa.Table(
    "decision",
    metadata,
    sa.Column("position", BigId, primary_key=True, autoincrement=False),
    sa.Column("run_id", BigId, sa.ForeignKey("run.run_id")),  # null: it changed nothing, or is older than this table
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("who", sa.Text, nullable=False),
    sa.Column("word", sa.String(9), nullable=False),
    sa.Column("article_id", ArticleId, nullable=False, index=True),  # it may be erased by now
    sa.Column("other_id", ArticleId, index=True),  # null: of one article alone
    sa.Column("reason", sa.Text, nullable=False),
    sa.CheckConstraint(
        "word IN ('same', 'different', 'undo') AND other_id IS NOT NULL AND article_id < other_id"
        " OR word IN ('retract', 'restore', 'erase') AND other_id IS NULL",
        name="known_word",
    ),
)

change = sa.Table(
    "change",
    metadata,
    sa.Column("position", BigId, primary_key=True, autoincrement=False),
    sa.Column("run_id", BigId, sa.ForeignKey("run.run_id"), nullable=False, index=True),
    sa.Column("article_id", ArticleId, nullable=False, index=True),
    sa.Column("change", sa.String(16), nullable=False),
    sa.Column("canonical_id", ArticleId),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.CheckConstraint(
        "change IN ('added', 'became_duplicate', 'became_canonical', 'revised', 'retracted')", name="known_change"
    ),
    sa.CheckConstraint("(change = 'retracted') = (canonical_id IS NULL)", name="who_stands_has_a_canonical"),
    sa.CheckConstraint("change <> 'became_canonical' OR canonical_id = article_id", name="a_canonical_is_its_own"),
    sa.CheckConstraint("change <> 'became_duplicate' OR canonical_id <> article_id", name="a_duplicate_is_not"),
)

quarantine = sa.Table(
    "quarantine",
    metadata,
    sa.Column("source", sa.Text, nullable=False, index=True),
    sa.Column("path", sa.Text, nullable=False),
    sa.Column("record", sa.Integer, nullable=False),  # -1: the file as a whole
    sa.Column("partition_date", sa.Date),
    sa.Column("stage", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("head", sa.LargeBinary, nullable=False),
    sa.Column("quarantine_id", sa.String(32), primary_key=True),  # computed from source, path and record
    _looked_up("path"),
)

visit = sa.Table(
    "visit",
    metadata,
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("url", sa.Text, primary_key=True),
    sa.Column("role", sa.String(7), nullable=False),
    sa.Column("asked_at", UtcDateTime, nullable=False),
    sa.Column("status", sa.Integer, nullable=False),
    sa.Column("etag", sa.Text),
    sa.Column("last_modified", sa.Text),
    sa.Column("digest", sa.Text),
    sa.Column("stamp", sa.Text),
    sa.Column("failures", sa.Integer, nullable=False),
    sa.Column("landed_at", UtcDateTime),
    sa.Column("listing", sa.Text),
    sa.Column("listed_at", UtcDateTime),
    sa.Column("gone_at", UtcDateTime),
    sa.Column("gone", sa.Text),
    sa.Column("interval_s", sa.Integer),
    sa.Column("next_at", UtcDateTime),
    sa.Column("content", sa.Text),
    sa.CheckConstraint("role IN ('page', 'listing', 'robots')", name="known_role"),
    sa.Index(None, "source", "listing"),
)
