"""Staging: what waits between tasks, one folder a run of a partition: <staging>/<source>/<day>/<token>.  I/O.

A prepared shard is two Parquet files beside its list of files, one of articles and one of what is quarantined.  A
folder is removed when its run has told of its commit, not before: a commit that is killed finds its shards again.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from hashlib import blake2b
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from etl.partition import shown
from schemas.records import Quarantined
from schemas.staging import ARTICLES, QUARANTINED


def folder_of(root: str, source: str, partition: date | None, label: str) -> Path:
    """Where the shards of a run of a partition wait; label names the run."""
    token = blake2b(label.encode(), digest_size=6).hexdigest()
    return Path(root) / source / (shown(partition) or "undated") / token


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


def batches(shards: Sequence[Path]) -> Iterator[pa.RecordBatch]:
    """Rows of the articles of prepared shards."""
    for shard in shards:
        # Not read ahead: a shard of any size costs the memory of a batch.
        yield from pq.ParquetFile(_beside(shard, "articles"), pre_buffer=False).iter_batches(1024)


def quarantined(shards: Sequence[Path]) -> Iterator[Quarantined]:
    """What is no article in prepared shards."""
    for shard in shards:
        yield from (Quarantined(**row) for row in pq.read_table(_beside(shard, "quarantined")).to_pylist())


def articles(shard: str) -> set[tuple[str, int | None]]:
    """(path, record) of each article of a prepared shard."""
    rows = pq.read_table(_beside(shard, "articles"), columns=["path", "record"])
    return set(zip(*(column.to_pylist() for column in rows.columns), strict=True))


def clear(shards: Sequence[str]) -> None:
    """Remove the folders of these shards."""
    for folder in {Path(shard).parent for shard in shards}:
        shutil.rmtree(folder, ignore_errors=True)


def sweep(root: Path, older_than_s: float) -> list[Path]:
    """Remove the folders of runs that were given up, in which nothing was written for so many seconds."""
    oldest = time.time() - older_than_s
    swept = [folder for folder in sorted(root.glob("*/*/*")) if folder.is_dir() and _last_written(folder) < oldest]
    for folder in swept:
        shutil.rmtree(folder, ignore_errors=True)
    return swept


def _last_written(folder: Path) -> float:
    return max(path.stat().st_mtime for path in [folder, *folder.iterdir()])


def _beside(shard: str | Path, kind: str) -> Path:
    return Path(shard).with_suffix(f".{kind}.parquet")


@contextmanager
def _parquet(path: Path, schema: pa.Schema) -> Iterator[pq.ParquetWriter]:
    """A Parquet file that is there when it is whole, and not before."""
    partial = path.with_suffix(f".{os.getpid()}.tmp")
    try:
        # Rows live for minutes and are read once: lz4 costs a fifth of zstd's time for a third more bytes.
        with pq.ParquetWriter(
            partial, schema, compression="lz4", use_dictionary=False, write_statistics=False
        ) as writer:
            yield writer
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)
