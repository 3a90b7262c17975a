"""The pages of the documentation, and docstrings: every file and every name that they name is there."""

from __future__ import annotations

import importlib
import re
from dataclasses import fields
from pathlib import Path

import pytest

from etl.settings import Settings, variable

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
PATH = re.compile(r"(?<![\w./-])(?:etl|schemas|dags|tests|docs|benchmarks|seeds|\.ci)/[\w./-]*[\w/]")
"""A path from the root of the project, as text and in links alike."""
DOTTED = re.compile(r"(?<![\w./:-])(?:etl|schemas)(?:\.\w+)+")
UNIMPORTABLE = {"etl.__main__", "schemas.migrations.env"}
"""Modules that act when they are imported."""
LINK = re.compile(r"\]\((?!https?:)([^)#]*)#?([^)]*)\)")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_file_and_every_name_that_a_page_names_is_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    missing = [f"{path}#{heading}" for path, heading in LINK.findall(text) if not leads_somewhere(page, path, heading)]
    missing += [path for path in PATH.findall(text) if "NNNN" not in path and not (ROOT / path).exists()]
    missing += [name for name in DOTTED.findall(text) if not is_there(name)]
    assert missing == []


@pytest.mark.parametrize("folder", ["etl", "schemas", "dags", "benchmarks"])
def test_every_module_and_name_that_docstrings_and_comments_name_is_there(folder: str) -> None:
    missing = []
    for path in sorted((ROOT / folder).rglob("*.py")):
        names = set(DOTTED.findall(path.read_text(encoding="utf-8"))) - UNIMPORTABLE
        missing += [f"{path}: {name}" for name in sorted(names) if not name.endswith(".json") and not is_there(name)]
    assert missing == []


def leads_somewhere(page: Path, path: str, heading: str) -> bool:
    """Whether a link of a page leads to a file, and to a heading in it if it names one."""
    target = page.parent / path if path else page
    if not target.exists() or not heading:
        return target.exists()
    headings = re.findall(r"^#+ (.*)$", target.read_text(encoding="utf-8"), re.MULTILINE)
    return heading in {re.sub(r"[^\w -]", "", each.lower()).replace(" ", "-") for each in headings}


def is_there(name: str) -> bool:
    """Whether a dotted name is a module, or something in one."""
    parts = name.split(".")
    for end in range(len(parts), 0, -1):
        try:
            found: object = importlib.import_module(".".join(parts[:end]))
        except ModuleNotFoundError:
            continue
        for part in parts[end:]:
            found = getattr(found, part, None)
        return found is not None
    return False


def test_contributing_names_the_checks_that_ci_runs() -> None:
    contributing = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = set(re.findall(r"^\| \w+ \| `\.venv/bin/(?:python -m )?([\w -]+)`", contributing, re.MULTILINE))
    makefile, ci = (ROOT / "Makefile").read_text(encoding="utf-8"), (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    check = re.search(r"^check:.*\n((?:\t.*\n)+)", makefile, re.MULTILINE)
    assert check is not None
    assert named == {*re.findall(r"\$\(BIN\)/([\w -]+)", check[1]), "pytest tests"}
    assert "\nmake check\n" in ci
    assert re.search(r"-m pytest .* tests\n", ci)


def test_the_architecture_shows_the_folders_in_the_order_that_imports_obey() -> None:
    rooms = re.findall(
        r'"((?:etl|schemas)[\w.]*)": "', (ROOT / "tests/test_architecture.py").read_text(encoding="utf-8")
    )
    folders = [name.replace(".", "/") for name in rooms if (ROOT / name.replace(".", "/")).is_dir()]
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    shown = re.findall(r"^\| \[((?:etl|schemas)[\w/]*)/\]", page, re.MULTILINE)
    assert shown == [name for name in folders if name.count("/") < 2]


def test_what_a_recipe_names_stands_in_the_files_that_it_names() -> None:
    recipes = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").partition("## Recipes")[2]
    missing = []
    for step in re.findall(r"^\d+\. .*\n(?:   .*\n)*", recipes, re.MULTILINE):
        files = [ROOT / path for path in re.findall(r"\]\(([\w/]+\.py)\)", step)]
        sources = "\n".join(path.read_text(encoding="utf-8") for path in files)
        names = re.findall(r"`(?:\w+\.)?([A-Za-z_]\w*)`", step)
        missing += [(name, step) for name in names if files and not re.search(rf"\b{name}\b", sources)]
    assert missing == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_variable_of_the_environment_that_a_page_names_is_a_setting(page: Path) -> None:
    known = {variable(setting.name) for setting in fields(Settings)}
    known |= set(re.findall(r"WIRECOPY_\w+", (ROOT / "docker-compose.yml").read_text(encoding="utf-8")))
    assert set(re.findall(r"WIRECOPY_\w+", page.read_text(encoding="utf-8"))) <= known
