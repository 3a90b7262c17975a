"""The pages of the corpus, in Airflow's API server: every address asks who calls, none writes.

Who may look at the runs of `curate_corpus` may read; what changes the corpus is a run of a DAG, which the browser asks
Airflow for (etl/pages/corpus.js), so Airflow decides who may.  The store is that of WIRECOPY_STORE; a reader's role is
enough (`wirecopy store roles`).
"""

import functools
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import sqlalchemy as sa
from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity
from airflow.api_fastapi.core_api.security import requires_access_dag
from fastapi import Depends, FastAPI, Query, Request, Response
from fastapi.responses import HTMLResponse

from etl import pages as of_pages
from etl.errors import Usage, WirecopyError
from etl.pages import frame, pages, queries
from etl.pages import run as of_runs
from etl.pages.story import story_page
from etl.report.html_parts import STYLE
from etl.settings import Settings
from etl.store import database, previews, schema

log = logging.getLogger(__name__)
MAX_QUERY = 2_000  # characters of a parameter
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}
STATIC = Path(of_pages.__path__[0])
Text = Annotated[str, Query(max_length=MAX_QUERY)]

may_read = requires_access_dag("GET", DagAccessEntity.RUN, param_dag_id=frame.CURATE)
app = FastAPI(
    title="Corpus", docs_url=None, redoc_url=None, openapi_url=None, default_response_class=HTMLResponse,
    dependencies=[Depends(may_read)],
)  # fmt: skip


@functools.cache
def engine() -> sa.Engine:
    """The store, which these pages cannot write, whatever they ask."""
    found = database.connect(Settings.from_env().store)
    if found.name == "sqlite":
        sa.event.listen(found, "connect", lambda connection, record: connection.execute("PRAGMA query_only = ON"))
    return found.execution_options(postgresql_readonly=True)


def answer(ask: Callable[[sa.Connection], str]) -> HTMLResponse:
    """A page over one snapshot of the store; a mistake or a store that is not there is a page that says so."""
    try:
        schema.require_current(engine())
        with database.reading(engine()) as connection:
            return HTMLResponse(ask(connection))
    except Usage as error:
        return HTMLResponse(pages.refused_page("Not found", str(error)), 404)
    except WirecopyError as error:
        log.warning("%s", error)
        return HTMLResponse(pages.refused_page("The store cannot be read", str(error)), 503)


@app.middleware("http")
async def with_headers(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    response = await call_next(request)
    response.headers.update(HEADERS)
    return response


@app.get("/")
def overview() -> HTMLResponse:
    now = datetime.now(UTC)
    return answer(lambda connection: pages.overview(queries.overview(connection, Settings.from_env(), now)))


@app.get("/run")
def run(id: int = 0, preview: int = 0, of: Text = "") -> HTMLResponse:
    """A run or a preview by its number, or all that a run of Airflow did, by its label."""

    def ask(connection: sa.Connection) -> str:
        runs, previewed = queries.labelled(connection, of) if of else ([], [])
        if preview or (not runs and len(previewed) == 1):
            return of_runs.preview_page(previews.find(connection, preview or previewed[0].number))
        if id or (len(runs) == 1 and not previewed):
            return of_runs.run_page(queries.run_page(connection, id or runs[0].run_id))
        return of_runs.labelled_page(of, runs, previewed)

    return answer(ask)


@app.get("/story")
def story(of: Text) -> HTMLResponse:
    return answer(lambda connection: story_page(queries.story(connection, of)))


@app.get("/sources")
def sources() -> HTMLResponse:
    return answer(lambda connection: pages.sources(queries.sources(connection)))


@app.get("/review")
def review(skip: Annotated[list[str] | None, Query(max_length=MAX_QUERY)] = None) -> HTMLResponse:
    skipped = skip or []
    return answer(lambda connection: pages.review(queries.review(connection, skipped), skipped))


@app.get("/quarantine")
def quarantine(source: Text = "", reason: Text = "") -> HTMLResponse:
    if not reason:
        return answer(lambda connection: pages.reasons(queries.reasons(connection)))
    return answer(lambda connection: pages.quarantined(source, reason, queries.quarantined(connection, source, reason)))


@app.get("/search")
def search(q: Text = "") -> HTMLResponse:
    def ask(connection: sa.Connection) -> str:
        try:
            return pages.search_page(q, queries.find(connection, q) if q else [], "")
        except Usage as error:
            return pages.search_page(q, [], str(error))

    return answer(ask)


@app.get("/corpus.css")
def style() -> Response:
    return Response(STYLE + (STATIC / "corpus.css").read_text(encoding="utf-8"), media_type="text/css")


@app.get("/corpus.js")
def script() -> Response:
    return Response((STATIC / "corpus.js").read_text(encoding="utf-8"), media_type="text/javascript")
