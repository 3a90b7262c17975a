"""Quarantine: records that became no article, kept for people.  I/O."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa

from etl.errors import Usage
from etl.store.bulk import among, as_columns, delete, insert, select
from etl.store.sources import require
from etl.text.printed import escaped
from schemas.tables import quarantine

MAX_RECORDS_A_NAME = 20


@dataclass(frozen=True, slots=True)
class Held:
    """A record in quarantine; record is None for a file as a whole.  head: its first bytes."""

    source: str
    path: str
    record: int | None
    partition_date: date | None
    stage: str
    reason: str
    head: bytes

    @property
    def name(self) -> str:
        return self.path if self.record is None else f"{self.path}#{self.record}"

    def as_json(self) -> dict[str, object]:
        """Plain values, without the head: JSON has no bytes."""
        day = self.partition_date.isoformat() if self.partition_date else None
        return {
            "source": self.source, "path": self.path, "record": self.record, "partition_date": day,
            "stage": self.stage, "reason": self.reason,
        }  # fmt: skip

    def lines(self) -> list[str]:
        """The whole record, for people."""
        where = f"  {self.partition_date}" if self.partition_date else ""
        begins = [f"  {line}" for line in spelled(self.head).split("\n")] if self.head else ["  (nothing)"]
        return [f"{self.source}: {self.name}{where}", f"{self.stage}: {self.reason}", "begins:", *begins]


def held(connection: sa.Connection, source: str | None = None) -> list[Held]:
    """Records in quarantine, of one source or all, by source, path and record.  Raises Usage for an unknown source."""
    require(connection, source)
    query = sa.select(quarantine).order_by(quarantine.c.source, quarantine.c.path, quarantine.c.record)
    if source is not None:
        query = query.where(quarantine.c.source == source)
    return [_held(row) for row in connection.execute(query)]


def embargoed(connection: sa.Connection, source: str) -> list[Held]:
    """Articles of a source that wait for the end of their embargo."""
    query = sa.select(quarantine).where(quarantine.c.source == source, quarantine.c.stage == "embargo")
    return [_held(row) for row in connection.execute(query)]


def named(connection: sa.Connection, name: str, source: str | None = None) -> list[Held]:
    """Records that a name fits, MAX_RECORDS_A_NAME at most: a path, or a path and a record's number (news.jsonl#12).

    Raises Usage where nothing of that name is in quarantine.
    """
    require(connection, source)
    path, _, record = name.rpartition("#")
    wanted = quarantine.c.path == name
    if path and record.isascii() and record.isdigit() and len(record) < 10:
        wanted |= (quarantine.c.path == path) & (quarantine.c.record == int(record))
    if source is not None:
        wanted &= quarantine.c.source == source
    query = sa.select(quarantine).where(wanted).order_by(quarantine.c.source, quarantine.c.path, quarantine.c.record)
    found = [_held(row) for row in connection.execute(query.limit(MAX_RECORDS_A_NAME))]
    if not found:
        raise Usage(f"{name!r} is not in quarantine; `wirecopy quarantine list` shows what is")
    return found


def paths_within(connection: sa.Connection, source: str, files: AbstractSet[str]) -> set[str]:
    """Paths in quarantine, of a source, that are these files or were inside them.

    Reads every quarantined path of the source, since names do not tell which files are archives.
    """
    paths = connection.scalars(sa.select(quarantine.c.path).where(quarantine.c.source == source).distinct())
    return {path for path in paths if not files.isdisjoint(around(path))}


def around(path: str) -> list[str]:
    """A path and the paths that contain it: a/b.zip/c.txt, a/b.zip, a."""
    parts = path.split("/")
    return ["/".join(parts[:count]) for count in range(len(parts), 0, -1)]


def replace(connection: sa.Connection, source: str, rows: Sequence[tuple[Any, ...]], paths: Collection[str]) -> int:
    """Replace the quarantine of these files; returns how many rows changed.

    rows   (source, path, record or -1, partition_date, stage, reason, head)
    paths  every file that was read
    """
    wanted = {row[1:3]: row for row in rows}
    columns = [column for column in quarantine.c if column.name != "quarantine_id"]
    before = {
        (row[1], row[2]): (*row[:6], bytes(row[6]))
        for row in select(connection, columns, quarantine.c.path, paths, extra=quarantine.c.source == source)
    }
    gone = [key for key, row in before.items() if wanted.get(key) != row]
    come = [row for key, row in wanted.items() if before.get(key) != row]
    delete(connection, quarantine, [quarantine.c.quarantine_id], [(quarantine_id(source, *key),) for key in gone])
    add(connection, come)
    return len(gone) + len(come)


def add(connection: sa.Connection, rows: Sequence[tuple[Any, ...]]) -> None:
    """Quarantine records that are not yet: rows as for replace()."""
    insert(connection, quarantine, as_columns([(*row, quarantine_id(*row[:3])) for row in rows]))


def reject_urls(connection: sa.Connection, source: str, day: date, reasons: Mapping[str, str]) -> None:
    """Quarantine URLs, each with its reason."""
    rows: list[tuple[Any, ...]] = [
        (source, url, -1, day, "fetch", reason.replace("\x00", ""), b"") for url, reason in reasons.items()
    ]
    release_urls(connection, source, reasons.keys())
    add(connection, rows)


def release_urls(connection: sa.Connection, source: str, urls: Collection[str]) -> None:
    """Release URLs from quarantine that were fetched after all."""
    if urls:
        held = (quarantine.c.source == source, quarantine.c.stage == "fetch")
        connection.execute(sa.delete(quarantine).where(*held, among(connection, quarantine.c.path, urls)))


def quarantine_id(source: str, path: str, record: int) -> str:
    """The key of a row of the quarantine: 32 hex digits.  record: -1 for a file as a whole."""
    return hashlib.blake2b(f"{source}\n{path}\n{record}".encode(), digest_size=16).hexdigest()


def spelled(head: bytes) -> str:
    """Bytes as text that a terminal can show, line by line; characters that it obeys are spelled out (\\x07)."""
    text = head.decode("utf-8", "backslashreplace").replace("\r\n", "\n")
    return "\n".join(map(escaped, text.split("\n")))


def _held(row: sa.Row[tuple[object, ...]]) -> Held:
    record = None if row.record < 0 else row.record
    return Held(row.source, row.path, record, row.partition_date, row.stage, row.reason, bytes(row.head))
