"""Read: JSON, one record a line or values one after the other.  Pure; memory is that of one value."""

from __future__ import annotations

import contextlib
import io
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass

from etl.errors import Rejected
from etl.read.file import File, ReadResults
from etl.read.json_shapes import plain_record, records_in
from etl.text.decode import TOLERANT, charset_of, charset_of_lines, decode_line
from schemas.records import Quarantined, RawDocument

CHUNK_CHARACTERS = 1 << 18  # characters read at a time
BETWEEN = re.compile("[ \\t\\r\\n,\\[\\]\ufeff\\x00\x1e]*")  # and marks of a text sequence (RFC 7464)
NEXT_OBJECT = re.compile(r'\}[\s,]{0,100}(?=\{\s{0,100}")')
DECODER = json.JSONDecoder(strict=False)  # json.loads() makes one a call, in half the time of parsing an article
MAY_GO_ON = 64  # characters before the end of what was read, within which an error may be that the rest is not read yet
BRACKET = re.compile(r'"(?:[^"\\]++|\\.)*+(?:"|\Z)|[{}\[\]]|[^"{}\[\]]++', re.DOTALL)
"""A string whole, which may hold brackets, or a bracket, or whatever is between."""


@dataclass(frozen=True, slots=True)
class BrokenJson:
    """A piece of a file that is no JSON: why, and how it begins."""

    reason: str
    text: str


def read_jsonl(file: File) -> ReadResults:
    """A record a line, or several that it holds (see records_in); blank lines are no records.

    A broken line is quarantined and the next one is read.  Marks of a JSON text sequence (RFC 7464) are passed over.
    """
    record, at = file.first
    stream, charset = file.from_byte(at), charset_of_lines(file.head)
    while line := stream.readline(file.max_bytes + 1):
        size = len(line)
        if size > file.max_bytes:
            yield file.quarantined(record, f"too large: a line of more than {file.max_bytes} bytes", line)
            while line and not line.endswith(b"\n"):
                line = stream.readline(file.max_bytes)
                size += len(line)
            record += 1
        elif line.strip(b" \t\r\n\x00"):
            if reason := file.begins(record, at):
                yield file.quarantined(record, reason, line)
                record += 1
            else:
                for value in _of_line(line, charset):
                    yield _document(file, record, value, line)
                    record += 1
        at += size


def _of_line(line: bytes, charset: str) -> Iterable[object]:
    try:
        value = DECODER.decode(decode_line(line, charset).strip("\ufeff \t\r\n\x00\x1e"))
    except (ValueError, RecursionError) as error:
        return (BrokenJson(_why(error), ""),)
    return records_in(value)


def _why(error: ValueError | RecursionError) -> str:
    """The reason for the quarantine, without what Python advises to programmers."""
    return f"broken JSON: {'nested too deep' if isinstance(error, RecursionError) else error}".partition("; use")[0]


def read_json(file: File) -> ReadResults:
    """Values of an array, or one after the other: each a record, or an object that holds several (see records_in).

    A broken value is quarantined, up to where the next object begins.
    """
    record, begin = file.first
    text = _Text(file, begin)
    while text.at_value():
        lost = file.begins(record, text.place)
        try:
            value = BrokenJson(lost, "") if lost else text.value()
            if lost or isinstance(value, _Unparsed):
                value = BrokenJson(lost or str(value), "")
                text.pass_over(value.reason)
        except Rejected as error:
            rest = f"; rest of file, from record {record}" if record else ""
            raise Rejected(error.stage, error.reason + rest) from error
        for each in records_in(value):
            yield _document(file, record, each, b"")
            record += 1


def _document(file: File, record: int, value: object, content: bytes) -> RawDocument | Quarantined:
    if isinstance(value, BrokenJson):
        return file.quarantined(record, value.reason, content or value.text.encode("utf-8", "replace"))
    if isinstance(value, str) and value.lstrip()[:1] == "{":  # a record that was encoded twice
        with contextlib.suppress(ValueError, RecursionError):
            value = DECODER.decode(value)
    if not isinstance(value, dict):
        head = content or repr(value)[:1000].encode("utf-8", "replace")
        return file.quarantined(record, "no record: JSON, but not an object", head)
    return RawDocument(file.path, record, "fields", plain_record(value), file.fetched_at)


class _Unparsed(str):
    """Why the value at hand was not parsed, though it may be JSON; nothing of it is passed over."""


class _Text:
    """The text of a file, of which the value at hand is kept; brackets and commas between values are passed over."""

    def __init__(self, file: File, begin: int) -> None:
        self._stream = io.TextIOWrapper(file.from_start(), charset_of(file.head), TOLERANT)
        self._most = file.max_bytes
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
        """The value at hand; BrokenJson up to where the next object begins; _Unparsed.

        Raises Rejected where it is broken and no object begins after it.
        """
        want = CHUNK_CHARACTERS
        while True:
            try:
                value, end = DECODER.raw_decode(self._text, self._at)
            except RecursionError as error:
                return _Unparsed(_why(error))
            except json.JSONDecodeError as error:
                at_end = error.pos > len(self._text) - MAY_GO_ON or error.msg.startswith("Unterminated")
                if not (self._more and at_end):
                    if next_object := NEXT_OBJECT.search(self._text, error.pos):
                        broken = BrokenJson(_why(error), self._text[self._at : self._at + 1000])
                        self._at = next_object.end()
                        return broken
                    if not self._more:
                        raise Rejected("read", _why(error)) from error
            except ValueError as error:  # a number of more digits than Python reads
                return _Unparsed(_why(error))
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
