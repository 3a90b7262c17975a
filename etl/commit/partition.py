"""A partition into the store: one transaction, all or nothing, under the guard.  I/O.

The order: the recipe is the store's → articles (etl.commit.batches) → quarantine → guard → the run is written down
→ what the source's rule leaves out now goes, and what it wants again comes → articles that their source withdraws go.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from etl.commit.batches import PreparedBatch, commit_batches
from etl.commit.curate import Said, retract
from etl.commit.keep import keep
from etl.commit.precedence import first_fetched, set_precedence
from etl.commit.references import commit_references, require_role
from etl.commit.relate import with_relations
from etl.decide.changes import Changes, Effect, total
from etl.decide.definition import Definition
from etl.decide.guard import REPLACED_DAYS, Limits, Margin, examples, margins
from etl.decide.keep import NO_FAULTS
from etl.decide.revisions import READ_NOTHING, RECORD_VERDICTS
from etl.errors import Refused
from etl.fingerprint.recipe import Recipe
from etl.prepare.shard_list import Shard
from etl.prepare.shards import Rows
from etl.sources.discover import stored_path
from etl.sources.source import WEB_KINDS
from etl.store import articles, database, previews, quarantine, run_end, runs, schema
from etl.store.late_keys import without_log
from etl.store.lookups import headlines
from etl.store.sources import Declared, declare, take_id_name
from etl.text.printed import escaped
from schemas.records import Joined, Quarantined, RunReport
from schemas.staging import ARTICLES
from schemas.tables import STORE_COUNTS

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Incoming:
    """A partition on its way into the store.

    name    source and partition, for messages
    shards  whose files were read
    rows    batches of articles (schemas.staging.ARTICLES), each with records that are no article
    declared  the sources that the installation declares, this one perhaps among them
    is_reference  its source's documents are references, and no articles
    relations  the definition that an empty store takes (etl.decide.relations); None: it keeps no relations
    """

    run: runs.Run
    name: str
    shards: Sequence[Shard]
    rows: Iterable[Rows]
    declared: Sequence[Declared] = ()
    is_reference: bool = False
    relations: Definition | None = None

    def size(self) -> int:
        """Bytes of its files."""
        return sum(file.size for shard in self.shards for file in shard.files)


def commit_partition(
    url: str,
    incoming: Incoming,
    batch_bytes: int,
    limits: Limits,
    accepted_by: str | None = None,
    preview: bool = False,
    cache_bytes: int = 0,
) -> RunReport:
    """Bring a partition into the store that the URL names.

    batch_bytes  of rows that are handled at a time
    limits       of the guard
    accepted_by  who lets the run pass beyond them, whatever it changes; None: nobody
    preview      do it all, roll it back, keep the outcome alone, and return the report; Refused says that the guard
                 would stop it
    cache_bytes  of pages that SQLite keeps in memory; 0: as many as there is room for

    A run that changes nothing leaves the store as it is, and has no number.  One that goes beyond a limit is rolled
    back, written down with the reason, and raises Refused.
    """
    with database.opened(url, sorts=True, cache_bytes=cache_bytes) as engine:
        if preview:
            schema.require_current(engine)
        else:
            schema.upgrade(engine)
            _declare(engine, incoming)
        try:
            with without_log(engine, incoming.size()), database.writing(engine) as connection:
                report, outcome = _commit(connection, incoming, batch_bytes, limits, accepted_by, preview)
                if preview:
                    connection.rollback()
                    report = replace(report, run_id=None)
        except _LimitsExceededError as error:
            raise _refused(engine, incoming, error.outcome, preview) from None
        if preview:
            with database.writing(engine) as connection:
                previews.keep(connection, outcome.preview(incoming.run, report))
    log.info("%s: %s", incoming.name, report.line())
    return report


def _refused(engine: sa.Engine, incoming: Incoming, outcome: _Outcome, preview: bool) -> Refused:
    """Write down a run that goes beyond a limit, or its preview, which was rolled back; the error that says so."""
    run, why = incoming.run, outcome.reasons
    told = "".join(f"\n{escaped(each.line())}" for each in outcome.examples)
    with database.writing(engine) as connection:
        if preview:
            counts: dict[str, Any] = {**outcome.counts, **runs.latest_counts(connection)}
            report = RunReport(run.source, run.partition_date, refused=why, **counts)
            previews.keep(connection, outcome.preview(run, report))
            return Refused(f"{incoming.name} would be refused: {why}{told}")
        beside_limits = replace(run, margins=outcome.margins)
        number = runs.refuse(connection, beside_limits, outcome.counts, why, outcome.examples)
    return Refused(
        f"run {number} of {incoming.name} was undone: {why}.  "
        f"Look at it, and if it is right run it again with accept (--accept){told}"
    )


def _declare(engine: sa.Engine, incoming: Incoming) -> None:
    """Write down the declared sources; a precedence that is another now is a run of its own, before this one."""
    for name, wanted in declare(engine, incoming.declared).items():
        reason = f"{name}: rank {wanted.rank}, earliest {wanted.earliest}"
        with database.writing(engine) as connection:
            set_precedence(
                connection, name, wanted, Said("sources.toml", reason, incoming.run.label, datetime.now(UTC))
            )


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What the guard looks at, and what nothing is left of once a run is rolled back.

    counts    of records
    margins  how near the run came to each limit
    changes   kind of change → how many
    examples  of articles that it makes duplicates, of a run that is refused or a preview
    """

    counts: dict[str, int]
    margins: Sequence[Margin]
    changes: Mapping[str, int] = field(default_factory=dict)
    examples: Sequence[Joined] = ()

    @property
    def reasons(self) -> str:
        """The limits that the run goes beyond, in one line; "" if it keeps them all."""
        return "; ".join(each.said for each in self.margins if each.said)

    def preview(self, run: runs.Run, report: RunReport) -> previews.Preview:
        now = datetime.now(UTC)
        return previews.Preview(run.label, now, report, self.changes, self.examples, self.margins)


class _LimitsExceededError(Exception):
    """Rolls back the transaction of a run."""

    def __init__(self, outcome: _Outcome) -> None:
        super().__init__(outcome.reasons)
        self.outcome = outcome


def _commit(
    connection: sa.Connection,
    incoming: Incoming,
    batch_bytes: int,
    limits: Limits,
    accepted_by: str | None,
    preview: bool,
) -> tuple[RunReport, _Outcome]:
    require_role(connection, incoming.run.source, incoming.is_reference)
    for prepared in {shard.id_name for shard in incoming.shards}:
        take_id_name(connection, incoming.run.source, prepared)
    recipe = _take_recipe(connection, incoming)
    rows = _tables(incoming.rows if accepted_by else _within(limits, incoming.rows), batch_bytes)
    if incoming.is_reference:
        effect = commit_references(connection, incoming.run.source, rows, runs.next_id(connection))
    else:
        effect = total(_brought(connection, incoming, rows, recipe))
    changed = _replace_quarantined(connection, incoming, effect.rejected)
    outcome = _outcome(connection, limits, effect)
    if preview or outcome.reasons:
        outcome = replace(outcome, examples=_joined(connection, effect))
    run = replace(incoming.run, margins=outcome.margins)
    if outcome.reasons:
        if not accepted_by:
            raise _LimitsExceededError(outcome)
        run = replace(run, accepted=outcome.reasons, accepted_by=accepted_by)
    effect = replace(effect, written=effect.written or changed > 0)
    report = run_end.finish(connection, run, outcome.counts, effect)
    effect = replace(effect, changes=Changes())  # relations, and what comes after them, have the memory
    report = with_relations(connection, run, report, effect.texts)
    report = _with_store_of(keep(connection, run, effect), report)
    return _withdraw(connection, run, effect.withdrawn, report), outcome


def _brought(
    connection: sa.Connection, incoming: Incoming, rows: Iterable[PreparedBatch], recipe: Recipe
) -> Iterator[Effect]:
    yield _first_fetched(connection, incoming)
    yield commit_batches(connection, rows, recipe, runs.next_id(connection), incoming.size())


def _first_fetched(connection: sa.Connection, incoming: Incoming) -> Effect:
    """What it changes that a site which declares no earliest day was fetched on this day."""
    name, day = incoming.run.source, incoming.run.partition_date
    said = next((each for each in incoming.declared if each.name == name), None)
    if said is None or said.kind not in WEB_KINDS or said.earliest or not (day and incoming.shards):
        return Effect()
    return first_fetched(connection, name, day)


def _withdraw(connection: sa.Connection, run: runs.Run, withdrawn: Mapping[str, str], report: RunReport) -> RunReport:
    """Retract the articles that notices in this partition withdraw, as runs of curation; the report with their counts.

    Only a notice that had not been read before counts, so that a person may restore an article for good.
    """
    for reason in sorted(set(withdrawn.values())):
        ids = sorted(article_id for article_id, why in withdrawn.items() if why == reason)
        after = retract(connection, ids, Said(f"notice of {run.source}", reason, run.label, datetime.now(UTC)))
        report = _with_store_of(after, report)
    return report


def _with_store_of(later: RunReport | None, report: RunReport) -> RunReport:
    """A report with the counts of the store that a later run left."""
    return replace(report, **{name: getattr(later, name) for name in STORE_COUNTS}) if later else report


def _take_recipe(connection: sa.Connection, incoming: Incoming) -> Recipe:
    """The recipe of the shards, which has to be the store's.  No files, so no recipe that could conflict with it."""
    if not incoming.shards:
        return articles.stored_recipe(connection)
    return articles.take_recipe(connection, Recipe.parse(incoming.shards[0].recipe), incoming.relations)


def _within(limits: Limits, rows: Iterable[Rows]) -> Iterator[Rows]:
    """The rows, as long as they are not more than a run may bring."""
    records = size = 0
    for batch, beside in rows:
        records += batch.num_rows + len(beside)
        size += batch.nbytes
        if limits.records and records > limits.records:
            raise _too_much("records", records, limits.records, f"it has more than {limits.records} records")
        if limits.row_bytes and size > limits.row_bytes:
            most = limits.row_bytes
            raise _too_much("bytes of its articles", size, most, f"its articles have more than {most} bytes")
        yield batch, beside


def _too_much(what: str, part: int, most: int, said: str) -> _LimitsExceededError:
    return _LimitsExceededError(_Outcome(dict(READ_NOTHING), [Margin(what, part, None, most, True, said)]))


def _tables(rows: Iterable[Rows], size: int) -> Iterator[tuple[pa.Table, list[Quarantined]]]:
    """The rows in tables of about that many bytes."""
    waiting: list[pa.RecordBatch] = []
    rejected: list[Quarantined] = []
    held = 0
    for batch, beside in rows:
        rejected += beside
        if batch.num_rows:
            waiting.append(batch)
            held += batch.nbytes
        if held >= size:
            yield pa.Table.from_batches(waiting, ARTICLES), rejected
            waiting, rejected, held = [], [], 0
    if waiting or rejected:
        yield pa.Table.from_batches(waiting, ARTICLES), rejected


def _replace_quarantined(connection: sa.Connection, incoming: Incoming, rejected: Iterable[Quarantined]) -> int:
    """Make the quarantine of the files that were read what it is now; how many rows changed."""
    days = {stored_path(file.path): shard.partition_date for shard in incoming.shards for file in shard.files}
    rows = [_quarantine_row(incoming.run, each, days) for each in rejected]
    paths = quarantine.paths_within(connection, incoming.run.source, days.keys())
    return quarantine.replace(connection, incoming.run.source, rows, paths)


def _quarantine_row(run: runs.Run, q: Quarantined, days: Mapping[str, date | None]) -> tuple[Any, ...]:
    """days: the partition of each file that was read; a document may be inside one."""
    day = next((days[path] for path in quarantine.around(q.path) if path in days), run.partition_date)
    record = -1 if q.record is None else q.record
    return (run.source, q.path, record, day, q.stage, q.reason.replace("\x00", ""), q.head)


def _record_counts(effect: Effect) -> dict[str, int]:
    """Records by what they were, and `read`, their sum."""
    counts = {
        **{str(verdict): effect.counts.get(verdict, 0) for verdict in RECORD_VERDICTS},
        "quarantined": len(effect.rejected),
    }
    return {**counts, "read": sum(counts.values())}


def _joined(connection: sa.Connection, effect: Effect) -> list[Joined]:
    """Examples of the articles that a run would make duplicates."""
    pairs = examples(effect.changes.rows())
    known = headlines(connection, {each for pair in pairs for each in pair})
    return [Joined(mine, *known[mine], canonical, *known[canonical][:2]) for mine, canonical in pairs]


def _outcome(connection: sa.Connection, limits: Limits, effect: Effect) -> _Outcome:
    """What a run did, measured by the limits."""
    stored, counts = runs.latest_counts(connection)["canonical"], _record_counts(effect)
    unread = [f"{q.path}: {q.reason}" for q in effect.rejected if q.stage not in NO_FAULTS]
    left_out = len(effect.rejected) - len(unread)
    judged = {**counts, "quarantined": len(unread), "read": counts["read"] - left_out}
    kinds = effect.changes.count()
    lately = 0
    if kinds["became_duplicate"]:  # it takes a look at every change of those days
        lately = runs.replaced_since(connection, datetime.now(UTC) - timedelta(days=REPLACED_DAYS))
    kinds["retracted"] += len(effect.withdrawn)
    return _Outcome(counts, margins(limits, judged, stored, effect.changes.rows(), unread, lately), +kinds)
