"""Packed documents: as the child that reads hands them to one that prepares.  Pure.

The parent passes them on unopened: what a document holds may be hostile, and ends a child at worst.
"""

from __future__ import annotations

import pickle
from typing import NamedTuple

from etl.read.file import MAX_QUARANTINE_HEAD
from schemas.records import Quarantined, RawDocument

Document = RawDocument | Quarantined


class Packed(NamedTuple):
    """
    lost   why it is not to be extracted
    blind  whether its process ended even as it was unpacked
    """

    path: str
    record: int | None
    content: bytes
    lost: str = ""
    blind: bool = False


def pack(document: Document) -> Packed:
    """A document packed; one that cannot be is quarantined."""
    try:
        content = pickle.dumps(document, pickle.HIGHEST_PROTOCOL)
    except RecursionError:
        document = Quarantined(document.path, document.record, "read", "hostile: nested too deep", b"")
        content = pickle.dumps(document, pickle.HIGHEST_PROTOCOL)
    return Packed(document.path, document.record, content)


def unpack(packed: Packed) -> Document:
    """The document; quarantined where a process ended over it."""
    if packed.blind:
        return Quarantined(packed.path, packed.record, "extract", packed.lost, b"")
    try:
        document: Document = pickle.loads(packed.content)  # noqa: S301  what pack() made
    except RecursionError:
        return Quarantined(packed.path, packed.record, "read", "hostile: nested too deep", b"")
    if packed.lost and isinstance(document, RawDocument):
        return Quarantined(packed.path, packed.record, "extract", packed.lost, head_of(document))
    return document


def head_of(document: RawDocument) -> bytes:
    """How a document begins, for the quarantine."""
    content = document.content
    if isinstance(content, bytes):
        return content[:MAX_QUARANTINE_HEAD]
    try:
        shown = repr({name: _begin(value) for name, value in content.items()})
    except RecursionError:
        return b""
    return shown.encode("utf-8", "replace")[:MAX_QUARANTINE_HEAD]


def _begin(value: object) -> object:
    return value[:MAX_QUARANTINE_HEAD] if isinstance(value, (str, bytes)) else value
