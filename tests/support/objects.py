"""A store of objects as S3 has it, on this machine: moto's server, a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import s3fs

from tests.support.processes import until, unused_port

KEYS = {"AWS_ACCESS_KEY_ID": "desk", "AWS_SECRET_ACCESS_KEY": "correct-horse", "AWS_DEFAULT_REGION": "us-east-1"}


@contextmanager
def running(*buckets: str) -> Iterator[int]:
    """The port of a server with these buckets, which anybody may read and write.

    fsspec keeps its clients for the life of a process: those that know another server are forgotten before and after.
    """
    s3fs.S3FileSystem.clear_instance_cache()
    port = unused_port()
    quiet = subprocess.DEVNULL
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    server = subprocess.Popen(command, env=os.environ | KEYS, stdout=quiet, stderr=quiet)
    try:
        until(lambda: all(_made(port, bucket) for bucket in buckets), 60, 0.1)
        yield port
    finally:
        s3fs.S3FileSystem.clear_instance_cache()
        server.kill()
        server.wait()


def _made(port: int, bucket: str) -> bool:
    request = urllib.request.Request(f"http://127.0.0.1:{port}/{bucket}", method="PUT")
    try:
        with urllib.request.urlopen(request, timeout=10):
            return True
    except OSError:  # it is not up yet
        return False


def environment(port: int) -> Mapping[str, str]:
    """Settings by which botocore, and so s3fs, finds the server."""
    return {**KEYS, "AWS_ENDPOINT_URL_S3": f"http://127.0.0.1:{port}"}
