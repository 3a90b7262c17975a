"""The report as one self-contained HTML page, for a browser without a network.  Pure.

Every text is inserted as text: lxml escapes it.  The page has no script, and its policy forbids scripts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from lxml import etree, html
from lxml.html import builder as E

from etl.report.holdings import TABLE_HEAD, Holdings, cells
from etl.report.plots import Spec, plots
from schemas.records import RunReport

MAX_DAY_ROWS = 2_000  # the latest: a browser copes with ten thousand, a reader does not
POLICY = "default-src 'none'; style-src 'unsafe-inline'"
STYLE = """
:root { color-scheme: light; }
body { font: 16px/1.5 system-ui, Helvetica, Arial, sans-serif; color: #1b1b1b; background: #fff; margin: 0 auto;
  max-width: 62rem; padding: 2rem 1.25rem 4rem; }
h1 { font-size: 1.7rem; margin: 0 0 .25rem; } h2 { font-size: 1.15rem; margin: 2.5rem 0 .75rem; }
p.lead { color: #444; margin: 0 0 1.5rem; overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); gap: .75rem; margin: 0; }
dl div { border: 1px solid #ddd; border-radius: .5rem; padding: .6rem .8rem; }
dt { color: #555; font-size: .85rem; } dd { margin: 0; font-size: 1.4rem; font-variant-numeric: tabular-nums; }
figure { margin: 0; } svg { max-width: 100%; height: auto; overflow: visible; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th, td { text-align: left; padding: .35rem .7rem .35rem 0; border-bottom: 1px solid #e4e4e4; vertical-align: top; }
td { overflow-wrap: anywhere; } th { color: #555; font-weight: 600; white-space: nowrap; }
.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
code { font-size: .85rem; } summary { cursor: pointer; color: #0060a0; }
@media print { details { display: none; } h2, figure { break-after: avoid; } }
"""


def page(report: RunReport, found: Holdings, at: datetime, draw: Callable[[Spec], str]) -> str:
    """The page as HTML.

    report  of the run that it shows; found: the store now
    at      the time of making it, UTC
    draw    turns a Vega-Lite specification into SVG
    """
    when = f"run {report.run_id}" + (f" of {report.source}" if report.source else "")
    body = [
        E.H1("The corpus, and what is not in it"),
        E.P(f"{when}; made on {at:%Y-%m-%d %H:%M} UTC", E.CLASS("lead")),
        _figures(report, found),
        *(_drawn(title, draw(spec)) for title, spec in plots(found)),
        *_tables(found),
        E.H2("The run"),
        E.P(E.CODE(report.line())),
    ]
    head = E.HEAD(
        E.META(charset="utf-8"),
        E.META({"http-equiv": "Content-Security-Policy", "content": POLICY}),
        E.META(name="viewport", content="width=device-width, initial-scale=1"),
        E.TITLE("wirecopy: report"),
        E.STYLE(STYLE),
    )
    document = E.HTML(head, E.BODY(E.E.main(*body)), lang="en")
    return f"<!doctype html>\n{html.tostring(document, encoding='unicode')}\n"


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
    return E.DL(*(E.DIV(E.DT(name), E.DD(value)) for name, value in told.items()))


def _drawn(title: str, svg: str) -> Any:
    """A plot under its title; what a reader of screens is told of it stands in the drawing."""
    drawing = etree.fromstring(svg.encode())
    drawing.set("role", "group")
    drawing.set("aria-label", title)
    return E.E.section(E.H2(title), E.E.figure(drawing))


def _tables(found: Holdings) -> list[Any]:
    made = []
    if found.days:
        made += [E.H2("Sources"), _table(TABLE_HEAD, [cells(row) for row in found.sources()])]
    dated = sorted((day for day in found.days if day.day), key=lambda row: (row.day, row.source), reverse=True)
    if dated:
        rows = [(row.day, *cells(row)) for row in dated[:MAX_DAY_ROWS]]
        left = f", the latest {MAX_DAY_ROWS:,} of {len(dated):,}" if len(dated) > MAX_DAY_ROWS else ""
        made.append(E.E.details(E.E.summary(f"Every day of every source{left}"), _table(("day", *TABLE_HEAD), rows)))
    if found.clusters:
        head = ("articles", "headline of the canonical", "article")
        largest = [(row.articles, row.title or "(without a headline)", row.article_id) for row in found.clusters]
        made += [E.H2("Largest clusters"), _table(head, largest)]
    if found.reasons:
        made += [E.H2("Quarantine"), _table(("stage", "because", "records"), found.reasons)]
    return made


def _table(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> Any:
    """Numbers to the right."""
    right = [all(isinstance(row[n], int) or str(row[n]).endswith(" %") for row in rows) for n in range(len(head))]
    kinds = [{"class": "n"} if each else {} for each in right]
    titles = E.TR(*(E.TH(name, scope="col", **kind) for name, kind in zip(head, kinds, strict=True)))
    body = (E.TR(*(E.TD(_shown(v), **kind) for v, kind in zip(row, kinds, strict=True))) for row in rows)
    return E.DIV(E.TABLE(E.THEAD(titles), E.TBODY(*body)), E.CLASS("scroll"))


def _shown(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)
