"""The report as one self-contained HTML page, for a browser without a network.  Pure.

Every text is inserted as text: lxml escapes it.  The page has no script, and its policy forbids scripts.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from lxml import etree

from etl.report.holdings import TABLE_HEAD, Holdings, cells
from etl.report.html_parts import CLASS, STYLE, E, document, figures, table
from etl.report.plots import Spec, plots
from schemas.records import RunReport

MAX_DAY_ROWS = 2_000  # the latest: a browser copes with ten thousand, a reader does not
POLICY = "default-src 'none'; style-src 'unsafe-inline'"
LIGHT = ":root { color-scheme: light; }"  # its plots are drawn for paper


def page(report: RunReport, found: Holdings, at: datetime, draw: Callable[[Spec], str]) -> str:
    """The page as HTML.

    report  of the run that it shows; found: the store now
    at      the time of making it, UTC
    draw    turns a Vega-Lite specification into SVG
    """
    when = f"run {report.run_id}" + (f" of {report.source}" if report.source else "")
    body = [
        E.h1("The corpus, and what is not in it"),
        E.p(f"{when}; made on {at:%Y-%m-%d %H:%M} UTC", CLASS("lead")),
        _figures(report, found),
        *(_drawn(title, draw(spec)) for title, spec in plots(found)),
        *_tables(found),
        E.h2("The run"),
        *(E.p(E.code(line)) for line in (report.line(), *report.remarks())),
    ]
    head = [E.meta({"http-equiv": "Content-Security-Policy", "content": POLICY}), E.style(f"{STYLE}{LIGHT}")]
    return document("wirecopy: report", head, [E.main(*body)])


def _figures(report: RunReport, found: Holdings) -> Any:
    copies = report.exact + report.near
    rate = f"{100 * copies / report.articles:.1f} %" if report.articles else "0 %"
    told = {
        "articles": f"{report.articles:,}",
        "in the corpus": f"{report.canonical:,}",
        "exact duplicates": f"{report.exact:,}",
        "near-duplicates": f"{report.near:,}",
        "duplicate rate": rate,
        "in quarantine": f"{sum(day.quarantined for day in found.days):,}",
        "retracted": f"{report.retracted:,}",
    }
    return figures(told)


def _drawn(title: str, svg: str) -> Any:
    """A plot under its title; what a reader of screens is told of it stands in the drawing."""
    drawing = etree.fromstring(svg.encode())
    drawing.set("role", "group")
    drawing.set("aria-label", title)
    return E.section(E.h2(title), E.figure(drawing))


def _tables(found: Holdings) -> list[Any]:
    made = []
    if found.days:
        made += [E.h2("Sources"), table(TABLE_HEAD, [cells(row) for row in found.sources()])]
    dated = sorted((day for day in found.days if day.day), key=lambda row: (row.day, row.source), reverse=True)
    if dated:
        rows = [(row.day, *cells(row)) for row in dated[:MAX_DAY_ROWS]]
        left = f", the latest {MAX_DAY_ROWS:,} of {len(dated):,}" if len(dated) > MAX_DAY_ROWS else ""
        made.append(E.details(E.summary(f"Every day of every source{left}"), table(("day", *TABLE_HEAD), rows)))
    if found.clusters:
        head = ("articles", "headline of the canonical", "article")
        largest = [(row.articles, row.title or "(without a headline)", row.article_id) for row in found.clusters]
        made += [E.h2("Largest clusters"), table(head, largest)]
    if found.reasons:
        made += [E.h2("Quarantine"), table(("stage", "because", "records"), found.reasons)]
    return made
