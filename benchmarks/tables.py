"""Results to Markdown, and into the pages between their markers.  Only the standard library: a test uses it.

A page has `<!-- results: NAME -->` … `<!-- end -->`; what stands between is written by `python -m benchmarks --show`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.goals import goals

ROOT = Path(__file__).resolve().parent.parent
PAGES = ("README.md", "docs/performance.md", "docs/scale.md")
SECTION = re.compile(r"(<!-- results: (\w+) -->\n)(.*?)(<!-- end -->)", re.DOTALL)
Results = Mapping[str, Any]


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "| --- |" + " ---: |" * (len(head) - 1)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def seconds(found: Mapping[str, float]) -> str:
    """Median, and least to greatest."""
    if found["min"] == found["max"]:
        return number(found["median"])
    return f"{number(found['median'])} ({number(found['min'])}–{number(found['max'])})"


def number(value: float) -> str:
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 100 else f"{value:,.0f}"


def percent(share: float) -> str:
    """Never 100 % where something is missing, nor 0 % where something is there."""
    text = f"{100 * share:.2f}"
    if share < 1 and text == "100.00":
        return ">99.99 %"
    return "<0.01 %" if share > 0 and text == "0.00" else f"{text} %"


def conditions(held: Results) -> str:
    machine, steps = held["machine"], held["steps"].values()
    dates = sorted(step["date"][:10] for step in steps)
    loads = [step["load_before"] for step in steps]
    versions = sorted({step["wirecopy"] for step in steps})
    when = dates[0] if dates[0] == dates[-1] else f"{dates[0]} to {dates[-1]}"
    return (
        f"Measured {when} on {machine['cores']} cores of {machine['processor']}, {machine['memory_gb']} GB, "
        f"{machine['system']}, Python {machine['python']}, wirecopy {', '.join(versions)}; load before the steps "
        f"{min(loads):.1f} to {max(loads):.1f}."
    )


def summary(held: Results) -> str:
    """The README's table: JSON lines to decisions, beside peers."""
    step = held["steps"]["decisions"]
    contenders = {f"**{name}**" if name == "wirecopy" else name: f for name, f in step["contenders"].items()}
    stored = held["steps"].get("pipeline", {}).get("databases", {}).get("SQLite")
    if stored and held["steps"]["pipeline"]["data"] == step["data"]:
        contenders["**wirecopy run**, everything stored in SQLite"] = stored
    rows = []
    for name, found in _by_seconds(contenders):
        quality = found.get("quality")
        shares = [percent(quality["states"]), percent(quality["unlike"])] if quality else ["", ""]
        rows.append([name, number(found["seconds"]["median"]), str(found["peak_mb"]), *shares])
    data = step["data"]
    head = ("from texts to decisions", "seconds", "peak MB", "right state", "dropped for an unlike text")
    about = f"{data['texts']:,} articles, {data['mb']:.0f} MB, {_rounds(step)}; without imports and compiling:"
    return "\n\n".join([about, table(head, rows), conditions(held)])


def decisions(held: Results) -> str:
    step = held["steps"]["decisions"]
    rows = []
    for name, found in _by_seconds(step["contenders"]):
        quality = found["quality"]
        rows.append(
            [
                name,
                seconds(found["seconds"]),
                number(found["wall"]["median"]),
                str(found["peak_mb"]),
                *(percent(quality[key]) for key in ("recall", "precision", "states")),
                f"{quality['rand']:.4f}",
                percent(quality["unlike"]),
                f"{quality['kept']:,}",
            ]
        )
    head = (
        "contender",
        "seconds",
        "whole process",
        "peak MB",
        "pairs found",
        "pairs that are alike",
        "right state",
        "adjusted Rand",
        "dropped for an unlike text",
        "kept",
    )
    elected = next(iter(step["contenders"].values()))["quality"]["kept_by_election"]
    data = step["data"]
    about = (
        f"{data['texts']:,} texts, {data['mb']:.1f} MB ({data['made_of']}, seed {data['seed']}), {step['pairs']:,} "
        f"pairs at or above the threshold; the static election keeps {elected:,}. {_rounds(step).capitalize()}."
    )
    return "\n\n".join([about, table(head, rows), *_left_out(step)])


def fingerprint(held: Results) -> str:
    step = held["steps"]["fingerprint"]
    ours = step["contenders"]["wirecopy"]["mb_per_s"]["median"]
    rows = [
        [name, seconds(found["mb_per_s"]), number(ours / found["mb_per_s"]["median"])]
        for name, found in sorted(step["contenders"].items(), key=lambda item: -item[1]["mb_per_s"]["median"])
    ]
    return "\n\n".join([table(("one core", "MB of text a second", "times wirecopy's time"), rows), *_left_out(step)])


def loops(held: Results) -> str:
    """What a text costs in each compiled loop."""
    step = held["steps"]["fingerprint"]
    rows = [[name, seconds(found)] for name, found in step["loops_us"].items()]
    rows.append(["together", number(sum(found["median"] for found in step["loops_us"].values()))])
    size = 1000 * step["data"]["mb"] / step["data"]["texts"]
    return table((f"loop, texts of {size:.1f} kB and {step['shingles']} shingles", "µs a text"), rows)


def limits(held: Results) -> str:
    """What the disk alone would take for the stores."""
    step = held["steps"]["pipeline"]
    rate = step["disk_mb_per_s"]["median"]
    rows = [
        [
            name,
            number(found["store_bytes"] / 1e6),
            number(found["store_bytes"] / 1e6 / rate),
            number(found["seconds"]["median"]),
        ]
        for name, found in step["databases"].items()
    ]
    head = ("store", "MB", f"seconds to write them at the disk's {rate:,.0f} MB/s", "seconds of the whole run")
    return table(head, rows)


def pipeline(held: Results) -> str:
    step = held["steps"]["pipeline"]
    rows = [
        [
            name,
            seconds(found["seconds"]),
            number(found["wall"]["median"]),
            str(found["peak_mb"]),
            number(found["store_bytes"] / 1e6),
            number(step["data"]["texts"] / found["seconds"]["median"]),
        ]
        for name, found in step["databases"].items()
    ]
    return table(("`wirecopy run`", "seconds", "whole process", "peak MB", "store MB", "articles a second"), rows)


def growth(held: Results) -> str:
    step = held["steps"]["growth"]
    rows = [
        [
            f"{entry['articles']:,}",
            number(entry["seconds"]),
            number(entry["articles"] / entry["seconds"]),
            str(entry["peak_mb"]),
            number(entry["corpus_mb"]),
            number(entry["store_mb"]),
            f"{1e6 * entry['store_mb'] / entry['articles']:,.0f}",
            seconds(entry["increment"]),
            number(entry["postgresql"]["seconds"]) if "postgresql" in entry else "",
        ]
        for entry in step["sizes"]
    ]
    head = (
        "articles",
        "seconds",
        "articles a second",
        "peak MB",
        "corpus MB",
        "store MB",
        "bytes an article",
        f"then {step['increment_articles']:,} more: seconds",
        "on PostgreSQL: seconds",
    )
    return table(head, rows)


def store(held: Results) -> str:
    """Bytes an article by table and index."""
    entry = next(e for e in held["steps"]["growth"]["sizes"] if "tables" in e)
    rows = [
        [f"`{name}`", number(size / 1e6), f"{size / entry['articles']:,.0f}"]
        for name, size in entry["tables"].items()
        if size >= 0.005 * sum(entry["tables"].values())
    ]
    return table((f"table or index, {entry['articles']:,} articles", "MB", "bytes an article"), rows)


def consumers(held: Results) -> str:
    step = held["steps"]["consumers"]
    here = step.get("queries_sqlite", {})
    rows = [
        [f"`{query}`", f"{found['rows']:,}", number(found["ms"]), *([number(here[query]["ms"])] if here else [])]
        for query, found in step["queries"].items()
    ]
    data, explain = step["data"], step["explain_ms"]
    about = (
        f"An export of {data['texts']:,} articles to Parquet writes {seconds(step['exported_a_cpu_second'])} of them a "
        f"second of one core; `explain` of a near-duplicate takes {number(explain['median'])} ms, at most "
        f"{number(explain['max'])} ms, once wirecopy is loaded."
    )
    if commands := step.get("commands"):
        run, report, why = (seconds(commands[name]) for name in ("run", "report", "explain"))
        about += (
            f" Whole processes on that store, in seconds: `wirecopy run` of five new articles {run}, `wirecopy report` "
            f"{report}, `wirecopy explain` {why}."
        )
    head = (f"{step['articles']:,} articles", "rows", "PostgreSQL, ms", *(["SQLite, ms"] if here else []))
    return "\n\n".join([table(head, rows), about])


def incremental(held: Results) -> str:
    return "![Seconds that 1,000 new articles cost, by the size of the archive]({docs}performance-incremental.svg)"


def memory(held: Results) -> str:
    return "![Peak memory of a run, by the number of its articles]({docs}performance-memory.svg)"


def template(held: Results) -> str:
    step = held["steps"]["template"]
    rows, before = [], None
    for name, found in step["copies"].items():
        now = found["seconds"]["median"]
        rows.append(
            [
                f"{int(name):,}",
                seconds(found["seconds"]),
                "" if before is None else f"{now / before:.2f}",
                f"{found['verified_a_copy']:.2f}",
                str(found["peak_mb"]),
            ]
        )
        before = now
    return table(("near-copies", "seconds", "times the row above", "exact comparisons a copy", "peak MB"), rows)


def spark(held: Results) -> str:
    step = held["steps"]["spark"]
    rows = [
        [
            f"{entry['articles']:,} ({entry['mb']:.0f} MB)",
            number(entry["cpu_s"]),
            number(entry["one_machine_cpu_s"]),
            f"{entry['shuffled_bytes_an_article'] / 1e3:.1f}",
            f"{entry['comparisons']:,}",
            f"{entry['one_machine_comparisons']:,}",
        ]
        for entry in step["sizes"]
    ]
    head = (
        "articles",
        "CPU s of a build",
        "of `wirecopy run`",
        "kB shuffled an article",
        "comparisons",
        "one machine's",
    )
    return (
        f"{table(head, rows)}\n\nFixed: {number(step['fixed_cpu_s'])} CPU seconds a build; an article adds "
        f"{step['marginal_ms']:.2f} ms (measured {step['date'][:10]} at a load of {step['load_before']:.0f} on "
        f"{held['machine']['cores']} cores: a busy machine makes CPU seconds longer)."
    )


def airflow(held: Results) -> str:
    step = held["steps"]["airflow"]
    parts = ("all", "function", "parse")
    rows = [[f"`{name}`", *(seconds(found[part]) for part in parts)] for name, found in step["tasks"].items()]
    rows.append(["all", *(seconds(step["cpu_s"][part]) for part in parts)])
    head = (f"{step['files']} files", "CPU s of the process", "in the DAG's function", "reading the DAG file")
    return table(head, rows)


def extraction(held: Results) -> str:
    rows = []
    step = held["steps"]["extraction"]
    for name, found in step["sets"].items():
        for contender, entry in found["contenders"].items():
            quality = entry["quality"]
            rows.append(
                [
                    f"{name}, {found['pages']} pages: {contender}",
                    *(f"{quality[key]:.3f}" for key in ("f1", "precision", "recall")),
                    seconds(entry["ms_a_page"]),
                    str(entry["peak_mb"]),
                ]
            )
    return table(("pages and extractor", "F1", "precision", "recall", "ms a page", "peak MB"), rows)


def noise(held: Results) -> str:
    step = held["steps"]["noise"]
    curves = {"reach the threshold": step["reach_threshold"], **step["curves"]}
    rows = []
    for level in step["reach_threshold"]:
        kind, _, degree = level.partition("|")
        rows.append([f"{kind}, {100 * float(degree):g} %", *(f"{100 * curve[level]:.0f}" for curve in curves.values())])
    plot = "![Copies found, by kind and degree of damage]({docs}performance-noise.svg)"
    return f"{plot}\n\n" + table((f"% of {step['copies_a_level']} copies found", *curves), rows)


def scanned(held: Results) -> str:
    step = held["steps"]["scanned"]
    rows = [
        [
            corpus,
            name,
            f"{f['rand']:.3f}",
            percent(f["recall"]),
            percent(f["precision"]),
            str(f.get("articles_a_cpu_second", "")),
        ]
        for corpus, contenders in step["corpora"].items()
        for name, f in contenders.items()
    ]
    head = ("corpus", "contender", "adjusted Rand", "pairs found", "pairs that are copies", "articles a CPU second")
    return "\n\n".join([f"{step['articles']:,} scans each:", table(head, rows), *_left_out(step)])


def profile(held: Results) -> str:
    step = held["steps"]["profile"]
    rows = []
    for name, found in step["profiles"].items():
        stages = ", ".join(f"{stage} {100 * share:.0f} %" for stage, share in found["stages"].items() if share >= 0.01)
        functions = ", ".join(f"`{f}` {100 * share:.0f} %" for f, share in list(found["functions"].items())[:6])
        rows.append([name, stages, functions])
    lines = ["| process | stages | functions that have most |", "| --- | --- | --- |"]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


TABLES: dict[str, tuple[str, Callable[[Results], str]]] = {
    "summary": ("decisions", summary),
    "goals": ("decisions", goals),
    "conditions": ("decisions", conditions),
    "decisions": ("decisions", decisions),
    "fingerprint": ("fingerprint", fingerprint),
    "loops": ("fingerprint", loops),
    "pipeline": ("pipeline", pipeline),
    "limits": ("pipeline", limits),
    "growth": ("growth", growth),
    "consumers": ("consumers", consumers),
    "incremental": ("growth", incremental),
    "memory": ("growth", memory),
    "store": ("growth", store),
    "template": ("template", template),
    "noise": ("noise", noise),
    "scanned": ("scanned", scanned),
    "extraction": ("extraction", extraction),
    "spark": ("spark", spark),
    "airflow": ("airflow", airflow),
    "profile": ("profile", profile),
}
"""Name of a section -> (the step that it needs, what writes it)."""


def section(held: Results, name: str) -> str:
    step, make = TABLES[name]
    return make(held) if step in held["steps"] else "_not measured yet_"


def everything(held: Results) -> str:
    """All tables, for a terminal."""
    shown = [
        name for name, (step, _) in TABLES.items() if step in held["steps"] and name not in ("incremental", "memory")
    ]
    parts = [f"## {name}\n\n{section(held, name)}" for name in shown]
    return "\n\n".join(parts)


def written(name: str, held: Results) -> str:
    """The page of that name, with its sections as the results have them."""
    page = (ROOT / name).read_text(encoding="utf-8")
    docs = "" if name.startswith("docs/") else "docs/"
    return SECTION.sub(lambda f: f"{f[1]}{section(held, f[2]).replace('{docs}', docs)}\n{f[4]}", page)


def write(held: Results) -> None:
    for name in PAGES:
        (ROOT / name).write_text(written(name, held), encoding="utf-8")


def _by_seconds(contenders: Mapping[str, Any]) -> list[tuple[str, Any]]:
    return sorted(contenders.items(), key=lambda item: item[1]["seconds"]["median"])


def _rounds(step: Mapping[str, Any]) -> str:
    rounds = {found["rounds"] for found in step["contenders"].values()}
    least = min(rounds)
    return "one run each" if least == 1 else f"medians of {least} runs in turn"


def _left_out(step: Mapping[str, Any]) -> list[str]:
    return [f"Not measured: {name}: {reason}." for name, reason in step["failed"].items()]
