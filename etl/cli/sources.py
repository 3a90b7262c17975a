"""Commands on sources: list what is declared and look at it, rank a source, remove one."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from etl.cli.selecting import YES, confirm
from etl.cli.shared import (
    BY,
    JSON,
    REASON,
    STORE,
    Default,
    Examples,
    change,
    decided,
    label,
    say,
    say_json,
    settings_for,
)
from etl.errors import Usage, WirecopyError
from etl.settings import Settings, decider
from etl.sources.partitions import note_on_days
from etl.sources.source import Source

if TYPE_CHECKING:
    import sqlalchemy as sa

    from etl.sources.look import Look
    from schemas.records import RunReport


@click.group(
    cls=Default, default="list", bare=True, subcommand_metavar="[FILE] | rank NAME N | rename OLD NEW | remove NAME"
)
def sources() -> None:
    """List the declared sources, or change what the store knows of one.

    `wirecopy sources my-sources.toml` is short for `wirecopy sources list my-sources.toml`.
    """


@sources.command(
    "list",
    cls=Examples,
    examples=["wirecopy sources list", "wirecopy sources my-sources.toml", "wirecopy sources --check"],
)
@click.argument("file", required=False)
@click.option("--check", is_flag=True, help="Look at each location: is it there, and which day is the newest?")
def list_sources(file: str | None, check: bool) -> None:
    """List the declared sources; a wrong declaration is named (exit status 1 if --check finds a location wrong)."""
    from etl.sources.declarations import load

    settings, wrong = settings_for(None), 0
    for source in load(file or settings.sources).values():
        when = f"{source.schedule} (UTC)" if source.schedule else "by hand"
        say(f"{source.name}  {', '.join(source.locations)}  {when}" + (f"  rank {source.rank}" if source.rank else ""))
        if note := note_on_days(source):
            say(f"  {note}")
        for each in _looks(source, settings) if check else ():
            wrong += bool(each.problem)
            seen = (
                f"the newest day is {each.newest}" if each.newest else "no day yet" if source.dated else "it is there"
            )
            say(f"  {each.problem or f'{each.place}: {seen}'}")
    sys.exit(1 if wrong else 0)


def _looks(source: Source, settings: Settings) -> list[Look]:
    """A look at each location; of a source on the web, at what has landed.  One that cannot be reached says why."""
    from etl.sources.locations import Reach
    from etl.sources.look import Look, look

    try:
        return look(source.landed(settings.landing), Reach(settings.user_agent, settings.allow_hosts))
    except WirecopyError as error:
        return [Look(str(error), False)]


@sources.command(
    cls=Examples,
    examples=["wirecopy sources rank agency 1", "wirecopy sources rank aggregator -- -1"],
)
@click.argument("name")
@click.argument("rank", type=int, metavar="N")
@REASON
@BY
@STORE
@JSON
def rank(name: str, rank: int, reason: str, by: str | None, store: str | None, as_json: bool) -> None:
    """Let a source's articles stand before those of a lesser rank, whatever their days; 0 unless it is set.

    Only what the source's texts touch is elected anew.  `wirecopy whatif --rank NAME N` says before what would change.
    """
    from etl.commit.curate import Said
    from etl.commit.precedence import set_rank

    path = settings_for(None).sources
    if (said := _declared_rank(path, name)) not in (None, rank):
        raise Usage(f"{path} declares rank {said} for {name}, which the next run would set again; change it there")

    def decide(connection: sa.Connection) -> RunReport:
        return set_rank(connection, name, rank, Said(decider(by), reason, label("sources rank"), datetime.now(UTC)))

    decided(store, decide, as_json)


@sources.command(cls=Examples, examples=["wirecopy sources rename herald gazette"])
@click.argument("old")
@click.argument("new")
@REASON
@BY
@STORE
@JSON
def rename(old: str, new: str, reason: str, by: str | None, store: str | None, as_json: bool) -> None:
    """Give a source another name; its articles keep their ids, and later runs under the new name know them.

    Its folder in the landing zone gets the new name, too.  Rename it in sources.toml at the same time, while no run
    of it is going on.
    """
    from etl.commit.curate import Said
    from etl.commit.rename import rename as rename_source
    from etl.sources import locations

    settings = settings_for(store)

    def decide(connection: sa.Connection) -> RunReport:
        said = Said(decider(by), reason, label(f"sources rename {old} {new}"), datetime.now(UTC))
        report = rename_source(connection, old, new, said)
        locations.remove(locations.join(settings.staging, old))  # a run that goes on could not be committed
        locations.move(locations.join(settings.landing, old), locations.join(settings.landing, new))
        return report

    report = change(store, decide)
    if as_json:
        say_json(report.as_json())
        return
    say(f"{old} is called {new} now, and its articles keep their ids; rename it in {settings.sources}, too")
    say(report.line().partition("; ")[2])


@sources.command(
    cls=Examples,
    examples=[
        "wirecopy sources remove herald --reason 'licence ended'",
        "wirecopy sources remove herald --erase --reason 'licence ended'",
    ],
)
@click.argument("name")
@click.option("--erase", "erases", is_flag=True, help="Erase the articles for good, which nothing undoes.")
@YES
@REASON
@BY
@STORE
@JSON
def remove(name: str, erases: bool, yes: bool, reason: str, by: str | None, store: str | None, as_json: bool) -> None:
    """Retract all articles of a source, and forget what the store knows of it beside them.

    Others stand for their stories then.  `wirecopy retract --undo` brings single articles back.  With --erase nothing
    does: `wirecopy erase` says what that means.
    """
    from etl.commit.curate import Said
    from etl.commit.remove import remove as remove_source

    def decide(connection: sa.Connection) -> RunReport:
        said = Said(decider(by), reason, label("sources remove"), datetime.now(UTC))
        return remove_source(connection, name, said, erases)

    if erases:
        confirm(f"erase all of source {name} for good?", yes)
    decided(store, decide, as_json)
    if erases:
        from etl.pipeline.erasing import resume

        resume(settings_for(store))


def _declared_rank(path: str, name: str) -> int | None:
    """The rank that a file of sources declares for one of them; None without the file, too."""
    from etl.sources.declarations import declared

    try:
        found = declared(path).get(name)
    except Usage:
        return None
    return found.rank if isinstance(found, Source) else None
