"""Commands on a whole store: verify, and store upgrade, check, copy, backup, roles and search."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import click

from etl.cli.progress import waiting, whisper
from etl.cli.shared import (
    CONF,
    JSON,
    MASTER,
    STORE,
    Commands,
    Examples,
    ask,
    say,
    say_json,
    settings_for,
    spark_options,
)
from etl.errors import Usage

if TYPE_CHECKING:
    import sqlalchemy as sa


@click.command(
    cls=Examples,
    examples=[
        "wirecopy verify",
        "wirecopy verify --store sqlite:///copy-of-corpus.db",
        "wirecopy verify /data/lake --master spark://host:7077",
    ],
)
@click.argument("lake", required=False)
@STORE
@MASTER
@CONF
@JSON
def verify(lake: str | None, store: str | None, master: str | None, conf: tuple[str, ...], as_json: bool) -> None:
    """Recompute the whole store by other means, and list every difference (exit status 1 if there is one).

    Of a LAKE, the folder of `wirecopy build`, Spark verifies the last finished build, and names 100 of each kind.
    """
    if lake is None and (master or conf):
        raise Usage("--master and --conf are for a lake: name its folder")
    if lake is not None and store is not None:
        raise Usage("a lake is verified or a store, not both at once: name the folder, or give --store")
    told = whisper if sys.stderr.isatty() else (lambda part: None)
    differences = _of_store(store, told) if lake is None else _of_lake(lake, master, spark_options(conf), told)
    if as_json:
        say_json({"differences": differences})
    else:
        say(*(differences or [f"no difference: the {'lake' if lake else 'store'} is what its articles give"]))
    sys.exit(1 if differences else 0)


def _of_store(store: str | None, told: Callable[[str], None]) -> list[str]:
    from etl.fingerprint.recipe import Recipe
    from etl.report.verify import verify as differences_of
    from etl.store.articles import stored_recipe

    def question(connection: sa.Connection) -> list[str]:
        try:
            recipe = stored_recipe(connection)
        except (TypeError, ValueError):  # it is damaged, and named among the values
            recipe = Recipe()
        return [str(d) for d in differences_of(connection, recipe, told)]

    return ask(store, question)


def _of_lake(lake: str, master: str | None, options: Mapping[str, str], told: Callable[[str], None]) -> list[str]:
    from etl.spark.lake import kept, require_run
    from etl.spark.session import session
    from etl.spark.verify import verify as differences_of

    run = require_run(lake)
    with session(master, options) as spark, kept(lake, run):
        return [str(d) for d in differences_of(spark, lake, run, told)]


@click.group(cls=Commands)
def store() -> None:
    """Look after a store: schema, copies, roles, full-text search."""


@store.command(cls=Examples, examples=["wirecopy store upgrade --store postgresql://me@localhost/corpus"])
@STORE
def upgrade(store: str | None) -> None:
    """Create the store's tables and views, or bring them to this version."""
    from etl.store import database, schema

    with waiting() as say_now, database.opened(settings_for(store).store) as engine:
        before, after = schema.upgrade(engine, say_now)
    say(f"schema {after}: up to date" if before == after else f"schema {before or 'none'} -> {after}")


@store.command(cls=Examples, examples=["wirecopy store check"])
@STORE
def check(store: str | None) -> None:
    """Compare the store's schema with what this version expects (exit status 1 if they differ).

    It says, too, what the next version will ask for.
    """
    from etl.report.outlook import outlook
    from etl.store import database, schema

    with database.opened(settings_for(store).store) as engine:
        schema.require_current(engine)
        differences = schema.differences(engine)
        with database.asking(engine) as connection:
            coming = list(outlook(connection))
    say(*(differences or [f"schema {schema.newest_version()}: as it should be"]), *coming)
    sys.exit(1 if differences else 0)


@store.command(
    cls=Examples,
    examples=[
        "wirecopy store copy sqlite:///var/corpus.db postgresql://me@localhost/corpus",
        "wirecopy store copy sqlite:///backup.db sqlite:///var/restored.db",
    ],
)
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
@JSON
def copy(source: str, target: str, as_json: bool) -> None:
    """Copy a whole store into an empty database, on SQLite or PostgreSQL, and compare every row.

    Articles, decisions, runs, quarantine, visits and tombstones are there as they are here, of one moment.  Runs may
    go on meanwhile; a copy that was interrupted goes on when it is called again.
    """
    _copy(source, target, as_json)


@store.command(cls=Examples, examples=["wirecopy store backup corpus-2026-03-14.db"])
@click.argument("file", type=click.Path())
@STORE
@JSON
def backup(file: str, store: str | None, as_json: bool) -> None:
    """Copy the store into a new SQLite file while runs go on, and compare every row.

    The file is a store itself: `wirecopy verify --store sqlite:///FILE` reads it, and `wirecopy store copy sqlite:///FILE
    TO` restores it.
    """
    import os

    _copy(settings_for(store).store, f"sqlite:///{os.path.abspath(file)}", as_json)


def _copy(source: str, target: str, as_json: bool) -> None:
    from etl.store.copy import copy as copy_store

    copied = copy_store(source, target, whisper if sys.stderr.isatty() else (lambda table: None))
    if as_json:
        say_json({"tables": copied})
    else:
        say(f"{sum(copied.values()):,} rows of {len(copied)} tables, the same in both")


@store.command(
    cls=Examples,
    examples=[
        "wirecopy store roles --store postgresql://postgres@localhost/corpus",
        "wirecopy store roles --owner etl_admin --writer airflow_tasks --reader analysts",
    ],
)
@click.option("--owner", metavar="ROLE", help="May change the schema and grant.  [database]_owner")
@click.option("--writer", metavar="ROLE", help="May run the pipeline; may not create or drop.  [database]_writer")
@click.option("--reader", metavar="ROLE", help="May read the views, and nothing else.  [database]_reader")
@STORE
def roles(owner: str | None, writer: str | None, reader: str | None, store: str | None) -> None:
    """Give a PostgreSQL store an owner, writers and readers; missing roles are created, without a login.

    Run it once, as a superuser or as the database's owner with CREATEROLE.  Upgrades keep the grants.
    """
    from etl.store import database, schema
    from etl.store.roles import ROLE_KINDS, set_up

    with database.opened(settings_for(store).store) as engine:
        schema.require_current(engine)
        given = zip(ROLE_KINDS, (owner, writer, reader), strict=True)
        names = [name or f"{engine.url.database}_{kind}" for kind, name in given]
        with database.writing(engine) as connection:
            made = set_up(connection, *names)
    for kind, name in zip(ROLE_KINDS, names, strict=True):
        say(f"{kind}: {name}" + (" (created; GRANT it to users who log in)" if name in made else ""))


@store.command(cls=Examples, examples=["wirecopy store search --on", "wirecopy store search --off"])
@click.option("--on/--off", "on", required=True, help="Keep an index of the words from now on, or drop it.")
@STORE
def search(on: bool, store: str | None) -> None:
    """Switch full-text search on or off: the view corpus_search, kept in step with every run."""
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
    say(f"full-text search is {'on: query corpus_search' if on else 'off'}")
