"""The step of those who use the corpus: the documented queries, an export, why an article is where it is."""

from __future__ import annotations

import gc
import statistics
import time
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from benchmarks import measure, news, views
from benchmarks.measure import Done, spread
from benchmarks.plan import Plan, Say, corpus, described, shared_corpus
from benchmarks.steps_store import WIRECOPY, a_database, a_folder, a_server, cut, ingest
from etl.cli.main import COLLECTED_EVERY
from etl.export import export
from etl.report import explain
from etl.store import database
from schemas.tables import cluster_member

EXPLAINED = 200  # articles
SMALL = 5  # articles of a small run


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
            known = connection.scalar(sa.select(sa.func.min(cluster_member.c.article_id)))
        commands = _commands(store, known, folder, plan, say)
    return {
        "articles": plan.archive,
        "queries": queries,
        "queries_sqlite": queries_sqlite,
        "data": described(path, plan),
        "exported_a_cpu_second": spread(rates, 0),
        "explain_ms": explained,
        "commands": commands,
    }


def _queries(url: str, plan: Plan, say: Say) -> dict[str, dict[str, float]]:
    views.fill(url, plan.archive)
    say(f"{plan.archive:,} made-up articles on {url.partition(':')[0]}")
    with database.opened(url) as engine, database.reading(engine) as connection:
        return views.timed(connection, plan.archive)


def _commands(store: str, known: str, folder: Path, plan: Plan, say: Say) -> dict[str, dict[str, float]]:
    """Seconds of whole commands on that store: a run of a few new articles, the report, why an article stands.

    known  the id of an article that the store has
    """
    times = plan.rounds + 1
    size = plan.size + SMALL * times  # a larger corpus of the seed begins with the one in the store
    source = corpus(f"news-{size}-s{plan.seed}", lambda: news.corpus(size, plan.seed))
    _, *few = cut(source, [plan.size, *[SMALL] * times], folder)
    done: dict[str, list[Done]] = {"run": [], "report": [], "explain": []}
    for small in few:
        done["run"].append(ingest(small, store, folder, watched=False))
        for name, asked in (("report", []), ("explain", [known])):
            done[name].append(measure.run([*WIRECOPY, name, *asked, "--store", store], watched=False))
    found = {name: spread([each.wall for each in listed[1:]]) for name, listed in done.items()}  # the first warms up
    say(", ".join(f"{name} {seconds['median']:.2f} s" for name, seconds in found.items()))
    return found


def _explain(connection: sa.Connection) -> dict[str, float]:
    """Milliseconds that it takes to explain a near-duplicate, once warm."""
    query = sa.select(cluster_member.c.article_id).where(cluster_member.c.jaccard < 1)
    taken = []
    for article_id in connection.scalars(query.order_by(cluster_member.c.article_id).limit(EXPLAINED)):
        began = time.perf_counter()
        explain.explain(connection, article_id)
        taken.append(1000 * (time.perf_counter() - began))
    return {"median": round(statistics.median(taken), 2), "max": round(max(taken), 2)}
