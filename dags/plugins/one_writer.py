"""Read by every process of Airflow when it starts; for the API server alone, and there on SQLite alone.

The API server writes its audit log from its event loop, and waits there for SQLite's one writer.  If that is a request
of a task, which needs the same loop to commit, each waits for the other until SQLite gives up: five minutes in which no
page is answered.  So requests that write are answered one after another; SQLite would not let two write at once anyway.

A client must not hold up the others.  So a request waits for its turn when its body is complete, and its answer is sent
after its turn.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from airflow.configuration import conf
from airflow.plugins_manager import AirflowPlugin

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

WRITES = {"POST", "PUT", "PATCH", "DELETE"}
MAX_BODY_BYTES = 64_000_000  # kept in memory; the largest that Airflow sends itself are XComs


class OneWriter:
    """ASGI middleware that lets in one request that may write at a time, in the order in which they were complete."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._turn = asyncio.Lock()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in WRITES:
            await self._app(scope, receive, send)
            return
        body = await _body(receive)
        if body is None:  # the client has gone
            return
        if len(body) > MAX_BODY_BYTES:
            await send({"type": "http.response.start", "status": 413, "headers": [(b"connection", b"close")]})
            await send({"type": "http.response.body"})
            return
        answer: list[Message] = []
        given = False

        async def receive_again() -> Message:
            nonlocal given
            if given:
                return await receive()
            given = True
            return {"type": "http.request", "body": body, "more_body": False}

        async def keep(message: Message) -> None:
            answer.append(message)

        try:
            async with self._turn:
                await self._app(scope, receive_again, keep)
        finally:
            for message in answer:
                await send(message)


async def _body(receive: Receive) -> bytes | None:
    """The body of a request, as far as its first byte too many; None where the client goes before its end."""
    pieces, size = list[bytes](), 0
    while size <= MAX_BODY_BYTES:
        message = await receive()
        if message["type"] != "http.request":
            return None
        pieces.append(message.get("body", b""))
        size += len(pieces[-1])
        if not message.get("more_body", False):
            break
    return b"".join(pieces)


class WirecopyPlugin(AirflowPlugin):
    """Airflow's plugin."""

    name = "wirecopy"
    fastapi_root_middlewares = (
        [{"name": "one writer", "middleware": OneWriter}]
        if conf.get("database", "sql_alchemy_conn").startswith("sqlite")
        else []
    )
