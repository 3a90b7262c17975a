"""The pages of the corpus as Airflow's API server mounts them: who may read them, and what a browser may do there."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import jwt
import pytest

from etl.settings import Settings
from tests.dags.conftest import OURS, PASSWORD, USERS
from tests.support.stores import ingest_files
from tests.support.stories import story

pytestmark = [pytest.mark.timeout(300), OURS]
PATHS = [
    "",
    "run?id=1",
    "run?of=test",
    "run?of=nothing",
    "story?of=a.txt",
    "sources",
    "review",
    "quarantine",
    "search?q=a.txt",
    "corpus.css",
    "corpus.js",
]


@pytest.fixture(scope="module")
def client(airflow, tmp_path_factory) -> Iterator[Any]:
    """A client of the API server, in this process; the store has two copies of a story and a record in quarantine."""
    folder = tmp_path_factory.mktemp("corpus")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("WIRECOPY_STORE", f"sqlite:///{folder}/corpus.db")
        settings = Settings.from_env()
        ingest_files(settings, folder / "in", {"a.txt": story(1), "b.txt": story(1, (3, "x")), "none.txt": ""})
        from airflow.api_fastapi.app import create_app
        from fastapi.testclient import TestClient

        with TestClient(create_app(apps="core"), base_url="http://127.0.0.1:8080") as client:
            yield client


@pytest.fixture(scope="module")
def tokens(client) -> dict[str, str]:
    """A valid token of each user."""
    return {
        name: client.post("/auth/token", json={"username": name, "password": PASSWORD}).json()["access_token"]
        for name in USERS
    }


@pytest.mark.parametrize("path", PATHS)
def test_nobody_reads_a_page_without_a_token_that_holds(client, tokens, path):
    said = jwt.decode(tokens["ada"], options={"verify_signature": False})
    expired = jwt.encode({**said, "exp": time.time() - 3600, "iat": time.time() - 7200}, "j" * 64, "HS512")
    forged = jwt.encode(said, "k" * 64, "HS512")
    for token in ("", expired, forged):
        client.cookies.clear()
        answer = client.get(f"/corpus/{path}", headers={"Authorization": f"Bearer {token}"} if token else {})
        assert answer.status_code in (401, 403)
        assert "a.txt" not in answer.text


@pytest.mark.parametrize("path", PATHS)
def test_a_viewer_reads_every_page_and_no_page_is_written_to(client, tokens, path):
    signed_in = {"Authorization": f"Bearer {tokens['vera']}"}
    answer = client.get(f"/corpus/{path}", headers=signed_in)
    assert answer.status_code == 200
    assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        assert client.request(method, f"/corpus/{path}", headers=signed_in).status_code == 405


def test_no_page_is_left_out_of_these(client):
    from corpus_app import app

    assert {route.path.strip("/") for route in app.routes} == {path.partition("?")[0] for path in PATHS}


def test_what_is_not_there_is_a_page_that_says_so(client, tokens):
    signed_in = {"Authorization": f"Bearer {tokens['vera']}"}
    for path, words in (
        ("run?id=999", "there is no run 999"),
        ("run?preview=9", "no preview 9"),
        ("story?of=nowhere", "nothing named"),
    ):
        answer = client.get(f"/corpus/{path}", headers=signed_in)
        assert (answer.status_code, words in answer.text) == (404, True)
    assert client.get(f"/corpus/search?q={'x' * 3000}", headers=signed_in).status_code == 422


def test_a_viewer_may_decide_nothing_and_an_operator_may(client, tokens):
    """The pages start runs by Airflow's interface, with the cookie of the browser: it decides who may."""
    for name, expected in (("vera", {403}), ("olga", {200, 404})):  # 404: no other test has brought the DAG here
        client.cookies.set("_token", tokens[name])
        body = {"logical_date": None, "conf": {"word": "retract", "articles": ["a.txt"]}}
        assert client.post("/api/v2/dags/curate_corpus/dagRuns", json=body).status_code in expected
    client.cookies.clear()


def test_airflow_shows_the_pages_in_its_navigation(client, tokens):
    found = client.get("/api/v2/plugins", headers={"Authorization": f"Bearer {tokens['ada']}"}).json()["plugins"]
    (ours,) = [plugin for plugin in found if plugin["name"] == "wirecopy corpus"]
    assert [(view["name"], view["destination"]) for view in ours["external_views"]] == [
        ("Corpus", "nav"),
        ("Corpus", "dag_run"),
    ]
