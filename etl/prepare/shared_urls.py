"""Shared URLs: those under which one file has records of different texts, so that they identify none of them.  Pure.

A scraper that writes the front page's URL into each record, a feed whose items differ in the fragment alone and a site
whose pages all name one canonical link would otherwise make many articles one.  The rule looks at one file at a time,
and at all of it: a file is read whole or not at all, so its keys depend neither on other files nor on what is stored.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from etl.extract.identity import hash_of

SKETCH = 32  # minima of a signature that are kept of a record, a byte each
ALIKE = 16  # of them agree in versions of one text: at a Jaccard similarity of 0.7 with probability 0.99, at 0.2 0.0004


class SharedUrls:
    """Watches the rows of articles go by; some 50 bytes a record whose URL only itself tells.

    records  how many records have a URL of found()
    """

    def __init__(self) -> None:
        self._parts: list[tuple[NDArray[np.uint64], NDArray[np.uint64], NDArray[np.int64], NDArray[np.uint8]]] = []
        self.records = 0

    def add(self, rows: pa.RecordBatch) -> None:
        """Take note of rows of schemas.staging.ARTICLES; own_key is null where a row's key is beyond doubt."""
        own = rows.column("own_key").to_pylist()
        at = [i for i, each in enumerate(own) if each is not None]
        if not at:
            return
        paths, keys, signatures = (rows.column(name).to_pylist() for name in ("path", "source_key", "signature"))
        minima = np.frombuffer(b"".join([signatures[i] for i in at]), dtype="<u4").reshape(len(at), -1)
        self._parts.append((
            np.array([hash_of(paths[i], keys[i]) for i in at], dtype=np.uint64),
            np.array([hash_of(own[i]) if own[i] else 0 for i in at], dtype=np.uint64),
            rows.column("text_id").to_numpy()[at],
            minima[:, :SKETCH].astype(np.uint8),
        ))  # fmt: skip

    def found(self) -> frozenset[int]:
        """Hashes (etl.extract.identity.hash_of) of path and URL of the shared ones.

        A URL is shared where two of its records have different texts and different ids, or texts that are no versions
        of one and not the same id.
        """
        if not self._parts:
            return frozenset()
        keys, ids, texts, sketches = (np.concatenate(column) for column in zip(*self._parts, strict=True))
        shared = []
        self.records = 0
        for group in _groups(keys):
            if _differ(ids[group], texts[group], sketches[group]):
                shared.append(int(keys[group[0]]))
                self.records += len(group)
        return frozenset(shared)


def _groups(keys: NDArray[np.uint64]) -> Iterator[NDArray[np.int64]]:
    """Positions of each key that stands there more than once."""
    order = np.argsort(keys, kind="stable")
    starts = np.flatnonzero(np.diff(keys[order], prepend=keys[order[0]] ^ np.uint64(1)))
    for start, end in zip(starts, [*starts[1:], len(keys)], strict=True):
        if end - start > 1:
            yield order[start:end]


def _differ(ids: NDArray[np.uint64], texts: NDArray[np.int64], sketches: NDArray[np.uint8]) -> bool:
    """Whether records of one URL are different articles."""
    named = ids != 0
    if len(np.unique(ids[named])) > 1 and len(np.unique(texts[named])) > 1:
        return True
    first = int(np.argmin(texts))  # whichever record comes first, the same one
    unlike = (sketches == sketches[first]).sum(axis=1) < ALIKE
    same_id = named & (ids == ids[first])
    return bool(np.any(unlike & ~same_id))
