"""Parts of a page: what the report and the pages of the corpus are built from.  Pure.

Every text is inserted as text: lxml escapes it.  Characters that no page may have are shown as U+FFFD.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from lxml import etree, html
from lxml.builder import ElementMaker

FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
MAX_SHORT = 16  # characters of a text that is not wrapped
STYLE = """
:root { color-scheme: light dark; --page: light-dark(#fff, #16181b); --ink: light-dark(#1b1b1b, #e8e8e8);
  --dim: light-dark(#555, #a8adb3); --line: light-dark(#ddd, #3a3f45); --link: light-dark(#0060a0, #7cc0f5); }
body { font: 16px/1.5 system-ui, Helvetica, Arial, sans-serif; color: var(--ink); background: var(--page);
  margin: 0 auto; max-width: 62rem; padding: 2rem 1.25rem 4rem; }
h1 { font-size: 1.7rem; margin: 0 0 .25rem; overflow-wrap: anywhere; }
h2 { font-size: 1.15rem; margin: 2.5rem 0 .75rem; }
p.lead { color: var(--dim); margin: 0 0 1.5rem; overflow-wrap: anywhere; } a { color: var(--link); }
dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); gap: .75rem; margin: 0; }
dl div { border: 1px solid var(--line); border-radius: .5rem; padding: .6rem .8rem; }
dt { color: var(--dim); font-size: .85rem; } dd { margin: 0; font-size: 1.4rem; font-variant-numeric: tabular-nums; }
figure { margin: 0; } svg { max-width: 100%; height: auto; overflow: visible; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th, td { text-align: left; padding: .35rem .7rem .35rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
td { overflow-wrap: anywhere; min-width: 4rem; } th { color: var(--dim); font-weight: 600; white-space: nowrap; }
.s { white-space: nowrap; } .n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
code { font-size: .85rem; overflow-wrap: anywhere; } summary { cursor: pointer; color: var(--link); }
@media print { details { display: none; } h2, figure { break-after: avoid; } }
"""


def printable(text: str) -> str:
    """A text that a page may have."""
    return FORBIDDEN.sub("\ufffd", text)


def _add(element: Any, text: str) -> None:
    """What the builder does to a text, and nothing where the page may not have it."""
    text = printable(text)
    if len(element):
        element[-1].tail = (element[-1].tail or "") + text
    else:
        element.text = (element.text or "") + text


E = ElementMaker(makeelement=html.html_parser.makeelement, typemap={str: _add})
"""Builds elements: E.p("text", E.a("link", href="…")); names of tags in small letters."""


def CLASS(*names: str) -> dict[str, str]:
    """An element's classes."""
    return {"class": " ".join(names)}


def document(title: str, head: Sequence[Any], body: Sequence[Any]) -> str:
    """A whole page as HTML; head: what stands there beside the usual."""
    usual = (E.meta(charset="utf-8"), E.meta(name="viewport", content="width=device-width, initial-scale=1"))
    made = E.html(E.head(*usual, E.title(title), *head), E.body(*body), lang="en")
    return f"<!doctype html>\n{etree.tostring(made, encoding='unicode', method='html')}\n"


def figures(told: Mapping[str, str]) -> Any:
    """Numbers under their names."""
    return E.dl(*(E.div(E.dt(name), E.dd(value)) for name, value in told.items()))


def table(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> Any:
    """Numbers to the right, short texts on one line; a cell may be an element."""
    kinds = [_kind([row[n] for row in rows]) for n in range(len(head))]
    titles = E.tr(*(E.th(name, scope="col", **kind) for name, kind in zip(head, kinds, strict=True)))
    body = (E.tr(*(E.td(_shown(v), **kind) for v, kind in zip(row, kinds, strict=True))) for row in rows)
    return E.div(E.table(E.thead(titles), E.tbody(*body)), CLASS("scroll"), tabindex="0")  # scrolled by keyboard, too


def _kind(values: Sequence[Any]) -> dict[str, str]:
    if all(isinstance(value, int) or str(value).endswith(" %") for value in values):
        return {"class": "n"}
    short = all(not isinstance(value, etree._Element) and len(str(value)) <= MAX_SHORT for value in values)
    return {"class": "s"} if short else {}


def _shown(value: Any) -> Any:
    if isinstance(value, etree._Element):
        return value
    return f"{value:,}" if isinstance(value, int) else str(value)
