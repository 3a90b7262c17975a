"""The step of those who use the corpus: the documented queries, an export, why an article is where it is."""

from __future__ import annotations

import gc
import statistics
import time
from typing import Any

import sqlalchemy as sa

from benchmarks import views
from benchmarks.measure import spread
from benchmarks.plan import Plan, Say, described, shared_corpus
from benchmarks.steps_store import a_database, a_folder, a_server, ingest
from etl.cli.main import COLLECTED_EVERY
from etl.export import export
from etl.report import explain
from etl.store import database
from schemas.tables import cluster_member

EXPLAINED = 200  # articles


def consumers(plan: Plan, say: Say) -> dict[str, Any]:
    """Queries on a large store on each database; export and explain on the shared corpus, which has real bodies."""
    with a_server() as server, a_database(server) as url:
        queries = _queries(url, plan, say)
    with a_folder() as folder:
        queries_sqlite = _queries(f"sqlite:///{folder / 'views.db'}", plan, say)
    path = shared_corpus(plan)
    with a_folder() as folder:
        store = f"sqlite:///{folder / 'corpus.db'}"
        ingest(path, store, folder)
        rates = []
        gc.set_threshold(COLLECTED_EVERY)  # as the command does
        for number in range(plan.rounds):
            began = time.process_time()
            done = export.export(store, folder / f"export{number}", choice=export.Choice(duplicates=True))
            rates.append(done.rows / (time.process_time() - began))
        with database.opened(store) as engine, database.reading(engine) as connection:
            explained = _explain(connection)
    return {
        "articles": plan.archive,
        "queries": queries,
        "queries_sqlite": queries_sqlite,
        "data": described(path, plan),
        "exported_a_cpu_second": spread(rates, 0),
        "explain_ms": explained,
    }


def _queries(url: str, plan: Plan, say: Say) -> dict[str, dict[str, float]]:
    views.fill(url, plan.archive)
    say(f"{plan.archive:,} made-up articles on {url.partition(':')[0]}")
    with database.opened(url) as engine, database.reading(engine) as connection:
        return views.timed(connection, plan.archive)


def _explain(connection: sa.Connection) -> dict[str, float]:
    """Milliseconds that it takes to explain a near-duplicate, once warm."""
    query = sa.select(cluster_member.c.article_id).where(cluster_member.c.jaccard < 1)
    taken = []
    for article_id in connection.scalars(query.order_by(cluster_member.c.article_id).limit(EXPLAINED)):
        began = time.perf_counter()
        explain.explain(connection, article_id)
        taken.append(1000 * (time.perf_counter() - began))
    return {"median": round(statistics.median(taken), 2), "max": round(max(taken), 2)}
