"""Selecting articles on the command line: options, a preview, and the question before many are changed."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from etl.cli.shared import ask, say
from etl.errors import Usage

if TYPE_CHECKING:
    from etl.commit.selection import Selection

MAX_SHOWN = 10
YES = click.option("--yes", is_flag=True, help="Do not ask.")
F = TypeVar("F", bound=Callable[..., Any])


def selectors(command: F) -> F:
    """The options that select articles, and those on what is then done."""
    options = (
        click.argument("articles", nargs=-1, metavar="[ARTICLE]..."),
        click.option("--story", multiple=True, metavar="ARTICLE", help="All copies of this article's story."),
        click.option("--url-prefix", metavar="URL", help="All at this URL or below it."),
        click.option("--source", metavar="NAME", help="All of this source."),
        click.option("--from-file", type=click.Path(), metavar="FILE", help="Ids or URLs, one a line."),
        click.option("--dry-run", is_flag=True, help="Say which articles these are, and change nothing."),
        YES,
    )
    for option in reversed(options):
        command = option(command)
    return command


def selection(
    articles: tuple[str, ...], story: tuple[str, ...], url_prefix: str | None, source: str | None, from_file: str | None
) -> Selection:
    """What the options select.  Raises Usage for a file that cannot be read."""
    from etl.commit.selection import Selection

    lines: list[str] = []
    if from_file is not None:
        try:
            with open(from_file, encoding="utf-8-sig") as stream:
                lines = stream.read().splitlines() or [""]
        except (OSError, UnicodeDecodeError) as error:
            raise Usage(f"{from_file} cannot be read: {error}") from None
    return Selection(articles, story, url_prefix, source, lines)


def select(
    store: str | None, what: Selection, done: str, asks: bool, yes: bool, dry_run: bool, erased: bool = False
) -> list[str] | None:
    """Ids of the selected articles; None after a dry run, which has listed them.

    done  what becomes of them, as a participle
    asks  whether a person has to agree first

    Raises Usage where nobody can be asked; a person who says no ends the command.
    """
    from etl.commit.selection import chosen, titles

    ids, shown = ask(store, lambda c: ((found := chosen(c, what, erased)), titles(c, found, MAX_SHOWN)))
    count = f"{len(ids)} article{'' if len(ids) == 1 else 's'}"
    more = [f"and {len(ids) - MAX_SHOWN} more"] if len(ids) > MAX_SHOWN else []
    if dry_run:
        say(*shown, *more, f"{count} would be {done}")
        return None
    if asks and ids:
        if not yes:
            say(*shown, *more, err=True)
        confirm(f"{count} will be {done}; go on?", yes)
    return ids


def confirm(question: str, yes: bool) -> None:
    """Go on if a person agrees.  Raises Usage where there is none to ask, Abort if they do not."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise Usage(f"{question.rstrip('?')}: say --yes, since nobody can be asked here; --dry-run lists the articles")
    click.confirm(question, abort=True, err=True)
