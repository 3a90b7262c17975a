"""The report's plots, as Vega-Lite specifications.  Pure.

Values are inserted as data, never as expressions: names of sources and reasons cannot become code.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Any

from etl.report.holdings import JACCARD_BINS, Day, Holdings

Spec = dict[str, Any]

WIDTH_PX, HEIGHT_PX, LOW_PX = 820, 240, 64  # LOW_PX: of one of several plots in a column
MAX_COLOURED_SOURCES = 7  # the others are drawn as one
MAX_SINGLE_DAYS = 92  # a longer time is drawn by month
OTHERS = "all others"
COLOURS = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#6f6f6f", "#b8b8b8"]
"""The palette of Okabe and Ito, which colour-blind people can tell apart, and a grey for all others."""
CONFIG: Spec = {
    "background": None,
    "font": "Helvetica, Arial, sans-serif",
    "view": {"stroke": None},
    "axis": {"grid": True, "gridColor": "#e4e4e4", "domainColor": "#888", "labelFontSize": 12, "titleFontSize": 12,
             "titleFontWeight": "normal", "titlePadding": 16, "labelLimit": 280, "tickColor": "#888",
             "labelOverlap": True},
    "axisX": {"grid": False},
    "legend": {"labelFontSize": 12, "title": None, "orient": "top", "labelLimit": 200, "columns": 4},
    "range": {"category": COLOURS},
    "bar": {"color": COLOURS[0]},
    "text": {"fontSize": 12},
}  # fmt: skip
SIZE_CLASSES = (1, 2, 3, 4, 5, 10, 20, 50, 100, 1_000, 10_000)
"""The least cluster size of each class."""


def plots(found: Holdings) -> list[tuple[str, Spec]]:
    """(title, specification) of each plot for which the store has data."""
    days = _drawn(found)
    dated = [day for day in days if day.day]
    made: list[tuple[str, Spec]] = []
    if dated:
        step = "month" if _span(dated) >= MAX_SINGLE_DAYS else "day"
        made += [(f"Articles by {step} and source", _articles(dated, step)),
                 (f"Duplicate rate by {step} and source", _rates(dated, step))]  # fmt: skip
    elif days:
        bars = [{"label": day.source, "value": day.articles} for day in found.sources()]
        made.append(("Articles by source", _bars(bars, "articles")))
    if found.sizes:
        made.append(
            ("Clusters by number of articles", _bars(_sizes(found.sizes), "clusters, on a logarithmic scale", True))
        )
    if found.jaccard:
        made.append(("Near-duplicates by exact Jaccard with their canonical", _histogram(found.jaccard)))
    if found.reasons:
        bars = [{"label": f"{row.stage}: {row.reason}", "value": row.records} for row in found.reasons]
        made.append(("Quarantined records by reason", _bars(bars, "records")))
    return made


def _drawn(found: Holdings) -> list[Day]:
    """The days, with the sources that have the fewest articles as one."""
    largest = sorted(found.sources(), key=lambda row: (-row.articles, row.source))[:MAX_COLOURED_SOURCES]
    names = {row.source for row in largest}
    return [row if row.source in names else row._replace(source=OTHERS) for row in found.days]


def _articles(days: list[Day], step: str) -> Spec:
    values = _values(days, step, "articles")
    y = {"field": "articles", "type": "quantitative", "title": "articles", "stack": "zero"}
    mark = {"type": "bar", "width": {"band": 0.9}}
    return _plot(values, mark, {"x": _time(step), "y": y, "color": _source(days)})


def _rates(days: list[Day], step: str) -> Spec:
    """A plot a source, under each other: lines of several sources would hide each other."""
    y = {"field": "rate", "type": "quantitative", "title": None, "axis": {"format": "%", "tickCount": 3},
         "scale": {"domainMin": 0}}  # fmt: skip
    colour = {**_source(days), "legend": None}
    header = {"title": None, "labelAnchor": "start", "labelFontSize": 12, "labelFontWeight": "bold", "labelPadding": 4}
    facet = {**_source(days), "header": header}
    inner = {
        "mark": {"type": "area", "line": True, "point": {"size": 14}, "fillOpacity": 0.2},
        "encoding": {"x": _time(step), "y": y, "color": colour},
        "width": WIDTH_PX,
        "height": LOW_PX,
    }
    return {
        "data": {"values": _values(days, step, "rate")},
        "facet": facet,
        "columns": 1,
        "spacing": 12,
        "spec": inner,
        "config": CONFIG,
    }


def _values(days: Iterable[Day], step: str, name: str) -> list[Spec]:
    """Articles or rate of each step of time and source."""
    summed: dict[tuple[str, str], Day] = {}
    for row in days:
        day = row.day.isoformat() if row.day else ""
        key = (day if step == "day" else f"{day[:7]}-01", row.source)
        summed[key] = summed[key] + row if key in summed else row
    return [
        {"day": day, "source": source, name: getattr(row, name)}
        for (day, source), row in sorted(summed.items())
        if row.articles
    ]


def _time(step: str) -> Spec:
    unit, shown = {"day": ("utcyearmonthdate", "%-d %b %Y"), "month": ("utcyearmonth", "%b %Y")}[step]
    axis = {"format": shown, "labelOverlap": True, "labelFlush": True, "tickCount": 8}
    return {"field": "day", "type": "temporal", "timeUnit": unit, "title": None, "axis": axis}


def _source(days: Iterable[Day]) -> Spec:
    return {
        "field": "source",
        "type": "nominal",
        "sort": sorted({day.source for day in days}, key=lambda s: (s == OTHERS, s)),
    }


def _sizes(sizes: dict[int, int]) -> list[Spec]:
    """Clusters by class of size, empty classes between others included."""
    bounds = [*pairwise(SIZE_CLASSES), (SIZE_CLASSES[-1], None)]
    counts = []
    for begin, end in bounds:
        label = f"{begin:,}" if end == begin + 1 else f"{begin:,} to {end - 1:,}" if end else f"{begin:,} or more"
        value = sum(n for size, n in sizes.items() if begin <= size and (end is None or size < end))
        counts.append({"label": label, "value": value})
    while not counts[-1]["value"]:
        counts.pop()
    return counts


def _histogram(jaccard: dict[int, int]) -> Spec:
    first, last = min(jaccard), max(jaccard)
    values = [
        {"from": n / JACCARD_BINS, "to": (n + 1) / JACCARD_BINS, "duplicates": jaccard.get(n, 0)}
        for n in range(first, last + 1)
    ]
    bins = {"bin": {"binned": True, "step": 1 / JACCARD_BINS}, "scale": {"domain": [first / JACCARD_BINS, 1]}}
    encoding = {
        "x": {"field": "from", **bins, "title": "exact Jaccard", "type": "quantitative"},
        "x2": {"field": "to"},
        "y": {"field": "duplicates", "type": "quantitative", "title": "near-duplicates"},
    }
    return _plot(values, {"type": "bar", "binSpacing": 1}, encoding)


def _bars(values: list[Spec], unit: str, logarithmic: bool = False) -> Spec:
    """Bars that lie, with their numbers: a label is as long as it is."""
    axis: Spec = {"format": ",d", "tickMinStep": 1, "tickCount": 5}
    if logarithmic:
        axis["values"] = [0, *(10**n for n in range(9))]
    y = {"field": "label", "type": "nominal", "sort": None, "title": None, "axis": {"grid": False, "ticks": False}}
    x = {"field": "value", "type": "quantitative", "title": unit, "axis": axis}
    x["scale"] = {"type": "symlog" if logarithmic else "linear"}
    number = {"mark": {"type": "text", "align": "left", "dx": 4, "aria": False},
              "encoding": {"text": {"field": "value", "format": ",d"}}}  # fmt: skip
    return {
        "data": {"values": values},
        "layer": [{"mark": {"type": "bar", "height": {"band": 0.7}}}, number],
        "encoding": {"y": y, "x": x},
        "width": WIDTH_PX - 240,
        "height": {"step": 24},
        "padding": {"left": 40, "right": 40, "top": 5, "bottom": 5},  # where letters are wider than was reckoned
        "config": CONFIG,
    }


def _plot(values: list[Spec], mark: Spec, encoding: Spec) -> Spec:
    return {
        "data": {"values": values},
        "mark": mark,
        "encoding": encoding,
        "width": WIDTH_PX,
        "height": HEIGHT_PX,
        "config": CONFIG,
    }


def _span(days: list[Day]) -> int:
    """Days from the first to the last."""
    numbers = [row.day.toordinal() for row in days if row.day]
    return max(numbers) - min(numbers)
