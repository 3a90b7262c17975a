"""Read by every process of Airflow when it starts; for the API server alone, and there on SQLite alone.

The API server writes its audit log from its event loop, and waits there for SQLite's one writer.  If that is a request
of a task, which needs the same loop to commit, each waits for the other until SQLite gives up: five minutes in which no
page is answered.  So requests that write are answered one after another; SQLite would not let two write at once anyway.
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

READS = {"GET", "HEAD", "OPTIONS"}


class OneWriter:
    """ASGI middleware that lets in one request that may write at a time, in the order in which they came."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._turn = asyncio.Lock()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] not in READS:
            async with self._turn:
                await self._app(scope, receive, send)
        else:
            await self._app(scope, receive, send)


class WirecopyPlugin(AirflowPlugin):
    """Airflow's plugin."""

    name = "wirecopy"
    fastapi_root_middlewares = (
        [{"name": "one writer", "middleware": OneWriter}]
        if conf.get("database", "sql_alchemy_conn").startswith("sqlite")
        else []
    )
