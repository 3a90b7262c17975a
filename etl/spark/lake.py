"""Lake: what lies where in the folder of builds.  I/O.

    run.json    the last finished build and its counts; it is written last of all: readers find by it what is whole
    catalogue.json   where its views are, and what they are (etl.spark.catalogue); whole as well
    lease/      who builds it (etl.spark.lease)
    N/          build number N
      plan.json   its shards, and those of the builds before it
      records/    the prepared records that it brought
      facts/      numbers and short facts of these
      kept/       where the next build goes on: revisions, comparisons, digests of parts (etl.spark.parts)
      tables/     the tables of a store
      views/      the contract's views
      steps/      kept, until the build is finished

A build never writes into the folder of another, so what run.json names can be read until the next but one is finished.
Records and facts stay: later builds read them.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from etl.errors import Retryable, Usage
from etl.prepare import staging
from etl.sources import locations

RUN, CATALOGUE = "run.json", "catalogue.json"
FORMAT = 2  # of what a later build reads; raise it when that changes


class Shards(NamedTuple):
    """Where prepared shards lie: from each of the first numbers on, in the folder of one build."""

    firsts: tuple[int, ...]
    folders: tuple[str, ...]

    def path(self, number: int) -> str:
        """The list of files of a shard; its rows lie beside it."""
        return staging.shard_path(self.folders[bisect_right(self.firsts, number) - 1], number)

    @classmethod
    def of(cls, lake: str, builds: Sequence[int]) -> Shards:
        """builds: of each shard, by its number."""
        firsts = [n for n, build in enumerate(builds) if n == 0 or builds[n - 1] != build]
        return cls(tuple(firsts), tuple(locations.join(folder(lake, builds[n]), "records") for n in firsts))


def folder(lake: str, number: int) -> str:
    """The folder of a build."""
    return locations.join(lake, str(number))


def tables_of(lake: str, run: Mapping[str, Any]) -> str:
    """The folder of the tables of a finished build, given its run."""
    return locations.join(folder(lake, run["number"]), "tables")


def read_run(lake: str) -> dict[str, Any] | None:
    """The run of the last finished build; None where there is none.

    Raises Usage for a lake that another version has left, or that is no folder which can be read.
    """
    with reached(lake):
        found = locations.read(locations.join(lake, RUN))
    run: dict[str, Any] | None = None if found is None else json.loads(found)
    if run is not None and run.get("format") != FORMAT:
        raise Usage(f"{lake} was built by another version of wirecopy; name another folder, and build it anew")
    return run


def require_run(lake: str) -> dict[str, Any]:
    """The run of the last finished build.  Raises Usage where there is none."""
    if (run := read_run(lake)) is None:
        raise Usage(f"{lake} holds no finished build; `wirecopy build {lake}` makes one, or goes on with it")
    return run


@contextmanager
def reached(lake: str) -> Iterator[None]:
    """Raises Usage where a lake cannot be read, or not be written."""
    try:
        yield
    except OSError as error:
        raise Usage(f"{lake} is no folder that can be read and written: {error.strerror}") from error


@contextmanager
def kept(lake: str, run: Mapping[str, Any]) -> Iterator[None]:
    """A block that reads the tables of a run.  Raises Retryable where later builds have removed them meanwhile."""
    try:
        yield
    finally:
        last = require_run(lake)
        if last["number"] > run["number"] + 1 or (last["number"] > run["number"] and last["forgets"]):
            raise Retryable(f"build {run['number']} of {lake} was replaced while it was read; do the same again")


def publish(lake: str, run: Mapping[str, Any], catalogue: Mapping[str, Any]) -> None:
    """Let readers find a build, which is whole."""
    locations.write(locations.join(lake, CATALOGUE), json.dumps(catalogue, indent=1).encode())
    locations.write(locations.join(lake, RUN), json.dumps(run, indent=1).encode())
    tidy(lake, run)


def tidy(lake: str, run: Mapping[str, Any]) -> None:
    """Remove what nobody needs any more; at once what holds texts that the last build knew to be erased."""
    gone = [["steps"], ["steps", "kept"], ["tables", "views"]]
    if run["forgets"]:
        gone[1] += gone[2]
    for before, names in enumerate(gone):
        for name in names if run["number"] > before else ():
            locations.remove(locations.join(folder(lake, run["number"] - before), name))
