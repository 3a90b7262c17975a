"""An SFTP server on this machine, for tests: it shows a folder to whoever knows the password."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import paramiko
from fsspec.implementations.sftp import SFTPFileSystem

USER, PASSWORD = "desk", "correct-horse-battery"


class _Login(paramiko.ServerInterface):
    def check_auth_password(self, username: str, password: str) -> int:
        known = (username, password) == (USER, PASSWORD)
        return int(paramiko.AUTH_SUCCESSFUL if known else paramiko.AUTH_FAILED)

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return int(paramiko.OPEN_SUCCEEDED)


def _files(root: Path) -> type[paramiko.SFTPServerInterface]:
    class Files(paramiko.SFTPServerInterface):
        def list_folder(self, path: str) -> list[paramiko.SFTPAttributes] | int:
            try:
                return [paramiko.SFTPAttributes.from_stat(e.stat(), e.name) for e in os.scandir(f"{root}{path}")]
            except OSError:
                return int(paramiko.SFTP_NO_SUCH_FILE)

        def stat(self, path: str) -> paramiko.SFTPAttributes | int:
            try:
                return paramiko.SFTPAttributes.from_stat(os.stat(f"{root}{path}"))
            except OSError:
                return int(paramiko.SFTP_NO_SUCH_FILE)

        lstat = stat

        def open(self, path: str, flags: int, attr: paramiko.SFTPAttributes) -> paramiko.SFTPHandle | int:
            try:
                handle = paramiko.SFTPHandle(flags)
                handle.readfile = open(f"{root}{path}", "rb")  # noqa: SIM115  # the handle closes it
                return handle
            except OSError:
                return int(paramiko.SFTP_NO_SUCH_FILE)

    return Files


@contextmanager
def running(root: Path) -> Iterator[int]:
    """The port of a server that shows a folder.  fsspec's clients of it are forgotten at its end."""
    key, files = paramiko.RSAKey.generate(2048), _files(root)
    listener = socket.create_server(("127.0.0.1", 0))
    transports: list[paramiko.Transport] = []

    def serve() -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:  # closed: the test is over
                return
            transports.append(paramiko.Transport(client))
            transports[-1].add_server_key(key)
            transports[-1].set_subsystem_handler("sftp", paramiko.SFTPServer, files)
            try:
                transports[-1].start_server(server=_Login())
            except (paramiko.SSHException, EOFError):  # it hung up
                transports[-1].close()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        SFTPFileSystem.clear_instance_cache()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for transport in transports:
            transport.close()
        thread.join(10)
