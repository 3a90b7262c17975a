"""Read: tables, a record a row: CSV, TSV, Parquet.  Pure; memory is that of a batch of rows."""

from __future__ import annotations

import csv
import itertools
import re

import pyarrow as pa
import pyarrow.parquet as pq

from etl.errors import Rejected
from etl.read.csv_rows import BrokenRow, Lines, csv_rows
from etl.read.file import File, ReadResults, text_lines
from etl.text.decode import decode
from schemas.field_names import is_known_name, plain_name
from schemas.records import RawDocument

DELIMITERS = (",", "\t", ";", "|")
EXCEL_DELIMITER = re.compile(r"\s{0,100}+\"?sep=(.)\"?\s*$", re.IGNORECASE)
BEFORE_HEADER = 10  # lines among which the names of columns are looked for: "sep=;", a title, blank lines
BATCH_ROWS = 256
ARROW_ERRORS = (pa.ArrowException, OSError, ValueError, OverflowError, KeyError, TypeError)
CONTROLS = bytes([*range(0x00, 0x09), *range(0x0E, 0x20)])  # no text has these


def read_csv(file: File) -> ReadResults:
    """Rows under a line of column names; the delimiter is the one most frequent in that line.

    A line that is no row, or has more cells than columns, is quarantined by itself.
    """
    lines, begin = Lines(text_lines(file)), file.first[1]
    columns, delimiter = _header(lines, file)
    if begin and file.seeks:
        lines = Lines(text_lines(file, begin), begin)
    while lines.at < begin and next(lines, None):
        pass
    rows = ((row, lines.at) for row in csv_rows(lines, delimiter, len(columns)))
    for record, row, lost in file.each(rows):
        if lost:
            line = row.line if isinstance(row, BrokenRow) else delimiter.join(row)
            yield file.quarantined(record, lost, line.encode("utf-8", "replace"))
        elif isinstance(row, BrokenRow):
            yield file.quarantined(record, row.reason, row.line.encode("utf-8", "replace"))
        else:
            yield RawDocument(file.path, record, "fields", _named(columns, row), file.fetched_at)


def header_delimiter(line: str) -> str | None:
    """The delimiter of a line of column names; None where fewer than two names are known, and it is no such line."""
    delimiter = max(DELIMITERS, key=line.count)
    names = line.strip().split(delimiter)
    return delimiter if len(names) > 1 and sum(is_known_name(name.strip(' "')) for name in names) >= 2 else None


def begins_like_csv(text: str) -> bool:
    """Whether column names stand in one of the first lines of a text, after at most a title and blank lines."""
    lines = [line for line in text.splitlines()[:BEFORE_HEADER] if line.strip()]
    return bool(lines) and (
        EXCEL_DELIMITER.match(lines[0]) is not None or any(header_delimiter(line) for line in lines[:2])
    )


def _header(lines: Lines, file: File) -> tuple[list[str], str]:
    """(names of columns, delimiter) of a table.  Raises Rejected if there is no such line at its beginning."""
    declared_delimiter, first = None, True
    for line in itertools.islice(lines, BEFORE_HEADER):
        line = line.removeprefix("\ufeff")
        if not line.strip():
            continue
        if first and (found := EXCEL_DELIMITER.match(line)):
            declared_delimiter = found[1]
            continue
        delimiter = declared_delimiter or max(DELIMITERS, key=line.count)
        try:
            columns = [name.strip() for name in next(csv.reader([line], delimiter=delimiter), [])]
        except csv.Error as error:
            raise Rejected("read", f"broken CSV: {error}") from error
        # A title above the table may be one word that is known, and so may a cell; two in a line are names.
        if sum(_is_of_use(column, file) for column in columns) >= (1 if first else 2):
            return columns, delimiter
        first = False
    raise Rejected("read", "no record: a table without a column that is known")


def _named(columns: list[str], row: list[str]) -> dict[str, object]:
    """A row by the names of its columns; of columns with the same name the first with a value counts."""
    named: dict[str, object] = dict(zip(columns, row, strict=False))
    if len(named) < min(len(columns), len(row)):
        for name, cell in zip(reversed(columns[: len(row)]), reversed(row), strict=True):
            named[name] = cell or named[name]
    return named


def read_parquet(file: File) -> ReadResults:
    """Rows, without columns of lists of numbers (embeddings) and of bytes under a name that is not known.

    A value that Python has no equal of is None; a row group that cannot be decoded costs what is left of it.
    """
    try:
        table = pq.ParquetFile(pa.PythonFile(file.seekable(), "r"), pre_buffer=False)
    except ARROW_ERRORS as error:
        raise Rejected("read", f"broken Parquet: {error}".splitlines()[0]) from error
    columns = list(dict.fromkeys(field.name for field in table.schema_arrow if _is_readable(field, file)))
    if not any(_is_of_use(column, file) for column in columns):
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
            batch = next(batches, None)
            if batch is None:
                raise ValueError("fewer rows than the file says")
            rows = _rows(batch)
        except ARROW_ERRORS as error:
            first = str(error).partition("\n")[0]
            yield file.quarantined(record, f"broken Parquet: {first}; rows {record} to {end - 1}", b"")
            return
        for row in rows:
            if record >= wanted:
                yield RawDocument(file.path, record, "fields", row, file.fetched_at)
            record += 1


def _rows(batch: pa.RecordBatch) -> list[dict[str, object]]:
    """Rows of a batch; of columns with the same name the first with a value counts."""
    rows: list[dict[str, object]] = [{} for _ in range(batch.num_rows)]
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        for row, value in zip(rows, _values(column), strict=True):
            if row.get(name) in (None, ""):
                row[name] = value
    return rows


def _is_of_use(column: str, file: File) -> bool:
    """Whether a column is known, or declared."""
    return is_known_name(column) or plain_name(column) in set(map(plain_name, file.columns))


def _is_readable(field: pa.Field, file: File) -> bool:
    kind = field.type
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return not pa.types.is_floating(kind.value_type) and not pa.types.is_integer(kind.value_type)
    return not _is_bytes(kind) or _is_of_use(field.name, file)


def _is_bytes(kind: pa.DataType) -> bool:
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind))


def _values(column: pa.Array) -> list[object]:
    """Values of a column; one that Python has no value for, such as a time in the year 30000, is None."""
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    kind = column.type
    if pa.types.is_timestamp(kind) and kind.unit == "ns":
        column = column.cast(pa.timestamp("us", kind.tz and "UTC"), safe=False)
    if _is_bytes(kind):
        return [None if value is None else _text_of(value) for value in column.to_pylist()]
    try:
        return list(column.to_pylist())
    except ARROW_ERRORS:
        return list(map(_value, column))


def _value(scalar: pa.Scalar) -> object:
    try:
        return scalar.as_py()
    except ARROW_ERRORS:
        return None


def _text_of(value: bytes) -> str | None:
    """Text in a column without the mark of text, as Hive, Impala and old Spark write it; None for other bytes."""
    return None if value.translate(None, CONTROLS) != value else decode(value)
