"""Settings: one frozen object, made by the shell when a task starts, never at import.

Each is read from the environment as WIRECOPY_ and its name in capitals; `wirecopy settings` lists them.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from etl.errors import Usage

PREFIX = "WIRECOPY_"


@dataclass(frozen=True, slots=True)
class Settings:
    """What an installation may choose.  Sizes are bytes."""

    store: str = "sqlite:///var/corpus.db"
    """The store, as a SQLAlchemy URL: sqlite:///path or postgresql://user@host/database."""

    sources: str = "dags/sources.toml"
    """The file that declares the sources."""

    staging: str = "var/staging"
    """Where prepared shards wait for their commit; shared by all workers."""

    workers: int = 0
    """Processes that prepare shards on the command line; 0: one a core."""

    max_document_bytes: int = 20_000_000
    """A larger document is quarantined: the longest news texts have 2 MB, pages with inlined pictures 15 MB."""

    shard_bytes: int = 32_000_000
    """Files are prepared in shards of about this size: 10 s of work, so that a task's overhead of one second is small."""

    batch_bytes: int = 96_000_000
    """A commit handles texts of about this size at a time; its memory is about six times that."""

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """Settings of this process.  Raises Usage for a value that is no number where one is needed."""
        environ = os.environ if environ is None else environ
        given: dict[str, Any] = {}
        for field in fields(cls):
            value = environ.get(PREFIX + field.name.upper())
            if value:
                given[field.name] = value if isinstance(field.default, str) else _number(field.name, value)
        return cls(**given)


def _number(name: str, value: str) -> int:
    try:
        number = int(value.replace("_", ""))
    except ValueError:
        number = -1
    if number < 0:
        raise Usage(f"{PREFIX}{name.upper()} is {value!r}; it takes a whole number, 0 or more")
    return number
