"""Ingest one source: partition → (fetch →) discover → prepare → commit → publish, a partition a run.  Repeatable.

Every run of a day ends in the same tables, however it came about: by schedule, catch-up, backfill or hand, twice, in
parallel or after a crash.  Nothing there: the run ends green and empty.

* **A day by hand**: *Trigger*, and fill in `date`.  Without one it takes the last whole day.
* **Many days**: *Trigger* → *Run this Dag for a range of dates*.  Leave `date` empty there: it holds for all of them.
* **A run was refused**: its changes were beyond the limits of the guard, and were rolled back.  The log of `commit`
  lists them, with examples.  If the day is right, run it again with `accept`.
* **It brought too little**: `enough` is skipped, and its log says what is usual.  `maintain_store` raises the alarm.
* **What would it change?**  Run it with `preview`: nothing but the outcome is kept.
* **The result**: the log of `commit` ends in one line whose numbers add up; the view `corpus_run` has the same.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zlib import crc32

from airflow.configuration import AIRFLOW_HOME
from airflow.providers.common.compat.lineage.entities import File, Table
from airflow.sdk import (
    DAG,
    Connection,
    CronPartitionTimetable,
    Metadata,
    Param,
    dag,
    get_parsing_context,
    task,
)
from airflow.sdk.exceptions import AirflowNotFoundException, AirflowSkipException
from defaults import CORPUS, LONG_AGO, Stopped, default_args
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from etl.errors import Refused, Usage
from etl.sources import credentials
from etl.sources.declarations import BrokenDeclaration
from etl.sources.last_good import declared_or_kept
from etl.sources.partitions import RunDates, note_on_days, partitions_of_run, shown_run
from etl.sources.source import DATE_FIELD, SOURCE_NAME, Source

# etl.pipeline.tasks is imported inside the tasks: numba and pyarrow take a second to import, and Airflow parses this
# file every few seconds.

log = logging.getLogger(__name__)
SOURCES = os.environ.get("WIRECOPY_SOURCES") or str(Path(__file__).with_name("sources.toml"))
COPY = os.path.join(AIRFLOW_HOME, f"wirecopy-sources-{crc32(os.path.abspath(SOURCES).encode()):08x}.toml")
"""The sources as they last were TOML: on a volume that Airflow's processes share, or a copy for each of them."""


def ingest(source: Source) -> DAG:
    """The DAG of one source."""

    @dag(
        dag_id=f"ingest_{source.name}",
        doc_md=f"{__doc__}\n{_facts(source)}",
        tags=["wirecopy", *source.tags],
        schedule=_timetable(source),
        start_date=_midnight(source.start) if source.catchup and source.start else LONG_AGO,
        catchup=source.catchup,
        is_paused_upon_creation=False,
        max_active_runs=4,
        params=_params(source),
        default_args=default_args(source.owner),
    )
    def build() -> None:
        @task(multiple_outputs=True, execution_timeout=timedelta(minutes=5))
        def partition(params: Any = None, dag_run: Any = None) -> dict[str, str]:
            known = RunDates(
                dag_run.run_after,
                dag_run.partition_date,
                dag_run.data_interval_start,
                dag_run.data_interval_end,
                dag_run.logical_date,
                dag_run.run_type,
            )
            days = partitions_of_run(source, params.get("date"), known)
            if not days:
                raise AirflowSkipException(f"source {source.name} starts on {source.start}: no day of it is over yet")
            # Airflow takes None for a missing value; `dags test` sets the run's start to its day.
            return {"day": shown_run(days), "started": datetime.now(UTC).isoformat()}

        # One at a time: two would request the same pages of a site.
        @task(execution_timeout=timedelta(hours=3), max_active_tis_per_dag=1)
        def fetch(day: str) -> dict[str, object]:
            from etl.fetch.run import fetch_day

            return fetch_day(source, day)

        @task(execution_timeout=timedelta(hours=1))
        def discover(day: str, dag_run: Any = None) -> list[dict[str, Any]]:
            from etl.pipeline import tasks

            return tasks.discover(source, day, _label(dag_run), _options(source))

        @task(
            pool="wirecopy_prepare",
            execution_timeout=timedelta(hours=2),
            map_index_template="{{ task.op_kwargs['shard'].values() | join(' shard ') }}",
        )
        def prepare(shard: dict[str, Any], day: str, dag_run: Any = None) -> dict[str, object]:
            from etl.pipeline import tasks

            return tasks.prepare(shard, source, day, _label(dag_run), _options(source))

        @task(pool="wirecopy_commit", execution_timeout=timedelta(hours=12), **_lineage(source))
        def commit(
            shards: list[dict[str, Any]], day: str, started: str, params: Any = None, dag_run: Any = None
        ) -> dict[str, object]:
            from etl.pipeline import tasks

            try:
                how = bool(params["accept"]), bool(params["preview"])
                return tasks.commit(shards, source, day, _label(dag_run), started, *how)
            except Refused as refused:  # its sentences one by one, and no traceback
                said, *examples = str(refused).split("\n")
                for sentence in (*re.split(r"(?<=[:;.]) +", said), *examples):
                    log.error("%s", sentence)
                raise Stopped(str(refused)) from None

        # A day without files skips the tasks before this one, and has to be judged all the same.
        @task(trigger_rule="none_failed", execution_timeout=timedelta(minutes=5))
        def enough(day: str, params: Any = None) -> None:
            from etl.pipeline import tasks

            if not params["preview"] and (said := tasks.too_little(source, day)):
                log.warning("%s", said)
                raise AirflowSkipException(said)

        @task(outlets=[CORPUS], execution_timeout=timedelta(minutes=5))
        def publish(day: str, report: dict[str, Any], params: Any = None, dag_run: Any = None) -> Any:
            from etl.pipeline import tasks

            tasks.clear(source, day, _label(dag_run))
            if params["preview"]:
                raise AirflowSkipException("a preview: nothing of it was kept, and nothing is published")
            if report["run_id"] is None:
                raise AirflowSkipException("this run changed nothing: there is nothing to publish")
            yield Metadata(CORPUS, extra=report)

        this: Any = partition()
        shards: Any = discover(this["day"])
        if source.fetched:
            fetch(this["day"]) >> shards
        prepared = prepare.partial(day=this["day"]).expand(shard=shards)
        report: Any = commit(shards, this["day"], this["started"])
        prepared >> report >> enough(this["day"])
        publish(this["day"], report)

    return build()


def broken(dag_id: str, error: str, owner: str = "") -> DAG:
    """The DAG of a wrong declaration: it fails once a day with the reason; the other sources work."""

    @dag(
        dag_id=dag_id,
        doc_md=f"**Not working.**  {error}",
        tags=["wirecopy", "broken"],
        schedule=CronPartitionTimetable("0 0 * * *", timezone="UTC"),
        start_date=LONG_AGO,
        catchup=False,
        is_paused_upon_creation=False,
        default_args=default_args(owner or "wirecopy", retries=1),
    )
    def build() -> None:
        @task
        def declaration() -> None:
            raise Usage(error)

        declaration()

    return build()


def dag_ids(names: Iterable[str]) -> dict[str, str]:
    """The DAG of each name of the file.  One that is no source's name takes an id that is free: never a source's."""
    ids = {name: f"ingest_{name}" for name in names if SOURCE_NAME.fullmatch(name)}
    for name in names:
        if name not in ids:
            plain = wanted = f"ingest_{re.sub('[^a-z0-9_.-]', '-', name.lower())[:63]}"
            number = 1
            while wanted in ids.values():
                number += 1
                wanted = f"{plain}-{number}"
            ids[name] = wanted
    return ids


def _timetable(source: Source) -> CronPartitionTimetable | None:
    """Runs by partition: a key names the day or hour in scheduled, backfill and manual runs alike.

    Data intervals would not do: a manual run would replace the scheduled run of its logical date, and no later run
    would be created.
    """
    if source.schedule is None:
        return None
    key = "%Y-%m-%dT%H" if source.hourly else "%Y-%m-%d"
    before = 0 if source.fetched else -1  # a site is fetched today only; files of a day are complete when it is over
    return CronPartitionTimetable(source.schedule, timezone="UTC", run_offset=before, key_format=key)


def _params(source: Source) -> dict[str, Param]:
    accept = "Take the day in beyond the limits of the guard: a person has looked at it."
    preview = (
        "Keep nothing of it: the tab *Corpus* of the run says what the day would change, and if it would be refused."
    )
    params = {
        "accept": Param(False, type="boolean", title="accept", description_md=accept),
        "preview": Param(False, type="boolean", title="preview", description_md=preview),
    }
    if source.hourly:
        hour = "The hour to take in (UTC), as 2026-01-31T05, instead of the run's own.  Leave it empty in a backfill."
        form = r"^\d{4}-\d\d-\d\d(T\d\d)?$"
        params["date"] = Param(None, type=["null", "string"], pattern=form, title="date", description_md=hour)
    elif source.dated:
        day = "The day to take in, instead of the run's own.  Leave it empty in a backfill."
        params["date"] = Param(None, type=["null", "string"], format="date", title="date", description_md=day)
    return params


def _lineage(source: Source) -> dict[str, Any]:
    """Inlets and outlets of a commit, as OpenLineage names them; without its provider they are only a note."""
    folders = [DATE_FIELD.split(location, maxsplit=1)[0].rstrip("/") for location in source.locations]
    inlets = [File(url=folder if "://" in folder else Path(os.path.abspath(folder)).as_uri()) for folder in folders]
    try:
        store = make_url(os.environ.get("WIRECOPY_STORE", ""))
    except (ArgumentError, ValueError):  # no store is named, or no valid one (a port "54x"): the tasks will report it
        return {"inlets": inlets}
    if store.get_backend_name() == "postgresql":
        cluster, database = f"postgres://{store.host or 'localhost'}:{store.port or 5432}", f"{store.database}.public"
    else:
        cluster, database = "file", os.path.abspath(store.database or "")
    return {"inlets": inlets, "outlets": [Table(cluster=cluster, database=database, name="corpus_article")]}


def _options(source: Source) -> dict[str, Any]:
    """Options of the source's connection, for its file system.  Each task asks for them; they are stored nowhere."""
    if not source.connection:
        return {}
    try:
        found = Connection.get(source.connection)
    except AirflowNotFoundException:
        raise Usage(
            f"source {source.name} names connection {source.connection!r}, which Airflow does not have"
        ) from None
    said = credentials.Connection(found.login, found.password, found.host, found.port, found.extra_dejson)
    return credentials.storage_options(source.locations[0], said)


def _facts(source: Source) -> str:
    rows = {
        "location": ", ".join(f"`{location}`" for location in source.locations),
        "schedule": f"`{source.schedule}` UTC" if source.schedule else "by hand",
        "start": source.start,
        "connection": source.connection,
        "note": note_on_days(source),
    }
    return "| | |\n|---|---|\n" + "".join(f"| {name} | {value} |\n" for name, value in rows.items() if value)


def _midnight(start: date) -> datetime:
    """When catch-up begins.

    Not later: of a run by hand for a logical date before its start Airflow makes no task.  So the scheduler's first run
    is one too early, and is skipped.
    """
    return datetime(start.year, start.month, start.day, tzinfo=UTC)


def _label(dag_run: Any) -> str:
    """The label of a run in the store: the same for each attempt, another one after the run was cleared."""
    again = f" again {dag_run.clear_number}" if dag_run.clear_number else ""
    return f"{dag_run.dag_id} {dag_run.run_id}{again}"


def load() -> None:
    """A DAG for each source of the file, whatever the others are; while it is no TOML, of the last that was.

    A task's process reads this file for its own DAG, and no other is made: of forty sources each task took half a
    second for those of the others.
    """
    sources, error = declared_or_kept(SOURCES, COPY)
    if error:
        broken("sources", f"{error}.  Until it is mended, the sources are those of the file as it last was")
    ids = dag_ids(sources)
    asked = get_parsing_context().dag_id
    for name, source in sources.items():
        if asked not in (None, ids[name]):
            continue
        if isinstance(source, BrokenDeclaration):
            broken(ids[name], str(source), source.owner)
            continue
        try:
            ingest(source)
        except Exception as error:  # of Airflow, over a value that it does not take: the other sources have theirs
            broken(ids[name], f"{SOURCES}: [{name}]: Airflow makes no DAG of it: {error}", source.owner)
        if note := note_on_days(source):
            log.warning("%s: [%s]: %s", SOURCES, name, note)


load()
