"""Loops that numba compiles, and the arrays that they take., cached on disk where a cache can be written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numba
import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.uint32]
"""Code points of a text, or other 32-bit values."""
Hashes = NDArray[np.uint64]
Offsets = NDArray[np.int64]
Loop = TypeVar("Loop", bound=Callable[..., Any])
SPACE = np.uint32(32)
HASH_BASE = np.uint64(0x9E3779B97F4A7C15)  # odd, bits of the golden ratio: the base of the rolling hash of characters


def compiled(loop: Loop) -> Loop:
    """numba.njit, cached where a cache can be written; on a machine with no such place, compiled anew each time."""
    try:
        return numba.njit(cache=True, nogil=True)(loop)  # type: ignore[return-value]  # called just as the loop is
    except RuntimeError:  # "cannot cache function: no locator available"
        return numba.njit(nogil=True)(loop)  # type: ignore[return-value]


def is_compiled(loop: Any) -> bool:
    """Whether a loop is compiled already, in this process or in numba's cache on disk."""
    cached = loop.stats.cache_path
    module = loop.py_func.__module__.rpartition(".")[2]
    return bool(loop.signatures) or (bool(cached) and any(Path(cached).glob(f"{module}.{loop.__name__}-*.nbi")))
