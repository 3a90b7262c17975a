"""Nameless files: what a run puts aside in the temporary folder until it reads it.  I/O."""

from __future__ import annotations

import os
import tempfile
from typing import Any

import numpy as np
from numpy.typing import NDArray


class NamelessFile:
    """A file that is gone when it is closed and nothing mapped from it is left; it is to be closed."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile(prefix="wirecopy-", buffering=0)  # noqa: SIM115  # closed by close()

    def close(self) -> None:
        self._file.close()

    def write(self, content: bytes | memoryview, at: int) -> None:
        """Write bytes at a place.  Raises OSError, with the folder's name, where the disk is full."""
        left = memoryview(content).cast("B")
        try:
            while left:
                written = os.pwrite(self._file.fileno(), left, at)
                left, at = left[written:], at + written
        except OSError as error:
            error.filename = tempfile.gettempdir()  # for who has to make room
            raise

    def read(self, size: int, at: int) -> bytes:
        return os.pread(self._file.fileno(), size, at)

    def read_into(self, room: memoryview, at: int) -> None:
        """Fill the room with the bytes from a place on, which are there."""
        os.preadv(self._file.fileno(), [room], at)

    def mapped(self, kind: np.dtype[Any] | type, shape: tuple[int, ...]) -> NDArray[Any]:
        """Its content, which takes no memory before it is read; not empty, as nothing can be mapped then."""
        return np.memmap(self._file, kind, "r", shape=shape).view(np.ndarray)
