"""The last good content of a file of declarations: while the file is no TOML, its sources are those.  I/O."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from etl.errors import Usage
from etl.sources.declarations import BrokenDeclaration, declarations_of, read_toml
from etl.sources.source import Source


def declared_or_kept(path: str, copy: str) -> tuple[dict[str, Source | BrokenDeclaration], str]:
    """The declarations of a file, and what is wrong with the file as a whole; "" if nothing is.

    copy  where its content is kept while it is TOML: the declarations are those of the copy when it is not

    Raises Usage where there is no copy, either.
    """
    try:
        text = read_toml(path)
    except Usage as error:
        try:
            return declarations_of(Path(copy).read_text(encoding="utf-8"), path), str(error)
        except (OSError, ValueError):
            raise error from None
    _write(text, Path(copy))
    return declarations_of(text, path), ""


def _write(text: str, copy: Path) -> None:
    """Write a copy where it differs, whole or not at all.  Where it cannot be written there is none: all else works."""
    with suppress(OSError):
        if not copy.exists() or copy.read_bytes() != text.encode():
            partial = copy.with_name(f"{copy.name}.{os.getpid()}.part")
            partial.write_bytes(text.encode())
            partial.replace(copy)
