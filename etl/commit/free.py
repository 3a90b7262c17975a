"""Free memory: back to the system.  I/O: the C library's heap.

Elections take and free arrays of all sizes.  The C library keeps what is free between those that stay, for arrays that
may come: of a run of 55,000 articles a third of all its memory.
"""

from __future__ import annotations

import ctypes
import sys

_LIBRARY = ctypes.CDLL(None) if sys.platform == "linux" else None


def give_back() -> None:
    """Give back what is free; a millisecond or two.  Only glibc can."""
    if trim := getattr(_LIBRARY, "malloc_trim", None):
        trim(0)
