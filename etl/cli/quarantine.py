"""Commands for what could not be read: quarantine list, show and retry."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from etl.cli.shared import JSON, STORE, Examples, ask, label, say_report, settings_for

if TYPE_CHECKING:
    pass


@click.group()
def quarantine() -> None:
    """Look after what was read and is no article."""


@quarantine.command(
    "list", cls=Examples, examples=["wirecopy quarantine list", "wirecopy quarantine list --source seeds --json"]
)
@click.option("--source", metavar="NAME", help="Of this source alone.")
@STORE
@JSON
def list_quarantined(source: str | None, store: str | None, as_json: bool) -> None:
    """List what is in quarantine: source, path (and record), stage and reason."""
    from etl.store import quarantine as quarantining

    found = ask(store, lambda connection: quarantining.held(connection, source))
    if as_json:
        click.echo(json.dumps([h.as_json() for h in found], ensure_ascii=False))
        return
    for h in found:
        click.echo(f"{h.source}  {h.name}  {h.stage}: {h.reason}")
    if not found:
        click.echo("nothing is in quarantine")


@quarantine.command(
    cls=Examples,
    examples=["wirecopy quarantine show wire/022_8dca0df188265f96.txt", "wirecopy quarantine show news.jsonl#12"],
)
@click.argument("path")
@click.option("--source", metavar="NAME", help="Of this source alone.")
@STORE
@JSON
def show(path: str, source: str | None, store: str | None, as_json: bool) -> None:
    """Show what is in quarantine under a PATH, or PATH#RECORD: why, and how it begins."""
    from etl.store import quarantine as quarantining

    found = ask(store, lambda connection: quarantining.named(connection, path, source))
    if as_json:
        begins = [{**h.as_json(), "begins": quarantining.spelled(h.head)} for h in found]
        click.echo(json.dumps(begins, ensure_ascii=False))
    else:
        click.echo("\n\n".join("\n".join(h.lines()) for h in found))


@quarantine.command(
    cls=Examples,
    examples=["wirecopy quarantine retry seeds", "wirecopy quarantine retry /data/inbox --source gazette --json"],
)
@click.argument("location")
@click.option("--source", metavar="NAME", help="The source's name.  [the name of the folder or file]")
@STORE
@JSON
def retry(location: str, source: str | None, store: str | None, as_json: bool) -> None:
    """Read those files of a LOCATION again that are in quarantine, and say what became of each."""
    from etl.pipeline import retry as retrying
    from etl.sources.source import from_locations

    (wanted,) = from_locations([location], source)
    outcomes, report = retrying.retry(wanted, label("quarantine retry"), settings_for(store))
    if as_json:
        click.echo(json.dumps({**report.as_json(), "records": [o.as_json() for o in outcomes]}, ensure_ascii=False))
        return
    for outcome in outcomes:
        click.echo(outcome.line())
    say_report(report, as_json)
