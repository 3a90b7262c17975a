"""Shared by the commands: options, help with examples, access to the store, the progress bar."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from importlib.abc import MetaPathFinder
from typing import TYPE_CHECKING, Any, TypeVar

import click

from etl.errors import Usage
from etl.settings import Settings, variable
from etl.sources.partitions import parse, shown
from etl.text.printed import escaped, escaped_json

if TYPE_CHECKING:
    import sqlalchemy as sa

    from etl.report.moves import Move
    from etl.sources.source import Source
    from schemas.records import RunReport

T = TypeVar("T")
MAX_SUMMARY_CHARS = 1_000  # no first sentence is longer


class Examples(click.Command):
    """A command whose help ends with examples, kept line by line."""

    def __init__(self, *args: Any, examples: Sequence[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.examples = examples

    def format_epilog(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        if self.examples:
            with formatter.section("Examples"):
                formatter.write("".join(f"  {example}\n" for example in self.examples))


class Commands(click.Group):
    """A group whose help has the whole first sentence of each command."""

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        rows = [
            (name, command.get_short_help_str(limit=MAX_SUMMARY_CHARS))
            for name in self.list_commands(context)
            if (command := self.get_command(context, name)) is not None
        ]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


class Default(Commands):
    """A group with a default command: arguments that begin with no command's name, or with an option, go to it.

    bare  whether the group without arguments is that command, too
    """

    def __init__(self, *args: Any, default: str, bare: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.default, self.bare = default, bare

    def parse_args(self, context: click.Context, args: list[str]) -> list[str]:
        to_default = args[0].startswith("-") and args[0] not in context.help_option_names if args else self.bare
        return super().parse_args(context, [self.default, *args] if to_default else args)

    def resolve_command(
        self, context: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        named = args and self.get_command(context, args[0]) is not None
        return super().resolve_command(context, args if named else [self.default, *args])


class DayType(click.ParamType[date]):
    name = "YYYY-MM-DD"

    def convert(self, value: Any, parameter: click.Parameter | None, context: click.Context | None) -> date:
        try:
            return date.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is no day; write it as 2026-03-14", parameter, context)


class WordsType(click.ParamType[str]):
    """A text for people.  A shell that is not in UTF-8 gives its bytes, which no store takes."""

    name = "text"

    def convert(self, value: Any, parameter: click.Parameter | None, context: click.Context | None) -> str:
        written = os.fsencode(value)
        try:
            return written.decode()
        except UnicodeDecodeError:
            return written.decode("windows-1252", "replace")


class PartitionType(click.ParamType[date]):
    """A day, or an hour of it (etl.sources.partitions)."""

    name = "YYYY-MM-DD[THH]"

    def convert(self, value: Any, parameter: click.Parameter | None, context: click.Context | None) -> date:
        try:
            return parse(value)
        except Usage as error:
            self.fail(str(error), parameter, context)


STORE = click.option(
    "--store", metavar="URL", help="The store: sqlite:///file.db or postgresql://user@host/database.  [$WIRECOPY_STORE]"
)
MASTER = click.option(
    "--master", metavar="URL", help="Spark's: local[N], spark://host:7077, yarn, k8s://…  [all cores here]"
)
CONF = click.option("--conf", multiple=True, metavar="K=V", help="An option of Spark; may be given several times.")
REASON = click.option("--reason", default="", type=WordsType(), help="The reason, for people who ask later.")
BY = click.option("--by", metavar="NAME", type=WordsType(), help="The person who decides.  [your name on this machine]")
KEEP = click.option(
    "--keep",
    multiple=True,
    metavar="NAME=VALUE",
    help="Articles wanted: language=en,de, words=50 and the like, as keep in sources.toml; may be given several times.",
)
REFERENCE = click.option(
    "--reference", is_flag=True, help="No articles: texts to look for in articles (corpus_reference)."
)
JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")


def sources_named(
    locations: Sequence[str], name: str | None, is_reference: bool, keep: Sequence[str], settings: Settings
) -> list[Source]:
    """Sources of a command line: places of files, or declared sources by their names alone.

    What sources.toml declares of a name holds wherever its files lie (the store has it so, too); options go before it.
    """
    from etl.decide.keep import KeepRule
    from etl.sources.declarations import declared
    from etl.sources.source import Source, from_locations

    try:
        rule = KeepRule.of_options(keep)
    except ValueError as error:
        raise Usage(f"--keep: {error}") from None
    known = declared(settings.sources) if os.path.exists(settings.sources) else {}
    found = []
    for each in from_locations(locations, name):
        said = known.get(each.name, each)
        if not isinstance(said, Source):
            raise said
        if each.locations == (said.name,) and not os.path.exists(said.name):
            each = said.landed(settings.landing)
        else:
            each = replace(said, kind="files", locations=each.locations, pick="")
        found.append(replace(each, is_reference=is_reference or said.is_reference, keep=rule if keep else said.keep))
    return found


def settings_for(store: str | None, workers: int | None = None) -> Settings:
    given = Settings.from_env()
    if store is not None:
        given = replace(given, store=store)
    return given if workers is None else replace(given, workers=workers)


def say_where(settings: Settings) -> None:
    """Name the store that nobody named, outside of a project of wirecopy: it is another in each folder."""
    if not os.environ.get(variable("store")) and not os.path.exists(Settings().sources):
        path = os.path.abspath(settings.store.partition("///")[2])
        say(f"the store is {path}; --store or WIRECOPY_STORE names another", err=True)


def days_named(day: date | None, first: date | None, last: date | None) -> list[date] | None:
    """The days, or hours, that the options name; None: none."""
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


def label(command: str) -> str:
    return f"wirecopy {command} {datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"


def spark_options(conf: Sequence[str]) -> dict[str, str]:
    """Options of Spark as the command line has them (CONF)."""
    found = {}
    for text in conf:
        name, equals, value = text.partition("=")
        if not equals or not name.startswith("spark."):
            raise Usage(f"--conf {text!r} is no option of Spark; write it as spark.executor.memory=4g")
        found[name] = value
    return found


def ask(store: str | None, question: Callable[[sa.Connection], T]) -> T:
    """Run a query on a store that has this version's schema."""
    from etl.store import database, schema

    with database.opened(settings_for(store).store) as engine:
        schema.require_current(engine)
        with database.asking(engine) as connection:
            return question(connection)


def change(store: str | None, change: Callable[[sa.Connection], T]) -> T:
    """Change a store that has this version's schema, in one transaction."""
    from etl.store import database, schema

    with database.opened(settings_for(store).store) as engine:
        schema.require_current(engine)
        with database.writing(engine) as connection:
            return change(connection)


def decided(store: str | None, decide: Callable[[sa.Connection], RunReport], as_json: bool) -> None:
    """Carry out a decision, and say what it moved: where these articles stand now, and what the corpus is."""
    from etl.report.moves import moves_of, told

    def answer(connection: sa.Connection) -> tuple[RunReport, list[Move]]:
        report = decide(connection)
        return report, moves_of(connection, report.run_id) if report.run_id is not None else []

    report, moves = change(store, answer)
    if as_json:
        say_json({**report.as_json(), "changes": [move._asdict() for move in moves]})
        return
    if report.run_id is None:
        say("nothing changed: it stood so already")
    say(*told(moves), *(["it is kept, and moves no article"] if report.run_id is not None and not moves else []))
    say(report.line().partition("; ")[2])


def say_report(report: RunReport, as_json: bool) -> None:
    if as_json:
        say_json(report.as_json())
    else:
        say(*report.remarks(), f"{report.line()}  ({report.seconds:.1f} s)")


def say(*lines: str, err: bool = False) -> None:
    """Print lines, each by itself: what is foreign in one of them neither ends it nor moves the cursor."""
    if lines:
        click.echo("\n".join(map(escaped, lines)), err=err)


def say_json(value: object) -> None:
    click.echo(escaped_json(value))


def spare_pandas() -> None:
    """Have pyarrow make arrays without a look for pandas, which it would load, in 0.3 s, to tell a list from a series.

    It loads pandas all the same when it is asked for a frame.
    """
    import pyarrow as pa

    if "pandas" in sys.modules:
        return
    sys.meta_path.insert(0, _NoPandas())
    try:
        pa.array([0])  # it looks once, and remembers that there is none
    finally:
        del sys.meta_path[0]


class _NoPandas(MetaPathFinder):
    def find_spec(self, name: str, path: object, target: object = None) -> None:
        if name == "pandas":
            raise ModuleNotFoundError(name)
