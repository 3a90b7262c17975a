"""Read bytes as a file of a source, and make articles of what is in it."""

from __future__ import annotations

import io

from etl.extract.article import extract
from etl.read.files import read
from schemas.article import Article
from schemas.records import Quarantined, RawDocument

MAX_BYTES = 1_000_000


def documents(content: bytes, path: str = "in/file") -> list[RawDocument | Quarantined]:
    """What a reader gives of a file, in its order."""
    return list(read(io.BytesIO(content), path, None, MAX_BYTES))


def articles(content: bytes, path: str = "in/file") -> list[Article]:
    """The articles of a file, all of whose records are articles."""
    found = documents(content, path)
    assert [item for item in found if isinstance(item, Quarantined)] == []
    return [extract(item, "s", None) for item in found if isinstance(item, RawDocument)]


def refused(content: bytes, path: str = "in/file") -> list[str]:
    """Reasons of what is quarantined when a file is read."""
    return [item.reason for item in documents(content, path) if isinstance(item, Quarantined)]
