"""DuckDB with a store on SQLite attached."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path

import duckdb


@contextmanager
def attached(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection; its extension is the wheel's, since DuckDB would download it otherwise."""
    files = metadata.files("duckdb-ext-sqlite") or []
    (extension,) = [file.locate() for file in files if file.name == "sqlite_scanner.duckdb_extension"]
    with duckdb.connect(config={"allow_unsigned_extensions": "true"}) as connection:
        connection.execute(f"LOAD '{extension}'")
        connection.execute(f"ATTACH '{path}' AS store (TYPE sqlite, READ_ONLY)")
        connection.execute("USE store")
        yield connection
