"""Free memory: back to the system, and rows into a file until they are read.  I/O: the C library's heap, files.

Elections take and free arrays of all sizes.  The C library keeps what is free between those that stay, for arrays that
may come: of a run of 55,000 articles a third of all its memory.
"""

from __future__ import annotations

import ctypes
import sys
import tempfile
from typing import Any

import numpy as np
from numpy.typing import NDArray

_LIBRARY = ctypes.CDLL(None) if sys.platform == "linux" else None


def give_back() -> None:
    """Give back what is free, in some milliseconds.  Only glibc can."""
    if trim := getattr(_LIBRARY, "malloc_trim", None):
        trim(0)


def aside(rows: NDArray[Any]) -> NDArray[Any]:
    """The same rows, mapped from a file without a name: they take no memory before they are read."""
    if not rows.size:  # nothing can be mapped
        return rows
    with tempfile.TemporaryFile(prefix="wirecopy-") as file:  # its mapping keeps it
        file.write(rows.view(np.uint8).data)
        file.flush()
        return np.memmap(file, rows.dtype, "r", shape=rows.shape).view(np.ndarray)
