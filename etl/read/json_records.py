"""Read: JSON, one record a line or values one after the other.  Pure; memory is that of one record."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator

from etl.errors import Rejected
from etl.read.file import File, ReadResults
from schemas.records import Quarantined, RawDocument

CHUNK_CHARACTERS = 1 << 18  # characters read at a time
# A document that wraps its records keeps them under one of these.
LISTS = ("articles", "items", "documents", "docs", "stories", "results", "records", "data", "hits", "entries")
BETWEEN = " \t\r\n,[]\ufeff"


def read_jsonl(file: File) -> ReadResults:
    """A record a line; blank lines are no records; a broken line is quarantined and the next one is read."""
    stream = file.from_start()
    record = 0
    while line := stream.readline(file.max_bytes + 1):
        if len(line) > file.max_bytes:
            yield file.quarantined(record, f"too large: a line of more than {file.max_bytes} bytes", line)
            while line and not line.endswith(b"\n"):
                line = stream.readline(file.max_bytes)
        elif line.strip():
            try:
                value = json.loads(line.decode("utf-8-sig", "replace"))
            except (ValueError, RecursionError) as error:
                yield file.quarantined(record, f"broken JSON: {error}", line)
            else:
                yield _document(file, record, value, line)
        else:
            continue
        record += 1


def read_json(file: File) -> ReadResults:
    """Values of an array, or one after the other: each an object that is a record, or that wraps a list of them.

    What stands after a broken value is not read: there is no telling where the next one begins.
    """
    for record, value in enumerate(_records(file)):
        yield _document(file, record, value, b"")


def _document(file: File, record: int, value: object, content: bytes) -> RawDocument | Quarantined:
    if not isinstance(value, dict):
        return file.quarantined(record, "no record: JSON, but not an object", content or repr(value).encode()[:256])
    return RawDocument(file.path, record, "fields", value, file.fetched_at)


def _records(file: File) -> Iterator[object]:
    for value in _values(file):
        wrapped = (
            next((value[name] for name in LISTS if _is_list_of_objects(value.get(name))), None)
            if isinstance(value, dict)
            else None
        )
        if isinstance(wrapped, list):
            yield from wrapped
        else:
            yield value


def _is_list_of_objects(value: object) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict)


def _values(file: File) -> Iterator[object]:
    """Values one after the other; brackets of an enclosing array and commas between are passed over."""
    stream = io.TextIOWrapper(file.from_start(), "utf-8-sig", "replace")
    decoder, text, more, want = json.JSONDecoder(strict=False), "", True, CHUNK_CHARACTERS
    while True:
        text = text.lstrip(BETWEEN)
        if not text and not more:
            return
        value, end = None, 0
        if text:
            try:
                value, end = decoder.raw_decode(text)
            except RecursionError as error:
                raise Rejected("read", "broken JSON: nested too deep") from error
            except ValueError as error:
                if not more:
                    raise Rejected("read", f"broken JSON: {error}") from error
        if end and (end < len(text) or not more):  # a number at the end of the buffer may go on
            yield value
            text, want = text[end:], CHUNK_CHARACTERS
            continue
        if len(text) > file.max_bytes:
            raise Rejected("read", f"too large: a JSON value of more than {file.max_bytes} bytes")
        piece = stream.read(want)
        text, more, want = text + piece, bool(piece), 2 * want  # doubled, so that parsing again costs no more than once
