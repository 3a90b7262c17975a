"""Alarm: what is called when a task has failed for good, named by the setting on_failure.  Shell: it imports it."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from etl.errors import Usage


def named(name: str | None) -> Callable[[Any], Any] | None:
    """The callable "module:function" of somebody's own, or None if none is named.

    Raises Usage at once for one that is not there: an alarm that fails when it is needed is worse than none.
    """
    if not name:
        return None
    module, _, function = name.partition(":")
    where = f"WIRECOPY_ON_FAILURE is {name!r}"
    if not module or not function:
        raise Usage(f"{where}; write it as module:function")
    try:
        found = getattr(importlib.import_module(module), function, None)
    except ImportError as error:
        raise Usage(f"{where}, and cannot be imported: {error}; is its folder on the PYTHONPATH?") from error
    if not callable(found):
        raise Usage(f"{where}, but {module} has no function {function!r}")
    result: Callable[[Any], Any] = found
    return result
