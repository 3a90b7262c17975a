"""Read: the bytes of a file to raw documents.  Pure; streamed, so that memory does not grow with a container.

What a file is, its content says before its name.  Nothing a file holds makes a reader raise: what is no document
becomes a Quarantined with its place and reason, and the rest of the file goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import BinaryIO

from etl.errors import Rejected
from etl.read_file import File
from etl.read_format import HEAD_BYTES, format_of
from etl.read_json import read_jsonl
from etl.read_packed import UNPACKERS, name_inside, unpacked
from schemas.records import Media, Quarantined, RawDocument

Reader = Callable[[File], Iterator[RawDocument | Quarantined]]
MAX_NESTED = 2  # a compressed file in an archive; what is nested deeper is quarantined
NO_ARTICLES = ("readme", "license", "licence", "changelog", "copying", "notice")
NO_ARTICLE_SUFFIXES = (".toml", ".ini", ".cfg", ".yaml", ".yml", ".sha256", ".md5", ".part", ".tmp")


def read(
    stream: BinaryIO, path: str, fetched_at: datetime | None, max_bytes: int
) -> Iterator[RawDocument | Quarantined]:
    """Documents of one file, in its order; at least one item, except for a container without records.

    stream     from its first byte; it is read, not closed
    path       relative to the root of its source
    max_bytes  of one document; a container may be of any size

    Raises only what the stream itself raises (OSError).
    """
    yield from _read(stream, path, fetched_at, max_bytes, 0)


def is_article_file(name: str) -> bool:
    """Whether a file of this name may hold articles: not hidden, no README or licence, no settings."""
    base = name.replace("\\", "/").rsplit("/", 1)[-1].lower()
    return bool(base) and not (
        base.startswith((".", "~", "_success")) or base.startswith(NO_ARTICLES) or base.endswith(NO_ARTICLE_SUFFIXES)
    )


def _read(
    stream: BinaryIO, path: str, fetched_at: datetime | None, max_bytes: int, nested: int
) -> Iterator[RawDocument | Quarantined]:
    head = b""
    try:
        head = stream.read(HEAD_BYTES)
        file = File(head, stream, path, fetched_at, max_bytes, nested)
        yield from READERS[format_of(head, name_inside(path).lower())](file)
    except Rejected as error:
        yield Quarantined(path, None, error.stage, error.reason, head[:256])


def _document(media: Media) -> Reader:
    def read_document(file: File) -> Iterator[RawDocument | Quarantined]:
        yield RawDocument(file.path, None, media, file.whole(), file.fetched_at)

    return read_document


def _packed(kind: str) -> Reader:
    def read_packed(file: File) -> Iterator[RawDocument | Quarantined]:
        if file.nested >= MAX_NESTED:
            raise Rejected("read", f"nested: {kind} inside {file.nested} other containers")
        inside = unpacked(file.from_start(), kind)
        yield from _read(inside, file.path, file.fetched_at, file.max_bytes, file.nested + 1)

    return read_packed


READERS: dict[str, Reader] = {
    "text": _document("text"),
    "html": _document("html"),
    "jsonl": read_jsonl,
    **{kind: _packed(kind) for kind in UNPACKERS},
}
