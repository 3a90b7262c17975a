"""Staging: what waits between tasks, one folder a run of a partition: <staging>/<source>/<day>/<token>.  I/O.

A folder is removed when its run has told of its commit, not before: a commit that is killed finds its shards again.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence
from pathlib import Path


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
