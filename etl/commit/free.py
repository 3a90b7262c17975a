"""Free memory: back to the system, and rows into a file until they are read.  I/O: the C library's heap, files.

Elections take and free arrays of all sizes.  The C library keeps what is free between those that stay, for arrays that
may come: of a run of 55,000 articles a third of all its memory.
"""

from __future__ import annotations

import ctypes
import sys
from contextlib import closing
from typing import Any

import numpy as np
from numpy.typing import NDArray

from etl.store.nameless_file import NamelessFile

_LIBRARY = ctypes.CDLL(None) if sys.platform == "linux" else None


def give_back() -> None:
    """Give back what is free, in some milliseconds.  Only glibc can."""
    if trim := getattr(_LIBRARY, "malloc_trim", None):
        trim(0)


def aside(rows: NDArray[Any]) -> NDArray[Any]:
    """The same rows, mapped from a file without a name: they take no memory before they are read."""
    if not rows.size:  # nothing can be mapped
        return rows
    with closing(NamelessFile()) as file:  # its mapping keeps it
        file.write(rows.view(np.uint8).data, 0)
        return file.mapped(rows.dtype, rows.shape)
