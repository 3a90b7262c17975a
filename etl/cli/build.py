"""Commands of an archive that a cluster builds: build, load."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import click

from etl.cli.progress import progress_bar, whisper
from etl.cli.shared import (
    CONF,
    JSON,
    MASTER,
    STORE,
    Examples,
    PartitionType,
    days_named,
    label,
    say,
    say_json,
    settings_for,
    spark_options,
)
from etl.errors import Usage
from etl.sources.source import Source


@click.command(
    cls=Examples,
    examples=[
        "wirecopy build /data/lake --all --from 2016-01-01 --to 2025-12-31",
        "wirecopy build s3://news/lake --source gazette --master spark://host:7077 --conf spark.executor.memory=4g",
        "wirecopy build /data/lake --all --decisions sqlite:///old.db --store postgresql://me@localhost/corpus",
    ],
)
@click.argument("lake")
@click.option("--source", "names", multiple=True, metavar="NAME", help="A declared source; may be given several times.")
@click.option("--all", "everything", is_flag=True, help="All declared sources.")
@click.option("--file", metavar="FILE", help="The file that declares the sources.  [$WIRECOPY_SOURCES]")
@click.option("--from", "first", type=PartitionType(), help="The first day, of sources with days.")
@click.option("--to", "last", type=PartitionType(), help="The last day, inclusive.")
@MASTER
@CONF
@click.option("--accept", is_flag=True, help="Let the build pass beyond the limits of the guard.")
@click.option(
    "--decisions", metavar="URL", help="Honour the judgements, retractions, erasures and ranks of this store."
)
@click.option("--store", metavar="URL", help="Load the build into this store, which is empty, too.")
@JSON
def build(
    lake: str,
    names: tuple[str, ...],
    everything: bool,
    file: str | None,
    first: date | None,
    last: date | None,
    master: str | None,
    conf: tuple[str, ...],
    accept: bool,
    decisions: str | None,
    store: str | None,
    as_json: bool,
) -> None:
    """Build a whole archive on Spark: the tables of a store, as Parquet, in the folder LAKE.

    The rows are those that `wirecopy run` would have written.  The same command goes on with a build that stopped, and
    one with other days or sources brings them into the lake, which stays as it is until they are in.
    """
    from etl.pipeline.steps import limits_of
    from etl.spark import build as spark_build
    from etl.spark import lease
    from etl.spark.session import session

    settings = settings_for(None)
    settings = replace(settings, sources=file or settings.sources)
    sources = _chosen(names, everything, settings.sources, settings.landing)
    days = days_named(None, first, last)
    options = spark_options(conf)
    lease.require_free(lake)  # before Spark starts, which takes longer
    with progress_bar() as progress, session(master, options) as spark:
        limits = None if accept else limits_of(settings)
        done = spark_build.build(
            spark, lake, sources, days or [None], label("build"), settings, progress, limits, decided_by=decisions
        )
    if store is not None:
        _load(lake, store)
    if as_json:
        say_json(done.as_json())
    else:
        say(f"{done.line()}  ({done.report.seconds:.1f} s)")


@click.command(cls=Examples, examples=["wirecopy load /data/lake --store postgresql://me@localhost/corpus"])
@click.argument("lake")
@STORE
def load(lake: str, store: str | None) -> None:
    """Load a finished build from the folder LAKE into an empty store; `wirecopy run` then goes on from there."""
    _load(lake, settings_for(store).store)
    say(f"{lake} is loaded; `wirecopy verify` compares it with what its articles give")


def _load(lake: str, store: str) -> None:
    from etl.decide.definition import Definition
    from etl.spark.lake import require_run
    from etl.spark.load import load as load_into

    load_into(lake, require_run(lake), store, whisper, Definition.parse(settings_for(store).relations))


def _chosen(names: Sequence[str], everything: bool, path: str, landing: str) -> list[Source]:
    """The declared sources that the options name, those of the web as they landed."""
    from etl.sources.declarations import load, named

    if everything == bool(names):
        raise Usage("name sources with --source, or take --all of them")
    declared = load(path) if everything else {name: named(path, name) for name in names}
    references = sorted(name for name, source in declared.items() if source.is_reference)
    if references and not everything:
        raise Usage(
            f"{references[0]} is a reference, and no build takes one; run it into the store that the lake is loaded to"
        )
    if references:
        say(f"left out, since no build takes references: {', '.join(references)}", err=True)
    return [source.landed(landing) for source in declared.values() if not source.is_reference]
