"""Processes that a test has begun. Its worker may have others, of a fixture that later tests need."""

from __future__ import annotations

from collections.abc import Callable

import psutil


def begun_since_now() -> Callable[[], list[psutil.Process]]:
    """What tells the children of this process, and theirs, that were not there at this call."""
    before = set(psutil.Process().children(recursive=True))
    return lambda: [each for each in psutil.Process().children(recursive=True) if each not in before]
