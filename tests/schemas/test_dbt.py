"""The package for dbt builds on PostgreSQL and on DuckDB with a SQLite store attached, and every test of it passes."""

from __future__ import annotations

import json
import os
import subprocess

import pytest
import sqlalchemy as sa

from etl.settings import Settings
from tests.support import newsroom
from tests.support.paths import ROOT

DBT = ROOT / "var" / "dbt" / "bin" / "dbt"
pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(not DBT.exists(), reason="no dbt here: .ci/install-dbt makes an environment with it"),
]


def postgresql(folder, url):
    parsed = sa.make_url(url)
    return {
        "type": "postgres", "host": parsed.host or parsed.query["host"], "user": parsed.username, "password": "-",
        "port": parsed.port or 5432, "dbname": parsed.database, "schema": "analytics", "threads": 2,
    }, {}  # fmt: skip


def duckdb(folder, url):
    (extensions,) = (ROOT / "var" / "dbt").glob("lib/python*/site-packages/duckdb_ext/extensions")
    return {
        "type": "duckdb", "path": f"{folder}/analytics.duckdb", "threads": 2,
        "attach": [{"path": f"{folder}/corpus.db", "type": "sqlite", "alias": "store"}],
        "config_options": {"allow_unsigned_extensions": "true", "extension_directory": str(extensions)},
    }, {"wirecopy_database": "store", "wirecopy_schema": "main"}  # fmt: skip


@pytest.fixture(params=["postgresql", "duckdb"])
def dbt(request, tmp_path, postgres):
    """Calls dbt on a newsroom's store."""
    url = f"sqlite:///{tmp_path}/corpus.db"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_url")
    newsroom.fill(Settings(store=url, staging=str(tmp_path / "staging"), workers=1), tmp_path)
    output, variables = {"postgresql": postgresql, "duckdb": duckdb}[request.param](tmp_path, url)
    profile = {"wirecopy": {"target": "here", "outputs": {"here": output}}}
    (tmp_path / "profiles.yml").write_text(json.dumps(profile))

    def call(*words):
        options = ["--profiles-dir", str(tmp_path), "--target-path", str(tmp_path / "target")]
        options += ["--vars", json.dumps(variables), "--log-path", str(tmp_path / "logs")]
        environment = {**os.environ, "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"}
        command = [str(DBT), *words, *options, "--project-dir", str(ROOT / "docs" / "dbt")]
        ran = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=tmp_path)
        assert ran.returncode == 0, ran.stdout[-4000:] + ran.stderr
        found = json.loads(
            (tmp_path / "target" / ("sources.json" if words[0] == "source" else "run_results.json")).read_text()
        )
        return [result["status"] for result in found["results"]]

    return call


def test_the_package_builds_and_its_tests_pass_and_sources_are_fresh(dbt):
    first = dbt("build")
    assert set(first) == {"pass", "success"}
    assert first.count("success") == 3
    assert set(dbt("source", "freshness")) == {"pass"}
