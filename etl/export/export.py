"""Export: the corpus as Parquet, JSON lines or CSV files.  I/O: it only reads the store.

A file whose articles have not changed is kept: a second export reads only the standings, and an export that was killed
continues where it stopped.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from itertools import groupby
from pathlib import Path
from urllib.parse import quote

import pyarrow as pa
import sqlalchemy as sa

from etl.errors import Usage
from etl.export import card, formats
from etl.export import rows as export_rows
from etl.export.folder import SPLIT, Folder, Part, holding
from etl.export.rows import ArticleLine
from etl.export.rows import Choice as Choice
from etl.store import database, schema
from etl.store.sources import require
from schemas import exported
from schemas.contract.views import VERSION

PART_ROWS = 50_000  # articles a file: some 60 MB of Parquet, and 30 MB of standings in memory
FORMATS = tuple(formats.WRITERS)


@dataclass(slots=True)
class Exported:
    """The result of an export.

    rows     articles in the files of the choice
    written  paths of new and changed files; kept: number of unchanged ones
    removed  paths of files whose articles have gone
    run_id   the last run whose changes are in them; None: there was none yet
    """

    folder: str
    rows: int = 0
    written: list[str] = field(default_factory=list)
    kept: int = 0
    removed: list[str] = field(default_factory=list)
    run_id: int | None = None

    def line(self) -> str:
        files = f"{len(self.written)} written, {self.kept} as they were, {len(self.removed)} removed"
        return f"{self.rows} articles in {len(self.written) + self.kept} files: {files}"


def export(url: str, folder: str | Path, form: str = "parquet", choice: Choice | None = None) -> Exported:
    """Bring the files of an export up to the store, in one consistent snapshot.

    url     the store
    form    one of FORMATS
    choice  which articles; the files of other partitions are left as they are

    Raises Usage for a folder that holds something else, Retryable while another export is writing there, Fatal when
    it cannot be written.
    """
    choice = choice or Choice()
    if form not in FORMATS:
        raise Usage(f"an export is {', '.join(FORMATS[:-1])} or {FORMATS[-1]}, not {form}")
    kind: dict[str, object] = {"format": form, "articles": "all" if choice.duplicates else "canonical"}
    if choice.without:
        kind |= {"without_references": sorted(choice.without), "max_share": choice.max_share}
    if choice.licence:
        kind |= {"licence": sorted(choice.licence)}
    if choice.not_reserved:
        kind |= {"not_reserved": True}
    with database.opened(url, sorts=True) as engine:
        schema.require_current(engine)
        with database.asking(engine) as connection:
            require(connection, choice.source)
        with holding(Path(folder), kind) as held, database.asking(engine) as connection:
            export_rows.require_references(connection, choice)
            done = _export(connection, held, form, choice)
            _describe(held, kind, done, choice)
    return done


def _export(connection: sa.Connection, folder: Folder, form: str, choice: Choice) -> Exported:
    done = Exported(str(folder.root), run_id=export_rows.last_run(connection))
    seen = set()
    for name, standings in _files(export_rows.standings(connection, choice)):
        path, state = f"{SPLIT}/{name}.{form}", _state(standings)
        seen.add(path)
        done.rows += len(standings)
        if folder.shows(path, state):
            done.kept += 1
            continue
        batches = export_rows.batches(connection, standings, choice)
        terms = Terms()
        formats.WRITERS[form](folder.partial, exported.schema(choice.duplicates), terms.counted(batches))
        first, day = standings[0], standings[0].partition_date
        size, sha256 = folder.digest()
        folder.keep(
            Part(
                path,
                first.source,
                day.isoformat() if day else None,
                len(standings),
                size,
                sha256,
                done.run_id,
                state,
                dict(sorted(terms.licences.items())),
                dict(sorted(terms.reserved.items())),
            )
        )
        done.written.append(path)
    for path in sorted(folder.parts.keys() - seen):
        if choice.covers(folder.parts[path].source, folder.parts[path].day):
            folder.remove(path)
            done.removed.append(path)
    return done


@dataclass(slots=True)
class Terms:
    """Articles by licence, and by whether they reserve mining, as they pass by."""

    licences: Counter[str] = field(default_factory=Counter)
    reserved: Counter[str] = field(default_factory=Counter)

    def counted(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            self.licences.update(licence or "" for licence in batch["licence"].to_pylist())
            said = batch["tdm_reserved"].to_pylist()
            self.reserved.update("" if each is None else str(each).lower() for each in said)
            yield batch


def _files(standings: Iterable[ArticleLine]) -> Iterator[tuple[str, list[ArticleLine]]]:
    """Name and lines of each file, in order.  The name has source and day, which are columns, too."""
    for (source, day), partition in groupby(standings, key=lambda s: (s.source, s.partition_date)):
        name = f"{quote(source, safe='')}-{day or 'undated'}"
        part: list[ArticleLine] = []
        number = 0
        for standing in partition:
            if len(part) == PART_ROWS:
                yield f"{name}-{number:03}", part
                part, number = [], number + 1
            part.append(standing)
        yield f"{name}-{number:03}", part


def _state(standings: list[ArticleLine]) -> str:
    """A hash of all that determines the bytes of a file: columns, articles, their contents and standings."""
    digest = hashlib.blake2b(repr(exported.schema(True).names).encode(), digest_size=16)
    digest.update(repr([*map(tuple, standings)]).encode())
    return digest.hexdigest()


def _describe(folder: Folder, kind: dict[str, object], done: Exported, choice: Choice) -> None:
    facts = {"wirecopy": version("wirecopy"), "contract": VERSION, **kind, "run_id": done.run_id}
    parts = [{k: v for k, v in asdict(part).items() if k != "state"} for part in folder.parts.values()]
    told = card.manifest(facts, parts, choice.duplicates)
    folder.describe(card.MANIFEST, told)
    folder.describe(card.CARD, card.card(told))
