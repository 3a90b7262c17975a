"""Build: a whole archive on Spark, from the files of its sources to the tables of a store as Parquet.

Each step is a folder, whole when Spark's _SUCCESS is in it; a build that stopped goes on from there.  Where they lie,
and how days are brought into a lake that holds others: etl.spark.lake, etl.spark.frames.

    records      prepared records                                    etl.spark.plan, etl.spark.staged
    facts        numbers and short facts of these
    revisions    (article, content): when seen, whether current
    ranks        a text: its first article and its rank, a number that ascends in the order of election
    tested-1 …   the rounds of the election                          etl.spark.election
    standings    the texts that another stands for
    compared     pairs, for the next build
    states       an article: what stands for it, and how
    guard        limits to the whole build; nothing is visible before it
    tables/…     the tables of schemas.tables, column for column     etl.spark.tables
    views/…      the contract's views, for readers                   etl.spark.views
    run.json     last of all: who finds it finds everything

Numbers of records and ranks are read back from what was written, never computed twice: a task that is tried again
cannot number anew.  Nothing but counts, names and judgements passes through the driver.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from etl.decide.guard import Limits
from etl.decide.revisions import Precedence
from etl.errors import Usage
from etl.fingerprint.recipe import Recipe
from etl.pipeline.local import Progress
from etl.pipeline.steps import declared_sources
from etl.settings import Settings
from etl.sources.source import Source
from etl.spark import catalogue, decisions, staged, views
from etl.spark import lake as lakes
from etl.spark import lease as leases
from etl.spark.election import Thresholds
from etl.spark.frames import Frames, said
from etl.spark.plan import Plan, plan, precedences_of, source_rows
from etl.spark.session import named_errors, suit
from etl.spark.steps import Steps
from schemas.records import RunReport

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


@dataclass(frozen=True, slots=True)
class Built:
    """A finished build: its report, and how much work its election was."""

    report: RunReport
    recipe: str
    rounds: int
    comparisons: int

    def line(self) -> str:
        return f"{self.report.line()}; {self.rounds} rounds, {self.comparisons} comparisons"

    def as_json(self) -> dict[str, object]:
        said = {"recipe": self.recipe, "rounds": self.rounds, "comparisons": self.comparisons}
        return {**self.report.as_json(), **said}


def build(
    spark: SparkSession,
    lake: str,
    sources: Sequence[Source],
    partitions: Sequence[date | None],
    label: str,
    settings: Settings,
    progress: Progress,
    limits: Limits | None,
    thresholds: Thresholds = Thresholds(),  # noqa: B008  frozen
    decided_by: str | None = None,
) -> Built:
    """Bring these sources and days into a lake; files that it has read, and that did not change, are not read again.

    It ends with the rows of one build of all that the lake has; what an earlier attempt has done is not done again.

    limits      of the guard; None: the build passes whatever it holds
    decided_by  the store whose decisions are honoured, as if they had always been made; None: those of the build before

    Raises Refused where the guard objects (the steps stay: with accept the build goes on), Usage where the lake is of
    another recipe, or holds another build that is unfinished, Retryable where another builds it at this moment.
    """
    recipe = Recipe.parse(settings.recipe)
    if recipe.characters:
        raise Usage(f"a build on Spark takes recipes of words, and {recipe.name} is of characters; use wirecopy run")
    with leases.held(lake) as lease, named_errors():
        done = lakes.read_run(lake)
        if done is not None and done["recipe"] != recipe.name:
            raise Usage(f"{lake} was built by recipe {done['recipe']}, not by {recipe.name}; name another folder")
        progress.say("listing files")
        listed = plan(lake, done, sources, partitions, recipe, settings)
        declared = declared_sources(settings)
        before = decisions.read(lakes.folder(lake, listed.number - 1))
        decided = decisions.of_store(decided_by) if decided_by and not listed.begun else before
        if listed.begun:
            decided = decisions.read(listed.folder)
        precedences = precedences_of(listed, declared, {**_precedences(done), **decided.precedences})
        reranked = done is not None and done["precedences"] != said(precedences)
        if done is not None and not (listed.new() or reranked or decided != before):
            lakes.tidy(lake, done)  # which an end in the midst of it would have left
            return _built(done)
        progress.note(f"{len(listed.new())} shards of {listed.size / 1e6:,.0f} MB")
        if not listed.begun:
            decided.write(listed.folder)
            listed.write()
        held = done.get("size") if done else 0
        size = None if held is None else held + listed.size
        suit(spark, size)
        steps = Steps(spark, listed, progress, lease)
        steps.prepare(listed, settings)
        anew = done is None or done["collided"] or reranked or decided.erased != before.erased
        revised = [f"{each.name} {each.type}" for each in staged.REVISIONS]
        if done is not None and done.get("revisions") != revised:
            anew = True  # an earlier version kept others
        frames = Frames(steps, listed, done, recipe, thresholds, decided, precedences, anew)
        counts = frames.counts()
        if limits is not None:
            frames.guard(limits, counts)
        run = {
            "format": lakes.FORMAT, "number": listed.number, "label": label,
            "source": ", ".join(dict.fromkeys(place.source for place in listed.places)),
            "partition_date": _only_day(listed),
            "sources": source_rows(done, declared, precedences), "precedences": said(precedences),
            "recipe": recipe.name, "collided": frames.collided is not None, "counts": counts, "held": frames.held,
            "forgets": decided.erased != before.erased, "revisions": revised, "size": size,
            "rounds": frames.election.rounds,
            "comparisons": frames.election.comparisons, "started_at": listed.started.isoformat(),
        }  # fmt: skip
        frames.write(run)
        run["finished_at"] = datetime.now(UTC).isoformat()
        written = views.write(frames, run)
        lease.require()
        frames.forget(before.erased)
        lakes.publish(lake, run, catalogue.described(written, f"{listed.number}/views"))
    return _built(run)


def _only_day(listed: Plan) -> str | None:
    """The day of a lake that has one."""
    days = {place.day for place in listed.places}
    day = next(iter(days))
    return day.isoformat() if len(days) == 1 and day else None


def _precedences(done: Mapping[str, Any] | None) -> dict[str, Precedence]:
    kept = done["precedences"] if done else {}
    return {name: Precedence(rank, date.fromisoformat(earliest)) for name, (rank, earliest) in kept.items()}


def _built(run: Mapping[str, Any]) -> Built:
    day = run["partition_date"]
    seconds = datetime.fromisoformat(run["finished_at"]) - datetime.fromisoformat(run["started_at"])
    report = RunReport(
        run["source"], day and date.fromisoformat(day), 1, **run["counts"], seconds=round(seconds.total_seconds(), 3)
    )
    return Built(report, run["recipe"], run["rounds"], run["comparisons"])
