"""Processes that a test has begun. Its worker may have others, of a fixture that later tests need."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import psutil


def begun_since_now() -> Callable[[], list[psutil.Process]]:
    """What tells the children of this process, and theirs, that were not there at this call."""
    before = set(psutil.Process().children(recursive=True))
    return lambda: [each for each in psutil.Process().children(recursive=True) if each not in before]


def command_of(process: psutil.Process) -> list[str]:
    """The command line of a process; empty where it has ended meanwhile."""
    with suppress(psutil.Error):
        return list(process.cmdline())
    return []


def listens_at(process: psutil.Process) -> set[str]:
    """The addresses at which a process listens; none where it has ended meanwhile."""
    with suppress(psutil.Error):
        return {each.laddr.ip for each in process.net_connections() if each.status == psutil.CONN_LISTEN}
    return set()
