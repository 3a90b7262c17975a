"""Pages as HTML, each from what one query has found.  Pure.

Links and addresses are relative, and all pages lie in one folder: they work below any path.  A form that is to change
the corpus names a DAG and its parameters; the script (corpus.js) starts the run by Airflow's own interface, which asks
whether the user may.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from urllib.parse import urlencode

from etl.pages.frame import CURATE, form, link, page, paragraphs
from etl.pages.queries import MAX_DAYS, MAX_HELD, MAX_WAITING, Overview, Review, Row
from etl.pages.run import previews_table, runs_table
from etl.report.holdings import Day
from etl.report.html_parts import CLASS, E, figures, printable, table
from etl.store.quarantine import Held, spelled

MAX_RETRIES = 7  # days that are offered to be read again, the latest
BAR_PX, PLOT_PX = 14, 64
PARTS = ("canonical", "duplicates", "quarantined")


def overview(found: Overview) -> str:
    counts = found.counts
    told = {
        "articles": f"{counts['articles']:,}",
        "in the corpus": f"{counts['canonical']:,}",
        "exact duplicates": f"{counts['exact']:,}",
        "near-duplicates": f"{counts['near']:,}",
        "in quarantine": f"{found.quarantined:,}",
    }
    newest = max((day.day for day in found.days if day.day), default=None)
    body: list[Any] = [figures(told)]
    if found.sources:
        body += [E.h2("Sources, the quiet ones first"), _sources(found, newest)]
    body += [E.h2("The latest runs"), runs_table(found.runs) if found.runs else E.p("The store has seen no run yet.")]
    if found.previews:
        body += [E.h2("The latest previews, of which nothing was kept"), previews_table(found.previews)]
    return page("The corpus", "", body)


def _sources(found: Overview, newest: date | None) -> Any:
    most = max((day.articles + day.quarantined for day in found.days), default=0)
    rows = []
    for state in found.sources:
        mine = {day.day: day for day in found.days if day.source == state.source}
        wrong = E.strong(CLASS("bad"), state.problem) if state.problem else ""
        rows.append((state.source, str(state.last_day or "none"), wrong, _bars(mine, newest, most) if mine else ""))
    said = E.p(CLASS("lead"), f"The last {MAX_DAYS} days: ", *(E.span(CLASS(f"key {part}"), part) for part in PARTS))
    return E.div(said, table(("source", "last day", "", "articles by day"), rows))


def _bars(days: dict[date | None, Day], newest: date | None, most: int) -> Any:
    """A source's days as bars: canonical below, duplicates on it, quarantined records on top."""
    last = newest.toordinal() if newest else 0
    wide, tall = str(MAX_DAYS * BAR_PX), str(PLOT_PX)
    drawing = E.svg(role="img", width=wide, height=tall, viewBox=f"0 0 {wide} {tall}")
    told = []
    for day, counts in sorted((day, counts) for day, counts in days.items() if day):
        left, top = (MAX_DAYS - 1 - last + day.toordinal()) * BAR_PX, float(PLOT_PX)
        for part, number in zip(PARTS, (counts.canonical, counts.duplicates, counts.quarantined), strict=True):
            height = number * PLOT_PX / most if most else 0.0
            top -= height
            bar = {"x": str(left), "y": f"{top:.1f}", "width": str(BAR_PX - 2), "height": f"{height:.1f}"}
            drawing.append(E.rect(CLASS(part), **bar))
        told.append(
            f"{day}: {counts.canonical} in the corpus, {counts.duplicates} duplicates, {counts.quarantined} quarantined"
        )
    drawing.insert(0, E.title("; ".join(told)))
    return drawing


def sources(found: Sequence[Row]) -> str:
    head = (
        "source", "kind", "schedule (UTC)", "first day", "last day", "articles", "in the corpus", "usual a day",
        "days silent", "in quarantine", "refused runs", "rank", "earliest", "asked next (UTC)",
    )  # fmt: skip
    rows = [
        (
            row.source, "reference" if row.role == "reference" else row.kind or "", row.schedule or "",
            str(row.first_date or ""), str(row.last_date or ""), f"{row.articles:,}",
            "" if row.canonical_share is None else f"{row.canonical_share:.0%}",
            "" if row.usual_articles is None else f"{row.usual_articles:,.0f}",
            "" if row.days_silent is None else row.days_silent,
            E.a(f"{row.quarantined:,}", href="quarantine") if row.quarantined else "0",
            row.refused_runs, row.rank, str(row.earliest or ""), str(row.next_at or "")[:16],
        )
        for row in found
    ]  # fmt: skip
    said = table(head, rows) if rows else E.p("The store knows no source yet.")
    return page("Sources", "sources", [said])


def review(found: Review, skipped: Sequence[str]) -> str:
    """One pair to judge; how alike the two are is not told, so that it leads nobody."""
    answers = _answers(found)
    if (pair := found.pair) is None:
        return page("Review", "review", [E.p("No pair waits for a judgement."), *answers])
    ids = [pair.article_id, pair.canonical_id]
    sides = [
        E.article(E.h2(link(each, title or each)), E.p(CLASS("lead"), source), *paragraphs(text))
        for each, title, source, text in zip(reversed(ids), pair.titles, pair.sources, pair.bodies, strict=True)
    ]
    more = " or more" if pair.left == MAX_WAITING else ""
    further = f"review?{urlencode({'skip': [*skipped, pair.article_id]}, doseq=True)}"
    body = [
        E.p(CLASS("lead"), f"{pair.left:,}{more} pairs wait.  Do the two tell one story?"),
        E.div(
            CLASS("decide"),
            form(CURATE, {"word": "same", "articles": ids}, [("Same", {"data-key": "s"})], further),
            form(CURATE, {"word": "different", "articles": ids}, [("Different", {"data-key": "d"})], further),
            E.a("Skip", CLASS("button"), {"href": further, "data-key": "k"}),
            E.span(CLASS("lead"), "or the keys s, d and k"),
        ),
        E.div(CLASS("sides"), *sides),
    ]
    return page("Review", "review", [*body, *answers])


def _answers(found: Review) -> list[Any]:
    """What people's answers say of the pairs that the election joins."""
    if not found.by_band:
        return []
    told: list[Any] = [
        E.h2("What the answers say"),
        E.p(CLASS("lead"), "Of judged pairs, how many are the same story."),
    ]
    for name, rows in (("similarity", found.by_band), ("source of the copy", found.by_source)):
        shown = [(p.of, p.judged, p.same, f"{p.share:.0%}", f"{p.least:.0%} to {p.most:.0%}") for p in rows]
        told.append(table((name, "judged", "the same", "precision", "95 % interval"), shown))
    return told


def reasons(found: Sequence[Row]) -> str:
    rows = [
        (row.records, row.source, row.stage,
         E.a(row.reason, href=f"quarantine?{urlencode({'source': row.source, 'reason': row.reason})}"))
        for row in found
    ]  # fmt: skip
    said = table(("records", "source", "stage", "because"), rows) if rows else E.p("Nothing is in quarantine.")
    return page("Quarantine", "quarantine", [said])


def quarantined(source: str, reason: str, found: Sequence[Held]) -> str:
    first = f"the first {MAX_HELD}" if len(found) == MAX_HELD else f"{len(found)}"
    rows = [(held.name, str(held.partition_date or ""), E.code(spelled(held.head))) for held in found]
    body = [
        E.p(CLASS("lead"), f"{source}: {reason}"),
        E.p(
            "Mend the files where they lie, and read them again: ",
            E.code(f"wirecopy quarantine retry --source {source}"),
        ),
        E.div(CLASS("decide"), *_retries(source, found)),
        table((f"record ({first})", "day", "begins"), rows),
    ]
    return page("Quarantine", "quarantine", body)


def _retries(source: str, found: Sequence[Held]) -> list[Any]:
    """Buttons that read the days of these records again, by the source's own DAG."""
    days = sorted({held.partition_date for held in found if held.partition_date})
    if not days:
        return [form(f"ingest_{source}", {}, [("Read the source again", {})])]
    dag = f"ingest_{source}"
    return [form(dag, {"date": str(day)}, [(f"Read {day} again", {})]) for day in days[-MAX_RETRIES:]]


def search_page(words: str, found: Sequence[Row], note: str) -> str:
    form = E.form(
        E.label("Words, or an id, a URL, a key or a path ", E.input(name="q", value=printable(words), type="search")),
        E.button("Search", type="submit"), action="search", method="get", role="search",
    )  # fmt: skip
    body: list[Any] = [form]
    if note:
        body.append(E.p(note))
    elif words:
        body.append(E.p(f"{len(found)} found."))
    if found:
        rows = [(row.source, link(row.article_id, row.title or row.article_id)) for row in found]
        body.append(table(("source", "headline"), rows))
    return page("Search", "search", body)


def refused_page(title: str, why: str) -> str:
    return page(title, None, [E.p(why)])
