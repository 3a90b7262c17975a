"""What was aimed at, beside what was measured.  Pure."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from typing import Any

Results = Mapping[str, Any]
VERIFIED = "rensa, verified"
TEXT_DEDUP = "text-dedup, verified"
BATCH = "datasketch, update_batch"
PEERS = (VERIFIED, TEXT_DEDUP, "datatrove", "Daft")


def goals(held: Results) -> str:
    """What was aimed at, and what is."""
    lines = ["| goal | aim | measured | met |", "| --- | --- | --- | --- |"]
    for what, aim, found in _goals(held["steps"]):
        sign, limit, unit = aim.split(" ", 2)
        bound = float(limit.replace(",", ""))
        met = "" if found is None else "yes" if (found <= bound if sign == "≤" else found >= bound) else "**no**"
        lines.append(f"| {what} | {aim} | {'not measured' if found is None else f'{_short(found)} {unit}'} | {met} |")
    return "\n".join(lines)


def _short(value: float) -> str:
    """Three digits, and as many nines as there are."""
    return f"{value:,.0f}" if value >= 1000 else f"{value:.5g}" if 99 < value < 100 else f"{value:.3g}"


def _goals(steps: Results) -> Iterable[tuple[str, str, float | None]]:
    """(goal, aim, what was measured; None where it was not)."""
    ours = "decisions.contenders.wirecopy"
    prints = {
        name: _at(steps, f"fingerprint.contenders.{name}.mb_per_s.median") for name in ("wirecopy", BATCH, "Daft")
    }
    decided, whole = (
        {name: _at(steps, f"decisions.contenders.{name}.{clock}.median") for name in ("wirecopy", *PEERS)}
        for clock in ("seconds", "wall")
    )
    run, stored = (_at(steps, f"pipeline.databases.SQLite.{clock}.median") for clock in ("seconds", "wall"))
    grown = {entry["articles"]: entry for entry in _at(steps, "growth.sizes") or ()}
    later = [_at(grown.get(size, {}), "increment.median") for size in (1_000_000, 10_000)]
    most = grown.get(1_000_000, {})
    copies = list((_at(steps, "template.copies") or {}).values())
    doubled = [b["seconds"]["median"] / a["seconds"]["median"] for a, b in itertools.pairwise(copies)]
    right, unlike = (_at(steps, f"{ours}.quality.{key}") for key in ("states", "unlike"))
    for aim, name in (("≥ 40", BATCH), ("≥ 5", "Daft")):
        yield (
            f"texts to signatures, one core, against {name}",
            f"{aim} times as fast",
            _ratio(prints["wirecopy"], prints[name]),
        )
    for aim, name in (("≤ 0.15", VERIFIED), ("≤ 0.05", TEXT_DEDUP), ("≤ 0.4", "Daft")):
        against = f"decisions without a store, against {name}"
        yield against, f"{aim} of its time", _ratio(decided["wirecopy"], decided[name])
    yield "the same as whole processes, against Daft", "≤ 0.6 of its time", _ratio(whole["wirecopy"], whole["Daft"])
    for aim, name in (("≤ 0.5", VERIFIED), ("≤ 0.1", TEXT_DEDUP), ("≤ 0.04", "datatrove")):
        yield f"files to a SQLite store, against {name}", f"{aim} of its time", _ratio(run, decided[name])
    against = f"the same as whole processes, against {VERIFIED}"
    yield against, "≤ 0.7 of its time", _ratio(stored, whole[VERIFIED])
    postgresql = _at(steps, "pipeline.databases.PostgreSQL.seconds.median")
    yield "files to PostgreSQL, against SQLite", "≤ 1.4 of its time", _ratio(postgresql, run)
    for name, most_s in (("run", 1.2), ("report", 0.6), ("explain", 0.6)):
        of = "`wirecopy run` of one small file" if name == "run" else f"`wirecopy {name}`"
        yield f"{of}, whole process", f"≤ {most_s} s", _at(steps, f"consumers.commands.{name}.median")
    yield (
        "a million articles in one run",
        "≥ 2,000 articles a second",
        _ratio(most.get("articles"), most.get("seconds")),
    )
    yield "an article beyond 100,000, against one before", "≤ 1.3 times its time", _slower(grown)
    yield "its peak memory", "≤ 1,200 MB", most.get("peak_mb")
    yield "1,000 articles into a million, against into 10,000", "≤ 1.5 of its time", _ratio(*later)
    there = _ratio(most.get("articles"), _at(most, "postgresql.seconds"))
    yield "a million in one run on PostgreSQL", "≥ 1,500 articles a second", there
    yield "a template's copies doubled", "≤ 2.3 times the time", max(doubled, default=None)
    yield "exact comparisons", "≤ 2 a copy of a template", max((c["verified_a_copy"] for c in copies), default=None)
    bytes_each = _ratio(most.get("store_mb"), most.get("articles"))
    yield (
        "a stored article of 2,700 characters on SQLite, with relations",
        "≤ 5,200 bytes",
        bytes_each and 1e6 * bytes_each,
    )
    for name, path in (("PostgreSQL", "consumers.queries"), ("SQLite", "consumers.queries_sqlite")):
        queries = _at(steps, path) or {}
        yield f"the slowest documented look-up on {name}", "≤ 50 ms", _slowest(queries, "look-up")
        yield f"sources, or the stories of a day, on {name}", "≤ 200 ms", _slowest(queries, "summary")
        yield f"the slowest count over the whole corpus on {name}", "≤ 1,500 ms", _slowest(queries, "count")
    yield (
        "export to Parquet, one core",
        "≥ 30,000 articles a second",
        _at(steps, "consumers.exported_a_cpu_second.median"),
    )
    yield "`explain`, warm", "≤ 500 ms", _at(steps, "consumers.explain_ms.max")
    yield "texts with the state that the static election gives", "≥ 99.9 %", right and 100 * right
    yield "texts dropped for one that they are not near to", "≤ 0 %", unlike if unlike is None else 100 * unlike
    yield "an article more in a build on Spark", "≤ 0.8 CPU ms", _at(steps, "spark.marginal_ms")
    yield "a build on Spark, whatever its size", "≤ 60 CPU s", _at(steps, "spark.fixed_cpu_s")
    built = _at(steps, "spark.sizes") or ()
    shuffled = max((entry["shuffled_bytes_an_article"] for entry in built), default=None)
    yield "shuffled by a build on Spark", "≤ 8,000 bytes an article", shuffled
    yield "all tasks of a day of 50 small files on Airflow", "≤ 0.8 CPU s", _at(steps, "airflow.cpu_s.all.median")


def _slower(grown: Mapping[int, Mapping[str, Any]]) -> float | None:
    """Times that an article beyond 100,000 takes of one before, in runs of a million and of 100,000."""
    if not {100_000, 1_000_000} <= grown.keys():
        return None
    first, whole = (float(grown[size]["seconds"]) for size in (100_000, 1_000_000))
    return (whole - first) / 9 / first


def _slowest(queries: Mapping[str, Mapping[str, float]], kind: str) -> float | None:
    """Milliseconds of the slowest query of a kind."""
    return max((found["ms"] for query, found in queries.items() if _kind(query) == kind), default=None)


def _kind(query: str) -> str:
    """Whether a query counts over the whole corpus, sums up sources or the stories of a day, or looks rows up."""
    if "GROUP BY" in query or "FROM corpus_source_day" in query:
        return "count"
    of_a_day = "FROM corpus_story" in query and "partition_date = :day" in query
    return "summary" if of_a_day or "FROM corpus_source" in query else "look-up"


def _at(found: Any, path: str) -> Any:
    """A figure, or None where it was not measured."""
    for key in path.split("."):
        found = found.get(key) if isinstance(found, Mapping) else None
    return found


def _ratio(above: float | None, below: float | None) -> float | None:
    return above / below if above is not None and below else None
