"""The command line `wirecopy`: the same pipeline without Airflow, and questions to the store.

Exit status: 0 done, 1 the data broke a promise or the store refused, 2 wrong usage.  Modules that cost time to import
are imported by the commands that need them: `--help` answers at once.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

import click

from etl.errors import Usage, WirecopyError
from etl.settings import Settings

if TYPE_CHECKING:
    import sqlalchemy as sa

    from etl.local import Progress
    from etl.recipe import Recipe
    from schemas.records import RunReport


T = TypeVar("T")


class Examples(click.Command):
    """A command whose help ends with examples, kept line by line."""

    def __init__(self, *args: Any, examples: Sequence[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.examples = examples

    def format_epilog(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        if self.examples:
            with formatter.section("Examples"):
                formatter.write("".join(f"  {example}\n" for example in self.examples))


class Day(click.ParamType[date]):
    name = "YYYY-MM-DD"

    def convert(self, value: Any, parameter: click.Parameter | None, context: click.Context | None) -> date:
        try:
            return date.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is no day; write it as 2026-03-14", parameter, context)


STORE = click.option(
    "--store", metavar="URL", help="The store: sqlite:///file.db or postgresql://user@host/database.  [$WIRECOPY_STORE]"
)
JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="wirecopy")
def cli() -> None:
    """Loads news articles into SQLite or PostgreSQL and keeps one copy of each story."""


@cli.command(
    cls=Examples,
    examples=[
        "wirecopy run seeds",
        "wirecopy run news.jsonl --store postgresql://me@localhost/corpus",
        "wirecopy run '/data/gazette/{date:%Y/%m/%d}' --from 2026-03-01 --to 2026-03-31",
    ],
)
@click.argument("locations", nargs=-1, required=True, metavar="LOCATION...")
@click.option("--source", metavar="NAME", help="The source's name.  [the name of each folder or file]")
@click.option("--date", "day", type=Day(), help="The one day to take, or that the files belong to.")
@click.option("--from", "first", type=Day(), help="The first of several days.")
@click.option("--to", "last", type=Day(), help="The last of several days, itself included.")
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
    """Ingest files, folders, or one folder a day ({date:%Y/%m/%d}), and say what became of them."""
    from etl import local
    from etl.sources import from_locations

    settings = _settings(store, workers=workers)
    days = _days(day, first, last)
    with _progress() as progress:
        report = local.run(from_locations(locations, source), days, _label("run"), settings, progress, accept)
    _say_report(report, as_json)


@cli.command(cls=Examples, examples=["wirecopy report", "wirecopy report --run 3 --json"])
@click.option("--run", "run_id", type=click.IntRange(1), metavar="ID", help="A run's number.  [the last]")
@STORE
@JSON
def report(run_id: int | None, store: str | None, as_json: bool) -> None:
    """Show what a run did, and what the store holds."""
    from etl import report as reporting
    from etl import runs

    def ask(connection: sa.Connection) -> tuple[RunReport, list[str]]:
        return runs.find(connection, run_id), reporting.tables(connection)

    found, lines = _ask(store, ask)
    _say_report(found, as_json)
    if not as_json:
        click.echo("\n".join(["", *lines]))


@cli.command(
    cls=Examples,
    examples=["wirecopy explain wire/012_3b1f0c9e2d4a5b67.txt", "wirecopy explain 4f1c09 --json"],
)
@click.argument("article")
@STORE
@JSON
def explain(article: str, store: str | None, as_json: bool) -> None:
    """Say what became of an ARTICLE, named by id (or its first digits), URL, key or path, and why."""
    from etl import explain as explaining

    found = _ask(store, lambda connection: explaining.explain(connection, article))
    if as_json:
        click.echo(json.dumps([asdict(e) for e in found], ensure_ascii=False))
    else:
        click.echo("\n\n".join("\n".join(e.lines()) for e in found))


@cli.command(cls=Examples, examples=["wirecopy verify", "wirecopy verify --store sqlite:///copy-of-corpus.db"])
@STORE
@JSON
def verify(store: str | None, as_json: bool) -> None:
    """Recompute the whole store from its texts, by other means, and name every difference (exit status 1)."""
    from etl import store as storing
    from etl import verify as verifying

    def ask(connection: sa.Connection) -> list[str]:
        say = _whisper if sys.stderr.isatty() else (lambda part: None)
        return [str(d) for d in verifying.verify(connection, storing.stored_recipe(connection), say)]

    differences = _ask(store, ask)
    if as_json:
        click.echo(json.dumps({"differences": differences}, ensure_ascii=False))
    else:
        click.echo(
            "\n".join(differences) if differences else "the store is what its articles make of it: no difference"
        )
    sys.exit(1 if differences else 0)


@cli.command(
    cls=Examples,
    examples=["wirecopy retract 4f1c09a2 --reason 'withdrawn by the agency'", "wirecopy retract 4f1c09a2 --undo"],
)
@click.argument("articles", nargs=-1, required=True, metavar="ARTICLE...")
@click.option("--reason", default="", help="Why, for those who ask later.")
@click.option("--undo", is_flag=True, help="Bring the articles back.")
@STORE
@JSON
def retract(articles: tuple[str, ...], reason: str, undo: bool, store: str | None, as_json: bool) -> None:
    """Withdraw articles from the corpus; their clusters elect anew, and they stay away when they are read again."""
    from etl import curate

    def change(connection: sa.Connection) -> RunReport:
        named, now = curate.resolve(connection, articles), datetime.now(UTC)
        if undo:
            return curate.restore(connection, named, _label("retract --undo"), now)
        return curate.retract(connection, named, reason, _label("retract"), now)

    _say_report(_change(store, change), as_json)


@cli.command(
    cls=Examples,
    examples=[
        "wirecopy judge 4f1c09a2 77ab01cc --same",
        "wirecopy judge 4f1c09a2 77ab01cc --different --reason 'two fires'",
    ],
)
@click.argument("one", metavar="A")
@click.argument("other", metavar="B")
@click.option("--same", "word", flag_value="same", help="The two are one story, however different their texts.")
@click.option("--different", "word", flag_value="different", help="The two are two stories, however alike their texts.")
@click.option("--undo", "word", flag_value="undo", help="Take back what was said of the two.")
@click.option("--reason", default="", help="Why, for those who ask later.")
@STORE
@JSON
def judge(one: str, other: str, word: str | None, reason: str, store: str | None, as_json: bool) -> None:
    """Say that two articles are the same story, or are not; every later election honours it."""
    from etl import curate

    if word is None:
        raise Usage("say --same, --different or --undo")
    said: curate.Word | None = "same" if word == "same" else "different" if word == "different" else None

    def change(connection: sa.Connection) -> RunReport:
        a, b = curate.resolve(connection, [one, other])
        return curate.judge(connection, a, b, said, reason, _label("judge"), datetime.now(UTC))

    _say_report(_change(store, change), as_json)


RECIPE = click.option("--recipe", metavar="NAME", help="All of it, as in k5-p128-s1-b32x4-t0.7-n1.")
THRESHOLD = click.option(
    "--threshold", type=click.FloatRange(0, 1, min_open=True), help="The store's recipe with this."
)


@cli.command(
    cls=Examples, examples=["wirecopy rebuild --threshold 0.8", "wirecopy rebuild --recipe k4-p128-s1-b32x4-t0.7-n1"]
)
@RECIPE
@THRESHOLD
@STORE
@JSON
def rebuild(recipe: str | None, threshold: float | None, store: str | None, as_json: bool) -> None:
    """Elect the whole store anew by another recipe; readers see the old corpus until the new one is whole."""
    from etl import rebuild as rebuilding

    def change(connection: sa.Connection) -> RunReport:
        wanted = _wanted_recipe(connection, recipe, threshold)
        return rebuilding.rebuild(connection, wanted, _label("rebuild"), datetime.now(UTC), _count_texts)

    _say_report(_change(store, change), as_json)


@cli.command(cls=Examples, examples=["wirecopy whatif --threshold 0.8", "wirecopy whatif --threshold 0.6 --json"])
@RECIPE
@THRESHOLD
@STORE
@JSON
def whatif(recipe: str | None, threshold: float | None, store: str | None, as_json: bool) -> None:
    """Say which articles another recipe would move in or out of the corpus, and change nothing."""
    from etl import rebuild as rebuilding

    def ask(connection: sa.Connection) -> rebuilding.WhatIf:
        return rebuilding.what_if(connection, _wanted_recipe(connection, recipe, threshold), _count_texts)

    found = _change(store, ask)
    if as_json:
        changes = [dict(zip(("article_id", "change", "canonical_id"), c, strict=True)) for c in found.changes]
        click.echo(json.dumps({**found.report.as_json(), "changes": changes}))
        return
    for article_id, what, canonical_id in found.changes:
        state = "in the corpus" if what == "became_canonical" else f"a duplicate of {canonical_id}"
        click.echo(f"{article_id}  would be {state}")
    click.echo(f"{len(found.changes)} articles would change; {found.report.line().partition('; ')[2]}")


@cli.group()
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
    from etl import quarantine as quarantining

    found = _ask(store, lambda connection: quarantining.held(connection, source))
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
    from etl import quarantine as quarantining

    found = _ask(store, lambda connection: quarantining.named(connection, path, source))
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
    from etl import retry as retrying
    from etl.sources import from_locations

    (wanted,) = from_locations([location], source)
    outcomes, report = retrying.retry(wanted, _label("quarantine retry"), _settings(store))
    if as_json:
        click.echo(json.dumps({**report.as_json(), "records": [o.as_json() for o in outcomes]}, ensure_ascii=False))
        return
    for outcome in outcomes:
        click.echo(outcome.line())
    _say_report(report, as_json)


@cli.command(cls=Examples, examples=["wirecopy sources", "wirecopy sources my-sources.toml"])
@click.argument("file", required=False)
def sources(file: str | None) -> None:
    """Check the file that declares the sources, and list them."""
    from etl.sources import load

    path = file or _settings(None).sources
    for source in load(path).values():
        when = f"{source.schedule} (UTC)" if source.schedule else "by hand"
        click.echo(f"{source.name}  {', '.join(source.locations)}  {when}")


@cli.command()
def settings() -> None:
    """List the settings: value, where it came from, what it does."""
    import os
    from dataclasses import fields

    from etl.settings import variable

    current = _settings(None)
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
    from etl import database

    engine = database.connect(_settings(store).store)
    before, after = database.upgrade(engine)
    click.echo(f"schema {after}: up to date" if before == after else f"schema {before or 'none'} -> {after}")


@store.command(cls=Examples, examples=["wirecopy store check"])
@STORE
def check(store: str | None) -> None:
    """Compare the store's schema with what this version expects (exit status 1 if they differ)."""
    from etl import database

    engine = database.connect(_settings(store).store)
    database.require_current(engine)
    differences = database.differences(engine)
    click.echo("\n".join(differences) if differences else f"schema {database.newest_version()}: as it should be")
    sys.exit(1 if differences else 0)


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


def _fail(message: str, status: int) -> None:
    click.echo(f"wirecopy: {message}", err=True)
    sys.exit(status)


def _settings(store: str | None, workers: int | None = None) -> Settings:
    given = Settings.from_env()
    if store is not None:
        given = replace(given, store=store)
    return given if workers is None else replace(given, workers=workers)


def _days(day: date | None, first: date | None, last: date | None) -> list[date] | None:
    """The days that were asked for; None: none in particular."""
    if day is not None and (first or last):
        raise Usage("--date goes alone; for several days give --from and --to")
    if (first is None) != (last is None):
        raise Usage("--from and --to go together")
    if day is not None:
        return [day]
    if first is None or last is None:
        return None
    if last < first:
        raise Usage(f"--from {first} is after --to {last}")
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def _label(command: str) -> str:
    return f"wirecopy {command} {datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"


def _ask(store: str | None, question: Callable[[sa.Connection], T]) -> T:
    """Put a question to a store that has this version's schema."""
    from etl import database

    engine = database.connect(_settings(store).store)
    try:
        database.require_current(engine)
        with database.reading(engine) as connection:
            return question(connection)
    finally:
        engine.dispose()


def _change(store: str | None, change: Callable[[sa.Connection], T]) -> T:
    """Change a store that has this version's schema, in one transaction."""
    from etl import database

    engine = database.connect(_settings(store).store)
    try:
        database.require_current(engine)
        with database.writing(engine) as connection:
            return change(connection)
    finally:
        engine.dispose()


def _say_report(report: RunReport, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(report.as_json()))
    else:
        click.echo(f"{report.line()}  ({report.seconds:.1f} s)")


@contextmanager
def _progress() -> Iterator[Progress]:
    """A progress bar on standard error, when a person looks at it; else nothing."""
    if not sys.stderr.isatty():
        yield Silence()
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Bars(*columns, console=Console(stderr=True), transient=True) as bars:
        yield Bar(bars, bars.add_task("starting", total=None))


class Silence:
    """Progress that nobody watches."""

    def begin(self, total_bytes: int) -> None:
        pass

    def done(self, size: int) -> None:
        pass

    def say(self, what: str) -> None:
        pass

    def note(self, what: str) -> None:
        _whisper(what)


class Bar:
    """Progress as a bar."""

    def __init__(self, bars: Any, task: Any) -> None:
        self._bars, self._task = bars, task

    def begin(self, total_bytes: int) -> None:
        self._bars.update(self._task, total=total_bytes)

    def done(self, size: int) -> None:
        self._bars.advance(self._task, size)

    def say(self, what: str) -> None:
        self._bars.update(self._task, description=what)

    def note(self, what: str) -> None:
        self._bars.console.print(what)


def _wanted_recipe(connection: sa.Connection, name: str | None, threshold: float | None) -> Recipe:
    """The recipe that the options name."""
    from etl import store as storing
    from etl.recipe import Recipe

    if name is not None and threshold is None:
        return Recipe.parse(name)
    if threshold is not None and name is None:
        return replace(storing.stored_recipe(connection), threshold=threshold)
    raise Usage("name the other recipe: either --threshold, or the whole --recipe")


def _count_texts(done: int, total: int) -> None:
    if sys.stderr.isatty():
        click.echo(f"\r{done:,} of {total:,} texts elected", err=True, nl=done == total)


def _whisper(part: str) -> None:
    click.echo(f"{part} …", err=True)
