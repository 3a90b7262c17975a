"""Imports go one way: dags → etl.pipeline → the stages → schemas; etl never imports airflow; stages do no I/O."""

from __future__ import annotations

import ast

import pytest
from conftest import ROOT

SHELL = {
    "alarm",
    "cli",
    "cli_ask",
    "cli_curate",
    "cli_fetch",
    "cli_quarantine",
    "terminal",
    "__main__",
    "local",
    "pipeline",
    "shards",
    "workers",
    "commit",
    "roles",
    "runs",
    "store",
    "database",
    "bulk",
    "landing",
    "verify",
    "explain",
    "export",
    "export_folder",
    "export_form",
    "export_rows",
    "report",
    "settle",
    "rebuild",
    "curate",
    "judging",
    "staging",
    "prefetch",
    "quarantine",
    "retry",
    "tasks",
    "fetch",
    "fetch_listing",
    "fetch_page",
    "fetch_trip",
    "ask",
    "manners",
    "web",
    "segments",
    "visits",
    "places",
    "remote",
}
"""Modules of etl that read or write something; every other one is pure."""
OUTSIDE = {
    "os",
    "pathlib",
    "shutil",
    "subprocess",
    "socket",
    "sqlite3",
    "sqlalchemy",
    "alembic",
    "logging",
    "time",
    "multiprocessing",
    "aiohttp",
    "fsspec",
    "signal",
    "resource",
}
"""What a pure module has no business with."""


def imports(path):
    """Modules that a file imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


MODULES = sorted((ROOT / "etl").glob("*.py"))


@pytest.mark.parametrize("path", [*MODULES, *sorted((ROOT / "schemas").rglob("*.py"))], ids=lambda p: p.stem)
def test_nothing_below_the_dags_knows_airflow(path):
    assert not {m for m in imports(path) if m.split(".")[0] in ("airflow", "dags")}


@pytest.mark.parametrize("path", sorted((ROOT / "schemas").rglob("*.py")), ids=lambda p: p.stem)
def test_schemas_know_nothing_of_the_stages(path):
    assert not {m for m in imports(path) if m.split(".")[0] == "etl"}


@pytest.mark.parametrize("path", [p for p in MODULES if p.stem not in SHELL], ids=lambda p: p.stem)
def test_a_pure_module_imports_no_shell_and_nothing_that_touches_the_world(path):
    reached = {m.split(".")[1] for m in imports(path) if m.startswith("etl.")}
    assert not reached & SHELL
    allowed = {
        "settings": {"os"},
        "sources": {"os"},
        "declared": {"pathlib"},
        "kernels": {"pathlib"},
    }  # paths and settings, by name
    assert not {m.split(".")[0] for m in imports(path)} & (OUTSIDE - allowed.get(path.stem, set()))


def test_the_stages_import_no_later_stage():
    order = [
        "decode",
        "normalise",
        "characters",
        "kernels",
        "fingerprint",
        "prepare",
        "elect",
        "store",
        "commit",
        "pipeline",
        "local",
        "cli",
    ]
    for number, name in enumerate(order):
        reached = {m.split(".")[1] for m in imports(ROOT / "etl" / f"{name}.py") if m.startswith("etl.")}
        assert not reached & set(order[number + 1 :]), name
