"""The wheel: installed alone, far from the project, it has every module, migration and piece of package data."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from tests.support.paths import ROOT

BUILD = "import sys; from setuptools import build_meta; build_meta.build_wheel(sys.argv[1])"
IMPORT_ALL = """
import importlib, json, pkgutil
from pathlib import Path
import etl, schemas

imported = ["etl", "schemas"]
def fail(name): raise ImportError(name)
for package in (etl, schemas):
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}.", fail):
        if found.name not in ("etl.__main__", "schemas.migrations.env"):  # these act when they are imported
            importlib.import_module(found.name)
        imported.append(found.name)
print(json.dumps({"where": str(Path(etl.__file__).parent.parent), "imported": imported}))
"""


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment with the wheel of a copy of the tree; all else comes from the packages of this one."""
    tree, home = tmp_path_factory.mktemp("tree"), tmp_path_factory.mktemp("installed")
    for folder in ("etl", "schemas"):
        shutil.copytree(ROOT / folder, tree / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tree)
    subprocess.run([sys.executable, "-c", BUILD, str(home)], cwd=tree, check=True, capture_output=True)
    (wheel,) = home.glob("*.whl")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(home / "env")], check=True)
    pip = [sys.executable, "-m", "pip", "-q", "--python", str(home / "env"), "--disable-pip-version-check"]
    subprocess.run([*pip, "install", "--no-index", "--no-deps", str(wheel)], check=True, capture_output=True)
    # A path file adds a folder, but not the path files in it: the project's own editable install is not seen.
    packages(home / "env").joinpath("beside.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    return home / "env"


def packages(environment: Path) -> Path:
    return Path(sysconfig.get_path("purelib", "venv", {"base": str(environment), "platbase": str(environment)}))


def files(root: Path) -> set[str]:
    """All files of the two packages below a folder, but for compiled ones."""
    return {
        str(path.relative_to(root))
        for folder in ("etl", "schemas")
        for path in (root / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_the_wheel_has_every_file_of_its_packages(environment: Path) -> None:
    installed = files(packages(environment))
    assert installed == files(ROOT)
    assert {"etl/py.typed", "schemas/py.typed", "schemas/migrations/script.py.mako"} <= installed


def test_every_module_of_the_wheel_can_be_imported_elsewhere(environment: Path, tmp_path: Path) -> None:
    command = [str(environment / "bin" / "python"), "-I", "-c", IMPORT_ALL]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["where"] == str(packages(environment))
    modules = {name.removesuffix(".py").replace("/", ".") for name in files(ROOT) if name.endswith(".py")}
    assert set(found["imported"]) == {name.removesuffix(".__init__") for name in modules}


def test_the_command_of_the_wheel_runs_elsewhere(environment: Path, tmp_path: Path) -> None:
    command = [str(environment / "bin" / "wirecopy"), "--version"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "wirecopy" in done.stdout
