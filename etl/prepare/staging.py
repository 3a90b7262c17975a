"""Staging: what waits between tasks, one folder a run of a partition: <staging>/<source>/<day>/<token>.  I/O.

It may lie on a disk or anywhere that etl.sources.locations reaches, so that workers on several machines share it.

A prepared shard is two Parquet files beside its list of files, one of articles and one of what is quarantined.  A
folder is removed when its run has told of its commit, not before: a commit that is killed finds its shards again.

No path passes between tasks: each builds its paths from the settings, and require_inside() refuses those that a link
leads out of the staging folder.  Processes that may write to the staging folder are trusted with its rows.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from hashlib import blake2b
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from etl.errors import Fatal
from etl.sources import locations
from etl.sources.partitions import shown
from schemas.records import Quarantined
from schemas.staging import ARTICLES, QUARANTINED

DEPTH = 3  # of the folder of a run below the root


def folder_of(root: str, source: str, partition: date | None, label: str) -> str:
    """Where the shards of a run of a partition wait; label names the run."""
    token = blake2b(label.encode(), digest_size=6).hexdigest()
    for name in (source, shown(partition) or "undated", token):
        root = locations.join(root, name)
    return root


def shard_path(folder: str, number: int) -> str:
    """The list of files of a shard in the folder of a run."""
    return locations.join(folder, f"shard-{number:04}.json")


def require_inside(root: str, path: str) -> None:
    """Raises Fatal for a path that is not below root, or that a link below root leads elsewhere."""
    if locations.is_remote(root):
        prefix = f"{root.rstrip('/')}/"
        inside = path.startswith(prefix) and locations.is_below(path.removeprefix(prefix))
    else:
        below = os.path.relpath(os.path.abspath(path), os.path.abspath(root))
        inside = locations.is_below(below) and os.path.realpath(path) == os.path.join(os.path.realpath(root), below)
    if not inside:
        raise Fatal(
            f"{path!r} is not below the staging folder {root}, or a link leads it out; nothing was done with it"
        )


@dataclass(slots=True)
class PreparedShard:
    """The files of a prepared shard while they are written, and what is in them."""

    _articles: pq.ParquetWriter
    _quarantined: pq.ParquetWriter
    articles: int = 0
    quarantined: int = 0

    def add(self, rows: pa.RecordBatch, rejected: Sequence[Quarantined]) -> None:
        self.articles += rows.num_rows
        self.quarantined += len(rejected)
        self._articles.write_batch(rows)
        if rejected:
            values = [{name: getattr(q, name) for name in QUARANTINED.names} for q in rejected]
            self._quarantined.write_batch(pa.RecordBatch.from_pylist(values, QUARANTINED))


@contextmanager
def writing(shard: str) -> Iterator[PreparedShard]:
    """The two files of a prepared shard; they are there when both are whole, and not before."""
    with (
        _parquet(_beside(shard, "articles"), ARTICLES) as articles,
        _parquet(_beside(shard, "quarantined"), QUARANTINED) as quarantined,
    ):
        yield PreparedShard(articles, quarantined)


def batches(shards: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """Rows of the articles of prepared shards."""
    for shard in shards:
        with locations.opened(_beside(shard, "articles")) as file:
            # Not read ahead: a shard of any size costs the memory of a batch.
            yield from pq.ParquetFile(file, pre_buffer=False).iter_batches(1024)


def quarantined(shards: Sequence[str]) -> Iterator[Quarantined]:
    """What is no article in prepared shards."""
    for shard in shards:
        with locations.opened(_beside(shard, "quarantined")) as file:
            yield from (Quarantined(**row) for row in pq.ParquetFile(file).read().to_pylist())


def articles(shard: str) -> set[tuple[str, int | None]]:
    """(path, record) of each article of a prepared shard."""
    with locations.opened(_beside(shard, "articles")) as file:
        rows = pq.ParquetFile(file).read(columns=["path", "record"])
    return set(zip(*(column.to_pylist() for column in rows.columns), strict=True))


def clear(root: str, folder: str) -> None:
    """Remove the folder of a run."""
    require_inside(root, folder)
    locations.remove(folder)


def sweep(root: str, older_than_s: float) -> list[str]:
    """Remove the folders of runs that were given up, in which nothing was written for so many seconds.

    Links are not followed.
    """
    oldest = time.time() - older_than_s
    swept = sorted(folder for folder, written in locations.last_written(root, DEPTH).items() if written < oldest)
    for folder in swept:
        clear(root, folder)
    return swept


def forget(root: str, source: str, article_ids: AbstractSet[str], seen: AbstractSet[tuple[str, int | None]]) -> None:
    """Blank what shards of a source hold of erased articles; the rows stay, so that the counts of a run still add up.

    seen  (path, record) of these: their heads among what is quarantined go too
    """
    for folder in sorted(locations.last_written(locations.join(root, source), DEPTH - 1)):
        for name in locations.names(folder):
            _forget_in(locations.join(folder, name), article_ids, seen)


def forget_in(shard: str, article_ids: AbstractSet[str], seen: AbstractSet[tuple[str, int | None]]) -> None:
    """Blank what one prepared shard holds of erased articles, as forget() does."""
    for kind in ("articles", "quarantined"):
        _forget_in(_beside(shard, kind), article_ids, seen)


def _forget_in(path: str, article_ids: AbstractSet[str], seen: AbstractSet[tuple[str, int | None]]) -> None:
    if path.endswith(".articles.parquet"):
        _blank(path, ARTICLES, lambda batch: _are(batch["article_id"], article_ids), KEPT)
    elif path.endswith(".quarantined.parquet"):
        _blank(path, QUARANTINED, lambda batch: _among(batch, seen), QUARANTINED.names[:-1])


KEPT = ("article_id", "source", "path", "record", "partition_date")
"""Columns of an erased article that stay: by its id it is refused, by its place it is counted."""


def _are(column: pa.Array, article_ids: AbstractSet[str]) -> pa.Array:
    return pa.array([each in article_ids for each in column.to_pylist()], pa.bool_())


def _among(batch: pa.RecordBatch, seen: AbstractSet[tuple[str, int | None]]) -> pa.Array:
    """Whether each row is of one of these records, or of the whole file in which one of them is."""
    files = {path for path, _ in seen}
    places = zip(batch["path"].to_pylist(), batch["record"].to_pylist(), strict=True)
    return pa.array([place in seen or (place[1] is None and place[0] in files) for place in places], pa.bool_())


def _blank(path: str, schema: pa.Schema, wanted: Callable[[pa.RecordBatch], pa.Array], kept: Collection[str]) -> None:
    """Write a file anew without the values of some rows, but for the columns that are kept; bytes become empty."""
    import pyarrow.compute as pc  # a twentieth of a second that runs can spare

    with locations.opened(path) as file:
        batches = [(batch, wanted(batch)) for batch in pq.ParquetFile(file).iter_batches()]
    if not any(pc.any(mask).as_py() for _, mask in batches):
        return
    with _parquet(path, schema) as writer:
        for batch, mask in batches:
            columns = [
                batch[field.name]
                if field.name in kept
                else pc.if_else(mask, pa.scalar(b"" if field.name == "head" else None, field.type), batch[field.name])
                for field in schema
            ]
            writer.write_batch(pa.RecordBatch.from_arrays(columns, schema=schema))


def _beside(shard: str, kind: str) -> str:
    return f"{shard.removesuffix('.json')}.{kind}.parquet"


@contextmanager
def _parquet(path: str, schema: pa.Schema) -> Iterator[pq.ParquetWriter]:
    """A Parquet file that is there when it is whole, and not before."""
    # Rows live for minutes and are read once: lz4 costs a fifth of zstd's time for a third more bytes.
    form: dict[str, Any] = {"compression": "lz4", "use_dictionary": False, "write_statistics": False}
    with locations.written(path) as stream, pq.ParquetWriter(stream, schema, **form) as writer:
        yield writer
