"""The files of an export: batches of articles as Parquet, JSON lines or CSV.  I/O: it writes one file.

The same articles give the same bytes: no clock, no names of machines, rows and their groups in a fixed order.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv, parquet

DICTIONARY_COLUMNS = [
    "source",
    "language",
    "credit",
    "agency",
    "publisher",
    "section",
    "site",
    "partition_date",
    "relation",
]  # they repeat


FORMULA = r"\A([=+\-@\t\r])"


def _write_parquet(path: Path, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> None:
    with parquet.ParquetWriter(
        path,
        schema,
        compression="zstd",
        compression_level=1,
        use_dictionary=[name for name in DICTIONARY_COLUMNS if name in schema.names],
        write_statistics=[name for name in schema.names if name not in ("body", "authors")],
    ) as writer:
        for batch in batches:
            writer.write_batch(batch)


def _write_jsonl(path: Path, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as stream:
        for batch in batches:
            columns = [_plain(column).to_pylist() for column in batch.columns]
            for row in zip(*columns, strict=True):
                stream.write(json.dumps(dict(zip(schema.names, row, strict=True)), ensure_ascii=False) + "\n")


def _write_csv(path: Path, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> None:
    """CSV: quotes where needed, an empty field for null, lists as JSON.

    A text that a spreadsheet would run as a formula has an apostrophe before it (OWASP: CSV injection).
    """
    plain = pa.schema([(f.name, _plain(pa.array([], f.type), lists=False).type) for f in schema])
    with csv.CSVWriter(path, plain) as writer:
        for batch in batches:
            writer.write_batch(
                pa.RecordBatch.from_arrays([_harmless(_plain(c, lists=False)) for c in batch.columns], schema=plain)
            )


WRITERS: dict[str, Callable[[Path, pa.Schema, Iterable[pa.RecordBatch]], None]] = {
    "parquet": _write_parquet,
    "jsonl": _write_jsonl,
    "csv": _write_csv,
}


def _harmless(column: pa.Array) -> pa.Array:
    if not pa.types.is_string(column.type):
        return column
    return pc.replace_substring_regex(column, pattern=FORMULA, replacement=r"'\1")


def _plain(column: pa.Array, lists: bool = True) -> pa.Array:
    """A column for text formats: days and instants as ISO 8601, and lists as JSON unless `lists`."""
    if pa.types.is_timestamp(column.type):
        return pc.replace_substring(pc.strftime(column, "%Y-%m-%dT%H:%M:%SZ"), ".000000Z", "Z")
    if pa.types.is_date(column.type):
        return column.cast(pa.string())
    if pa.types.is_list(column.type) and not lists:
        return pa.array([json.dumps(value, ensure_ascii=False) for value in column.to_pylist()], pa.string())
    return column
