"""The command line `wirecopy`: the same pipeline without Airflow, and questions to the store.

Exit status: 0 done, 1 the data broke a promise or the store refused, 2 wrong usage.  Modules that cost time to import
are imported by the commands that need them: `--help` answers at once.
"""

from __future__ import annotations

import errno
import json
import logging
import sys
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import click

from etl.cli import curate, fetch, quarantine
from etl.cli import report as cli_ask
from etl.cli.shared import (
    JSON,
    STORE,
    Examples,
    PartitionType,
    ask,
    label,
    progress_bar,
    say_report,
    settings_for,
    whisper,
)
from etl.errors import Usage, WirecopyError
from etl.sources.partitions import shown

if TYPE_CHECKING:
    import sqlalchemy as sa


FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS)  # no fault of ours


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="wirecopy")
def cli() -> None:
    """Loads news articles into SQLite or PostgreSQL and keeps one copy of each story."""


for command in (
    cli_ask.report,
    cli_ask.explain,
    cli_ask.export,
    curate.retract,
    curate.judge,
    curate.rebuild,
    curate.whatif,
    fetch.fetch,
    quarantine.quarantine,
):
    cli.add_command(command)


@cli.command(
    cls=Examples,
    examples=[
        "wirecopy run seeds",
        "wirecopy run news.jsonl --store postgresql://me@localhost/corpus",
        "wirecopy run '/data/gazette/{date:%Y/%m/%d}' --from 2026-03-01 --to 2026-03-31",
        "wirecopy run '/data/ticker/{date:%Y/%m/%d/%H}' --date 2026-03-14T05",
    ],
)
@click.argument("locations", nargs=-1, required=True, metavar="LOCATION...")
@click.option("--source", metavar="NAME", help="The source's name.  [the name of each folder or file]")
@click.option("--date", "day", type=PartitionType(), help="The one day to take, or that the files belong to.")
@click.option("--from", "first", type=PartitionType(), help="The first of several days.")
@click.option("--to", "last", type=PartitionType(), help="The last of several days, itself included.")
@click.option("--workers", type=click.IntRange(0), help="Processes that prepare articles.  [one a core]")
@click.option("--accept", is_flag=True, help="Let the run pass whatever the guard says of it.")
@STORE
@JSON
def run(
    locations: tuple[str, ...],
    source: str | None,
    day: date | None,
    first: date | None,
    last: date | None,
    workers: int | None,
    accept: bool,
    store: str | None,
    as_json: bool,
) -> None:
    """Ingest files, folders, or one folder a day or hour ({date:%Y/%m/%d}), and say what became of them."""
    from etl.pipeline import local
    from etl.sources.source import from_locations

    settings = settings_for(store, workers=workers)
    days = _days(day, first, last)
    with progress_bar() as progress:
        report = local.run(from_locations(locations, source), days, label("run"), settings, progress, accept)
    say_report(report, as_json)


@cli.command(cls=Examples, examples=["wirecopy verify", "wirecopy verify --store sqlite:///copy-of-corpus.db"])
@STORE
@JSON
def verify(store: str | None, as_json: bool) -> None:
    """Recompute the whole store from its texts, by other means, and name every difference (exit status 1)."""
    from etl.report import verify as verifying
    from etl.store import articles as storing

    def question(connection: sa.Connection) -> list[str]:
        say = whisper if sys.stderr.isatty() else (lambda part: None)
        return [str(d) for d in verifying.verify(connection, storing.stored_recipe(connection), say)]

    differences = ask(store, question)
    if as_json:
        click.echo(json.dumps({"differences": differences}, ensure_ascii=False))
    else:
        click.echo("\n".join(differences) if differences else "no difference: the store is what its articles give")
    sys.exit(1 if differences else 0)


@cli.command(cls=Examples, examples=["wirecopy sources", "wirecopy sources my-sources.toml"])
@click.argument("file", required=False)
def sources(file: str | None) -> None:
    """Check the file that declares the sources, and list them."""
    from etl.sources.declarations import load

    path = file or settings_for(None).sources
    for source in load(path).values():
        when = f"{source.schedule} (UTC)" if source.schedule else "by hand"
        click.echo(f"{source.name}  {', '.join(source.locations)}  {when}")


@cli.command()
def settings() -> None:
    """List the settings: value, where it came from, what it does."""
    import os
    from dataclasses import fields

    from etl.settings import variable

    current = settings_for(None)
    for field in fields(current):
        origin = "environment" if os.environ.get(variable(field.name)) else "default"
        click.echo(f"{variable(field.name)}={getattr(current, field.name)}  ({origin}): {field.metadata['does']}")


@cli.group()
def store() -> None:
    """Bring a store's schema up to date, or check it."""


@store.command(cls=Examples, examples=["wirecopy store upgrade --store postgresql://me@localhost/corpus"])
@STORE
def upgrade(store: str | None) -> None:
    """Create the store's tables and views, or bring them to this version."""
    from etl.store import database, schema

    with database.opened(settings_for(store).store) as engine:
        before, after = schema.upgrade(engine)
    click.echo(f"schema {after}: up to date" if before == after else f"schema {before or 'none'} -> {after}")


@store.command(cls=Examples, examples=["wirecopy store check"])
@STORE
def check(store: str | None) -> None:
    """Compare the store's schema with what this version expects (exit status 1 if they differ)."""
    from etl.store import database, schema

    with database.opened(settings_for(store).store) as engine:
        schema.require_current(engine)
        differences = schema.differences(engine)
    click.echo("\n".join(differences) if differences else f"schema {schema.newest_version()}: as it should be")
    sys.exit(1 if differences else 0)


@store.command(
    cls=Examples,
    examples=[
        "wirecopy store roles --store postgresql://postgres@localhost/corpus",
        "wirecopy store roles --owner etl_admin --writer airflow_tasks --reader analysts",
    ],
)
@click.option("--owner", metavar="ROLE", help="Changes the schema, and grants.  [database]_owner")
@click.option("--writer", metavar="ROLE", help="Runs the pipeline; cannot drop or make anything.  [database]_writer")
@click.option("--reader", metavar="ROLE", help="Reads the views, and nothing else.  [database]_reader")
@STORE
def roles(owner: str | None, writer: str | None, reader: str | None, store: str | None) -> None:
    """Give a PostgreSQL store an owner, writers and readers; roles that are not there are made, without a login.

    Once, as a superuser, or as the database's owner who may make roles.  Upgrades keep what was granted.
    """
    from etl.store import database, schema
    from etl.store import roles as granting

    with database.opened(settings_for(store).store) as engine:
        schema.require_current(engine)
        given = zip(granting.ROLE_KINDS, (owner, writer, reader), strict=True)
        names = [name or f"{engine.url.database}_{kind}" for kind, name in given]
        with database.writing(engine) as connection:
            made = granting.set_up(connection, *names)
    for kind, name in zip(granting.ROLE_KINDS, names, strict=True):
        click.echo(f"{kind}: {name}" + (" (made; GRANT it to those who log in)" if name in made else ""))


@store.command(cls=Examples, examples=["wirecopy store search --on", "wirecopy store search --off"])
@click.option("--on/--off", "on", required=True, help="Keep an index of the words from now on, or drop it.")
@STORE
def search(on: bool, store: str | None) -> None:
    """Full-text search for those who query: the view corpus_search, kept in step with every run."""
    from etl.store import database, schema
    from schemas import grants
    from schemas import search as words

    with database.opened(settings_for(store).store) as engine:
        schema.require_current(engine)
        with schema.migrating(engine) as connection:
            if engine.name == "postgresql":
                grants.become_owner(connection)
            if on != words.is_on(connection):
                (words.switch_on if on else words.switch_off)(connection)
            if on and engine.name == "postgresql":
                grants.grant(connection, grants.granted(connection))
    click.echo(f"full-text search is {'on: ask corpus_search' if on else 'off'}")


def main() -> None:
    """Run the command line; every error is one line that says what to do."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    try:
        sys.exit(cli.main(standalone_mode=False))
    except click.UsageError as error:
        path = error.ctx.command_path if error.ctx else "wirecopy"
        _fail(f"{error.format_message().rstrip('.')}; see `{path} --help`", 2)
    except click.Abort:
        _fail("stopped; nothing of the partition that was under way is in the store", 1)
    except Usage as error:
        _fail(str(error), 2)
    except WirecopyError as error:
        _fail(str(error), 1)
    except OSError as error:
        if error.errno not in FULL:
            raise
        where = f" {error.filename}" if error.filename else ""
        _fail(f"cannot write{where}: {error.strerror}; nothing of what was under way is in the store, make room", 1)


def _fail(message: str, status: int) -> None:
    click.echo(f"wirecopy: {message}", err=True)
    sys.exit(status)


def _days(day: date | None, first: date | None, last: date | None) -> list[date] | None:
    """The days, or hours, that were asked for; None: none in particular."""
    if day is not None and (first or last):
        raise Usage("--date goes alone; for several days give --from and --to")
    if (first is None) != (last is None):
        raise Usage("--from and --to go together")
    if day is not None:
        return [day]
    if first is None or last is None:
        return None
    hours = isinstance(first, datetime)
    if hours != isinstance(last, datetime):
        raise Usage("--from and --to are both days, or both hours")
    step = timedelta(hours=1) if hours else timedelta(days=1)
    if last < first:
        raise Usage(f"--from {shown(first)} is after --to {shown(last)}")
    return [first + step * n for n in range((last - first) // step + 1)]
