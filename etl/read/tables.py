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
ARROW_ERRORS = (pa.ArrowException, OSError, ValueError, OverflowError, KeyError, TypeError)
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
    """Rows; columns of bytes and of lists of numbers (embeddings) are left out.

    A value that Python has no equal of costs its row; a row group that cannot be decoded costs what is left of it.
    """
    try:
        table = pq.ParquetFile(pa.PythonFile(file.seekable(), "r"), pre_buffer=False)
    except ARROW_ERRORS as error:
        raise Rejected("read", f"broken Parquet: {error}".splitlines()[0]) from error
    columns = [field.name for field in table.schema_arrow if _is_readable(field.type)]
    if not _is_of_use(columns, file):
        raise Rejected("read", "no record: a table without a column that is known")
    wanted, record = file.first[0], 0
    for group in range(table.num_row_groups):
        end = record + table.metadata.row_group(group).num_rows
        if end > wanted:
            yield from _row_group(file, table, group, columns, record, wanted)
        record = end


def _row_group(
    file: File, table: pq.ParquetFile, group: int, columns: list[str], record: int, wanted: int
) -> ReadResults:
    """Rows of a group, whose first is number `record`, from number `wanted` on."""
    end = record + table.metadata.row_group(group).num_rows
    batches = table.iter_batches(BATCH_ROWS, row_groups=[group], columns=columns, use_threads=False)
    while record < end:
        if reason := file.begins(max(record, wanted), group):
            yield file.quarantined(max(record, wanted), f"{reason}; rows {record} to {end - 1}", b"")
            return
        try:
            batch = next(batches)
        except ARROW_ERRORS as error:
            first = str(error).partition("\n")[0]
            yield file.quarantined(record, f"broken Parquet: {first}; rows {record} to {end - 1}", b"")
            return
        for row in _rows(batch):
            if record >= wanted:
                if isinstance(row, str):
                    yield file.quarantined(record, row, b"")
                else:
                    yield RawDocument(file.path, record, "fields", row, file.fetched_at)
            record += 1


def _rows(batch: pa.RecordBatch) -> list[dict[str, object] | str]:
    """Rows of a batch; of one with a value that cannot be had, why."""
    try:
        return batch.to_pylist()  # type: ignore[no-any-return]
    except ARROW_ERRORS:
        return [_row(batch.slice(number, 1)) for number in range(batch.num_rows)]


def _row(batch: pa.RecordBatch) -> dict[str, object] | str:
    row: dict[str, object] = {}
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        try:
            row[name] = column[0].as_py()
        except ARROW_ERRORS as error:
            first = str(error).partition("\n")[0]
            return f"broken Parquet: column {name!r:.60}: {first}"
    return row


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
