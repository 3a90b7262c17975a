"""Staged: the prepared records of a build, one shard a file, and ways to read them that leave the texts where they are.

A shard is prepared as ever (etl.pipeline.steps.prepare), in a task of its own.  A record's number, `row`, says where it
stands: its shard, and its place in it.  `at` ascends in the order of reading, of all days of a lake.  Steps shuffle
numbers and short facts; whoever needs a text takes it from its shard (`with_columns`), so that no text travels to be
joined.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from etl.decide.revisions import RECORD_VERDICTS, USUAL, Precedence, Revised, Revision, day_of, revise, text_day
from etl.pipeline import steps
from etl.prepare import staging
from etl.prepare.shards import start_workers
from etl.settings import Settings
from etl.sources import locations
from etl.sources.source import Source
from etl.spark.lake import Shards
from etl.spark.session import for_hadoop, frame_of_rows
from etl.store.articles import SEEN
from etl.store.quarantine import around
from schemas.staging import ARTICLES, QUARANTINED

if TYPE_CHECKING:
    from datetime import date

    from pyspark.sql import Column, DataFrame, SparkSession

RECORD_BITS = 40  # of a record's number; the bits before them are its shard's
ROW_GROUPS_A_READ = 16  # of some 256 records
ARTICLE_ROWS, QUARANTINE_ROWS = "*.articles.parquet", "*.quarantined.parquet"
FACTS = (
    "row", "article_id", "content_hash", "source", "partition_date", "fetched_at", "path", "record", "published_at",
    "text_id", "digest", "shingles", "withdrawn",
)  # fmt: skip
"""Columns of a record that steps pass on; with them goes the length of its body."""


@dataclass(frozen=True, slots=True)
class Task:
    """A shard to prepare: its list of files, and the partition that it is of."""

    shard: str
    source: Source
    partition: date | None
    settings: Settings


def prepare(tasks: Iterable[Task]) -> None:
    """Prepare shards, but for those that an earlier attempt has finished.  Work for an executor."""
    for task in tasks:
        if not locations.exists(f"{task.shard.removesuffix('.json')}.articles.parquet"):
            with start_workers(1, task.settings) as workers:
                steps.prepare(task.shard, task.settings, workers, partition=(task.source, task.partition))


def forget(tasks: Iterable[tuple[str, Sequence[tuple[str, str, int | None]]]]) -> None:
    """Blank erased articles in shards, given as (article_id, path, record).  Work for an executor."""
    for shard, places in tasks:
        ids, seen = {article_id for article_id, *_ in places}, {(path, record) for _, path, record in places}
        staging.forget_in(shard, ids, seen)


def facts(spark: SparkSession, folder: str) -> DataFrame:
    """FACTS of the records in a folder of shards, `length` of the body, and `body_hash`, which tells bodies apart."""
    read = spark.read.schema(_schema(ARTICLES)).option("pathGlobFilter", ARTICLE_ROWS).parquet(for_hadoop(folder))
    return read.withColumn("row", _number()).selectExpr(
        *FACTS, "char_length(body) AS length", "xxhash64(body) AS body_hash"
    )


def quarantined(spark: SparkSession, folders: Sequence[str]) -> DataFrame:
    """What is no article in folders of shards, numbered as in facts(); it has an article_id if a rule leaves it out."""
    read = spark.read.schema(_schema(QUARANTINED)).option("pathGlobFilter", QUARANTINE_ROWS)
    return read.parquet(*map(for_hadoop, folders)).withColumn("row", _number())


def placed(frame: DataFrame, order: Sequence[tuple[int, int, str, date | None]]) -> DataFrame:
    """A frame that has a column `row`, with `at`, `shard`, and the `of_source` and `of_day` of its shard.

    order  as of etl.spark.plan.Plan
    """
    from pyspark.sql import functions as F

    names = "shard long, number long, of_source string, of_day date"
    shards = F.broadcast(frame_of_rows(frame.sparkSession, order, names))
    numbered = frame.withColumn("shard", F.shiftright("row", RECORD_BITS)).join(shards, "shard")
    at = F.shiftleft("number", RECORD_BITS) + F.col("row").bitwiseAND(F.lit((1 << RECORD_BITS) - 1))
    return numbered.withColumn("at", at).drop("number")


def without_reread(frame: DataFrame, reread: Sequence[tuple[str, str, int]]) -> DataFrame:
    """Rows of the quarantine but for those of files that a later shard has read again: (source, path, shard)."""
    if not reread:
        return frame
    last = {(source, path): shard for source, path, shard in sorted(reread, key=lambda each: each[2])}
    return frame.mapInArrow(partial(_without_reread, last=last), frame.schema)


def _without_reread(batches: Iterable[pa.RecordBatch], last: Mapping[tuple[str, str], int]) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        rows = zip(*(batch[name].to_pylist() for name in ("source", "path", "shard")), strict=True)
        stays = [all(last.get((source, each), -1) <= shard for each in around(path)) for source, path, shard in rows]
        yield batch.filter(pa.array(stays, pa.bool_()))


def _number() -> Column:
    from pyspark.sql import functions as F

    shard = F.regexp_extract("_metadata.file_name", r"shard-(\d+)", 1).cast("long")
    return F.shiftleft(shard, RECORD_BITS) + F.col("_metadata.row_index")


def with_columns(frame: DataFrame, shards: Shards, names: Mapping[str, str], tasks: int) -> DataFrame:
    """A frame that has a column `row`, with columns of those records.

    names  of columns in schemas.staging.ARTICLES -> their names in the result
    tasks  into which the reading is cut, at most
    """
    return joined(in_order(frame, tasks), shards, names)


def joined(frame: DataFrame, shards: Shards, names: Mapping[str, str]) -> DataFrame:
    """The same of a frame that is in the order of `row` in each task, as it is cut into tasks."""
    return frame.mapInArrow(partial(_joined, shards=shards, names=names), _joined_schema(frame, names))


def in_order(frame: DataFrame, tasks: int, row: str = "row") -> DataFrame:
    """A frame that has a column `row`, cut into tasks in the order of the records: each reads the shards of its own."""
    from pyspark.sql import functions as F

    return frame.repartition(tasks, F.shiftright(row, RECORD_BITS)).sortWithinPartitions(row)


def _joined_schema(frame: DataFrame, names: Mapping[str, str]) -> Any:
    from pyspark.sql.types import StructType

    added = _schema(pa.schema([(name, ARTICLES.field(column).type) for column, name in names.items()]))
    return StructType([*frame.schema.fields, *added.fields])


def _schema(fields: pa.Schema) -> Any:
    """A schema as Spark has it."""
    from pyspark.sql.pandas.types import from_arrow_schema

    return from_arrow_schema(pa.schema([(field.name, _plain(field.type)) for field in fields]))


def _joined(batches: Iterable[pa.RecordBatch], shards: Shards, names: Mapping[str, str]) -> Iterator[pa.RecordBatch]:
    for batch, columns in records(batches, shards, list(names)):
        taken = dict(zip(names.values(), columns, strict=True))
        yield pa.RecordBatch.from_arrays([*batch.columns, *taken.values()], names=[*batch.schema.names, *taken])


def records(
    batches: Iterable[pa.RecordBatch], shards: Shards, columns: Sequence[str]
) -> Iterator[tuple[pa.RecordBatch, list[pa.Array]]]:
    """Batches that have a column `row`, in its order, in parts, each with columns of its records."""
    opened: tuple[int, pq.ParquetFile, Any] | None = None
    for batch in batches:
        rows = batch["row"].to_numpy()
        for begin, end in _runs(rows >> RECORD_BITS):
            shard = int(rows[begin]) >> RECORD_BITS
            if opened is None or opened[0] != shard:
                path = shards.path(shard).removesuffix(".json") + ".articles.parquet"
                file = pq.ParquetFile(_stream(path), pre_buffer=False)
                sizes = [file.metadata.row_group(n).num_rows for n in range(file.num_row_groups)]
                opened = shard, file, np.cumsum([0, *sizes])
            places = rows[begin:end] & ((1 << RECORD_BITS) - 1)
            for first, last, arrays in _taken(opened[1], opened[2], places, columns):
                yield batch.slice(begin + first, last - first), arrays


def _stream(path: str) -> Any:
    if not locations.is_remote(path):
        return path
    files, name = locations.filesystem(path)
    with locations.named_errors(path):
        return files.open(name, "rb")


def _taken(
    file: pq.ParquetFile, starts: Any, places: Any, columns: Sequence[str]
) -> Iterator[tuple[int, int, list[pa.Array]]]:
    """(first, last, columns) of portions of these places of a file, which ascend: ROW_GROUPS_A_READ at a time."""
    groups = np.searchsorted(starts, places, side="right") - 1
    distinct = np.unique(groups)
    for at in range(0, len(distinct), ROW_GROUPS_A_READ):
        part = distinct[at : at + ROW_GROUPS_A_READ]
        first, last = np.searchsorted(groups, part[0]), np.searchsorted(groups, part[-1], side="right")
        table = file.read_row_groups(part.tolist(), columns=list(columns), use_threads=False)
        begins = np.cumsum([0, *(starts[part + 1] - starts[part])])[:-1]  # of each group within the table
        here = groups[first:last]
        taken = table.take(pa.array(places[first:last] - starts[here] + begins[np.searchsorted(part, here)]))
        arrays = [taken.column(name).combine_chunks() for name in columns]
        yield int(first), int(last), [array.cast(_plain(array.type)) for array in arrays]


def _plain(kind: pa.DataType) -> pa.DataType:
    """The type as Spark takes it: neither 64-bit offsets nor binary of a fixed size."""
    if pa.types.is_large_string(kind):
        return pa.string()
    return pa.binary() if pa.types.is_fixed_size_binary(kind) else kind


def _runs(values: Any) -> Iterator[tuple[int, int]]:
    """(begin, end) of each run of equal values."""
    return pairwise([*np.flatnonzero(np.diff(values, prepend=values[:1] - 1)).tolist(), len(values)])


REVISIONS = pa.schema(
    [("article_id", pa.string()), ("row", pa.int64()), ("content_hash", pa.string()), ("source", pa.string())]
    + [
        ARTICLES.field(name) if name in ARTICLES.names else pa.field(name, pa.date32())
        for name in SEEN
        if name != "reader"
    ]
    + [("reader", pa.int32()), ("current", pa.bool_()), ("text_id", pa.int64()), ("shingles", pa.int32())]
    + [("body_row", pa.int64())]
    + [("filed", pa.date32()), ("day", pa.int32()), ("length", pa.int32()), ("withdrawn", pa.string())]
    + [(verdict, pa.int32()) for verdict in RECORD_VERDICTS]
)
"""A revision: when and where it was seen (etl.store.articles.SEEN), whether it is current, what its article is.

body_row     the first record of the article that has this body: two revisions of the same body have the same
filed        of a current one: the day under which its article is filed (etl.decide.revisions.text_day)
day, length  of a current one, as the table `article` has them
withdrawn    of a current one: why the article's source withdraws it
new, revised, unchanged, stale   records of the article by verdict, in one of its rows
"""


def revisions(records: DataFrame, precedences: Mapping[str, Precedence]) -> DataFrame:
    """REVISIONS of records (facts, placed), by the product's own rule, in the order of reading.

    precedences  of sources, where not the usual
    """
    from pyspark.sql.pandas.types import from_arrow_schema

    by_article = records.repartition("article_id").sortWithinPartitions("article_id", "at")
    return by_article.mapInArrow(partial(_revised, precedences=precedences), from_arrow_schema(REVISIONS))


def _revised(batches: Iterable[pa.RecordBatch], precedences: Mapping[str, Precedence]) -> Iterator[pa.RecordBatch]:
    """Records in the order of article and row; the last article of a batch may go on in the next."""
    rest: pa.Table | None = None
    for batch in batches:
        table = pa.Table.from_batches([batch])
        table = table if rest is None else pa.concat_tables([rest, table])
        ids = table.column("article_id").to_pylist()
        whole = len(ids)
        while whole and ids[whole - 1] == ids[-1]:
            whole -= 1
        rest = table.slice(whole)
        if whole:
            yield _revisions_of(table.slice(0, whole), precedences)
    if rest is not None and len(rest):
        yield _revisions_of(rest, precedences)


def _revisions_of(table: pa.Table, precedences: Mapping[str, Precedence]) -> pa.RecordBatch:
    columns: dict[str, list[Any]] = table.to_pydict()
    seen = [
        (article_id, Revision(content, day, day, fetched, path=path, record=record))
        for article_id, content, day, fetched, path, record in zip(
            *(columns[n] for n in ("article_id", "content_hash", "partition_date", "fetched_at", "path", "record")),
            strict=True,
        )
    ]
    result = revise(seen, {}, {})
    best: dict[str, Revision] = {}
    for article_id, found, _ in result.added:
        best[article_id] = max(best.get(article_id, found), found, key=Revision.recency)
    bodies, with_body = dict[str, dict[str, object]](), dict[tuple[str, object], int]()
    for article_id, content, body, row in zip(
        *(columns[n] for n in ("article_id", "content_hash", "body_hash", "row")), strict=True
    ):
        bodies.setdefault(article_id, {})[content] = body
        with_body[article_id, body] = min(row, with_body.get((article_id, body), row))
    notices, counts, told = _notices(columns, result), _counts(seen), set[str]()
    rows = []
    for article_id, found, at in result.added:
        current = best[article_id] is found
        several = result.revisions[article_id].values()
        filed = text_day(several, bodies[article_id], found.content_hash) if current else None
        first = article_id not in told
        told.add(article_id)
        rows.append({
            **{name: getattr(found, name) for name in ("content_hash", *SEEN)},
            **{name: columns[name][at] for name in ("article_id", "row", "source", "text_id", "shingles", "length")},
            "current": current,
            "body_row": with_body[article_id, bodies[article_id][found.content_hash]],
            "filed": filed,
            "day": day_of(columns["published_at"][at], filed, precedences.get(columns["source"][at], USUAL)),
            "withdrawn": notices.get(article_id) if current else None,
            **(counts[article_id] if first else dict.fromkeys(RECORD_VERDICTS, 0)),
        })  # fmt: skip
    return pa.RecordBatch.from_pylist(rows, REVISIONS)


def _counts(seen: Sequence[tuple[str, Revision]]) -> dict[str, Mapping[Any, int]]:
    """Records by verdict, of each article."""
    by_article: dict[str, list[tuple[str, Revision]]] = {}
    for each in seen:
        by_article.setdefault(each[0], []).append(each)
    once = {**dict.fromkeys(RECORD_VERDICTS, 0), "new": 1}
    return {a: once if len(each) == 1 else revise(each, {}, {}).counts for a, each in by_article.items()}


def _notices(columns: Mapping[str, list[Any]], result: Revised) -> dict[str, str]:
    """Why articles are withdrawn: by the last notice of the first day that has one, as runs in that order would say."""
    found: dict[str, tuple[Any, str]] = {}
    for article_id, _, at in result.added:
        why, day = columns["withdrawn"][at], columns["partition_date"][at]
        if why is not None and (article_id not in found or found[article_id][0] == day):
            found[article_id] = day, why
    return {article_id: why for article_id, (_, why) in found.items()}
