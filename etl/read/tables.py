"""Read: tables, a record a row: CSV, TSV, Parquet.  Pure; memory is that of a batch of rows."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from etl.errors import Rejected
from etl.read.file import File, ReadResults
from etl.text.decode import charset_of
from schemas.field_names import is_known_name, plain_name
from schemas.records import RawDocument

DELIMITERS = (",", "\t", ";", "|")
BATCH_ROWS = 256
LONGEST_CELL = 4_000_000  # characters, twice the longest news text; what a quote that never closes takes along


def read_csv(file: File) -> ReadResults:
    """Rows under a first line of column names; the delimiter is the one most frequent in that line.

    A row that csv cannot read, or with more cells than columns, is quarantined by itself.
    """
    csv.field_size_limit(LONGEST_CELL)
    lines = _lines(file.from_start(), charset_of(file.head), file.max_bytes)
    header = next(lines, "").lstrip("\ufeff")
    delimiter = max(DELIMITERS, key=header.count)
    try:
        columns = [name.strip() for name in next(csv.reader([header], delimiter=delimiter), [])]
    except csv.Error as error:
        raise Rejected("read", f"broken CSV: {error}") from error
    if not _is_of_use(columns, file):
        raise Rejected("read", "no record: a table without a column that is known")
    rows = csv.reader(lines, delimiter=delimiter)
    record = 0
    while True:
        try:
            row = next(rows, None)
        except csv.Error as error:
            yield file.quarantined(record, f"broken CSV: {error}", b"")
            record += 1
            continue
        if row is None:
            return
        if not row:
            continue
        if len(row) > len(columns):
            cells = delimiter.join(row).encode("utf-8", "replace")
            yield file.quarantined(record, f"broken CSV: {len(row)} cells in {len(columns)} columns", cells)
        else:
            yield RawDocument(file.path, record, "fields", dict(zip(columns, row, strict=False)), file.fetched_at)
        record += 1


def header_delimiter(line: str) -> str | None:
    """The delimiter of a line of column names; None where fewer than two names are known, and it is no such line."""
    delimiter = max(DELIMITERS, key=line.count)
    names = line.strip().split(delimiter)
    return delimiter if len(names) > 1 and sum(is_known_name(name.strip(' "')) for name in names) >= 2 else None


def read_parquet(file: File) -> ReadResults:
    """Rows; columns of bytes and of lists of numbers (embeddings) are left out."""
    try:
        table = pq.ParquetFile(pa.PythonFile(file.seekable(), "r"), pre_buffer=False)
        columns = [field.name for field in table.schema_arrow if _is_readable(field.type)]
        if not _is_of_use(columns, file):
            raise Rejected("read", "no record: a table without a column that is known")
        record = 0
        for batch in table.iter_batches(BATCH_ROWS, columns=columns, use_threads=False):
            for row in batch.to_pylist():
                yield RawDocument(file.path, record, "fields", row, file.fetched_at)
                record += 1
    except (pa.ArrowException, OSError, ValueError) as error:
        raise Rejected("read", f"broken Parquet: {error}".splitlines()[0]) from error


def _is_of_use(columns: list[str], file: File) -> bool:
    """Whether one of the columns is known, or declared."""
    declared = set(map(plain_name, file.columns))
    return any(is_known_name(column) or plain_name(column) in declared for column in columns)


def _is_readable(kind: pa.DataType) -> bool:
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return not pa.types.is_floating(kind.value_type) and not pa.types.is_integer(kind.value_type)
    return not (pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind))


def _lines(stream: BinaryIO, charset: str, max_bytes: int) -> Iterator[str]:
    """Lines with their ends, NULs taken out; one that is too long is cut, so that memory stays bounded."""
    text = io.TextIOWrapper(stream, charset, "replace", newline="")
    while line := text.readline(max_bytes):
        yield line.replace("\x00", "")
