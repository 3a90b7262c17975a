"""Credentials: an orchestrator's connection as options of the file system of a location.  Pure.

The names of options are those of s3fs, gcsfs, adlfs and fsspec.  A value that the connection does not have is left out,
so that the file system takes it from the environment.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from etl.errors import Usage

Options = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Connection:
    """A connection.  extra: further fields of its kind, and storage_options, which override all others."""

    login: str | None = None
    password: str | None = field(default=None, repr=False)
    host: str | None = None
    port: int | None = None
    extra: Mapping[str, Any] = field(default_factory=dict, repr=False)


def storage_options(location: str, connection: Connection) -> Options:
    """Options of a connection for the file system of a location.

    Raises Usage for storage_options, in its extra, that are no table.
    """
    own = connection.extra.get("storage_options", {})
    if not isinstance(own, Mapping):
        raise Usage("storage_options in the extra of a connection must be an object, with options of fsspec by name")
    options = OPTIONS_BY_PROTOCOL.get(location.partition("://")[0], _server)(connection)
    return {name: value for name, value in options.items() if value not in (None, "", {})} | dict(own)


def _s3(connection: Connection) -> Options:
    extra = connection.extra
    region = extra.get("region_name")
    return {
        "key": connection.login,
        "secret": connection.password,
        "token": extra.get("aws_session_token"),
        "endpoint_url": extra.get("endpoint_url"),
        "client_kwargs": {"region_name": region} if region else None,
    }


def _gs(connection: Connection) -> Options:
    extra = connection.extra
    key = extra.get("keyfile_dict") or extra.get("key_path")
    if isinstance(key, str) and key.lstrip().startswith("{"):
        key = json.loads(key)
    return {"token": key, "project": extra.get("project")}


def _azure(connection: Connection) -> Options:
    extra = connection.extra
    options = {name: extra.get(name) for name in ("connection_string", "sas_token", "tenant_id")}
    if options["tenant_id"]:  # a service principal: the account is in the name of its host
        account = (connection.host or "").removeprefix("https://").partition(".")[0]
        return {
            **options,
            "account_name": account,
            "client_id": connection.login,
            "client_secret": connection.password,
        }
    return {**options, "account_name": connection.login, "account_key": connection.password}


def _ssh(connection: Connection) -> Options:
    extra = connection.extra
    key = {"key_filename": extra.get("key_file"), "passphrase": extra.get("private_key_passphrase")}
    return {**_server(connection), **key}


def _server(connection: Connection) -> Options:
    return {
        "host": connection.host,
        "port": connection.port,
        "username": connection.login,
        "password": connection.password,
    }


OPTIONS_BY_PROTOCOL: dict[str, Callable[[Connection], Options]] = {
    "s3": _s3,
    "s3a": _s3,
    "gs": _gs,
    "gcs": _gs,
    "az": _azure,
    "abfs": _azure,
    "abfss": _azure,
    "sftp": _ssh,
    "ssh": _ssh,
}
