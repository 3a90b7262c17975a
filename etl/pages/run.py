"""Run: what a run did, or a preview would do, how near it came to the guard's limits, and Accept.  Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import urlencode

from etl.decide.guard import Margin
from etl.pages.frame import form, link, page
from etl.pages.queries import MAX_CHANGES, Row, RunPage
from etl.report.html_parts import CLASS, E, table
from etl.store.previews import Preview
from schemas.records import Joined, RunReport

WOULD = {
    "added": "would be added",
    "became_duplicate": "of the corpus would become duplicates of others",
    "became_canonical": "would become canonical",
    "revised": "would be revised",
    "retracted": "would be retracted",
}
"""Kind of change → what a preview says of it."""


def runs_table(runs: Iterable[Row]) -> Any:
    head = ("run", "source", "day", "finished (UTC)", "new", "revised", "quarantined", "outcome")
    return table(
        head,
        [
            (
                E.a(str(row.run_id), href=f"run?{urlencode({'id': row.run_id})}"), row.source,
                str(row.partition_date or ""), f"{row.finished_at:%Y-%m-%d %H:%M}", row.new, row.revised,
                row.quarantined, _outcome("refused" if row.refused else "committed"),
            )
            for row in runs
        ],
    )  # fmt: skip


def previews_table(found: Iterable[Preview]) -> Any:
    head = ("preview", "source", "day", "made (UTC)", "new", "revised", "quarantined", "outcome")
    return table(
        head,
        [
            (
                E.a(str(each.number), href=f"run?{urlencode({'preview': each.number})}"), each.report.source,
                str(each.report.partition_date or ""), f"{each.at:%Y-%m-%d %H:%M}", each.report.new,
                each.report.revised, each.report.quarantined,
                _outcome("would be refused" if each.report.refused else "would pass"),
            )
            for each in found
        ],
    )  # fmt: skip


def _outcome(said: str) -> Any:
    return E.strong(CLASS("bad"), said) if "refused" in said else said


def run_page(found: RunPage) -> str:
    report = found.report
    body: list[Any] = [E.p(E.code(report.line())), E.p(CLASS("lead"), found.label)]
    if report.refused:
        body += [
            E.h2("Refused: nothing of it was kept"),
            *_refused(report, found.examples),
            E.p("If the day is right, accept it: the run is done again without the guard."),
            _again(report, "Accept", True),
        ]
    if report.accepted:
        body += [E.h2(f"Accepted by {report.accepted_by}"), E.ul(*(E.li(each) for each in report.accepted.split("; ")))]
    for kind, (count, rows) in found.changes.items():
        first = f", the first {MAX_CHANGES}" if count > MAX_CHANGES else ""
        body += [
            E.h2(f"{kind.replace('_', ' ')}: {count:,}{first}"),
            table(
                ("source", "headline", "stands for it"),
                [(row.source, link(row.article_id, row.title or row.article_id),
                  "" if row.canonical_id in (None, row.article_id) else link(row.canonical_id, row.canonical_id[:8]))
                 for row in rows],
            ),
        ]  # fmt: skip
    if not found.changes and not report.refused:
        body.append(E.p("It changed no article."))
    body += _margins(found.margins)
    return page(f"Run {report.run_id}: {_of(report)}", None, body)


def preview_page(found: Preview) -> str:
    report = found.report
    changes = [E.li(f"{count:,} {WOULD[kind]}") for kind, count in found.changes.items()]
    body: list[Any] = [
        E.p(E.strong("A preview: nothing of it was kept."), f" Made on {found.at:%Y-%m-%d at %H:%M} UTC."),
        E.p(E.code(report.line())),
        E.p(CLASS("lead"), found.label),
    ]
    if report.refused:
        body += [E.h2("It would be refused"), *_refused(report, ())]
    body += [E.h2("What the run would change"), E.ul(*changes) if changes else E.p("No article.")]
    accept = bool(report.refused)
    body += [*_joined(found.examples), _again(report, "Run it, and accept it" if accept else "Run it", accept)]
    body += _margins(found.margins)
    return page(f"Preview {found.number}: {_of(report)}", None, body)


def labelled_page(label: str, runs: Sequence[Row], previews: Sequence[Preview]) -> str:
    """What a run of Airflow did to the store, of several days or in several attempts."""
    body: list[Any] = [E.p(CLASS("lead"), label)]
    if runs:
        body.append(runs_table(runs))
    if previews:
        body += [E.h2("Previews, of which nothing was kept"), previews_table(previews)]
    if not (runs or previews):
        body.append(E.p("The store keeps no run of this name: it changed nothing, or it has not come to its commit."))
    return page("What this run did", None, body)


def _of(report: RunReport) -> str:
    return f"{report.source} {report.partition_date or ''}".strip()


def _again(report: RunReport, name: str, accept: bool) -> Any:
    """A button that runs the same day for good."""
    conf: dict[str, Any] = {"accept": True} if accept else {}
    if report.partition_date:
        conf["date"] = str(report.partition_date)
    return form(f"ingest_{report.source}", conf, [(name, {})])


def _refused(report: RunReport, examples: Sequence[Joined]) -> list[Any]:
    return [E.ul(*(E.li(reason) for reason in (report.refused or "").split("; "))), *_joined(examples)]


def _margins(margins: Sequence[Margin]) -> list[Any]:
    """How near a run came to each limit.  Of runs of earlier versions, and of decisions, it is not known."""
    if not margins:
        return []
    rows = [(each.what, _amount(each), _most(each), _reached(each)) for each in margins]
    return [E.h2("How near it came to the limits"), table(("", "this run", "limit", "of the limit"), rows)]


def _amount(margin: Margin) -> str:
    if margin.whole is None:
        return f"{margin.part:,}"
    share = f" ({margin.part / margin.whole:.1%})" if margin.whole else ""
    return f"{margin.part:,} of {margin.whole:,}{share}"


def _most(margin: Margin) -> str:
    return f"{margin.most:,.0f}" if margin.whole is None else f"{100 * margin.most:g} %"


def _reached(margin: Margin) -> Any:
    if not margin.judged:
        return "not judged: too few"
    said = f"{margin.reached:.0%}"
    return E.strong(CLASS("bad"), said) if margin.reached > 1 else said


def _joined(examples: Sequence[Joined]) -> list[Any]:
    """Articles that a run would have made duplicates: their files still lie at the source."""
    head = ("source", "headline", "file", "would join")
    rows = [
        (each.source, each.title, E.code(each.path), f"{each.canonical_source}: {each.canonical_title}")
        for each in examples
    ]
    return [table(head, rows)] if rows else []
