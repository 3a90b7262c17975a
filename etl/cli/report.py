"""Commands that read a store: report, explain and export."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import click

from etl.cli.shared import JSON, STORE, DayType, Examples, ask, say, say_json, say_report, settings_for
from etl.errors import Usage
from etl.text.printed import escaped

if TYPE_CHECKING:
    import sqlalchemy as sa

    from etl.report.explanation import Explanation
    from etl.report.holdings import Holdings
    from schemas.records import RunReport


@click.command(
    cls=Examples, examples=["wirecopy report", "wirecopy report --run 3 --json", "wirecopy report --html report.html"]
)
@click.option("--run", "run_id", type=click.IntRange(1, 2**63 - 1), metavar="ID", help="A run's number.  [the last]")
@click.option("--html", "page", type=click.Path(dir_okay=False), metavar="FILE", help="One page with plots, to send.")
@STORE
@JSON
def report(run_id: int | None, page: str | None, store: str | None, as_json: bool) -> None:
    """Show the counts of a run, and the store's contents by source, day, cluster, Jaccard and quarantine reason."""
    from etl.report import queries
    from etl.report.holdings import tables
    from etl.store import runs

    def answer(connection: sa.Connection) -> None:
        found, holdings = runs.find(connection, run_id), queries.holdings(connection)
        joined = runs.examples(connection, found.run_id or 0)
        if page is not None:
            _write_page(page, found, holdings)
        if as_json:
            examples = [each._asdict() for each in joined]
            say_json({**found.as_json(), "refused_examples": examples, **holdings.as_json()})
            return
        lines = tables(holdings)
        say(*(each.line() for each in joined))
        say_report(found, as_json)
        say("", *lines)

    ask(store, answer)


def _write_page(path: str, report: RunReport, holdings: Holdings) -> None:
    """Write the page, whole or not at all."""
    from etl.report.page import page

    try:
        from vl_convert import vegalite_to_svg
    except ModuleNotFoundError as missing:
        raise Usage(f"plots need {missing.name}: pip install 'wirecopy[report]'") from None
    told = page(report, holdings, datetime.now(UTC), vegalite_to_svg)
    try:
        with click.open_file(path, "w", encoding="utf-8", atomic=path != "-") as stream:
            stream.write(told)
    except OSError as error:
        raise Usage(f"{path} cannot be written: {error.strerror or error}; name another file") from error


@click.command(
    cls=Examples,
    examples=[
        "wirecopy explain wire/012_3b1f0c9e2d4a5b67.txt",
        "wirecopy explain 4f1c09 --diff | less -R",
        "wirecopy explain port strike",
        "wirecopy explain https://gazette.example/port-strike --json",
    ],
)
@click.argument("words", nargs=-1, required=True, metavar="ARTICLE")
@click.option("--diff/--no-diff", default=None, help="Compare the two texts word by word.  [on a terminal]")
@STORE
@JSON
def explain(words: tuple[str, ...], diff: bool | None, store: str | None, as_json: bool) -> None:
    """Explain the fate of an ARTICLE, named by id (or its first 6 digits), URL, key, path or words of its headline.

    The diff goes from the canonical's text to the article's: [-only in the first-] {+only in the second+}.
    """
    from etl.report.explain import explain as explanations_of
    from etl.store.lookups import MAX_ARTICLES_A_NAME

    named = " ".join(words).encode("utf-8", "surrogateescape")
    article = named.decode("utf-8", "backslashreplace")  # as paths are kept

    def answer(connection: sa.Connection) -> None:
        found = explanations_of(connection, article)
        if as_json:
            say_json([e.as_json() for e in found])
            return
        told = ["\n".join(map(escaped, e.lines())) for e in found]
        if diff if diff is not None else sys.stdout.isatty():
            told = ["\n".join([text, *_coloured(e)]) for text, e in zip(told, found, strict=True)]
        click.echo("\n\n".join(told))
        if len(found) >= MAX_ARTICLES_A_NAME:
            say(f"these are the first {MAX_ARTICLES_A_NAME} that {article!r} names; name one by its id", err=True)

    ask(store, answer)


def _coloured(explanation: Explanation) -> Iterator[str]:
    """The diff as text; click drops the colours where there is no terminal."""
    from etl.report.explanation import marked

    if explanation.diff is not None:
        styles: dict[str, dict[str, Any]] = {"same": {}, "removed": {"fg": "red"}, "added": {"fg": "green"}}
        pieces = ((piece.op, "\n".join(map(escaped, piece.text.split("\n")))) for piece in marked(explanation.diff))
        yield "\n" + " ".join(click.style(text, **styles[op]) for op, text in pieces)


@click.command(
    cls=Examples,
    examples=[
        "wirecopy export corpus",
        "wirecopy export everything --all --format jsonl",
        "wirecopy export corpus --source gazette --date 2026-03-14",
        "wirecopy export open --licence 'CC-BY*' --licence 'CC0*' --not-reserved",
        "wirecopy export training --without-reference squad --without-reference licensed",
    ],
)
@click.argument("folder", metavar="DIR", type=click.Path())
@click.option("--format", "form", type=click.Choice(["parquet", "jsonl", "csv"]), default="parquet", show_default=True)
@click.option("--all", "duplicates", is_flag=True, help="Duplicates too, with canonical_id, relation, jaccard, bands.")
@click.option("--source", metavar="NAME", help="Only the files of this source.")
@click.option("--date", "day", type=DayType(), help="Only the files of this day.")
@click.option(
    "--without-reference",
    "without",
    multiple=True,
    metavar="NAME",
    help="No article that has passages of this reference; may be given several times.",
)
@click.option(
    "--max-share",
    type=click.FloatRange(0, 1),
    default=0.0,
    show_default=True,
    help="With --without-reference: articles stay that share no more than this part of their 13-token shingles, or"
    " of the document's.",
)
@click.option(
    "--licence",
    multiple=True,
    metavar="NAME",
    help="Only articles of this licence, such as 'CC-BY*'; may be given several times.",
)
@click.option("--not-reserved", is_flag=True, help="No article that reserves text and data mining.")
@STORE
@JSON
def export(
    folder: str,
    form: str,
    duplicates: bool,
    source: str | None,
    day: date | None,
    without: tuple[str, ...],
    max_share: float,
    licence: tuple[str, ...],
    not_reserved: bool,
    store: str | None,
    as_json: bool,
) -> None:
    """Write the corpus as files below DIR; a second export writes only files that are missing or out of date."""
    from etl.export.export import Choice
    from etl.export.export import export as write_export

    named = tuple(dict.fromkeys(licence))
    choice = Choice(duplicates, source, day, tuple(dict.fromkeys(without)), max_share, named, not_reserved)
    done = write_export(settings_for(store).store, folder, form, choice)
    if as_json:
        say_json(asdict(done))
    else:
        say(done.line())
