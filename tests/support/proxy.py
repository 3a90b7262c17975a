"""A TCP proxy on this machine, before a server of HTTP, that fails as servers and networks do."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

REQUEST = re.compile(rb"(GET|PUT|POST|HEAD|DELETE) (\S+) HTTP/1.1\r\n")
LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")
BUSY = b"HTTP/1.1 503 Slow Down\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


@dataclass(slots=True)
class Proxy:
    """A port, and what becomes of each request to it.

    fate   given "METHOD /path": "" hands it on; "mute" takes it and never answers; "busy" answers 503; "cut" hangs up
           when half of the request is handed on, "half" when half of the answer's body is
    asked  requests so far, each with its fate
    """

    port: int
    fate: Callable[[str], str] = lambda request: ""
    asked: list[tuple[str, str]] = field(default_factory=list)


@contextmanager
def before(port: int) -> Iterator[Proxy]:
    """A proxy before a server on this machine."""
    listener = socket.create_server(("127.0.0.1", 0))
    proxy = Proxy(listener.getsockname()[1])
    held: list[socket.socket] = []

    def serve() -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:  # closed: the test is over
                return
            held.extend((client, server := socket.create_connection(("127.0.0.1", port))))
            connection = _Connection(proxy, client, server)
            threading.Thread(target=connection.hand_on, daemon=True).start()
            threading.Thread(target=connection.hand_back, daemon=True).start()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield proxy
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(10)
        for each in held:
            each.close()


@dataclass(slots=True)
class _Connection:
    proxy: Proxy
    client: socket.socket
    server: socket.socket
    fate: str = ""

    def hand_on(self) -> None:
        """From the client to the server."""
        left = -1  # bytes of a request that is cut
        with suppress(OSError):
            while chunk := self.client.recv(65_536):
                if found := REQUEST.match(chunk):
                    request = b" ".join(found.groups()).decode()
                    self.fate = self.proxy.fate(request)
                    self.proxy.asked.append((request, self.fate))
                    length = LENGTH.search(chunk)
                    left = int(length[1]) // 2 if self.fate == "cut" and length else -1
                    if self.fate == "busy":
                        self.client.sendall(BUSY)
                        break
                if self.fate == "mute":
                    continue
                self.server.sendall(chunk)
                if not found and left >= 0:
                    left -= len(chunk)
                    if left < 0:
                        break
        self._hang_up()

    def hand_back(self) -> None:
        """From the server to the client."""
        left = -1
        with suppress(OSError):
            while chunk := self.server.recv(65_536):
                if self.fate == "half" and left < 0 and (length := LENGTH.search(chunk)):
                    left = chunk.index(b"\r\n\r\n") + 4 + int(length[1]) // 2
                if left >= 0:
                    self.client.sendall(chunk[:left])
                    left -= len(chunk)
                    if left <= 0:
                        break
                else:
                    self.client.sendall(chunk)
        self._hang_up()

    def _hang_up(self) -> None:
        for end in (self.client, self.server):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
