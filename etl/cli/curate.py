"""Commands of curation: retract and judge; and of another recipe: whatif and rebuild."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from etl.cli.progress import count_texts
from etl.cli.selecting import select, selection, selectors
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
from etl.errors import Usage
from etl.settings import decider

if TYPE_CHECKING:
    import sqlalchemy as sa

    from etl.commit.curate import Said, Word
    from etl.commit.rebuild import WhatIf
    from etl.fingerprint.recipe import Recipe
    from etl.report.moves import Move
    from schemas.records import RunReport


@click.command(
    cls=Examples,
    examples=[
        "wirecopy retract 4f1c09a2 --reason 'withdrawn by the agency'",
        "wirecopy retract 4f1c09a2 --undo",
        "wirecopy retract --story 4f1c09a2 --dry-run",
        "wirecopy retract --url-prefix https://gazette.example/sponsored/ --reason 'advertisements' --yes",
    ],
)
@selectors
@REASON
@BY
@click.option("--undo", is_flag=True, help="Bring the articles back.")
@STORE
@JSON
def retract(
    dry_run: bool, yes: bool, reason: str, by: str | None, undo: bool, store: str | None, as_json: bool, **named: Any
) -> None:
    """Withdraw articles from the corpus; their clusters elect anew, and reading them again does not restore them."""
    from etl.commit import curate

    what = selection(**named)
    if undo and what.story:
        raise Usage("a retracted article belongs to no story; name the articles that are to come back")
    done = "brought back" if undo else "retracted"
    ids = select(store, what, done, not what.named, yes, dry_run)
    if ids is None:
        return
    command = curate.restore if undo else curate.retract
    said = _said(by, reason, "retract --undo" if undo else "retract")
    decided(store, lambda connection: command(connection, ids, said), as_json)


@click.group(cls=Default, default="pair", subcommand_metavar="A B | import FILE")
def judge() -> None:
    """Judge whether articles are the same story; every later election honours it.

    `wirecopy judge A B --same` is short for `wirecopy judge pair A B --same`.
    """


@judge.command(
    cls=Examples,
    examples=[
        "wirecopy judge 4f1c09a2 77ab01cc --same",
        "wirecopy judge 4f1c09a2 77ab01cc --different --reason 'two fires'",
    ],
)
@click.argument("one", metavar="A")
@click.argument("other", metavar="B")
@click.option("--same", is_flag=True, help="The two are one story, however different their texts.")
@click.option("--different", is_flag=True, help="The two are two stories, however alike their texts.")
@click.option("--undo", is_flag=True, help="Take the judgement on the two back.")
@REASON
@BY
@STORE
@JSON
def pair(
    one: str,
    other: str,
    same: bool,
    different: bool,
    undo: bool,
    reason: str,
    by: str | None,
    store: str | None,
    as_json: bool,
) -> None:
    """Judge that two articles are the same story, or different ones; every later election honours it."""
    from etl.commit import curate

    if same + different + undo != 1:
        raise Usage("say one of --same, --different and --undo")
    said: Word | None = "same" if same else "different" if different else None

    def decide(connection: sa.Connection) -> RunReport:
        a, b = curate.resolve(connection, [one, other])
        return curate.judge(connection, a, b, said, _said(by, reason, "judge"))

    decided(store, decide, as_json)


@judge.command("import", cls=Examples, examples=["wirecopy judge import reviewed.csv --by ana"])
@click.argument("file", type=click.Path())
@BY
@STORE
@JSON
def import_(file: str, by: str | None, store: str | None, as_json: bool) -> None:
    """Take judgements from a CSV file: article_id, other_id, word (same, different or undo), reason, by.

    All are taken as one run, or none: every broken line is listed.  A judgement in force is not repeated.
    """
    from etl.commit import curate, judgement_file

    def decide(connection: sa.Connection) -> RunReport:
        said = _said(by, "", "judge import")
        return curate.judge_all(connection, judgement_file.judgements(connection, file, said.who), said)

    decided(store, decide, as_json)


def _said(by: str | None, reason: str, command: str) -> Said:
    from etl.commit import curate

    return curate.Said(decider(by), reason, label(command), datetime.now(UTC))


RECIPE = click.option("--recipe", metavar="NAME", help="The whole recipe, as in k5-p128-s1-b32x4-t0.7-n2.")
THRESHOLD = click.option(
    "--threshold", type=click.FloatRange(0, 1, min_open=True), help="The store's recipe with this threshold."
)


@click.command(
    cls=Examples,
    examples=[
        "wirecopy rebuild",
        "wirecopy rebuild --threshold 0.8",
        "wirecopy rebuild --recipe k4-p128-s1-b32x4-t0.7-n2",
    ],
)
@RECIPE
@THRESHOLD
@STORE
@JSON
def rebuild(recipe: str | None, threshold: float | None, store: str | None, as_json: bool) -> None:
    """Elect the whole store anew by another recipe; readers see the old corpus until the new one is complete.

    Relations are made anew where the settings define them otherwise than the store does.

    Without options a store that an earlier version of wirecopy made is carried over to this version.
    """
    from etl.commit.rebuild import rebuild as rebuild_store
    from etl.decide.definition import Definition

    def decide(connection: sa.Connection) -> RunReport:
        wanted = _wanted_recipe(connection, recipe, threshold)
        related = Definition.parse(settings_for(store).relations)
        return rebuild_store(connection, wanted, label("rebuild"), datetime.now(UTC), count_texts, related)

    decided(store, decide, as_json)


@click.command(
    cls=Examples,
    examples=[
        "wirecopy whatif --threshold 0.8",
        "wirecopy whatif --threshold 0.6 --json",
        "wirecopy whatif --rank agency 1",
    ],
)
@RECIPE
@THRESHOLD
@click.option("--rank", type=(str, int), metavar="SOURCE N", help="This rank of this source, by the store's recipe.")
@STORE
@JSON
def whatif(
    recipe: str | None, threshold: float | None, rank: tuple[str, int] | None, store: str | None, as_json: bool
) -> None:
    """List the articles that another recipe, or rank of a source, would move in or out of the corpus."""
    from etl.commit.precedence import ranked
    from etl.commit.rebuild import elected_anew, what_if
    from etl.report.moves import named_moves

    if rank is not None and (recipe is not None or threshold is not None):
        raise Usage("--rank goes alone: ask for one change at a time")

    def ask(connection: sa.Connection) -> tuple[WhatIf, list[Move]]:
        if rank is not None:
            found = what_if(connection, lambda c: ranked(c, *rank))
        else:
            wanted = _wanted_recipe(connection, recipe, threshold)
            found = what_if(connection, lambda c: elected_anew(c, wanted, count_texts))
        return found, named_moves(connection, found.changes)

    found, moves = change(store, ask)
    if as_json:
        say_json({**found.report.as_json(), "changes": [move._asdict() for move in moves]})
        return
    say(*(line for move in moves for line in move.lines("would be")))
    say(f"{len(moves)} articles would change; {found.report.line().partition('; ')[2]}")


def _wanted_recipe(connection: sa.Connection, name: str | None, threshold: float | None) -> Recipe:
    """The recipe that the options name; without any, the store's by this version's normaliser."""
    from etl.fingerprint.recipe import Recipe
    from etl.store.articles import recipe_name

    stored = recipe_name(connection)
    if name is not None and threshold is None:
        return Recipe.parse(name)
    if threshold is not None and name is None:
        return replace(Recipe.renewed(stored) if stored else Recipe(), threshold=threshold)
    if name is None and stored is not None:
        return Recipe.renewed(stored)
    raise Usage("name the other recipe: either --threshold, or the whole --recipe")
