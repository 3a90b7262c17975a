"""Remote files of a partition: listed, and copied to this machine to be read.  I/O, by fsspec.

A location is a folder, a file, or a list of files: a name that ends in .paths or .paths.gz, as Common Crawl has them,
with a path a line, from the root of its host or bucket.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from etl.errors import Usage
from etl.read.file import is_article_file
from etl.sources import locations
from etl.sources.locations import Reach, is_below
from etl.text.unpack import unpack_whole
from etl.web.urls import without_credentials

LIST_SUFFIXES = (".paths", ".paths.gz")
UNKNOWN_SIZE = 1_000_000_000  # bytes assumed of a file of unknown size: it becomes a shard of its own
MAX_LIST_BYTES = 50_000_000  # bytes of a list, unpacked: a month of CC-NEWS has 50,000
TIME_KEYS = ("mtime", "LastModified", "last_modified", "updated", "created", "modified")  # of file systems


def find(place: str, root: str, reach: Reach) -> Iterator[tuple[str, int, float]] | None:
    """(path below root, bytes, modification time) of the files at or below a place; None if it is not there.

    An unknown time is 0, an unknown size UNKNOWN_SIZE.
    """
    files, path = locations.filesystem(place, reach)
    _, top = locations.filesystem(root, reach)
    try:
        with locations.named_errors(place):
            if place.endswith(LIST_SUFFIXES):
                return _listed(files.cat_file(path), place)
            # A web server has no folders: a name with a dot in it is a file.
            is_file = "." in path.rpartition("/")[2] if place.startswith("http") else files.isfile(path)
            found = {path: files.info(path)} if is_file else files.find(path, detail=True)
    except FileNotFoundError:
        return None
    return _described(found, top) if found else None


def _described(found: dict[str, dict[str, Any]], top: str) -> Iterator[tuple[str, int, float]]:
    for name, facts in found.items():
        relative = name.removeprefix(top).lstrip("/")
        if is_below(relative) and is_article_file(relative):
            yield relative, int(UNKNOWN_SIZE if facts.get("size") is None else facts["size"]), _modified(facts)


def _listed(content: bytes, place: str) -> Iterator[tuple[str, int, float]]:
    if content[:2] == b"\x1f\x8b":
        content = unpack_whole(content, "gzip", MAX_LIST_BYTES + 1)
    if len(content) > MAX_LIST_BYTES:
        raise Usage(f"{without_credentials(place)}: a list of more than {MAX_LIST_BYTES} bytes")
    for line in content.decode("utf-8", "replace").splitlines():
        relative = line.strip().lstrip("/")
        if is_below(relative):
            yield relative, UNKNOWN_SIZE, 0.0


def _modified(facts: dict[str, Any]) -> float:
    value = next((facts[name] for name in TIME_KEYS if facts.get(name)), 0.0)
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return 0.0
    return value.timestamp() if isinstance(value, datetime) else float(value)


def copy(root: str, path: str, target: Path, reach: Reach) -> None:
    """Copy a file below a root to this machine, unless it is gone or no disk takes its name."""
    files, top = locations.filesystem(root, reach)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.touch()
    except (OSError, ValueError):  # a part of 300 characters, a NUL: the reader quarantines it as missing
        return
    try:
        with locations.named_errors(root):
            files.get_file(f"{top.rstrip('/')}/{path}", str(target))
    except FileNotFoundError:
        target.unlink()
