"""Read: JSON, one record a line or values one after the other.  Pure; memory is that of one record."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator

from etl.errors import Rejected
from etl.read.file import File, ReadResults
from schemas.records import Quarantined, RawDocument

CHUNK_CHARACTERS = 1 << 18  # characters read at a time
# A document that wraps its records keeps them under one of these.
LISTS = ("articles", "items", "documents", "docs", "stories", "results", "records", "data", "hits", "entries")
BETWEEN = re.compile("[ \\t\\r\\n,\\[\\]\ufeff]*")
BRACKET = re.compile(r'"(?:[^"\\]++|\\.)*+(?:"|\Z)|[{}\[\]]|[^"{}\[\]]++', re.DOTALL)
"""A string whole, which may hold brackets, or a bracket, or whatever is between."""


def read_jsonl(file: File) -> ReadResults:
    """A record a line; blank lines are no records; a broken line is quarantined and the next one is read."""
    record, at = file.first
    stream = file.from_byte(at)
    while line := stream.readline(file.max_bytes + 1):
        size = len(line)
        if size > file.max_bytes:
            yield file.quarantined(record, f"too large: a line of more than {file.max_bytes} bytes", line)
            while line and not line.endswith(b"\n"):
                line = stream.readline(file.max_bytes)
                size += len(line)
        elif line.isspace():
            at += size
            continue
        elif reason := file.begins(record, at):
            yield file.quarantined(record, reason, line)
        else:
            yield _of_line(file, record, line)
        at += size
        record += 1


def _of_line(file: File, record: int, line: bytes) -> RawDocument | Quarantined:
    try:
        value = json.loads(line.decode("utf-8-sig", "replace"))
    except (ValueError, RecursionError) as error:
        return file.quarantined(record, f"broken JSON: {error}", line)
    return _document(file, record, value, line)


def read_json(file: File) -> Iterator[RawDocument | Quarantined]:
    """Values of an array, or one after the other: each an object that is a record, or that wraps a list of them.

    The rest of a file after a broken value is not read: there is no telling where the next one begins.
    """
    record, begin = file.first
    text = _Text(file, begin)
    while text.at_value():
        lost = file.begins(record, text.place)
        try:
            found = None if lost else _records(text.value())
            lost = lost or "broken JSON: nested too deep"
            if found is None:
                text.pass_over(lost)
        except Rejected as error:
            rest = f"; rest of file, from record {record}" if record else ""
            raise Rejected(error.stage, error.reason + rest) from error
        if found is None:
            yield file.quarantined(record, lost, b"")
            record += 1
            continue
        for each in found:
            yield _document(file, record, each, b"")
            record += 1


def _document(file: File, record: int, value: object, content: bytes) -> RawDocument | Quarantined:
    if not isinstance(value, dict):
        return file.quarantined(record, "no record: JSON, but not an object", content or repr(value).encode()[:256])
    return RawDocument(file.path, record, "fields", value, file.fetched_at)


def _records(value: object) -> list[object] | None:
    """The records that a value wraps, or the value as the one record it is; None stays None."""
    if isinstance(value, dict):
        for name in LISTS:
            wrapped = value.get(name)
            if isinstance(wrapped, list) and wrapped and isinstance(wrapped[0], dict):
                return wrapped
    return None if value is _TOO_DEEP else [value]


_TOO_DEEP = object()


class _Text:
    """The text of a file, of which the value at hand is kept; brackets and commas between values are passed over."""

    def __init__(self, file: File, begin: int) -> None:
        self._stream = io.TextIOWrapper(file.from_start(), "utf-8-sig", "replace")
        self._most, self._decoder = file.max_bytes, json.JSONDecoder(strict=False)
        self._text, self._at, self._gone, self._more = "", 0, 0, True
        while begin > self._gone and (piece := self._stream.read(min(begin - self._gone, CHUNK_CHARACTERS))):
            self._gone += len(piece)

    @property
    def place(self) -> int:
        """Characters before the value at hand."""
        return self._gone + self._at

    def at_value(self) -> bool:
        """Go to the next value; False at the end of the file."""
        while True:
            self._at = BETWEEN.match(self._text, self._at).end()  # type: ignore[union-attr]  # it matches nothing, too
            if self._at < len(self._text):
                return True
            if not self._more:
                return False
            self._read(CHUNK_CHARACTERS)

    def value(self) -> object:
        """The value at hand, or _TOO_DEEP, of which nothing is passed over.  Raises Rejected where it is broken."""
        want = CHUNK_CHARACTERS
        while True:
            try:
                value, end = self._decoder.raw_decode(self._text, self._at)
            except RecursionError:
                return _TOO_DEEP
            except ValueError as error:
                if not self._more:
                    raise Rejected("read", f"broken JSON: {error}") from error
            else:
                if end < len(self._text) or not self._more:  # a number at the end of the buffer may go on
                    self._at = end
                    return value
            self._read(want)
            want *= 2  # so that parsing again costs no more than once

    def pass_over(self, reason: str) -> None:
        """Go behind the value at hand by its brackets, unparsed.  Rejected for that reason if they do not close."""
        depth, at = 0, self._at
        while True:
            for match in BRACKET.finditer(self._text, at):
                if match.end() == len(self._text) and self._more:  # a string that may go on
                    break
                at = match.end()
                depth += {"{": 1, "[": 1, "}": -1, "]": -1}.get(match[0][0], 0)
                if depth == 0:
                    self._at = at
                    return
            if not self._more:
                raise Rejected("read", reason)
            before = self._at
            self._read(CHUNK_CHARACTERS)
            at -= before - self._at

    def _read(self, want: int) -> None:
        """Append to the text, of which nothing before the value at hand is kept.  Raises Rejected for a long value."""
        if len(self._text) - self._at > self._most:
            raise Rejected("read", f"too large: a JSON value of more than {self._most} bytes")
        piece = self._stream.read(want)
        self._gone += self._at
        self._text, self._at, self._more = self._text[self._at :] + piece, 0, bool(piece)
