"""Pages as HTML, each from what one query has found.  Pure.

Links and addresses are relative, and all pages lie in one folder: they work below any path.  A form that is to change
the corpus names a DAG and its parameters; the script (corpus.js) starts the run by Airflow's own interface, which asks
whether the user may.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any
from urllib.parse import urlencode

from etl.pages.frame import CURATE, decide, form, link, page, paragraphs
from etl.pages.queries import MAX_COPIES, MAX_DAYS, MAX_HELD, Copy, Overview, Review, Row, Story
from etl.pages.run import previews_table, runs_table
from etl.report.diff import Diff, shown
from etl.report.explanation import Explanation
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


def story(found: Story) -> str:
    named = found.named
    body: list[Any] = [E.p(CLASS("lead"), f"{named.source}: {named.source_key}"), *_standing(named)]
    if found.copies:
        first = f", the first {MAX_COPIES}" if found.total > MAX_COPIES else ""
        body += [
            E.h2(f"{found.total:,} articles tell it{first}"),
            table(
                ("published", "day", "source", "headline", "words", "relation", "Jaccard"),
                [_copy(each) for each in found.copies],
            ),
        ]
    body += _related(named)
    if named.diff is not None:
        body += [E.h2("From the canonical's text to this one"), E.p(CLASS("text"), *_diffed(named.diff))]
    elif found.body:
        body += [E.h2("Text"), *paragraphs(found.body)]
    if named.history:
        head = ("run", "at (UTC)", "what it did", "stands for it")
        body += [
            E.h2("What each run did"),
            table(head, [(E.a(str(t.run_id), href=f"run?{urlencode({'id': t.run_id})}"), t.at[:16].replace("T", " "),
                          t.change.replace("_", " "), (t.canonical_id or "")[:8]) for t in named.history]),
        ]  # fmt: skip
    if named.decisions:
        body += [E.h2("What people said"), E.ul(*(E.li(said.line()) for said in named.decisions))]
    return page(named.title or named.source_key, None, body)


def _related(named: Explanation) -> list[Any]:
    """The articles that it is related to, with links."""
    if not named.related:
        return []
    more = f", and {named.related_more:,} more" if named.related_more else ""
    head = ("relation", "headline", "source", "it is", "of this one in it", "of it in this", "longest passage, words")
    rows = [
        (
            each.kind,
            link(each.other_id, each.title or each.source_key),
            each.source,
            "earlier" if each.is_earlier else "later",
            f"{each.mine:.0%}",
            f"{each.theirs:.0%}",
            str(each.longest_passage),
        )
        for each in named.related
    ]
    return [E.h2(f"Related articles{more}"), table(head, rows)]


def _standing(named: Explanation) -> list[Any]:
    """Where an article stands, why, and what a person can do about it."""
    lines = [E.p(line) for line in named.standing()]
    if named.state == "retracted":
        return [*lines, decide("Bring it back", "restore", [named.article_id])]
    if named.state in ("quarantined", "erased"):
        return lines
    forms = [decide("Retract", "retract", [named.article_id])]
    if named.state == "duplicate":
        pair = [named.article_id, named.canonical_id]
        forms = [
            decide("They are different stories", "different", pair),
            decide("They are the same", "same", pair),
            *forms,
        ]
    return [*lines, E.div(CLASS("decide"), *forms)]


def _copy(copy: Copy) -> tuple[Any, ...]:
    alike = "" if copy.relation == "canonical" else f"{copy.jaccard:.3f}"
    headline = link(copy.article_id, copy.title or copy.article_id)
    return copy.published_at[:16], copy.day, copy.source, headline, copy.words, copy.relation, alike


def _diffed(diff: Diff) -> Iterable[Any]:
    tags = {"same": "span", "removed": "del", "added": "ins"}
    for piece in shown(diff):
        yield E(tags[piece.op], piece.text)
        yield " "
    if diff.left_out:
        yield f"… and {diff.left_out} words more, not compared"


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
    further = f"review?{urlencode({'skip': [*skipped, pair.article_id]}, doseq=True)}"
    body = [
        E.p(CLASS("lead"), f"{pair.left:,} pairs wait.  Do the two tell one story?"),
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
