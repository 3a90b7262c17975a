"""Verify a lake: what the tables of a build must be, to themselves and to each other.  I/O: it only reads.

Texts, signatures and sizes are made anew by this version's kernel; etl.spark.verify_election checks the election.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial, reduce
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import sqlalchemy as sa

from etl.fingerprint import signatures
from etl.fingerprint.comparison import compare
from etl.fingerprint.recipe import Recipe
from etl.report.difference import Difference
from etl.spark.lake import tables_of
from etl.spark.session import suit
from etl.spark.tables import WRITTEN
from etl.spark.verify_election import FOUND, NAMES, PLACE, Batches, band_index, election, found_of
from etl.spark.views import frame_of
from schemas import tables
from schemas.records import article_id_of
from schemas.staging import text_key

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

MAX_NAMED = 100  # differences of one part


def verify(
    spark: SparkSession, lake: str, run: Mapping[str, Any], progress: Callable[[str], None]
) -> Iterator[Difference]:
    """Differences between the tables of a finished build and what they must be; MAX_NAMED of a part.

    run       of the build (etl.spark.lake.read_run)
    progress  called with the name of each part as it begins
    """
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    suit(spark, run.get("size"))
    folder = tables_of(lake, run)
    for table in tables.metadata.sorted_tables:
        try:
            frame_of(spark, folder, table, run).createOrReplaceTempView(table.name)
        except PySparkException as error:
            spark.catalog.dropTempView(table.name)  # of another build, perhaps
            yield Difference("reading", table.name, f"{error!s:.200}", "its files")
    recipe = Recipe.parse(run["recipe"])
    parts: dict[str, Callable[[], Iterable[DataFrame]]] = {
        "keys": lambda: _keys(spark),
        "references": lambda: _references(spark),
        "rules": lambda: _rules(spark),
        "names": lambda: _names(spark),
        "revisions": lambda: map(spark.sql, _REVISIONS),
        "texts": lambda: [_texts(spark, recipe)],
        "band index": lambda: [band_index(spark, recipe)],
        "election": lambda: election(spark, recipe),
        "counts": lambda: _counts(spark, run),
        "changes": lambda: map(spark.sql, _CHANGES),
    }
    for name, part in parts.items():
        progress(name)
        try:
            found = reduce(lambda one, other: one.union(other), part())
            yield from (Difference(*row) for row in found.limit(MAX_NAMED).collect())
        except (PySparkException, Py4JError) as error:
            yield Difference("reading", name, f"{error!s:.200}", "every row")


def _said(what: str, place: str, stored: str, expected: str) -> list[str]:
    """Expressions of a difference (FOUND), each as text."""
    return [
        f"CAST({text} AS string) AS {name}" for name, text in zip(NAMES, (what, place, stored, expected), strict=True)
    ]


def _keys(spark: SparkSession) -> Iterator[DataFrame]:
    """No two rows have the same key; a column that must have a value has one."""
    for table in WRITTEN:
        unique = [c for c in table.constraints if isinstance(c, (sa.PrimaryKeyConstraint, sa.UniqueConstraint))]
        for constraint in unique:
            names = [f"`{c.name}`" for c in constraint.columns]
            shown = f"concat_ws(' ', {', '.join(names)})"
            twice = spark.table(table.name).groupBy(*(n.strip("`") for n in names)).count().where("`count` > 1")
            yield twice.selectExpr(*_said(f"'key of {table.name}'", shown, "`count`", "1"))
        must = [f"`{c.name}` IS NULL" for c in table.c if not c.nullable]
        empty = spark.table(table.name).where(" OR ".join(must))
        first = f"coalesce(CAST(`{next(iter(table.primary_key.columns)).name}` AS string), '')"
        yield empty.selectExpr(*_said("'value'", f"concat('{table.name} ', {first})", "'none'", "'one'"))


def _references(spark: SparkSession) -> Iterator[DataFrame]:
    """Each reference is to a row that is there."""
    for table in WRITTEN:
        for constraint in table.foreign_key_constraints:
            pairs = [(each.parent.name, each.column.name) for each in constraint.elements]
            whole = " AND ".join(f"`{mine}` IS NOT NULL" for mine, _ in pairs)
            there = spark.table(constraint.referred_table.name).selectExpr(
                *(f"`{theirs}` AS `{n}`" for n, (_, theirs) in enumerate(pairs))
            )
            mine = (
                spark.table(table.name).where(whole).selectExpr(*(f"`{m}` AS `{n}`" for n, (m, _) in enumerate(pairs)))
            )
            names = [str(n) for n in range(len(pairs))]
            shown = f"concat_ws(' ', {', '.join(f'`{n}`' for n in names)})"
            lost = mine.distinct().join(there, names, "left_anti")
            what = f"'{', '.join(m for m, _ in pairs)}'"
            yield lost.selectExpr(
                *_said(what, f"'{table.name}'", shown, f"'a row of {constraint.referred_table.name}'")
            )


def _rules(spark: SparkSession) -> Iterator[DataFrame]:
    """The rules of each table hold."""
    for table in WRITTEN:
        rules = sorted((str(c.name), str(c.sqltext)) for c in table.constraints if isinstance(c, sa.CheckConstraint))
        first = f"`{next(iter(table.primary_key.columns)).name}`"
        for name, rule in rules:
            broken = spark.table(table.name).where(f"NOT ({rule})")
            shown = f"concat('{table.name} ', {first})"
            yield broken.selectExpr(
                *_said("'rule'", shown, f"'{name.removeprefix(f'ck_{table.name}_')} is broken'", "'kept'")
            )


def _names(spark: SparkSession) -> Iterator[DataFrame]:
    """Ids are those of source, by its first name, and key."""
    articles = spark.sql(
        "SELECT a.article_id, a.source, coalesce(s.id_name, a.source) AS first, a.source_key"
        " FROM article AS a LEFT JOIN source AS s ON s.name = a.source"
    )
    yield articles.mapInArrow(_misnamed, FOUND)


def _misnamed(batches: Batches) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        rows = batch.to_pylist()
        yield found_of(
            ("id", f"article {r['source']}, {r['source_key']}", r["article_id"], expected)
            for r in rows
            if r["article_id"] != (expected := article_id_of(r["first"], r["source_key"]))
        )


_REVISIONS = (
    """SELECT 'current revision' AS what, concat('article ', a.article_id) AS place, a.content_hash AS stored,
              r.best AS expected
         FROM article AS a
         JOIN (SELECT article_id,
                      max(struct(coalesce(last_date, DATE '0001-01-01') AS day,
                                 coalesce(fetched_at, TIMESTAMP '0001-01-01') AS at, reader, content_hash)).content_hash
                      AS best
                 FROM revision GROUP BY article_id) AS r ON r.article_id = a.article_id
        WHERE a.content_hash <> r.best""",
    """SELECT 'length' AS what, concat('article ', a.article_id) AS place, CAST(a.length AS string) AS stored,
              CAST(char_length(r.body) AS string) AS expected
         FROM article AS a JOIN revision AS r ON r.article_id = a.article_id AND r.content_hash = a.content_hash
        WHERE a.length <> char_length(r.body)""",
    """SELECT 'retraction' AS what, concat('article ', a.article_id) AS place, CAST(a.text_id AS string) AS stored,
              CASE WHEN r.article_id IS NULL THEN 'a text' ELSE 'none' END AS expected
         FROM article AS a LEFT JOIN retraction AS r ON r.article_id = a.article_id
        WHERE (a.text_id IS NULL) <> (r.article_id IS NOT NULL)""",
    f"""SELECT 'rank' AS what, concat('text ', coalesce(a.text_id, m.text_id)) AS place, m.at AS stored,
              a.at AS expected
         FROM (SELECT text_id, min({PLACE}) AS at FROM article WHERE text_id IS NOT NULL GROUP BY text_id) AS a
         FULL JOIN (SELECT text_id, {PLACE} AS at FROM cluster_member) AS m ON m.text_id = a.text_id
        WHERE NOT (m.at <=> a.at)""",  # noqa: S608  own columns
)
"""Differences: the current revision is the greatest, and a text's place is that of its first article."""
_CHANGES = (
    """SELECT 'last change' AS what, concat('article ', a.article_id) AS place, c.canonical_id AS stored,
              h.article_id AS expected
         FROM article AS a
         LEFT JOIN (SELECT article_id, max(struct(position, canonical_id)).canonical_id AS canonical_id,
                           max(position) AS position FROM change GROUP BY article_id) AS c
           ON c.article_id = a.article_id
         LEFT JOIN cluster_member AS m ON m.text_id = a.text_id
         LEFT JOIN cluster_member AS h ON h.text_id = m.canonical_id
        WHERE a.text_id IS NOT NULL AND (c.position IS NULL OR NOT (c.canonical_id <=> h.article_id))""",
    """SELECT 'positions' AS what, 'change' AS place, CAST(max(position) AS string) AS stored,
              CAST(count(*) AS string) AS expected
         FROM change HAVING max(position) <> count(*)""",
)


def _texts(spark: SparkSession, recipe: Recipe) -> DataFrame:
    """Ids, digests, signatures and sizes of texts are those of the comparison texts of their articles."""
    texts = spark.sql("""
        SELECT m.text_id, m.article_id, m.shingles, t.digest, s.minima, r.title, r.body
          FROM cluster_member AS m LEFT JOIN text AS t ON t.text_id = m.text_id
          LEFT JOIN signature AS s ON s.text_id = m.text_id
          JOIN article AS a ON a.article_id = m.article_id
          JOIN revision AS r ON r.article_id = a.article_id AND r.content_hash = a.content_hash""")
    return texts.mapInArrow(partial(_unlike, recipe=recipe), FOUND)


def _unlike(batches: Batches, recipe: Recipe) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        rows, found = batch.to_pylist(), list[tuple[object, ...]]()
        if not rows:
            continue
        prints = compare([(row["title"], row["body"]) for row in rows], recipe).prints
        for row, comparison, minima in zip(rows, prints.comparison, prints.signatures, strict=True):
            where = f"text {row['text_id']} (article {row['article_id']})"
            size = len(signatures.spelled(comparison, recipe))
            if (row["text_id"], row["digest"]) != text_key(comparison):
                found.append(("id and digest", where, row["text_id"], text_key(comparison)[0]))
            if row["minima"] != minima.astype("<u4").tobytes():
                found.append(("signature", where, "minima", "others"))
            if row["shingles"] != size:
                found.append(("shingles", where, row["shingles"], size))
        yield found_of(found)


def _counts(spark: SparkSession, run: Mapping[str, Any]) -> Iterator[DataFrame]:
    """The counts of the build equal those of the tables."""
    kinds = """
        SELECT count(*) AS articles,
               count(CASE WHEN m.text_id = m.canonical_id AND m.article_id = a.article_id THEN 1 END) AS canonical,
               (SELECT count(*) FROM retraction) AS retracted, (SELECT count(*) FROM quarantine) AS held
          FROM article AS a JOIN cluster_member AS m ON m.text_id = a.text_id"""
    counted = spark.sql(kinds)
    for name, told in {**run["counts"], "held": run["held"]}.items():
        if name in counted.columns:
            yield counted.where(f"{name} <> {int(told)}").selectExpr(
                *_said(f"'number of {name}'", "'run.json'", str(int(told)), name)
            )
