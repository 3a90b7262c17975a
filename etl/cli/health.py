"""The command health."""

from __future__ import annotations

import sys
from datetime import UTC, datetime

import click

from etl.cli.shared import JSON, STORE, Examples, say, say_json, settings_for


@click.command(cls=Examples, examples=["wirecopy health", "wirecopy health --json | jq '.problems'"])
@STORE
@JSON
def health(store: str | None, as_json: bool) -> None:
    """Tell what is wrong with sources, runs, quarantine, store and disk (exit status 1 if something is)."""
    from etl.report.health import health as look

    found = look(settings_for(store), datetime.now(UTC))
    if as_json:
        say_json(found.as_json())
    else:
        say(*found.lines())
    sys.exit(1 if found.problems else 0)
