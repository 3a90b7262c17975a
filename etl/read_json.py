"""Read: JSON, one record a line or one document.  Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator

from etl.read_file import File
from schemas.records import Quarantined, RawDocument

HEAD = 256  # bytes of a quarantined record that are kept


def read_jsonl(file: File) -> Iterator[RawDocument | Quarantined]:
    """A record a line; blank lines are no records; a broken line is quarantined and the next one is read.

    A file that does not parse line by line, but does as a whole, is one record.  Memory: one line, max_bytes at most.
    """
    stream = file.from_start()
    record = 0
    while line := stream.readline(file.max_bytes + 1):
        if len(line) > file.max_bytes:
            yield Quarantined(
                file.path, record, "read", f"too large: a line of more than {file.max_bytes} bytes", line[:HEAD]
            )
            while line and not line.endswith(b"\n"):
                line = stream.readline(file.max_bytes)
        elif line.strip():
            yield _record(file, record, line)
        else:
            continue
        record += 1


def _record(file: File, record: int, line: bytes) -> RawDocument | Quarantined:
    try:
        fields = json.loads(line.decode("utf-8-sig", "replace"))
    except (ValueError, RecursionError) as error:
        return Quarantined(file.path, record, "read", f"broken JSON: {error}", line[:HEAD])
    if not isinstance(fields, dict):
        return Quarantined(file.path, record, "read", "no record: JSON, but not an object", line[:HEAD])
    return RawDocument(file.path, record, "fields", fields, file.fetched_at)
