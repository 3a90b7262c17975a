"""Outlook: what of a store, and of what it runs on, the next version will ask to be changed.  I/O: it only reads."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Iterator

import sqlalchemy as sa

from etl.decide.revisions import READER
from etl.fingerprint.recipe import Recipe
from etl.store import tombstones
from etl.store.articles import recipe_name
from schemas.tables import revision

# The oldest that the next version will run on: to be raised a version before it does without an older one.
LEAST_PYTHON = (3, 11)
LEAST_POSTGRESQL = 140000
LEAST_SQLITE = (3, 35, 0)


def outlook(connection: sa.Connection) -> Iterator[str]:
    """What to do before the next version, a line each; nothing for a store that needs nothing."""
    name = recipe_name(connection)
    if name is not None and name != (renewed := Recipe.renewed(name).name):
        yield f"its recipe {name} is of an earlier normaliser: `wirecopy rebuild` carries it over to {renewed}"
    older = connection.scalar(sa.select(sa.func.count()).select_from(revision).where(revision.c.reader < READER)) or 0
    if older:
        yield f"{older:,} revisions were read by an earlier extraction: running their days again reads them anew"
    if pending := len(tombstones.pending(connection)):
        yield f"{pending} erasures are unfinished: `wirecopy erase --resume` finishes them"
    if sys.version_info[:2] < LEAST_PYTHON:
        yield f"Python {_dotted(sys.version_info[:2])}: the next version needs {_dotted(LEAST_PYTHON)} or newer"
    if connection.dialect.name == "postgresql":
        number = int(connection.scalar(sa.text("SHOW server_version_num")) or 0)
        if number < LEAST_POSTGRESQL:
            yield f"PostgreSQL {number // 10_000}: the next version needs {LEAST_POSTGRESQL // 10_000} or newer"
    elif sqlite3.sqlite_version_info < LEAST_SQLITE:
        yield f"SQLite {sqlite3.sqlite_version}: the next version needs {_dotted(LEAST_SQLITE)} or newer"


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))
