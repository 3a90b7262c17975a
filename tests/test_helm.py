"""docs/helm-values.yaml: what Airflow's chart takes, and the settings of docs/deployment.md."""

from __future__ import annotations

import copy
import re
import tomllib
from typing import Any

import jsonschema
import pytest
import yaml

from tests.support.deployment import documented
from tests.support.paths import ROOT

TEXT = {"type": "string"}
NAME = {"type": ["string", "null"]}
MEASURES = {"type": "object", "additionalProperties": TEXT}


def closed(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "additionalProperties": False}


def variables(*sources: str) -> dict[str, Any]:
    """An env of the chart: a value, or where it comes from; that of all containers has values alone."""
    where = closed(secretKeyRef=closed(name=TEXT, key=TEXT) | {"required": ["key"]}) if sources else False
    one = closed(name=TEXT, value=TEXT, valueFrom=where)
    return {
        "type": "array",
        "items": one | {"required": ["name"], "anyOf": [{"required": [key]} for key in ("value", *sources)]},
    }


SCHEMA = closed(
    executor={"type": "string", "pattern": r"^([a-zA-Z_][a-zA-Z0-9_]*.)*[A-Z][a-zA-Z0-9]+Executor$"},
    airflowVersion=TEXT,
    airflowHome=TEXT,
    defaultAirflowRepository=TEXT,
    defaultAirflowTag=TEXT,
    airflowLocalSettings=NAME,
    data=closed(metadataSecretName=NAME, brokerUrlSecretName=NAME, resultBackendSecretName=NAME),
    fernetKeySecretName=NAME,
    apiSecretKeySecretName=NAME,
    jwtSecretName=NAME,
    postgresql={"type": "object", "properties": {"enabled": {"type": "boolean"}}},
    redis=closed(enabled={"type": "boolean"}, passwordSecretName=NAME),
    env=variables(),
    migrateDatabaseJob=closed(args={"type": ["array", "null"], "items": TEXT}),
    workers=closed(
        replicas={"type": "integer"},
        persistence=closed(enabled={"type": "boolean"}, size=TEXT),
        terminationGracePeriodSeconds={"type": "integer"},
        resources=closed(requests=MEASURES, limits=MEASURES),
        env=variables("valueFrom"),
    ),
    apiServer=closed(defaultUser=closed(enabled={"type": "boolean"}), env=variables("valueFrom")),
    webserver=closed(defaultUser=closed(enabled={"type": "boolean"})),
)
"""The keys that we use, as chart/values.schema.json of the chart 1.19 has them, and no others."""


@pytest.fixture(scope="module")
def values() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / "docs/helm-values.yaml").read_text(encoding="utf-8"))
    return found


def test_the_chart_takes_the_values(values):
    jsonschema.Draft7Validator.check_schema(SCHEMA)
    jsonschema.validate(values, SCHEMA, jsonschema.Draft7Validator)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("executor",), "celery"),
        (("airflowVersion",), 3.3),
        (("env", 0, "value"), 30),
        (("env", 0, "valueFrom"), {"secretKeyRef": {"name": "a", "key": "b"}}),
        (("workers", "env", 1, "valueFrom"), {"secretRef": {"name": "a"}}),
        (("workers", "replica"), 4),
        (("data", "metadataSecret"), "x"),
    ],
)
def test_a_value_that_the_chart_would_refuse_is_found(values, path, value):
    changed = copy.deepcopy(values)
    *folders, name = path
    inner = changed
    for folder in folders:
        inner = inner[folder]
    inner[name] = value
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(changed, SCHEMA, jsonschema.Draft7Validator)


def test_they_are_the_settings_of_the_deployment(values):
    everywhere = {each["name"]: each["value"] for each in values["env"]}
    by_the_chart = {"EXECUTOR", "EXECUTION_API_SERVER_URL", "SQL_ALCHEMY_CONN", "JWT_SECRET", "BROKER_URL"}
    wanted = documented("Every process of Airflow:")
    assert {name: value for name, value in wanted.items() if name.rpartition("__")[2] not in by_the_chart} == {
        name: value for name, value in everywhere.items() if name in wanted
    }
    assert values["executor"] == wanted["AIRFLOW__CORE__EXECUTOR"]
    workers = {each["name"]: each.get("value") for each in values["workers"]["env"]}
    wanted = documented("Every worker besides, whose command is `airflow celery worker`:")
    assert {**wanted, "WIRECOPY_STORE": None} == {name: workers[name] for name in wanted}, "the store is a secret"


def test_they_fit_the_image(values):
    image = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert f"AIRFLOW_HOME={values['airflowHome']} " in image
    assert "--uid 50000 " in image, "the chart's own"
    assert re.search(r"'\.\[(\w+,)*celery,s3(,\w+)*\]'", image)
    pins = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    assert f"apache-airflow=={values['airflowVersion']}" in pins
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert values["defaultAirflowTag"] == project["version"]


def test_pools_are_as_large_as_the_workers(values):
    said = " ".join(values["migrateDatabaseJob"]["args"])
    slots = dict(re.findall(r"airflow pools set (\w+) (\d+) ", said))
    tasks = next(each["value"] for each in values["workers"]["env"] if each["name"].endswith("WORKER_CONCURRENCY"))
    assert slots == {"wirecopy_prepare": str(values["workers"]["replicas"] * int(tasks)), "wirecopy_commit": "1"}


def test_there_is_no_secret_and_no_user_with_a_known_password(values):
    text = (ROOT / "docs/helm-values.yaml").read_text(encoding="utf-8")
    assert not re.search(r"(?i)^[^#]*\b(password|secret|key|token)\w*: *['\"]?\w{20,}", text, re.MULTILINE)
    assert not values["apiServer"]["defaultUser"]["enabled"]
    assert not values["webserver"]["defaultUser"]["enabled"]
