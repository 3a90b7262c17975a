"""Credentials: a connection's options reach the file system that a location names, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import fsspec
import pytest

from etl.errors import Fatal, Retryable, Usage
from etl.pipeline import steps
from etl.settings import Settings
from etl.sources import discover
from etl.sources.credentials import Connection, storage_options
from etl.sources.locations import Reach
from etl.sources.source import Source
from tests.support.paths import SEEDS
from tests.support.stores import NOW, rows


@pytest.mark.parametrize(
    ("location", "connection", "options"),
    [
        ("s3://b/k", Connection(), {}),
        ("s3://b/k", Connection("AKIA", "secret"), {"key": "AKIA", "secret": "secret"}),
        (
            "s3a://b/k",
            Connection(extra={"region_name": "eu-north-1", "endpoint_url": "http://s3", "aws_session_token": "t"}),
            {"client_kwargs": {"region_name": "eu-north-1"}, "endpoint_url": "http://s3", "token": "t"},
        ),
        ("gs://b/k", Connection(extra={"key_path": "/k.json", "project": "p"}), {"token": "/k.json", "project": "p"}),
        ("gs://b/k", Connection(extra={"keyfile_dict": '{"type": "x"}'}), {"token": {"type": "x"}}),
        ("az://c/k", Connection("account", "key"), {"account_name": "account", "account_key": "key"}),
        (
            "abfs://c/k",
            Connection("id", "secret", "https://account.blob.core.windows.net", extra={"tenant_id": "t"}),
            {"account_name": "account", "client_id": "id", "client_secret": "secret", "tenant_id": "t"},
        ),
        (
            "sftp:///in",
            Connection("desk", "pw", "sftp.example", 2222, {"key_file": "/id"}),
            {"host": "sftp.example", "port": 2222, "username": "desk", "password": "pw", "key_filename": "/id"},
        ),
        ("ftp://h/in", Connection("desk", "pw", "h"), {"host": "h", "username": "desk", "password": "pw"}),
        ("s3://b/k", Connection("a", "b", extra={"storage_options": {"key": "c"}}), {"key": "c", "secret": "b"}),
    ],
)
def test_a_connection_is_said_as_its_file_system_takes_it(
    location: str, connection: Connection, options: dict[str, Any]
) -> None:
    assert storage_options(location, connection) == options


def test_storage_options_are_a_table() -> None:
    with pytest.raises(Usage, match="storage_options in the extra of a connection must be an object"):
        storage_options("s3://b", Connection(extra={"storage_options": "key=a"}))


def test_what_is_secret_is_not_shown() -> None:
    shown = repr(Reach(options={"secret": "hush-hush"})) + repr(Connection("me", "hush-hush", extra={"k": "hush-hush"}))
    assert "hush" not in shown


@pytest.fixture
def port() -> Iterator[int]:
    """Of an SFTP server that shows the seeds."""
    pytest.importorskip("paramiko")
    from tests.support import sftp

    with sftp.running(SEEDS) as port:
        yield port
    fsspec.get_filesystem_class("sftp").clear_instance_cache()


def connection(port: int, password: str = "correct-horse-battery") -> dict[str, Any]:
    return storage_options("sftp:///", Connection("desk", password, "127.0.0.1", port))


def test_files_behind_a_password_are_read_with_it_and_it_is_written_nowhere(port: int, tmp_path: Path) -> None:
    settings = Settings(store=f"sqlite:///{tmp_path}/corpus.db", staging=str(tmp_path / "staging"), workers=1)
    source = Source("seeds", ("sftp:///wire",), connection="agency")
    options = connection(port)
    shards = steps.discover(source, None, "test", settings, options=options)
    for shard in shards:
        steps.prepare(shard, settings, options=options)
    report = steps.commit(shards, source, None, "test", settings, NOW)
    assert report.read == len(list((SEEDS / "wire").iterdir()))
    assert rows(settings.store, "SELECT count(*) FROM corpus_quarantine WHERE reason LIKE 'unreadable%'") == [(0,)]
    written = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert len(written) > 3
    assert not [each for each in written if options["password"].encode() in each]


def test_who_is_not_let_in_is_told_at_once_and_without_the_password(port: int) -> None:
    with pytest.raises(Fatal, match=r"sftp:///wire: no access .*; look at its connection") as refused:
        discover.find_files(Source("x", ("sftp:///wire",)), None, Reach(options=connection(port, "guessed-wrong")))
    assert "guessed" not in str(refused.value)


def test_what_a_location_names_goes_before_its_connection(port: int) -> None:
    elsewhere = Reach(options=connection(port) | {"host": "nowhere.invalid", "port": 1})
    source = Source("x", (f"sftp://127.0.0.1:{port}/wire",))
    assert discover.find_files(source, None, elsewhere) == discover.find_files(
        replace(source, locations=("sftp:///wire",)), None, Reach(options=connection(port))
    )


def test_a_server_that_does_not_answer_is_asked_again(port: int) -> None:
    with pytest.raises(Retryable, match="sftp:///wire cannot be reached"):
        discover.find_files(Source("x", ("sftp:///wire",)), None, Reach(options=connection(1)))


def test_options_that_a_file_system_does_not_take_are_named(port: int) -> None:
    options = connection(port) | {"colour": "red"}
    with pytest.raises(Usage, match="colour"):
        discover.find_files(Source("x", ("sftp:///wire",)), None, Reach(options=options))


def test_a_key_in_the_extra_of_a_connection_may_be_a_text_or_an_object() -> None:
    key = {"type": "service_account", "private_key": "k"}
    for given in (key, json.dumps(key)):
        assert storage_options("gs://b", Connection(extra={"keyfile_dict": given})) == {"token": key}
