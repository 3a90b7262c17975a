"""Commands on quarantined records: quarantine list, show and retry."""

from __future__ import annotations

import click

from etl.cli.shared import (
    JSON,
    KEEP,
    REFERENCE,
    STORE,
    Commands,
    Examples,
    ask,
    label,
    say,
    say_json,
    say_report,
    settings_for,
    sources_named,
)


@click.group(cls=Commands)
def quarantine() -> None:
    """Look after records that became no article."""


@quarantine.command(
    "list", cls=Examples, examples=["wirecopy quarantine list", "wirecopy quarantine list --source seeds --json"]
)
@click.option("--source", metavar="NAME", help="Only of this source.")
@STORE
@JSON
def list_quarantined(source: str | None, store: str | None, as_json: bool) -> None:
    """List quarantined records: source, path (and record), stage and reason."""
    from etl.store.quarantine import held

    found = ask(store, lambda connection: held(connection, source))
    if as_json:
        say_json([h.as_json() for h in found])
        return
    for h in found:
        say(f"{h.source}  {h.name}  {h.stage}: {h.reason}")
    if not found:
        say("nothing is in quarantine")


@quarantine.command(
    cls=Examples,
    examples=["wirecopy quarantine show wire/022_8dca0df188265f96.txt", "wirecopy quarantine show news.jsonl#12"],
)
@click.argument("path")
@click.option("--source", metavar="NAME", help="Only of this source.")
@STORE
@JSON
def show(path: str, source: str | None, store: str | None, as_json: bool) -> None:
    """Show the quarantined records of a PATH, or PATH#RECORD: the reason and the first bytes."""
    from etl.store.quarantine import named, spelled

    found = ask(store, lambda connection: named(connection, path, source))
    if as_json:
        begins = [{**h.as_json(), "begins": spelled(h.head)} for h in found]
        say_json(begins)
    else:
        for number, h in enumerate(found):
            say(*([""] if number else []), *h.lines())


@quarantine.command(
    cls=Examples,
    examples=["wirecopy quarantine retry seeds", "wirecopy quarantine retry /data/inbox --source gazette --json"],
)
@click.argument("location")
@click.option("--source", metavar="NAME", help="The source's name.  [the name of the folder or file]")
@REFERENCE
@KEEP
@STORE
@JSON
def retry(
    location: str, source: str | None, reference: bool, keep: tuple[str, ...], store: str | None, as_json: bool
) -> None:
    """Read the quarantined files of a LOCATION again, and list the fate of each record."""
    from etl.pipeline.retry import retry as retry_source

    settings = settings_for(store)
    (wanted,) = sources_named([location], source, reference, keep, settings)
    outcomes, report = retry_source(wanted, label("quarantine retry"), settings)
    if as_json:
        say_json({**report.as_json(), "records": [o.as_json() for o in outcomes]})
        return
    for outcome in outcomes:
        say(outcome.line())
    say_report(report, as_json)
