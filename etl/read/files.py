"""Read: the bytes of a file to raw documents.  Pure; streamed, so that memory does not grow with a container.

What a file is, its content says before its name.  Nothing a file holds makes a reader raise: what is no document
becomes a Quarantined with its place and reason, and the rest of the file goes on.
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime
from importlib import import_module
from typing import BinaryIO

from etl.errors import Rejected
from etl.read.arc import read_arc
from etl.read.archives import ReadMember, read_tar, read_zip
from etl.read.cursor import Cursor, LostAt, Place
from etl.read.documents import read_html, read_markdown, read_mhtml, read_text
from etl.read.file import MAX_QUARANTINE_HEAD, File, ReadResults, Rejoined, Transcoded, is_article_file, printable
from etl.read.formats import HEAD_BYTES, format_of
from etl.read.json_records import read_json, read_jsonl
from etl.read.mail import read_mail, read_mbox
from etl.read.tables import read_csv, read_parquet
from etl.read.text_exports import read_factiva, read_lexis, read_proquest
from etl.read.warc import read_warc
from etl.read.wire_messages import read_wire_messages
from etl.text.decode import wide_charset
from etl.text.unpack import UNPACKERS, Kept, name_inside, unpacked
from schemas.records import Quarantined

Reader = Callable[[File], ReadResults]
MAX_NESTED = 3  # a compressed file in a compressed archive; what is nested deeper is quarantined


def read(
    stream: BinaryIO,
    path: str,
    fetched_at: datetime | None,
    max_bytes: int,
    columns: Collection[str] = (),
    cursor: Cursor | None = None,
    resume: Place = (),
) -> ReadResults:
    """Documents of one file, in its order; at least one item: a container without records is quarantined.

    stream     from its first byte; it is read, not closed
    path       relative to the root of its source
    max_bytes  of one document; a container may be of any size
    columns    names of fields, beyond those that are known, that mean something
    cursor     told of every record before it is read
    resume     the place where to begin, as the cursor of an earlier reading had it: its record is read again

    Raises what the stream itself raises (OSError), and Exhausted where a limit of the cursor is reached.
    """
    path, empty = printable(path), not resume
    cursor = cursor or Cursor()
    cursor.place, cursor.count = (), 0
    for found in _read(File(b"", stream, path, fetched_at, max_bytes, columns=columns, cursor=cursor, resume=resume)):
        empty = False
        # What is wrong is often told in the file's own words.
        yield replace(found, reason=printable(found.reason)) if isinstance(found, Quarantined) else found
    if empty:
        yield Quarantined(path, None, "read", "empty: no record in it", b"")


def _read(unread: File) -> ReadResults:
    """Documents of a file whose head has not been read."""
    head, here = b"", unread.cursor.place
    try:
        file = _begun(unread)
        head = file.head
        lost = file.cursor.lost.get(here)
        if lost is not None:  # before the reader told of a record, or by one that never does
            yield from _before(file, lost)
        else:
            yield from _documents(file)
    except Rejected as error:
        yield Quarantined(unread.path, None, error.stage, error.reason, head[:MAX_QUARANTINE_HEAD])


def _documents(file: File) -> ReadResults:
    return READERS[format_of(file.head, name_inside(file.path).lower())](file)


def _before(file: File, lost: LostAt) -> ReadResults:
    """As many documents as came before the process ended, and the rest of the file as one that could not be read."""
    if lost.count:
        yield from itertools.islice(_documents(file), lost.count)
    file.cursor.passed = True
    after = f"; rest of file, from record {lost.count}" if lost.count else ""
    yield file.quarantined(None, lost.reason + after, b"" if lost.count else file.head)


def _begun(unread: File) -> File:
    """The file with its head read; one in UTF-16 or UTF-32 as UTF-8, which all readers take."""
    head = _head(unread.stream)
    charset = wide_charset(head)
    if charset is None:
        return replace(unread, head=head)
    rejoined = Kept(Rejoined(head, unread.stream))
    stream = Kept(Transcoded(rejoined, charset))
    return replace(unread, head=_head(stream), stream=stream)


def _head(stream: BinaryIO) -> bytes:
    """The first HEAD_BYTES, or all there is, also before a failure; a stream may give less at a time."""
    head = stream.read(HEAD_BYTES)
    with contextlib.suppress(Rejected):  # which the next reading meets again
        while 0 < len(head) < HEAD_BYTES and (piece := stream.read(HEAD_BYTES - len(head))):
            head += piece
    return head


def _packed(kind: str) -> Reader:
    def read_packed(file: File) -> ReadResults:
        if file.nested >= MAX_NESTED:
            raise Rejected("read", f"nested: {kind} inside {file.nested} other containers")
        yield from _read(file.inside(unpacked(file.from_start(), kind), file.path, file.fetched_at))

    return read_packed


def _archive(kind: str, read_members: Callable[[File, ReadMember, Callable[[str], bool]], ReadResults]) -> Reader:
    def read_archive(file: File) -> ReadResults:
        if file.archived:
            raise Rejected("read", f"nested: {kind} archive inside another archive")

        def read_member(stream: BinaryIO, path: str, changed: datetime | None) -> ReadResults:
            return _read(file.inside(stream, path, changed or file.fetched_at, archived=True))

        yield from read_members(file, read_member, is_article_file)

    return read_archive


def _late(module: str, name: str) -> Reader:
    """A reader whose module is loaded for its first file: with Beautiful Soup in 60 ms, which other runs spare."""

    def read_late(file: File) -> ReadResults:
        found: ReadResults = getattr(import_module(f"etl.read.{module}"), name)(file)
        return found

    return read_late


READERS: dict[str, Reader] = {
    "text": read_text,
    "html": read_html,
    "markdown": read_markdown,
    "mhtml": read_mhtml,
    "mail": read_mail,
    "mbox": read_mbox,
    "lexis": read_lexis,
    "wire": read_wire_messages,
    "factiva": read_factiva,
    "proquest": read_proquest,
    "jsonl": read_jsonl,
    "json": read_json,
    "csv": read_csv,
    "parquet": read_parquet,
    "warc": read_warc,
    "arc": read_arc,
    "feed": _late("feeds", "read_feed"),
    "nitf": _late("news_xml", "read_nitf"),
    "newsml": _late("news_xml", "read_newsml"),
    "newsml1": _late("news_xml", "read_newsml1"),
    "rcv1": _late("news_xml", "read_rcv1"),
    "trec": _late("sgml", "read_trec"),
    "reuters": _late("sgml", "read_reuters"),
    "zip": _archive("zip", read_zip),
    "tar": _archive("tar", read_tar),
    **{kind: _packed(kind) for kind in UNPACKERS},
}
