"""What stands in docker-compose.yml, the Dockerfile and the Makefile, without Docker; tests/e2e starts the services."""

import fnmatch
import re
import shlex
import stat
import subprocess
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import yaml
from compose_spec import PyCompose

from etl.cli.build import build
from tests.support import compose, postgres
from tests.support.paths import ROOT

AIRFLOW = ["api-server", "scheduler", "dag-processor", "triggerer"]


@pytest.fixture(scope="module")
def environ(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return compose.write_env(tmp_path_factory.mktemp("env"))


@pytest.fixture(scope="module")
def services(environ: dict[str, str]) -> dict[str, dict[str, Any]]:
    return dict(compose.load(environ)["services"])


def test_the_compose_file_keeps_to_the_specification(environ):
    parsed = PyCompose.from_yaml(yaml.safe_dump(compose.load(environ)))
    assert set(parsed.service_names()) == {"postgres", "init", *AIRFLOW}


def test_the_cluster_of_spark_is_of_the_image_with_its_extra_and_of_classes_that_there_are(environ):
    """docs/spark-compose.yml; the processes of such a cluster are started in tests/dags/test_cluster.py."""
    import pyspark

    found = compose.load({"CORPUS": "/data"}, ROOT / "docs/spark-compose.yml")
    services = dict(found["services"])
    assert set(PyCompose.from_yaml(yaml.safe_dump(found)).service_names()) == {"master", "worker", "build"}
    assert {service["image"] for service in services.values()} == {"wirecopy-spark:latest"}
    made = services["build"]["build"]["dockerfile_inline"]
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    assert set(re.findall(r"'/build\[(\w+)\]'", made)) == {"spark"} <= extras.keys()
    assert made.startswith(f"FROM {compose.load(environ)['services']['scheduler']['image']}\n")
    (jar,) = (Path(pyspark.__file__).parent / "jars").glob("spark-core_*.jar")
    classes = set(zipfile.ZipFile(jar).namelist())
    for service in ("master", "worker"):
        python, module, java, program, name, *_ = services[service]["command"]
        assert (python, module, java, program) == ("python", "-m", "etl.spark.java", "spark-class")
        assert f"{name.replace('.', '/')}.class" in classes
    assert services["build"]["entrypoint"][2:] == ["--master", services["worker"]["command"][-1]]
    assert build.make_context("build", [*services["build"]["entrypoint"][2:], "/corpus/lake", "--all"]).params["master"]


def test_nothing_has_a_default_secret(environ):
    text = compose.FILE.read_text(encoding="utf-8")
    needed = set(re.findall(r"\$\{(\w+):\?", text))
    assert needed == set(environ), "make env writes what is needed, and no more"
    assert not [n for n in re.findall(r"\$\{(\w+)(?!:\?|\w)", text) if re.search("PASSWORD|SECRET|KEY|TOKEN", n)]
    for name in needed:
        with pytest.raises(KeyError):
            compose.load({key: value for key, value in environ.items() if key != name})


def test_secrets_are_random_long_and_for_their_owner_only(environ, tmp_path):
    other = compose.write_env(tmp_path)
    assert not set(other.values()) & set(environ.values())
    assert len(set(other.values())) == len(other)
    assert min(map(len, other.values())) >= 44  # Fernet's; a JWT secret wants 64
    assert len(other["AIRFLOW_JWT_SECRET"]) >= 64
    assert stat.S_IMODE((tmp_path / ".env").stat().st_mode) == 0o600
    assert compose.write_env(tmp_path) == other, "an .env that is there stays"


def test_services_start_in_order_and_say_when_they_are_ready(services):
    assert services["init"]["depends_on"] == {"postgres": {"condition": "service_healthy"}}
    assert services["api-server"]["depends_on"] == {"init": {"condition": "service_completed_successfully"}}
    for name in AIRFLOW[1:]:
        assert services[name]["depends_on"] == {"api-server": {"condition": "service_healthy"}}
    for name in ("postgres", *AIRFLOW):
        assert services[name]["healthcheck"]["test"][0] == "CMD"
        assert services[name]["deploy"]["resources"]["limits"]["memory"]


def test_only_this_machine_reaches_the_pages_and_nothing_reaches_the_database(services):
    published = {name: service["ports"] for name, service in services.items() if "ports" in service}
    assert published == {"api-server": ["127.0.0.1:8080:8080"]}


def test_only_what_runs_tasks_may_write_the_store_and_the_pages_read_it(services):
    urls = {name: service["environment"].get("WIRECOPY_STORE", "") for name, service in services.items()}
    users = {name: sa.make_url(url).username for name, url in urls.items() if url}
    assert users == {"init": "wirecopy", "scheduler": "wirecopy", "api-server": "pages"}


def test_store_and_metadata_are_apart(services):
    store = services["scheduler"]["environment"]["WIRECOPY_STORE"]
    metadata = services["scheduler"]["environment"]["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"]
    assert {store.split("@")[1], metadata.split("@")[1]} == {"postgres:5432/corpus", "postgres:5432/airflow"}
    assert store.split("@")[0] != metadata.split("@")[0]


def dockerfile() -> list[list[str]]:
    text = re.sub(r"^#.*\n", "", (ROOT / "Dockerfile").read_text(encoding="utf-8"), flags=re.MULTILINE)
    return [shlex.split(line) for line in text.replace("\\\n", " ").splitlines() if line.strip()]


def test_the_image_copies_what_is_there_and_not_ignored():
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    kept = [line[1:] for line in ignored if line.startswith("!")]
    copied = [word for line in dockerfile() if line[0] == "COPY" and "--from=build" not in line for word in line[1:-1]]
    for name in (word for word in copied if not word.startswith("--")):
        assert (ROOT / name).exists(), name
        assert any(fnmatch.fnmatch(name, pattern) for pattern in kept), name
    assert not {".env", ".git", "var"} & set(kept)


def test_the_image_runs_as_nobody_in_particular():
    lines = dockerfile()
    last = max(number for number, line in enumerate(lines) if line[0] == "FROM")
    assert ["USER", "wirecopy"] in lines[last:]


def test_every_command_of_the_makefile_is_listed():
    listed = subprocess.run(["make", "-s"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    phony = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert phony
    assert set(re.findall(r"^  make ([\w-]+)", listed, re.MULTILINE)) == set(phony[1].split())


def test_pins_are_pins():
    lines = Path(ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    assert not [line for line in lines if not re.fullmatch(r"[a-z0-9][a-z0-9-]*==[^\s;]+", line)]


def test_every_service_drops_what_it_does_not_need(services):
    for name, service in services.items():
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
    assert not [name for name, service in services.items() if "cap_add" in service and name != "postgres"]


def test_images_of_others_have_a_version_in_full(services):
    base = re.search(r"^ARG BASE=(\S+)$", (ROOT / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)
    assert base
    assert re.fullmatch(r"python:\d+\.\d+\.\d+-slim-\w+", base[1])
    assert re.fullmatch(r"postgres:\d+\.\d+-\w+", services["postgres"]["image"])


def test_no_command_that_is_documented_shows_a_password_to_other_users():
    """Arguments stand in the list of processes, for everybody on the machine; the environment does not."""
    for path in (*(ROOT / "docs").rglob("*.md"), ROOT / "README.md", ROOT / "SECURITY.md", ROOT / "docker-compose.yml"):
        for line in path.read_text(encoding="utf-8").splitlines():
            command = re.search(r"(?:wirecopy|psql|docker|airflow) .*", line)
            assert not command or not re.search(r"PASSWORD '|://[^ @/]*:[^ @]*\$|-v \w+=.*PASSWORD", command[0]), line


def test_the_table_of_supported_versions_says_what_is_declared_pinned_and_tested() -> None:
    told = (ROOT / "docs" / "deployment.md").read_text()
    table = told[told.index("## Supported versions") :]
    rows = {row[0]: row[1:] for row in re.findall(r"^\| (\w+) \| ([^|]+) \| ([^|]+) \|$", table, re.MULTILINE)}
    project = (ROOT / "pyproject.toml").read_text()
    pythons = re.findall(r"Programming Language :: Python :: (3\.\d+)", project)
    assert rows["Python"][0] == f"{pythons[0]} to {pythons[-1]}"
    assert f'requires-python = ">={pythons[0]}"' in project
    airflow = re.findall(r"^apache-airflow==(\S+)$", (ROOT / "constraints.txt").read_text(), re.MULTILINE)
    assert [rows["Airflow"][1]] == airflow
    assert airflow[0].startswith(f"{rows['Airflow'][0]}.")
    oldest, newest = rows["PostgreSQL"][0].split(" to ")
    fetched = re.findall(r"\b(\d\d\.\d+)\.0-", (ROOT / ".ci" / "install-postgres").read_text())
    tested = [*fetched, *map(postgres.version, (postgres.programs("16"), postgres.newest()))]
    assert set(re.findall(r"\d\d\.\d+", rows["PostgreSQL"][1])) == set(tested)
    majors = sorted(version.partition(".")[0] for version in tested)
    assert majors == [str(major) for major in range(int(oldest), int(newest) + 1)] == [*postgres.OTHERS, newest]
    assert f"postgres:{postgres.version(postgres.newest())}-" in (ROOT / "docker-compose.yml").read_text()
