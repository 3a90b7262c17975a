"""The command fetch."""

from __future__ import annotations

from datetime import UTC, date, datetime

import click

from etl.cli.shared import JSON, STORE, DayType, Examples, say, say_json, settings_for


@click.command(
    cls=Examples,
    examples=[
        "wirecopy fetch herald",
        "wirecopy fetch herald --file my-sources.toml --json",
        "wirecopy run 'var/landing/herald/{date}' --source herald --date 2026-03-14",
    ],
)
@click.argument("source")
@click.option("--date", "day", type=DayType(), help="The day to land it in; no past day can be fetched.  [today, UTC]")
@click.option("--file", metavar="FILE", help="The file that declares the source.  [$WIRECOPY_SOURCES]")
@STORE
@JSON
def fetch(source: str, day: date | None, file: str | None, store: str | None, as_json: bool) -> None:
    """Fetch new and changed pages of a declared SOURCE (kind feed, sitemap or urls) into its landing zone."""
    from etl.fetch.run import fetch as fetch_source
    from etl.sources.declarations import named

    settings = settings_for(store)
    path = file or settings.sources
    report = fetch_source(named(path, source), day or datetime.now(UTC).date(), settings)
    if as_json:
        say_json(report.as_json())
    else:
        say(report.line())
