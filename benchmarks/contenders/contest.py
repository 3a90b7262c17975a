"""What every contender shares: its job, its clock, and the clusters it found.  The standard library alone.

A contender is started as `python contender.py JOB.json`; the job names corpus, out, scratch, threshold, permutations,
shingle.  It writes to out {"phases": {name: seconds}, "clusters": {id: kept id} or null, "facts": {…}}.  The phase
"start" is what passes before its clock starts: the interpreter, imports, compiling.
"""

from __future__ import annotations

import json
import os
import re
import sys
import time
from collections.abc import Mapping, Sequence

WORD = re.compile(r"\w+")


class Contest:
    def __init__(self) -> None:
        with open(sys.argv[1], encoding="utf-8") as file:
            self.job = json.load(file)
        self.phases: dict[str, float] = {}
        self._last = time.monotonic()
        self.phases["start"] = self._last - float(os.environ.get("BENCH_BEGAN", self._last))

    def read(self) -> tuple[list[str], list[str]]:
        """Ids and texts of the corpus."""
        with open(self.job["corpus"], encoding="utf-8") as file:
            records = [json.loads(line) for line in file]
        self.passed("read")
        return [record["id"] for record in records], [record["text"] for record in records]

    def shingles(self, text: str) -> list[str]:
        """Word k-grams, as the peers' own examples make them."""
        words, k = WORD.findall(text.casefold()), self.job["shingle"]
        return [" ".join(words[i : i + k]) for i in range(max(1, len(words) - k + 1))]

    def passed(self, phase: str) -> None:
        """What has passed since the last call belongs to this phase."""
        now = time.monotonic()
        self.phases[phase] = self.phases.get(phase, 0.0) + now - self._last
        self._last = now

    def finish(self, clusters: Mapping[str, str] | None = None, **facts: object) -> None:
        with open(self.job["out"], "w", encoding="utf-8") as file:
            json.dump({"phases": self.phases, "clusters": clusters, "facts": facts}, file)


class Union:
    """Texts joined by pairs, the earliest of each group at its head."""

    def __init__(self, size: int) -> None:
        self._parent = list(range(size))

    def head(self, n: int) -> int:
        parent = self._parent
        while parent[n] != n:
            parent[n] = parent[parent[n]]
            n = parent[n]
        return n

    def join(self, left: int, right: int) -> None:
        left, right = sorted((self.head(left), self.head(right)))
        self._parent[right] = left

    def clusters(self, ids: Sequence[str]) -> dict[str, str]:
        return {own: ids[self.head(n)] for n, own in enumerate(ids)}
