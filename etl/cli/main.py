"""The command line `wirecopy`: the same pipeline without Airflow, and questions to the store.

Exit status: 0 done, 1 the data broke a promise or the store refused, 2 wrong usage.  Modules that cost time to import
are imported by the commands that need them: `--help` answers at once.
"""

from __future__ import annotations

import atexit
import gc
import logging
import sys
from datetime import date

import click
from click.exceptions import NoArgsIsHelpError

from etl.cli import build, curate, erase, fetch, health, quarantine, report, sources, store
from etl.cli.progress import progress_bar
from etl.cli.shared import (
    JSON,
    KEEP,
    REFERENCE,
    STORE,
    Commands,
    Examples,
    PartitionType,
    days_named,
    label,
    say,
    say_report,
    say_where,
    settings_for,
    sources_named,
    spare_pandas,
)
from etl.errors import CANNOT_WRITE, Usage, WirecopyError
from etl.text.printed import escaped

COLLECTED_EVERY = 1_000_000
"""Objects; at Python's 700, collections among the imports, which all stay, take a tenth of them, and at 50,000 those of
a run, whose objects stand in no circles, a thirtieth of the writer's time."""


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="wirecopy")
def cli() -> None:
    """Loads news articles into SQLite or PostgreSQL and keeps one copy of each story.

    Begin with `wirecopy run FOLDER`; the help of each command has examples.
    """


for command in (
    report.report,
    report.explain,
    report.export,
    curate.retract,
    erase.erase,
    curate.judge,
    curate.rebuild,
    curate.whatif,
    fetch.fetch,
    sources.sources,
    quarantine.quarantine,
    build.build,
    build.load,
    health.health,
    store.verify,
    store.store,
):
    cli.add_command(command)


@cli.command(
    cls=Examples,
    examples=[
        "wirecopy run seeds",
        "wirecopy run news.jsonl --store postgresql://me@localhost/corpus",
        "wirecopy run '/data/gazette/{date:%Y/%m/%d}' --from 2026-03-01 --to 2026-03-31",
        "wirecopy run gazette --date 2026-03-14 --dry-run",
        "wirecopy run '/data/ticker/{date:%Y/%m/%d/%H}' --date 2026-03-14T05",
        "wirecopy run benchmark.jsonl --source squad --reference",
    ],
)
@click.argument("locations", nargs=-1, required=True, metavar="LOCATION...")
@click.option("--source", metavar="NAME", help="The source's name.  [the name of each folder or file]")
@click.option("--date", "day", type=PartitionType(), help="The one day to ingest, or the day of the files.")
@click.option("--from", "first", type=PartitionType(), help="The first of several days.")
@click.option("--to", "last", type=PartitionType(), help="The last of several days, inclusive.")
@REFERENCE
@KEEP
@click.option("--workers", type=click.IntRange(0), help="Processes that prepare articles.  [one a core]")
@click.option("--accept", is_flag=True, help="Let the run pass beyond the limits of the guard.")
@click.option("--dry-run", is_flag=True, help="Do it all and keep nothing: what it would change, and if it would pass.")
@STORE
@JSON
def run(
    locations: tuple[str, ...],
    source: str | None,
    day: date | None,
    first: date | None,
    last: date | None,
    reference: bool,
    keep: tuple[str, ...],
    workers: int | None,
    accept: bool,
    dry_run: bool,
    store: str | None,
    as_json: bool,
) -> None:
    """Ingest files, folders, one folder a day or hour ({date:%Y/%m/%d}), or a declared source by its name."""
    from etl.pipeline import local

    spare_pandas()
    settings = settings_for(store, workers=workers)
    sources = sources_named(locations, source, reference, keep, settings)
    days = days_named(day, first, last)
    with progress_bar() as progress:
        done = local.run(sources, days, label("run"), settings, progress, accept, dry_run)
    say_report(done, as_json)
    if store is None:
        say_where(settings)
    if dry_run and not as_json:
        say("a dry run: nothing of it was kept")


@cli.command()
def settings() -> None:
    """List the settings: value, origin, meaning."""
    import os
    from dataclasses import fields
    from difflib import get_close_matches

    from etl.settings import PREFIX, variable
    from etl.store.refusals import shown
    from etl.web.urls import without_credentials

    current = settings_for(None)
    for field in fields(current):
        origin = "environment" if os.environ.get(variable(field.name)) else "default"
        value = getattr(current, field.name)
        if field.name in ("staging", "landing", "export"):
            value = without_credentials(value)
        value = shown(value) if field.name == "store" else value
        say(f"{variable(field.name)}={value}  ({origin}): {field.metadata['does']}")
    names = [variable(field.name) for field in fields(current)]
    for given in sorted(os.environ):
        close = get_close_matches(given, names, n=1, cutoff=0.9) if given.startswith(PREFIX) else []
        if close and given not in names:
            say(f"{given} is no setting; did you mean {close[0]}?", err=True)


@cli.command(
    cls=Examples,
    examples=["""echo 'eval "$(wirecopy completion bash)"' >>~/.bashrc""", "wirecopy completion fish | source"],
)
@click.argument("shell", metavar="bash|zsh|fish", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the script by which a shell completes wirecopy's commands and options."""
    from click.shell_completion import get_completion_class

    made = get_completion_class(shell)
    if made is not None:
        click.echo(made(cli, {}, "wirecopy", "_WIRECOPY_COMPLETE").source())


def main() -> None:
    """Run the command line; every error is one line that says what to do."""
    gc.set_threshold(COLLECTED_EVERY)
    atexit.register(gc.freeze)  # what the system frees anyway need not be looked through: a fifth of a short run
    logging.basicConfig(level=logging.WARNING, handlers=[_log_handler()])
    try:
        sys.exit(cli.main(prog_name="wirecopy", standalone_mode=False))
    except NoArgsIsHelpError as asked:
        say(*asked.format_message().splitlines())
        sys.exit(0)
    except click.UsageError as error:
        path = error.ctx.command_path if error.ctx else "wirecopy"
        said = " ".join(error.format_message().split()).rstrip(".")
        _fail(f"{said}; see `{path} --help`", 2)
    except click.Abort:
        _fail("stopped; the store has nothing of the unfinished partition", 1)
    except Usage as error:
        _fail(str(error), 2)
    except WirecopyError as error:
        _fail(str(error), 1)
    except OSError as error:
        if error.errno not in CANNOT_WRITE:
            raise
        where = f" {error.filename}" if error.filename else ""
        _fail(f"cannot write{where}: {error.strerror}; the store has nothing of the unfinished run, make room", 1)


class _Line(logging.Formatter):
    """A message as one line; a traceback keeps its own."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # logging's name
        return escaped(record.message)


def _log_handler() -> logging.Handler:
    handler = logging.StreamHandler()
    handler.setFormatter(_Line())
    return handler


def _fail(message: str, status: int) -> None:
    first, *more = message.split("\n")
    say(f"wirecopy: {first}", *(f"  {line}" for line in more), err=True)
    sys.exit(status)
