"""Results to plots in docs/.  The same results give the same bytes; each plot names the digest of what it shows."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from hashlib import blake2b
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
OURS, GREY = "#b3261e", "#8a8a8a"
COLOURS = ("#1f6fb2", "#2c8f5b", "#b88700", "#7a4fa3", "#4d4d4d", "#1aa0a0", "#c2571a")
Results = Mapping[str, Any]


def digest(shown: Any) -> str:
    return blake2b(json.dumps(shown, sort_keys=True).encode(), digest_size=8).hexdigest()


def growth_data(held: Results) -> Any:
    return held["steps"]["growth"]["sizes"]


def noise_data(held: Results) -> Any:
    return {key: held["steps"]["noise"][key] for key in ("curves", "reach_threshold")}


def draw_incremental(axes: Any, sizes: Any, increment: int = 1_000) -> None:
    """Seconds that 1,000 more articles cost, by the size of the archive."""
    x = [entry["articles"] for entry in sizes]
    median = [entry["increment"]["median"] for entry in sizes]
    spread = [
        [m - entry["increment"]["min"] for m, entry in zip(median, sizes, strict=True)],
        [entry["increment"]["max"] - m for m, entry in zip(median, sizes, strict=True)],
    ]
    axes.errorbar(x, median, yerr=spread, color=OURS, marker="o", capsize=3, label=f"{increment:,} new articles")
    axes.plot(
        x, [entry["seconds"] for entry in sizes], color=GREY, marker=".", linestyle=":", label="the whole archive"
    )
    axes.set(xlabel="articles in the store", ylabel="seconds")
    _logarithmic(axes, x)
    axes.legend(frameon=False)


def draw_memory(axes: Any, sizes: Any) -> None:
    x = [entry["articles"] for entry in sizes]
    axes.plot(x, [entry["peak_mb"] for entry in sizes], color=OURS, marker="o", label="wirecopy run, workers included")
    axes.plot(
        x, [entry["corpus_mb"] for entry in sizes], color=GREY, marker=".", linestyle=":", label="the corpus itself"
    )
    axes.set(xlabel="articles in one run", ylabel="peak MB")
    _logarithmic(axes, x)
    axes.legend(frameon=False)


def _logarithmic(axes: Any, x: list[int]) -> None:
    """Both axes, with numbers written out, and the sizes that were measured below."""
    from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

    axes.set(xscale="log", yscale="log")
    axes.set_xticks(x, [f"{size:,}" for size in x])
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter(StrMethodFormatter("{x:,g}"))
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_minor_formatter(NullFormatter())


def draw_noise(axes: Any, shown: Any) -> None:
    """One panel a kind of damage."""
    kinds = list(dict.fromkeys(level.partition("|")[0] for level in shown["reach_threshold"]))
    others = [name for name in shown["curves"] if name != "wirecopy"]
    for panel, kind in zip(axes, kinds, strict=True):
        levels = [level for level in shown["reach_threshold"] if level.startswith(f"{kind}|")]
        x = [100 * float(level.partition("|")[2]) for level in levels]

        def line(curve: Mapping[str, float], levels: list[str] = levels) -> list[float]:
            return [100 * curve[level] for level in levels]

        panel.fill_between(
            x, line(shown["reach_threshold"]), color=GREY, alpha=0.2, linewidth=0, label="reach the threshold"
        )
        for name, colour in zip(others, COLOURS, strict=False):
            panel.plot(x, line(shown["curves"][name]), color=colour, marker=".", linewidth=1, label=name)
        panel.plot(x, line(shown["curves"]["wirecopy"]), color=OURS, marker="o", label="wirecopy")
        panel.set(xlabel=f"{kind}, % of the text", ylim=(-3, 103))
    axes[0].set_ylabel("% of copies found")
    axes[0].legend(frameon=False, fontsize="x-small")


PLOTS: dict[str, tuple[str, Callable[[Results], Any], Callable[[Any, Any], None], int]] = {
    "incremental": ("growth", growth_data, draw_incremental, 1),
    "memory": ("growth", growth_data, draw_memory, 1),
    "noise": ("noise", noise_data, draw_noise, 3),
}
"""Name of a plot -> (the step that it needs, what it shows, what draws it, panels)."""


def write(held: Results) -> None:
    import matplotlib as mpl
    from matplotlib.figure import Figure

    mpl.rcParams |= {
        "svg.hashsalt": "wirecopy",
        "svg.fonttype": "none",
        "font.size": 9,
        "axes.spines.top": False,
        "axes.spines.right": False,
    }
    for name, (step, data, draw, panels) in PLOTS.items():
        if step not in held["steps"]:
            continue
        figure = Figure(figsize=(5.6 if panels == 1 else 10.5, 3.2), layout="constrained", facecolor="white")
        axes = figure.subplots(1, panels, sharey=True)
        draw(axes, data(held))
        description = f"results {digest(data(held))}"
        figure.savefig(path_of(name), metadata={"Date": None, "Description": description})


def path_of(name: str) -> Path:
    return ROOT / "docs" / f"performance-{name}.svg"
