"""Settings: one frozen object, made by the shell when a task starts, never at import.

Each is read from the environment as WIRECOPY_ and its name in capitals; `wirecopy settings` lists them.
"""

from __future__ import annotations

import getpass
import os
from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields
from typing import Any

from etl.decide.definition import DEFAULT
from etl.errors import Usage
from etl.fingerprint.recipe import Recipe

PREFIX = "WIRECOPY_"
DEFAULT_STORE = "sqlite:///var/corpus.db"


def decider(given: str | None = None) -> str:
    """The person who decides: the given one, else the owner of the Airflow DAG, else the user of this machine."""
    try:
        return given or os.environ.get("AIRFLOW_CTX_DAG_OWNER") or getpass.getuser()
    except (KeyError, OSError):  # a container's user needs no name; KeyError until Python 3.13
        return f"user {os.getuid()}"


def _setting(default: Any, does: str, least: int = 0) -> Any:
    return field(default=default, metadata={"does": does, "least": least})


@dataclass(frozen=True, slots=True)
class Settings:
    """What an installation may choose.  Sizes are bytes."""

    store: str = _setting(DEFAULT_STORE, "the store: sqlite:///path or postgresql://user@host/database")
    sources: str = _setting("dags/sources.toml", "the file that declares the sources")
    staging: str = _setting("var/staging", "a folder or URL (s3://…) where prepared shards wait; shared by all workers")
    landing: str = _setting("var/landing", "where what is fetched lands: a folder, or any location of fsspec")
    recipe: str = _setting(
        Recipe().name, "how a new store finds near-duplicates; an old one keeps its own until rebuilt"
    )
    relations: str = _setting(
        DEFAULT.name,
        "which texts a new store compares to mark relations: d, the days between, c, how many may have a hash;"
        " off: none; an old store keeps its own until rebuilt",
    )
    export: str = _setting("var/export", "the folder that the DAG export_corpus keeps up to date")
    on_failure: str = _setting(
        "", "module:function that Airflow calls with its context when a task has failed for good"
    )
    workers: int = _setting(0, "processes that prepare articles on the command line; 0: one a core")
    # The longest news texts have 2 MB, pages with inlined pictures 15 MB.
    max_document_bytes: int = _setting(20_000_000, "a larger document is quarantined")
    # Some ten times what the worst of the hostile documents in the tests takes: only what would never end meets these.
    max_document_seconds: float = _setting(30.0, "a document that takes more is quarantined; 0: no limit")
    max_document_memory: int = _setting(
        1_000_000_000, "a document that takes more memory is, too (on Linux); 0: no limit"
    )
    # A file may be far larger than a document; these bound what may come of it, and of a whole run.
    max_unpacked_bytes: int = _setting(
        100_000_000_000, "bytes inside one compressed or archived file; the rest is quarantined; 0: no limit"
    )
    max_unpacked_ratio: int = _setting(
        100, "the same as a multiple of the file, from 20 MB on; text packs 3:1 to 50:1; 0: no limit"
    )
    max_file_records: int = _setting(20_000_000, "records of one file; the rest is quarantined; 0: no limit")
    # Some 10 s of work, so that a mapped task's overhead of one second is small.
    shard_bytes: int = _setting(32_000_000, "files are prepared in shards of about this size")
    # Small enough to be written while workers prepare the next: with 32 MB the store waits long for the first.
    batch_bytes: int = _setting(4_000_000, "a commit handles rows of about this size at a time")
    cache_bytes: int = _setting(
        0, "pages of a SQLite store that a commit keeps in memory; 0: a quarter of what is free, 64 to 128 MB"
    )

    # What stops a run before it becomes visible (etl.decide.guard).
    max_duplicate_share: float = _setting(0.9, "a run is refused when more of its new articles are duplicates")
    max_quarantine_share: float = _setting(0.5, "a run is refused when more of its records are quarantined")
    max_replaced_share: float = _setting(0.1, "a run is refused when more of the stored corpus would become duplicates")
    max_lately_replaced_share: float = _setting(0.15, "the same, of all runs of 30 days; portions do not pass it")
    min_judged_records: int = _setting(100, "a share of fewer records, or articles, stops no run: it says little")
    max_run_records: int = _setting(20_000_000, "a run of more records is refused; 0: no limit")
    max_run_bytes: int = _setting(200_000_000_000, "a run whose articles come to more is refused; 0: no limit")
    max_cluster_growth: int = _setting(5_000, "a run is refused when one article would take in more duplicates")

    # When a source brings too little (etl.decide.quiet), and when `wirecopy health` finds something wrong.
    quiet_after: str = _setting(
        "", "the time without an article after which a source is silent, as 36h or 3d; empty: by its own usual gaps"
    )
    min_share_of_usual: float = _setting(0.2, "a day that brings a smaller share of its usual articles is low; 0: none")
    min_disk_free: int = _setting(2_000_000_000, "bytes; with fewer left for the store or staging, health says so")

    # How sources on the web are asked (etl.fetch.run); a source may name its own among its limits.
    user_agent: str = _setting("", "who asks, and how to reach them: fetching needs it")
    allow_hosts: str = _setting("", "hosts that may be on private addresses, such as localhost:8000; none else may")
    host_delay_s: float = _setting(1.0, "seconds between two requests to a host; its robots.txt may ask for more")
    host_connections: int = _setting(1, "connections to one host", least=1)
    connections: int = _setting(16, "connections to all hosts together", least=1)
    poll_least_s: int = _setting(300, "seconds, at least, between two polls of a feed or sitemap; 0: each run polls")
    max_requests: int = _setting(20_000, "requests of one run; what is left is asked by a later one")
    max_fetch_bytes: int = _setting(5_000_000_000, "bytes that one run may receive")
    max_fetch_s: float = _setting(3_000.0, "seconds that one run may ask for")

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """Settings of this process.  Raises Usage for a value that is no number where one is needed."""
        environ = os.environ if environ is None else environ
        given: dict[str, Any] = {}
        for each in fields(cls):
            default: Any = each.default  # its type says how a value is read
            value = environ.get(variable(each.name))
            if value:
                is_text = isinstance(default, str)
                given[each.name] = value if is_text else _number(each, value, type(default))
        return cls(**given)


def variable(name: str) -> str:
    """The environment variable of a setting."""
    return PREFIX + name.upper()


def _number(of: Field[Any], value: str, kind: type[int] | type[float]) -> float:
    try:
        number = kind(value.replace("_", ""))
    except ValueError:
        number = kind(-1)
    least, whole = of.metadata["least"], "whole " if kind is int else ""
    if not least <= number < float("inf"):
        raise Usage(f"{variable(of.name)} is {value!r}; it takes a {whole}number, {least} or more")
    return number
